"""What a lane has is noted in the lane itself, and is what the network, the detectors and the curb zones say."""

from dataclasses import replace

import numpy as np
import pytest

from sim.interventions import resolve
from sim.kernel import state as k
from sim.model import roads
from sim.scenario.junctions import movements
from sim.scenario.network import CurbZone, Link, Network, Node
from sim.scenario.read import load_scenario
from sim.traffic.fleet import Departure
from sim.traffic.laying import lay_out
from sim.traffic.layout import Detector
from tests.streets import go, population, red_then_green, street, traffic_on, two_way

PARKING = CurbZone(id="row", link="ab", kind="parking", from_m=100.0, to_m=200.0, berths=16)


def laid(network, *detectors):
    """Return a network's layout."""
    return lay_out(network, movements(network), population().gaps, dt=0.5, start_s=0.0, detectors=detectors)


def had(network, *detectors):
    """Return what each lane of link `ab` has, from the curb on; behind them its strip, or a lane over the opposite."""
    lanes = laid(network, *detectors).road.lanes
    return [int(lane.has) for lane in lanes if lane.segment == 0]


@pytest.mark.parametrize(
    ("lanes", "has"), [(1, [0]), (2, [k.INNER, k.OUTER]), (3, [k.INNER, k.INNER | k.OUTER, k.OUTER])]
)
def test_lanes_know_which_lanes_are_beside_them(lanes, has):
    assert had(street(lanes=lanes)) == has


def test_a_lane_that_is_passed_over_the_opposite_one_knows_it_and_so_does_the_lane_over_it():
    assert had(two_way()) == [k.OVER, k.OVER]
    assert had(two_way(divided=True)) == [0]


def test_a_strip_has_nothing_beside_it():
    assert had(two_way(divided=True, strip_width_m=1.5)) == [0, 0]


def test_all_lanes_of_a_segment_know_of_its_detectors_and_the_curb_lane_of_parked_cars():
    parked = replace(street(lanes=2), curb_zones=(PARKING,))
    assert had(parked, Detector("ab", 50.0, 0)) == [k.INNER | k.PARKED | k.DETECTORS, k.OUTER | k.DETECTORS]
    segment = laid(parked).road.segments[0]
    assert (segment.parked_from, segment.parked_to) == (100.0, 200.0)


def test_lanes_for_buses_and_ways_with_a_signal_are_known():
    (link,) = street(lanes=2).links
    assert had(replace(street(), links=(replace(link, bus_lanes=(0,)),))) == [k.BUSES | k.INNER, k.OUTER]
    road = laid(street(crossings=[red_then_green(300.0, red_s=50.0)])).road
    assert [int(lane.has) for lane in road.lanes if lane.segment < 0] == [k.SIGNAL]
    assert road.lights["lane"].tolist() == [n for n, lane in enumerate(road.lanes) if lane.segment < 0]


def test_who_follows_beside_parked_cars_keeps_a_longer_time_gap():
    def headway_s(*zones):
        network = replace(street(400.0, speed_km_h=36.0), curb_zones=zones)
        cars = [Departure(n, n, ("ab",)) for n in range(12)]
        traffic = traffic_on(network, cars, detectors=[Detector("ab", 150.0, 0)])
        go(traffic, 120.0)
        return float((traffic.passed[11, 0] - traffic.passed[1, 0]) / 10 * traffic.dt)

    assert 1.05 < headway_s(PARKING) / headway_s() < 1.2


def named(layout):
    """Return what is told of each lane by its name: where it leads, who gives way to whom, how long it is."""
    road, name = layout.road, layout.lane_names
    found = {}
    for row, lane in enumerate(road.lanes):
        meets = road.conflicts[lane.conflict_at : lane.conflict_end]
        ends = [name[n] if n >= 0 else "" for n in (lane.from_lane, lane.to_lane)]
        feeds = sorted(name[n] for n in road.net[lane.feed_at : lane.feed_end])
        foes = sorted((name[c.foe], int(c.yields), float(c.begin), float(c.end)) for c in meets)
        found[name[row]] = (ends, feeds, foes, float(lane.length), int(lane.has), int(lane.box))
    return found


def test_lanes_of_a_large_network_are_numbered_in_another_order_and_are_the_same(monkeypatch):
    site = resolve(load_scenario("school/baseline")).site
    given = laid(site.network)
    monkeypatch.setattr("sim.traffic.numbering.MANY", 0)
    other = laid(site.network)
    assert other.lane_names != given.lane_names
    assert named(other) == named(given)
    assert [other.lane_names[n] for n in other.movement_rows] == [given.lane_names[n] for n in given.movement_rows]


def test_lanes_of_a_large_network_lie_near_those_of_the_next_junctions():
    def reach(network):
        """Return how many lanes lie between the ends of a way through a junction, on average."""
        lanes = laid(network).road.lanes
        ways = lanes[lanes["to_lane"] >= 0]
        return abs(ways["to_lane"] - ways["from_lane"]).mean()

    nodes = [Node(id=f"n{n}", x_m=100.0 * n, y_m=0.0, boundary=n in (0, 1000)) for n in range(1001)]
    links = [Link(id=f"l{n}", from_node=f"n{n}", to_node=f"n{n + 1}", lanes=1, speed_km_h=40) for n in range(1000)]
    mixed = sorted(links, key=lambda link: int(link.id[1:]) * 389 % 1000)
    assert reach(Network(nodes=tuple(nodes), links=tuple(mixed))) == 1.0


def test_movements_in_conflict_have_their_bits_in_one_word_and_others_elsewhere():
    site = resolve(load_scenario("school/baseline")).site
    road = laid(site.network).road
    of = {}
    for row, m in zip(laid(site.network).movement_rows, movements(site.network), strict=True):
        of.setdefault(m.node, []).append(int(road.lanes[row].spot))
    assert all(len(set(spots)) == len(spots) for spots in of.values())
    assert len({spots[0] >> k.SPOT for spots in of.values()}) == len(of) > 3
    apart = [int(lane.spot) >> k.SPOT for lane in road.lanes if lane.segment >= 0]
    assert set(apart).isdisjoint(spot >> k.SPOT for spots in of.values() for spot in spots)
    for lane in road.lanes:
        foes = [road.lanes[c.foe] for c in road.conflicts[lane.conflict_at : lane.conflict_end]]
        bits = {int(foe.spot) % (1 << k.SPOT) for foe in foes}
        assert lane.foes == sum(1 << bit for bit in bits)
        assert all(foe.spot >> k.SPOT == lane.spot >> k.SPOT for foe in foes)


@pytest.mark.parametrize("bits", [1, 3])
def test_that_many_movements_share_a_bit_changes_nothing(bits, monkeypatch):
    site = resolve(load_scenario("school/baseline")).site

    def driven():
        ends = sorted({link.id for link in site.network.links if site.network.node(link.from_node).boundary})
        router = roads(site.network)[1]
        ways = [router.path(a, b) for a in ends for b in site.network.exits() if router.path(a, b)]
        traffic = traffic_on(site.network, [Departure(n, n, ways[n % len(ways)]) for n in range(400)])
        go(traffic, 300.0)
        return traffic

    alone = driven()
    monkeypatch.setattr("sim.traffic.laying.BITS_A_WORD", bits)
    together = driven()
    assert together.lanes["spot"].max() != alone.lanes["spot"].max()
    assert together.facts()["updates"] == alone.facts()["updates"] > 10_000
    for name in ("x", "v", "lane", "left"):
        np.testing.assert_array_equal(together.everybody[name], alone.everybody[name])
