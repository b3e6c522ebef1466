"""What the kernel leaves alone: lights that do not switch, those who wait outside for full lanes, lines not read."""

from dataclasses import replace

import numpy as np
import pytest

from sim.formats.sumo import read_sumo
from sim.kernel import state as k
from sim.kernel.admission import admit
from sim.kernel.curb import drop_back
from sim.kernel.deciding import come_to_stand
from sim.kernel.junctions import switch_lights
from sim.kernel.moving import hold_back
from sim.kernel.order import aim, insert, remove
from sim.scenario.network import Link, Network, Node
from sim.traffic.fleet import Departure
from sim.traffic.traffic import Traffic
from sim.trips import TripRun
from tests.streets import CHINA, PreparedTraffic, go, place, population, red_then_green, street, traffic_on


@pytest.mark.parametrize(
    ("offset", "marks", "more"),
    [(0, (0, 30, 33), ()), (7, (30, 60, 63), (70, 80, 83)), (3, (50, 90, 95), ()), (0, (0, 0, 0), ())],
)
def test_lights_set_only_when_one_switches_are_those_set_anew_in_each_tick(offset, marks, more):
    net = np.array([*more, -1], dtype=np.int32)

    def two_lit():
        lights = k.rows(k.LIGHT, 2)
        lights["lane"], lights["offset"] = (0, 2), (offset, offset + 11)
        lights["cycle"], lights["more_end"] = 90, len(more)
        lights["green_from"], lights["green_to"], lights["amber_to"] = marks
        return lights

    lanes, lights, again = k.rows(k.LANE, 3), two_lit(), 0
    for tick in range(400):
        if tick >= again:
            again = switch_lights(lanes, lights, net, tick)
        anew = k.rows(k.LANE, 3)
        switch_lights(anew, two_lit(), net, tick)
        assert lanes["light"].tolist() == anew["light"].tolist(), tick


def test_where_there_are_no_lights_none_is_looked_at_again():
    assert switch_lights(k.rows(k.LANE, 3), k.rows(k.LIGHT, 0), np.zeros(1, dtype=np.int32), 5) > 1_000_000


RED_S = 200.0


def before_red(stops_at_m=None):
    """Return a car on a street with a light that is red for RED_S; it has stopped before that, if told, and goes on."""
    signal = red_then_green(300.0, red_s=RED_S)
    traffic = traffic_on(street(600.0, speed_km_h=40.0, crossings=[signal]), [Departure(0, 0, ("ab",))])
    if stops_at_m is not None:
        stopped = traffic.orders.stop_at(0, "ab", stops_at_m)
        go(traffic, 70.0)
        assert stopped.value == k.STOPPED
        traffic.orders.go_on(0)
    return traffic


def test_who_stands_at_a_red_light_is_left_alone_until_green():
    traffic = before_red()
    go(traffic, 100.0)
    me, line = traffic.everybody[0], traffic.everybody[0].x
    me.acceleration = -0.123  # is kept by who does not decide
    go(traffic, 100.5)
    assert me.acceleration == -0.123
    go(traffic, RED_S - 1.0)
    assert me.x == line
    go(traffic, RED_S + 3.0)
    assert me.v > 1.0


CREEPS = replace(CHINA, acceleration_m_s2=2.39, deceleration_m_s2=4.5, headway_s=1.0, standstill_gap_m=1.5)
"""By the IDM at a step of 0.5 s this one comes up to whoever stands ahead for good, at 1e-12 m/s in the end."""


@pytest.mark.parametrize("dt", [0.25, 0.5])
def test_who_comes_up_to_one_who_stands_comes_to_a_stand_and_moves_off_again_with_him(dt):
    cars = [Departure(n, round(8 / dt) * n, ("ab",)) for n in range(3)]
    traffic = traffic_on(street(600.0, speed_km_h=50.0), cars, drivers=population(CREEPS), dt=dt)
    traffic.orders.stop_at(0, "ab", 300.0)
    go(traffic, 44.0)
    cars = traffic.vehicles
    assert cars["v"].tolist() == [0.0] * 3
    gaps = cars["x"][:-1] - cars["length"][:-1] - cars["x"][1:]
    assert gaps == pytest.approx([1.5, 1.5], abs=0.05)
    stood = cars["x"].copy()
    go(traffic, 60.0)
    assert cars["x"].tolist() == stood.tolist()
    traffic.orders.go_on(0)
    go(traffic, 64.0)
    assert (cars["v"] > 0.5).all()


def test_who_has_a_place_to_get_to_creeps_up_to_it():
    assert come_to_stand(0.0, 2.0, 0.5, k.STOP, 0.01) == 0.01
    assert come_to_stand(0.005, 2.0, 0.5, k.STOP, -0.001) == -0.001
    assert come_to_stand(0.005, 2.0, 0.5, k.NO_TARGET, 0.001) == 0.001
    assert come_to_stand(0.0, 2.0, 0.5, k.NO_TARGET, 0.11) == 0.11


def test_whoever_hardly_gains_at_all_moves_off_all_the_same():
    sluggish = replace(CHINA, acceleration_m_s2=0.08)
    traffic = traffic_on(street(600.0), [Departure(0, 0, ("ab",))], drivers=population(sluggish))
    traffic.orders.stop_at(0, "ab", 100.0)
    go(traffic, 40.0)
    assert traffic.vehicles["state"][0] == k.HELD
    traffic.orders.go_on(0)
    go(traffic, 60.0)
    assert traffic.vehicles["v"][0] > 1.0


QUEUE = 4


def queue_at_red():
    """Return a queue that stands at a red light, two seconds after the foremost has looked beyond it."""
    signal = red_then_green(300.0, red_s=RED_S)
    cars = [Departure(n, 8 * n, ("ab",)) for n in range(QUEUE)]
    traffic = traffic_on(street(600.0, speed_km_h=40.0, crossings=[signal]), cars)
    go(traffic, 102.0)
    return traffic


def test_a_queue_at_a_red_light_is_passed_over_as_a_whole_until_green():
    traffic = queue_at_red()
    assert traffic.lanes[0].still == QUEUE
    traffic.vehicles["acceleration"] = -0.123  # is kept by who does not decide
    go(traffic, 104.0)
    assert traffic.vehicles["acceleration"].tolist() == [-0.123] * QUEUE
    go(traffic, RED_S + 15.0)
    assert traffic.lanes[0].still == 0
    assert (traffic.vehicles["v"] > 1.0).all()


def test_nobody_in_a_queue_at_a_red_light_is_passed_over_who_has_other_orders():
    traffic = queue_at_red()
    traffic.orders.stop_at(1, "ab", float(traffic.everybody[1].x))
    assert traffic.lanes[0].still == 0
    go(traffic, 102.5)
    assert traffic.everybody[1].state == k.HELD
    go(traffic, 104.0)
    assert traffic.lanes[0].still == 1


@pytest.mark.parametrize(("at", "still"), [(0, 0), (QUEUE - 1, 0), (QUEUE, QUEUE)])
def test_whoever_comes_into_or_leaves_what_is_passed_over_ends_it(at, still):
    lanes, order = k.rows(k.LANE, 1), np.arange(10, dtype=np.int32)
    lanes["count"], lanes["order_end"] = QUEUE + 1, 9
    for change in (lambda: insert(lanes, order, 0, at, 7), lambda: remove(lanes, order, 0, at)):
        lanes[0].still = QUEUE
        change()
        assert lanes[0].still == still


def test_who_makes_room_for_another_is_not_passed_over():
    vehicles, lanes, desk = k.rows(k.VEHICLE, 2), k.rows(k.LANE, 1), k.rows(k.DESK, 1)
    lanes[0].still, desk[0].dt = QUEUE, 0.5
    drop_back(vehicles, lanes, desk, 0, 1, 0)
    assert lanes[0].still == 0


def test_a_queue_that_is_moved_back_is_not_passed_over():
    vehicles, lanes, order = k.rows(k.VEHICLE, 2), k.rows(k.LANE, 1), np.arange(2, dtype=np.int32)
    vehicles["x"], vehicles["length"], lanes["count"], lanes["still"] = (10.5, 3.0), 2.0, 2, 2
    hold_back(vehicles, lanes, order, 0, 10.0)
    assert lanes[0].still == 0


def test_one_who_has_stopped_on_the_way_drives_up_to_a_red_light_at_once():
    traffic = before_red(stops_at_m=270.0)
    go(traffic, 72.0)
    assert traffic.everybody[0].v > 1.0


def test_who_stands_at_a_red_light_decides_anew_with_other_orders():
    traffic = before_red()
    go(traffic, 100.0)
    traffic.orders.drive_to(0, "ab", 500.0)
    assert traffic.everybody[0].rest == 0


def test_who_stands_before_a_full_place_names_who_fills_it_as_soon_as_it_turns_red():
    signal = red_then_green(300.0, red_s=31.0, cycle_s=63.0)  # turns red at other times than he looks
    cars = [Departure(n, 12 * n, ("ab",)) for n in range(2)]
    traffic = traffic_on(street(600.0, speed_km_h=40.0, crossings=[signal]), cars)
    traffic.orders.stop_at(0, "ab", 310.0)
    go(traffic, 120.0)
    lit = int(traffic.lights[0].lane)
    seen = []
    while traffic.tick * traffic.dt < 400.0:
        go(traffic, (traffic.tick + 1) * traffic.dt)
        assert traffic.everybody[1].v < 0.1
        seen.append((int(traffic.lanes[lit].light), int(traffic.everybody[1].blocker)))
    assert set(seen) == {(k.GREEN, 0), (k.AMBER, -1), (k.RED, 0)}


def test_who_stopped_one_inside_a_junction_does_not_stop_him_at_the_next_light_too():
    signals = [replace(red_then_green(at, red_s=RED_S), id=f"signal_{at:g}") for at in (300.0, 316.0)]
    traffic = traffic_on(street(600.0, crossings=signals), [Departure(n, 8 * n, ("ab",)) for n in range(2)])
    go(traffic, 101.0)
    inside = int(traffic.lights[0].lane)
    place(traffic, 0, inside, 3.0)
    traffic.everybody[0].blocker = 1
    go(traffic, 101.5)
    assert traffic.everybody[0].acceleration > 0.0
    assert traffic.everybody[0].blocker == -1


NOWHERE = np.array([-1], dtype=np.int32)
"""A table of ways, of which none leads on."""


def outside():
    """Return two lanes, the first full at its beginning, and two cars outside that want it."""
    vehicles, lanes, entries, desk = k.rows(k.VEHICLE, 2), k.rows(k.LANE, 2), k.rows(k.ENTRY, 1), k.rows(k.DESK, 1)
    vehicles["length"], vehicles["s0"], vehicles["headway"], vehicles["b"] = 4.0, 2.0, 1.0, 2.0
    vehicles["factor"], vehicles["top"] = 1.0, 30.0
    lanes["length"], lanes["limit"], lanes["tail_x"], lanes["order_end"] = 100.0, 10.0, (0.0, k.FAR), (4, 8)
    lanes[1].order_at = 4
    vehicles["choice"] = -1
    entries[0].lanes, entries[0].end = 2, 2
    desk[0].dt, desk[0].least_gap = 0.5, 2.0
    return vehicles, lanes, np.zeros(8, dtype=np.int32), entries, np.arange(2, dtype=np.int32), desk


def test_those_outside_wait_until_their_lane_has_room():
    vehicles, lanes, order, entries, queue, desk = outside()
    admit(vehicles, lanes, order, NOWHERE, entries, queue, desk, 1)
    assert (entries[0].looked, entries[0].wanted, entries[0].next) == (2, 1, 0)
    lanes[0].tail_x = k.FAR
    admit(vehicles, lanes, order, NOWHERE, entries, queue, desk, 2)
    assert list(vehicles["state"]) == [k.DRIVING, k.OUTSIDE]


def test_one_outside_who_gets_other_orders_is_looked_at_again():
    vehicles, lanes, order, entries, queue, desk = outside()
    admit(vehicles, lanes, order, NOWHERE, entries, queue, desk, 1)
    vehicles[1].high = 1
    admit(vehicles, lanes, order, NOWHERE, entries, queue, desk, 2)
    assert vehicles[1].state == k.OUTSIDE
    entries[0].looked = 0  # as `Ways.aim_again` does
    admit(vehicles, lanes, order, NOWHERE, entries, queue, desk, 3)
    assert list(vehicles["state"]) == [k.OUTSIDE, k.DRIVING]


def test_the_lanes_remembered_at_a_leg_are_those_that_are_found_anew(shared_data):
    folder = shared_data / "bologna_acosta"
    routes = [folder / "acosta.rou.xml", folder / "acosta_busses.rou.xml"]
    others = [folder / f"acosta_{what}.add.xml" for what in ("vtypes", "bus_stops", "tls")]
    site, _ = read_sumo(folder / "acosta_buslanes.net.xml", routes[0], [*routes[1:], *others])
    traffic = TripRun(site, dt_s=1.0).traffic
    traffic.run(900)
    vehicles, lanes, _, segments, net = traffic.scene.arrays
    found, legs = k.joined(vehicles), k.joined(traffic.ways.route)
    assert set(vehicles["bus_lanes"].tolist()) == {0, 1}
    remembered = 0
    for row in np.flatnonzero(np.isin(vehicles["state"], (k.OUTSIDE, k.DRIVING))):
        remembered += legs[vehicles["leg"][row]].aimed not in (0, row + 1)
        legs["aimed"] = 0
        aim(k.handed(found), lanes, segments, net, k.handed(legs), row)
        legs["aimed"] = traffic.ways.route["aimed"]
        aim(vehicles, lanes, segments, net, traffic.ways.route, row)
    assert remembered > 5_000
    for name in ("choice", "low", "high"):
        np.testing.assert_array_equal(vehicles[name], found[name])


def test_what_is_remembered_at_a_leg_is_not_for_others_than_it_was_found_for():
    road = street(lanes=3)
    road = replace(road, links=(replace(road.links[0], bus_lanes=(0,)),))
    traffic = traffic_on(road, [Departure(n, n, ("ab",), bus_lanes=n % 2 == 1, by_agent=True) for n in range(4)])
    assert [*zip(traffic.vehicles["low"], traffic.vehicles["high"], strict=True)] == 2 * [(1, 2), (0, 2)]
    traffic.orders.stop_at(3, "ab", 500.0)
    traffic.orders.stop_at(1, "ab", 600.0)
    assert traffic.vehicles["high"].tolist() == [2, 0, 2, 0]
    traffic.ways.aim_again(2)
    traffic.ways.aim_again(0)
    assert [*zip(traffic.vehicles["low"], traffic.vehicles["high"], strict=True)][::2] == 2 * [(1, 2)]


def forks():
    """Return a street of two lanes; a short link leads on, and from that one lane each to two others."""
    places = {"a": (0, 0), "b": (300, 0), "c": (420, 0), "d": (420, 200), "e": (420, -200)}
    return Network(
        nodes=tuple(Node(id=n, x_m=x, y_m=y, boundary=n not in "bc") for n, (x, y) in places.items()),
        links=tuple(
            Link(id=id, from_node=id[0], to_node=id[1], lanes=2, speed_km_h=40) for id in ("ab", "bc", "cd", "ce")
        ),
    )


class LooksAtAll(PreparedTraffic):
    """Traffic in which everybody outside is looked at in each tick, whatever lanes those before him wait for."""

    def prepare(self):
        self.ways._entries["looked"] = 0


@pytest.mark.parametrize("seed", range(4))
def test_those_outside_come_in_as_if_everybody_were_looked_at_in_each_tick(seed):
    ways = np.random.default_rng(seed).choice(2, 400, p=[0.8, 0.2])  # most want one of the two lanes
    departures = [Departure(n, n, ("ab", "bc", ("cd", "ce")[way])) for n, way in enumerate(ways)]
    as_it_is, anew = (traffic_on(forks(), departures, kind=kind) for kind in (Traffic, LooksAtAll))
    for traffic in (as_it_is, anew):
        go(traffic, 400.0)
    waited = as_it_is.vehicles["entered"] - as_it_is.vehicles["due"]
    assert np.nanmax(waited) > 60.0
    np.testing.assert_array_equal(as_it_is.vehicles["entered"], anew.vehicles["entered"])


@pytest.mark.parametrize("seen_m", [(0.0, 1000.0), (1000.0, 0.0), (0.0, 0.0)])
def test_a_target_on_the_next_link_is_one_vehicles_own(seen_m):
    way = ("ab", "bc", "cd")
    traffic = traffic_on(
        forks(), [Departure(n, n, way, foresight_m=seen, by_agent=True) for n, seen in enumerate(2 * seen_m)]
    )
    lanes_of = [*zip(traffic.vehicles["low"], traffic.vehicles["high"], strict=True)]
    traffic.ways.route["aimed"] = 0
    traffic.orders.stop_at(0, "bc", 60.0)
    at_curb = (traffic.vehicles["low"][0], traffic.vehicles["high"][0])
    assert at_curb == (0, 0)
    for n in (1, 2, 3):
        traffic.ways.aim_again(n)
    assert [*zip(traffic.vehicles["low"], traffic.vehicles["high"], strict=True)][1:] == lanes_of[1:]


@pytest.mark.parametrize("seen_m", [(0.0, 1000.0), (1000.0, 0.0)])
def test_who_sees_farther_has_lanes_of_his_own(seen_m):
    long = replace(forks(), nodes=tuple(replace(n, x_m=n.x_m + 200.0 * (n.id in "cde")) for n in forks().nodes))
    traffic = traffic_on(long, [Departure(n, n, ("ab", "bc", "cd"), foresight_m=s) for n, s in enumerate(seen_m)])
    found = dict(zip(seen_m, zip(traffic.vehicles["low"], traffic.vehicles["high"], strict=True), strict=True))
    assert found[0.0] == (0, 1)
    assert found[1000.0] != (0, 1)


@pytest.mark.parametrize("kind", [k.VEHICLE, k.LANE])
def test_records_are_whole_lines_and_begin_with_one(kind):
    found = k.joined(k.rows(kind, 3)[1:])
    assert found.ctypes.data % k.PAIR == 0
    assert found.dtype.itemsize % k.LINE == 0


def test_a_lane_is_one_pair_of_lines():
    assert k.LANE.itemsize == k.PAIR


def test_what_moving_reads_of_everybody_lies_in_one_line_and_what_decisions_read_in_two():
    moved = ("x", "v", "length", "acceleration", "state", "target_mode", "rest", "standing", "changed", "blocker")
    assert max(k.VEHICLE.fields[name][1] for name in moved) < k.LINE
    read = ("x", "v", "length", "desired", "a", "b", "s0", "headway", "half_inverse", "state", "way", "standing")
    assert max(k.VEHICLE.fields[name][1] for name in read) < 2 * k.LINE
    assert max(k.LANE.fields[name][1] for name in ("count", "order_at", "segment", "tail_x", "limit")) < k.LINE
