"""Finds SUMO for the tests that run it: the package eclipse-sumo, SUMO_HOME, or the path; and what both can run."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sim.interventions import resolve
from sim.scenario.read import load_scenario
from sim.scenario.scenario import Scenario

CALM = 0.4
"""Share of the default school's traffic at which nobody waits for long."""


def calm_school() -> Scenario:
    """Return the default school with less traffic."""
    demand = load_scenario("school/baseline").site.demand
    fewer = {f"site.demand.through.{n}.flow_veh_h": f.flow_veh_h * CALM for n, f in enumerate(demand.through)}
    fewer |= {f"site.demand.bus_lines.{n}.flow_bus_h": f.flow_bus_h * CALM for n, f in enumerate(demand.bus_lines)}
    return resolve(load_scenario("school/baseline", overrides=fewer | {"site.demand.pupils.cars": 160}))


def find(name: str) -> Path | None:
    """Return one of SUMO's programs, if it is installed."""
    homes = [Path(os.environ["SUMO_HOME"])] if "SUMO_HOME" in os.environ else []
    package = importlib.util.find_spec("sumo")
    homes += [Path(place) for place in (package.submodule_search_locations or ()) if package] if package else []
    for home in homes:
        if (home / "bin" / name).is_file():
            return home / "bin" / name
    found = shutil.which(name)
    return None if found is None else Path(found)


def program(name: str) -> Path:
    """Return one of SUMO's programs; the test is skipped where there is none."""
    found = find(name)
    if found is None:
        pytest.skip(f"SUMO is not installed: no {name} in the package eclipse-sumo, in SUMO_HOME or on the path")
    return found


def build(folder: Path) -> list[str]:
    """Let netconvert build the network, and return what it warned of."""
    return run("netconvert", folder, "-c", "build.netccfg")


def simulate(folder: Path, *words: str) -> list[str]:
    """Let sumo run the morning, and return what it warned of."""
    return run("sumo", folder, "-c", "run.sumocfg", *words)


def run(name: str, folder: Path, *words: str) -> list[str]:
    binary = program(name)
    env = dict(os.environ, SUMO_HOME=str(binary.parent.parent))
    done = subprocess.run([str(binary), *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert "Error" not in told, told
    return [line for line in told.splitlines() if line.startswith("Warning")]


def parsed(folder: Path, name: str) -> ElementTree.Element:
    """Return a file's root element."""
    return ElementTree.parse(folder / name).getroot()
