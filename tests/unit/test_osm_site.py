"""The site around the imported streets: curb zones, bus stops, demand, remote parking."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import osmium
import pytest
from osm_town import Town, crossroads, not_uploaded
from streets import population

from sim.formats.osm_curb import END_M
from sim.formats.osm_demand import bus_lines, shares
from sim.formats.osm_flows import LOADED, Junctions, bearable
from sim.formats.osm_place import find_place
from sim.formats.osm_read import OsmFile, Plane, read_extract
from sim.formats.osm_site import Area, Imported, build
from sim.scenario.check import check_site
from sim.scenario.faults import BadInput
from sim.scenario.junctions import movements, setback_m
from sim.scenario.network import Link, Network, Node
from sim.scenario.routes import Router


def imported(town: Town, path, side="right", pupils=900, radius_m=600.0) -> Imported:
    return imported_from(town.write(path / "town.osm"), side, pupils, radius_m)


def imported_from(path, side="right", pupils=900, radius_m=600.0, around="Hill School") -> Imported:
    file = OsmFile(path)
    place = find_place(file, around)
    extract = read_extract(file, place.lon, place.lat, 1600.0)
    area = Area(extract, Plane(place.lon, place.lat), place, radius_m, side, "town.osm")
    return build(area, "hill", place.label, pupils, population())


@pytest.fixture(scope="module")
def hill(tmp_path_factory) -> Imported:
    town = crossroads()
    town.node(70, -90, -8, highway="bus_stop", name="School")
    town.node(71, 110, 8, highway="bus_stop", name="School", bus="yes", public_transport="platform")
    town.node(72, 112, 2, public_transport="stop_position", bus="yes", name="School")
    town.node(73, 0, -90, highway="bus_stop", name="Far Off")
    town.node(74, 100, 6, public_transport="platform", tram="yes", name="Tram")
    town.relation(1, [("node", 70, "platform"), ("way", 2, "")], type="route", route="bus", ref="1")
    town.relation(2, [("node", 70, "platform"), ("way", 2, "")], type="route", route="bus", ref="2")
    return imported(town, tmp_path_factory.mktemp("hill"))


def zones(hill: Imported, users: str):
    return [zone for zone in hill.site.network.curb_zones if zone.users == users]


def test_places_to_stop_are_assumed_before_the_gate_and_across(hill):
    gate = hill.site.gate
    by_link = {zone.link: zone for zone in zones(hill, "school")}
    assert set(by_link) == {gate.link, gate.opposite_link}
    assert by_link[gate.link].to_m <= gate.at_m
    lanes = {link.id: link.lanes for link in hill.site.network.links}
    assert all(z.kind == ("in_lane" if lanes[z.link] > 1 else "bay") and z.berths == 6 for z in by_link.values())


def test_zones_keep_clear_of_the_links_ends_of_crossings_and_of_each_other(hill):
    network = hill.site.network
    for link in network.links:
        taken = [(z.from_m, z.to_m) for z in network.curb_zones if z.link == link.id]
        taken += [(c.at_m, c.at_m + x.width_m) for x in network.crossings for c in x.links if c.link == link.id]
        taken.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(taken))
        assert all(low >= 15.0 and high <= network.length(link) - 15.0 for low, high in taken)


@pytest.mark.parametrize("lanes", ["12", "13", "14", "16"])
def test_zones_and_crossing_keep_clear_of_wide_streets_that_cross(tmp_path, lanes):
    town = crossroads()
    town.ways[4][1]["lanes"] = town.ways[5][1]["lanes"] = lanes
    for x, ids in ((-75.37, (2, 5, 6, 7)), (75.37, (3, 8, 9, 10))):
        for id in ids:
            town.node(id, x, town.nodes[id][1])
    site = imported(town, tmp_path).site  # checks the site
    network, setbacks = site.network, setback_m(site.network)
    assert min(setbacks[site.gate.link]) > END_M
    spans = [(z.link, z.from_m, z.to_m) for z in network.curb_zones]
    spans += [(c.link, c.at_m, c.at_m + x.width_m) for x in network.crossings for c in x.links]
    assert {site.gate.link, site.gate.opposite_link} <= {link for link, *_ in spans}
    for link, from_m, to_m in spans:
        begin, end = setbacks[link]
        assert begin <= from_m and to_m <= network.length(network.link(link)) - end


def test_a_bus_stop_lies_at_the_curb_of_its_own_side(hill):
    network = hill.site.network
    placed = {z.id: network.position(z.link, z.to_m) for z in zones(hill, "bus")}
    heading = {
        z.id: network.points(network.link(z.link))[-1][0] - network.points(network.link(z.link))[0][0]
        for z in zones(hill, "bus")
    }
    assert len(placed) == 2
    south = next(id for id, (x, _) in placed.items() if x < 0)
    north = next(id for id, (x, _) in placed.items() if x > 0)
    assert heading[south] > 0 > heading[north]
    assert placed[south][0] == pytest.approx(-85, abs=1.0)


def test_a_stop_mapped_twice_counts_once_and_one_far_from_any_lane_is_counted_apart(hill):
    assert len(hill.stops.placed) == 2
    assert hill.stops.far == 1


def test_buses_are_assumed_by_the_routes_that_call(hill):
    flows = {line.stop: line.flow_bus_h for line in hill.site.demand.bus_lines}
    two_routes = next(each.zone.id for each in hill.buses if len(each.stop.routes) == 2 and each.stop.key == "node/70")
    assert flows[two_routes] == 12.0


def test_a_tagged_bus_bay_is_a_bay_with_tapers(tmp_path):
    town = crossroads()
    town.node(70, -90, -8, highway="bus_stop", lay_by="yes")
    (zone,) = zones(imported(town, tmp_path), "bus")
    assert (zone.kind, zone.taper_in_m, zone.taper_out_m) == ("bay", 15.0, 20.0)


def test_tagged_parking_at_the_gate_becomes_berths_where_parents_may_leave_the_car(tmp_path):
    town = crossroads()
    town.ways[2][1]["parking:left"] = "lane"  # as the way is drawn: the school's side
    hill = imported(town, tmp_path)
    (parking,) = [zone for zone in zones(hill, "school") if zone.kind == "parking"]
    assert parking.link == hill.site.gate.link
    assert parking.escort


def test_shares_of_origins_and_departures_sum_to_one(hill):
    pupils = hill.site.demand.pupils
    assert sum(o.share for o in pupils.origins) == pytest.approx(1.0, abs=1e-9)
    assert sum(d.share for d in pupils.departures) == pytest.approx(1.0, abs=1e-9)
    assert {o.entry for o in pupils.origins} <= set(hill.site.network.entries())


def test_every_family_finds_a_way_in_to_remote_parking_and_out(hill):
    site = hill.site
    router = Router(site.network, movements(site.network))
    gate, (parking,) = site.gate, site.remote_parking
    for origin in site.demand.pupils.origins:
        assert router.path(origin.entry, gate.link)
        assert origin.opposite_share == 0.0 or router.path(origin.entry, gate.opposite_link)
    for departure in site.demand.pupils.departures:
        assert all(router.path(link, departure.exit) for link in (gate.link, gate.opposite_link, parking.link))


def test_in_a_small_area_parents_come_only_from_where_they_get_to_the_gate_and_stop_only_where_they_get_on(tmp_path):
    cut = imported(crossroads(), tmp_path, radius_m=230.0)
    site, network = cut.site, cut.site.network
    router = Router(network, movements(network))
    got_to = {entry for entry in network.entries() if router.path(entry, site.gate.link)}
    assert {origin.entry for origin in site.demand.pupils.origins} == got_to
    assert set(cut.cut_off) == set(network.entries()) - got_to != set()
    assert not router.path(site.gate.opposite_link, site.remote_parking[0].link)
    assert {zone.link for zone in zones(cut, "school")} == {site.gate.link}
    assert cut.nobody_across
    assert check_site(site) == []


def test_a_town_that_is_not_yet_uploaded_makes_the_same_streets_though_new_nodes_get_negative_ids_too(tmp_path):
    path = crossroads().write(tmp_path / "town.osm")
    known = imported_from(path, radius_m=400.0).site
    path.write_text(not_uploaded(path.read_text("utf-8")), "utf-8")
    new = imported_from(path, radius_m=400.0).site
    assert {link.id.replace("w-", "w") for link in new.network.links} == {link.id for link in known.network.links}
    lengths = [sorted(site.network.length(link) for link in site.network.links) for site in (new, known)]
    assert lengths[0] == pytest.approx(lengths[1])
    assert len(new.demand.pupils.origins) == len(known.demand.pupils.origins)


def test_control_characters_in_names_which_pbf_can_hold_are_left_out(tmp_path):
    path = tmp_path / "town.osm.pbf"
    with osmium.SimpleWriter(path) as writer:
        for each in osmium.FileProcessor(crossroads().write(tmp_path / "town.osm")):
            named = {"name": "\x1bHill\x01 School"} if each.tags.get("amenity") else {"name": "High\x07 Street"}
            writer.add(each.replace(tags=dict(each.tags) | (named if each.is_way() else {})))
    site = imported_from(path, around="way/9").site
    assert {link.name for link in site.network.links} == {"High Street"}
    assert site.title == "Hill School"


def test_an_area_where_who_finds_no_berth_gets_nowhere_is_refused_with_a_larger_radius_as_the_way_out(tmp_path):
    with pytest.raises(BadInput, match=r"no way round back.* expected a larger --radius"):
        imported(crossroads(), tmp_path, radius_m=100.0)


def test_who_comes_from_the_other_side_mostly_stops_across(hill):
    network = hill.site.network
    across = {o.entry: o.opposite_share for o in hill.site.demand.pupils.origins}
    west = min(network.entries(), key=lambda e: network.node(network.link(e).from_node).x_m)
    east = max(network.entries(), key=lambda e: network.node(network.link(e).from_node).x_m)
    assert (across[west], across[east]) == (0.8, 0.0)


def test_through_traffic_stays_within_what_the_junctions_carry(hill):
    network = hill.site.network
    junctions = Junctions(network, movements(network))
    heavy = tuple(replace(flow, veh_h=20 * flow.veh_h) for flow in hill.flows_wished)
    assert max(junctions.saturation(heavy).values()) > 1.0
    assert max(junctions.saturation(bearable(heavy, junctions)).values()) <= 1.02 * LOADED


def test_nobody_drives_through_back_to_where_he_came_from(hill):
    network = hill.site.network
    for flow in hill.site.demand.through:
        assert network.link(flow.entry).from_node != network.link(flow.exit).to_node


def test_the_number_of_pupils_scales_the_families_and_nothing_else(tmp_path):
    few, many = imported(crossroads(), tmp_path), imported(crossroads(), tmp_path, pupils=1800)
    assert (few.site.demand.pupils.enrolment, many.site.demand.pupils.enrolment) == (900, 1800)
    assert few.site.demand.through == many.site.demand.through
    assert few.site.network == many.site.network


def test_where_traffic_keeps_left_everything_lies_on_the_left(tmp_path):
    site = imported(crossroads(), tmp_path, side="left").site
    (x0, _), (x1, _) = (site.network.points(site.network.link(site.gate.link))[i] for i in (0, -1))
    assert site.network.traffic_side == "left"
    assert x1 > x0


def test_the_same_file_gives_the_same_site(tmp_path):
    assert imported(crossroads(), tmp_path).site == imported(crossroads(), tmp_path).site


@pytest.mark.parametrize("weights", [[1.0], [1, 1, 1], [700, 3, 2, 1], [1e-6, 1e6], [0.1] * 23, [1.0] * 150])
def test_shares_are_whole_parts_that_sum_to_one(weights):
    found = shares(weights)
    parts = 100 if len(weights) <= 25 else 1000
    assert sum(round(parts * share) for share in found) == parts
    assert min(found) >= 1 / parts


def test_a_bus_line_does_not_come_by_the_street_by_which_it_leaves():
    """The stop is on the way out; in come the same street's other carriageway, which is busier, and a street beyond."""
    places = {"j": (0.0, 0.0), "out": (200.0, 0.0), "beside": (200.0, 20.0), "beyond": (-200.0, 0.0)}
    network = Network(
        nodes=tuple(Node(id=n, x_m=x, y_m=y, boundary=n != "j") for n, (x, y) in places.items()),
        links=tuple(
            Link(id=id, from_node=a, to_node=b, lanes=1, speed_km_h=40)
            for id, a, b in (("out", "j", "out"), ("beside", "beside", "j"), ("beyond", "beyond", "j"))
        ),
    )
    stop = SimpleNamespace(zone=SimpleNamespace(id="stop", link="out"), stop=SimpleNamespace(routes=()))
    weights = {"out": 500.0, "beside": 1000.0, "beyond": 100.0}
    (line,) = bus_lines(network, Router(network, movements(network)), (stop,), weights)
    assert (line.entry, line.exit) == ("beyond", "out")
