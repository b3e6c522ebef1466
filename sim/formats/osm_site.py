"""Builds a whole site from an OpenStreetMap extract: streets, gate, curb and an assumed demand."""

from dataclasses import dataclass, replace

from sim.formats.osm_clip import street_graph
from sim.formats.osm_control import Features, Restrictions, crossings, features, turn_bans
from sim.formats.osm_curb import BusZone, Curb, bus_zones, gate_crossing, school_zones
from sim.formats.osm_demand import Ways, bus_berths, bus_flow, bus_lines, demand
from sim.formats.osm_flows import Flow, Junctions, bearable, past_gate, through_flows, weight
from sim.formats.osm_gate import Found, find_gate
from sim.formats.osm_graph import Graph, simplified
from sim.formats.osm_network import Layout, around, kept, lay_out, usable
from sim.formats.osm_parking import remote_parking
from sim.formats.osm_place import Place
from sim.formats.osm_read import Extract, Plane
from sim.formats.osm_signals import assumed_signals, with_signals
from sim.formats.osm_stops import Stop, Stops, bus_stops
from sim.formats.osm_tags import STREETS, STREETS_AND_SERVICE
from sim.formats.osm_turn_lanes import Marked, turn_lanes
from sim.scenario.check import check_site
from sim.scenario.drivers import Drivers
from sim.scenario.faults import BadInput, Fault
from sim.scenario.junctions import movements
from sim.scenario.network import Network, Side
from sim.scenario.routes import Router
from sim.scenario.site import Gate, Site

STREET_NEAR_M = 80.0  # without a street this near, service roads are taken in
STOPS_KEPT = 8  # the bus stops nearest the gate that get a zone and a line


@dataclass(frozen=True)
class Area:
    """The study area: what is in the file, around which place, how far, and on which side they drive."""

    extract: Extract
    plane: Plane
    place: Place
    radius_m: float
    side: Side
    where: str
    """The file, for faults."""


@dataclass(frozen=True)
class Streets:
    """The streets of the area with signals, bans and crossings, and the gate on them."""

    layout: Layout
    found: Found
    marks: Features
    restrictions: Restrictions
    marked: Marked
    signals_assumed: int
    dropped_m: float
    """Length of streets [m] that no way in or out leads over."""


@dataclass(frozen=True)
class Imported:
    """A site and what had to be found and assumed on the way."""

    site: Site
    streets: Streets
    stops: Stops
    buses: tuple[BusZone, ...]
    crossing_assumed: bool
    flows_wished: tuple[Flow, ...]
    flows: tuple[Flow, ...]
    cut_off: tuple[str, ...]
    """Entries from which nobody gets to the gate."""
    nobody_across: bool
    """Has the far side no places to stop because nobody gets on from there?"""


def build(area: Area, name: str, title: str, enrolment: int, drivers: Drivers) -> Imported:
    """Return the site; raise BadInput where no street leads past the place and out of the area again."""
    streets = find_streets(area)
    layout, gate = streets.layout, streets.found.gate
    stops = bus_stops(layout, area.extract, area.plane, area.radius_m)
    network, buses, assumed = _with_curb(layout, gate, area, stops)
    moves = movements(network)
    router = Router(network, moves)
    parking = remote_parking(network, router, gate)
    places = tuple(place.link for place in parking)
    with_all = network
    if gate.opposite_link is not None and not _gets_on(router, gate.link, gate.opposite_link, places):
        network = _without_stops(network, gate.opposite_link)
    ways = _ways(layout, network, router, gate, places)
    if not ways.entries or not ways.exits:
        raise BadInput(_fault(area, "a gate that nobody from outside reaches and leaves again"))
    wished = through_flows(layout, network, router)
    flows = past_gate(bearable(wished, Junctions(network, moves)), gate.link)
    weights = {link: weight(layout, link) for link in (*network.entries(), *network.exits())}
    lines = bus_lines(network, router, buses, weights)
    cut_off = tuple(entry for entry in network.entries() if entry not in ways.entries)
    people = demand(network, gate, ways, router, flows, lines, enrolment)
    site = Site(
        name=name, title=title, network=network, gate=gate, demand=people, drivers=drivers, remote_parking=parking
    )
    faults = check_site(site)
    if faults:
        found = f"{faults[0].where}: {faults[0].found}, not {faults[0].expected}"
        raise BadInput(_fault(area, f"too few streets for a morning, {found}"))
    return Imported(site, streets, stops, buses, assumed, wished, flows, cut_off, network != with_all)


def find_streets(area: Area) -> Streets:
    """Return the streets that lead to the gate, by service roads only if no public street is near the school."""
    public = _gate_and_streets(area, STREETS)
    if public is None or public.found.off_m > STREET_NEAR_M:
        all_roads = _gate_and_streets(area, STREETS_AND_SERVICE)
        if all_roads is not None and (public is None or all_roads.found.off_m < public.found.off_m - STREET_NEAR_M / 2):
            return all_roads
    if public is None:
        raise BadInput(_fault(area, "no street that leads past the place and out of the study area"))
    return public


def _fault(area: Area, found: str) -> Fault:
    found = f"{found} (around {area.place.label}, {area.radius_m:g} m)"
    return Fault(area.where, found, "a larger --radius, or a place on a street")


def _gate_and_streets(area: Area, classes: frozenset[str]) -> Streets | None:
    """Return the usable streets that hang together with the gate, or None if there are none."""
    first = simplified(street_graph(area.extract, area.plane, area.radius_m, classes))
    layout = _usable(first, area)
    found = find_gate(layout, area.place, area.extract, area.plane)
    if found is None:
        return None
    layout = _usable(around(layout.graph, layout.edge(found.gate.link).a), area)
    found = find_gate(layout, area.place, area.extract, area.plane)
    if found is None:
        return None
    dropped_m = sum(e.length_m for e in first.edges) - sum(e.length_m for e in layout.graph.edges)
    marks = features(layout.graph, area.extract)
    assumed = assumed_signals(layout, marks.signalled)
    marked = turn_lanes(layout, area.extract)
    network = replace(layout.network, turn_lanes=marked.lanes, crossings=crossings(layout, marks))
    layout = replace(layout, network=network)
    layout = replace(layout, network=with_signals(layout, marks.signalled | assumed))
    names = {layout.node_ids[key] for key in assumed}
    signals_assumed = sum(node.signal is not None and node.id in names for node in layout.network.nodes)
    banned = turn_bans(layout, area.extract)
    return Streets(layout, found, marks, banned, marked, signals_assumed, max(dropped_m, 0.0))


def _usable(graph: Graph, area: Area) -> Layout:
    """Return the layout of the streets on some way in and out, turn bans heeded."""
    while True:
        layout = lay_out(graph, area.side)
        bans = turn_bans(layout, area.extract).bans
        layout = replace(layout, network=replace(layout.network, turn_bans=bans))
        used = usable(layout.network)
        if len(used) == len(layout.network.links):
            return layout
        graph = simplified(kept(layout, used))


def _with_curb(layout: Layout, gate: Gate, area: Area, stops: Stops) -> tuple[Network, tuple[BusZone, ...], bool]:
    """Return the network with its curb zones, the bus zones, and whether a crossing at the gate was assumed."""
    network = layout.network
    curb = Curb(network)
    near = sorted(stops.placed, key=lambda stop: (_away(network, gate, stop), stop.key))[:STOPS_KEPT]
    berths = {s.key: bus_berths(bus_flow(len(s.routes), network.link(s.link).lanes)) for s in near}
    buses = bus_zones(curb, tuple(near), berths)
    crossing = gate_crossing(network, curb, gate)
    zones = (*(each.zone for each in buses), *school_zones(curb, layout, gate, area.extract))
    crossed = network.crossings if crossing is None else (*network.crossings, crossing)
    return replace(network, curb_zones=zones, crossings=crossed), buses, crossing is not None


def _away(network: Network, gate: Gate, stop: Stop) -> float:
    (x0, y0), (x1, y1) = network.position(gate.link, gate.at_m), network.position(stop.link, stop.at_m)
    return float((x1 - x0) ** 2 + (y1 - y0) ** 2)


def _gets_on(router: Router, near: str, far: str, parking: tuple[str, ...]) -> bool:
    """Tell whether who stopped on the far side gets to the parking, and out where those on the near side do."""
    together = any(router.path(near, x) and router.path(far, x) for x in router.network.exits())
    return together and all(router.path(far, place) for place in parking)


def _without_stops(network: Network, link: str) -> Network:
    """Return the network without the places where parents stop on a link."""
    zones = tuple(z for z in network.curb_zones if z.link != link or z.users != "school")
    return replace(network, curb_zones=zones)


def _ways(layout: Layout, network: Network, router: Router, gate: Gate, parking: tuple[str, ...]) -> Ways:
    """Return by which entries parents get to the gate, and by which exits they leave from wherever they stopped."""
    entries = {e: weight(layout, e) for e in network.entries() if router.path(e, gate.link)}
    stops = {zone.link for zone in network.curb_zones if zone.users == "school"} | {gate.link}
    from_curb = [x for x in network.exits() if all(router.path(link, x) for link in stops)]
    from_all = [x for x in from_curb if all(router.path(place, x) for place in parking)]
    return Ways(entries, {x: weight(layout, x) for x in from_all or from_curb})
