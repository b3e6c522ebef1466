"""VALIDATION row 2: a pedestrian who waits for a gap that nobody makes (Adams 1936; HCM, ch. 32)."""

import numpy as np
import pytest

from sim.scenario.network import CrossedLink, Crossing
from sim.traffic.layout import Detector
from sim.traffic.people import Walker
from tests.streets import CHINA, go, poisson, street, times_s, traffic_on, varied, waits_among_points, waits_for_gap
from tests.validation.table import around, mean_of

FLOW, GAP_S = 850.0, 6.0
DELAY_S, SHARE = 7.23, 0.757
AT_M, WIDTH_M, HOURS = 600.0, 4.0, 6.0


def waits(gap_s, seed, people=20_000):
    """Return how long people wait [s] for the kernel to accept a gap between points that pass at random."""
    return waits_among_points(FLOW, gap_s, np.random.default_rng(seed), people)


def test_the_kernels_gap_acceptance_gives_adams_delay(table):
    found = [waits(GAP_S, seed) for seed in range(20 if table.full else 4)]
    delay, share = mean_of([w.mean() for w in found]), mean_of([(w > 0).mean() for w in found])
    said = {"tier": "A", "source": "Adams 1936; HCM, ch. 32: 7.2"}
    what = "wait for a gap of 6 s at 850 points/h"
    table.hold("2", what, unit="s", band=around(DELAY_S, rel=0.03), found=delay, **said)
    what = "probability of a wait for a gap of 6 s at 850 points/h"
    table.hold("2", what, unit="1", band=around(SHARE, rel=0.03), found=share, **said)


def test_a_shorter_critical_gap_shows_in_adams_delay(table):
    found, band = mean_of([waits(GAP_S - 0.5, seed).mean() for seed in range(2)]), around(DELAY_S, rel=0.03)
    what = "wait for a gap of 6 s at 850 points/h"
    table.turns_red("2", what, unit="s", band=band, found=found, breaks="a critical gap of 5.5 s")


def over_the_law(seed, *, gap_s=GAP_S, yield_share=0.0):
    """Return how long people wait before real vehicles, over what the law says for the passings they saw."""
    zebra = Crossing(
        id="zebra",
        links=(CrossedLink(link="ab", at_m=AT_M),),
        length_m=3.5,
        width_m=WIDTH_M,
        control="zebra",
        critical_gap_s=gap_s,
        yield_share=yield_share,
    )
    arrivals = np.sort(np.random.default_rng([seed, 2]).uniform(300.0, HOURS * 3600.0 - 300.0, 300))
    traffic = traffic_on(
        street(800.0, crossings=[zebra]),
        varied(poisson(FLOW, HOURS * 3600.0, seed), seed),
        detectors=[Detector("ab", AT_M, 0), Detector("ab", AT_M + WIDTH_M + CHINA.length_m, 1)],
        walkers=[Walker("zebra", int(np.ceil(t / 0.5)), 1) for t in arrivals],
        horizon_s=HOURS * 3600.0,
    )
    go(traffic, HOURS * 3600.0)
    people = traffic.people.rows[: arrivals.size]
    assert (people["start"] > 0).all()
    due, start = people["due"] * traffic.dt, people["start"] * traffic.dt
    over_s = np.nanmean(traffic.passed[:, 1] - traffic.passed[:, 0]) * traffic.dt
    return (start - due).mean() / waits_for_gap(times_s(traffic, 0), due, GAP_S, over_s).mean()


WHAT = "wait for a gap of 6 s at 850 real veh/h, over the law's for the headways seen"
BAND = around(1.0, rel=0.15)


@pytest.mark.validation
def test_pedestrians_in_real_traffic_wait_by_the_law_of_the_headways_they_see(table):
    found = mean_of([over_the_law(seed) for seed in range(10 if table.full else 3)])
    table.hold("2", WHAT, unit="1", band=BAND, found=found, tier="B", source="Adams 1936, headways as seen")


@pytest.mark.validation
@pytest.mark.parametrize(
    ("change", "breaks"),
    [
        ({"yield_share": 0.1}, "every tenth driver yields"),
        ({"gap_s": 5.0}, "a critical gap of 5 s"),
    ],
    ids=["yielding", "gap"],
)
def test_yielding_or_a_shorter_gap_shows_in_the_wait(table, change, breaks):
    found = mean_of([over_the_law(seed, **change) for seed in range(3)])
    table.turns_red("2", WHAT, unit="1", band=BAND, found=found, breaks=breaks)
