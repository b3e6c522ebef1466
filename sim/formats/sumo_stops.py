"""SUMO's bus stops and parking areas, and the stops that vehicles make at them or elsewhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sim.formats.sumo_network import SumoNetwork
from sim.formats.sumo_reader import Reader, name_of, named_as
from sim.formats.sumo_xml import Element
from sim.scenario.faults import near_miss
from sim.scenario.trips import Stop, Trip

PLACES = ("busStop", "trainStop", "containerStop", "chargingStation", "parkingArea")
LEAST_STOP_M = 2.0
"""[m] of a stop that says only where it ends."""


@dataclass(frozen=True)
class Place:
    """Where a stop is: between two offsets [m] of a lane, in it or beside it."""

    lane: str
    from_m: float
    to_m: float
    beside: bool
    berths: int = 0
    """How many there are; 0: it is not told."""


class Stops:
    """The places to stop of a demand while they are read."""

    def __init__(self, sumo: SumoNetwork, note: Callable[[str], None]) -> None:
        """Begin with none; `note` takes what a planner should know."""
        self.edges = sumo.edges
        self.note = note
        self.places: dict[str, Place] = {}

    def define(self, reader: Reader, e: Element) -> None:
        """Take in a bus stop or a parking area."""
        lane, end = reader.text(e, "lane"), self._length(e.given.get("lane", ""))
        from_m = _along(reader.number(e, "startPos", 0.0), end)
        to_m = _along(reader.number(e, "endPos", end), end)
        if end and not from_m < to_m:
            reader.fault(e, f"from {from_m:g} to {to_m:g} m", f"a stretch of the lane's {end:g} m")
        beside = e.tag == "parkingArea" and e.given.get("onRoad", "0") not in ("1", "true")
        berths = reader.whole(e, "roadsideCapacity", 0) + sum(1 for _ in e.all("space")) if beside else 0
        self.places[reader.text(e, "id")] = Place(lane, from_m, to_m, beside, berths)

    def made_by(self, reader: Reader, vehicle: Element, trip: Trip, elements: list[Element]) -> Iterator[Stop]:
        """Yield a vehicle's stops, each of which must lie on its way, in order."""
        ahead = list(trip.path)
        for e in elements:
            place = self._place(reader, e)
            if place is None:
                continue
            edge, _, number = place.lane.rpartition("_")
            link = name_of(edge)
            if link not in ahead:
                at = named_as(e, vehicle)
                reader.fault(at, f"a stop on {edge}", "one that lies on the way, after those before it")
                continue
            ahead = ahead[ahead.index(link) :]
            if self.edges[edge].lanes[int(number)].number > 0:
                self.note("stops in another lane than that at the curb, moved to it")
            if "duration" not in e.given and "until" not in e.given:
                self.note("stops without a duration, left out")
                continue
            yield reader.make(
                e,
                Stop,
                link=link,
                from_m=round(max(place.from_m, 0.0), 3),
                to_m=round(place.to_m, 3),
                duration_s=min(reader.number(e, "duration", 0.0, least=0.0), 86_400.0),
                until_s=min(reader.number(e, "until", 0.0, least=0.0), 604_800.0),
                off_lane=place.beside or e.given.get("parking", "0") in ("1", "true", "opportunistic"),
                berths=place.berths,
            )

    def _place(self, reader: Reader, e: Element) -> Place | None:
        """Return where a stop is; None, with a fault, if that is not in the network."""
        id = next((e.given[k] for k in PLACES if k in e.given), None)
        if id is not None and id not in self.places:
            reader.fault(e, f"the stop {id}", "one that is defined", near_miss(id, list(self.places)))
            return None
        if id is not None:
            place = self.places[id]
        else:
            lane = reader.text(e, "lane")
            length = self._length(lane)
            to_m = _along(reader.number(e, "endPos", length), length)
            place = Place(lane, _along(reader.number(e, "startPos", to_m - LEAST_STOP_M), length), to_m, False)
        if not self._length(place.lane):
            reader.fault(e, f'lane="{place.lane}"', "a lane of the network's")
            return None
        return place

    def _length(self, lane: str) -> float:
        """Return a lane's length [m]; 0 if there is none for motor vehicles."""
        edge, _, number = lane.rpartition("_")
        lanes = self.edges[edge].lanes if edge in self.edges else {}
        return lanes[int(number)].length_m if number.isdecimal() and int(number) in lanes else 0.0


def _along(at_m: float, length_m: float) -> float:
    """Return a position along a lane; what is negative counts from its end."""
    return at_m + length_m if at_m < 0.0 else min(at_m, length_m) if length_m else at_m
