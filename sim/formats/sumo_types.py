"""SUMO's vehicle types as ours, and distributions from which each vehicle draws one.

SUMO's drivers waver (Krauss, `sigma`): each step they fall short of the speed they could drive by up to sigma x accel,
so that 1 - sigma / 2 of the acceleration is left on average. Ours accelerate less the faster they are; they are given
what takes them to nine tenths of the speed wished for in the same time.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import isfinite, sqrt
from statistics import NormalDist

from sim.formats.sumo_classes import BUILT_IN, CAR, CLASSES, DEFAULT, NOT_ON_THE_ROAD, Class, class_of
from sim.formats.sumo_mix import Mix, chosen, listed, weight
from sim.formats.sumo_reader import Reader, name_of
from sim.formats.sumo_streets import Edge
from sim.formats.sumo_xml import Element
from sim.scenario.drivers import VehicleClass
from sim.scenario.trips import VehicleType

MIN_GAP_M, TAU_S, SIGMA = 2.5, 1.0, 0.5
IDM_FALLS = 0.816
"""0.9 / integral of 1 / (1 - u^4) from 0 to 0.9: what is left of the intelligent driver's acceleration on average"""
NORMAL, MODEL = ("norm", "normc"), "carFollowing-"

LIMITS = {
    "length": (1.0, 30.0),
    "accel": (0.05, 12.0),
    "decel": (0.05, 12.0),
    "tau": (0.2, 5.0),
    "minGap": (0.5, 10.0),
    "maxSpeed": (0.1, 50.0),
}
"""What ours can be: SI units."""
CUT_SD = 2.0
"""So many standard deviations from the mean our speed factors are cut anyway."""
LEAST_INSIDE = 1e-9
"""Of a distribution less than this between two bounds is as if all lay at the nearer one."""


class Types:
    """The vehicle types of a demand while they are read."""

    def __init__(self, edges: Iterable[Edge], asked: Mapping[str, int], note: Callable[[str], None]) -> None:
        """Begin with none; `asked`: how many ask for a type; `note` takes what a planner should know."""
        self.asked = asked
        self.note = note
        self.all: dict[str, VehicleType] = {}
        self.kinds: dict[str, str] = {}
        """The class of each type."""
        self.mixes: dict[str, Mix] = {}
        """Distributions of types."""
        self._weights: dict[str, float] = {}
        self._names: set[str] = set()
        self._missed: set[str] = set()
        """Types that are nowhere, each of which is told for the first who is of it."""
        lanes = (lane for e in edges for lane in e.lanes.values())
        self._bus_lanes = [lane for lane in lanes if not lane.admits("passenger")]

    def define(self, reader: Reader, e: Element) -> None:
        """Take in a vType."""
        e, id = _with_model(e), reader.text(e, "id")
        if reader.number(e, "scale", 1.0, least=0.0) != 1.0:
            self.note("types of which SUMO drives a share or a multiple (scale), driven as often as they are listed")
        made = self._type(reader, e)
        if made.id in self._names:
            reader.fault(e, f"the name {made.id}, which another type has already", "a name of its own")
        self._names.add(made.id)
        self.all[id] = made
        self.kinds[id] = class_of(e)
        self._weights[id] = weight(reader, e)

    def define_mix(self, reader: Reader, e: Element) -> None:
        """Take in a vTypeDistribution, of types which are all defined; it may stand for SUMO's default type."""
        id = reader.text(e, "id")
        if (id in self.all and id != DEFAULT) or id in self.mixes:
            reader.fault(e, "a type or distribution that stands twice", "names that stand once")
        mix = listed(reader, e, "vTypes", lambda name: self._weights.get(name, 1.0))
        mix += [(c.given.get("refId") or c.given.get("id", "?"), weight(reader, c)) for c in e.all("vType")]
        for name in dict.fromkeys(name for name, _ in mix if not self._has(reader, name)):
            reader.fault(e, f"the type {name}", "a vType that is defined", name, self.all)
            self._missed.add(name)
        if sum(its for _, its in mix) <= 0.0:
            reader.fault(e, "no type that can be drawn", "one with a probability above 0")
        self.mixes[id] = mix

    def of(self, reader: Reader, vehicle: Element, id: str) -> str | None:
        """Return which type a vehicle is of, `id` drawing from distributions; None, with a fault, if it is missing."""
        told = vehicle.given.get("type", DEFAULT)
        type = chosen(told, self.mixes, id)
        if self._has(reader, type):
            return type
        if type not in self._missed:
            many = f", of {self.asked[told]} vehicles and flows" if self.asked[told] > 1 else ""
            known = itertools.chain(self.all, self.mixes)
            reader.fault(vehicle, f'type="{told}"{many}', "a vType that is defined", type, known)
        self._missed.add(type)
        return None

    def _has(self, reader: Reader, name: str) -> bool:
        """Return whether a type is defined, as one of SUMO's own is when it is first asked for."""
        if name in BUILT_IN and name not in self.all:
            self.define(reader, Element("vType", {"id": name, "vClass": BUILT_IN[name]}, reader.root.line))
        return name in self.all

    def _type(self, reader: Reader, e: Element) -> VehicleType:
        kind = class_of(e)
        if kind not in (known := (*CLASSES, *NOT_ON_THE_ROAD)):
            reader.fault(e, f'vClass="{kind}"', "one of SUMO's vehicle classes", kind.lower(), known)
        its = CLASSES.get(kind, CLASSES[CAR])
        return reader.make(
            e,
            VehicleType,
            id=name_of(reader.text(e, "id")),
            kind=its.kind,
            bus_lanes=kind == "ignoring" or its.kind == "bus" or self._on_bus_lanes(kind),
            moves=self._moves(reader, e, its),
        )

    def _moves(self, reader: Reader, e: Element, its: Class) -> VehicleClass:
        waverers = e.given.get("carFollowModel", "Krauss").startswith("Krauss")
        sigma = min(reader.number(e, "sigma", SIGMA, least=0.0), 1.0) if waverers else 0.0
        accel = self._limited(reader, e, "accel", its.accel) * (1.0 - 0.5 * sigma) / IDM_FALLS
        mean, spread = _speed_factor(reader, e, its.spread)
        slowest, fastest = LIMITS["maxSpeed"]
        desired = reader.number(e, "desiredMaxSpeed", fastest, least=slowest)
        return reader.make(
            e,
            VehicleClass,
            length_m=self._limited(reader, e, "length", its.length),
            acceleration_m_s2=round(min(accel, LIMITS["accel"][1]), 4),
            deceleration_m_s2=self._limited(reader, e, "decel", its.decel),
            headway_s=self._limited(reader, e, "tau", TAU_S),
            standstill_gap_m=self._limited(reader, e, "minGap", MIN_GAP_M),
            speed_factor=min(max(mean, 0.3), 2.0),
            speed_factor_sd=min(max(spread, 0.0), 0.5),
            top_speed_m_s=min(self._limited(reader, e, "maxSpeed", min(its.top, fastest)), desired),
        )

    def _limited(self, reader: Reader, e: Element, key: str, default: float) -> float:
        """Return an attribute, cut to what ours can be, of which a note tells."""
        low, high = LIMITS[key]
        exact = reader.number(e, key, default, least=0.0)
        kept = min(max(exact, low), high)
        if kept != exact:
            self.note(f"types with a {key} below {low:g} or above {high:g}, cut to that")
        return kept

    def _on_bus_lanes(self, kind: str) -> bool:
        """Return whether a class may use lanes for buses: all of them, if most of their length admits it."""
        lanes_m = sum(lane.length_m for lane in self._bus_lanes)
        open_m = sum(lane.length_m for lane in self._bus_lanes if lane.admits(kind))
        if 0.0 < open_m < lanes_m:
            self.note(f"{kind}: may use some lanes that are shut to cars and not others; here all of them, or none")
        return lanes_m > 0.0 and open_m >= 0.5 * lanes_m


def _with_model(e: Element) -> Element:
    """Return a type with what an element of its car-following model says, as older files write it."""
    inner = next((child for child in e.within if child.tag.startswith(MODEL)), None)
    if inner is None:
        return e
    return replace(e, given={"carFollowModel": inner.tag.removeprefix(MODEL), **e.given, **inner.given})


def _speed_factor(reader: Reader, e: Element, spread: float) -> tuple[float, float]:
    """Return mean and standard deviation of the speed factor: a number, norm(mean, sd) or normc(mean, sd, low, high).

    Where low or high cuts off more than is cut here anyway, they are those of what is left.
    """
    told = e.given.get("speedFactor", "1")
    head, bracket, rest = told.partition("(")
    try:
        numbers = [float(n) for n in (rest.rstrip(")") if bracket else told).split(",")]
    except ValueError:
        numbers = []
    if not numbers or not all(map(isfinite, numbers)) or (bracket and (head not in NORMAL or len(numbers) < 2)):
        reader.fault(e, f'speedFactor="{told[:40]}"', "a number, or normc(mean,deviation,low,high)")
        return 1.0, 0.0
    spread = numbers[1] if bracket else spread
    mean, spread = numbers[0], reader.number(e, "speedDev", spread, least=0.0)
    return truncated(mean, spread, *numbers[2:4]) if len(numbers) == 4 else (mean, spread)


def truncated(mean: float, sd: float, low: float, high: float) -> tuple[float, float]:
    """Return mean and standard deviation of what of a normal distribution lies between two bounds.

    Unchanged if neither cuts off more than CUT_SD does (Johnson, Kotz, Balakrishnan 1994, Continuous Univariate
    Distributions 1, 13.10.1).
    """
    if sd <= 0.0 or not low < high:
        return min(max(mean, low), max(low, high)), 0.0
    a, b = (low - mean) / sd, (high - mean) / sd
    if a <= -CUT_SD and b >= CUT_SD:
        return mean, sd
    normal = NormalDist()
    inside = normal.cdf(b) - normal.cdf(a)
    if inside < LEAST_INSIDE:
        return (low if a > 0.0 else high), 0.0
    left, right = normal.pdf(a), normal.pdf(b)
    shift = (left - right) / inside
    return mean + sd * shift, sd * sqrt(max(1.0 + (a * left - b * right) / inside - shift * shift, 0.0))
