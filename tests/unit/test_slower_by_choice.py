"""Who drives slower than the street lets one, in a turn or by choice, keeps the gaps of the street."""

import numpy as np
import pytest

from sim.kernel import state as k
from sim.kernel.following import equilibrium_gap
from sim.traffic.fleet import Departure
from tests.streets import US, go, population, street, traffic_on

V_SLOW, V_STREET = 5.0, 50.04 / 3.6


def two(seconds, orders):
    """Return two cars after so many seconds behind each other, the first held to V_SLOW, the second by `orders`."""
    traffic = traffic_on(street(1000.0), [Departure(n, 4 * n, ("ab",)) for n in range(2)], drivers=population(US))
    go(traffic, 8.0)
    traffic.orders.slow_down(0, V_SLOW)
    orders(traffic.orders)
    go(traffic, seconds)
    return traffic.vehicles[:2]


def gap(vehicles):
    return vehicles["x"][0] - vehicles["length"][0] - vehicles["x"][1]


def test_one_who_follows_at_the_speed_chosen_keeps_the_gap_of_the_street():
    found = two(180.0, lambda orders: orders.slow_down(1, V_SLOW + 0.3))
    assert found["v"] == pytest.approx(V_SLOW, abs=0.02)
    wanted = equilibrium_gap(V_SLOW, V_STREET, US.headway_s, US.standstill_gap_m)
    free = two(180.0, lambda orders: None)
    assert gap(free) == pytest.approx(wanted, rel=0.01)
    assert gap(found) == pytest.approx(wanted, rel=0.01)  # near the speed wished for the IDM's would be twice as long


def test_nobody_drives_faster_than_chosen_until_told_otherwise():
    traffic = traffic_on(street(1000.0), [Departure(0, 0, ("ab",))], drivers=population(US))
    go(traffic, 4.0)
    traffic.orders.slow_down(0, V_SLOW)
    go(traffic, 40.0)
    me = traffic.vehicles[0]
    assert (me["v"], me["desired"], me["street"]) == (pytest.approx(V_SLOW, abs=0.01), V_SLOW, np.float32(V_STREET))
    traffic.orders.slow_down(0, V_SLOW + 1.0)
    assert me["street"] == np.float32(V_STREET)
    traffic.orders.speed_up(0)
    assert (me["desired"], me["street"], me["most"]) == (pytest.approx(V_STREET), 0.0, 0.0)
    go(traffic, 60.0)
    assert me["v"] > 0.95 * V_STREET


def test_where_nothing_is_slower_nothing_is_noted():
    traffic = traffic_on(street(600.0), [Departure(n, 4 * n, ("ab",)) for n in range(9)], drivers=population(US))
    go(traffic, 30.0)
    assert (traffic.vehicles["state"] == k.DRIVING).all()
    assert (traffic.vehicles["street"] == 0.0).all()
