"""SUMO's demand as trips of ours: vehicles, trips and flows, with the types, routes and stops they refer to."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from sim.formats.sumo_classes import DEFAULT, NOT_ON_THE_ROAD
from sim.formats.sumo_departures import departures
from sim.formats.sumo_known import unknown
from sim.formats.sumo_network import SumoNetwork
from sim.formats.sumo_reader import Reader, name_of
from sim.formats.sumo_routes import Routes
from sim.formats.sumo_stops import PLACES, Call, Stops, in_order
from sim.formats.sumo_types import Types
from sim.formats.sumo_vehicles import ON_FOOT, VEHICLES, left_out, out_of_order, vehicles
from sim.formats.sumo_ways import Ways
from sim.formats.sumo_xml import Element
from sim.scenario.trips import Trip, VehicleType

MARKS = ("from", "via", "to")
ACTING = ("rerouter", "calibrator", "variableSpeedSign", "vaporizer")
"""What changes traffic in SUMO and has nothing like it here."""
MOST_TRIPS = 200_000
MOST_SKIPPED = 5_000_000
"""Departures of one flow before the time that is asked for: so many take seconds."""
MOST_LEGS = 100 * MOST_TRIPS
"""Edges on the ways of all vehicles together: half as many take 10 to 20 s, and 80 MB on the disk."""


Within = tuple[float, float]
"""From when on, and before when [s]."""
ALWAYS = (0.0, inf)


@dataclass(frozen=True)
class Demand:
    """Types that are used, and trips in order of departure."""

    types: tuple[VehicleType, ...]
    trips: tuple[Trip, ...]
    notes: tuple[str, ...]


def read_demand(sumo: SumoNetwork, readers: Sequence[Reader], within_s: Within = ALWAYS) -> Demand:
    """Return who departs `within_s`. Route and additional files may refer to each other; the readers note faults."""
    return _Import(sumo, readers, within_s).demand()


@dataclass(frozen=True)
class _Start:
    """Who sets out, when [s], and how long after the first of its flow [s]."""

    id: str
    at_s: float
    later_s: float


class _Import:
    """A demand while it is read."""

    def __init__(self, sumo: SumoNetwork, readers: Sequence[Reader], within_s: Within) -> None:
        self.readers = readers
        self.within_s = within_s
        self.notes: dict[str, int] = {}
        asked = Counter(e.given.get("type", DEFAULT) for r in readers for e in vehicles(r.root) if e.tag in VEHICLES)
        self.types = Types(sumo.edges.values(), asked, self.note)
        self.stops = Stops(sumo.edges, self.note)
        self.routes = Routes(sumo.edges.keys(), sumo.dropped, self.note)
        self.ways = Ways(sumo)

    def demand(self) -> Demand:
        """Read types, routes and places first, whatever the order of the files; then the vehicles."""
        for reader in self.readers:
            for e in reader.root.within:
                self._define(reader, e)
        for reader in self.readers:
            for e in reader.root.within:
                self._define_mix(reader, e)
        trips = self._all()
        for words in out_of_order(self.readers[0]):
            self.note(words)
        self.notes |= unknown([reader.root for reader in self.readers])
        if not trips and not self.readers[0].faults:
            found = "no vehicle" if self.within_s == ALWAYS else "no vehicle that departs in the time asked for"
            others = "; ".join(f"{words}: {n}" for words, n in self.notes.items() if words.endswith("left out"))
            self.readers[0].fault(
                self.readers[0].root, f"{found}{others and f' to be driven ({others})'}", "at least one"
            )
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
            case "vType":
                self.types.define(reader, e)
            case "vTypeDistribution":
                for child in e.all("vType"):
                    if "refId" not in child.given:
                        self.types.define(reader, child)
            case "route":
                self.routes.define(reader, e)
            case "include":
                reader.fault(e, "another file", "that file itself, named beside this one")
            case tag if tag in PLACES:
                self.stops.define(reader, e)
            case tag if tag in ACTING:
                self.note(f"<{tag}> left out")

    def _define_mix(self, reader: Reader, e: Element) -> None:
        if e.tag == "vTypeDistribution":
            self.types.define_mix(reader, e)
        elif e.tag == "routeDistribution":
            self.routes.define_mix(reader, e)

    # ---------------------------------------------------------------- vehicles

    def _all(self) -> list[Trip]:
        """Return every trip; none, with a fault, if there are too many, or too many edges on their ways."""
        trips: list[Trip] = []
        names: set[str] = set()
        legs = 0
        for reader in self.readers:
            for e in vehicles(reader.root):
                for trip in self._trips(reader, e):
                    if trip.id in names:
                        reader.fault(e, f"the name {trip.id}, which another vehicle has already", "one of its own")
                    names.add(trip.id)
                    trips.append(trip)
                    legs += len(trip.path)
                    if len(trips) > MOST_TRIPS or legs > MOST_LEGS:
                        many = f"{MOST_TRIPS} vehicles" if len(trips) > MOST_TRIPS else f"{MOST_LEGS} edges on all ways"
                        reader.fault(e, f"more than {many}", "fewer (--begin and --end take a part)")
                        return []
        return trips

    def _trips(self, reader: Reader, e: Element) -> Iterator[Trip]:
        """Yield the trips that a vehicle, trip or flow stands for, one too many of them at most.

        One that is none ends them if there are faults.
        """
        if e.tag in ON_FOOT:
            self.note("persons and containers left out")
            return
        id, first_s, wanted = reader.text(e, "id"), None, 0
        begin_s, end_s = self.within_s
        for n, at_s in enumerate(departures(reader, e, self.note)):
            first_s = at_s if first_s is None else first_s
            if at_s < begin_s and n < MOST_SKIPPED:
                self.note("vehicles that depart before --begin left out")
                continue
            if at_s < begin_s:
                reader.fault(e, f"more than {MOST_SKIPPED} vehicles before --begin", "fewer")
                return
            if at_s >= end_s:
                one = e.tag != "flow"
                self.note("vehicles that depart from --end on left out" if one else "flows cut off at --end")
                return
            wanted += 1
            if wanted > MOST_TRIPS + 1:
                return
            made = self._trip(reader, e, _Start(f"{id}.{n}" if e.tag == "flow" else id, at_s, at_s - first_s))
            if made is not None:
                yield made
            elif reader.faults:
                return

    def _trip(self, reader: Reader, e: Element, start: _Start) -> Trip | None:
        """Return a trip; None, with a fault or a note, if there is none."""
        type = self.types.of(reader, e, start.id)
        if type is None:
            return None
        kind = self.types.kinds[type]
        if kind in NOT_ON_THE_ROAD:
            self.note(f"vehicles of class {kind} left out")
            return None
        path, calls = self._path(reader, e, kind, start)
        if not path:
            return None
        for words in left_out(e):
            self.note(words)
        name, of = name_of(start.id), self.types.all[type].id
        trip = reader.make(e, Trip, id=name, type=of, depart_s=round(start.at_s, 3), path=path)
        return replace(trip, stops=tuple(self.stops.made_by(reader, e, trip, calls)))

    def _path(self, reader: Reader, e: Element, kind: str, start: _Start) -> tuple[tuple[str, ...], list[Call]]:
        """Return a vehicle's links and stops; no links, with a fault, if they do not join.

        In a route that many may take `until` counts from each vehicle's departure, else from that of the first of its
        flow: so it is in SUMO.
        """
        calls = [Call(stop, start.later_s) for stop in e.all("stop")]
        route = self.routes.of(reader, e, start.id)
        if route is None:
            calls = in_order(reader, calls)
            return self.ways.quickest(reader, e, self._marks(reader, e, calls), kind), calls
        before = [Call(stop, start.at_s if route.shared else start.later_s) for stop in route.stops]
        path = route.links if self.ways.is_open(reader, e, route.links, kind) else ()
        return path, in_order(reader, [*before, *calls])

    def _marks(self, reader: Reader, e: Element, calls: Iterable[Call]) -> list[str]:
        """Return the links that a trip leads over: `from`, those of `via` or else of its stops, and `to`.

        Either end may be left out, and a stop that is no part of `via` must lie on the way: so it is in SUMO.
        """
        elsewhere = [(end, key) for end in MARKS for key in _elsewhere(end) if key in e.given and end not in e.given]
        for end, key in elsewhere:
            reader.fault(e, key, f"an edge ({end}); duarouter finds edges and routes")
        told = {end: self.routes.links(reader, e, end) for end in MARKS if end in e.given}
        between = told["via"] if "via" in told else tuple(self.stops.links(calls))
        if not (told or between or elsewhere):
            reader.fault(e, "neither a route nor from and to", "one of them")
        return [] if elsewhere else [*told.get("from", ()), *between, *told.get("to", ())]


def _elsewhere(end: str) -> tuple[str, ...]:
    """Return the attributes by which SUMO's tools take an end of a trip for something else than an edge."""
    return tuple(end + place for place in ("Taz", "Junction", "Junctions", "XY", "LonLat"))
