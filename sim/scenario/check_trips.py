"""What types cannot say of a site of given trips: names that lead nowhere, lanes that are not there, broken ways."""

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from sim.scenario.check_demand import repeated, unknown
from sim.scenario.faults import Fault
from sim.scenario.network import LONGEST_WAY_M, Network, path_length
from sim.scenario.trips import Trip, TripSite, lie_ahead

BEYOND_M = 1.0
"""[m] by so little a stop may lie beyond its link's end: lengths are rounded."""


def check_trips(site: TripSite, where: str = "") -> list[Fault]:
    """Return every fault of a site that its types let pass; `where` is the file, put before each key's path."""
    faults = [*_network(site.network), *_trips(site)]
    return [replace(fault, where=f"{where}: {fault.where}") for fault in faults] if where else faults


def _network(network: Network) -> Iterator[Fault]:
    """Yield links, connections and programmes that do not fit together."""
    for key in ("nodes", "links", "connections", "programmes"):
        yield from repeated(f"network.{key}", (thing.id for thing in getattr(network, key)))
    for key in ("turn_bans", "turn_lanes"):
        if getattr(network, key):
            yield Fault(f"network.{key}", f"{len(getattr(network, key))}", "none: the connections say who gets where")
    yield from _links(network)
    yield from _connections(network)


def _links(network: Network) -> Iterator[Fault]:
    """Yield links without ends or a line of their own."""
    nodes = {node.id for node in network.nodes}
    for n, link in enumerate(network.links):
        for key in ("from_node", "to_node"):
            yield from _unknown(f"network.links.{n}.{key}", getattr(link, key), nodes, "a node")
        if len(link.shape) < 2 or link.length_m is None:
            yield Fault(f"network.links.{n}", f"{len(link.shape)} points", "a line of its own, and its length_m")


def _connections(network: Network) -> Iterator[Fault]:
    """Yield connections from or to what is not there, that give way to none, or obey none."""
    lanes = {link.id: link.lanes for link in network.links}
    letters = {p.id: {len(phase.lights) for phase in p.phases} for p in network.programmes}
    known = {c.id for c in network.connections}
    if not known:
        yield Fault("network.connections", "none", "at least one")
    for id in (id for id, counts in letters.items() if len(counts) > 1):
        yield Fault(f"network.programmes: {id}", "phases of different lengths", "a letter for each group")
    for n, c in enumerate(network.connections):
        path = f"network.connections.{n}"
        for end, link, lane in (("from", c.from_link, c.from_lane), ("to", c.to_link, c.to_lane)):
            yield from _unknown(f"{path}.{end}_link", link, lanes, "a link")
            if lane >= lanes.get(link, 9):
                yield Fault(f"{path}.{end}_lane", str(lane), f"less than {lanes[link]}, the lanes of {link}")
        if (drawn_m := path_length(c.shape)) > LONGEST_WAY_M:
            yield Fault(f"{path}: {c.id}", f"a shape of {drawn_m:.0f} m", f"one of at most {LONGEST_WAY_M} m")
        for other in c.yields_to:
            yield from _unknown(f"{path}.yields_to", other, known, "a connection")
        if c.programme is not None:
            yield from _unknown(f"{path}.programme", c.programme, letters, "a programme")
            if c.group >= min(letters.get(c.programme, {c.group + 1})):
                yield Fault(f"{path}.group", str(c.group), f"a group of the programme {c.programme}")


def _trips(site: TripSite) -> Iterator[Fault]:
    """Yield trips of unknown types, over links that do not join, with stops that are not on their way."""
    types = {t.id for t in site.types}
    links = {link.id: site.network.length(link) for link in site.network.links}
    joined = {(c.from_link, c.to_link) for c in site.network.connections}
    berths: dict[str, int] = {}
    yield from repeated("types", (t.id for t in site.types))
    yield from repeated("trips", (t.id for t in site.trips))
    for n, trip in enumerate(site.trips):
        yield from _unknown(f"trips.{n}.type", trip.type, types, "a type")
        lost = next((link for link in trip.path if link not in links), None)
        if lost is not None:
            yield from _unknown(f"trips.{n}.path", lost, links, "a link")
            continue
        for a, b in itertools.pairwise(trip.path):
            if (a, b) not in joined:
                yield Fault(f"trips.{n}.path", f"{b} after {a}", "links that a connection joins")
        yield from _stops(f"trips.{n}", trip, links, berths)


def _stops(where: str, trip: Trip, links: Mapping[str, float], berths: dict[str, int]) -> Iterator[Fault]:
    """Yield stops off the trip's path or behind each other; `berths` are those told so far of each place."""
    on_path = set(trip.path)
    for k, (stop, ahead) in enumerate(zip(trip.stops, lie_ahead(trip.path, trip.stops), strict=True)):
        path = f"{where}.stops.{k}"
        if stop.link not in on_path:
            yield Fault(f"{path}.link", stop.link, "a link of the trip's path")
        elif not ahead:
            found = f"{stop.link} at {stop.to_m:g} m, behind the stop before"
            yield Fault(path, found, "stops in the order of the trip's path")
        if stop.from_m > stop.to_m:
            yield Fault(f"{path}.to_m", f"{stop.to_m:g} m", f"at least from_m, {stop.from_m:g} m")
        elif stop.to_m > links.get(stop.link, stop.to_m) + BEYOND_M:
            yield Fault(f"{path}.to_m", f"{stop.to_m:g} m", f"at most the link's length, {links[stop.link]:g} m")
        if stop.berths and (known := berths.setdefault(stop.place, stop.berths)) != stop.berths:
            yield Fault(f"{path}.berths", str(stop.berths), f"{known}, as others have at {stop.place}")


def _unknown(path: str, found: str, known: Collection[str], expected: str) -> Iterator[Fault]:
    """Yield a fault if the name is not among those known; `known` finds a name at once."""
    if found not in known:
        yield from unknown(path, found, sorted(known), expected)
