"""A SUMO network as one of ours: every connection, who gives way, and the signals' programmes, as they are stated."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.formats.sumo_access import Access
from sim.formats.sumo_connections import Connections
from sim.formats.sumo_reader import Reader, settled
from sim.formats.sumo_signals import Signals
from sim.formats.sumo_streets import Edge, Streets
from sim.formats.sumo_xml import Element
from sim.scenario.faults import Fault
from sim.scenario.network import Network

READ = ("edge", "tlLogic", "junction", "connection", "roundabout", "type", "WAUT", "wautJunction")
MEANS_NOTHING = ("location", "prohibition", "taz", "param")
"""What a network has beside: who gives way stands in the requests of its junctions, prohibitions included."""
IN_STREETS = ("lane", "param")


@dataclass(frozen=True)
class SumoNetwork:
    """Our network, and what it takes to read demand for it."""

    network: Network
    edges: dict[str, Edge]
    dropped: frozenset[str]
    """Edges without a lane for motor vehicles."""
    access: Mapping[str, tuple[Access, ...]]
    """Whom the parts of each connection admit."""
    notes: tuple[str, ...]


def read_network(path: Path, others: Sequence[Reader] = ()) -> SumoNetwork:
    """Return the network of a SUMO file, with signal programmes from others; raises BadInput with every fault."""
    faults: list[Fault] = []
    reader = Reader(path, ("net",), faults)
    notes = set(_left_out(reader.root))
    streets = Streets(reader, notes.add)
    signals = Signals(reader, others, notes)
    ways = Connections(reader, streets, signals)
    links = streets.links()
    if not links:
        reader.fault(reader.root, "no edge for motor vehicles", "at least one")
    settled(faults)  # what follows is made of what has been read
    connections = tuple(ways.all())
    notes.update(ways.not_kept())
    if not connections:
        reader.fault(reader.root, "no connection between edges", "at least one")
    network = Network(
        nodes=tuple(streets.nodes(links)),
        links=links,
        traffic_side="left" if reader.flag(reader.root, "lefthand") else "right",
        connections=connections,
        programmes=tuple(signals.programmes(connections)),
    )
    settled(faults)
    dropped = frozenset(streets.edges.keys() - streets.known.keys())
    return SumoNetwork(network, streets.known, dropped, ways.access, tuple(sorted(notes)))


def _left_out(root: Element) -> Iterator[str]:
    """Yield which elements of a network, its edges and their lanes are read by nobody, and how many there are."""
    edges = list(root.all("edge"))
    parents = [*edges, *(lane for e in edges for lane in e.all("lane"))]
    found = Counter(e.tag for e in root.within if e.tag not in (*READ, *MEANS_NOTHING))
    found += Counter(e.tag for parent in parents for e in parent.within if e.tag not in IN_STREETS)
    return (f"<{tag[:40]}> in the network left out: {count}" for tag, count in found.items())
