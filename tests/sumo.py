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

CALM, CALM_FAMILIES = 0.4, 160
"""Share of the default school's traffic, and how many families, at which its streets are far from full."""


def school(share: float, families: int, **choices: float) -> Scenario:
    """Return the default school with a share of its traffic, so many families by car, and other choices of theirs."""
    demand = load_scenario("school/baseline").site.demand
    given = {f"site.demand.through.{n}.flow_veh_h": f.flow_veh_h * share for n, f in enumerate(demand.through)}
    given |= {f"site.demand.bus_lines.{n}.flow_bus_h": f.flow_bus_h * share for n, f in enumerate(demand.bus_lines)}
    given |= {f"site.demand.choices.{name}": value for name, value in choices.items()}
    return resolve(load_scenario("school/baseline", overrides=given | {"site.demand.pupils.cars": families}))


def calm_school() -> Scenario:
    """Return the default school with less traffic."""
    return school(CALM, CALM_FAMILIES)


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
