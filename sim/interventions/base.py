"""What all road changes share: what they cost and take, and how they say that something does not fit."""

from dataclasses import replace
from typing import ClassVar

from pydantic.dataclasses import dataclass

from sim.scenario.faults import BadInput, Fault, near_miss
from sim.scenario.fields import STRICT, Count, Money, SquareMetres
from sim.scenario.network import CurbZone
from sim.scenario.scenario import Scenario

SLACK_M = 1e-9
"""What arithmetic leaves over, of metres and of berths."""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Intervention:
    """A road change; what it costs and takes is added to the scenario's account."""

    changes: ClassVar[tuple[str, ...]] = ()
    """The fields of the scenario that it may change, beside the account."""

    cost_yuan: Money = 0.0
    green_taken_m2: SquareMetres = 0.0
    land_taken_m2: SquareMetres = 0.0
    trees_lost: Count = 0

    def apply(self, scenario: Scenario) -> Scenario:
        """Return the changed scenario; raises BadInput where the measure does not fit the site."""
        changed = self.change(scenario)
        account = changed.account
        total = replace(
            account,
            cost_yuan=account.cost_yuan + self.cost_yuan,
            green_taken_m2=account.green_taken_m2 + self.green_taken_m2,
            land_taken_m2=account.land_taken_m2 + self.land_taken_m2,
            trees_lost=account.trees_lost + self.trees_lost,
        )
        return replace(changed, account=total)

    def change(self, scenario: Scenario) -> Scenario:
        """Return the scenario with the site or the policy changed."""
        raise NotImplementedError


def refuse(key: str, found: str, expected: str, known: list[str] | None = None) -> BadInput:
    """Return the error that a field does not fit the site, with a near miss among the known names."""
    return BadInput(Fault(key, found, expected, near_miss(found, known or [])))


def with_zones(scenario: Scenario, zones: tuple[CurbZone, ...]) -> Scenario:
    """Return the scenario with other curb zones."""
    site = scenario.site
    return replace(scenario, site=replace(site, network=replace(site.network, curb_zones=zones)))


def zone_named(scenario: Scenario, key: str, id: str) -> CurbZone:
    """Return a curb zone by its id; raises BadInput if there is none."""
    known = [z.id for z in scenario.site.network.curb_zones]
    if id not in known:
        raise refuse(key, id, "a curb zone of the site", known)
    return scenario.site.network.curb_zone(id)


def cleared(scenario: Scenario, new: CurbZone, replaces: tuple[str, ...], shortens: tuple[str, ...]) -> Scenario:
    """Return the scenario with a zone added, others removed for it, and others cut to the whole berths that remain.

    What remains of a zone is what lies before the new one or, where nothing does, behind it; one that the new one does
    not touch stays as it is. Raises BadInput for one on another link.
    """
    kept: list[CurbZone] = []
    gone = {zone_named(scenario, "replaces", id).id for id in replaces}
    short = {zone_named(scenario, "shortens", id).id for id in shortens}
    for zone in scenario.site.network.curb_zones:
        if zone.id == new.id and zone.id not in gone:
            raise refuse("id", new.id, "an id that no curb zone has yet")
        if zone.id in gone:
            continue
        if zone.id in short and zone.link != new.link:
            raise refuse("shortens", f"{zone.id}, which lies on {zone.link}", f"a zone on {new.link}")
        touched = new.from_m < zone.to_m - SLACK_M and zone.from_m < new.to_m - SLACK_M
        kept += _cut(zone, new) if zone.id in short and touched else [zone]
    return with_zones(scenario, (*kept, new))


def _cut(zone: CurbZone, new: CurbZone) -> list[CurbZone]:
    """Return what remains of a zone, in whole berths: one zone, or none."""
    rooms_m = new.from_m - zone.from_m, zone.to_m - new.to_m
    before, behind = (int(max(0.0, room_m) / zone.berth_length_m + SLACK_M) for room_m in rooms_m)
    if before:
        return [replace(zone, to_m=zone.from_m + before * zone.berth_length_m, berths=before)]
    if behind:
        return [replace(zone, from_m=zone.to_m - behind * zone.berth_length_m, berths=behind)]
    return []
