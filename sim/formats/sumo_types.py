"""SUMO's vehicle types as ours, and distributions from which each vehicle draws one.

SUMO's drivers waver (Krauss, `sigma`): each step they fall short of the speed they could drive by up to sigma x accel,
so that 1 - sigma / 2 of the acceleration is left on average. Ours accelerate less the faster they are; they are given
what takes them to nine tenths of the speed wished for in the same time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from sim.formats.sumo_network import SumoNetwork
from sim.formats.sumo_reader import Reader, name_of
from sim.formats.sumo_xml import Element
from sim.scenario.drivers import VehicleClass
from sim.scenario.trips import VehicleType

Kind = Literal["car", "bus", "heavy"]


@dataclass(frozen=True)
class _Class:
    """What SUMO takes for a class of vehicles where a type does not say: SI units."""

    length: float
    accel: float
    decel: float
    top: float
    kind: Kind = "car"
    spread: float = 0.0


CLASSES = {
    "passenger": _Class(5.0, 2.6, 4.5, 55.56, spread=0.1),
    "taxi": _Class(5.0, 2.6, 4.5, 55.56, spread=0.05),
    "delivery": _Class(6.5, 2.6, 4.5, 55.56, spread=0.05),
    "emergency": _Class(6.5, 2.6, 4.5, 55.56),
    "motorcycle": _Class(2.2, 6.0, 10.0, 55.56, spread=0.1),
    "moped": _Class(2.1, 1.1, 7.0, 12.5, spread=0.1),
    "bus": _Class(12.0, 1.2, 4.0, 23.61, "bus"),
    "coach": _Class(14.0, 2.0, 4.0, 27.78, "bus", 0.05),
    "truck": _Class(7.1, 1.3, 4.0, 36.11, "heavy", 0.05),
    "trailer": _Class(16.5, 1.0, 4.0, 36.11, "heavy", 0.05),
}
"""SUMO 1.28, "Vehicle Type Parameter Defaults"; others are as cars that do not differ."""
OTHER = _Class(5.0, 2.6, 4.5, 55.56)
NOT_ON_THE_ROAD = ("pedestrian", "bicycle", "tram", "rail", "rail_urban", "rail_electric", "rail_fast", "ship",
                   "cable_car", "subway", "aircraft", "wheelchair", "scooter", "drone", "container")  # fmt: skip
MIN_GAP_M, TAU_S, SIGMA = 2.5, 1.0, 0.5
IDM_FALLS = 0.816
"""0.9 / integral of 1 / (1 - u^4) from 0 to 0.9: what is left of the intelligent driver's acceleration on average"""
DEFAULT = "DEFAULT_VEHTYPE"

Mix = list[tuple[str, float]]
"""Names with their weights."""


class Types:
    """The vehicle types of a demand while they are read."""

    def __init__(self, sumo: SumoNetwork, note: Callable[[str], None]) -> None:
        """Begin with none; `note` takes what a planner should know."""
        self.note = note
        self.all: dict[str, VehicleType] = {}
        self.kinds: dict[str, str] = {}
        """The class of each type."""
        self.mixes: dict[str, Mix] = {}
        """Distributions of types."""
        self._bus_lanes = [
            lane for e in sumo.edges.values() for lane in e.lanes.values() if not lane.admits("passenger")
        ]

    def define(self, reader: Reader, e: Element) -> None:
        """Take in a vType or a vTypeDistribution."""
        if e.tag == "vType":
            made = self._type(reader, e)
            self.all[made.id] = made
            return
        for child in e.all("vType"):
            self.define(reader, child)
        mix = [(name_of(c.given.get("id", "")), reader.number(c, "probability", 1.0)) for c in e.all("vType")]
        self.mixes[name_of(reader.text(e, "id"))] = mix + [(name_of(t), 1.0) for t in e.given.get("vTypes", "").split()]

    def _type(self, reader: Reader, e: Element) -> VehicleType:
        kind = e.given.get("vClass", "passenger")
        its = CLASSES.get(kind, OTHER)
        model = e.given.get("carFollowModel", "Krauss")
        sigma = reader.number(e, "sigma", SIGMA, least=0.0) if model.startswith("Krauss") else 0.0
        mean, spread = self._speed_factor(reader, e, its.spread)
        id = name_of(reader.text(e, "id"))
        self.kinds[id] = kind
        length = reader.number(e, "length", its.length, least=1.0)
        if length > 30.0:
            self.note("types longer than 30 m, cut to that")
        accel = reader.number(e, "accel", its.accel, least=0.05) * (1.0 - 0.5 * min(sigma, 1.0)) / IDM_FALLS
        return reader.make(
            e,
            VehicleType,
            id=id,
            kind=its.kind,
            bus_lanes=kind == "ignoring" or its.kind == "bus" or self._on_bus_lanes(kind),
            moves=reader.make(
                e,
                VehicleClass,
                length_m=min(length, 30.0),
                acceleration_m_s2=round(min(accel, 12.0), 4),
                deceleration_m_s2=min(reader.number(e, "decel", its.decel, least=0.05), 12.0),
                headway_s=min(max(reader.number(e, "tau", TAU_S, least=0.0), 0.2), 5.0),
                standstill_gap_m=min(max(reader.number(e, "minGap", MIN_GAP_M, least=0.0), 0.5), 10.0),
                speed_factor=min(max(mean, 0.3), 2.0),
                speed_factor_sd=min(max(spread, 0.0), 0.5),
                top_speed_m_s=min(reader.number(e, "maxSpeed", its.top, least=0.1), 50.0),
            ),
        )

    def _on_bus_lanes(self, kind: str) -> bool:
        """Return whether a class may use every lane for buses."""
        return bool(self._bus_lanes) and all(lane.admits(kind) for lane in self._bus_lanes)

    def _speed_factor(self, reader: Reader, e: Element, spread: float) -> tuple[float, float]:
        """Return mean and standard deviation of the speed factor: a number, norm(mean, sd) or normc(mean, sd, ...)."""
        told = e.given.get("speedFactor", "1")
        spread = reader.number(e, "speedDev", spread, least=0.0)
        head, bracket, rest = told.partition("(")
        try:
            if not bracket:
                return float(told), spread
            numbers = [float(n) for n in rest.rstrip(")").split(",")]
            if head not in ("norm", "normc") or len(numbers) < 2:
                raise ValueError(told)
            return numbers[0], numbers[1]
        except ValueError:
            reader.fault(e, f'speedFactor="{told}"', "a number, or normc(mean,deviation,low,high)")
            return 1.0, 0.0


def chosen(name: str, mixes: Mapping[str, Mix], id: str) -> str:
    """Return one of a distribution's members by weight, always the same for the same vehicle; a name that is none."""
    mix = mixes.get(name, [])
    total = sum(w for _, w in mix)
    if total <= 0.0:
        return name
    left = int.from_bytes(blake2b(f"{name} {id}".encode(), digest_size=7).digest(), "big") / 2**56 * total
    for member, weight in mix:
        left -= weight
        if left < 0.0:
            return member
    return mix[-1][0]
