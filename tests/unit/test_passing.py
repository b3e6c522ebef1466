"""Passing somebody who holds the one lane, over the opposite one, where it is clear."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from sim.kernel import state as k
from sim.kernel.passing import heed_passers
from sim.traffic.fleet import Departure
from tests.streets import go, poisson, population, traffic_on, two_way

STOP_M = 300.0


def stopped(network, oncoming_veh_h, *, row=1, for_s=1200.0, behind_veh_h=200.0, seed=3):
    """Return the traffic of a street on which the first cars hold their lane from 60 s on."""
    cars = [Departure(n, 0, ("ab",), by_agent=True) for n in range(row)]
    others = [replace(d, due=d.due + 60) for d in poisson(behind_veh_h, 900.0, seed)]
    facing = poisson(oncoming_veh_h, 1500.0, seed + 1, path=("ba",)) if oncoming_veh_h else []
    oncoming = [replace(d, key=10_000 + d.key) for d in facing]
    traffic = traffic_on(network, [*cars, *others, *oncoming], drivers=population(), seed=seed)

    def stop(vehicle, at_m):
        yield traffic.orders.stop_at(vehicle, "ab", at_m)
        yield traffic.env.timeout(traffic.ticks(for_s))
        traffic.orders.go_on(vehicle)

    for n in range(row):
        traffic.env.process(stop(n, STOP_M - 7.0 * n))
    return traffic, np.arange(row, row + len(others))


def bodies(traffic, link):
    """Return the bodies [m, m] of those on a link's lane and over it, all in the link's own direction."""
    segment = traffic.layout.road.segments[traffic.layout.pieces[link][0].segment]
    other = traffic.layout.road.segments[traffic.lanes[segment.opposite].segment]
    found = []
    for lane, mirrored in ((segment.first_lane, False), (other.over, True)):
        me = traffic.lanes[lane]
        for i in traffic.order[me.order_at : me.order_at + me.count]:
            x, length = float(traffic.everybody[i].x), float(traffic.everybody[i].length)
            found.append((other.mirror - x, other.mirror - x + length) if mirrored else (x - length, x))
    return sorted(found)


def test_who_is_held_up_passes_over_a_clear_opposite_lane():
    traffic, others = stopped(two_way(), 0.0)
    go(traffic, 1000.0)
    assert (traffic.vehicles["state"][others] == k.GONE).all()
    took = (traffic.vehicles["left"] - traffic.vehicles["entered"])[others] * traffic.dt
    assert took.max() < 54.0 + 25.0  # 600 m at 40 km/h, and slowing down to pass


def test_nobody_passes_over_a_busy_opposite_lane_nor_over_a_railing():
    for network, oncoming in ((two_way(), 1400.0), (two_way(divided=True), 0.0)):
        traffic, others = stopped(network, oncoming)
        go(traffic, 1000.0)
        assert not (traffic.vehicles["state"][others] == k.GONE).any()


@pytest.mark.parametrize("seed", range(3))
def test_nobody_meets_head_on_and_all_get_through(seed):
    traffic, _ = stopped(two_way(), 500.0, row=1 + 2 * seed, behind_veh_h=500.0, seed=seed, for_s=600.0)
    out = 0
    for second in range(0, 2400, 3):
        go(traffic, float(second))
        for link in ("ab", "ba"):
            row = bodies(traffic, link)
            assert all(a[1] < b[0] for a, b in itertools.pairwise(row))
        out += int((traffic.lanes["count"] * (traffic.lanes["number"] == 1)).sum())
    assert out > 0
    assert (traffic.vehicles["state"] == k.GONE).all()
    assert traffic.vehicles["acceleration"].min() > -7.0


@pytest.mark.parametrize(("beyond_m", "passes"), [(9.0, False), (15.0, False), (20.0, False), (60.0, True)])
def test_who_has_to_stop_beyond_a_row_passes_it_only_if_it_can_stop_there(beyond_m, passes):
    cars = [Departure(n, 20 * n, ("ab",), by_agent=True) for n in range(2)]
    traffic = traffic_on(two_way(), cars, drivers=population(), seed=3)
    told = []

    def stop(vehicle, at_m):
        told.append((yield traffic.orders.stop_at(vehicle, "ab", at_m)))
        yield traffic.env.timeout(traffic.ticks(600.0))
        traffic.orders.go_on(vehicle)

    for n in range(2):
        traffic.env.process(stop(n, STOP_M + beyond_m * n))
    go(traffic, 500.0)
    assert (traffic.vehicles["x"][1] > STOP_M) == passes
    go(traffic, 2000.0)
    assert told == [k.STOPPED, k.STOPPED]
    assert (traffic.vehicles["state"] == k.GONE).all()


def test_a_row_that_moves_off_lets_in_who_is_passing_it():
    traffic, others = stopped(two_way(), 0.0, row=5, for_s=40.0, behind_veh_h=700.0)
    go(traffic, 1200.0)
    assert (traffic.vehicles["state"][others] == k.GONE).all()


def beside_one_who_passes(x, *, oncoming, s0=0.3, v=0.0, a=1.5, dt=0.5):
    """Return the acceleration of one who wants to gain speed by `a` and is at x of the lane that one who passes comes
    back to at 100 m of 200, or of the one that comes towards it."""
    vehicles, lanes, segments = k.rows(k.VEHICLE, 2), k.rows(k.LANE, 4), k.rows(k.SEGMENT, 2)
    vehicles["x"], vehicles["length"], vehicles["s0"] = (100.0, x), 5.0, s0
    vehicles["desired"], vehicles["a"], vehicles["b"], vehicles["headway"] = 10.0, a, 2.0, 1.0
    vehicles["half_inverse"] = 0.5 / np.sqrt(a * 2.0)
    vehicles["v"][1], vehicles["returns_x"][0] = v, 100.0
    lanes["length"], lanes["segment"] = 200.0, (0, 0, 1, 1)
    lanes["count"], lanes["order_at"] = (0, 1, 0, 0), (0, 0, 1, 1)
    segments["first_lane"], segments["over"], segments["opposite"], segments["mirror"] = (0, 2), (1, 3), (2, 0), 200.0
    order = np.array([0, 1], dtype=np.int32)
    return heed_passers(vehicles, lanes, order, segments, dt, 1, int(oncoming), 0, a)


@pytest.mark.parametrize("x", [99.0 - 1e-9, 99.0, 99.5])
def test_one_oncoming_who_has_rolled_up_to_where_another_comes_back_stays_there(x):
    assert beside_one_who_passes(x, oncoming=True) < 1e-6


def test_one_who_has_passed_that_place_drives_on():
    assert beside_one_who_passes(112.0, oncoming=True) == 1.5


def test_one_who_is_passed_leaves_room_to_come_back_however_near_it_likes_to_stand():
    assert beside_one_who_passes(100.0 - 5.0 - 1.05, oncoming=False) < 0.0
    assert beside_one_who_passes(100.0 - 5.0 - 4.0, oncoming=False) > 0.0


@pytest.mark.parametrize("dt", [0.1, 0.5, 1.0])
@pytest.mark.parametrize(("oncoming", "wall"), [(True, 100.0), (False, 100.0 - 5.0 - 1.0)])
@pytest.mark.parametrize("x", np.linspace(85.0, 93.0, 9))
def test_nobody_rolls_over_where_one_who_passes_comes_back_however_long_the_step(x, oncoming, wall, dt):
    v = 0.0
    for _ in range(round(60.0 / dt)):
        got = max(beside_one_who_passes(x, oncoming=oncoming, s0=1.0, v=v, a=4.5, dt=dt), -k.B_EMERGENCY)
        after = max(v + got * dt, 0.0)
        x += 0.5 * (v + after) * dt if after > 0.0 else (0.5 * v * v / -got if v > 0.0 else 0.0)
        v = after
        assert x < wall
