"""VALIDATION row 4: the intelligent driver model in equilibrium, and its capacity (Treiber et al. 2000)."""

import numpy as np
import pytest

from sim.kernel.following import equilibrium_gap
from sim.kernel.state import DRIVING
from sim.scenario.network import Link, Network, Node
from sim.traffic.fleet import Departure
from tests.streets import US, population, traffic_on

V0 = 50.04 / 3.6


def ring(count):
    """Return traffic of `count` vehicles placed evenly on a ring of four links, and the ring's length [m]."""
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
    traffic = traffic_on(network, departures, drivers=population(US))
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
    from sim.kernel.moving import settle
    from sim.kernel.order import aim, insert

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
        aim(vehicles, lanes, road.segments, road.net, traffic.route, n)
        assert insert(lanes, traffic.order, rows[k], lanes[rows[k]].count, n)


@pytest.mark.parametrize("count", [30, 60, 90, 120])
def test_on_a_ring_the_gap_settles_at_the_models_equilibrium(count):
    traffic, total = ring(count)
    traffic.run(2400)
    v = traffic.vehicles["v"]
    assert v.std() < 0.02
    assert total / count - 5.0 == pytest.approx(equilibrium_gap(v.mean(), V0, 1.0, 2.0), rel=0.01)


def test_the_rings_largest_flow_is_the_models_capacity():
    flows = {}
    for count in range(50, 90, 4):
        traffic, total = ring(count)
        traffic.run(2400)
        v = traffic.vehicles["v"].mean()
        flows[v * 3.6] = 3600.0 * v * count / total
    best = max(flows, key=flows.__getitem__)
    assert flows[best] == pytest.approx(1899.0, rel=0.02)
    assert best == pytest.approx(34.0, abs=4.0)
