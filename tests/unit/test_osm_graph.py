"""From ways to a graph of streets: clipping at the study area, splitting, merging, dissolving."""

from dataclasses import replace
from math import hypot

import pytest
from osm_town import LAT, LON, Town, crossroads

from sim.formats.osm_clip import ENTRY_M, street_graph
from sim.formats.osm_graph import Graph, along, foot, simplified
from sim.formats.osm_read import OsmFile, Plane, read_extract
from sim.formats.osm_tags import STREETS


def graph(town: Town, path, radius_m: float = 500.0, box=None) -> Graph:
    extract = read_extract(OsmFile(town.write(path / "town.osm")), LON, LAT, radius_m + 1000.0)
    return street_graph(replace(extract, box=box), Plane(LON, LAT), radius_m, STREETS)


def ends(town_graph: Graph) -> set[tuple[int, int]]:
    """The positions of the boundary nodes, to the metre."""
    return {(round(x), round(y)) for x, y in (town_graph.nodes[node] for node in town_graph.boundary())}


def test_streets_are_cut_at_the_circle_and_split_where_they_meet(tmp_path):
    streets = graph(crossroads(), tmp_path)
    side = round((500**2 - 200**2) ** 0.5)
    expected = {(-500, 0), (500, 0), (-200, -side), (-200, side), (200, -side), (200, side)}
    assert ends(streets) == expected
    assert len(streets.edges) == 10


def test_an_entry_is_followed_beyond_the_circle_until_there_is_room_to_queue(tmp_path):
    streets = graph(crossroads(), tmp_path, radius_m=210.0)
    west = min(streets.boundary(), key=lambda node: streets.nodes[node][0])
    assert streets.nodes[west][0] == pytest.approx(-200 - ENTRY_M, abs=0.1)


def test_a_street_that_stops_inside_is_no_boundary_unless_it_is_a_main_street(tmp_path):
    town = crossroads()
    town.way(10, [town.node(20, 0, 200), town.node(21, 0, 320)], highway="residential")
    town.ways[6] = ([6, 20, 9], town.ways[6][1])
    town.way(11, [town.node(22, -200, -300), town.node(23, -80, -300)], highway="secondary")
    town.ways[4] = ([5, 22, 2, 6, 7], town.ways[4][1])
    streets = graph(town, tmp_path)
    assert (0, 320) not in ends(streets)
    assert (-80, -300) in ends(streets)


def test_a_way_with_missing_nodes_is_cut_there_and_goes_on_beyond(tmp_path):
    town = crossroads()
    town.way(10, [town.node(20, 0, 200), town.node(21, 0, 320), 777, 778], highway="residential")
    town.ways[6] = ([6, 20, 9], town.ways[6][1])
    assert (0, 320) in ends(graph(town, tmp_path))


def test_a_dead_end_at_the_edge_of_the_files_box_was_cut_off_there(tmp_path):
    town = crossroads()
    town.way(10, [town.node(20, 0, 200), town.node(21, 0, 320)], highway="residential")
    town.ways[6] = ([6, 20, 9], town.ways[6][1])
    box = (LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 330 / 111_320)
    assert (0, 320) in ends(graph(town, tmp_path, box=box))


def test_a_bend_between_two_equal_stretches_is_dissolved_and_a_change_of_lanes_is_not(tmp_path):
    town = Town()
    for i in range(4):
        town.node(i + 1, -450 + 300 * i, 0)
    town.way(1, [1, 2], highway="tertiary", lanes="2")
    town.way(2, [2, 3], highway="tertiary", lanes="2")
    town.way(3, [3, 4], highway="tertiary", lanes="4")
    streets = simplified(graph(town, tmp_path, radius_m=600.0))
    assert sorted(round(edge.length_m) for edge in streets.edges) == [300, 600]


def test_a_short_stretch_takes_its_lanes_from_the_longer_neighbour(tmp_path):
    town = Town()
    for i, x in enumerate((-400, 0, 20, 400)):
        town.node(i + 1, x, 0)
    town.way(1, [1, 2], highway="tertiary", lanes="2")
    town.way(2, [2, 3], highway="tertiary", lanes="4", bridge="yes")
    town.way(3, [3, 4], highway="tertiary", lanes="2")
    (edge,) = simplified(graph(town, tmp_path)).edges
    assert (edge.street.forward, edge.street.backward) == (1, 1)
    assert set(edge.ways) == {1, 2, 3}


def dual_carriageway() -> Town:
    """A one-way pair 24 m apart, crossed by a two-way street."""
    town = Town()
    for id, x, y in (
        (1, -400, -12), (2, 0, -12), (3, 400, -12), (4, 400, 12), (5, 0, 12), (6, -400, 12), (7, 0, -400), (8, 0, 400),
    ):  # fmt: skip
        town.node(id, x, y)
    town.way(1, [1, 2, 3], highway="primary", oneway="yes", name="Ring")
    town.way(2, [4, 5, 6], highway="primary", oneway="yes", name="Ring")
    town.way(3, [7, 2, 5, 8], highway="tertiary", name="Cross Street")
    return town


def test_a_street_across_a_dual_carriageway_meets_it_in_one_junction(tmp_path):
    streets = simplified(graph(dual_carriageway(), tmp_path))
    assert len(streets.edges) == 6
    (junction,) = [node for node, degree in streets.degrees().items() if degree == 6]
    assert streets.members[junction] >= {2, 5}
    assert hypot(*streets.nodes[junction]) < 0.1


def test_two_junctions_further_apart_than_one_physical_junction_stay_two(tmp_path):
    town = crossroads()
    town.way(12, [town.node(30, -170, 0), town.node(31, -170, -400)], highway="residential")
    town.ways[2] = ([2, 30, 3], town.ways[2][1])
    streets = simplified(graph(town, tmp_path))
    assert {2, 30} <= set(streets.nodes)


def test_a_stub_is_dropped_and_a_loop_is_opened(tmp_path):
    town = crossroads()
    town.way(13, [2, town.node(40, -215, -10)], highway="residential")
    loop = [town.node(41 + i, x, y) for i, (x, y) in enumerate(((260, 60), (320, 60), (320, 120)))]
    town.way(14, [3, *loop, 3], highway="residential")
    streets = simplified(graph(town, tmp_path))
    assert 40 not in streets.nodes
    assert all(edge.a != edge.b for edge in streets.edges)
    assert any(ref in edge.refs for edge in streets.edges for ref in loop)


def test_a_short_stretch_behind_the_end_of_a_one_way_street_is_one_way_too(tmp_path):
    """A street of one way ends 10 m before a junction; it goes on as a street of two, which nobody can drive back."""
    town = Town()
    for id, (x, y) in {1: (-400, 0), 2: (0, 0), 3: (10, 0), 4: (400, 0), 5: (0, -400)}.items():
        town.node(id, x, y)
    town.way(10, [1, 2, 3], highway="secondary")
    town.way(11, [4, 3], highway="secondary", oneway="yes")
    town.way(12, [2, 5], highway="secondary")
    streets = simplified(graph(town, tmp_path))
    beyond = [edge if edge.refs[0] == 2 else edge.reversed() for edge in streets.edges if 3 in edge.refs]
    assert [edge.street.forward for edge in beyond] == [0] * len(beyond)
    assert all(edge.street.two_way for edge in streets.edges if 3 not in edge.refs)


def test_simplifying_loses_no_street(tmp_path):
    streets = graph(crossroads(), tmp_path)
    total = sum(edge.length_m for edge in streets.edges)
    assert sum(edge.length_m for edge in simplified(streets).edges) == pytest.approx(total)


def test_a_point_falls_on_the_nearest_place_of_a_line_and_knows_its_side():
    line = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0))
    left, right = foot(line, (4.0, 3.0)), foot(line, (12.0, 6.0))
    assert (left.off_m, left.at_m, left.side) == (3.0, 4.0, 1)
    assert (right.off_m, right.at_m, right.side) == (2.0, 16.0, -1)
    assert along(line, 16.0) == (10.0, 6.0)
    assert along(line, 99.0) == (10.0, 10.0)
