"""The map of a recording: lanes of the right length that join, on the right side of the street."""

import itertools
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from sim.film.ground import _lanes, _Roads
from sim.scenario.junctions import movements
from sim.scenario.lines import Lines, lines_of
from sim.scenario.network import Link, Network, Node
from sim.traffic.laying import lay_out
from tests.property.test_school_morning import school
from tests.streets import population


def lanes_of(network: Network):
    found = movements(network)
    layout = lay_out(network, found, population().gaps, dt=0.5, start_s=0.0)
    return layout, _lanes(_Roads(network, layout, found), lines_of(network))


@lru_cache
def the_school():
    return lanes_of(school().site.network)


def cross(side="right", **how) -> Network:
    """Return a crossroads of two-way streets, and a bend in its eastern arm."""
    at = {"c": (0, 0), "w": (-200, 0), "e": (200, 60), "n": (0, 200), "s": (0, -200)}
    nodes = tuple(Node(id=n, x_m=x, y_m=y, boundary=n != "c") for n, (x, y) in at.items())
    bend = {"ce": ((100.0, 0.0),), "ec": ((100.0, 0.0),)}
    links = tuple(
        Link(id=a + b, from_node=a, to_node=b, lanes=2, speed_km_h=40, shape=bend.get(a + b, ()), **how)
        for end in "wens"
        for a, b in (("c", end), (end, "c"))
    )
    return Network(nodes=nodes, links=links, traffic_side=side)


def drawn_m(line) -> float:
    return float(np.hypot(*np.diff(np.array(line)[:, 1:], axis=0).T).sum())


def test_lanes_of_straight_links_are_as_long_as_the_kernel_s():
    layout, lanes = the_school()
    for row, lane in enumerate(lanes):
        assert lane["length_m"] == pytest.approx(float(layout.road.lanes[row].length), abs=0.006)
        line = np.array(lane["line"])
        assert line[0, 0] == 0.0
        assert line[-1, 0] == pytest.approx(lane["length_m"], abs=0.02)
        assert (np.diff(line[:, 0]) > 0).all()
        if lane["kind"] in ("lane", "over", "strip"):
            assert drawn_m(line) == pytest.approx(lane["length_m"], abs=0.05)


@pytest.mark.parametrize("network", [cross(), cross("left"), cross(turn_pocket_m=30.0), cross(strip_width_m=3.0)])
def test_ways_over_a_junction_join_the_lanes_at_both_ends(network):
    layout, lanes = lanes_of(network)
    ways = [row for row, lane in enumerate(lanes) if lane["kind"] == "movement"]
    assert len(ways) > 12
    for row in ways:
        me, line = layout.road.lanes[row], np.array(lanes[row]["line"])
        before, after = (np.array(lanes[int(n)]["line"]) for n in (me.from_lane, me.to_lane))
        assert np.hypot(*(before[-1, 1:] - line[0, 1:])) < 0.05
        assert np.hypot(*(after[0, 1:] - line[-1, 1:])) < 0.05


def test_at_the_school_they_join_as_well():
    layout, lanes = the_school()
    for row, lane in enumerate(lanes):
        if lane["kind"] in ("movement", "crossing"):
            me, line = layout.road.lanes[row], np.array(lane["line"])
            before, after = (np.array(lanes[int(n)]["line"]) for n in (me.from_lane, me.to_lane))
            assert np.hypot(*(before[-1, 1:] - line[0, 1:])) < 0.05
            assert np.hypot(*(after[0, 1:] - line[-1, 1:])) < 0.05


def mirrored(points) -> np.ndarray:
    return np.round(np.array(points) * [1, -1], 2)


def test_where_traffic_keeps_left_the_map_is_the_mirror_image():
    right = cross()
    nodes = tuple(replace(n, y_m=-n.y_m) for n in right.nodes)
    links = tuple(replace(link, shape=tuple((x, -y) for x, y in link.shape)) for link in right.links)
    left = replace(right, nodes=nodes, links=links, traffic_side="left")
    here, there = (sorted_lines(lanes_of(network)[1]) for network in (right, left))
    assert len(here) == len(there)
    for key, line in here.items():
        assert np.allclose(mirrored(line), there[key], atol=0.02), key


def sorted_lines(lanes):
    """Return the lines of the lanes of links by link, place and number."""
    return {
        (lane["link"], lane["from_m"], lane["number"]): np.array(lane["line"])[:, 1:]
        for lane in lanes
        if lane["kind"] == "lane"
    }


@pytest.mark.parametrize(("side", "sign"), [("right", -1.0), ("left", 1.0)])
def test_the_curb_lane_lies_on_the_side_on_which_traffic_keeps(side, sign):
    lanes = sorted_lines(lanes_of(cross(side))[1])
    west = {number: line for (link, _, number), line in lanes.items() if link == "wc"}
    assert sign * west[0][0, 1] == pytest.approx(5.25)
    assert sign * west[1][0, 1] == pytest.approx(1.75)


def test_a_lane_beside_a_bend_keeps_its_distance():
    network = cross()
    lines = Lines(network)
    link = network.link("ce")
    line = lines.beside(link, 0.0, network.length(link), 5.0)
    assert len(line) == 3
    offsets = np.linspace(10.0, network.length(link) - 10.0, 50)
    centre = np.column_stack([np.interp(offsets, lines._line(link)[1], lines._line(link)[0][:, n]) for n in (0, 1)])
    beside = np.vstack(
        [np.column_stack([np.linspace(a[n], b[n], 200) for n in (1, 2)]) for a, b in itertools.pairwise(line)]
    )
    nearest = [np.hypot(*(beside - point).T).min() for point in centre]
    assert np.allclose(nearest, 5.0, atol=0.05)


def test_a_link_that_is_declared_longer_than_drawn_is_stretched():
    network = cross()
    longer = tuple(replace(link, length_m=400.0) if link.id == "wc" else link for link in network.links)
    network = replace(network, links=longer)
    _, lanes = lanes_of(network)
    own = [lane for lane in lanes if lane.get("link") == "wc" and lane["kind"] == "lane"]
    for lane in own:
        assert lane["line"][-1][0] == pytest.approx(lane["length_m"], abs=0.02)
        assert drawn_m(lane["line"]) == pytest.approx(0.5 * lane["length_m"], rel=0.01)
        assert min(x for _, x, _ in lane["line"]) == -200.0


def test_the_far_edge_of_a_one_way_street_has_no_strip():
    nodes = (Node(id="a", x_m=0, y_m=0, boundary=True), Node(id="b", x_m=100, y_m=0, boundary=True))
    one_way = Link(id="ab", from_node="a", to_node="b", lanes=2, speed_km_h=40, strip_width_m=3.0)
    lines = Lines(Network(nodes=nodes, links=(one_way,)))
    assert (lines.far_edge_m(one_way), lines.edge_m(one_way)) == (-3.5, 6.5)
