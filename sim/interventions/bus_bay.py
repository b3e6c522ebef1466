"""More room for buses to stop off the lane."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from sim.interventions.base import Intervention, refuse, with_zones, zone_named
from sim.scenario.fields import STRICT, Metres, Name, Unit
from sim.scenario.scenario import Scenario


@dataclass(config=STRICT, frozen=True, kw_only=True)
class BusBay(Intervention):
    """Berths added to a bus stop, or an in-lane stop made a bay, with tapers."""

    changes: ClassVar[tuple[str, ...]] = ("site.network.curb_zones",)

    zone: Name
    berths_added: Annotated[int, Field(ge=0, le=20), Unit("1")] = 0
    kind: Literal["bay", "in_lane"] | None = None
    taper_in_m: Metres | None = None
    taper_out_m: Metres | None = None

    def change(self, scenario: Scenario) -> Scenario:
        """Lengthen the stop by whole berths in the driving direction."""
        zone = zone_named(scenario, "zone", self.zone)
        if zone.users != "bus":
            stops = [z.id for z in scenario.site.network.curb_zones if z.users == "bus"]
            raise refuse("zone", f"{zone.id}, where parents stop", "a curb zone with users: bus", stops)
        longer = replace(
            zone,
            berths=zone.berths + self.berths_added,
            to_m=zone.to_m + self.berths_added * zone.berth_length_m,
            kind=self.kind or zone.kind,
            taper_in_m=zone.taper_in_m if self.taper_in_m is None else self.taper_in_m,
            taper_out_m=zone.taper_out_m if self.taper_out_m is None else self.taper_out_m,
        )
        return with_zones(scenario, tuple(longer if z.id == zone.id else z for z in scenario.site.network.curb_zones))
