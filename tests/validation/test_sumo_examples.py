"""SUMO's own examples of signalised junctions, with the hourly flows of the German guidelines (RiLSA), here and there.

They come with the package eclipse-sumo (tools/sumolib/scenario). Reported, not held: SUMO's drivers turn one second
before an oncoming car comes in. Skipped where SUMO is not installed.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.formats.sumo import read_sumo
from sim.trips import run_trips
from tests import sumo
from tests.referee import hold
from tests.validation import why_sumo

EXAMPLES = Path("tools", "sumolib", "scenario", "scenarios", "RealWorld")


def example(folder, number):
    """Copy an example and write its vehicles; return its network, routes, and what stands beside them."""
    there = sumo.program("sumo").parent.parent / EXAMPLES / f"RiLSA_example{number}"
    if not there.is_dir():
        pytest.skip("SUMO is installed without its tools, which hold the examples")
    copy = shutil.copytree(there, folder / str(number))
    subprocess.run([sys.executable, "makeRoutes.py"], cwd=copy, check=True, capture_output=True)
    return copy, "flows.rou.xml", [f"rilsa{number}.net.xml", "vtypes.add.xml", f"rilsa{number}_tls.add.xml"]


@pytest.mark.validation
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_junction_of_the_guidelines_passes_its_flows_about_as_in_sumo(table, tmp_path, number):
    folder, routes, (net, *more) = example(tmp_path, number)
    site, _ = read_sumo(folder / net, folder / routes, [folder / file for file in more])
    words = ("-n", net, "-r", routes, "-a", ",".join(more), "--step-length", "0.5", "--time-to-teleport", "-1")
    theirs, ours = [], []
    for seed in range(5 if table.full else 1):
        sumo.run("sumo", folder, *words, "--seed", str(seed), "--tripinfo-output", "t.xml")
        told = [float(t.get("duration")) + float(t.get("departDelay")) for t in sumo.parsed(folder, "t.xml")]
        driven = run_trips(site, seed=seed)
        assert driven.complete
        assert len(told) == len(site.trips)
        theirs.append(np.mean(told))
        ours.append(np.mean(driven.trips["left_s"] - driven.trips["scheduled_s"]))
    if number == 1:
        table.explain(why_sumo.RILSA)
    what = f"SUMO's RiLSA example {number}, mean time of {len(site.trips):,} trips"
    hold(table, what, "s", theirs, ours, 0.15, "C")
