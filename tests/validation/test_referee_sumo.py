"""SUMO as a referee: where both can say it, both find about the same. Skipped where SUMO is not installed."""

import numpy as np
import pytest

from sim.formats.sumo import read_sumo
from sim.model import SchoolMorning
from sim.study.sumo import export_sumo
from sim.trips import run_trips
from tests import sumo
from tests.validation.table import around, mean_of

KINDS = ("through", "bus", "family")
EVERY_S, DWELL_S, UNTIL_S, EMPTY_S = 10.0, 20.0, 7200.0, 900.0


def hold(table, what, unit, theirs, ours, rel):
    """Hold our replications against the mean of SUMO's; its own interval stands beside it."""
    said = mean_of(theirs)
    source = f"SUMO {said.mean:.4g} ± {said.half_width:.2g}, {len(theirs)} seeds"
    table.hold("S", what, unit=unit, band=around(said.mean, rel=rel), found=mean_of(ours), tier="B", source=source)


def trips_of(folder, file="tripinfo.xml"):
    """Return SUMO's trips: id, way [m], time on the road [s] and in all [s]."""
    told = list(sumo.parsed(folder, file).iter("tripinfo"))
    way, road, outside = (
        np.array([float(t.get(key)) for t in told]) for key in ("routeLength", "duration", "departDelay")
    )
    return [t.get("id") for t in told], way, road, road + outside


# ---------------------------------------------------------------------- the school street below capacity


def means(names, took):
    """Return each kind's mean time [s]."""
    return [float(np.mean([s for name, s in zip(names, took, strict=True) if name.startswith(kind)])) for kind in KINDS]


@pytest.mark.validation
def test_below_capacity_the_school_takes_as_long_in_sumo(table, tmp_path):
    scenario, theirs, ours = sumo.calm_school(), [], []
    for seed in range(8 if table.full else 2):
        folder = tmp_path / str(seed)
        export_sumo(scenario, seed=seed, out=folder)
        sumo.build(folder)
        sumo.simulate(folder)
        names, _, _, took = trips_of(folder)
        theirs.append(means(names, took))
        trips = SchoolMorning(scenario, seed=seed).run().trips
        ours.append(means(trips["traveller"], np.asarray(trips["left_s"]) - np.asarray(trips["scheduled_s"])))
    for kind, there, here in zip(KINDS, np.transpose(theirs), np.transpose(ours), strict=True):
        hold(table, f"school at {sumo.CALM:.0%} of its traffic, mean time, {kind}", "s", there, here, 0.1)


# ---------------------------------------------------------------------- what one berth serves


def one_berth(folder, place, stop, seed):
    """Write and build a street with one berth and more buses than it can serve; return its files."""
    nodes = (("a", 0), ("m", 600), ("b", 800))
    told = "".join(f'<node id="{id}" x="{x}" y="0"/>' for id, x in nodes)
    (folder / "s.nod.xml").write_text(f"<nodes>{told}</nodes>")
    (folder / "s.edg.xml").write_text(
        '<edges><edge id="ab" from="a" to="m" numLanes="2" speed="11.11"/>'
        '<edge id="mb" from="m" to="b" numLanes="2" speed="11.11"/></edges>'
    )
    sumo.run("netconvert", folder, "-n", "s.nod.xml", "-e", "s.edg.xml", "-o", "s.net.xml")
    rng = np.random.default_rng(seed)
    buses = (
        f'<vehicle id="b{n}" type="bus" depart="{EVERY_S * n:g}" departLane="0"><route edges="ab mb"/>'
        f'<stop {stop} duration="{d:.1f}"/></vehicle>'
        for n, d in enumerate(rng.uniform(0.5 * DWELL_S, 1.5 * DWELL_S, int(UNTIL_S / EVERY_S)))
    )
    types = '<vType id="bus" vClass="bus"/>'
    (folder / "s.rou.xml").write_text(f"<routes>{types}{''.join(buses)}</routes>")
    (folder / "s.add.xml").write_text(f"<additional>{place}</additional>")
    return folder / "s.net.xml", folder / "s.rou.xml", [folder / "s.add.xml"]


def served(left_s):
    """Return how many an hour left, once the street is full."""
    left_s = np.sort(left_s[(left_s > EMPTY_S) & (left_s < UNTIL_S)])
    return 3600.0 * (left_s.size - 1) / (left_s[-1] - left_s[0])


BERTHS = {
    "in the lane": ('<busStop id="x" lane="ab_0" startPos="400" endPos="414"/>', 'busStop="x"'),
    "beside it": (
        '<parkingArea id="x" lane="ab_0" startPos="400" endPos="414" roadsideCapacity="1"/>',
        'parkingArea="x"',
    ),
}


@pytest.mark.validation
@pytest.mark.parametrize("where", BERTHS)
def test_one_berth_serves_as_many_buses_in_sumo(table, tmp_path, where):
    theirs, ours = [], []
    for seed in range(8 if table.full else 2):
        site, _ = read_sumo(*one_berth(tmp_path, *BERTHS[where], seed))
        words = ("-n", "s.net.xml", "-r", "s.rou.xml", "-a", "s.add.xml", "--step-length", "0.5", "--seed", str(seed))
        sumo.run("sumo", tmp_path, *words, "--tripinfo-output", "t.xml", "--time-to-teleport", "-1")
        theirs.append(served(np.array([float(t.get("arrival")) for t in sumo.parsed(tmp_path, "t.xml")])))
        driven = run_trips(site, seed=seed)
        assert driven.failure is None
        ours.append(served(driven.trips["left_s"]))
    hold(table, f"buses served by one berth {where}, dwell {DWELL_S:g} s", "buses/h", theirs, ours, 0.1)


# ---------------------------------------------------------------------- Bologna


@pytest.mark.validation
def test_bologna_runs_to_the_end_about_as_in_sumo(table, tmp_path, shared_data):
    folder = shared_data / "bologna_acosta"
    net, cars, buses = (folder / f"acosta{x}.xml" for x in ("_buslanes.net", ".rou", "_busses.rou"))
    more = [folder / f"acosta_{x}.add.xml" for x in ("vtypes", "bus_stops", "tls")]
    site, _ = read_sumo(net, cars, [buses, *more])
    words = ("-n", str(net), "-r", f"{cars},{buses}", "-a", ",".join(map(str, more)), "--step-length", "1")
    words += ("--time-to-teleport", "-1")
    theirs, ours = [], []
    for seed in range(5 if table.full else 2):
        sumo.run("sumo", tmp_path, *words, "--seed", str(seed), "--tripinfo-output", "t.xml")
        _, way, road, took = trips_of(tmp_path, "t.xml")
        theirs.append(((way / road).mean(), took.sum() / 3600.0))
        driven = run_trips(site, seed=seed, dt_s=1.0)
        assert driven.complete
        assert len(road) == driven.trips["left_s"].size
        t = driven.trips
        ours.append(
            ((t["route_m"] / (t["left_s"] - t["entered_s"])).mean(), (t["left_s"] - t["scheduled_s"]).sum() / 3600.0)
        )
    there, here = np.transpose(theirs), np.transpose(ours)
    hold(table, "Bologna, mean over trips of way by time", "m/s", there[0], here[0], 0.15)
    hold(table, "Bologna, vehicle-hours, waiting outside included", "h", there[1], here[1], 0.15)
