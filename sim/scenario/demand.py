"""Who comes, when, how and with what wishes: the numbers from which `sim.demand` draws every traveller."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from sim.scenario.fields import STRICT, Clock, Count, Flow, Metres, Name, Seconds, Share, Speed, SpeedKmH, Unit
from sim.scenario.network import Turning


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Window:
    """The simulated times: demand runs from `start` to `end`; KPIs count who sets out in the measured window."""

    start: Clock
    measured_from: Clock
    measured_to: Clock
    end: Clock
    patience_s: Seconds = 10_800.0
    """A traveller who has not finished this long after the end is counted as unfinished."""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Drawn:
    """A positive quantity drawn lognormal with this mean and standard deviation, cut at `low` and `high` [s]."""

    mean_s: Seconds
    sd_s: Seconds
    low_s: Seconds = 0.0
    high_s: Seconds = 86_400.0


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Modes:
    """How the pupils come; the shares sum to 1."""

    walk: Share
    car: Share
    taxi: Share
    bus: Share
    rail: Share
    two_wheeler: Share


@dataclass(config=STRICT, frozen=True, kw_only=True)
class CarOrigin:
    """A share of the parents' cars comes in over this entry.

    `opposite_share` of them stop on the far side of the street, where there is curb, and cross on foot; the
    others find their way to the gate's side (turning round where the network lets them).
    """

    entry: Name
    share: Share
    opposite_share: Share = 0.0


@dataclass(config=STRICT, frozen=True, kw_only=True)
class CarDeparture:
    """A share of the parents' cars leaves over this exit.

    `opposite`: the share of those who stop on the far side, if it is another.
    """

    exit: Name
    share: Share
    opposite: Share | None = None


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Pupils:
    """The pupils and their families in the morning."""

    enrolment: Count
    modes: Modes
    pupils_per_car: Annotated[float, Field(ge=1, le=6), Unit("1")]
    arrival_mean: Clock
    arrival_sd_s: Seconds
    gate_opens: Clock
    bell: Clock
    origins: tuple[CarOrigin, ...]
    departures: tuple[CarDeparture, ...]
    escort_shares: tuple[Share, Share, Share] = (0.95, 0.80, 0.60)
    """Share of pupils brought by an adult in grades 1-2, 3-4 and 5-6."""
    cars: Count | None = None
    """Cars and taxis that bring pupils; left out: enrolment x (car + taxi share) / pupils per car, rounded."""
    crossing_share: Share = 0.2
    """Share of the pupils on foot who come from the far side and cross in front of the gate."""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Times:
    """What people's own actions take; waiting for others is never drawn, it emerges."""

    dwell: Drawn
    own_manoeuvre: Drawn
    """The driver's own part of moving off: belt, mirror, gear."""
    parking_manoeuvre: Drawn
    """Backing into a parallel berth, during which the curb lane is blocked."""
    handover: Drawn
    """The farewell at the gate or in a waiting area, for those who walk the child there."""
    child_walk_m_s: Speed
    adult_walk_m_s: Speed
    walk_sd_m_s: Annotated[float, Field(ge=0, le=1), Unit("m/s")]
    three_point_turn_s: Annotated[float, Field(gt=0, le=120), Unit("s")] = 15.0
    """How long a turn in three points holds both lanes; assumption 10-25."""
    rail_walk_factor: Annotated[float, Field(gt=0, le=1), Unit("1")]
    """Walking speed beside a row of vehicles, between them and a guardrail, as a share of the free speed."""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Choices:
    """How a driver picks a place to stop."""

    willing_full_m: Metres
    """Every driver accepts a berth from which the walk to the gate is at most this long."""
    willing_zero_m: Metres
    """No driver accepts a longer walk; in between the share falls linearly."""
    sight_m: Metres
    """How far ahead a driver sees whether a berth is free."""
    search_km_h: SpeedKmH = 20.0
    """Who looks for a place drives no faster than this [assumption]."""
    double_park_share: Share
    double_park_though_free_share: Share
    double_park_within_m: Metres
    double_park_dwell_s: Seconds
    """Nobody double-parks who expects to stop longer."""
    wait_share: Share
    """Share of drivers who stop behind a berth that is about to be free."""
    three_point_share: Share = 0.0
    """Share of drivers who turn round in the street where it is narrow and that is the shorter way home."""
    unmarked_share: Share = 0.5
    """Share of families who cross the street where no marking is, if that is shorter and no guardrail stops them."""
    rounds: Annotated[int, Field(ge=0, le=10), Unit("1")]
    """How often a driver goes round the block before parking further off."""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class ThroughFlow:
    """Traffic that serves no school trip, entering over `entry` at this flow in the peak hour.

    With `exit` it takes the quickest way there; without, it turns at each junction by the site's turning shares.
    """

    entry: Name
    flow_veh_h: Flow
    exit: Name | None = None
    vehicle: Literal["car", "two_wheeler"] = "car"
    """Two-wheelers ride in strips of their own and, without exit, straight on."""
    heavy_share: Share = 0.0
    """Share of heavy vehicles among the cars."""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class ProfilePoint:
    """From this time on, through traffic is this share of the peak hour's."""

    at: Clock
    share: Annotated[float, Field(ge=0, le=3), Unit("1")]


BUS_OWN_MANOEUVRE = Drawn(mean_s=5.0, sd_s=1.5)
"""[assumption] 3-7 s; with it one berth serves the 99 to 100 buses an hour of the Korean HCM 2013 (validation row 9)"""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class BusLine:
    """Buses from an entry to an exit that stop in one curb zone on the way."""

    id: Name
    entry: Name
    exit: Name
    stop: Name
    flow_bus_h: Flow
    headway_cv: Annotated[float, Field(ge=0, le=2), Unit("1")]
    """Spread of the headways at the entry: 0 is a clockwork, 1 is random."""
    dwell: Drawn
    own_manoeuvre: Drawn = BUS_OWN_MANOEUVRE
    """The driver's own part of moving off: doors, mirror, gear."""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Demand:
    """Everybody who comes."""

    window: Window
    pupils: Pupils
    times: Times
    choices: Choices
    through: tuple[ThroughFlow, ...] = ()
    profile: tuple[ProfilePoint, ...] = ()
    turning: tuple[Turning, ...] = ()
    bus_lines: tuple[BusLine, ...] = ()
