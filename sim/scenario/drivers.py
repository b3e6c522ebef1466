"""A population of drivers: the parameters of car following, lane changing and gap acceptance."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from sim.scenario.fields import STRICT, Acceleration, Name, Seconds, Share, Speed, Unit


@dataclass(config=STRICT, frozen=True, kw_only=True)
class VehicleClass:
    """How one class of vehicles moves, after the intelligent driver model (Treiber, Hennecke, Helbing 2000)."""

    length_m: Annotated[float, Field(ge=1, le=30), Unit("m")]
    acceleration_m_s2: Acceleration
    deceleration_m_s2: Acceleration
    headway_s: Annotated[float, Field(ge=0.2, le=5), Unit("s")]
    headway_cv: Annotated[float, Field(ge=0, le=0.5), Unit("1")] = 0.0
    """Spread of the time gap between drivers, lognormal."""
    standstill_gap_m: Annotated[float, Field(ge=0.5, le=10), Unit("m")]
    speed_factor: Annotated[float, Field(ge=0.3, le=2), Unit("1")] = 1.0
    """Desired speed as a share of the limit."""
    speed_factor_sd: Annotated[float, Field(ge=0, le=0.5), Unit("1")] = 0.0
    top_speed_m_s: Speed = 40.0


@dataclass(config=STRICT, frozen=True, kw_only=True)
class LaneChanging:
    """MOBIL (Kesting, Treiber, Helbing 2007) for comfort, and gap acceptance where a lane must be reached."""

    politeness: Share
    threshold_m_s2: Annotated[float, Field(ge=0, le=3), Unit("m/s2")]
    safe_deceleration_m_s2: Acceleration
    mandatory_deceleration_m_s2: Acceleration
    """What a driver who must change lanes asks of the follower at most."""
    courtesy_share: Share
    """Share of drivers who hold back, when slow, for one who must get in ahead."""
    bus_courtesy_share: Share
    """Share of drivers who make room, at any speed, for a bus that must get into the curb lane to its stop."""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class GapAcceptance:
    """Critical gaps [s]: the shortest time to the next vehicle that a driver accepts."""

    left_s: Seconds
    """Across oncoming traffic (to the right where traffic keeps left), from the first street or at a signal."""
    side_left_s: Seconds
    """The same from a street that gives way."""
    through_s: Seconds
    right_s: Seconds
    """To the near side (to the left where traffic keeps left)."""
    u_turn_s: Seconds
    roundabout_s: Seconds
    """Into a roundabout."""
    pull_out_s: Seconds
    bus_pull_out_s: Seconds
    spread_cv: Annotated[float, Field(ge=0, le=0.5), Unit("1")] = 0.0
    """Spread of all these gaps between drivers, lognormal: each driver's gaps are longer or shorter throughout."""
    bus_priority_share: Share = 0.0
    """Share of drivers who let a bus out of its bay, at any speed, as the law asks where buses have priority."""
    keep_clear_share: Share
    """Share of drivers who do not enter a junction that they cannot leave."""
    cross_in_stages_share: Share = 0.0
    """Share of drivers from a side street who, having waited long, go as far as the middle of a wide street."""
    take_turns_share: Share
    """Share of drivers with the right of way who, in a queue that stands, let one go first who has stood longer."""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Drivers:
    """Everybody at the wheel."""

    name: Name
    car: VehicleClass
    bus: VehicleClass
    heavy: VehicleClass
    two_wheeler: VehicleClass
    lane_changing: LaneChanging
    gaps: GapAcceptance
