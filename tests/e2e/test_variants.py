"""Variants of the default school: what changes for both arms, and what must come of it."""

from pathlib import Path

import pytest

from sim.cli import main
from sim.tables import read_table

ZEBRA = ("scenario=school/baseline", "site.network.crossings.0.control=zebra")
"""The baseline alone: a pair of the same world is simulated once."""
SIGNAL_BOUND = (
    "site.network.nodes.2.signal.stages.0.green_s=50",
    "site.network.nodes.2.signal.stages.1.green_s=50",
)


def past_gate_s(folder: Path, variant: tuple[str, ...]) -> tuple[float, float]:
    """Return the mean travel time past the gate [s] before and after, in the baseline's worst half hour."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.cli.run._draw", lambda study, folder: None)
        assert main(["run", "replications=3", "seed=3", "workers=1", f"out={folder}", *variant]) == 0
    kpis = read_table(folder / "kpis.parquet")
    m2 = kpis[(kpis["kpi"] == "M2") & kpis["headline"]].groupby("arm")["value"].mean()
    return float(m2["baseline"]), float(m2["scenario"])


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> tuple[float, float]:
    return past_gate_s(tmp_path_factory.mktemp("usual") / "run", ())


def test_without_the_signal_people_on_foot_leave_the_cars_hardly_a_gap(usual, tmp_path):
    assert past_gate_s(tmp_path / "run", ZEBRA)[0] > 2.0 * usual[0]


def test_a_short_green_jams_the_street_whatever_the_curb_does(usual, tmp_path):
    before, after = past_gate_s(tmp_path / "run", SIGNAL_BOUND)
    assert after > 1.4 * usual[1]
    assert after / before > 1.2 * usual[1] / usual[0]
