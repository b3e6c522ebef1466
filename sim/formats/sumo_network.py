"""A SUMO network as one of ours: every connection, who gives way, and the signals' programmes, as they are stated.

Words are SUMO's here: an *edge* is one direction of a street and becomes a link; a *connection* leads from lane to
lane, over *internal lanes* inside the junction (`via`); a junction's *request* has a bit for each other connection to
which one gives way (`response`).
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.formats.sumo_signals import Signals, tl_of
from sim.formats.sumo_xml import Element, Reader, name_of, settled
from sim.scenario.faults import Fault, near_miss
from sim.scenario.network import Connection, Link, Network, Node, Side, Turn

Point = tuple[float, float]

CARS = "passenger"
MOTOR = (CARS, "bus", "taxi", "truck", "delivery", "coach", "trailer", "emergency", "motorcycle")
"""A lane that none of these classes may use is left out."""
TURNS: dict[str, Turn] = {"s": "through", "r": "right", "R": "right", "l": "left", "L": "left", "t": "u_turn"}
SLOWEST_KM_H, FASTEST_KM_H = 5.0, 130.0
LANE_WIDTH_M = 3.2
"""[m] SUMO's own default"""
LEAST_PATH_M = 0.1


@dataclass(frozen=True)
class Lane:
    """One lane: its id, number among those kept, length [m], speed [m/s], and whom it admits."""

    id: str
    number: int
    length_m: float
    speed_m_s: float
    width_m: float
    shape: tuple[Point, ...]
    allow: frozenset[str] | None
    disallow: frozenset[str]

    def admits(self, kind: str) -> bool:
        """Return whether a class of vehicles may use it."""
        if kind == "ignoring":
            return True
        if self.allow is not None:
            return kind in self.allow or "all" in self.allow
        return kind not in self.disallow and "all" not in self.disallow


@dataclass(frozen=True)
class Edge:
    """An edge with the lanes that are kept."""

    id: str
    lanes: dict[int, Lane]
    """By their number in SUMO."""
    all: frozenset[int]
    """The numbers of those that are left out, too."""


@dataclass(frozen=True)
class SumoNetwork:
    """Our network, and what it takes to read demand for it."""

    network: Network
    edges: dict[str, Edge]
    dropped: int
    """Edges without a lane for motor vehicles."""
    notes: tuple[str, ...]


def read_network(path: Path, others: Sequence[Reader] = ()) -> SumoNetwork:
    """Return the network of a SUMO file, with signal programmes from others; raises BadInput with every fault."""
    faults: list[Fault] = []
    found = _Import(Reader(path, ("net",), faults), others).network()
    settled(faults)
    return found


class _Import:
    """One network while it is read."""

    def __init__(self, reader: Reader, others: Sequence[Reader]) -> None:
        self.reader = reader
        self.notes: set[str] = set()
        self.edge_elements = [e for e in reader.root.all("edge") if e.given.get("function", "normal") in _ROADS]
        self.internal = {
            reader.text(lane, "id"): lane
            for e in reader.root.all("edge")
            if e.given.get("function") == "internal"
            for lane in e.all("lane")
        }
        self.edges = {reader.text(e, "id"): self._edge(e) for e in self.edge_elements}
        self.known = {e.id: e for e in self.edges.values() if e.lanes}
        self.signals = Signals(reader, others, self.notes)
        self.junctions = {reader.text(j, "id"): j for j in reader.root.all("junction")}
        self.ways: dict[tuple[str, int], list[Element]] = {}
        for c in reader.root.all("connection"):
            self._check_ends(c)
            self.ways.setdefault((reader.text(c, "from"), reader.whole(c, "fromLane")), []).append(c)

    def network(self) -> SumoNetwork:
        """Return it all."""
        reader = self.reader
        side: Side = "left" if reader.root.given.get("lefthand", "") in ("1", "true") else "right"
        rings = {e for r in reader.root.all("roundabout") for e in r.given.get("edges", "").split()}
        links = tuple(self._link(e, rings) for e in self.edge_elements if e.given.get("id") in self.known)
        self._unique("edge", [link.id for link in links])
        settled(reader.faults)  # what follows is made of what has been read
        connections = tuple(self._connections())
        if not links:
            reader.fault(reader.root, "no edge for motor vehicles", "at least one")
        elif not connections:
            reader.fault(reader.root, "no connection between edges", "at least one")
        network = Network(
            nodes=tuple(self._nodes(links)),
            links=links,
            traffic_side=side,
            connections=connections,
            programmes=tuple(self.signals.programmes(connections)),
        )
        return SumoNetwork(network, self.known, len(self.edges) - len(links), tuple(sorted(self.notes)))

    def _unique(self, what: str, names: list[str]) -> None:
        for name in sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else ():
            self.reader.fault(self.reader.root, f"two times {what} {name}", "one")

    # ---------------------------------------------------------------- edges and junctions

    def _edge(self, e: Element) -> Edge:
        numbers = frozenset(self.reader.whole(lane, "index") for lane in e.all("lane"))
        return Edge(e.given.get("id", ""), self._lanes(e), numbers)

    def _lanes(self, edge: Element) -> dict[int, Lane]:
        """Return an edge's lanes for motor vehicles, numbered anew from the curb, by their number in SUMO."""
        reader = self.reader
        found: dict[int, Lane] = {}
        if not any(edge.all("lane")):
            reader.fault(edge, "no lane", "at least one")
        for lane in edge.all("lane"):
            allow = lane.given.get("allow")
            made = Lane(
                reader.text(lane, "id"),
                len(found),
                max(reader.number(lane, "length", least=0.0), LEAST_PATH_M),
                reader.number(lane, "speed", least=0.0),
                reader.number(lane, "width", LANE_WIDTH_M, least=0.0),
                reader.shape(lane),
                None if allow is None else frozenset(allow.split()),
                frozenset(lane.given.get("disallow", "").split()),
            )
            if any(map(made.admits, MOTOR)):
                found[reader.whole(lane, "index")] = made
        return found

    def _link(self, edge: Element, rings: set[str]) -> Link:
        reader, lanes = self.reader, list(self.known[edge.given["id"]].lanes.values())
        if len(lanes) > 8:
            reader.fault(edge, f"{len(lanes)} lanes", "at most 8")
        for key in ("from", "to"):
            junction = reader.text(edge, key)
            if junction not in self.junctions:
                reader.fault(edge, f'{key}="{junction}"', "a junction", near_miss(junction, list(self.junctions)))
        if len({lane.speed_m_s for lane in lanes}) > 1:
            self.notes.add("where lanes of an edge differ in speed, all have their mean")
        return reader.make(
            edge,
            Link,
            id=name_of(edge.given["id"]),
            from_node=name_of(edge.given.get("from", "?")),
            to_node=name_of(edge.given.get("to", "?")),
            lanes=min(len(lanes), 8),
            speed_km_h=self._km_h(sum(lane.speed_m_s for lane in lanes) / len(lanes)),
            priority=min(max(int(reader.number(edge, "priority", 1.0)), 0), 20),
            length_m=min(sum(lane.length_m for lane in lanes) / len(lanes), 100_000.0),
            shape=_middle(lanes),
            lane_width_m=min(max(sum(lane.width_m for lane in lanes) / len(lanes), 2.0), 8.0),
            roundabout=edge.given["id"] in rings,
            divided=True,
            name=edge.given.get("name", ""),
            bus_lanes=tuple(lane.number for lane in lanes if not lane.admits(CARS))[:8],
        )

    def _km_h(self, speed_m_s: float) -> float:
        """Return a speed limit [km/h] within what ours may be."""
        exact = round(3.6 * speed_m_s, 3)
        kept = min(max(exact, SLOWEST_KM_H), FASTEST_KM_H)
        if kept != exact:
            self.notes.add(f"speed limits below {SLOWEST_KM_H:g} or above {FASTEST_KM_H:g} km/h were cut to that")
        return kept

    def _nodes(self, links: Iterable[Link]) -> Iterator[Node]:
        """Yield the junctions that the links join."""
        starts, ends = {link.from_node for link in links}, {link.to_node for link in links}
        for id, junction in self.junctions.items():
            if (name := name_of(id)) in starts | ends:
                x, y = self.reader.number(junction, "x"), self.reader.number(junction, "y")
                yield self.reader.make(
                    junction, Node, id=name, x_m=x, y_m=y, boundary=not (name in starts and name in ends)
                )

    # ---------------------------------------------------------------- connections

    def _connections(self) -> Iterator[Connection]:
        """Yield the connections of all junctions, in the order in which SUMO numbers them."""
        ends: dict[str, list[str]] = {}
        for e in self.edge_elements:
            ends.setdefault(e.given.get("to", ""), []).append(e.given["id"])
        for id, junction in self.junctions.items():
            if junction.given.get("type") == "internal":
                continue
            ways = list(self._of_junction(junction, ends.get(id, [])))
            requests = {self.reader.whole(r, "index"): r for r in junction.all("request")}
            names = {n: _name(c) for n, c in enumerate(ways)}
            kept = {n for n, c in enumerate(ways) if self._is_kept(c)}
            for n in sorted(kept):
                response = requests[n].given.get("response", "") if n in requests else ""
                if requests and n not in requests:
                    self.reader.fault(junction, f"no request {n} for {names[n]}", "one for each connection")
                before = tuple(names[k] for k, bit in enumerate(reversed(response)) if bit == "1" and k in kept)
                yield self._connection(ways[n], before)

    def _of_junction(self, junction: Element, edges: list[str]) -> Iterator[Element]:
        """Yield the connections that lead over a junction, numbered as its requests are; footways have none."""
        told = junction.given.get("incLanes", "").split()
        lanes = [tuple(lane.rsplit("_", 1)) for lane in told if "_" in lane]
        numbered = [(edge, int(n)) for edge, n in lanes if n.isdecimal()]
        numbered += [(e, n) for e in edges for n in range(9) if (e, n) in self.ways and (e, n) not in numbered]
        for lane in numbered:
            yield from (c for c in self.ways.get(lane, []) if not c.given.get("to", "").startswith(":"))

    def _check_ends(self, c: Element) -> None:
        """Note a fault if what a connection joins is not in the file."""
        for edge_key, lane_key in _ENDS:
            edge, lane = c.given.get(edge_key, ""), self.reader.whole(c, lane_key)
            if edge.startswith(":"):
                return  # a part of a way, inside a junction
            if edge not in self.edges:
                self.reader.fault(c, f'{edge_key}="{edge}"', "an edge", near_miss(edge, list(self.edges)))
            elif lane not in self.edges[edge].all:
                self.reader.fault(c, f'{lane_key}="{lane}"', f"a lane of {edge}")

    def _is_kept(self, c: Element) -> bool:
        """Return whether a connection joins lanes that are kept."""
        ends = ((c.given.get(edge, ""), self.reader.whole(c, lane)) for edge, lane in _ENDS)
        return all(edge in self.known and lane in self.known[edge].lanes for edge, lane in ends)

    def _connection(self, c: Element, before: tuple[str, ...]) -> Connection:
        reader, given = self.reader, c.given
        source = self.known[given["from"]].lanes[reader.whole(c, "fromLane")]
        target = self.known[given["to"]].lanes[reader.whole(c, "toLane")]
        parts = list(self._inside(c))
        if parts:
            lengths = [reader.number(p, "length", least=0.0) for p in parts]
            speeds = [reader.number(p, "speed", least=0.0) for p in parts]
            shape = tuple(p for p, _ in itertools.groupby(q for part in parts for q in reader.shape(part)))
        else:
            lengths, speeds = [0.0], [min(source.speed_m_s, target.speed_m_s)]
            shape = (source.shape[-1], target.shape[0])
            if shape[0] == shape[1]:
                shape = (shape[0], (shape[0][0] + LEAST_PATH_M, shape[0][1]))
        drawn = sum(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 for a, b in itertools.pairwise(shape))
        turn = TURNS.get(given.get("dir", "s"))
        if turn is None:
            reader.fault(c, f'dir="{given["dir"]}"', "one of " + ", ".join(TURNS))
        return reader.make(
            c,
            Connection,
            id=_name(c),
            from_link=name_of(given["from"]),
            from_lane=source.number,
            to_link=name_of(given["to"]),
            to_lane=target.number,
            turn=turn or "through",
            length_m=round(max(sum(lengths) or drawn, LEAST_PATH_M), 3),
            speed_km_h=self._km_h(min(speeds)),
            shape=shape,
            yields_to=before,
            wait_m=round(sum(lengths[:-1]), 3),
            keep_clear=given.get("keepClear", "1") not in ("0", "false"),
            programme=self.signals.obeyed_by(c),
            group=reader.whole(c, "linkIndex") if tl_of(c) is not None else 0,
        )

    def _inside(self, c: Element) -> Iterator[Element]:
        """Yield the internal lanes over which a connection leads."""
        via = c.given.get("via")
        seen: set[str] = set()
        while via is not None and via not in seen:
            seen.add(via)
            if via not in self.internal:
                self.reader.fault(c, f'via="{via}"', "an internal lane", near_miss(via, list(self.internal)))
                return
            yield self.internal[via]
            edge, _, number = via.rpartition("_")
            onward = self.ways.get((edge, int(number)), []) if number.isdecimal() else []
            to = (c.given["to"], c.given["toLane"])
            via = next((w.given.get("via") for w in onward if (w.given.get("to"), w.given.get("toLane")) == to), None)


_ROADS = ("normal", "connector")
_ENDS = (("from", "fromLane"), ("to", "toLane"))


def _name(c: Element) -> str:
    """Return a connection's name."""
    told = [c.given.get(key, "?") for key in ("from", "fromLane", "to", "toLane")]
    return name_of(f"{told[0]}_{told[1]}>{told[2]}_{told[3]}")


def _middle(lanes: list[Lane]) -> tuple[Point, ...]:
    """Return the line in the middle of an edge's lanes, from where they begin to their stop line."""
    first, last = lanes[0].shape, lanes[-1].shape
    if len(first) != len(last):
        return lanes[len(lanes) // 2].shape
    return tuple(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(first, last, strict=True))
