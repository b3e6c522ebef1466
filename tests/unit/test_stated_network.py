"""A network that states its ways over junctions: its conflicts, its right of way, and rings that keep moving."""

from dataclasses import replace

import numpy as np
import pytest

from sim.kernel import state as k
from sim.scenario.check import check_site
from sim.scenario.junctions import movements, setback_m
from sim.scenario.network import Connection, Link, Network, Node
from sim.scenario.read import load_scenario
from sim.traffic.fleet import Departure
from tests.streets import go, poisson, population, round_way, roundabout, traffic_on


def stated(network):
    """Return a network that states what ours works out."""
    found, set_back = movements(network), setback_m(network)
    names = [f"{m.from_link}_{m.from_lane}>{m.to_link}_{m.to_lane}" for m in found]
    links = [
        replace(link, length_m=network.length(link) - sum(set_back[link.id]), shape=network.points(link))
        for link in network.links
    ]
    connections = [
        Connection(
            id=name, from_link=m.from_link, from_lane=m.from_lane, to_link=m.to_link, to_lane=m.to_lane, turn=m.turn,
            length_m=m.length_m, speed_km_h=25.0, shape=m.shape, wait_m=m.wait_m,
            yields_to=tuple(names[c.foe] for c in m.conflicts if c.yields),
        )
        for name, m in zip(names, found, strict=True)
    ]  # fmt: skip
    return replace(network, links=tuple(links), connections=tuple(connections))


def conflicts(network):
    found = movements(network)
    return {
        ((m.from_link, m.to_link), (found[c.foe].from_link, found[c.foe].to_link), c.yields)
        for m in found
        for c in m.conflicts
    }


def test_a_network_that_states_what_ours_works_out_has_the_same_conflicts_and_right_of_way():
    assert conflicts(stated(roundabout())) == conflicts(roundabout())


def overloaded(veh_h):
    rng = np.random.default_rng(1)
    cars = [
        (d.due, round_way(arm, int((arm + rng.integers(1, 5)) % 4)))
        for arm in range(4)
        for d in poisson(veh_h, 900.0, 20 + arm)
    ]
    return [Departure(n, due, path, foresight_m=1000.0) for n, (due, path) in enumerate(sorted(cars))]


@pytest.mark.parametrize("radius_m", [12.0, 15.0, 18.0])
def test_an_overloaded_ring_with_links_shorter_than_a_car_does_not_lock_up(radius_m):
    traffic = traffic_on(stated(roundabout(radius_m=radius_m)), overloaded(700.0), drivers=population())
    go(traffic, 7200.0)
    assert (traffic.vehicles["state"] == k.GONE).all()


def two_junctions():
    """A street with two junctions, 2 m of link between them, the first of which another street crosses."""
    nodes = [Node(id=n, x_m=x, y_m=y, boundary=n in "adnspq") for n, x, y in (
        ("a", 0.0, 0.0), ("b", 200.0, 0.0), ("c", 215.0, 0.0), ("d", 300.0, 0.0), ("n", 200.0, 100.0),
        ("s", 200.0, -100.0))]  # fmt: skip
    ends = {"ab": "ab", "bc": "bc", "cd": "cd", "nb": "nb", "bs": "bs"}
    lines = {
        "ab": ((0.0, 0.0), (195.0, 0.0)), "bc": ((205.0, 0.0), (207.0, 0.0)), "cd": ((215.0, 0.0), (300.0, 0.0)),
        "nb": ((200.0, 100.0), (200.0, 5.0)), "bs": ((200.0, -5.0), (200.0, -100.0)),
    }  # fmt: skip
    links = [
        Link(id=id, from_node=a, to_node=b, lanes=1, speed_km_h=50, shape=lines[id],
             length_m=abs(lines[id][1][0] - lines[id][0][0]) + abs(lines[id][1][1] - lines[id][0][1]))
        for id, (a, b) in ends.items()
    ]  # fmt: skip
    ways = [("ab", "bc"), ("bc", "cd"), ("nb", "bs")]
    connections = [
        Connection(id=f"{a}>{b}", from_link=a, from_lane=0, to_link=b, to_lane=0, turn="through", speed_km_h=50,
                   length_m=abs(lines[b][0][0] - lines[a][1][0]) + abs(lines[b][0][1] - lines[a][1][1]),
                   shape=(lines[a][1], lines[b][0]), yields_to=("ab>bc",) if a == "nb" else ())
        for a, b in ways
    ]  # fmt: skip
    return Network(nodes=tuple(nodes), links=tuple(links), connections=tuple(connections))


def test_a_junction_is_kept_clear_over_a_link_that_is_shorter_than_a_car():
    along = [Departure(n, 4 * n, ("ab", "bc", "cd"), by_agent=n == 0) for n in range(20)]
    across = [Departure(100 + n, 160 + 20 * n, ("nb", "bs")) for n in range(8)]
    traffic = traffic_on(two_junctions(), [*along, *across], drivers=population())
    traffic.orders.stop_at(0, "cd", 5.0)  # and stands there for good
    go(traffic, 300.0)
    vehicles = traffic.vehicles
    inside = [traffic.layout.lane_names[v.lane] for v in vehicles if v.state == k.DRIVING]
    assert not any(name.startswith("through at b from ab") for name in inside)
    assert (vehicles["state"][len(along) :] == k.GONE).all()


def test_an_ordinary_site_may_not_state_connections():
    school = load_scenario("school/baseline")
    network = school.site.network
    with_ways = replace(network, connections=stated(roundabout()).connections)

    assert any("network.connections" in f.where for f in check_site(replace(school.site, network=with_ways)))
