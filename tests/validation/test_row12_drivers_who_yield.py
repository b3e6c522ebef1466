"""VALIDATION row 12: a pedestrian before two lanes whose drivers yield, some of them (HCM 2022, ch. 20 and 32)."""

from functools import cache

import numpy as np
import pytest

from sim.kernel.crossings import lane_is_safe
from sim.kernel.order import insert
from sim.kernel.state import DRIVING
from sim.scenario.network import CrossedLink, Crossing, Link, Network, Node
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from sim.traffic.people import Walker
from tests.streets import go, poisson, traffic_on, waits_for_gap
from tests.validation.table import around, mean_of

FLOW, GAP_S, SPEED_M_S = 850.0, 6.0, 13.9
STOP_LINE_M, FAR_S = 600.0, 40.0
PRINTED = {0.0: 7.2, 0.5: 3.0, 0.8: 1.5}
"""[s] by share of drivers who yield: exhibit 32-7, of two stages of two lanes, one of them"""
SOURCE = "HCM 2022 eq. 20-80 to 20-94, exhibit 32-7"


def two_lanes(yield_share, gap_s=GAP_S):
    """Return a street of one lane each way, with a zebra."""
    zebra = Crossing(
        id="zebra",
        links=(CrossedLink(link="ab", at_m=STOP_LINE_M), CrossedLink(link="ba", at_m=STOP_LINE_M)),
        length_m=7.0,
        width_m=4.0,
        critical_gap_s=gap_s,
        yield_share=yield_share,
    )
    return Network(
        nodes=(Node(id="a", x_m=0, y_m=0, boundary=True), Node(id="b", x_m=1200, y_m=0, boundary=True)),
        links=tuple(
            Link(id=a + b, from_node=a, to_node=b, lanes=1, speed_km_h=3.6 * SPEED_M_S) for a, b in ("ab", "ba")
        ),
        crossings=(zebra,),
    )


# ---------------------------------------------------------------------- A: point arrivals


class Points:
    """Vehicles without length that come at random times in two lanes, seen by the kernel's own pedestrian."""

    def __init__(self, yield_share, gap_s, seed):
        drivers = [Departure(n, 10**6, (link,)) for n, link in enumerate(("ab", "ba"))]
        self.road = traffic_on(two_lanes(yield_share, gap_s), drivers, seed=seed)
        self.rng = np.random.default_rng(seed)
        t = self.road
        self.over = [int(m) for m in np.flatnonzero(t.lanes["zebra"] == 0)]
        self.vehicles = t.vehicles
        self.seen = (t.vehicles, t.lanes, t.order, t.layout.road.net, t.people.zebras, t.desk, 0)
        for n, lane in enumerate(self.over):
            source = int(t.lanes[lane].from_lane)
            assert insert(t.lanes, t.order, source, 0, n)
            self.vehicles[n].lane, self.vehicles[n].way, self.vehicles[n].state = source, lane, DRIVING
            self.line = float(t.lanes[source].length)

    def wait(self):
        """Return how long one pedestrian waits [s] from a random moment on.

        It gets better only when somebody has passed: then the next one comes, another driver. Who yields stops.
        """
        now, comes, stands = 0.0, self.rng.exponential(2.0 * 3600.0 / FLOW, 2), [False, False]
        self.vehicles["key"] = self.rng.integers(1, 2**40, 2)
        while True:
            for n in range(2):
                self.vehicles[n].x = self.line - min(comes[n] - now, FAR_S) * SPEED_M_S
                self.vehicles[n].v = SPEED_M_S
            safe = [stands[n] or lane_is_safe(*self.seen, lane, 0.0) for n, lane in enumerate(self.over)]
            if all(safe):
                return now
            stands = [s or (safe[n] and comes[n] - now < GAP_S) for n, s in enumerate(stands)]
            n = int(np.argmin(np.where(stands, np.inf, comes)))
            now = comes[n]
            comes[n] += self.rng.exponential(2.0 * 3600.0 / FLOW)
            self.vehicles[n].key = self.rng.integers(1, 2**40)


def points(table, yield_share, gap_s=GAP_S):
    """Return the mean wait [s] of replications; where theory is exact, its band asks for more of them."""
    many, people = (20, 2000) if table.full else (20, 900) if yield_share == 0.0 else (5, 700)
    walkers = [Points(yield_share, gap_s, seed) for seed in range(many)]
    return mean_of([np.mean([walker.wait() for _ in range(people)]) for walker in walkers])


@pytest.mark.validation
@pytest.mark.parametrize("share", PRINTED)
def test_the_kernels_pedestrian_waits_for_drivers_who_yield_as_long_as_the_handbook_says(table, share):
    nobody = share == 0.0  # then it is Adams' gap of row 2; else the handbook reckons by steps, and prints two digits
    table.hold(
        "12A",
        f"wait at a zebra, {share:.0%} of the drivers yield, point arrivals",
        unit="s",
        band=around(PRINTED[share], rel=0.03 if nobody else 0.15),
        found=points(table, share),
        tier="A" if nobody else "B",
        source=SOURCE,
    )


@pytest.mark.validation
def test_the_wait_shows_fewer_who_yield_and_a_longer_gap(table):
    band = around(PRINTED[0.5], rel=0.15)
    what = "wait at a zebra, 50% of the drivers yield, point arrivals"
    for share, gap_s, breaks in ((0.3, GAP_S, "30 % yield"), (0.5, 8.0, "critical gap 8 s")):
        table.turns_red("12A", what, unit="s", band=band, found=points(table, share, gap_s), breaks=breaks)


# ---------------------------------------------------------------------- B: real vehicles

HOURS, WALKERS_H = 4.0, 120.0


def street(yield_share, seed, walkers=(), gap_s=GAP_S):
    """Return what happened on the street in some hours of real traffic."""
    end_s = HOURS * 3600.0
    flows = [poisson(FLOW / 2, end_s, 10 * seed + n, path=(link,)) for n, link in enumerate(("ab", "ba"))]
    departures = [Departure(2 * d.key + n, d.due, d.path) for n, flow in enumerate(flows) for d in flow]
    traffic = traffic_on(
        two_lanes(yield_share, gap_s),
        departures,
        detectors=[Detector("ab", STOP_LINE_M - 0.1, 0), Detector("ba", STOP_LINE_M - 0.1, 0)],
        walkers=walkers,
        horizon_s=end_s,
        seed=seed,
    )
    go(traffic, end_s)
    return traffic


def pedestrians(seed):
    """Return people who come at random to the zebra; they are off it at once."""
    rng = np.random.default_rng(1000 + seed)
    end_s = HOURS * 3600.0
    times = np.sort(rng.uniform(300.0, end_s - 300.0, int(HOURS * WALKERS_H)))
    return [Walker("zebra", int(np.ceil(t / 0.5)), 1) for t in times]


def waited(yield_share, seed, gap_s=GAP_S):
    """Return the mean wait [s] of the people."""
    walkers = pedestrians(seed)
    people = street(yield_share, seed, walkers, gap_s).people.rows[: len(walkers)]
    assert (people["start"] > 0).all()
    return float((people["start"] - people["due"]).mean()) * 0.5


def law_s(passings_s, arrivals_s, clearing_s, yield_share):
    """Return the handbook's delay [s] before two lanes with the headways that were seen (eq. 20-80 to 20-89)."""
    waits = waits_for_gap(passings_s, arrivals_s, GAP_S, clearing_s)
    delayed = (waits > 0).mean()
    blocked = 1.0 - np.sqrt(1.0 - delayed)
    headways = np.diff(passings_s)
    short_s, gap_delay_s = headways[headways < GAP_S].mean(), waits.mean() / delayed
    lets = 2.0 * blocked * (1.0 - blocked) * yield_share + (blocked * yield_share) ** 2
    delay, waiting = 0.0, delayed
    for event in range(int(gap_delay_s / short_s)):
        yields = waiting * lets / delayed
        delay += short_s * (event + 0.5) * yields
        waiting -= yields
    return delay + waiting * gap_delay_s


def against_the_law(table, yield_share, shown=None):
    """Return the law's wait [s], and the one of real people before real vehicles, paired with it by replication.

    `shown`: the share that yields, where it is not the law's.
    """
    seeds = range(40 if table.full else 8)
    laws = np.array([law_of(seed, yield_share) for seed in seeds])
    found = np.array([waited(yield_share if shown is None else shown, seed) for seed in seeds])
    return laws.mean(), mean_of(found - laws + laws.mean())


@cache
def passings_s(seed):
    """Return when vehicles come to the zebra [s] where nobody who walks disturbs them."""
    passed = street(0.0, seed).passed
    return np.sort(passed[np.isfinite(passed)]) * 0.5


def law_of(seed, yield_share):
    """Return the law's wait [s] where nobody who walks disturbs the vehicles."""
    clearing = (4.0 + 5.0) / SPEED_M_S  # the crossing's width and the vehicle's length
    return law_s(passings_s(seed), np.array([w.due for w in pedestrians(seed)]) * 0.5, clearing, yield_share)


@pytest.mark.validation
@pytest.mark.parametrize("share", PRINTED)
def test_people_before_real_vehicles_wait_by_the_law_of_the_headways_they_see(table, share):
    law, found = against_the_law(table, share)
    table.hold(
        "12B",
        f"wait at a zebra, {share:.0%} of the drivers yield, real vehicles (law of the headways seen)",
        unit="s",
        band=around(law, rel=0.15),
        found=found,
        tier="B",
        source=SOURCE,
    )


@pytest.mark.validation
def test_real_vehicles_show_that_fewer_yield(table):
    law, found = against_the_law(table, 0.5, shown=0.3)
    what = "wait at a zebra, 50% of the drivers yield, real vehicles (law of the headways seen)"
    table.turns_red("12B", what, unit="s", band=around(law, rel=0.15), found=found, breaks="30 % yield")
