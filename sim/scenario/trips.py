"""A site whose traffic is given trip by trip, as another program's demand is: who, when, by which way, in what vehicle.

There is no gate and nobody is drawn; only what differs from driver to driver of a type is.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from sim.scenario.drivers import Drivers, VehicleClass
from sim.scenario.fields import STRICT, Metres, Name, Seconds, Text
from sim.scenario.network import Network

LATEST_S = 604_800.0
"""[s] from the start of the run: a week"""
Moment = Annotated[float, Field(ge=0, le=LATEST_S)]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class VehicleType:
    """How the vehicles of one type move; `bus_lanes`: they may use lanes for buses."""

    id: Name
    kind: Literal["car", "bus", "heavy"]
    moves: VehicleClass
    bus_lanes: bool = False


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Stop:
    """A stop on the way, beside the curb lane (lane 0) between two offsets of a link.

    It lasts `duration_s`, and until `until_s` [s from the start of the run] at least. `off_lane`: beside the lane, not
    in it, and if `berths` is more than 0 in one of so many berths, which all who stop between these offsets share.
    """

    link: Name
    from_m: Metres
    to_m: Metres
    duration_s: Seconds
    until_s: Moment = 0.0
    off_lane: bool = False
    berths: Annotated[int, Field(ge=0, le=500)] = 0

    @property
    def place(self) -> str:
        """The name of the row of berths."""
        return f"{self.link}, {self.from_m:g} to {self.to_m:g} m"

    def front_m(self, berth: int) -> float:
        """Return the offset [m] of a berth's front end; berth 0 is the rear-most, reached first."""
        return self.from_m + (berth + 1) * (self.to_m - self.from_m) / self.berths


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Trip:
    """One vehicle's way from the start of its first link to the end of its last; `depart_s` from the run's start."""

    id: Name
    type: Name
    depart_s: Moment
    path: Annotated[tuple[Name, ...], Field(min_length=1)]
    stops: tuple[Stop, ...] = ()

    @property
    def due_s(self) -> float:
        """When the last stop would end if driving took no time; without stops, the departure."""
        due_s = self.depart_s
        for stop in self.stops:
            due_s = max(due_s + stop.duration_s, stop.until_s)
        return due_s


@dataclass(config=STRICT, frozen=True, kw_only=True)
class TripSite:
    """A network with the trips that are made on it."""

    name: Name
    title: Text
    network: Network
    drivers: Drivers
    types: tuple[VehicleType, ...]
    trips: tuple[Trip, ...]
    patience_s: Seconds = 10_800.0
    """Who has not finished this long after the last departure, or planned end of a stop, is counted as unfinished."""

    @property
    def last_due_s(self) -> float:
        """When the last one is due to set out, or to leave a stop if he loses no time on the way."""
        return max((trip.due_s for trip in self.trips), default=0.0)


def lie_ahead(path: Sequence[str], stops: Iterable[Stop]) -> Iterator[bool]:
    """Tell of each stop whether it lies on the path from where the one before it was made, not behind that.

    Who is to come back to the same link must have stopped on another one in between: else the stop lies behind.
    """
    places: dict[str, list[int]] = {}
    for n, link in enumerate(path):
        places.setdefault(link, []).append(n)
    at, past_m = 0, 0.0
    for stop in stops:
        here = places.get(stop.link, [])
        k = bisect_left(here, at)
        ahead = k < len(here) and (here[k] > at or stop.to_m >= past_m)
        if ahead:
            at, past_m = here[k], stop.to_m
        yield ahead
