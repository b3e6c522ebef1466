"""Green belt turned into drop-off berths and footway: an area is spent once."""

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from sim.interventions.base import Intervention, cleared, refuse
from sim.scenario.fields import STRICT, Metres, Name, SquareMetres, Unit
from sim.scenario.network import CurbZone
from sim.scenario.scenario import Scenario


@dataclass(config=STRICT, frozen=True, kw_only=True)
class GreenBelt(Intervention):
    """An area budget of green belt: berths of `depth_m` x `berth_length_m` first, the rest widens the footway."""

    changes: ClassVar[tuple[str, ...]] = ("site.network.curb_zones", "site.green_belt_m2", "site.footway_width_m")

    area_m2: SquareMetres = 0.0
    berths: Annotated[int, Field(ge=0, le=200), Unit("1")] = 0
    id: Name = "green_belt_berths"
    link: Name = ""
    from_m: Metres = 0.0
    berth_length_m: Annotated[float, Field(ge=5, le=15), Unit("m")] = 6.0
    depth_m: Annotated[float, Field(ge=1.5, le=6), Unit("m")] = 2.0
    escort: bool = False
    replaces: tuple[Name, ...] = ()
    shortens: tuple[Name, ...] = ()
    footway_length_m: Metres = 0.0
    """Along this length the area left over widens the footway."""

    def change(self, scenario: Scenario) -> Scenario:
        """Take the area from the green belt and give it to berths and footway."""
        site = scenario.site
        used = self.berths * self.berth_length_m * self.depth_m
        if self.area_m2 > site.green_belt_m2:
            raise refuse("area_m2", f"{self.area_m2:g} m2", f"at most the {site.green_belt_m2:g} m2 of green belt left")
        if used > self.area_m2 + 1e-9:
            raise refuse("berths", f"{self.berths} berths, which take {used:g} m2", f"at most {self.area_m2:g} m2")
        if self.berths:
            to_m = self.from_m + self.berths * self.berth_length_m
            zone = CurbZone(
                id=self.id,
                link=self.link,
                kind="bay",
                from_m=self.from_m,
                to_m=to_m,
                berths=self.berths,
                escort=self.escort,
            )
            scenario = cleared(scenario, zone, self.replaces, self.shortens)
        wider = (self.area_m2 - used) / self.footway_length_m if self.footway_length_m else 0.0
        site = replace(
            scenario.site,
            green_belt_m2=site.green_belt_m2 - self.area_m2,
            footway_width_m=site.footway_width_m + wider,
        )
        account = replace(scenario.account, green_taken_m2=scenario.account.green_taken_m2 + self.area_m2)
        return replace(scenario, site=site, account=account)
