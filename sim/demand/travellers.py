"""Those who come, as they are drawn."""

from dataclasses import dataclass

from sim.traffic.fleet import Kind, Temperament

Path = tuple[str, ...]


@dataclass(frozen=True)
class Family:
    """One family that comes by car or taxi."""

    name: str
    key: int
    mode: str
    scheduled_s: float
    entry: str
    exit: str
    opposite: bool
    pupils: int
    grade: int
    escorts: bool
    dwell_s: float
    own_manoeuvre_s: float
    parking_manoeuvre_s: float
    handover_s: float
    child_walk_m_s: float
    adult_walk_m_s: float
    willing_m: float
    double_parks: bool
    double_parks_though_free: bool
    waits: bool
    obeys: float
    crosses_unmarked: bool
    turns_round: bool
    temper: Temperament


@dataclass(frozen=True)
class Walker:
    """One pupil who comes on foot, or walks the last part."""

    name: str
    key: int
    mode: str
    grade: int
    scheduled_s: float
    crosses: bool
    escorted: bool
    child_walk_m_s: float
    adult_walk_m_s: float
    handover_s: float

    @property
    def walk_m_s(self) -> float:
        """How fast the pupil walks to the gate, beside an adult no faster than that one."""
        return min(self.child_walk_m_s, self.adult_walk_m_s) if self.escorted else self.child_walk_m_s


@dataclass(frozen=True)
class BusTrip:
    """One bus."""

    name: str
    key: int
    line: str
    scheduled_s: float
    dwell_s: float
    own_manoeuvre_s: float
    path: Path
    temper: Temperament


@dataclass(frozen=True)
class Passage:
    """One vehicle of the through traffic, or a two-wheeler."""

    name: str
    key: int
    scheduled_s: float
    path: Path
    kind: Kind
    temper: Temperament


@dataclass(frozen=True)
class Travellers:
    """Everybody of one replication."""

    families: tuple[Family, ...]
    walkers: tuple[Walker, ...]
    through: tuple[Passage, ...]
    buses: tuple[BusTrip, ...]
