"""What types cannot say: names that must exist, offsets that must lie on their links, ways that must lead somewhere."""

from collections.abc import Iterable, Iterator

from sim.scenario.faults import Fault, near_miss
from sim.scenario.junctions import movements, setback_m
from sim.scenario.network import Network, Signal
from sim.scenario.routes import Router
from sim.scenario.site import Site

SHORTEST_BERTH_M = {"school": 4.0, "bus": 11.0}
TOLERANCE = 1e-6


def check_site(site: Site, where: str = "") -> list[Fault]:
    """Return every fault of a site, with the path of the key; `where` names the file."""
    named = [*_ids(site), *_names(site)]
    faults = named or [*_offsets(site), *_zones(site), *_signals(site.network), *_shares(site), *_times(site)]
    if not faults:
        faults = list(_ways(site))
    return [Fault(f"{where}: {f.where}" if where else f.where, f.found, f.expected, f.near) for f in faults]


def _ids(site: Site) -> Iterator[Fault]:
    """Yield ids that stand twice."""
    network = site.network
    groups = {
        "network.nodes": [n.id for n in network.nodes],
        "network.links": [x.id for x in network.links],
        "network.crossings": [c.id for c in network.crossings],
        "network.curb_zones": [z.id for z in network.curb_zones],
        "guardrails": [r.id for r in site.guardrails],
        "waiting_areas": [w.id for w in site.waiting_areas],
        "demand.bus_lines": [b.id for b in site.demand.bus_lines],
    }
    for path, ids in groups.items():
        for n, id in enumerate(ids):
            if id in ids[:n]:
                yield Fault(f"{path}.{n}.id", id, "an id that no other has")
    for n, link in enumerate(network.links):
        if link.from_node == link.to_node:
            yield Fault(f"network.links.{n}.to_node", link.to_node, "another node than from_node")


def _names(site: Site) -> Iterator[Fault]:
    """Yield names of things that do not exist."""
    network, demand = site.network, site.demand
    nodes, links = [n.id for n in network.nodes], [x.id for x in network.links]
    entries, exits = list(network.entries()), list(network.exits())
    zones = [z.id for z in network.curb_zones]

    def one(path: str, name: str | None, known: list[str], kind: str) -> Iterator[Fault]:
        if name is not None and name not in known:
            yield Fault(path, name, f"the id of {kind}", near_miss(name, known))

    for n, link in enumerate(network.links):
        yield from one(f"network.links.{n}.from_node", link.from_node, nodes, "a node")
        yield from one(f"network.links.{n}.to_node", link.to_node, nodes, "a node")
    for n, node in enumerate(network.nodes):
        into = [x.id for x in network.links if x.to_node == node.id]
        for s, stage in enumerate(node.signal.stages if node.signal else ()):
            for a, name in enumerate(stage.approaches):
                at = f"network.nodes.{n}.signal.stages.{s}.approaches.{a}"
                yield from one(at, name, into, f"a link that leads to {node.id}")
    for n, ban in enumerate(network.turn_bans):
        yield from one(f"network.turn_bans.{n}.from_link", ban.from_link, links, "a link")
        yield from one(f"network.turn_bans.{n}.to_link", ban.to_link, links, "a link")
    for n, crossing in enumerate(network.crossings):
        for c, crossed in enumerate(crossing.links):
            yield from one(f"network.crossings.{n}.links.{c}.link", crossed.link, links, "a link")
    groups: dict[str, Iterable[tuple[str, str | None]]] = {
        "network.curb_zones": [("link", z.link) for z in network.curb_zones],
        "guardrails": [("link", r.link) for r in site.guardrails],
        "waiting_areas": [("link", w.link) for w in site.waiting_areas],
        "remote_parking": [("link", p.link) for p in site.remote_parking],
    }
    for path, pairs in groups.items():
        for n, (key, name) in enumerate(pairs):
            yield from one(f"{path}.{n}.{key}", name, links, "a link")
    yield from one("gate.link", site.gate.link, links, "a link")
    yield from one("gate.opposite_link", site.gate.opposite_link, links, "a link")
    for n, origin in enumerate(demand.pupils.origins):
        yield from one(f"demand.pupils.origins.{n}.entry", origin.entry, entries, "an entry")
    for n, departure in enumerate(demand.pupils.departures):
        yield from one(f"demand.pupils.departures.{n}.exit", departure.exit, exits, "an exit")
    for n, flow in enumerate(demand.through):
        yield from one(f"demand.through.{n}.entry", flow.entry, entries, "an entry")
        yield from one(f"demand.through.{n}.exit", flow.exit, exits, "an exit")
    for n, turning in enumerate(demand.turning):
        for i, name in enumerate(turning.links):
            yield from one(f"demand.turning.{n}.links.{i}", name, links, "a link")
    for n, line in enumerate(demand.bus_lines):
        yield from one(f"demand.bus_lines.{n}.entry", line.entry, entries, "an entry")
        yield from one(f"demand.bus_lines.{n}.exit", line.exit, exits, "an exit")
        yield from one(f"demand.bus_lines.{n}.stop", line.stop, zones, "a curb zone")


def _offsets(site: Site) -> Iterator[Fault]:
    """Yield offsets that do not lie on their links."""
    network = site.network

    def on(path: str, link: str, at_m: float) -> Iterator[Fault]:
        length = network.length(network.link(link))
        if at_m > length + TOLERANCE:
            yield Fault(path, f"{at_m:g} m", f"at most {length:.1f} m, where link {link} ends")

    for n, crossing in enumerate(network.crossings):
        for c, crossed in enumerate(crossing.links):
            yield from on(f"network.crossings.{n}.links.{c}.at_m", crossed.link, crossed.at_m)
    for n, zone in enumerate(network.curb_zones):
        yield from on(f"network.curb_zones.{n}.from_m", zone.link, zone.from_m)
        yield from on(f"network.curb_zones.{n}.to_m", zone.link, zone.to_m)
    for n, rail in enumerate(site.guardrails):
        yield from on(f"guardrails.{n}.to_m", rail.link, rail.to_m)
        if rail.to_m <= rail.from_m:
            yield Fault(f"guardrails.{n}.to_m", f"{rail.to_m:g} m", f"more than from_m, {rail.from_m:g} m")
    for n, area in enumerate(site.waiting_areas):
        yield from on(f"waiting_areas.{n}.at_m", area.link, area.at_m)
    for n, parking in enumerate(site.remote_parking):
        yield from on(f"remote_parking.{n}.at_m", parking.link, parking.at_m)
    yield from on("gate.at_m", site.gate.link, site.gate.at_m)


def _zones(site: Site) -> Iterator[Fault]:
    """Yield curb zones that are too short, overlap, or reach into a junction or over a crossing."""
    network = site.network
    setbacks = setback_m(network)
    zones = network.curb_zones
    for n, zone in enumerate(zones):
        path = f"network.curb_zones.{n}"
        if zone.to_m <= zone.from_m:
            yield Fault(f"{path}.to_m", f"{zone.to_m:g} m", f"more than from_m, {zone.from_m:g} m")
            continue
        least = SHORTEST_BERTH_M[zone.users]
        if zone.berth_length_m < least - TOLERANCE:
            found = f"{zone.berths} berths of {zone.berth_length_m:.1f} m in {zone.id}"
            yield Fault(f"{path}.berths", found, f"berths of at least {least:g} m")
        begin, end = setbacks[zone.link]
        length = network.length(network.link(zone.link))
        if zone.from_m < begin or zone.to_m > length - end:
            found = f"{zone.from_m:g}-{zone.to_m:g} m"
            yield Fault(f"{path}.from_m", found, f"{begin:.1f}-{length - end:.1f} m, between the junctions of {zone.link}")
        for other in zones[:n]:
            if other.link == zone.link and other.from_m < zone.to_m - TOLERANCE and zone.from_m < other.to_m - TOLERANCE:
                found = f"{zone.from_m:g}-{zone.to_m:g} m"
                yield Fault(f"{path}.from_m", found, f"no overlap with {other.id}, {other.from_m:g}-{other.to_m:g} m")
        for crossing in network.crossings:
            for crossed in crossing.links:
                if crossed.link == zone.link and zone.from_m < crossed.at_m < zone.to_m:
                    found = f"{zone.from_m:g}-{zone.to_m:g} m"
                    expected = f"an end before or a start beyond the crossing {crossing.id} at {crossed.at_m:g} m"
                    yield Fault(f"{path}.to_m", found, expected)
    if not site.remote_parking and not any(z.users == "school" and z.link == site.gate.link for z in zones):
        yield Fault("network.curb_zones", "no place for parents to stop", "a zone on the gate's link, or remote parking")
    for n, line in enumerate(site.demand.bus_lines):
        if network.curb_zone(line.stop).users != "bus":
            yield Fault(f"demand.bus_lines.{n}.stop", line.stop, "a curb zone with users: bus")


def _signals(network: Network) -> Iterator[Fault]:
    """Yield signals whose stages do not fit their cycle."""
    for n, node in enumerate(network.nodes):
        if node.signal is not None:
            total = _stages_s(node.signal)
            if total > node.signal.cycle_s + TOLERANCE:
                found = f"{node.signal.cycle_s:g} s"
                yield Fault(f"network.nodes.{n}.signal.cycle_s", found, f"at least {total:g} s, the sum of its stages")
    for n, crossing in enumerate(network.crossings):
        if crossing.control == "signal" and crossing.walk_s + crossing.clearance_s >= crossing.cycle_s:
            found = f"{crossing.walk_s:g} s and {crossing.clearance_s:g} s of clearance"
            yield Fault(f"network.crossings.{n}.walk_s", found, f"less than the cycle of {crossing.cycle_s:g} s")


def _stages_s(signal: Signal) -> float:
    return sum(s.green_s + s.amber_s + s.all_red_s for s in signal.stages)


def _shares(site: Site) -> Iterator[Fault]:
    """Yield shares that do not sum to 1."""
    pupils = site.demand.pupils
    modes = pupils.modes
    sums: dict[str, float] = {
        "demand.pupils.modes": modes.walk + modes.car + modes.taxi + modes.bus + modes.rail + modes.two_wheeler,
        "demand.pupils.origins": sum(o.share for o in pupils.origins),
        "demand.pupils.departures": sum(d.share for d in pupils.departures),
    }
    if any(d.opposite is not None for d in pupils.departures):
        far = sum(d.share if d.opposite is None else d.opposite for d in pupils.departures)
        sums["demand.pupils.departures (opposite)"] = far
    for n, t in enumerate(site.demand.turning):
        sums[f"demand.turning.{n}"] = t.left + t.through + t.right
    for path, total in sums.items():
        if abs(total - 1.0) > TOLERANCE:
            yield Fault(path, f"shares that sum to {total:g}", "a sum of 1")


def _times(site: Site) -> Iterator[Fault]:
    """Yield times that are not in order."""
    window, pupils = site.demand.window, site.demand.pupils
    order = [("start", window.start), ("measured_from", window.measured_from), ("measured_to", window.measured_to)]
    for (before, earlier), (name, later) in zip(order, [*order[1:], ("end", window.end)], strict=True):
        if later < earlier or (name == "measured_to" and later == earlier):
            yield Fault(f"demand.window.{name}", _hh_mm(later), f"a time after {before}, {_hh_mm(earlier)}")
    for name, at in (("arrival_mean", pupils.arrival_mean), ("gate_opens", pupils.gate_opens), ("bell", pupils.bell)):
        if not window.start <= at <= window.end:
            expected = f"a time from {_hh_mm(window.start)} to {_hh_mm(window.end)}, in the window"
            yield Fault(f"demand.pupils.{name}", _hh_mm(at), expected)


def _hh_mm(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}"


def _ways(site: Site) -> Iterator[Fault]:
    """Yield ways that do not exist."""
    network, demand, gate = site.network, site.demand, site.gate
    router = Router(network, movements(network))
    far = gate.opposite_link
    has_far = far is not None and any(z.link == far and z.users == "school" for z in network.curb_zones)
    for n, origin in enumerate(demand.pupils.origins):
        if origin.share > 0 and not router.reachable(origin.entry, gate.link):
            yield Fault(f"demand.pupils.origins.{n}.entry", origin.entry, f"an entry from which {gate.link} is reached")
        if has_far and far is not None and origin.share * origin.opposite_share > 0:
            if not router.reachable(origin.entry, far):
                yield Fault(f"demand.pupils.origins.{n}.entry", origin.entry, f"an entry from which {far} is reached")
    sides = [gate.link, *([far] if has_far and far is not None else [])]
    for n, departure in enumerate(demand.pupils.departures):
        if departure.share > 0 and not router.reachable(gate.link, departure.exit):
            found = departure.exit
            yield Fault(f"demand.pupils.departures.{n}.exit", found, f"an exit that is reached from {gate.link}")
    for n, parking in enumerate(site.remote_parking):
        for side in sides:
            if not router.round_to(side, parking.link):
                yield Fault(f"remote_parking.{n}.link", parking.link, f"a link that is reached from {side}")
        if not any(router.reachable(parking.link, d.exit) for d in demand.pupils.departures):
            yield Fault(f"remote_parking.{n}.link", parking.link, "a link from which an exit is reached")
    for n, flow in enumerate(demand.through):
        if flow.exit is not None and not router.reachable(flow.entry, flow.exit):
            yield Fault(f"demand.through.{n}.exit", flow.exit, f"an exit that is reached from {flow.entry}")
    for n, line in enumerate(demand.bus_lines):
        link = network.curb_zone(line.stop).link
        if not (router.reachable(line.entry, link) and router.reachable(link, line.exit)):
            found = f"{line.stop} on {link}"
            yield Fault(f"demand.bus_lines.{n}.stop", found, f"a stop on the way from {line.entry} to {line.exit}")

