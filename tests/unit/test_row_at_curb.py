"""The row at the curb: who stands in it has arrived, whoever is beside it gets in or drives on."""

from types import SimpleNamespace

import pytest

from sim.agents.choosing import CHANGE_M, Eyes, Place
from sim.kernel import state as k
from sim.kernel.curb import let_in
from sim.kernel.gaps import is_free
from sim.kernel.moving import NEAR
from sim.scenario.network import CurbZone
from sim.traffic.fleet import Departure
from tests.streets import go, street, traffic_on

STOP_M, FROM_M = 400.0, 380.0


def row_of(count: int, dt: float = 0.5) -> dict[int, float]:
    """Return where each of so many cars stands that stop at the same place, the first one for long."""
    cars = [Departure(n, round(5 * n / dt), ("ab",), by_agent=True) for n in range(count)]
    traffic = traffic_on(street(600.0), cars, dt=dt)
    stood: dict[int, float] = {}

    def story(n):
        if (yield traffic.orders.stop_at(n, "ab", STOP_M, FROM_M)) == k.STOPPED:
            stood[n] = traffic.scene.where(n)[1]
            yield traffic.env.timeout(10**6)

    for n in range(count):
        traffic.env.process(story(n))
    go(traffic, 300.0)
    return stood


def test_who_stands_in_the_row_has_arrived_there():
    stood = row_of(5)
    assert stood[0] == pytest.approx(STOP_M, abs=1.0)
    assert sorted(stood) == [0, 1, 2]  # 7 m each: the fourth and the fifth stand before the stretch
    assert all(6.5 < stood[n] - stood[n + 1] < 8.0 for n in range(2))


@pytest.mark.parametrize("dt", [0.5, 0.25, 0.125])
def test_the_first_of_a_row_stands_at_the_same_point_whatever_the_step(dt):
    assert row_of(1, dt)[0] == pytest.approx(STOP_M - NEAR)


def test_two_places_hold_two_cars_though_they_stand_further_apart_than_that():
    zone = CurbZone(id="c", link="ab", kind="in_lane", from_m=STOP_M - 12.0, to_m=STOP_M, berths=2)
    eyes = object.__new__(Eyes)
    eyes.world = SimpleNamespace(traffic=SimpleNamespace(scene=SimpleNamespace(length_m=lambda vehicle: 4.9)))
    eyes.vehicle, eyes.accepts, eyes._rows = 0, lambda link, stop_m, zone: True, {}
    assert eyes.row_in(zone).begin_m < (STOP_M - NEAR) - 4.9 - 2.0  # the first one's length and its standstill gap


def joins(*, waits: bool, at_curb: bool, tail_m: float, near: float = 360.0) -> bool:
    eyes = object.__new__(Eyes)
    eyes.family = SimpleNamespace(waits=waits)
    return eyes.joins(Place("in_lane", "ab", STOP_M, from_m=FROM_M), near, tail_m, at_curb=at_curb)


def test_only_one_of_a_mind_to_wait_joins_a_full_row():
    full, room = FROM_M - 1.0, FROM_M + 10.0
    assert joins(waits=True, at_curb=True, tail_m=full)
    assert not joins(waits=False, at_curb=True, tail_m=full)
    assert joins(waits=False, at_curb=True, tail_m=room)


def test_nobody_gets_from_the_lane_beside_into_a_row_without_room_ahead():
    assert joins(waits=True, at_curb=False, tail_m=FROM_M + 10.0)
    assert not joins(waits=True, at_curb=False, tail_m=FROM_M - 1.0)
    assert not joins(waits=True, at_curb=False, tail_m=390.0, near=390.0 - CHANGE_M + 1.0)


def lets_in(*, bus: bool, host_v: float, apart_m: float, share: float = 1.0, pulling_out: bool = False) -> bool:
    vehicles, desk = k.rows(k.VEHICLE, 2), k.rows(k.DESK, 1)
    desk[0].dt, desk[0].courtesy, desk[0].bus_courtesy = 0.5, 1.0, share
    host, guest = vehicles[0], vehicles[1]
    guest.x, guest.length, guest.insists = 100.0, 10.0, int(bus)
    guest.state = k.PULLING_OUT if pulling_out else k.DRIVING
    host.x, host.v = 90.0 - apart_m, host_v
    return let_in(vehicles, k.rows(k.LANE, 1), desk, 0, 1, 0)


def test_a_bus_is_let_in_at_any_speed_from_which_one_can_stop_comfortably():
    assert lets_in(bus=True, host_v=9.0, apart_m=25.0)
    assert not lets_in(bus=False, host_v=9.0, apart_m=25.0)
    assert not lets_in(bus=True, host_v=9.0, apart_m=15.0)
    assert not lets_in(bus=True, host_v=9.0, apart_m=25.0, share=0.0)
    assert lets_in(bus=False, host_v=2.0, apart_m=5.0)


def test_a_bus_that_leaves_its_bay_has_no_more_right_than_a_car():
    assert not lets_in(bus=True, host_v=9.0, apart_m=25.0, pulling_out=True)


def test_others_notice_that_one_clears_the_way_for_a_vehicle_with_priority():
    vehicles, desk = k.rows(k.VEHICLE, 1), k.rows(k.DESK, 1)
    desk[0].dt = 0.5
    vehicles[0].may_go, vehicles[0].claims = -1, -1_000
    assert not is_free(vehicles, desk, 0, 100)
    vehicles[0].claims = 99
    assert is_free(vehicles, desk, 0, 100)
    vehicles[0].claims = 97
    assert not is_free(vehicles, desk, 0, 100)
