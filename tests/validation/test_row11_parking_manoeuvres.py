"""VALIDATION row 11: backing into berths beside the curb lane costs saturation flow (HCM 2016, ch. 19).

The handbook's n counts manoeuvres in and out alike (its text at eq. 19-11; quoted from memory): so does
this row. An hour of n has n / 2 drivers who back in, and as many who come out.
"""

from functools import lru_cache

import numpy as np
import pytest

from sim.kernel import state as k
from sim.scenario.network import CurbZone
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.curbside import STOP_LINE_M, WARM_UP_S, Curb, approach, at_stop_line, flow_veh_h
from tests.streets import CHINA, go, poisson, population, red_then_green, street, traffic_on
from tests.validation.table import around, mean_of

MANOEUVRE_S, MANOEUVRE_SD_S = 12.0, 4.0
"""What the default site draws for backing into a berth."""
STAY_S = 60.0
ZONE = CurbZone(id="parking", link="ab", kind="parking", from_m=STOP_LINE_M - 75.0, to_m=STOP_LINE_M - 15.0, berths=10)
"""Within 75 m of the stop line, as the handbook counts them."""
CASES = ((1, 30), (2, 30), (2, 60))
MORE = ((1, 60), (2, 120))
"""Twice as many: two who manoeuvre at a time block no more than one, which the handbook's sum does not know."""
SOURCE = "HCM 2016 eq. 19-11"


def manoeuvres(rng, longer):
    """Yield durations [s] of the site's lognormal."""
    sigma2 = np.log1p((MANOEUVRE_SD_S / MANOEUVRE_S) ** 2)
    while True:
        yield longer * rng.lognormal(np.log(MANOEUVRE_S) - sigma2 / 2.0, np.sqrt(sigma2))


# ---------------------------------------------------------------------- how long one manoeuvre blocks the lane

QUEUED, BERTH_M, SEEN_M = 60, 1000.0, 1400.0


def discharge_s(story=None):
    """Return when a standing queue of one lane has passed [s], one after the other, past a berth downstream."""
    traffic = traffic_on(
        street(1500.0, crossings=[red_then_green(800.0, red_s=300.0)]),
        [Departure(n, 6 * n, ("ab",), by_agent=True) for n in range(QUEUED)],
        drivers=population(CHINA),
        detectors=[Detector("ab", SEEN_M, 0)],
    )
    if story is not None:
        traffic.env.process(story(traffic))
    go(traffic, 590.0)
    passed = traffic.passed[:, 0] * traffic.dt
    return np.sort(passed[np.isfinite(passed)])


def backs_in(vehicle, manoeuvre_s):
    """Return the story of one who stops beside the berth, backs in and stays."""

    def story(traffic):
        yield traffic.orders.stop_at(vehicle, "ab", BERTH_M)
        yield traffic.env.timeout(traffic.ticks(manoeuvre_s))
        traffic.orders.clear_lane(vehicle)

    return story


@lru_cache(maxsize=2)
def blockages(full, longer=1.0):
    """Return for how long [s] one manoeuvre blocks the lane: by so much later is the queue gone without the vehicle."""
    undisturbed = discharge_s()
    headway = (undisturbed[-1] - undisturbed[3]) / (QUEUED - 4)
    rng = np.random.default_rng(11)
    durations = manoeuvres(rng, longer)
    stories = [backs_in(int(rng.integers(8, 40)), next(durations)) for _ in range(120 if full else 24)]
    return mean_of([discharge_s(story)[-1] - undisturbed[-1] + headway for story in stories])


@pytest.mark.validation
def test_a_manoeuvre_into_a_berth_blocks_the_lane_as_long_as_the_handbook_says(table):
    what, band = "blockage by one manoeuvre into a berth", around(18.0, rel=0.25)
    table.turns_red("11", what, unit="s", band=band, found=blockages(table.full, 2.0), breaks="manoeuvres of 24 s")
    table.hold("11", what, unit="s", band=band, found=blockages(table.full), tier="B", source=SOURCE)


# ---------------------------------------------------------------------- what many cost a signal's approach

HOURS = 2.0


class Parked:
    """Drivers on a saturated approach, at random times one of them, who back into a berth, stay and pull out.

    `flow_h` counts both manoeuvres.
    """

    def __init__(self, lanes, flow_h, seed, longer=1.0, zone=ZONE):
        end_s = WARM_UP_S + HOURS * 3600.0
        cars = [Departure(d.key, d.due, d.path, by_agent=True) for d in poisson(1300.0 * lanes, end_s, seed)]
        self.world = Curb(
            approach(lanes, zone), cars, drivers=population(), detectors=[at_stop_line()], horizon_s=end_s, seed=seed
        )
        self.rng = np.random.default_rng(seed)
        self.durations = manoeuvres(self.rng, longer)
        self.done_s, self.chosen = [], set()
        if flow_h:
            self.world.env.process(self.come(flow_h))
        self.world.run(end_s)
        self.flow = flow_veh_h(self.world, HOURS)
        self.manoeuvres_h = np.count_nonzero(np.array(self.done_s) > WARM_UP_S) / HOURS

    def come(self, flow_h):
        while True:
            yield self.world.wait(self.rng.exponential(7200.0 / flow_h))
            free, who = self.world.berths[ZONE.id].open(), self.somebody()
            if free and who is not None:
                self.chosen.add(who)
                self.world.env.process(self.park(who, int(self.rng.choice(free))))

    def somebody(self):
        """Return any vehicle in the curb lane, well before the berths."""
        v = self.world.traffic.vehicles
        there = np.flatnonzero((v["state"] == k.DRIVING) & (v["lane"] == 0) & (v["x"] > 100.0) & (v["x"] < 400.0))
        there = [int(i) for i in there if i not in self.chosen]
        return there[self.rng.integers(len(there))] if there else None

    def park(self, who, berth):
        world, berths, front_m = self.world, self.world.berths[ZONE.id], ZONE.berth_front_m(berth)
        manoeuvre_s, stay_s = next(self.durations), self.rng.exponential(STAY_S)
        berths.take(berth)
        if (yield world.traffic.orders.stop_at(who, "ab", front_m)) == k.STOPPED:
            yield world.wait(manoeuvre_s)
            world.traffic.orders.clear_lane(who)
            self.done_s.append(world.now_s())
            yield world.wait(stay_s)
            yield from self.come_out(who, front_m)
        berths.release(berth)

    def come_out(self, who, front_m):
        yield self.world.traffic.orders.pull_out(who, "ab", front_m)
        self.done_s.append(self.world.now_s())


class Staying(Parked):
    """The same, but those in the berths vanish: what coming out costs is missing."""

    def come_out(self, who, front_m):
        yield from ()


@lru_cache(maxsize=64)
def undisturbed(lanes, seed):
    """Return the approach's saturated flow [veh/h] without a parking lane."""
    return Parked(lanes, 0, seed, zone=None).flow


def seeds(full):
    return range(120 if full else 3)


@lru_cache(maxsize=16)
def factors(full, lanes, flow_h, longer=1.0):
    """Return the share of the saturated flow that remains, and how many manoeuvres there were an hour."""
    runs = [(Parked(lanes, flow_h, seed, longer), undisturbed(lanes, seed)) for seed in seeds(full)]
    return mean_of([run.flow / free for run, free in runs]), np.mean([run.manoeuvres_h for run, _ in runs])


@lru_cache(maxsize=2)
def blockages_out(full):
    """Return for how long [s] one who comes out blocks the lane, by the flow that is missing where all come out."""
    runs = [(Parked(1, 60, seed), Staying(1, 60, seed), undisturbed(1, seed)) for seed in seeds(full)]
    return mean_of(
        [3600.0 * (stay.flow - out.flow) / free / (out.manoeuvres_h - stay.manoeuvres_h) for out, stay, free in runs]
    )


@pytest.mark.validation
def test_what_a_manoeuvre_out_of_a_berth_blocks_is_reported(table):
    table.hold(
        "11",
        "blockage by one manoeuvre out of a berth",
        unit="s",
        band=around(18.0, rel=0.25),
        found=blockages_out(table.full),
        tier="C",
        source=SOURCE,
    )


def law(lanes, manoeuvres_h, blockage_s, friction):
    """Return the handbook's factor; `friction` is the lane's share lost because cars are parked there at all."""
    return (lanes - friction - blockage_s * manoeuvres_h / 3600.0) / lanes


def expected(table, lanes, manoeuvres_h, friction=0.1):
    """Return what the handbook's factor may be with the blockages measured, half of the manoeuvres in, half out."""
    blocks_s = 0.5 * (blockages(table.full).mean + blockages_out(table.full).mean)
    return around(law(lanes, manoeuvres_h, blocks_s, friction), abs=0.05)


@pytest.mark.validation
@pytest.mark.parametrize(("lanes", "flow_h"), CASES)
def test_manoeuvres_cost_the_handbooks_share_of_the_saturation_flow(table, lanes, flow_h):
    found, seen_h = factors(table.full, lanes, flow_h)
    what = f"saturation flow left, N {lanes}, n {flow_h}"
    of_blockage = expected(table, lanes, seen_h, friction=0.0)
    table.hold(
        "11",
        f"{what}; the term of the blockage alone",
        unit="1",
        band=of_blockage,
        found=found,
        tier="C",
        source=SOURCE,
    )
    band = expected(table, lanes, seen_h)
    many, _ = factors(table.full, lanes, 4 * flow_h, longer=4.0)
    table.turns_red("11", what, unit="1", band=band, found=many, breaks="four times as many, four times as long")
    table.hold("11", what, unit="1", band=band, found=found, tier="B", source=SOURCE)


@pytest.mark.validation
@pytest.mark.parametrize(("lanes", "flow_h"), MORE)
def test_what_more_manoeuvres_cost_is_reported(table, lanes, flow_h):
    found, seen_h = factors(table.full, lanes, flow_h)
    what = f"saturation flow left, N {lanes}, n {flow_h}"
    table.hold("11", what, unit="1", band=expected(table, lanes, seen_h), found=found, tier="C", source=SOURCE)
