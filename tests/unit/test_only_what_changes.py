"""What the kernel leaves alone: lights that do not switch, those who wait outside for full lanes, lines not read."""

from dataclasses import replace

import numpy as np
import pytest

from sim.formats.sumo import read_sumo
from sim.kernel import state as k
from sim.kernel.admission import admit
from sim.kernel.junctions import switch_lights
from sim.kernel.order import aim
from sim.traffic.fleet import Departure
from sim.trips import TripRun
from tests.streets import street, traffic_on


@pytest.mark.parametrize(
    ("offset", "marks", "more"),
    [(0, (0, 30, 33), ()), (7, (30, 60, 63), (70, 80, 83)), (3, (50, 90, 95), ()), (0, (0, 0, 0), ())],
)
def test_no_light_switches_before_the_tick_that_is_told(offset, marks, more):
    lanes, net = k.rows(k.LANE, 2), np.array([*more, -1], dtype=np.int32)
    lanes[0].cycle, lanes[0].offset, lanes[0].more_end = 90, offset, len(more)
    lanes[0].green_from, lanes[0].green_to, lanes[0].amber_to = marks
    again, light = 0, -1
    for tick in range(400):
        due = tick >= again
        soonest = switch_lights(lanes, net, tick)
        assert due or lanes[0].light == light, tick
        again, light = soonest if due else again, lanes[0].light


def test_where_there_are_no_lights_none_is_looked_at_again():
    assert switch_lights(k.rows(k.LANE, 3), np.zeros(1, dtype=np.int32), 5) > 1_000_000


def outside():
    """Return two lanes, the first full at its beginning, and two cars outside that want it."""
    vehicles, lanes, entries, desk = k.rows(k.VEHICLE, 2), k.rows(k.LANE, 2), k.rows(k.ENTRY, 1), k.rows(k.DESK, 1)
    vehicles["length"], vehicles["s0"], vehicles["headway"], vehicles["b"] = 4.0, 2.0, 1.0, 2.0
    vehicles["factor"], vehicles["top"] = 1.0, 30.0
    lanes["length"], lanes["limit"], lanes["tail_x"], lanes["order_end"] = 100.0, 10.0, (0.0, k.FAR), (4, 8)
    lanes[1].order_at = 4
    entries[0].lanes, entries[0].end = 2, 2
    desk[0].dt, desk[0].least_gap = 0.5, 2.0
    return vehicles, lanes, np.zeros(8, dtype=np.int32), entries, np.arange(2, dtype=np.int32), desk


def test_those_outside_wait_until_their_lane_has_room():
    vehicles, lanes, order, entries, queue, desk = outside()
    admit(vehicles, lanes, order, entries, queue, desk, 1)
    assert (entries[0].looked, entries[0].wanted, entries[0].next) == (2, 1, 0)
    lanes[0].tail_x = k.FAR
    admit(vehicles, lanes, order, entries, queue, desk, 2)
    assert list(vehicles["state"]) == [k.DRIVING, k.OUTSIDE]


def test_one_outside_who_gets_other_orders_is_looked_at_again():
    vehicles, lanes, order, entries, queue, desk = outside()
    admit(vehicles, lanes, order, entries, queue, desk, 1)
    vehicles[1].high = 1
    admit(vehicles, lanes, order, entries, queue, desk, 2)
    assert vehicles[1].state == k.OUTSIDE
    entries[0].looked = 0  # as `Ways.aim_again` does
    admit(vehicles, lanes, order, entries, queue, desk, 3)
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
    traffic.ways.set_path(2, ("ab",))
    traffic.ways.aim_again(0)
    assert [*zip(traffic.vehicles["low"], traffic.vehicles["high"], strict=True)][::2] == 2 * [(1, 2)]


@pytest.mark.parametrize("kind", [k.VEHICLE, k.LANE])
def test_records_are_whole_lines_and_begin_with_one(kind):
    found = k.joined(k.rows(kind, 3)[1:])
    assert found.ctypes.data % k.LINE == 0
    assert found.dtype.itemsize % k.LINE == 0


def test_what_moving_reads_of_everybody_lies_in_one_line_and_what_decisions_read_in_two():
    moved = ("x", "v", "length", "acceleration", "state", "target_mode", "rest", "standing", "changed", "blocker")
    assert max(k.VEHICLE.fields[name][1] for name in moved) < k.LINE
    read = ("x", "v", "length", "desired", "a", "b", "s0", "headway", "half_inverse", "state", "choice", "standing")
    assert max(k.VEHICLE.fields[name][1] for name in read) < 2 * k.LINE
    assert max(k.LANE.fields[name][1] for name in ("count", "order_at", "segment", "tail_x", "limit")) < k.LINE
