"""SUMO's classes of vehicles: what its types are where they do not say, and which of them drive on streets."""

from dataclasses import dataclass
from typing import Literal

from sim.formats.sumo_xml import Element

Kind = Literal["car", "bus", "heavy"]


@dataclass(frozen=True)
class Class:
    """What SUMO takes for a class of vehicles where a type does not say: SI units."""

    length: float
    accel: float
    decel: float
    top: float
    kind: Kind = "car"
    spread: float = 0.0


CAR, DEFAULT = "passenger", "DEFAULT_VEHTYPE"
AS_CARS = (CAR, "private", "vip", "hov", "evehicle", "custom1", "custom2")
ALL_ALIKE = ("authority", "army", "ignoring")
"""Cars that drive all as fast as each other."""
CLASSES = {
    **dict.fromkeys(AS_CARS, Class(5.0, 2.6, 4.5, 55.56, spread=0.1)),
    **dict.fromkeys(ALL_ALIKE, Class(5.0, 2.6, 4.5, 55.56)),
    "taxi": Class(5.0, 2.6, 4.5, 55.56, spread=0.05),
    "delivery": Class(6.5, 2.6, 4.5, 55.56, spread=0.05),
    "emergency": Class(6.5, 2.6, 4.5, 55.56),
    "motorcycle": Class(2.2, 6.0, 10.0, 55.56, spread=0.1),
    "moped": Class(2.1, 1.1, 7.0, 16.67, spread=0.1),
    "bus": Class(12.0, 1.2, 4.0, 27.78, "bus"),
    "coach": Class(14.0, 2.0, 4.0, 27.78, "bus", 0.05),
    "truck": Class(7.1, 1.3, 4.0, 36.11, "heavy", 0.05),
    "trailer": Class(16.5, 1.1, 4.0, 36.11, "heavy", 0.05),
}
"""As SUMO 1.28 says when it is asked (tests)."""
NOT_ON_THE_ROAD = ("pedestrian", "bicycle", "tram", "rail", "rail_urban", "rail_electric", "rail_fast", "ship",
                   "cable_car", "subway", "aircraft", "wheelchair", "scooter", "drone", "container")  # fmt: skip
RENAMED = {
    "public_transport": "bus",
    "public_emergency": "emergency",
    "public_authority": "authority",
    "public_army": "army",
    "transport": "truck",
    "lightrail": "tram",
    "cityrail": "rail_urban",
    "rail_slow": "rail",
}
"""What older files call a class."""
BUILT_IN = {
    DEFAULT: CAR,
    "DEFAULT_TAXITYPE": "taxi",
    "DEFAULT_BIKETYPE": "bicycle",
    "DEFAULT_PEDTYPE": "pedestrian",
    "DEFAULT_RAILTYPE": "rail",
    "DEFAULT_CONTAINERTYPE": "container",
}
"""Types that SUMO has without a file, and their classes; they say nothing else."""


def class_of(e: Element) -> str:
    """Return which of SUMO's classes a type says that it is of."""
    told = e.given.get("vClass", CAR)
    return RENAMED.get(told, told)
