"""A turn in three points holds both directions of a narrow street while it lasts."""

import itertools

import numpy as np
import pytest

from sim.kernel import state as k
from sim.traffic.fleet import Departure
from tests.streets import go, poisson, traffic_on
from tests.unit.test_passing import bodies, two_way

AT_M, LASTS_S = 300.0, 15.0


def turning(oncoming_veh_h=0.0, network=None):
    """Return the traffic in which vehicle 0 turns round, what came of it, and when it began and ended [s]."""
    car = Departure(10**6, 0, ("ab",), by_agent=True)
    behind = [Departure(n, 40 + 8 * n, ("ab",)) for n in range(5)]
    every = 7200.0 / oncoming_veh_h if oncoming_veh_h else np.inf
    oncoming = [Departure(100 + n, int(n * every), ("ba",)) for n in range(int(1000 / every))]
    traffic = traffic_on(network or two_way(), [car, *behind, *oncoming])
    told = []

    def turn():
        yield traffic.orders.stop_at(0, "ab", AT_M)
        told.append(traffic.env.now * 0.5)
        told.append((yield from traffic.orders.turn_round(0, ("ba",), LASTS_S)))
        told.append(traffic.env.now * 0.5)
        if not told[1]:
            traffic.orders.go_on(0)

    traffic.env.process(turn())
    return traffic, told


def test_it_leaves_the_way_it_came_and_is_never_in_two_places():
    traffic, told = turning()
    go(traffic, 200.0)
    assert told[1]
    assert told[2] - told[0] == pytest.approx(LASTS_S, abs=1.0)
    car = traffic.vehicles[0]
    assert car.state == k.GONE
    assert traffic.layout.link_of_segment[traffic.lanes[car.lane].segment] == "ba"
    assert (traffic.vehicles["state"] == k.GONE).all()
    assert traffic.lanes["count"].sum() == 0


def test_both_directions_wait_while_it_lasts():
    traffic, told = turning(oncoming_veh_h=300.0)
    held = 0
    for second in range(400):
        go(traffic, float(second))
        for link in ("ab", "ba"):
            segment = traffic.layout.road.segments[traffic.layout.pieces[link][0].segment]
            lane = traffic.lanes[segment.first_lane]
            row = traffic.order[lane.order_at : lane.order_at + lane.count]
            x = traffic.everybody["x"][row]
            length = traffic.everybody["length"][row]
            assert (x[1:] < x[:-1] - length[:-1]).all()
            held += bool(traffic.everybody["shadow"][row].max(initial=-1) >= 0)
    assert told[1]
    assert held >= LASTS_S - 2
    go(traffic, 1200.0)
    assert (traffic.vehicles["state"] == k.GONE).all()


def test_who_finds_no_gap_gives_up_and_drives_on():
    traffic, told = turning(oncoming_veh_h=1700.0)
    go(traffic, 900.0)
    assert told[1] is False
    assert (traffic.vehicles["state"] == k.GONE).all()
    assert traffic.layout.link_of_segment[traffic.lanes[traffic.vehicles[0].lane].segment] == "ab"
    assert len(traffic.orders.shadows) > 0


def test_many_turn_round_on_a_busy_street_and_nobody_is_lost():
    rng = np.random.default_rng(3)
    cars = [Departure(10**6 + n, 30 * n, ("ab",) if n % 2 else ("ba",), by_agent=True) for n in range(30)]
    others = [*poisson(300.0, 900.0, 1), *poisson(300.0, 900.0, 2, path=("ba",))]
    traffic = traffic_on(two_way(), [*cars, *others])

    def turn(n):
        here, back = ("ab", "ba") if n % 2 else ("ba", "ab")
        yield traffic.orders.stop_at(n, here, float(rng.integers(100, 500)))
        if not (yield from traffic.orders.turn_round(n, (back,), LASTS_S)):
            traffic.orders.go_on(n)

    for n in range(30):
        traffic.env.process(turn(n))
    for second in range(0, 3000, 5):
        go(traffic, float(second))
        for link in ("ab", "ba"):
            row = bodies(traffic, link)
            assert all(a[1] < b[0] for a, b in itertools.pairwise(row))
    assert (traffic.vehicles["state"] == k.GONE).all()
