"""Imports a school's streets from an OpenStreetMap file as a site folder that runs as it is and can be edited."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot, isfinite
from pathlib import Path

from pydantic import TypeAdapter

from sim.formats.osm_curb import parking_tag
from sim.formats.osm_demand import PUPILS
from sim.formats.osm_place import Place, find_place
from sim.formats.osm_read import OsmFile, Plane, read_extract
from sim.formats.osm_side import traffic_side
from sim.formats.osm_site import Area, Imported, build
from sim.formats.osm_tags import STREETS_AND_SERVICE, read_street
from sim.scenario.drivers import Drivers
from sim.scenario.faults import BadInput, Fault
from sim.scenario.files import appearing_folder
from sim.scenario.network import Side
from sim.scenario.places import check_new_site
from sim.scenario.read import population
from sim.scenario.site import Site
from sim.scenario.write import write_site

ATTRIBUTION = "Map data (c) OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright)"
RADIUS_M = (100.0, 5000.0)
PUPILS_RANGE = (1, 20_000)
MARGIN_M = 1000.0  # streets are read this far beyond the study area, to know where they go on
FEW_BERTHS = 6
NEAR_EDGE_M = 150.0
CAPACITY_KEYS = ("capacity:pupils", "capacity:students", "capacity:persons", "capacity")


CHINA = ((73.0, 135.0), (18.0, 54.0))  # [degrees] longitudes and latitudes that count as China


@dataclass(frozen=True)
class Summary:
    """What an import read, kept, dropped and assumed."""

    folder: Path
    place: str
    key: str
    radius_m: float
    side: Side
    side_told: str
    links: int
    street_m: float
    dropped_m: float
    entries: int
    exits: int
    gate_street: str
    gate_class: str
    gate_lanes: int
    gate_link: str
    gate_off_m: float
    gate_told: str
    ways: int
    ways_without_lanes: int
    ways_without_speed: int
    ways_with_turn_lanes: int
    links_with_turn_lanes: int
    signals: int
    signals_assumed: int
    turn_bans: int
    restrictions_skipped: int
    crossings: int
    crossings_in_junctions: int
    crossing_assumed: bool
    bus_stops: int
    bus_stops_far: int
    bus_zones: int
    school_berths: int
    pupils: int
    pupils_told: str
    through_veh_h: float
    through_wished_veh_h: float
    gate_veh_h: float
    warnings: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the summary as a planner reads it, one fact a line."""
        street = f"{self.gate_street or 'an unnamed street'} ({self.gate_class}, {self.gate_lanes} lane(s) this way)"
        lines = [
            f"{self.place} ({self.key}), streets within {self.radius_m:g} m",
            f"gate: on {street}, link {self.gate_link}, {self.gate_off_m:.0f} m from the school [{self.gate_told}]",
            f"network: {self.links} links, {self.street_m / 1000:.1f} km of street, {self.entries} entries, "
            f"{self.exits} exits; {self.dropped_m / 1000:.1f} km dropped that lead nowhere from there",
            f"traffic keeps {self.side} [{self.side_told}]",
            f"lanes: assumed by class on {self.ways_without_lanes} of {self.ways} ways; "
            f"speed: on {self.ways_without_speed} of {self.ways}",
            f"turn lanes: told on {self.ways_with_turn_lanes} way(s), read at the ends of "
            f"{self.links_with_turn_lanes} link(s), elsewhere worked out",
            f"signals: {self.signals} mapped, {self.signals_assumed} assumed where main streets cross; "
            "all programmes assumed",
            f"turn bans: {self.turn_bans}; restrictions skipped (over a way, not placed): {self.restrictions_skipped}",
            f"crossings: {self.crossings} between junctions, {self.crossings_in_junctions} at junctions left out"
            + (", one assumed at the gate" if self.crossing_assumed else ""),
            f"bus stops: {self.bus_stops} mapped at a street, the {self.bus_zones} nearest the gate are served; "
            f"{self.bus_stops_far} too far from any lane",
            f"school: {self.pupils} pupils [{self.pupils_told}], {self.school_berths} places to stop near the gate",
            f"through traffic: {self.through_veh_h:.0f} veh/h in the peak hour [assumption by class and lanes, "
            f"cut from {self.through_wished_veh_h:.0f} to what junctions carry], {self.gate_veh_h:.0f} past the gate",
        ]
        lines += [f"note: {warning}" for warning in self.warnings]
        return [*lines, f"written to {self.folder}", ATTRIBUTION]


def import_osm(
    file: Path,
    *,
    around: str,
    radius_m: float,
    out: Path,
    pupils: int | None = None,
    side: Side | None = None,
) -> Summary:
    """Write a site folder for the streets around a school or hospital, and tell what was read and assumed.

    `around` is a name or an id ("way/123", "node/123", "123"); `radius_m` the study area's radius [m]; `side`
    the side on which traffic keeps, told from the position where it is left out. Raises BadInput, and then
    nothing is written.
    """
    _check(radius_m, out, pupils)
    osm_file = OsmFile(file)
    place = find_place(osm_file, around)
    extract = read_extract(osm_file, place.lon, place.lat, radius_m + MARGIN_M)
    keeps = side or traffic_side(place.lon, place.lat)
    area = Area(extract, Plane(place.lon, place.lat), place, radius_m, keeps, str(file))
    enrolment, told = _enrolment(place, pupils)
    done = build(
        area,
        out.name,
        f"{place.label}: streets from OpenStreetMap, demand assumed",
        enrolment,
        _drivers(place.lon, place.lat),
    )
    summary = _summary(done, area, out, side, told)
    _write(done, summary, out)
    return summary


def _check(radius_m: float, out: Path, pupils: int | None) -> None:
    """Raise BadInput with every fault of the arguments."""
    faults = []
    if not (isfinite(radius_m) and RADIUS_M[0] <= radius_m <= RADIUS_M[1]):
        faults.append(Fault("--radius", f"{radius_m:g} m", f"{RADIUS_M[0]:g} to {RADIUS_M[1]:g} m"))
    if pupils is not None and not PUPILS_RANGE[0] <= pupils <= PUPILS_RANGE[1]:
        faults.append(Fault("--pupils", str(pupils), f"{PUPILS_RANGE[0]} to {PUPILS_RANGE[1]}"))
    faults += check_new_site(out)
    if faults:
        raise BadInput(*faults)


def _enrolment(place: Place, pupils: int | None) -> tuple[int, str]:
    """Return the number of pupils and who told it."""
    if pupils is not None:
        return pupils, "given"
    for key in CAPACITY_KEYS:
        value = place.tags.get(key, "")
        if value.isdecimal() and PUPILS_RANGE[0] <= int(value) <= PUPILS_RANGE[1]:
            return int(value), f"OSM {key}"
    return PUPILS, "assumption"


def _summary(done: Imported, area: Area, out: Path, side: Side | None, enrolment_told: str) -> Summary:
    site, streets = done.site, done.streets
    network, gate, graph = site.network, site.gate, streets.layout.graph
    link = network.link(gate.link)
    street = streets.layout.edge(gate.link).street
    ways = [area.extract.ways[id] for id in {id for edge in graph.edges for id in edge.ways}]
    as_read = [told for way in ways if (told := read_street(way, STREETS_AND_SERVICE)) is not None]
    signals = sum(node.signal is not None for node in network.nodes)
    return Summary(
        folder=out,
        place=area.place.label,
        key=str(area.place.key),
        radius_m=area.radius_m,
        side=area.side,
        side_told="given" if side else "told from the position",
        links=len(network.links),
        street_m=sum(edge.length_m for edge in graph.edges),
        dropped_m=streets.dropped_m,
        entries=len(network.entries()),
        exits=len(network.exits()),
        gate_street=link.name,
        gate_class=street.highway.replace("_", " "),
        gate_lanes=link.lanes,
        gate_link=gate.link,
        gate_off_m=streets.found.off_m,
        gate_told=streets.found.source,
        ways=len(ways),
        ways_without_lanes=sum(not told.lanes_tagged for told in as_read),
        ways_without_speed=sum(not told.speed_tagged for told in as_read),
        ways_with_turn_lanes=sum(any(key.startswith("turn:lanes") for key in way.tags) for way in ways),
        links_with_turn_lanes=streets.marked.links,
        signals=signals - streets.signals_assumed,
        signals_assumed=streets.signals_assumed,
        turn_bans=len(network.turn_bans),
        restrictions_skipped=streets.restrictions.skipped,
        crossings=len(network.crossings) - done.crossing_assumed,
        crossings_in_junctions=streets.marks.near_junctions,
        crossing_assumed=done.crossing_assumed,
        bus_stops=len(done.stops.placed),
        bus_stops_far=done.stops.far,
        bus_zones=len(site.demand.bus_lines),
        school_berths=sum(zone.berths for zone in network.curb_zones if zone.users == "school"),
        pupils=site.demand.pupils.enrolment,
        pupils_told=enrolment_told,
        through_veh_h=sum(flow.flow_veh_h for flow in site.demand.through),
        through_wished_veh_h=sum(flow.veh_h for flow in done.flows_wished),
        gate_veh_h=sum(flow.veh_h for flow in done.flows if gate.link in flow.path),
        warnings=tuple(_warnings(done, area)),
    )


def _warnings(done: Imported, area: Area) -> Iterator[str]:
    """Yield what a planner should look at before trusting the site."""
    site, streets = done.site, done.streets
    network, gate = site.network, site.gate
    if area.place.is_hospital:
        yield "this is a hospital; the demand is a school's until a hospital's is described"
    yield from streets.marked.notes
    if not streets.found.curb_side:
        yield "the street at the gate is one-way with its curb lane on the far side from the school"
    if not any(gate.link in flow.path for flow in done.flows):
        yield "no through traffic passes the gate on the quickest ways: the second target is not applicable"
    if done.cut_off:
        entries = "1 entry" if len(done.cut_off) == 1 else f"{len(done.cut_off)} entries"
        yield f"from {entries} nobody gets to the gate: {', '.join(done.cut_off)}"
    if done.nobody_across:
        yield "nobody stops across the street: from there no way leads on to the parking, or out as from the gate"
    if sum(zone.berths for zone in network.curb_zones if zone.users == "school") < FEW_BERTHS:
        yield "there is little curb at the gate between junctions, crossings and bus stops"
    if not site.remote_parking:
        yield "no street leads on to a place further off where parents could park"
    for link in (gate.link, gate.opposite_link):
        if link is not None and parking_tag(streets.layout, link, area.extract) == "banned":
            yield f"the map bans stopping on link {link}, yet some is assumed to be tolerated there"
    x, y = network.position(gate.link, gate.at_m)
    if area.radius_m - hypot(x, y) < NEAR_EDGE_M:
        yield "the gate lies near the study area's edge: take a larger radius"


def _write(done: Imported, summary: Summary, out: Path) -> None:
    """Write the site's folder whole or not at all."""
    with appearing_folder(out) as draft:
        write_site(done.site, draft)
        for name, text in _scenarios(done.site).items():
            (draft / name).write_text(text, encoding="utf-8")
        (draft / "import.txt").write_text("\n".join(summary.lines()) + "\n", encoding="utf-8")


def _drivers(lon: float, lat: float) -> Drivers:
    """Return the population of drivers for a position: China's, or the one for everywhere else."""
    (west, east), (south, north) = CHINA
    name = "china" if west <= lon <= east and south <= lat <= north else "us"
    return TypeAdapter(Drivers).validate_python(population(name))


def _scenarios(site: Site) -> dict[str, str]:
    """Return the texts of the baseline and of first measures: a warden, and bays in place of stopping in the lane."""
    texts = {"baseline.yaml": f"title: As it is today\nsite: {site.name}\n"}
    zones = [z for z in site.network.curb_zones if z.users == "school" and z.link == site.gate.link]
    lane = [z for z in zones if z.kind == "in_lane"]
    if zones:
        texts["warden.yaml"] = (
            "title: A warden at the curb on the gate's side\n"
            f"site: {site.name}\n"
            "interventions:\n"
            f"  - warden: {{zones: [{', '.join(z.id for z in zones)}]}}   # von Bartheld 2011 [F]; compliance [A]\n"
        )
    if lane:
        zone = lane[0]
        texts["drop_off_bays.yaml"] = (
            f"title: {zone.berths} stop-and-go bays in place of stopping in the lane\n"
            f"site: {site.name}\n"
            "interventions:\n"
            f"  - stop_and_go: {{id: bays, link: {zone.link}, from_m: {zone.from_m:g}, to_m: {zone.to_m:g}, "
            f"berths: {zone.berths}, replaces: [{zone.id}]}}   # [A]\n"
        )
    return texts
