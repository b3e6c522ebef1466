"""What the kernel leaves alone: lights that do not switch, those who wait outside for full lanes, lines not read."""

import numpy as np
import pytest

from sim.kernel import state as k
from sim.kernel.admission import admit
from sim.kernel.junctions import switch_lights


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


@pytest.mark.parametrize("kind", [k.VEHICLE, k.LANE])
def test_records_are_whole_lines_and_begin_with_one(kind):
    found = k.joined(k.rows(kind, 3)[1:])
    assert found.ctypes.data % k.LINE == 0
    assert found.dtype.itemsize % k.LINE == 0


def test_what_every_decision_reads_lies_in_two_lines():
    read = ("x", "v", "length", "desired", "a", "b", "s0", "headway", "half_inverse", "state", "choice", "standing")
    assert max(k.VEHICLE.fields[name][1] for name in read) < 2 * k.LINE
    assert max(k.LANE.fields[name][1] for name in ("count", "order_at", "segment", "tail_x", "limit")) < k.LINE
