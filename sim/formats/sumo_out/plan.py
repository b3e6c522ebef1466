"""What is to be written for SUMO, as plain data: the road as it is simulated, its lights, and everybody who drives."""

from dataclasses import dataclass
from typing import Literal

from sim.scenario.movement import Movement
from sim.scenario.scenario import Scenario

Who = Literal["family", "car", "heavy", "two_wheeler", "bus"]


@dataclass(frozen=True)
class LightTimes:
    """When one group of movements has green and amber [s] within the cycle, which begins at `offset_s`.

    The offset counts from midnight. A cycle of 0 is no light.
    """

    cycle_s: float = 0.0
    offset_s: float = 0.0
    green_from_s: float = 0.0
    green_to_s: float = 0.0
    amber_to_s: float = 0.0


NO_LIGHT = LightTimes()


@dataclass(frozen=True)
class Piece:
    """A part of a link between two offsets [m], with its lanes, a strip not counted.

    It ends at a stop line or at `crossing`; with neither, at the line where a turn pocket opens.
    """

    link: str
    from_m: float
    to_m: float
    lanes: int
    crossing: str | None = None


@dataclass(frozen=True)
class Way:
    """A movement across a junction, how fast it is driven [m/s], and the light that it obeys."""

    movement: Movement
    speed_m_s: float
    light: LightTimes = NO_LIGHT


@dataclass(frozen=True)
class Stop:
    """A halt of so many seconds: in a curb zone, or where `remote` counts, in that remote parking."""

    duration_s: float
    zone: str = ""
    remote: int = -1


@dataclass(frozen=True)
class Vehicle:
    """One vehicle: when it sets out [s after midnight], its links, and its driver as factors of the class."""

    name: str
    who: Who
    depart_s: float
    path: tuple[str, ...]
    speed_factor: float
    headway_factor: float
    stop: Stop | None = None


@dataclass(frozen=True)
class Pedestrian:
    """Somebody who comes to a zebra at a time [s after midnight] and crosses: from the gate's side, or to it."""

    name: str
    crossing: str
    at_s: float
    speed_m_s: float
    from_gate: bool


@dataclass(frozen=True)
class Road:
    """The road as it is laid out."""

    pieces: dict[str, tuple[Piece, ...]]
    """By link, in driving order."""
    ways: tuple[Way, ...]
    """In the order of the movements, whose conflicts name each other by it."""
    crossing_lights: dict[str, LightTimes]


@dataclass(frozen=True)
class Plan:
    """A scenario in one replication."""

    scenario: Scenario
    seed: int
    replication: int
    step_s: float
    road: Road
    vehicles: tuple[Vehicle, ...]
    """In order of departure."""
    onward: dict[str, tuple[int, ...]]
    """By link: the remote parkings to which one gets from there, and from there home."""
    on_foot: int
    """Pupils who come on foot."""
    pedestrians: tuple[Pedestrian, ...] = ()
    """Those of them who cross at a zebra, and the adults with them, there and back."""
    left_out: tuple[str, ...] = ()
    """Travellers without a way, by name."""
