"""What acts while the world runs: fields that interventions set and people obey."""

from pydantic.dataclasses import dataclass

from sim.scenario.fields import STRICT, Factor, Metres, Name, Share


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Warden:
    """Somebody at the curb who directs drivers to the far free berth and hurries them on.

    Acts on those who obey (`compliance`): they accept any berth of `zones`, see all of them, stop for
    `dwell_factor` of their time, move off in `own_manoeuvre_factor`, and do not double-park within `sight_m`.
    """

    zones: tuple[Name, ...]
    dwell_factor: Factor
    own_manoeuvre_factor: Factor
    compliance: Share
    sight_m: Metres


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Policy:
    """The measures at work."""

    warden: Warden | None = None
