"""VALIDATION row 4: the intelligent driver model in equilibrium, and its capacity (Treiber et al. 2000)."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from sim.kernel.moving import settle
from sim.kernel.order import aim, insert
from sim.kernel.state import DRIVING
from sim.scenario.network import Link, Network, Node
from sim.traffic.fleet import Departure
from tests.streets import US, population, traffic_on
from tests.validation.table import Found, around

V0 = 50.04 / 3.6


def ring(count, car):
    """Return traffic of `count` cars placed evenly on a ring of four links, and the ring's length [m]."""
    corners = {"a": (0, 0), "b": (400, 0), "c": (400, 400), "d": (0, 400)}
    ids = list(corners)
    network = Network(
        nodes=tuple(Node(id=n, x_m=x, y_m=y) for n, (x, y) in corners.items()),
        links=tuple(
            Link(id=n + m, from_node=n, to_node=m, lanes=1, speed_km_h=50.04)
            for n, m in zip(ids, ids[1:] + ids[:1], strict=True)
        ),
    )
    loop = [link.id for link in network.links]
    departures = [Departure(n, 10**7, tuple(loop * 40)) for n in range(count)]
    traffic = traffic_on(network, departures, drivers=population(car))
    lanes, vehicles = traffic.lanes, traffic.vehicles
    rows = [r for link in loop for r in _around(traffic, link)]
    total = sum(float(lanes[r].length) for r in rows)
    _place_evenly(traffic, rows, total, count)
    assert (vehicles["state"] == DRIVING).all()
    return traffic, total


def _around(traffic, link):
    segment = traffic.layout.pieces[link][0].segment
    row = int(traffic.layout.road.segments[segment].first_lane)
    over = [r for r in range(traffic.lanes.size) if traffic.lanes[r].from_lane == row]
    return [row, *over]


def _place_evenly(traffic, rows, total, count):
    road, lanes, vehicles = traffic.layout.road, traffic.lanes, traffic.vehicles
    begins = np.cumsum([0.0] + [float(lanes[r].length) for r in rows])
    lanes["limit"] = V0
    for n in range(count):
        at = total * (count - 1 - n) / count
        k = int(np.searchsorted(begins, at, side="right")) - 1
        me = vehicles[n]
        me.leg += int(np.sum([lanes[r].segment >= 0 for r in rows[: k + 1]])) - 1
        me.x, me.v, me.state = at - begins[k], 5.0, DRIVING
        settle(vehicles, lanes, n, rows[k])
        aim(vehicles, lanes, road.segments, road.net, traffic.ways.route, n)
        assert insert(lanes, traffic.order, rows[k], lanes[rows[k]].count, n)


def settled(count, car=US):
    """Return gap [m], speed [m/s] and flow [veh/h] of `count` cars on the ring once nothing changes any more."""
    traffic, total = ring(count, car)
    traffic.run(2400)
    v = traffic.vehicles["v"]
    assert v.std() < 0.02
    return total / count - car.length_m, float(v.mean()), 3600.0 * float(v.mean()) * count / total


def gap_m(v):
    """Return the gap [m] at which equal speeds v [m/s] of the US set persist: (s0 + vT) / sqrt(1 - (v/v0)^4)."""
    return (2.0 + 1.0 * v) / sqrt(1.0 - (v / V0) ** 4)


def capacity(car=US):
    """Return the ring's largest flow [veh/h] and its speed [km/h], at the vertex of a parabola through the flows."""
    _, v, flow = np.transpose([settled(count, car) for count in range(70, 106, 3)])
    top = flow > 0.97 * flow.max()
    bend, slope, level = np.polyfit(3.6 * v[top], flow[top], 2)
    return level - slope**2 / (4.0 * bend), -slope / (2.0 * bend)


@pytest.mark.parametrize("count", [30, 60, 90, 120])
def test_on_a_ring_the_gap_settles_at_the_models_equilibrium(table, count):
    gap, v, _ = settled(count)
    said = {"tier": "A", "source": "Treiber et al. 2000"}
    table.hold("4", what_of(v), unit="m", band=around(gap_m(v), rel=0.01), found=Found(gap), **said)


def what_of(v):
    return f"gap between equal cars on a ring at {3.6 * v:.1f} km/h"


def test_the_rings_largest_flow_is_the_models_capacity(table):
    flow, speed = capacity()
    said = {"tier": "A", "source": "largest flow of Treiber et al. 2000"}
    table.hold("4", "capacity of a lane", unit="veh/h", band=around(1899.0, rel=0.02), found=Found(flow), **said)
    table.hold("4", "speed at capacity", unit="km/h", band=around(34.0, rel=0.02), found=Found(speed), **said)


def test_other_headways_show_in_gap_and_capacity(table):
    car, breaks = replace(US, headway_s=1.1), "drivers who keep a headway of 1.1 s"
    gap, v, _ = settled(90, car)
    table.turns_red("4", what_of(v), unit="m", band=around(gap_m(v), rel=0.01), found=Found(gap), breaks=breaks)
    found, band = Found(capacity(car)[0]), around(1899.0, rel=0.02)
    table.turns_red("4", "capacity of a lane", unit="veh/h", band=band, found=found, breaks=breaks)
