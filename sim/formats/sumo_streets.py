"""SUMO's edges and junctions as links and nodes: an *edge* is one direction of a street, with its lanes.

Lanes that no motor vehicle may use are left out, and the others numbered anew from the curb.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sim.formats.sumo_access import CARS, MOTOR, Access, access_of, not_kept
from sim.formats.sumo_reader import Reader, name_of
from sim.formats.sumo_xml import Element
from sim.scenario.network import Link, Node

Point = tuple[float, float]

ROADS = ("normal", "connector")
"""Functions of edges that are streets."""
TOLD = {
    "_stop": "junctions with stop signs (allway_stop, priority_stop): who has a gap does not stop",
    "zipper": "junctions at which streets or lanes merge in turns (zipper): the one stated first always goes first"
    " here, and where both are full the others wait",
    "unregulated": "junctions without any rule (unregulated), which SUMO's vehicles drive through regardless of each"
    " other: the one stated first goes first here",
}
"""By the end of a junction's type: what it means here."""
SLOWEST_KM_H, FASTEST_KM_H = 5.0, 130.0
LANE_WIDTH_M = 3.2
"""[m] SUMO's own default"""
LEAST_PATH_M = 0.1
LONGEST_M = 100_000.0
MOST_LANES = 8


@dataclass(frozen=True)
class Lane:
    """One lane: its id, number among those kept, length [m], speed [m/s], and whom it admits."""

    id: str
    number: int
    length_m: float
    speed_m_s: float
    width_m: float
    shape: tuple[Point, ...]
    access: Access

    def admits(self, kind: str) -> bool:
        """Return whether a class of vehicles may use it."""
        return self.access.admits(kind)


@dataclass(frozen=True)
class Edge:
    """An edge with the lanes that are kept."""

    id: str
    lanes: dict[int, Lane]
    """By their number in SUMO."""
    all: frozenset[int]
    """The numbers of those that are left out, too."""

    @property
    def length_m(self) -> float:
        """How long the link is [m]: the mean of its lanes."""
        return _mean(lane.length_m for lane in self.lanes.values())


class Streets:
    """The edges and junctions of one network while they are read."""

    def __init__(self, reader: Reader, note: Callable[[str], None]) -> None:
        """Read the lanes of every edge; `note` takes what a planner should know."""
        self.reader = reader
        self.note = note
        self.elements = [e for e in reader.root.all("edge") if e.given.get("function", "normal") in ROADS]
        self.edges = {reader.text(e, "id"): self._edge(e) for e in self.elements}
        self.known = {e.id: e for e in self.edges.values() if e.lanes}
        """Those with a lane for motor vehicles."""
        self.junctions = {reader.text(j, "id"): j for j in reader.root.all("junction")}
        reader.tell_apart(self.elements)
        reader.tell_apart(reader.root.all("junction"))

    def links(self) -> tuple[Link, ...]:
        """Return the links, in the file's order."""
        for words in not_kept(self.reader.root, (e for e in self.elements if e.given.get("id") in self.known)):
            self.note(words)
        rings = {e for r in self.reader.root.all("roundabout") for e in r.given.get("edges", "").split()}
        return tuple(self._link(e, rings) for e in self.elements if e.given.get("id") in self.known)

    def nodes(self, links: Iterable[Link]) -> Iterator[Node]:
        """Yield the junctions that the links join."""
        ends = [(link.from_node, link.to_node) for link in links]
        starts, goals = {a for a, _ in ends}, {b for _, b in ends}
        for id, junction in self.junctions.items():
            if (name := name_of(id)) in starts | goals:
                x, y = self.reader.number(junction, "x"), self.reader.number(junction, "y")
                boundary = not (name in starts and name in goals)
                if told := next((words for t, words in TOLD.items() if junction.given.get("type", "").endswith(t)), ""):
                    self.note(told)
                yield self.reader.make(junction, Node, id=name, x_m=x, y_m=y, boundary=boundary)

    def km_h(self, speed_m_s: float) -> float:
        """Return a speed limit [km/h] within what ours may be."""
        exact = round(3.6 * speed_m_s, 3)
        kept = min(max(exact, SLOWEST_KM_H), FASTEST_KM_H)
        if kept != exact:
            self.note(f"speed limits below {SLOWEST_KM_H:g} or above {FASTEST_KM_H:g} km/h were cut to that")
        return kept

    # ---------------------------------------------------------------- one edge

    def _edge(self, e: Element) -> Edge:
        if not any(e.all("lane")):
            self.reader.fault(e, "no lane", "at least one")
        numbers = [self.reader.whole(lane, "index") for lane in e.all("lane")]
        for n, lane in enumerate(e.all("lane")):
            if numbers[n] != n:
                self.reader.fault(lane, f'index="{numbers[n]}"', f"{n}: lanes stand in order, from the curb on")
        return Edge(e.given.get("id", ""), self._lanes(e), frozenset(numbers))

    def _lanes(self, edge: Element) -> dict[int, Lane]:
        """Return an edge's lanes for motor vehicles by their number in SUMO."""
        found: dict[int, Lane] = {}
        for e in edge.all("lane"):
            lane = self._lane(e, len(found))
            if any(map(lane.admits, MOTOR)):
                found[self.reader.whole(e, "index")] = lane
        return found

    def _lane(self, e: Element, number: int) -> Lane:
        reader = self.reader
        return Lane(
            reader.text(e, "id"),
            number,
            max(reader.number(e, "length", least=0.0), LEAST_PATH_M),
            reader.number(e, "speed", least=0.0),
            reader.number(e, "width", LANE_WIDTH_M, least=0.0),
            reader.shape(e),
            access_of(e),
        )

    def _link(self, e: Element, rings: set[str]) -> Link:
        reader, edge = self.reader, self.known[e.given["id"]]
        lanes = list(edge.lanes.values())
        self._check(e, lanes)
        return reader.make(
            e,
            Link,
            id=name_of(edge.id),
            from_node=name_of(e.given.get("from", "?")),
            to_node=name_of(e.given.get("to", "?")),
            lanes=min(len(lanes), MOST_LANES),
            speed_km_h=self.km_h(_mean(lane.speed_m_s for lane in lanes)),
            priority=min(max(int(reader.number(e, "priority", 1.0)), 0), 20),
            length_m=min(edge.length_m, LONGEST_M),
            shape=_middle(lanes),
            lane_width_m=min(max(_mean(lane.width_m for lane in lanes), 2.0), 8.0),
            roundabout=edge.id in rings,
            divided=True,
            name=e.given.get("name", ""),
            bus_lanes=tuple(lane.number for lane in lanes if not lane.admits(CARS))[:MOST_LANES],
        )

    def _check(self, e: Element, lanes: list[Lane]) -> None:
        """Note what a link cannot be made of."""
        if len(lanes) > MOST_LANES:
            self.reader.fault(e, f"{len(lanes)} lanes", f"at most {MOST_LANES}")
        if max(lane.length_m for lane in lanes) > LONGEST_M:
            self.reader.fault(e, f"lanes of {lanes[0].length_m:g} m", f"at most {LONGEST_M:g} m")
        for key in ("from", "to"):
            junction = self.reader.text(e, key)
            if junction not in self.junctions:
                self.reader.fault(e, f'{key}="{junction}"', "a junction", junction, self.junctions)
        if len({lane.speed_m_s for lane in lanes}) > 1:
            self.note("where lanes of an edge differ in speed, all have their mean")


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def _middle(lanes: list[Lane]) -> tuple[Point, ...]:
    """Return the line in the middle of an edge's lanes, from where they begin to their stop line."""
    first, last = lanes[0].shape, lanes[-1].shape
    if len(first) != len(last):
        return lanes[len(lanes) // 2].shape
    return tuple(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(first, last, strict=True))
