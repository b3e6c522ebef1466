"""Guardrails at the footway's edge, removed or set."""

from dataclasses import replace
from typing import ClassVar

from pydantic.dataclasses import dataclass

from sim.interventions.base import Intervention, refuse
from sim.scenario.fields import STRICT, Name
from sim.scenario.scenario import Scenario
from sim.scenario.site import Guardrail


@dataclass(config=STRICT, frozen=True, kw_only=True)
class GuardrailChange(Intervention):
    """Rails removed (shorter walks) or set (the opposite)."""

    changes: ClassVar[tuple[str, ...]] = ("site.guardrails",)

    remove: tuple[Name, ...] = ()
    set: tuple[Guardrail, ...] = ()

    def change(self, scenario: Scenario) -> Scenario:
        """Remove and set."""
        known = [r.id for r in scenario.site.guardrails]
        for id in self.remove:
            if id not in known:
                raise refuse("remove", id, "a guardrail of the site", known)
        rails = (*(r for r in scenario.site.guardrails if r.id not in self.remove), *self.set)
        return replace(scenario, site=replace(scenario.site, guardrails=rails))
