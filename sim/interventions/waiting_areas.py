"""Marked places on the footway where parents hand their children over."""

from dataclasses import replace
from typing import ClassVar

from pydantic.dataclasses import dataclass

from sim.interventions.base import Intervention
from sim.scenario.fields import STRICT
from sim.scenario.scenario import Scenario
from sim.scenario.site import WaitingArea


@dataclass(config=STRICT, frozen=True, kw_only=True)
class WaitingAreas(Intervention):
    """Waiting areas by grade: a parent on foot walks no further than to the next one on the way."""

    changes: ClassVar[tuple[str, ...]] = ("site.waiting_areas",)

    areas: tuple[WaitingArea, ...] = ()

    def change(self, scenario: Scenario) -> Scenario:
        """Add the areas."""
        site = scenario.site
        return replace(scenario, site=replace(site, waiting_areas=(*site.waiting_areas, *self.areas)))
