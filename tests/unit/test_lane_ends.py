"""Where lanes end and others begin: short ones, long vehicles, and those who are stopped short there."""

from dataclasses import replace

import numpy as np
import pytest

from sim.kernel import state as k
from sim.kernel.moving import hold_back, keep_apart
from sim.scenario.network import CrossedLink, Crossing, Link, Network, Node
from sim.traffic.fleet import Departure
from sim.traffic.people import Walker
from tests.streets import go, red_then_green, street, traffic_on
from tests.watch import WatchedTraffic


def zebras(*at_m: float, link: str = "ab", width_m: float = 3.0) -> list[Crossing]:
    return [
        Crossing(id=f"z{n}", links=(CrossedLink(link=link, at_m=at),), length_m=7.0, width_m=width_m)
        for n, at in enumerate(at_m)
    ]


def watched(network: Network, departures: list[Departure], **how) -> WatchedTraffic:
    return traffic_on(network, departures, kind=WatchedTraffic, **how)


def coming(*paths: tuple[str, ...], kind: str = "car", apart: int = 8) -> list[Departure]:
    return [Departure(n, apart * n, path, kind=kind, by_agent=True) for n, path in enumerate(paths)]


def test_a_lane_may_be_shorter_than_what_is_driven_in_one_tick():
    traffic = watched(street(150.0, crossings=zebras(125.0, 134.0), speed_km_h=80.0), coming(("ab",)), dt=1.0)
    go(traffic, 60.0)
    assert traffic.everybody_left()


def test_the_tail_of_a_bus_is_known_on_every_lane_that_it_lies_on():
    traffic = watched(street(200.0, crossings=zebras(100.0, 105.0, 110.0, width_m=1.0)), coming(("ab",), kind="bus"))
    traffic.vehicles["length"] = 25.0
    traffic.orders.stop_at(0, "ab", 122.0)
    go(traffic, 60.0)
    behind = [traffic.layout.lane_names.index(f"{name} lane 0") for name in ("crossing z0 on ab", "crossing z1 on ab")]
    assert traffic.vehicles["state"][0] == k.HELD
    assert (traffic.lanes["tail_x"][behind] < 0.0).all()
    assert traffic.lanes["tail_x"][0] == pytest.approx(97.0, abs=1.0)


def test_who_stops_at_the_very_end_of_a_link_stands_there():
    traffic = watched(street(150.0), coming(("ab",)))
    stood = traffic.orders.stop_at(0, "ab", 150.0)
    go(traffic, 60.0)
    assert (stood.value, traffic.vehicles["state"][0]) == (k.STOPPED, k.HELD)
    traffic.orders.go_on(0)
    go(traffic, 70.0)
    assert traffic.everybody_left()


def test_who_is_stopped_short_at_a_lanes_end_keeps_off_those_who_moved_before():
    vehicles, lanes, order = k.rows(k.VEHICLE, 3), k.rows(k.LANE, 1), np.arange(3, dtype=np.int32)
    vehicles["x"], vehicles["length"], lanes["count"] = (10.5, 8.2, 2.0), 2.0, 3
    hold_back(vehicles, lanes, order, 0, 10.0)
    assert 9.9 < vehicles["x"][0] < 10.0
    assert 7.9 < vehicles["x"][1] < 8.0
    assert vehicles["x"][2] == 2.0
    lanes["tail_x"] = 9.0
    busy = np.zeros(1, dtype=np.int32)
    assert keep_apart(vehicles, lanes, order, busy, 1)
    assert 6.9 < vehicles["x"][1] < vehicles["x"][0] - 2.0 < 7.0
    assert not keep_apart(vehicles, lanes, order, busy, 1)


def test_who_faces_a_red_light_sees_the_tail_of_a_bus_that_stands_across_it():
    light = replace(red_then_green(107.0, red_s=500.0, width_m=1.0), offset_s=30.0)
    bus, car = Departure(0, 0, ("ab",), kind="bus", by_agent=True), Departure(1, 60, ("ab",))
    traffic = watched(street(200.0, crossings=[*zebras(100.0, width_m=1.0), light]), [bus, car])
    traffic.orders.stop_at(0, "ab", 112.0)
    go(traffic, 90.0)
    assert traffic.vehicles["x"][1] == pytest.approx(100.0 - 0.5, abs=1.0)  # before the crossing, which is kept clear


def test_nobody_comes_in_so_fast_that_it_could_not_stop_at_the_lanes_end():
    traffic = watched(street(20.0), coming(("ab",)))
    go(traffic, 0.5)
    assert 5.0 < traffic.vehicles["v"][0] < 10.0


def test_a_long_bus_changes_lanes_on_a_link_shorter_than_itself():
    """A left turn onto the inner lane, and a right turn from the outer one 25 m further."""
    places = {"a": (0, -100), "b": (0, 0), "d": (100, 0), "c": (-25, 0), "f": (-25, 90), "g": (-25, -90)}
    network = Network(
        nodes=tuple(Node(id=n, x_m=x, y_m=y, boundary=n not in "bc") for n, (x, y) in places.items()),
        links=tuple(
            Link(id=id, from_node=id[0], to_node=id[1], lanes=2, speed_km_h=40) for id in ("ab", "bd", "bc", "cf", "cg")
        ),
    )
    traffic = watched(network, coming(("ab", "bc", "cf"), kind="bus"))
    traffic.vehicles["length"] = 18.0
    go(traffic, 200.0)
    assert traffic.everybody_left()
    last = traffic.ways.segments[traffic.vehicles["route_end"][0] - 1]
    assert traffic.layout.link_of_segment[last] == "cf"


def test_a_bus_pulls_out_onto_a_piece_of_a_link_that_is_shorter_than_itself():
    traffic = watched(street(200.0, crossings=zebras(100.0, 112.0)), coming(("ab",), kind="bus"))

    def story():
        yield traffic.orders.turn_in(0, "ab", 107.0, 4.5)
        yield traffic.orders.pull_out(0, "ab", 107.0)

    traffic.env.process(story())
    go(traffic, 90.0)
    assert traffic.everybody_left()


def test_a_bus_that_stands_beside_its_stop_gets_there_though_its_tail_is_not_in_the_link_yet():
    coming = [Departure(0, 0, ("ab",)), Departure(1, 0, ("ab",), kind="bus", by_agent=True)]
    traffic = watched(street(200.0, lanes=2, speed_km_h=15.0), coming)
    go(traffic, 0.5)
    assert not traffic.scene.is_at_curb(1)
    stood = traffic.orders.stop_at(1, "ab", 9.0)
    go(traffic, 60.0)
    assert (stood.value, traffic.vehicles["state"][1]) == (k.STOPPED, k.HELD)


def test_who_waits_at_a_red_light_has_come_to_a_place_at_the_line():
    traffic = watched(street(200.0, crossings=[red_then_green(150.0, red_s=300.0)]), coming(("ab",)))
    stood = traffic.orders.stop_at(0, "ab", 150.0, 150.0)
    go(traffic, 60.0)
    assert stood.value == k.STOPPED


def test_who_waits_at_red_knows_who_would_stop_it_at_green():
    light = replace(red_then_green(150.0, red_s=500.0), offset_s=30.0)
    cars = [Departure(0, 0, ("ab",), by_agent=True), Departure(1, 60, ("ab",))]
    traffic = watched(street(200.0, crossings=[light]), cars)
    traffic.orders.stop_at(0, "ab", 160.0)
    go(traffic, 90.0)
    assert traffic.vehicles["x"][1] == pytest.approx(149.5, abs=0.5)
    assert traffic.vehicles["blocker"][1] == 0


def test_nobody_yields_to_people_who_cannot_cross_because_a_car_stands_on_the_zebra():
    """Each way one lane: a car that stopped just beyond has its tail on the zebra, on the other side one comes by."""
    nodes = (Node(id="a", x_m=0, y_m=0, boundary=True), Node(id="b", x_m=200, y_m=0, boundary=True))
    links = tuple(Link(id=id, from_node=id[0], to_node=id[1], lanes=1, speed_km_h=40) for id in ("ab", "ba"))
    over = (CrossedLink(link="ab", at_m=100.0), CrossedLink(link="ba", at_m=96.0))
    zebra = Crossing(id="z", links=over, length_m=7.0, width_m=4.0, yield_share=1.0)
    cars = [Departure(0, 0, ("ab",), by_agent=True), Departure(1, 80, ("ba",))]
    people = [Walker("z", 60, 10)]
    traffic = watched(Network(nodes=nodes, links=links, crossings=(zebra,)), cars, walkers=people)
    traffic.orders.stop_at(0, "ab", 106.0)
    go(traffic, 90.0)
    assert (traffic.people.zebras["waits"] == 1).all()
    assert (traffic.vehicles["state"] == (k.HELD, k.GONE)).all()


def test_who_had_to_wait_comes_no_further_than_the_end_of_a_short_lane():
    cars = coming(*[("ab",)] * 8, apart=0)
    traffic = watched(street(3.0, speed_km_h=30.0), cars, dt=1.0)
    go(traffic, 60.0)
    assert traffic.everybody_left()
