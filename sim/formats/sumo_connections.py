"""SUMO's connections, with who gives way to whom.

A *connection* leads from lane to lane, over *internal lanes* inside the junction (`via`); a junction's *request* has a
bit for each other connection to which one gives way (`response`), the last bit for the first connection.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator

from sim.formats.sumo_access import BUSES, CARS, Access, access_of, admitted
from sim.formats.sumo_reader import Reader, name_of
from sim.formats.sumo_signals import Signals
from sim.formats.sumo_streets import LEAST_PATH_M, Edge, Point, Streets
from sim.formats.sumo_xml import Element
from sim.scenario.network import LONGEST_WAY_M, Connection, Turn, path_length

TURNS: dict[str, Turn] = {
    "s": "through",
    "r": "right",
    "R": "right",
    "l": "left",
    "L": "left",
    "t": "u_turn",
    "T": "u_turn",  # where one keeps left
}
ENDS = (("from", "fromLane"), ("to", "toLane"))


class Connections:
    """The connections of one network while they are read."""

    def __init__(self, reader: Reader, streets: Streets, signals: Signals) -> None:
        """Note every connection that leads from or to what is not there."""
        self.reader = reader
        self.streets = streets
        self.signals = signals
        inside = (e for e in reader.root.all("edge") if e.given.get("function") == "internal")
        self.internal = {reader.text(lane, "id"): lane for e in inside for lane in e.all("lane")}
        self.leaving: dict[tuple[str, int], list[Element]] = defaultdict(list)
        """By edge and lane."""
        for c in reader.root.all("connection"):
            self._check_ends(c)
            self.leaving[reader.text(c, "from"), reader.whole(c, "fromLane")].append(c)
        self.ending: dict[str, list[str]] = defaultdict(list)
        """The edges that end at each junction."""
        self.access: dict[str, tuple[Access, ...]] = {}
        """Whom the parts of each connection admit."""
        self._in_part = 0
        for e in streets.elements:
            self.ending[e.given.get("to", "")].append(e.given.get("id", ""))

    def all(self) -> Iterator[Connection]:
        """Yield those of all junctions that join lanes which are kept, in SUMO's order."""
        for id, junction in self.streets.junctions.items():
            if junction.given.get("type") != "internal":
                yield from self._over(junction, self.ending[id])

    def not_kept(self) -> Iterator[str]:
        """Yield what the connections say of classes and ours cannot, with how often."""
        if self._in_part:
            yield (
                "connections that are shut to some classes (allow, disallow), who choose their ways by that, but not"
                f" their lanes: {self._in_part}"
            )

    # ---------------------------------------------------------------- a junction

    def _over(self, junction: Element, edges: list[str]) -> Iterator[Connection]:
        """Yield the connections over a junction, each with those to which it gives way."""
        ways = list(self._numbered(junction, edges))
        names = [_name(c) for c in ways]
        kept = [n for n, c in enumerate(ways) if self._is_kept(c)]
        self.reader.tell_apart((ways[n] for n in kept), _name)
        responses = self._responses(junction)
        for n in kept:
            if responses and n not in responses:
                self.reader.fault(junction, f"no request {n} for {names[n]}", "one for each connection")
            first = responses.get(n, "")[::-1]
            yield self._connection(ways[n], tuple(names[k] for k in kept if first[k : k + 1] == "1"))

    def _numbered(self, junction: Element, edges: list[str]) -> Iterator[Element]:
        """Yield the connections that lead over a junction, numbered as its requests are; footways have none."""
        told = (lane.rpartition("_") for lane in junction.given.get("incLanes", "").split())
        lanes = [(edge, int(n)) for edge, _, n in told if edge and n.isdecimal()]
        lanes += [(e, n) for e in edges for n in range(9) if (e, n) in self.leaving]
        for lane in dict.fromkeys(lanes):
            yield from (c for c in self.leaving.get(lane, []) if not c.given.get("to", "").startswith(":"))

    def _responses(self, junction: Element) -> dict[int, str]:
        """Return the response of each of a junction's requests, a bit for each of them."""
        requests = list(junction.all("request"))
        for request, key in itertools.product(requests, ("response", "foes")):
            told = request.given.get(key, "")
            if set(told) - {"0", "1"} or len(told) != len(requests):
                found = f'{key}="{told[:40]}" of the junction {junction.given.get("id", "?")}'
                self.reader.fault(request, found, f"{len(requests)} bits, one for each of its requests")
        return {self.reader.whole(r, "index"): r.given.get("response", "") for r in requests}

    # ---------------------------------------------------------------- one connection

    def _check_ends(self, c: Element) -> None:
        """Note a fault if what a connection joins is not in the file."""
        edges = self.streets.edges
        for edge_key, lane_key in ENDS:
            edge, lane = c.given.get(edge_key, ""), self.reader.whole(c, lane_key)
            if edge.startswith(":"):
                return  # a part of a way, inside a junction
            if edge not in edges:
                self.reader.fault(c, f'{edge_key}="{edge}"', "an edge", edge, edges)
            elif lane not in edges[edge].all:
                self.reader.fault(c, f'{lane_key}="{lane}"', f"a lane of {edge}")

    def _is_kept(self, c: Element) -> bool:
        """Return whether a connection joins lanes that are kept."""
        ends = ((self._edge(c, edge), self.reader.whole(c, lane)) for edge, lane in ENDS)
        return all(edge is not None and lane in edge.lanes for edge, lane in ends)

    def _edge(self, c: Element, key: str) -> Edge | None:
        return self.streets.known.get(c.given.get(key, ""))

    def _connection(self, c: Element, before: tuple[str, ...]) -> Connection:
        reader, given = self.reader, c.given
        source = self.streets.known[given["from"]].lanes[reader.whole(c, "fromLane")]
        target = self.streets.known[given["to"]].lanes[reader.whole(c, "toLane")]
        parts = list(self._inside(c))
        access = self.access[_name(c)] = tuple(map(access_of, parts))
        lengths = [reader.number(p, "length", least=0.0) for p in parts]
        speeds = [reader.number(p, "speed", least=0.0) for p in parts] or [source.speed_m_s, target.speed_m_s]
        shape = _drawn([reader.shape(p) for p in parts] or [(source.shape[-1], target.shape[0])])
        drawn_m = path_length(shape)
        if drawn_m > LONGEST_WAY_M:
            found = f"a way of {drawn_m:.0f} m over the junction to {given['to']}_{given['toLane']}"
            reader.fault(parts[0] if parts else c, found, f"one drawn with at most {LONGEST_WAY_M} m")
        return reader.make(
            c,
            Connection,
            id=_name(c),
            from_link=name_of(given["from"]),
            from_lane=source.number,
            to_link=name_of(given["to"]),
            to_lane=target.number,
            turn=self._turn(c),
            length_m=round(max(sum(lengths) or min(drawn_m, LONGEST_WAY_M), LEAST_PATH_M), 3),
            speed_km_h=self.streets.km_h(min(speeds)),
            shape=shape,
            yields_to=before,
            wait_m=round(sum(lengths[:-1]), 3),
            buses=self._is_for_buses(admitted((source.access, target.access)), admitted(access)),
            keep_clear=reader.flag(c, "keepClear", usual=True),
            programme=self.signals.obeyed_by(c),
            group=reader.whole(c, "linkIndex") if self.signals.over(c) is not None else 0,
        )

    def _is_for_buses(self, on_lanes: frozenset[str], inside: frozenset[str]) -> bool:
        """Return whether of the classes on both lanes buses alone may drive inside; count where others are left out."""
        may = on_lanes & inside
        for_buses = CARS in on_lanes and "bus" in may and may <= {*BUSES}
        self._in_part += not for_buses and may != on_lanes
        return for_buses

    def _turn(self, c: Element) -> Turn:
        told = c.given.get("dir", "s")
        if told not in TURNS:
            self.reader.fault(c, f'dir="{told}"', "one of " + ", ".join(TURNS))
        return TURNS.get(told, "through")

    def _inside(self, c: Element) -> Iterator[Element]:
        """Yield the internal lanes over which a connection leads."""
        via = c.given.get("via")
        seen: set[str] = set()
        while via is not None and via not in seen:
            seen.add(via)
            if via not in self.internal:
                self.reader.fault(c, f'via="{via}"', "an internal lane", via, self.internal)
                return
            yield self.internal[via]
            via = self._onward(via, (c.given["to"], c.given["toLane"]))

    def _onward(self, lane: str, to: tuple[str, str]) -> str | None:
        """Return the internal lane after one, on the way to an edge and lane; None at the way's end."""
        edge, _, number = lane.rpartition("_")
        onward = self.leaving.get((edge, int(number)), []) if number.isdecimal() else []
        return next((w.given.get("via") for w in onward if (w.given.get("to"), w.given.get("toLane")) == to), None)


def _name(c: Element) -> str:
    """Return a connection's name."""
    told = [c.given.get(key, "?") for key in ("from", "fromLane", "to", "toLane")]
    return name_of(f"{told[0]}_{told[1]}>{told[2]}_{told[3]}")


def _drawn(parts: list[tuple[Point, ...]]) -> tuple[Point, ...]:
    """Return lines that follow each other as one, of two points at least."""
    points = tuple(p for p, _ in itertools.groupby(itertools.chain(*parts)))
    return points if len(points) > 1 else (points[0], (points[0][0] + LEAST_PATH_M, points[0][1]))
