"""Who looks for a place does so from the curb lane, slowly, and takes what can be reached; not along a shut row."""

from math import inf
from types import SimpleNamespace

import pytest

from sim.agents.choosing import Eyes, Place
from sim.agents.parent import Parent
from sim.kernel import state as k
from sim.scenario.network import CurbZone, Link, Network, Node
from sim.scenario.site import Gate
from sim.traffic.fleet import Departure
from tests.streets import go, place, street, traffic_on

SEARCH_M_S = 20.0 / 3.6
ZONE = CurbZone(id="c", link="ab", kind="bay", from_m=100.0, to_m=148.0, berths=8)


@pytest.mark.parametrize("search_km_h", [12.0, 20.0])
def test_a_car_that_looks_for_a_place_is_no_row_and_one_that_has_stopped_is(search_km_h):
    traffic = traffic_on(street(600.0, lanes=2), [Departure(0, 0, ("ab",), by_agent=True, keeps_curb=True)])
    scene, orders = traffic.scene, traffic.orders
    orders.drive_to(0, "ab", 500.0)
    go(traffic, 2.0)
    orders.slow_down(0, search_km_h / 3.6)
    go(traffic, 30.0)
    assert scene.is_at_curb(0)
    assert scene.vehicle.v[0] == pytest.approx(search_km_h / 3.6, abs=0.1)
    assert scene.row_tail_m("ab", 0.0) == inf
    assert scene.room_at_curb("ab", 0.0, 600.0) == [(0.0, 600.0)]
    orders.stop_at(0, "ab", 400.0)
    go(traffic, 180.0)
    front = scene.where(0)[1]
    rear = front - scene.length_m(0)
    assert scene.row_tail_m("ab", 0.0) == rear
    assert scene.room_at_curb("ab", 0.0, 600.0) == [(front, 600.0), (0.0, rear)]
    assert scene.room_at_curb("ab", 0.0, rear - 1.0) == [(0.0, rear - 1.0)]
    assert scene.row_stands("ab", 380.0, 420.0, but=1)
    assert not scene.row_stands("ab", 380.0, 420.0, but=0)
    assert not scene.row_stands("ab", front, 420.0, but=1)


def test_who_looks_from_the_curb_lane_makes_for_it_however_far_the_link_s_end():
    traffic = traffic_on(street(2000.0, lanes=2), [Departure(0, 0, ("ab",), by_agent=True)])
    go(traffic, 2.0)
    place(traffic, 0, 1, 50.0)
    traffic.orders.keep_curb(0, keeps=True)
    traffic.orders.drive_to(0, "ab", 200.0)
    go(traffic, 10.0)
    assert traffic.scene.is_at_curb(0)
    assert traffic.scene.where(0)[1] < 200.0


def eyes(*, at_curb=False, waits=False, rooms=(), stands=False, v=SEARCH_M_S, double_parks=False) -> Eyes:
    found = object.__new__(Eyes)
    scene = SimpleNamespace(
        is_at_curb=lambda vehicle: at_curb,
        slowing_distance=lambda vehicle, link, speed: 20.0,
        room_at_curb=lambda link, from_m, to_m: [(max(a, from_m), min(b, to_m)) for a, b in rooms],
        row_stands=lambda link, from_m, to_m, but: stands,
        stopping_distance=lambda vehicle: 0.25 * v * v + 0.25 * v,
        tick_m=lambda vehicle: 0.5 * v,
    )
    network = SimpleNamespace(curb_zones=(ZONE,), curb_zone=lambda id: ZONE)
    site = SimpleNamespace(network=network, gate=Gate(link="ab", at_m=160.0))
    site.demand = SimpleNamespace(choices=SimpleNamespace(search_km_h=20.0, sight_m=40.0))
    found.world = SimpleNamespace(site=site, traffic=SimpleNamespace(scene=scene))
    found.family = SimpleNamespace(waits=waits, double_parks=double_parks, double_parks_though_free=False)
    found.vehicle, found.warden, found._zones = 0, None, {}
    found.walk_m = lambda link, at_m: abs(160.0 - at_m)
    return found


def test_nobody_slows_down_along_a_row_that_shuts_off_all_places():
    shut, before, beyond = [(20.0, 60.0)], [(20.0, 110.0)], [(140.0, 200.0), (20.0, 60.0)]
    assert not eyes(rooms=shut).looks("ab", 70.0)
    assert eyes(rooms=before).looks("ab", 70.0)
    assert eyes(rooms=beyond).looks("ab", 90.0)
    assert not eyes(rooms=beyond).looks("ab", 70.0)  # too far to be seen
    assert not eyes(rooms=[(20.0, 105.0)]).looks("ab", 70.0)  # less than a berth
    assert eyes(rooms=shut, at_curb=True).looks("ab", 70.0)
    assert eyes(rooms=shut, waits=True).looks("ab", 70.0)


def test_who_does_not_wait_looks_from_the_curb_lane_but_not_where_a_row_stands():
    assert eyes().looks_from_curb("ab", 70.0)
    assert not eyes(stands=True).looks_from_curb("ab", 70.0)
    assert eyes(stands=True, waits=True).looks_from_curb("ab", 70.0)


def berth(n: int) -> Place:
    return Place("bay", "ab", ZONE.berth_front_m(n), "c", n)


def test_nobody_goes_on_for_a_better_berth_beyond_a_row():
    assert eyes().pulls_up(berth(3), 90.0, inf)
    assert not eyes().pulls_up(berth(3), 90.0, 130.0)


def test_nobody_goes_on_past_the_last_point_from_which_the_berth_can_be_reached():
    front = ZONE.berth_front_m(1)
    v = SEARCH_M_S
    stops_m = 0.25 * v * v + 0.25 * v + 1.0
    late = front - stops_m - 10.0 - 0.4 * v  # in time at the next look, but not if that is noticed a tick later
    assert not eyes(v=v).pulls_up(berth(1), late, inf)
    assert eyes(v=v).pulls_up(berth(1), late - 0.2 * v, inf)


def test_who_goes_on_for_a_better_berth_neither_waits_nor_double_parks():
    going = eyes(double_parks=True)
    going.free_place = lambda link, at_m: (berth(0), True)
    going.soon_free = going.open_lane = None  # not asked
    assert going.choose("ab", 70.0) is None
    going.free_place = lambda link, at_m: (berth(0), False)
    assert going.choose("ab", 70.0) == berth(0)


@pytest.mark.parametrize(("looks", "from_curb"), [(True, True), (False, False), (True, False)])
def test_the_pace_follows_what_there_is_to_look_for(looks, from_curb):
    told = []
    parent = object.__new__(Parent)
    orders = SimpleNamespace(
        slow_down=lambda vehicle, speed: told.append(speed),
        speed_up=lambda vehicle: told.append(None),
        keep_curb=lambda vehicle, keeps: told.append(keeps),
    )
    site = SimpleNamespace(demand=SimpleNamespace(choices=SimpleNamespace(search_km_h=20.0)))
    parent.world = SimpleNamespace(traffic=SimpleNamespace(orders=orders), site=site)
    parent.vehicle, parent.curb_link = 0, "ab"
    parent.eyes = SimpleNamespace(looks=lambda link, at_m: looks, looks_from_curb=lambda link, at_m: from_curb)
    parent.pace(70.0)
    assert told == [SEARCH_M_S if looks else None, from_curb]


def test_the_curb_lane_is_kept_as_told():
    traffic = traffic_on(street(600.0, lanes=2), [Departure(0, 0, ("ab",), by_agent=True)])
    traffic.orders.keep_curb(0, keeps=True)
    traffic.orders.drive_to(0, "ab", 300.0)
    go(traffic, 3.0)
    assert (traffic.scene.vehicle.low[0], traffic.scene.vehicle.high[0]) == (0, 0)
    traffic.orders.keep_curb(0, keeps=False)
    traffic.orders.drive_to(0, "ab", 300.0)
    assert traffic.scene.vehicle.high[0] == 1
    assert traffic.scene.vehicle.target_mode[0] == k.PASS


@pytest.mark.parametrize("dt", [0.5, 0.25])
def test_who_has_just_come_to_where_he_looks_stays_at_the_curb_as_long_as_he_has_no_other_orders(dt):
    for due in range(round(1.0 / dt)):  # drivers think of changing lanes once a second
        traffic = traffic_on(
            street(2000.0, lanes=2),
            [Departure(0, 0, ("ab",), by_agent=True), Departure(1, due + round(10.0 / dt), ("ab",), by_agent=True)],
            dt=dt,
        )
        orders, scene = traffic.orders, traffic.scene
        orders.stop_at(0, "ab", 400.0)
        orders.keep_curb(1, keeps=True)
        told = orders.drive_to(1, "ab", 350.0)
        while not told.triggered:
            go(traffic, traffic.seconds(traffic.tick + 1))
        assert scene.where(1)[1] >= 350.0
        assert scene.vehicle.target_mode[1] == k.NO_TARGET
        assert scene.is_at_curb(1)


def test_one_who_passes_the_point_and_the_link_s_end_in_one_tick_is_told_once():
    traffic = traffic_on(two_links(), [Departure(0, 0, ("ab", "bc"), by_agent=True)])
    told, happened = traffic.orders.drive_to(0, "ab", 299.0), []
    hears = traffic.orders.happened
    traffic.orders.happened = lambda vehicle, kind: (happened.append(kind), hears(vehicle, kind))
    go(traffic, 60.0)
    assert told.value == k.PASSED
    assert happened == [k.PASSED, k.LEFT]


def two_links() -> Network:
    """Return two links one after the other."""
    return Network(
        nodes=tuple(Node(id=n, x_m=x, y_m=0.0, boundary=n != "b") for n, x in (("a", 0.0), ("b", 300.0), ("c", 600.0))),
        links=tuple(Link(id=id, from_node=id[0], to_node=id[1], lanes=1, speed_km_h=50.04) for id in ("ab", "bc")),
    )
