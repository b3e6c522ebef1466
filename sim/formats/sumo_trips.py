"""SUMO's demand as trips of ours: routes, vehicles, trips and flows, with the types and stops they refer to."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sim.formats.sumo_network import SumoNetwork
from sim.formats.sumo_reader import Reader, name_of, named_as
from sim.formats.sumo_stops import PLACES, Stops
from sim.formats.sumo_types import DEFAULT, NOT_ON_THE_ROAD, Mix, Types, chosen
from sim.formats.sumo_xml import Element
from sim.scenario.faults import near_miss
from sim.scenario.junctions import Movement, movements
from sim.scenario.routes import Router
from sim.scenario.trips import Trip, VehicleType

MOST_TRIPS = 200_000


@dataclass(frozen=True)
class Demand:
    """Types that are used, and trips in order of departure."""

    types: tuple[VehicleType, ...]
    trips: tuple[Trip, ...]
    notes: tuple[str, ...]


def read_demand(sumo: SumoNetwork, readers: Sequence[Reader]) -> Demand:
    """Return the demand of route and additional files, which may refer to each other; the readers note faults."""
    return _Import(sumo, readers).demand()


class _Import:
    """A demand while it is read."""

    def __init__(self, sumo: SumoNetwork, readers: Sequence[Reader]) -> None:
        self.sumo = sumo
        self.readers = readers
        self.notes: dict[str, int] = {}
        self.types = Types(sumo, self.note)
        self.stops = Stops(sumo, self.note)
        self.routes: dict[str, tuple[str, ...]] = {}
        self.route_mixes: dict[str, Mix] = {}
        self.route_stops: dict[str, list[Element]] = {}
        self.ways = movements(sumo.network)
        self.told: set[str] = set()
        """Missing connections, each of which is told for the first vehicle that needs it."""
        self._routers: dict[str, Router] = {}
        self._pairs: dict[str, set[tuple[str, str]]] = {}
        self.edge_of = {name_of(id): edge for id, edge in sumo.edges.items()}

    def demand(self) -> Demand:
        """Read types, routes and places first, whatever the order of the files; then the vehicles."""
        for reader in self.readers:
            for e in reader.root.within:
                self._define(reader, e)
        if DEFAULT not in self.types.all:
            self.types.define(self.readers[0], Element("vType", {"id": DEFAULT}, 0))
        trips: list[Trip] = []
        names: set[str] = set()
        for reader in self.readers:
            for e in reader.root.within:
                for trip in self._trips(reader, e):
                    if trip.id in names:
                        reader.fault(e, "an id that stands twice", "ids that stand once")
                    names.add(trip.id)
                    trips.append(trip)
                    if len(trips) > MOST_TRIPS:
                        reader.fault(e, f"more than {MOST_TRIPS} vehicles", "fewer")
                        return Demand((), (), ())
        if not trips and not self.readers[0].faults:
            self.readers[0].fault(self.readers[0].root, "no vehicle", "at least one")
        trips.sort(key=lambda t: t.depart_s)
        used = {t.type for t in trips}
        told = tuple(f"{words}: {n}" for words, n in self.notes.items())
        return Demand(tuple(t for t in self.types.all.values() if t.id in used), tuple(trips), told)

    def note(self, words: str) -> None:
        """Count something that a planner should know."""
        self.notes[words] = self.notes.get(words, 0) + 1

    # ---------------------------------------------------------------- what vehicles refer to

    def _define(self, reader: Reader, e: Element) -> None:
        match e.tag:
            case "vType" | "vTypeDistribution":
                self.types.define(reader, e)
            case "route":
                self._route(reader, e)
            case "routeDistribution":
                for child in e.all("route"):
                    self._route(reader, child)
                self.route_mixes[reader.text(e, "id")] = [
                    (c.given.get("id", ""), reader.number(c, "probability", 1.0)) for c in e.all("route")
                ]
            case tag if tag in PLACES:
                self.stops.define(reader, e)

    def _route(self, reader: Reader, e: Element) -> None:
        id = reader.text(e, "id")
        self.routes[id] = self._edges(reader, e)
        self.route_stops[id] = list(e.all("stop"))

    def _edges(self, reader: Reader, e: Element, key: str = "edges") -> tuple[str, ...]:
        """Return the links of a list of edges, each of which must be there."""
        edges = reader.text(e, key).split()
        unknown = [edge for edge in edges if edge not in self.sumo.edges]
        for edge in dict.fromkeys(unknown):
            reader.fault(e, f"the edge {edge}", "one of the network's", near_miss(edge, list(self.sumo.edges)))
        if not edges and key in e.given:
            reader.fault(e, "no edge", "at least one")
        return () if unknown else tuple(map(name_of, edges))

    # ---------------------------------------------------------------- vehicles

    def _trips(self, reader: Reader, e: Element) -> Iterator[Trip]:
        """Yield the trips that an element of a route file stands for."""
        if e.tag in ("person", "personFlow", "container", "containerFlow"):
            self.note("persons and containers left out")
        if e.tag not in ("vehicle", "trip", "flow"):
            return
        id = reader.text(e, "id")
        for n, depart_s in enumerate(self._departures(reader, e)):
            each = name_of(f"{id}.{n}" if e.tag == "flow" else id)
            made = self._trip(reader, e, each, depart_s)
            if made is None:
                return
            yield made

    def _departures(self, reader: Reader, e: Element) -> Iterator[float]:
        """Yield when a vehicle, or each one of a flow, departs [s]; those of a flow at even distances."""
        if e.tag != "flow":
            if e.given.get("depart", "") in ("triggered", "containerTriggered"):
                self.note("vehicles that wait for a person left out")
            elif "depart" in e.given or not reader.text(e, "depart"):
                yield reader.number(e, "depart", least=0.0) if "depart" in e.given else 0.0
            return
        begin, end = reader.number(e, "begin", 0.0, least=0.0), reader.number(e, "end", 3600.0, least=0.0)
        count = reader.number(e, "number", 1e9, least=0.0)
        period = reader.number(e, "period", 0.0, least=0.0) if "exp" not in e.given.get("period", "") else 0.0
        rate = {"vehsPerHour": 1.0 / 3600.0, "perHour": 1.0 / 3600.0, "probability": 1.0}
        per_s = sum(reader.number(e, key, least=0.0) * f for key, f in rate.items() if key in e.given)
        if per_s > 0.0:
            period = 1.0 / per_s
        elif period == 0.0 and "number" in e.given:
            period = (end - begin) / max(count, 1.0)
        if period <= 0.0:
            reader.fault(e, "no flow", "number, period, vehsPerHour or probability")
            return
        n = 0
        while n < count and begin + n * period < end and n <= MOST_TRIPS:
            yield begin + n * period
            n += 1

    def _trip(self, reader: Reader, e: Element, id: str, depart_s: float) -> Trip | None:
        """Return a trip; None, with a fault or a note, where it cannot be made."""
        type = chosen(name_of(e.given.get("type", DEFAULT)), self.types.mixes, id)
        if type not in self.types.all:
            known = [*self.types.all, *self.types.mixes]
            reader.fault(e, f'type="{e.given.get("type")}"', "a vType that is defined", near_miss(type, known))
            return None
        if self.types.kinds[type] in NOT_ON_THE_ROAD:
            self.note(f"vehicles of class {self.types.kinds[type]} left out")
            return None
        if e.given.get("arrivalPos", "max") not in ("max", "-1"):
            self.note("trips that end before the end of their last edge, driven to its end")
        path, stops = self._path(reader, e, type, id)
        if not path:
            return None
        trip = reader.make(e, Trip, id=id, type=type, depart_s=min(round(depart_s, 3), 604_800.0), path=path)
        return replace(trip, stops=tuple(self.stops.made_by(reader, e, trip, [*stops, *e.all("stop")])))

    def _path(self, reader: Reader, e: Element, type: str, id: str) -> tuple[tuple[str, ...], list[Element]]:
        """Return a vehicle's links and its route's stops; no links, and a fault, if they do not join."""
        stops: list[Element] = []
        at = e
        if inner := next(e.all("route"), None):
            at = named_as(inner, e)
            path = self._edges(reader, at)
            stops = list(inner.all("stop"))
        elif "route" in e.given:
            told = chosen(e.given["route"], self.route_mixes, id)
            if told not in self.routes:
                known = [*self.routes, *self.route_mixes]
                reader.fault(e, f'route="{told}"', "a route that is defined", near_miss(told, known))
            path, stops = self.routes.get(told, ()), self.route_stops.get(told, [])
        else:
            return self._routed(reader, e, type), stops
        joined = self._joined(type)
        for a, b in itertools.pairwise(path):
            if (a, b) not in joined:
                found = f"no connection from {a} to {b} for class {self.types.kinds[type]}"
                if found not in self.told:
                    reader.fault(at, found, "one")
                self.told.add(found)
                return (), []
        shut = [
            link
            for link in path
            if not any(n.admits(self.types.kinds[type]) for n in self.edge_of[link].lanes.values())
        ]
        if shut:
            reader.fault(e, f"the edge {shut[0]}, which does not admit class {self.types.kinds[type]}", "one that does")
            return (), []
        return path, stops

    def _routed(self, reader: Reader, e: Element, type: str) -> tuple[str, ...]:
        """Return the quickest way of a trip or flow that says only from where to where."""
        marks = [*self._edges(reader, e, "from"), *(self._edges(reader, e, "via") if "via" in e.given else ())]
        marks += self._edges(reader, e, "to")
        if len(marks) < 2:
            return ()
        router = self._router(type)
        path: tuple[str, ...] = (marks[0],)
        for mark in marks[1:]:
            onward = router.path(path[-1], mark)
            if not onward:
                reader.fault(e, f"no way from {path[-1]} to {mark}", "one")
                return ()
            path += onward[1:]
        return path

    def _router(self, type: str) -> Router:
        """Return the ways of one type's class."""
        kind = self.types.kinds[type]
        if kind not in self._routers:
            self._routers[kind] = Router(self.sumo.network, [m for m in self.ways if self._admits(kind, m)])
        return self._routers[kind]

    def _joined(self, type: str) -> set[tuple[str, str]]:
        """Return the pairs of links that one type's class may drive from one to the other."""
        kind = self.types.kinds[type]
        if kind not in self._pairs:
            self._pairs[kind] = {(m.from_link, m.to_link) for m in self.ways if self._admits(kind, m)}
        return self._pairs[kind]

    def _admits(self, kind: str, m: Movement) -> bool:
        ends = ((m.from_link, m.from_lane), (m.to_link, m.to_lane))
        return all(
            lane.admits(kind) for link, n in ends for lane in self.edge_of[link].lanes.values() if lane.number == n
        )
