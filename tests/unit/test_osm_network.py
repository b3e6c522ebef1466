"""From the graph to links and junctions: directions, turn restrictions, signals, crossings, the gate, the curb."""

from dataclasses import replace
from itertools import pairwise

import pytest
from osm_town import Town, crossroads

from sim.formats.osm_control import turn_bans
from sim.formats.osm_place import find_place
from sim.formats.osm_read import OsmFile, Plane, read_extract
from sim.formats.osm_site import Area, Streets, find_streets
from sim.scenario.faults import BadInput
from sim.scenario.junctions import movements
from sim.scenario.routes import Router


def area(town: Town, path, around: str = "way/9", radius_m: float = 500.0, side="right") -> Area:
    file = OsmFile(town.write(path / "town.osm"))
    place = find_place(file, around)
    extract = read_extract(file, place.lon, place.lat, radius_m + 1000.0)
    return Area(extract, Plane(place.lon, place.lat), place, radius_m, side, "town.osm")


def streets(town: Town, path, **more) -> Streets:
    return find_streets(area(town, path, **more))


def gate_link(found: Streets):
    return found.layout.network.link(found.found.gate.link)


def node_at(found: Streets, ref: int):
    return next(n for key, n in ids(found).items() if ref in found.layout.graph.members[key])


def ids(found: Streets):
    return {key: found.layout.network.node(id) for key, id in found.layout.node_ids.items()}


def between(found: Streets, a: int, b: int):
    """The link from the node that holds OpenStreetMap node a to the one that holds b."""
    start, end = node_at(found, a).id, node_at(found, b).id
    return next(link for link in found.layout.network.links if (link.from_node, link.to_node) == (start, end))


def test_each_open_direction_of_a_street_becomes_a_link(tmp_path):
    town = crossroads()
    town.ways[6][1]["oneway"] = "yes"
    network = streets(town, tmp_path).layout.network
    assert len(network.links) == 2 * 10 - 1
    assert len(network.entries()) == len(network.exits()) == 6


def test_every_link_lies_on_a_way_from_an_entry_to_an_exit(tmp_path):
    town = crossroads()
    town.way(20, [town.node(60, 0, -100), town.node(61, 100, -100)], highway="residential")
    network = streets(town, tmp_path).layout.network
    router = Router(network, movements(network))
    for link in network.links:
        assert any(router.path(entry, link.id) for entry in network.entries())
        assert any(router.path(link.id, exit) for exit in network.exits())


def test_a_part_that_no_street_joins_to_the_gate_is_dropped_and_counted(tmp_path):
    town = crossroads()
    town.way(20, [town.node(60, -450, -100), town.node(61, -330, -100)], highway="residential", name="Island")
    found = streets(town, tmp_path)
    assert "Island" not in {link.name for link in found.layout.network.links}
    assert found.dropped_m == pytest.approx(120.0, abs=1.0)


def test_one_turns_round_at_the_end_of_a_cul_de_sac(tmp_path):
    town = crossroads()
    town.ways[6] = ([6, town.node(60, 0, 200), 9], town.ways[6][1])
    town.way(20, [60, town.node(61, 0, 300)], highway="residential")
    found = streets(town, tmp_path)
    end = node_at(found, 61)
    assert end.u_turn and not end.boundary


@pytest.mark.parametrize(("side", "heading"), [("right", -1), ("left", 1)])
def test_the_gates_link_has_the_school_at_its_curb(tmp_path, side, heading):
    found = streets(crossroads(), tmp_path, side=side)
    (x0, _), (x1, _) = (found.layout.network.points(gate_link(found))[i] for i in (0, -1))
    assert (x1 - x0) * heading > 0
    assert found.found.curb_side
    opposite = found.layout.network.link(found.found.gate.opposite_link)
    assert (opposite.from_node, opposite.to_node) == (gate_link(found).to_node, gate_link(found).from_node)


def test_the_gate_lies_at_the_middle_of_the_frontage(tmp_path):
    found = streets(crossroads(), tmp_path)
    x, y = found.layout.network.position(found.found.gate.link, found.found.gate.at_m)
    assert (gate_link(found).name, abs(x) < 15.0) == ("High Street", True)
    assert y == pytest.approx(-62.0, abs=0.5)


def test_a_mapped_entrance_tells_the_gate_though_another_street_is_nearer(tmp_path):
    town = crossroads()
    town.ways[6] = ([6, 9], {"highway": "residential", "name": "Back Lane"})
    x, y, _ = town.nodes[92]
    town.nodes[92] = (x, 180.0, {"barrier": "gate"})
    assert (x, y) == (50, 112)
    assert gate_link(streets(town, tmp_path)).name == "Back Lane"


def test_a_public_street_is_preferred_to_a_nearer_service_road(tmp_path):
    town = crossroads()
    town.area(9, -50, 60, 100, 60, amenity="school", name="Hill School")
    town.ways[2] = ([2, town.node(60, 0, 0), 3], town.ways[2][1])
    town.way(20, [60, town.node(61, 0, 55)], highway="service")
    assert gate_link(streets(town, tmp_path)).name == "High Street"


def test_a_service_road_carries_the_gate_where_no_street_is_near(tmp_path):
    town = crossroads()
    town.area(9, -50, -400, 100, 60, amenity="school", name="Hill School")
    town.ways[2] = ([2, town.node(60, 0, 0), 3], town.ways[2][1])
    town.way(20, [60, town.node(61, 0, -335), town.node(62, 80, -335)], highway="service", name="Access")
    found = streets(town, tmp_path)
    assert gate_link(found).name == "Access"
    assert "service" in {edge.street.highway for edge in found.layout.graph.edges}


def test_the_other_carriageway_is_the_opposite_link(tmp_path):
    town = Town()
    for id, x, y in ((1, -700, -12), (2, 700, -12), (3, 700, 12), (4, -700, 12)):
        town.node(id, x, y)
    town.way(1, [1, 2], highway="primary", oneway="yes", name="Ring")
    town.way(2, [3, 4], highway="primary", oneway="yes", name="Ring")
    town.way(3, [4, 1], highway="residential")
    town.way(4, [2, 3], highway="residential")
    town.way(5, [1, town.node(5, -700, -1500)], highway="residential")
    town.way(6, [2, town.node(6, 700, -1500)], highway="residential")
    town.area(9, -50, -120, 100, 100, amenity="school", name="Hill School")
    found = streets(town, tmp_path, radius_m=1200.0)
    network, gate = found.layout.network, found.found.gate
    assert set(found.layout.edge(gate.link).ways) == {1}
    assert gate.opposite_link is not None
    assert network.position(gate.opposite_link, 700.0)[1] > network.position(gate.link, 700.0)[1]


def test_a_town_without_a_street_near_the_school_is_refused(tmp_path):
    town = Town()
    town.way(1, [town.node(1, -900, 900), town.node(2, 900, 900)], highway="tertiary")
    town.area(9, -50, 12, 100, 100, amenity="school", name="Hill School")
    with pytest.raises(BadInput, match="no street"):
        streets(town, tmp_path, radius_m=1500.0)


@pytest.mark.parametrize(
    ("kind", "banned"),
    [("no_left_turn", {7}), ("only_straight_on", {7, 5}), ("no_straight_on", {3})],
)
def test_turn_restrictions_over_a_node_become_bans(tmp_path, kind, banned):
    town = crossroads()
    to = 2 if "straight" in kind else 40
    town.way(40, [2, 6, 7], highway="residential", name="West Street")
    town.ways[4] = ([5, 2], town.ways[4][1])
    town.relation(1, [("way", 1, "from"), ("node", 2, "via"), ("way", to, "to")], type="restriction", restriction=kind)
    found = streets(town, tmp_path)
    far = {7: 6, 5: -1, 3: 3}
    start = next(link.id for link in found.layout.network.links if link.to_node == node_at(found, 2).id and
                 found.layout.edge(link.id).ways[-1] == 1)  # fmt: skip
    bans = {b.to_link for b in found.layout.network.turn_bans if b.from_link == start}
    expected = {between(found, 2, far[n]).id for n in banned if far[n] > 0}
    assert expected <= bans
    assert len(bans) == len(banned)
    barred = {(b.from_link, b.to_link) for b in found.layout.network.turn_bans}
    assert not barred & {(m.from_link, m.to_link) for m in movements(found.layout.network)}


def test_a_restriction_over_a_way_is_skipped_and_counted(tmp_path):
    town = crossroads()
    members = [("way", 1, "from"), ("way", 2, "via"), ("way", 3, "to")]
    town.relation(1, members, type="restriction", restriction="no_straight_on")
    town.relation(2, [("way", 77, "from"), ("node", 78, "via"), ("way", 79, "to")], type="restriction",
                  restriction="no_left_turn")  # fmt: skip
    found = streets(town, tmp_path)
    assert found.layout.network.turn_bans == ()
    assert found.restrictions.skipped == 1


def with_point(x: float, **tags: str) -> Town:
    """The town with a tagged point on High Street."""
    town = crossroads()
    town.ways[2] = ([2, town.node(60, x, 0, **tags), 3], town.ways[2][1])
    return town


def test_a_signal_just_before_a_junction_belongs_to_it(tmp_path):
    found = streets(with_point(-180, highway="traffic_signals"), tmp_path)
    assert node_at(found, 2).signal is not None
    assert node_at(found, 3).signal is None


def test_signals_on_all_arms_of_a_junction_are_one_signal(tmp_path):
    town = with_point(-180, highway="traffic_signals")
    town.ways[1] = ([1, town.node(61, -220, 0, highway="traffic_signals"), 2], town.ways[1][1])
    found = streets(town, tmp_path)
    assert sum(node.signal is not None for node in found.layout.network.nodes) == 1


def test_the_stages_fill_the_cycle_and_let_every_approach_go(tmp_path):
    found = streets(with_point(-180, highway="traffic_signals"), tmp_path)
    node = node_at(found, 2)
    stages = node.signal.stages
    assert sum(s.green_s + s.amber_s + s.all_red_s for s in stages) == node.signal.cycle_s
    approaches = {link.id for link in found.layout.network.links if link.to_node == node.id}
    assert {link for stage in stages for link in stage.approaches} == approaches
    assert all(stage.green_s >= 12.0 for stage in stages)


def test_where_two_main_streets_cross_a_signal_is_assumed(tmp_path):
    town = crossroads()
    for way in (1, 2, 3, 4):
        town.ways[way][1]["highway"] = "secondary"
    found = streets(town, tmp_path)
    assert found.signals_assumed == 1
    assert node_at(found, 2).signal is not None


def test_a_crossing_between_junctions_crosses_both_directions(tmp_path):
    network = streets(with_point(0, highway="crossing", crossing="uncontrolled"), tmp_path).layout.network
    (crossing,) = network.crossings
    assert (len(crossing.links), crossing.control) == (2, "zebra")
    for crossed in crossing.links:
        x, _ = network.position(crossed.link, crossed.at_m + crossing.width_m / 2)
        assert x == pytest.approx(0.0, abs=0.2)


def test_a_signal_between_junctions_is_a_signalised_crossing(tmp_path):
    (crossing,) = streets(with_point(0, highway="traffic_signals"), tmp_path).layout.network.crossings
    assert crossing.control == "signal"


def test_a_crossing_at_a_junction_is_left_out_and_counted(tmp_path):
    found = streets(with_point(-190, highway="crossing"), tmp_path)
    assert found.layout.network.crossings == ()
    assert found.marks.near_junctions == 1


def test_links_of_a_merged_junction_have_no_kinks(tmp_path):
    town = Town()
    for id, x, y in (
        (1, -700, -12), (2, 0, -12), (3, 700, -12), (4, 700, 12), (5, 0, 12), (6, -700, 12), (7, 0, -700), (8, 0, 700),
    ):  # fmt: skip
        town.node(id, x, y)
    town.way(1, [1, 2, 3], highway="primary", oneway="yes", name="Ring")
    town.way(2, [4, 5, 6], highway="primary", oneway="yes", name="Ring")
    town.way(3, [7, 2, 5, 8], highway="tertiary", name="Cross Street")
    town.area(9, 100, -140, 100, 100, amenity="school", name="Hill School")
    network = streets(town, tmp_path).layout.network
    turn = {(m.from_link, m.to_link): m.turn for m in movements(network)}
    ring = [link for link in network.links if link.name == "Ring"]
    assert len(ring) == 4
    assert sum(turn.get((a.id, b.id)) == "through" for a in ring for b in ring) == 2
    for link in network.links:
        points = network.points(link)
        for (a, b), (_, c) in pairwise(pairwise(points)):
            assert (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) > 0


def test_bans_name_only_turns_that_exist(tmp_path):
    town = crossroads()
    town.relation(1, [("way", 1, "from"), ("node", 2, "via"), ("way", 2, "to")], type="restriction",
                  restriction="no_straight_on")  # fmt: skip
    here = area(town, tmp_path)
    layout = find_streets(here).layout
    free = replace(layout, network=replace(layout.network, turn_bans=()))
    possible = {(m.from_link, m.to_link) for m in movements(free.network)}
    assert {(b.from_link, b.to_link) for b in turn_bans(free, here.extract).bans} <= possible
