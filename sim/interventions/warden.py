"""A warden at the curb."""

from dataclasses import replace
from typing import ClassVar

from pydantic.dataclasses import dataclass

from sim.interventions.base import Intervention, refuse, zone_named
from sim.scenario.fields import STRICT, Factor, Metres, Name, Share
from sim.scenario.policy import Warden
from sim.scenario.scenario import Scenario


@dataclass(config=STRICT, frozen=True, kw_only=True)
class WardenAtCurb(Intervention):
    """Directs to the far free berth, shortens stop and manoeuvre, stops double parking within sight."""

    changes: ClassVar[tuple[str, ...]] = ("policy.warden",)

    zones: tuple[Name, ...] = ()
    dwell_factor: Factor = 0.743
    own_manoeuvre_factor: Factor = 0.844
    compliance: Share = 0.9
    sight_m: Metres = 60.0

    def change(self, scenario: Scenario) -> Scenario:
        """Post the warden; without zones there is none. One who is there already watches these zones, too."""
        for id in self.zones:
            if zone_named(scenario, "zones", id).users != "school":
                raise refuse("zones", f"{id}, for buses", "a zone at which parents stop")
        if not self.zones:
            return scenario
        before = scenario.policy.warden
        warden = Warden(
            zones=tuple(dict.fromkeys((*(before.zones if before else ()), *self.zones))),
            dwell_factor=self.dwell_factor,
            own_manoeuvre_factor=self.own_manoeuvre_factor,
            compliance=self.compliance,
            sight_m=self.sight_m,
        )
        if before is not None and replace(before, zones=warden.zones) != warden:
            raise refuse("zones", "a second warden with other numbers", "the numbers of the first")
        return replace(scenario, policy=replace(scenario.policy, warden=warden))
