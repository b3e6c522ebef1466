"""Vehicle classes: two-wheelers in strips of their own, heavy vehicles, and drivers who differ."""

from dataclasses import replace

import numpy as np
import pytest

from sim.kernel import state as k
from sim.scenario.faults import BadInput
from sim.scenario.network import Link, Network, Node
from sim.scenario.read import load_scenario
from sim.traffic.fleet import Departure, Temperament
from tests.streets import go, poisson, population, street, traffic_on


def with_strip(width_m, lanes=1):
    network = street(500.0, lanes=lanes, speed_km_h=40.0)
    return replace(network, links=(replace(network.links[0], strip_width_m=width_m),))


def riders(count, every_s=1.0):
    return [Departure(n, int(n * every_s / 0.5), ("ab",), kind="two_wheeler") for n in range(count)]


def test_two_wheelers_ride_beside_cars_that_stand():
    car = Departure(10**6, 0, ("ab",), by_agent=True)
    traffic = traffic_on(with_strip(2.0), [car, *riders(50)])
    traffic.orders.stop_at(0, "ab", 250.0)
    go(traffic, 300.0)
    assert traffic.vehicles["state"][0] == k.HELD
    assert (traffic.vehicles["state"][1:] == k.GONE).all()
    took = (traffic.vehicles["left"] - traffic.vehicles["entered"])[1:] * 0.5
    assert took == pytest.approx(500.0 / 5.6, rel=0.1)


def carried(width_m):
    traffic = traffic_on(with_strip(width_m), riders(6000, every_s=0.1), horizon_s=1200.0)
    go(traffic, 1200.0)
    left = np.sort(traffic.vehicles["left"][traffic.vehicles["state"] == k.GONE]) * 0.5
    return ((left > 200.0) & (left < 1100.0)).sum() * 4.0


def test_a_strip_of_two_files_carries_far_more_than_one():
    one, two = carried(1.0), carried(2.0)
    assert 1500.0 < one < 3000.0  # Chinese code CJJ 37-2012: 1,600 to 1,800 an hour and file, as a design value
    assert two > 1.5 * one


def test_two_wheelers_keep_their_order_in_the_strip():
    traffic = traffic_on(with_strip(1.5), riders(300, every_s=1.5))
    go(traffic, 900.0)
    assert (np.diff(traffic.vehicles["left"]) > 0).all()


def crossroads(strip_m=2.0):
    """Return two one-way streets that cross, the one from the west with priority and a strip."""
    nodes = [Node(id="j", x_m=0, y_m=0)]
    ends = {"w": (-200, 0), "e": (200, 0), "s": (0, -200), "n": (0, 200)}
    nodes += [Node(id=i, x_m=x, y_m=y, boundary=True) for i, (x, y) in ends.items()]
    links = (
        Link(id="wj", from_node="w", to_node="j", lanes=1, speed_km_h=40, priority=2, strip_width_m=strip_m),
        Link(id="je", from_node="j", to_node="e", lanes=1, speed_km_h=40, priority=2, strip_width_m=strip_m),
        Link(id="sj", from_node="s", to_node="j", lanes=1, speed_km_h=40),
        Link(id="js", from_node="j", to_node="s", lanes=1, speed_km_h=40),
        Link(id="jn", from_node="j", to_node="n", lanes=1, speed_km_h=40),
    )
    return Network(nodes=tuple(nodes), links=links)


def test_who_turns_right_gives_way_to_two_wheelers_going_straight_on():
    cars = [Departure(10**6 + n, 20 * n, ("wj", "js")) for n in range(40)]
    alone = traffic_on(crossroads(), cars)
    busy = traffic_on(
        crossroads(),
        [*cars, *(Departure(n, 4 * n, ("wj", "je"), kind="two_wheeler") for n in range(250))],
    )
    took = []
    for traffic in (alone, busy):
        go(traffic, 1500.0)
        assert (traffic.vehicles["state"] == k.GONE).all()
        took.append(np.mean((traffic.vehicles["left"] - traffic.vehicles["due"])[: len(cars)]) * 0.5)
    assert took[1] > took[0] + 5.0


BAD = {
    "drivers.car.headway_cv": 0.6,
    "drivers.gaps.spread_cv": -0.1,
    "drivers.gaps.bus_priority_share": 1.5,
    "drivers.gaps.roundabout_s": "four",
    "drivers.gaps.side_left_s": -1,
    "drivers.heavy.length_m": 50,
    "drivers.two_wheeler.top_speed_m_s": 0,
    "network.links.0.strip_width_m": 7,
    "network.links.0.roundabout": "perhaps",
    "network.links.0.divided": 3,
    "network.crossings.0.control": "zebr",
    "network.crossings.0.yield_share": 2,
    "demand.through.0.vehicle": "bicycle",
    "demand.through.0.heavy_share": 1.1,
    "demand.choices.unmarked_share": -0.5,
    "demand.choices.three_point_share": "many",
    "demand.times.three_point_turn_s": 0,
    "demand.bus_lines.0.own_manoeuvre": {"mean_s": -1, "sd_s": 1},
}


@pytest.mark.parametrize(("key", "value"), BAD.items())
def test_each_field_refuses_what_cannot_be(key, value):
    with pytest.raises(BadInput) as refused:
        load_scenario("school/baseline", overrides={f"site.{key}": value})
    lines = str(refused.value).splitlines()
    assert len(lines) == 1
    assert key in lines[0]


def test_heavy_vehicles_take_longer_to_clear_a_queue():
    def cleared(kind):
        cars = [Departure(n, 0, ("ab",), kind=kind) for n in range(40)]
        traffic = traffic_on(street(300.0), cars)
        go(traffic, 900.0)
        return traffic.vehicles["left"].max() * 0.5

    assert cleared("heavy") > 1.3 * cleared("car")


def test_a_drivers_own_time_gap_and_critical_gap_count():
    calm, hasty = Temperament(1.0, 1.5, 1.5), Temperament(1.0, 0.7, 0.7)
    traffic = traffic_on(street(), [Departure(0, 0, ("ab",), temper=calm), Departure(1, 0, ("ab",), temper=hasty)])
    a, b = traffic.vehicles
    assert a.headway == pytest.approx(1.5 / 0.7 * b.headway)
    assert a.out_gap == pytest.approx(1.5 / 0.7 * b.out_gap)


def delay_of_those_who_give_way(gaps):
    cars = [Departure(n, 2 * n, ("sj", "jn"), temper=Temperament(gaps=gaps)) for n in range(200)]
    others = [replace(d, key=10**6 + d.key, path=("wj", "je")) for d in poisson(700.0, 3600.0, 3)]
    traffic = traffic_on(crossroads(0.0), [*cars, *others])
    go(traffic, 3600.0)
    return np.nanmean(traffic.vehicles["left"][:200]) * 0.5


def test_who_asks_for_longer_gaps_waits_longer_at_a_junction():
    assert delay_of_those_who_give_way(1.3) > 1.2 * delay_of_those_who_give_way(0.8)


def re_entry_s(share):
    """Return how long a bus waits to leave its bay into a dense stream."""
    bus = Departure(10**6, 0, ("ab",), kind="bus", by_agent=True)
    drivers = population(bus_priority_share=share)
    drivers = replace(drivers, lane_changing=replace(drivers.lane_changing, courtesy_share=0.0))
    traffic = traffic_on(street(speed_km_h=40.0), [bus, *poisson(1000.0, 3000.0, 2)], drivers=drivers)
    waited = []

    def again():
        yield traffic.orders.turn_in(0, "ab", 600.0, 5.0)
        for _ in range(40):
            yield traffic.env.timeout(90)
            asked = traffic.env.now
            yield traffic.orders.pull_out(0, "ab", 600.0)
            waited.append((traffic.env.now - asked) * 0.5)
            traffic.orders.clear_lane(0)

    traffic.env.process(again())
    go(traffic, 3000.0)
    return float(np.mean(waited))


def test_a_bus_with_legal_priority_gets_out_of_its_bay_sooner():
    none, half, all_ = (re_entry_s(share) for share in (0.0, 0.5, 1.0))
    assert none > 2.0 * half > 2.0 * all_
    assert all_ < 8.0


def test_a_two_wheeler_keeps_to_its_way_where_a_car_looks_for_another():
    way = ("wj", "je")
    coming = [Departure(0, 0, way), Departure(1, 0, way, kind="two_wheeler")]
    traffic = traffic_on(crossroads(), coming)
    go(traffic, 5.0)
    for vehicle in (0, 1):
        traffic.vehicles["choice"][vehicle] = 0
        traffic.orders.find_another_way(vehicle)
    assert traffic.ways.path_left(1) == way
    assert traffic.ways.path_left(0) != way
