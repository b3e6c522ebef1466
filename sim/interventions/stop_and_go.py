"""Short-stay bays: stop, let the child out, go."""

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from sim.interventions.base import Intervention, cleared, refuse
from sim.scenario.fields import STRICT, Metres, Name, Seconds, Unit
from sim.scenario.network import CurbZone
from sim.scenario.scenario import Scenario


@dataclass(config=STRICT, frozen=True, kw_only=True)
class StopAndGo(Intervention):
    """Berths off the lane with a maximum stay and no escort, made of curb that other uses give up."""

    changes: ClassVar[tuple[str, ...]] = ("site.network.curb_zones", "site.green_belt_m2")

    id: Name = "stop_and_go"
    link: Name = ""
    from_m: Metres = 0.0
    to_m: Metres = 0.0
    berths: Annotated[int, Field(ge=0, le=200), Unit("1")] = 0
    max_stay_s: Seconds | None = None
    """The longest stay that is tolerated; left out: as long as it takes."""
    replaces: tuple[Name, ...] = ()
    """Curb zones that it takes the place of."""
    shortens: tuple[Name, ...] = ()
    """Curb zones that are cut, to the whole berths that remain before it."""

    def change(self, scenario: Scenario) -> Scenario:
        """Put the bays in the place of what is there."""
        site = scenario.site
        if not self.berths:
            return scenario
        if self.to_m <= self.from_m:
            raise refuse("to_m", f"{self.to_m:g} m", f"more than from_m, {self.from_m:g} m")
        if self.green_taken_m2 > site.green_belt_m2:
            left = f"at most the {site.green_belt_m2:g} m2 of green belt left"
            raise refuse("green_taken_m2", f"{self.green_taken_m2:g} m2", left)
        zone = CurbZone(
            id=self.id,
            link=self.link,
            kind="bay",
            from_m=self.from_m,
            to_m=self.to_m,
            berths=self.berths,
            max_stay_s=self.max_stay_s,
        )
        scenario = cleared(scenario, zone, self.replaces, self.shortens)
        return replace(scenario, site=replace(scenario.site, green_belt_m2=site.green_belt_m2 - self.green_taken_m2))
