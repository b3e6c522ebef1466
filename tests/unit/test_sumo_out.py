"""Files for SUMO: the road, the lights, the stops and everybody who drives are those of the simulation."""

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.demand import draw
from sim.formats.sumo_out import LightTimes, Plan
from sim.formats.sumo_out.demand import tau_s, vehicle_name
from sim.formats.sumo_out.network import edges
from sim.formats.sumo_out.notes import notes
from sim.formats.sumo_out.places import places
from sim.formats.sumo_out.signals import letter, phases
from sim.formats.sumo_out.streets import Streets, sumo_name
from sim.formats.sumo_out.writing import files
from sim.interventions import resolve
from sim.kernel.junctions import switch_lights
from sim.kernel.state import AMBER, GREEN, joined
from sim.model import departures, roads, walkers_at_zebras
from sim.scenario.read import load_scenario
from sim.study.sumo import plan_of, road_of
from sim.traffic.laying import lay_out
from tests.streets import roundabout

STRIPS = {
    **{f"site__network__links__{n}__strip_width_m": 2.5 for n in range(3)},
    "site__demand__through__0__vehicle": "two_wheeler",
}
"""Strips on the main street towards the gate, and two-wheelers in place of its cars."""
LETTERS = {GREEN: "Gg", AMBER: "y"}
SEED = 3


@cache
def plan(name: str = "school/baseline", seed: int = SEED, **overrides: object) -> Plan:
    given = {key.replace("__", "."): value for key, value in overrides.items()}
    return plan_of(resolve(load_scenario(name, overrides=given)), seed)


@cache
def roots(name: str = "school/baseline") -> dict[str, ElementTree.Element]:
    return {file: ElementTree.fromstring(text) for file, text in files(plan(name)).items()}


def layout(of: Plan):
    network = of.scenario.site.network
    start_s = of.scenario.site.demand.window.start
    movements, _ = roads(network)
    return lay_out(network, movements, of.scenario.site.drivers.gaps, dt=of.step_s, start_s=start_s)


def by_id(root: ElementTree.Element, tag: str) -> dict[str, ElementTree.Element]:
    return {e.get("id"): e for e in root.iter(tag)}


@pytest.fixture(params=["school/baseline", "school/shapingba"])
def name(request) -> str:
    return request.param


# ---------------------------------------------------------------------- the road


def test_every_piece_of_the_road_is_an_edge_with_its_lanes_length_and_speed(name):
    written, streets = by_id(roots(name)["edges.edg.xml"], "edge"), Streets(plan(name))
    road = layout(plan(name))
    assert len(written) == sum(len(pieces) for pieces in road.pieces.values())
    for link, pieces in road.pieces.items():
        for n, piece in enumerate(pieces):
            edge = written[streets.edge(link, n)]
            assert int(edge.get("numLanes")) == road.road.segments[piece.segment].lanes
            assert float(edge.get("length")) == pytest.approx(piece.to_m - piece.from_m, abs=1e-3)
            limit_km_h = plan(name).scenario.site.network.link(link).speed_km_h
            assert float(edge.get("speed")) == pytest.approx(limit_km_h / 3.6, abs=1e-3)


def test_edges_begin_and_end_at_nodes_that_exist_and_are_drawn_between_them(name):
    nodes = by_id(roots(name)["nodes.nod.xml"], "node")
    for edge in roots(name)["edges.edg.xml"].iter("edge"):
        ends = [nodes[edge.get(key)] for key in ("from", "to")]
        points = edge.get("shape").split()
        assert [points[0], points[-1]] == [f"{node.get('x')},{node.get('y')}" for node in ends]


def test_lanes_lead_where_the_movements_lead(name):
    streets = Streets(plan(name))
    found = Counter()
    for c in roots(name)["connections.con.xml"].iter("connection"):
        if c.get("to") is not None:
            found[c.get("from"), c.get("fromLane"), c.get("to"), c.get("toLane")] += 1
    for way in plan(name).road.ways:
        m = way.movement
        found[streets.edge(m.from_link, -1), str(m.from_lane), streets.edge(m.to_link, 0), str(m.to_lane)] -= 1
    left = {key for key, count in found.items() if count}
    assert all(a.split("#")[0] == b.split("#")[0] and a != b for a, _, b, _ in left)  # along one link
    assert ("main_e2#1", "1", "main_e2#2", "2") in left  # into the turn pocket
    assert found.total() == len(left) == 4 + 3 + 3  # over the crossing, and where two pockets open


def test_movements_are_as_long_and_as_fast_as_here():
    streets = Streets(plan())
    found = {
        tuple(c.get(k) for k in ("from", "fromLane", "to", "toLane")): (float(c.get("length")), float(c.get("speed")))
        for c in roots()["connections.con.xml"].iter("connection")
        if c.get("speed")
    }
    lanes = layout(plan()).road
    for row, way in zip(layout(plan()).movement_rows, plan().road.ways, strict=True):
        m = way.movement
        ends = streets.edge(m.from_link, -1), str(m.from_lane), streets.edge(m.to_link, 0), str(m.to_lane)
        assert found[ends] == pytest.approx((lanes.lanes[row].length, lanes.lanes[row].limit), abs=1e-3)


def test_who_gives_way_without_a_signal_is_prohibited_by_whom_it_yields_to():
    pairs = {(p.get("prohibitor"), p.get("prohibited")) for p in roots()["connections.con.xml"].iter("prohibition")}
    assert ("main_e1->main_e2#0", "cross1_n_in->cross1_s_down") in pairs
    assert not any((b, a) in pairs for a, b in pairs)
    assert not any("main_e2#2->" in a for a, _ in pairs)  # a signal rules there


def test_a_boundary_is_a_dead_end_and_no_way_is_guessed_there():
    nodes = by_id(roots()["nodes.nod.xml"], "node")
    assert {n for n, e in nodes.items() if e.get("type") == "dead_end"} == {
        "W",
        "E",
        "N1",
        "N2",
        "WP",
        "EP",
        "S1",
        "S2",
    }
    dead = {c.get("from") for c in roots()["connections.con.xml"].iter("connection") if c.get("to") is None}
    assert dead == set(plan().scenario.site.network.exits())


@given(st.text(min_size=1), st.text(min_size=1))
@example(" ab", "\u20ab")
def test_names_are_such_as_sumo_reads_and_stay_apart(one, other):
    assert not re.search(r"[\s|\\'\";,<>&:/#]", sumo_name(one))
    assert one == other or sumo_name(one) != sumo_name(other)


def test_a_ring_is_a_roundabout():
    network = roundabout()
    scenario = replace(plan().scenario, site=replace(plan().scenario.site, network=network))
    ring = edges(Streets(replace(plan(), scenario=scenario, road=road_of(network, 0.0)))).findall("roundabout")
    assert len(ring) == 1
    assert set(ring[0].get("edges").split()) == {link.id for link in network.links if link.roundabout}


def test_a_strip_is_a_lane_of_its_own_for_those_who_ride():
    of = plan(**STRIPS)
    found = {name: ElementTree.fromstring(text) for name, text in files(of).items()}
    edge = by_id(found["edges.edg.xml"], "edge")["main_e1"]
    lanes = {lane.get("index"): lane.attrib for lane in edge.iter("lane")}
    assert edge.get("numLanes") == "3"
    assert lanes["0"] == {"index": "0", "allow": "bicycle", "width": "2.5"}
    assert lanes["1"]["disallow"] == lanes["2"]["disallow"] == "bicycle"
    ways = {(c.get("fromLane"), c.get("toLane")) for c in found["connections.con.xml"] if c.get("from") == "main_e1"}
    assert ("0", "0") in ways  # from strip to strip
    assert by_id(found["places.add.xml"], "parkingArea")["parking_gate"].get("lane") == "main_e2#0_1"
    assert any(v.get("type").startswith("two_wheeler") for v in found["demand.rou.xml"].iter("vehicle"))
    assert any("in files abreast" in note for note in notes(of))


# ---------------------------------------------------------------------- lights


def test_the_lights_are_ours_at_every_tick_of_a_cycle(name):
    of, road = plan(name), layout(plan(name))
    start_s, streets = of.scenario.site.demand.window.start, Streets(of)
    programs = {p.get("id"): p for p in roots(name)["signals.tll.xml"].iter("tlLogic")}
    obeyed = {
        tuple(c.get(k) for k in ("from", "fromLane", "to", "toLane")): (c.get("tl"), int(c.get("linkIndex")))
        for c in roots(name)["signals.tll.xml"].iter("connection")
    }
    assert len(obeyed) == road.road.lights.size == 18
    rows = [(row, way) for row, way in zip(road.movement_rows, of.road.ways, strict=True) if way.light.cycle_s > 0]
    over = [n for n, told in enumerate(road.lane_names) if told.startswith("crossing at_gate")]
    lanes, lights = joined(road.road.lanes), joined(road.road.lights)
    for tick in range(round(110 / of.step_s)):
        switch_lights(lanes, lights, road.road.net, tick)
        at_s = start_s + tick * of.step_s
        for row, way in rows:
            m = way.movement
            tl, n = obeyed[streets.edge(m.from_link, -1), str(m.from_lane), streets.edge(m.to_link, 0), str(m.to_lane)]
            assert shown(programs[tl], at_s)[n] in LETTERS.get(lanes[row].light, "r")
        for row in over:
            assert shown(programs["at_gate#lights"], at_s)[0] in LETTERS.get(lanes[row].light, "r")


def shown(program: ElementTree.Element, at_s: float) -> str:
    """Return a programme's state as SUMO shows it: its offset delays it."""
    durations = [float(p.get("duration")) for p in program]
    at = (at_s - float(program.get("offset"))) % sum(durations)
    for phase, duration in zip(program, durations, strict=True):
        if at < duration:
            return phase.get("state")
        at -= duration
    raise AssertionError


def test_a_left_turn_gives_way_on_green_and_traffic_straight_on_does_not():
    program = next(p for p in roots()["signals.tll.xml"].iter("tlLogic") if p.get("id") == "J2")
    turns = [w.movement for w in plan().road.ways if w.movement.node == "J2"]
    main = next(p.get("state") for p in program if p.get("duration") == "60")
    told = {(m.from_link, m.turn): main[n] for n, m in enumerate(turns)}
    assert told["main_e2", "through"] == "G"
    assert told["main_e2", "left"] == "g"
    assert told["cross2_n_in", "through"] == "r"


lights = st.tuples(st.integers(0, 59), st.integers(1, 40), st.integers(0, 5)).map(
    lambda t: LightTimes(60.0, 0.0, float(t[0]), float(t[0] + t[1]), float(t[0] + t[1] + t[2]))
)


@given(st.lists(lights, min_size=1, max_size=5))
def test_phases_fill_the_cycle_and_show_what_each_light_shows(group):
    found = phases(group, [frozenset()] * len(group))
    assert sum(seconds for seconds, _ in found) == pytest.approx(60.0)
    begin = 0.0
    for seconds, state in found:
        for at_s in (begin + 0.01, begin + seconds - 0.01):
            assert state == "".join(letter(light, at_s) for light in group)
        begin += seconds


# ---------------------------------------------------------------------- everybody who drives


def test_everybody_who_drives_here_drives_there_at_the_same_time_on_the_same_way(name):
    of = plan(name)
    streets, site = Streets(of), of.scenario.site
    _, router = roads(site.network)
    travellers = draw(of.scenario, router, SEED, 0)
    ours = dict(departures(travellers, site, router, site.demand.window.start, of.step_s))
    due = {
        t.name: t.scheduled_s for group in (travellers.families, travellers.buses, travellers.through) for t in group
    }
    theirs = by_id(roots(name)["demand.rou.xml"], "vehicle")
    assert set(theirs) == {vehicle_name(who) for who in ours}
    assert not of.left_out
    for who, departure in ours.items():
        vehicle = theirs[vehicle_name(who)]
        assert float(vehicle.get("depart")) == due[who]
        assert vehicle.find("route").get("edges") == streets.edges(departure.path)
        assert float(vehicle.get("speedFactor")) == departure.temper.speed


def test_types_move_as_our_classes_and_keep_the_drivers_time_gap():
    types, vehicles = (by_id(roots()["demand.rou.xml"], tag) for tag in ("vType", "vehicle"))
    drivers = plan().scenario.site.drivers
    ours = {"family": drivers.car, "car": drivers.car, "bus": drivers.bus}
    for v in plan().vehicles:
        its, kind = types[vehicles[vehicle_name(v.name)].get("type")], ours[v.who]
        assert float(its.get("tau")) == pytest.approx(kind.headway_s * v.headway_factor, abs=0.026)
        assert [float(its.get(k)) for k in ("accel", "decel", "length", "minGap", "maxSpeed")] == [
            kind.acceleration_m_s2,
            kind.deceleration_m_s2,
            kind.length_m,
            kind.standstill_gap_m,
            kind.top_speed_m_s,
        ]
    assert len(types) < 120


def test_no_time_gap_is_shorter_than_a_step_which_sumo_would_warn_of():
    hasty = replace(next(v for v in plan().vehicles if v.who == "car"), headway_factor=0.2)
    assert tau_s(plan(), hasty) == plan().step_s
    told = notes(replace(plan(), vehicles=(hasty,)))
    assert "time gaps shorter than a step, of 1 drivers, are as long as one, 0.5 s" in told


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    again = plan_of(resolve(load_scenario("school/baseline")), SEED)
    assert files(again) == files(plan())
    other = files(plan(seed=SEED + 1))
    assert other["demand.rou.xml"] != files(plan())["demand.rou.xml"]
    assert other["edges.edg.xml"] == files(plan())["edges.edg.xml"]


# ---------------------------------------------------------------------- stops


def test_berths_and_bays_lie_where_ours_lie_and_hold_as_many(name):
    areas, streets = by_id(roots(name)["places.add.xml"], "parkingArea"), Streets(plan(name))
    zones = [z for z in plan(name).scenario.site.network.curb_zones if z.kind != "in_lane"]
    assert {z.id for z in zones} | {"remote#0", "remote#1"} == set(areas)
    for zone in zones:
        area = areas[zone.id]
        edge, _, lane = area.get("lane").rpartition("_")
        piece = plan(name).road.pieces[zone.link][int(edge.rpartition("#")[2])]
        assert lane == "0"
        assert float(area.get("startPos")) + piece.from_m == pytest.approx(zone.from_m)
        assert float(area.get("endPos")) + piece.from_m == pytest.approx(zone.to_m)
        assert int(area.get("roadsideCapacity")) == zone.berths
    assert streets.zone(zones[0])[0] == areas[zones[0].id].get("lane")


def test_every_bus_stops_at_its_bay_for_its_drawn_time_and_every_family_somewhere():
    buses = {b.name: b for b in draw(plan().scenario, roads(plan().scenario.site.network)[1], SEED, 0).buses}
    stops = {v.get("id"): v.find("stop") for v in roots()["demand.rou.xml"].iter("vehicle")}
    for v in plan().vehicles:
        stop = stops[vehicle_name(v.name)]
        assert (stop is None) == (v.who not in ("bus", "family"))
        if v.who == "bus":
            assert stop.get("parkingArea") == {"east": "bus_gate", "west": "bus_opposite"}[v.name[4:8]]
            bus = buses[v.name]
            assert float(stop.get("duration")) == pytest.approx(bus.dwell_s + bus.own_manoeuvre_s, abs=1e-3)


def test_who_stops_in_the_lane_stands_within_the_stretch_from_its_own_length_on():
    stops = [v.find("stop") for v in roots()["demand.rou.xml"].iter("vehicle")]
    found = {(s.get("lane"), s.get("startPos"), s.get("endPos")) for s in stops if s is not None and s.get("lane")}
    assert ("main_e2#0_0", "173.3", "208.5") in found  # 176 m, a car of 4.8 m, and 7.5 m before the link begins
    assert len(found) == 2


def test_families_are_sent_to_the_zones_of_their_side_in_turn_by_berths():
    sent = Counter(v.stop.zone for v in plan().vehicles if v.who == "family")
    assert abs(sent["parking_gate"] - sent["stopping_gate"]) <= 1  # six berths each
    assert sent["stopping_opposite"] > 0
    assert sent.total() == 418


def test_who_escorts_from_a_berth_stops_for_the_walk_and_the_others_for_the_dwell():
    families = {f.name: f for f in draw(plan().scenario, roads(plan().scenario.site.network)[1], SEED, 0).families}
    for v in plan().vehicles:
        if v.who == "family":
            family = families[v.name]
            walk_s = v.stop.duration_s - family.dwell_s - family.own_manoeuvre_s
            escorted = family.escorts and v.stop.zone == "parking_gate"
            assert walk_s > 100.0 if escorted else walk_s == pytest.approx(0.0, abs=2e-3)


def test_nobody_stays_longer_than_is_tolerated():
    short = plan(site__network__curb_zones__1__max_stay_s=10.0)
    families = {f.name: f for f in draw(short.scenario, roads(short.scenario.site.network)[1], SEED, 0).families}
    told = [v for v in short.vehicles if v.stop is not None and v.stop.zone == "stopping_gate"]
    assert max(v.stop.duration_s - families[v.name].own_manoeuvre_s for v in told) == pytest.approx(10.0)


def test_a_warden_shortens_the_stops_of_those_who_obey():
    here, there = ({v.name: v.stop for v in plan(name).vehicles} for name in ("school/baseline", "school/warden"))
    shorter = {n for n, stop in there.items() if stop and stop.duration_s < here[n].duration_s - 1e-6}
    assert all(there[n].zone in ("parking_gate", "stopping_gate") for n in shorter)
    gate = [v for v in plan("school/warden").vehicles if v.stop and v.stop.zone in ("parking_gate", "stopping_gate")]
    assert 0.8 < len(shorter) / len(gate) < 1.0  # compliance 0.9


def test_whoever_finds_berths_full_is_sent_to_the_remote_parking():
    rerouter = places(Streets(plan())).find("rerouter")
    assert "main_e2#0" in rerouter.get("edges").split()
    assert {r.get("id") for r in rerouter.iter("parkingAreaReroute")} == {"parking_gate", "remote#0", "remote#1"}


def test_a_remote_parking_at_the_very_start_of_a_link_has_a_place_beside_it():
    of = plan()
    site = of.scenario.site
    at_start = tuple(replace(p, at_m=0.0) for p in site.remote_parking)
    moved = replace(of, scenario=replace(of.scenario, site=replace(site, remote_parking=at_start)))
    areas = by_id(places(Streets(moved)), "parkingArea")
    for n in range(len(at_start)):
        begin, end = (float(areas[f"remote#{n}"].get(key)) for key in ("startPos", "endPos"))
        assert end - begin == pytest.approx(5.0)


# ---------------------------------------------------------------------- people on foot

ZEBRA = {"site__network__crossings__0__control": "zebra"}


def test_whoever_crosses_at_a_zebra_here_crosses_there_at_the_same_time():
    of = plan(**ZEBRA)
    root = ElementTree.fromstring(files(of)["demand.rou.xml"])
    site, start_s = of.scenario.site, of.scenario.site.demand.window.start
    ours = walkers_at_zebras(draw(of.scenario, roads(site.network)[1], SEED, 0), site, start_s, of.step_s)
    people = list(root.iter("person"))
    assert len(people) == len(ours) > 300
    assert sorted(float(p.get("depart")) for p in people) == sorted(start_s + w.due * of.step_s for w in ours)
    to_gate = [p for p in people if p.find("walk").get("edges") == "at_gate#0#far at_gate#0#gate"]
    assert len(to_gate) == sum(bool(w.who) for w in ours)
    comes = [float(e.get("depart")) for e in root if e.tag in ("vehicle", "person")]
    assert comes == sorted(comes)


def test_a_zebra_crosses_both_directions_between_footways_on_either_side():
    texts = {name: ElementTree.fromstring(text) for name, text in files(plan(**ZEBRA)).items() if name.endswith("xml")}
    (crossing,) = texts["connections.con.xml"].iter("crossing")
    assert (crossing.get("node"), crossing.get("priority")) == ("at_gate#0", "true")
    assert set(crossing.get("edges").split()) == {"main_e2#0", "main_w2#1"}
    nodes = {n.get("id"): (float(n.get("x")), float(n.get("y"))) for n in texts["nodes.nod.xml"].iter("node")}
    (x, y), gate, far = (nodes[f"at_gate#0{side}"] for side in ("", "#gate", "#far"))
    assert gate[1] < y - 7.0  # on the right of those who drive east
    assert far[1] > y + 7.0
    assert gate[0] == pytest.approx(x) == pytest.approx(far[0])
    for edge in texts["edges.edg.xml"].iter("edge"):
        allowed = [lane.get("allow") for lane in edge.iter("lane")]
        assert ("pedestrian" in edge.get("disallow", "")) != ("pedestrian" in allowed)


def test_without_a_zebra_nobody_walks_and_lanes_are_as_they_were():
    assert not list(roots()["connections.con.xml"].iter("crossing"))
    assert not list(roots()["demand.rou.xml"].iter("person"))
    assert "pedestrian" not in files(plan())["edges.edg.xml"]


# ---------------------------------------------------------------------- what SUMO cannot say


def test_what_cannot_be_said_is_told_and_only_that():
    told = "\n".join(notes(plan()))
    for word in ("choice of a place", "escorts", "double parking", "people on foot", "crossings with signal (at_gate)"):
        assert word in told
    assert "warden" not in told
    assert "crossings without signal" not in told
    assert "the warden" in "\n".join(notes(plan("school/warden")))
    nobody = notes(replace(plan(**ZEBRA), pedestrians=()))
    assert any("crossings without signal (at_gate)" in line for line in nobody)
    zebra = "\n".join(notes(plan(**ZEBRA)))
    assert "here a share of them (at_gate: 0.5)" in zebra
    assert "crossings without signal" not in zebra


def test_traffic_that_keeps_left_is_told_to_netconvert():
    left = plan(site__network__traffic_side="left")
    assert ElementTree.fromstring(files(left)["build.netccfg"]).find("processing/lefthand").get("value") == "true"
    assert roots()["build.netccfg"].find("processing/lefthand").get("value") == "false"
