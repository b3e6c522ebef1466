"""SUMO as a referee of what a curb serves and of a town. Skipped where SUMO is not installed.

Each seed is run here and in SUMO in turns, with the same demand, and counts as one ratio of ours to SUMO's.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from sim.formats.sumo import read_sumo
from sim.study.sumo import plan_of
from sim.trips import run_trips
from tests import referee, sumo
from tests.referee import ONLY_EXPLAINS, hold
from tests.validation import why_sumo
from tests.validation.test_row10_staffed_school_curb import EDGE, drop_off_area

# ---------------------------------------------------------------------- what a curb serves

EMPTY_S = 900.0
SUMOS_CAR = '<vType id="car" vClass="passenger"/>'
SUMOS_IDM = (
    '<vType id="car" vClass="passenger" carFollowModel="IDM" accel="1.7" decel="2" tau="1.1" minGap="2" length="5"/>'
)


@dataclass(frozen=True)
class Curb:
    """A place to stop beside or in the right lane of a street, and more vehicles than it can serve."""

    name: str
    place: str
    stop: str
    vehicle: str
    dwell_s: float
    every_s: float
    until_s: float
    tier: str = "B"


def bay(berths, length_m):
    return (
        f'<parkingArea id="x" lane="ab_0" startPos="400" endPos="{400 + length_m * berths}" '
        f'roadsideCapacity="{berths}"/>'
    )


BUS = {"vehicle": '<vType id="bus" vClass="bus"/>', "dwell_s": 20.0, "every_s": 10.0, "until_s": 7200.0}
CAR = {"stop": 'parkingArea="x"', "vehicle": SUMOS_CAR, "dwell_s": 30.0, "every_s": 4.0, "until_s": 3600.0}
BUS_STOP = '<busStop id="x" lane="ab_0" startPos="400" endPos="414"/>'
CURBS = (
    Curb("buses served by one berth in the lane", BUS_STOP, 'busStop="x"', **BUS),
    Curb("buses served by one berth beside it", bay(1, 14), 'parkingArea="x"', **BUS),
    Curb("cars served by a bay of 3", bay(3, 6), **CAR),
    Curb("cars served by a bay of 6", bay(6, 6), **CAR),
    Curb("cars served by a bay of 6, SUMO's IDM", bay(6, 6), **(CAR | {"vehicle": SUMOS_IDM, "tier": "C"})),
)


def saturated(folder, curb: Curb, seed):
    """Write and build a street with a place to stop and more vehicles than it can serve; return its files."""
    nodes = (("a", 0), ("m", 600), ("b", 800))
    told = "".join(f'<node id="{id}" x="{x}" y="0"/>' for id, x in nodes)
    (folder / "s.nod.xml").write_text(f"<nodes>{told}</nodes>")
    (folder / "s.edg.xml").write_text(
        '<edges><edge id="ab" from="a" to="m" numLanes="2" speed="11.11"/>'
        '<edge id="mb" from="m" to="b" numLanes="2" speed="11.11"/></edges>'
    )
    sumo.run("netconvert", folder, "-n", "s.nod.xml", "-e", "s.edg.xml", "-o", "s.net.xml")
    rng = np.random.default_rng(seed)
    kind = "bus" if 'id="bus"' in curb.vehicle else "car"
    dwells = rng.uniform(0.5 * curb.dwell_s, 1.5 * curb.dwell_s, int(curb.until_s / curb.every_s))
    coming = (
        f'<vehicle id="v{n}" type="{kind}" depart="{curb.every_s * n:g}" departLane="0"><route edges="ab mb"/>'
        f'<stop {curb.stop} duration="{d:.1f}"/></vehicle>'
        for n, d in enumerate(dwells)
    )
    (folder / "s.rou.xml").write_text(f"<routes>{curb.vehicle}{''.join(coming)}</routes>")
    (folder / "s.add.xml").write_text(f"<additional>{curb.place}</additional>")
    return folder / "s.net.xml", folder / "s.rou.xml", [folder / "s.add.xml"]


def served(left_s, until_s):
    """Return how many an hour left, once the street is full."""
    left_s = np.sort(left_s[(left_s > EMPTY_S) & (left_s < until_s)])
    return per_hour(left_s)


def per_hour(left_s):
    return 3600.0 * (left_s.size - 1) / (left_s[-1] - left_s[0])


@pytest.mark.validation
@pytest.mark.parametrize("curb", CURBS, ids=lambda curb: curb.name)
def test_a_curb_serves_as_many_in_sumo(table, tmp_path, curb):
    if curb.tier == "C" and not table.full:
        pytest.skip(ONLY_EXPLAINS)
    theirs, ours = [], []
    for seed in range(8 if table.full else 2):
        site, _ = read_sumo(*saturated(tmp_path, curb, seed))
        words = ("-n", "s.net.xml", "-r", "s.rou.xml", "-a", "s.add.xml", "--step-length", "0.5", "--seed", str(seed))
        sumo.run("sumo", tmp_path, *words, "--tripinfo-output", "t.xml", "--time-to-teleport", "-1")
        left_s = np.array([float(t.get("arrival")) for t in sumo.parsed(tmp_path, "t.xml")])
        theirs.append(served(left_s, curb.until_s))
        driven = run_trips(site, seed=seed)
        assert driven.failure is None
        ours.append(served(driven.trips["left_s"], curb.until_s))
    hold(table, f"{curb.name}, dwell {curb.dwell_s:g} s", "an hour", theirs, ours, 0.1, curb.tier)


@pytest.mark.validation
def test_a_row_of_cars_in_the_lane_serves_as_many_in_sumo(table, tmp_path):
    scenario, theirs, ours = drop_off_area(), [], []
    for seed in range(8 if table.full else 2):
        trips = referee.both(referee.run_here(scenario, seed), plan_of(scenario, seed), tmp_path / str(seed))
        for found, took in ((theirs, "there_s"), (ours, "here_s")):
            left_s = np.sort(trips["scheduled_s"] + trips[took])
            found.append(per_hour(left_s[EDGE:-EDGE]))
    hold(table, "cars served by a row of 6 in the only lane, dwell 26.5 s", "an hour", theirs, ours, 0.1)


# ---------------------------------------------------------------------- Bologna


def trips_of(folder, file):
    """Return SUMO's trips: way [m], time on the road [s] and in all [s]."""
    told = list(sumo.parsed(folder, file).iter("tripinfo"))
    way, road, outside = (
        np.array([float(t.get(key)) for t in told]) for key in ("routeLength", "duration", "departDelay")
    )
    return way, road, road + outside


@pytest.mark.validation
def test_bologna_runs_to_the_end_about_as_in_sumo(table, tmp_path, shared_data):
    folder = shared_data / "bologna_acosta"
    net, cars, buses = (folder / f"acosta{x}.xml" for x in ("_buslanes.net", ".rou", "_busses.rou"))
    more = [folder / f"acosta_{x}.add.xml" for x in ("vtypes", "bus_stops", "tls")]
    site, _ = read_sumo(net, cars, [buses, *more])
    words = ("-n", str(net), "-r", f"{cars},{buses}", "-a", ",".join(map(str, more)), "--step-length", "1")
    words += ("--time-to-teleport", "-1")
    theirs, ours = [], []
    for seed in range(5 if table.full else 1):
        sumo.run("sumo", tmp_path, *words, "--seed", str(seed), "--tripinfo-output", "t.xml")
        way, road, took = trips_of(tmp_path, "t.xml")
        theirs.append(((way / road).mean(), took.sum() / 3600.0))
        driven = run_trips(site, seed=seed, dt_s=1.0)
        assert driven.complete
        assert len(road) == driven.trips["left_s"].size
        t = driven.trips
        ours.append(
            ((t["route_m"] / (t["left_s"] - t["entered_s"])).mean(), (t["left_s"] - t["scheduled_s"]).sum() / 3600.0)
        )
    table.explain(why_sumo.BOLOGNA)
    there, here = np.transpose(theirs), np.transpose(ours)
    hold(table, "Bologna, mean over trips of way by time", "m/s", there[0], here[0], 0.15)
    hold(table, "Bologna, vehicle-hours, waiting outside included", "h", there[1], here[1], 0.15)
