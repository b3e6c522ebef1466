"""VALIDATION row 7: how many get out of a side street that gives way (Harders 1968; HCM, ch. 32, T-junction)."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

from sim.kernel.gaps import accepts
from sim.kernel.state import OUTSIDE
from sim.scenario.junctions import setback_m
from sim.scenario.network import Link, Network, Node
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import US, go, poisson, population, times_s, traffic_on, varied
from tests.validation.table import around, mean_of


@dataclass(frozen=True)
class Case:
    """A movement that gives way: from where to where, to which streams, and what the handbook says."""

    name: str
    way: tuple[str, str]
    streams: tuple[tuple[str, str], ...]
    gap_of: str
    flow: float
    gap_s: float
    follow_s: float
    capacity: float


CASES = (
    Case("left from the main street", ("ec", "cs"), (("wc", "ce"),), "left_s", 280.0, 4.2, 2.29, 1238.0),
    Case("right from the side street", ("sc", "ce"), (("wc", "ce"),), "right_s", 260.0, 6.3, 3.39, 760.0),
    Case(
        "left from the side street", ("sc", "cw"), (("wc", "ce"), ("ec", "cw")), "side_left_s", 880.0, 6.5, 3.59, 308.0
    ),
)
MAIN, RIGHT, LEFT = CASES
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


# ---------------------------------------------------------------- A: points


def among_points(case, gap_s, seed, headways=40_000):
    """Return how many an hour find a gap that the kernel accepts, between points that pass at random."""
    times = np.random.default_rng(seed).exponential(3600.0 / case.flow, headways)
    entered = 0
    for time in times:
        rest = time
        while accepts(rest, gap_s):
            entered, rest = entered + 1, rest - case.follow_s
    return 3600.0 * entered / times.sum()


def points(case):
    return f"{case.name}, {case.flow:.0f} points/h, gap {case.gap_s} s, follow-up {case.follow_s} s"


@each_case
def test_the_kernels_gap_acceptance_gives_the_handbooks_capacity(table, case):
    found = mean_of([among_points(case, case.gap_s, seed) for seed in range(10 if table.full else 3)])
    band, source = around(case.capacity, rel=0.05), "Harders 1968; HCM, ch. 32"
    table.hold("7", points(case), unit="veh/h", band=band, found=found, tier="A", source=source)


def test_a_longer_critical_gap_shows_in_the_capacity(table):
    found = mean_of([among_points(LEFT, LEFT.gap_s + 0.5, seed) for seed in range(3)])
    band = around(LEFT.capacity, rel=0.05)
    table.turns_red("7", points(LEFT), unit="veh/h", band=band, found=found, breaks="a critical gap longer by 0.5 s")


# ---------------------------------------------------------------- B: vehicles

HOUR, START_S, UNTIL_S = 3600.0, 600.0, 7800.0
AT_M = {"w": (-600.0, 0.0), "e": (600.0, 0.0), "s": (0.0, -200.0)}
MINOR, MAJOR, OFFERED_M = 0, 1, 80.0


def junction():
    """Return a main street from west to east, and a side street from the south."""
    return Network(
        nodes=(
            Node(id="c", x_m=0.0, y_m=0.0),
            *(Node(id=n, x_m=x, y_m=y, boundary=True) for n, (x, y) in AT_M.items()),
        ),
        links=tuple(
            Link(id=id, from_node=id[0], to_node=id[1], lanes=1, speed_km_h=50.04, priority=priority)
            for id, priority in (("wc", 2), ("cw", 2), ("ec", 2), ("ce", 2), ("sc", 1), ("cs", 1))
        ),
    )


def vehicles(case, seed):
    """Return those who give way, more than can ever go, and the streams that they give way to."""
    queue = [Departure(10**6 + n, 0, case.way) for n in range(round(UNTIL_S / 1.5))]
    streams = []
    for n, path in enumerate(case.streams):
        stream = poisson(case.flow / len(case.streams), UNTIL_S, 10 * seed + n, path=path)
        streams += [Departure(10**5 * n + d.key, d.due, path) for d in stream]
    return [*queue, *varied(streams, seed)]


@cache
def passings(case, seed, gap_s):
    """Return when those who give way crossed their stop line [s], and when those came to whom they do.

    The latter are seen OFFERED_M before the junction: nearer, some slow down for one who has just entered.
    """
    network = junction()
    setbacks = setback_m(network)

    def line(link, slot, before_m=0.01):
        return Detector(link, network.length(network.link(link)) - setbacks[link][1] - before_m, slot)

    traffic = traffic_on(
        network,
        vehicles(case, seed),
        drivers=population(US, take_turns_share=0.0, **{case.gap_of: gap_s}),
        detectors=[line(case.way[0], MINOR), *(line(path[0], MAJOR, OFFERED_M) for path in case.streams)],
        horizon_s=UNTIL_S,
        seed=seed,
    )
    go(traffic, UNTIL_S)
    waiting = (traffic.vehicles["state"] == OUTSIDE) & (traffic.vehicles["key"] >= 10**6)
    assert waiting.any(), "the queue must never be empty"
    ways = traffic.vehicles["key"] >= 10**6
    traffic.passed[ways, MAJOR] = traffic.passed[~ways, MINOR] = np.nan
    due_s = times_s(traffic, MAJOR) + OFFERED_M / (50.04 / 3.6)  # at the stop line, undisturbed
    return [t[t > START_S] for t in (times_s(traffic, MINOR), due_s)]


def over_the_law(case, seed, *, gap_s=None, follow_s=None):
    """Return the capacity over what the law says for the headways seen and a follow-up time, that measured if none."""
    out, main = passings(case, seed, gap_s or case.gap_s)
    headways = np.diff([START_S, *main, UNTIL_S])
    usable = headways[headways >= case.gap_s]
    return out.size / np.sum(1.0 + np.floor((usable - case.gap_s) / (follow_s or follow_up_s(out, main))))


def follow_up_s(out, main):
    """Return the mean time [s] between two who go in the same headway."""
    between = np.searchsorted(main, out)
    return np.diff(out)[between[1:] == between[:-1]].mean()


def among_vehicles(case):
    return f"{case.name}, {case.flow:.0f} real veh/h, gap {case.gap_s} s, over the law's for the headways seen"


BAND = around(1.0, rel=0.15)


@pytest.mark.validation
@each_case
def test_a_side_street_empties_by_the_law_of_the_headways_that_its_drivers_see(table, case):
    found = mean_of([over_the_law(case, seed) for seed in range(40 if table.full else 8)])
    source = "Harders 1968, headways as seen"
    table.hold("7", among_vehicles(case), unit="1", band=BAND, found=found, tier="B", source=source)


@pytest.mark.validation
@pytest.mark.parametrize("case", [MAIN, RIGHT], ids=lambda case: case.name)
def test_longer_gaps_show_in_what_gets_out(table, case):
    found = mean_of([over_the_law(case, seed, gap_s=case.gap_s + 3.0) for seed in range(3)])
    breaks = "a critical gap longer by 3 s"
    table.turns_red("7", among_vehicles(case), unit="1", band=BAND, found=found, breaks=breaks)


@pytest.mark.validation
@each_case
def test_how_fast_they_follow_each_other(table, case):
    seeds = range(40 if table.full else 2)
    found = mean_of([follow_up_s(*passings(case, seed, case.gap_s)) for seed in seeds])
    what = f"{case.name}, {case.flow:.0f} real veh/h, gap {case.gap_s} s, follow-up time"
    band, source = around(case.follow_s, rel=0.15), "HCM, ch. 32"
    table.hold("7", what, unit="s", band=band, found=found, tier="C", source=source)


@pytest.mark.validation
@pytest.mark.parametrize("flow", [280.0, 600.0, 1000.0])
def test_how_many_turn_left_among_how_many(table, flow):
    case = replace(MAIN, flow=flow)
    seeds = range(40 if table.full else 2)
    found = mean_of([over_the_law(case, seed, follow_s=case.follow_s) for seed in seeds])
    what = (
        f"{case.name}, {flow:.0f} real veh/h, gap {case.gap_s} s, over the law's with a follow-up of {case.follow_s} s"
    )
    source = "Harders 1968; HCM, ch. 32"
    table.hold("7", what, unit="1", band=BAND, found=found, tier="C", source=source)
