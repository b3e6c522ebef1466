"""Who stands in a lane that leads elsewhere: how long one insists, where one goes then, and who is named."""

import numpy as np
import pytest

from sim.agents.parent import Parent
from sim.interventions import resolve
from sim.kernel import state as k
from sim.kernel.deadlock import find_deadlock, stands_beside
from sim.kernel.moving import BUS_INSISTS, INSISTS
from sim.model import SchoolMorning, simulate
from sim.scenario.network import CurbZone, Link, Network, Node
from sim.scenario.read import load_scenario
from sim.traffic.fleet import Departure
from sim.traffic.orders import Orders
from tests.curbside import Curb
from tests.streets import go, place, street, traffic_on

PLACES = {"a": (-60.0, 0.0), "b": (0.0, 0.0), "on": (200.0, 0.0), "left": (0.0, 200.0)}
STANDS_S = 5.0
"""[s] from when on the one in the wrong lane stands there."""


def fork(*, straight_on: bool = True) -> Network:
    """Return a link of two lanes of which one goes on and one turns left, or both turn left."""
    ends = ("on", "left") if straight_on else ("left",)
    nodes = tuple(Node(id=n, x_m=PLACES[n][0], y_m=PLACES[n][1], boundary=n != "b") for n in ("a", "b", *ends))
    before = Link(id="ab", from_node="a", to_node="b", lanes=2, speed_km_h=40)
    beyond = (Link(id=f"b_{n}", from_node="b", to_node=n, lanes=1, speed_km_h=40) for n in ends)
    return Network(nodes=nodes, links=(before, *beyond))


def stuck(kind: str = "car", **how):
    """Return traffic in which vehicle 1 stands at the end of lane 0, beside one that holds lane 1, and its order."""
    way = ("ab", "b_left")
    coming = [Departure(0, 0, way, by_agent=True), Departure(1, 8, way, kind=kind, by_agent=True)]
    traffic = traffic_on(fork(**how), coming)
    go(traffic, STANDS_S)
    end = traffic.lanes.length[0]
    for i in (0, 1):
        place(traffic, i, 1 - i, end - 0.5)
    traffic.everybody[0].state = k.HELD
    happened = traffic.orders.turn_in(1, "b_left", 100.0, 3.0, insists=True)
    traffic.everybody[1].standing = traffic.tick
    return traffic, happened


@pytest.mark.parametrize(("kind", "insists_s"), [("car", INSISTS), ("bus", BUS_INSISTS)])
def test_who_insists_in_a_lane_that_leads_elsewhere_gives_in_after_a_while(kind, insists_s):
    traffic, happened = stuck(kind)
    go(traffic, STANDS_S + insists_s - 5.0)
    assert traffic.everybody[1].way == -1
    assert not happened.triggered
    assert traffic.ways.instead(1, "b_on") == ("ab", "b_on")
    assert traffic.ways.instead(1, "b_left") == ()
    go(traffic, STANDS_S + insists_s + 10.0)
    assert happened.value == k.LOST


def test_who_has_given_in_goes_where_the_lane_leads():
    traffic, _ = stuck()
    go(traffic, STANDS_S + INSISTS + 30.0)
    assert traffic.layout.lane_names[traffic.everybody[1].lane].startswith("b_on")


def test_who_may_turn_from_every_lane_has_none_that_is_wrong():
    traffic, happened = stuck(straight_on=False)
    go(traffic, STANDS_S + 2.0 * INSISTS)
    assert happened.value == k.TURNED_IN


# ---------------------------------------------------------------------- parking beyond, leaving out a stop


def nobody_gets_to_remote_parking(monkeypatch):
    found = Parent.way_to

    def way_to(self, links, *, lost):
        declared = [p.link for p in self.world.site.remote_parking]
        return () if list(links) == declared else found(self, links, lost=lost)

    monkeypatch.setattr(Parent, "way_to", way_to)


def test_a_family_that_gets_to_no_remote_parking_parks_beyond_the_area(monkeypatch):
    nobody_gets_to_remote_parking(monkeypatch)
    world = SchoolMorning(resolve(load_scenario("school/baseline")), seed=1, filmed=True)
    record = world.run()
    beyond = [a for a in world.agents if isinstance(a, Parent) and a.beyond]
    assert record.facts["families_who_parked_beyond"] == len(beyond) > 0
    assert record.facts["pupils_delivered"] == record.facts["pupils_drawn"]
    trips = record.trips
    row = {name: n for n, name in enumerate(trips["traveller"])}
    for family in beyond:
        n, drove_out_s = row[family.name], world.traffic.seconds(world.traffic.scene.vehicle.left[family.vehicle])
        parts_s = sum(trips[f"{part}_s"][n] for part in family.spent_s)
        assert trips["stop"][n] == "remote"
        assert trips["left_s"][n] > drove_out_s + family.family.dwell_s
        assert parts_s == pytest.approx(trips["left_s"][n] - trips["scheduled_s"][n], abs=0.002)
    film = record.film.trajectories
    gone = film["state"].codes == 9
    assert (film["lane"][~gone] >= 0).all()


def test_a_family_in_a_site_without_remote_parking_or_a_way_round_parks_beyond(monkeypatch):
    monkeypatch.setattr("sim.traffic.ways.Ways.path_round", lambda *_: ())
    nobody_gets_to_remote_parking(monkeypatch)
    record = simulate(resolve(load_scenario("school/baseline", overrides={"site.demand.pupils.cars": 60})), seed=1)
    assert record.failure is None
    assert all(record.trips["finished"])


def test_a_bus_led_elsewhere_leaves_out_its_stop(monkeypatch):
    zone = CurbZone(id="stop", link="ab", from_m=200.0, to_m=213.0, kind="in_lane", users="bus", berths=1)
    road = street(400.0)
    world = Curb(
        Network(nodes=road.nodes, links=road.links, curb_zones=(zone,)),
        [Departure(0, 0, ("ab",), kind="bus", by_agent=True)],
    )
    monkeypatch.setattr(Orders, "drive_to", lambda self, *_: self.env.timeout(0, k.LOST))
    (bus,) = world.add_buses("stop", {0: 20.0})
    world.run(120.0)
    assert bus.leaves_out
    assert bus.finished
    assert bus.spent_s["dwell"] == 0.0


# ---------------------------------------------------------------------- named sooner


def side_by_side(blockers, *, way=-1, low=1, standing=0):
    """Return vehicle 0 at the end of lane 0, vehicle 1 beside it, and their lanes; who stops whom is told."""
    vehicles, lanes = k.rows(k.VEHICLE, len(blockers)), k.rows(k.LANE, 2)
    vehicles["blocker"], vehicles["state"], vehicles["standing"], vehicles["way"] = blockers, k.DRIVING, standing, 7
    vehicles["x"], vehicles["length"], vehicles["lane"] = 20.0, 5.0, 1
    vehicles["lane"][0], vehicles["way"][0], vehicles["low"][0], vehicles["high"][0] = 0, way, low, 1
    lanes["count"], lanes["order_at"], lanes["number"], lanes["tail_x"], lanes["length"] = (
        1,
        (0, 1),
        (0, 1),
        k.FAR,
        21.0,
    )
    return vehicles, lanes, np.arange(2, dtype=np.int32)


def is_locked(vehicles, lanes, order, after_s):
    desk = k.rows(k.DESK, 1)
    desk["dt"] = 0.5
    stuck = np.zeros(8, dtype=np.int32)
    found = find_deadlock(vehicles, lanes, order, stuck, desk, int(2 * after_s))
    return set(stuck[: desk[0].stuck].tolist()) if found else set()


def test_who_must_change_lanes_waits_for_the_one_beside():
    assert stands_beside(*side_by_side((-1, 0)), 0) == 1
    assert stands_beside(*side_by_side((-1, 0), way=7), 0) == -1
    assert stands_beside(*side_by_side((-1, 0), low=0), 0) == -1
    vehicles, lanes, order = side_by_side((-1, 0))
    vehicles["x"][1] = 13.0  # behind: it could let one in
    assert stands_beside(vehicles, lanes, order, 0) == -1
    lanes["tail_x"][1], lanes["tail_who"][1] = 19.0, 5
    assert stands_beside(vehicles, lanes, order, 0) == 5


def test_a_circle_through_one_who_must_change_lanes_is_found_after_three_minutes():
    assert is_locked(*side_by_side((-1, 2, 0)), 181.0) == {0, 1, 2}
    assert is_locked(*side_by_side((-1, 2, 0)), 179.0) == set()
    assert is_locked(*side_by_side((-1, 2, 0), low=0), 181.0) == set()
