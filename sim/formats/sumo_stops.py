"""SUMO's bus stops and parking areas, and the stops that vehicles make at them or elsewhere."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sim.formats.sumo_reader import Reader, name_of, named_as
from sim.formats.sumo_streets import Edge, Lane
from sim.formats.sumo_xml import Element, truth
from sim.scenario.trips import LATEST_S, Stop, Trip, lie_ahead

PLACES = ("busStop", "trainStop", "containerStop", "chargingStation", "parkingArea")
JUMPS = ("jump", "jumpUntil")
"""A time of 0 or more in one of them takes a vehicle off the road at the stop, and onto it at the next one."""
LEAST_STOP_M = 2.0
"""[m] of a stop that says only where it ends."""
LONGEST_STOP_S = 86_400.0


@dataclass(frozen=True)
class Place:
    """Where a stop is: between two offsets [m] of a lane, in it or beside it."""

    lane: str
    from_m: float
    to_m: float
    beside: bool = False
    berths: int = 0
    """How many there are; 0: it is not told."""


@dataclass(frozen=True)
class Call:
    """A stop as a vehicle's or a route's element states it, and what is added to its `until` [s]."""

    element: Element
    later_s: float = 0.0


def in_order(reader: Reader, calls: Iterable[Call]) -> list[Call]:
    """Return stops in the order in which they are made: each after those before it, or where its `index` puts it."""
    ordered: list[Call] = []
    for call in calls:
        at_end = call.element.given.get("index", "end") == "end"
        ordered.insert(len(ordered) if at_end else reader.whole(call.element, "index"), call)
    return ordered


class Stops:
    """The places to stop of a demand while they are read."""

    def __init__(self, edges: Mapping[str, Edge], note: Callable[[str], None]) -> None:
        """Begin with none; `note` takes what a planner should know."""
        self.edges = edges
        self.note = note
        self.places: dict[str, Place] = {}
        self._berths: dict[str, int] = {}
        self._missed: set[str] = set()

    def define(self, reader: Reader, e: Element) -> None:
        """Take in a bus stop or a parking area."""
        id, lane = reader.text(e, "id"), self._lane(e.given.get("lane", ""))
        if id in self.places:
            reader.fault(e, "a place that stands twice", "names that stand once")
        from_m, to_m = _stretch(reader, e, lane, lane.length_m) if lane else (0.0, 0.0)
        beside = e.tag == "parkingArea" and not reader.flag(e, "onRoad")
        berths = reader.whole(e, "roadsideCapacity", 0) + sum(1 for _ in e.all("space")) if beside else 0
        self.places[id] = Place(reader.text(e, "lane"), from_m, to_m, beside, berths)

    def links(self, calls: Iterable[Call]) -> Iterator[str]:
        """Yield the links that stops are on, of those whose edge is known."""
        for e in (call.element for call in calls):
            place = next((self.places.get(e.given[k]) for k in PLACES if k in e.given), None)
            edge, _ = _parted(self._first_of(e) if place is None else place.lane)
            if edge in self.edges:
                yield name_of(edge)

    def made_by(self, reader: Reader, vehicle: Element, trip: Trip, calls: Iterable[Call]) -> Iterator[Stop]:
        """Yield a vehicle's stops, each of which must lie on its way, in order."""
        found = [(call.element, stop) for call in calls for stop in self._made(reader, call)]
        ahead = lie_ahead(trip.path, (stop for _, stop in found))
        for (e, stop), is_ahead in zip(found, ahead, strict=True):
            if not is_ahead:
                at = named_as(e, vehicle)
                reader.fault(at, f"a stop on {stop.link}", "one that lies on the way, after those before it")
            if stop.berths and (known := self._berths.setdefault(stop.place, stop.berths)) != stop.berths:
                found_here = f"{stop.berths} berths at {stop.place}"
                reader.fault(named_as(e, vehicle), found_here, f"{known}, as another parking area has there")
            yield stop

    def _made(self, reader: Reader, call: Call) -> Iterator[Stop]:
        """Yield the stop of an element; none, with a fault or a note, if it is none of ours."""
        e, place = call.element, self._place(reader, call.element)
        lane = None if place is None else self._lane(place.lane)
        if place is None or lane is None:
            return
        if reader.number(e, "speed", 0.0) > 0.0:
            self.note("waypoints, which are passed at a speed (speed), left out")
            return
        if reader.flag(e, "onDemand"):
            self.note("stops on demand (onDemand), left out as nobody waits there")
            return
        if any(not e.given.get(key, "-1").startswith("-") for key in JUMPS):
            self.note("stops after which the vehicle jumps to the next one (jump), from which it drives on")
        if "duration" not in e.given and "until" not in e.given:
            self.note("stops without a duration, left out")
            return
        if truth(e.given.get("triggered", "false")) is not False:
            self.note("stops that last until somebody gets in (triggered), ended when their own time is up")
        if "join" in e.given:
            self.note("stops until another train joins (join), ended when their own time is up")
        if lane.number > 0:
            self.note("stops in another lane than that at the curb, moved to it")
        edge = self.edges[_parted(place.lane)[0]]
        scale = edge.length_m / lane.length_m  # where lanes differ in length a link has their mean
        duration_s = reader.seconds(e, "duration", 0.0)
        if duration_s > LONGEST_STOP_S:
            self.note("stops of more than a day, cut to that")
        yield reader.make(
            e,
            Stop,
            link=name_of(edge.id),
            from_m=round(place.from_m * scale, 3),
            to_m=round(place.to_m * scale, 3),
            duration_s=min(duration_s, LONGEST_STOP_S),
            until_s=_until_s(reader, call),
            off_lane=place.beside or e.given.get("parking") == "opportunistic" or reader.flag(e, "parking"),
            berths=place.berths,
        )

    def _place(self, reader: Reader, e: Element) -> Place | None:
        """Return where a stop is; None if that is nowhere, with a fault for the first who is to stop there."""
        id = next((e.given[k] for k in PLACES if k in e.given), None)
        if id is not None and id not in self.places:
            if id not in self._missed:
                reader.fault(e, f"the stop {id}", "one that is defined", id, self.places)
            self._missed.add(id)
            return None
        name = self._first_of(e) if id is None else self.places[id].lane
        lane = self._lane(name)
        if lane is None:
            reader.fault(e, f'lane="{name}"', "a lane of the network's")
            return None
        return Place(name, *_stretch(reader, e, lane, LEAST_STOP_M)) if id is None else self.places[id]

    def _first_of(self, e: Element) -> str:
        """Return the lane of a stop that names no place: that which it says, or the first of its edge."""
        edge = self.edges.get(e.given.get("edge", ""))
        first = "?" if edge is None else next(f"{edge.id}_{n}" for n in edge.lanes)
        return e.given.get("lane", first)

    def _lane(self, name: str) -> Lane | None:
        """Return a lane for motor vehicles; None if there is none of that name."""
        edge, number = _parted(name)
        return self.edges[edge].lanes.get(number) if edge in self.edges else None


def _until_s(reader: Reader, call: Call) -> float:
    """Return until when a stop lasts at least [s]; 0 if it does not say."""
    e = call.element
    until_s = reader.seconds(e, "until") + call.later_s if "until" in e.given else 0.0
    if until_s > LATEST_S:
        reader.fault(e, f'until="{e.given["until"]}"', f"one within a week, {LATEST_S:g} s")
    return min(until_s, LATEST_S)


def _parted(lane: str) -> tuple[str, int]:
    """Return the edge of a lane, and its number."""
    edge, _, number = lane.rpartition("_")
    return edge, int(number) if number.isdecimal() else -1


def _stretch(reader: Reader, e: Element, lane: Lane, longest_m: float) -> tuple[float, float]:
    """Return from where to where a place lies on its lane [m], by SUMO's rules; `longest_m` if it has only an end.

    What is negative counts from the lane's end. What lies beyond an end is a fault, unless the place is told to be
    friendly (`friendlyPos`): then it is moved onto the lane.
    """
    length = lane.length_m
    to_m = _from_end(reader.number(e, "endPos", length), length)
    from_m = _from_end(reader.number(e, "startPos", max(to_m - longest_m, 0.0)), length)
    if 0.0 <= from_m <= to_m <= length:
        return from_m, to_m
    if not reader.flag(e, "friendlyPos"):
        reader.fault(e, f"from {from_m:g} to {to_m:g} m", f"a stretch of the lane's {length:g} m")
    to_m = min(max(to_m, LEAST_STOP_M), length)
    return min(max(from_m, 0.0), max(to_m - LEAST_STOP_M, 0.0)), to_m


def _from_end(at_m: float, length_m: float) -> float:
    return at_m + length_m if at_m < 0.0 else at_m
