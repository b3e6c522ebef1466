"""A lane blocked for good, and a junction blocked by a queue: drivers let each other in, or block each other."""

from dataclasses import replace

import numpy as np
import pytest

from sim.kernel import state as k
from sim.scenario.network import Link, Network, Node
from sim.traffic.fleet import Departure
from tests.streets import go, poisson, population, red_then_green, street, traffic_on


def heads_wait_s(take_turns_share):
    """Return how long each stands who is next behind a car that holds one of two lanes, beside a dense stream."""
    car = Departure(10**6, 0, ("ab",), by_agent=True)
    traffic = traffic_on(
        street(800.0, lanes=2, speed_km_h=40.0),
        [car, *poisson(2200.0, 1200.0, 3)],
        drivers=population(take_turns_share=take_turns_share),
    )
    traffic.orders.stop_at(0, "ab", 600.0)
    waits = {}
    for second in range(60, 1200):
        go(traffic, float(second))
        lane = traffic.lanes[0]
        row = traffic.order[lane.order_at : lane.order_at + lane.count].tolist()
        head = row[row.index(0) + 1] if 0 in row[:-1] else -1
        if head >= 0 and traffic.vehicles[head].x > 570.0:
            waits[head] = waits.get(head, 0) + 1
    return np.array(list(waits.values()))


def test_drivers_take_turns_beside_a_blocked_lane():
    waits = heads_wait_s(0.7)
    assert waits.mean() < 45.0
    assert waits.max() < 180.0
    assert heads_wait_s(0.0).mean() > 2.0 * waits.mean()


def crossroads():
    """Return two one-way streets that cross without signal; the one from the west ends in a red light further on."""
    nodes = [Node(id="j", x_m=0, y_m=0)]
    ends = {"w": (-300, 0), "e": (120, 0), "s": (0, -300), "n": (0, 300)}
    nodes += [Node(id=i, x_m=x, y_m=y, boundary=True) for i, (x, y) in ends.items()]
    links = (
        Link(id="wj", from_node="w", to_node="j", lanes=1, speed_km_h=40, priority=2),
        Link(id="ab", from_node="j", to_node="e", lanes=1, speed_km_h=40, priority=2),
        Link(id="sj", from_node="s", to_node="j", lanes=1, speed_km_h=40),
        Link(id="jn", from_node="j", to_node="n", lanes=1, speed_km_h=40),
    )
    return Network(nodes=tuple(nodes), links=links, crossings=(red_then_green(100.0, red_s=70.0, cycle_s=80.0),))


def crossed(keep_clear_share):
    """Return how many cross a street whose queue reaches back over the junction, in 20 minutes."""
    main = poisson(1200.0, 1200.0, 1, path=("wj", "ab"))
    side = [replace(d, key=10**6 + d.key) for d in poisson(400.0, 1200.0, 2, path=("sj", "jn"))]
    traffic = traffic_on(crossroads(), [*main, *side], drivers=population(keep_clear_share=keep_clear_share))
    go(traffic, 1200.0)
    through = traffic.vehicles["state"][len(main) :] == k.GONE
    go(traffic, 30_000.0)
    assert (traffic.vehicles["state"] == k.GONE).all()
    return np.count_nonzero(through)


def test_a_queue_over_the_junction_stops_the_side_street_unless_drivers_keep_it_clear():
    none, half, all_ = (crossed(share) for share in (0.0, 0.5, 1.0))
    assert all_ > 1.5 * none
    assert none <= half <= all_


@pytest.mark.parametrize("keep_clear_share", [0.0, 0.7, 1.0])
def test_a_ring_of_full_streets_is_a_named_deadlock_or_clears(keep_clear_share):
    from sim.traffic.traffic import Deadlock

    names = "abcd"
    at = {"a": (0, 0), "b": (80, 0), "c": (80, 80), "d": (0, 80)}
    nodes, links = [], []
    for n, name in enumerate(names):
        onto, (x, y) = names[(n + 1) % 4], at[name]
        out = {"a": (-150, 0), "b": (80, -150), "c": (230, 80), "d": (0, 230)}[name]
        nodes += [Node(id=name, x_m=x, y_m=y), Node(id=name.upper(), x_m=out[0], y_m=out[1], boundary=True)]
        links.append(Link(id=name + onto, from_node=name, to_node=onto, lanes=1, speed_km_h=40))
        links.append(Link(id="in_" + name, from_node=name.upper(), to_node=name, lanes=1, speed_km_h=40))
        links.append(Link(id="out_" + name, from_node=name, to_node=name.upper(), lanes=1, speed_km_h=40))
    cars = []
    for n, name in enumerate(names):
        ring = tuple(names[(n + i) % 4] + names[(n + i + 1) % 4] for i in range(3))
        path = ("in_" + name, *ring, "out_" + names[(n + 3) % 4])
        cars += [replace(d, path=path, key=d.key + 1000 * n) for d in poisson(900.0, 600.0, n + 1)]
    traffic = traffic_on(
        Network(nodes=tuple(nodes), links=tuple(links)), cars, drivers=population(keep_clear_share=keep_clear_share)
    )
    try:
        go(traffic, 30_000.0)
    except Deadlock as deadlock:
        assert keep_clear_share < 1.0
        assert len(deadlock.members) > 1
        assert all(lane for _, lane, _ in deadlock.members)
    else:
        assert (traffic.vehicles["state"] == k.GONE).all()
