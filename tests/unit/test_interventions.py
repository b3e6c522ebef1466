"""Road changes: pure functions that change what they name, and nothing when neutral."""

from dataclasses import fields, is_dataclass

import pytest
from pydantic import TypeAdapter

from sim.interventions import catalogue, listing, resolve
from sim.scenario.read import load_scenario
from sim.scenario.scenario import Planned

NEUTRAL = {"bus_bay": {"zone": "bus_gate"}}
ACTIVE = ("bus_bay", "green_belt", "stop_and_go", "guardrail", "waiting_areas", "warden")


def differing(a, b, path=""):
    if is_dataclass(a):
        for f in fields(a):
            yield from differing(getattr(a, f.name), getattr(b, f.name), f"{path}.{f.name}" if path else f.name)
    elif a != b:
        yield path


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_neutral_fields_give_the_identity(name):
    scenario = load_scenario("school/baseline")
    kind = catalogue()[name]
    assert TypeAdapter(kind).validate_python(NEUTRAL.get(name, {})).apply(scenario) == scenario


@pytest.mark.parametrize("name", ACTIVE)
def test_only_what_is_named_changes(name):
    scenario = load_scenario(f"school/{name}")
    before = load_scenario(f"school/{name}")
    changed = resolve(scenario)
    assert scenario == before
    found = set(differing(scenario, changed))
    allowed = {*catalogue()[name].changes, "planned", "done", *(f"account.{f}" for f in (
        "cost_yuan", "green_taken_m2", "land_taken_m2", "trees_lost"))}  # fmt: skip
    found.discard("policy.warden") if name == "warden" else None
    assert found - {"policy.warden"} <= allowed
    assert changed != scenario


def test_the_package_is_what_was_fixed_beforehand():
    site = resolve(load_scenario("school/shapingba")).site
    zones = {z.id: z for z in site.network.curb_zones}
    assert "stopping_gate" not in zones
    assert (zones["bus_gate"].berths, zones["bus_gate"].to_m) == (6, 360)
    assert (zones["parking_gate"].berths, zones["parking_gate"].to_m) == (4, 164)
    bays = zones["bays_gate"]
    assert (bays.kind, bays.berths, bays.from_m, bays.to_m, bays.escort) == ("bay", 8, 168, 216, False)
    assert not site.guardrails
    assert len(site.waiting_areas) == 3
    assert site.green_belt_m2 == 600


def test_they_stack_in_order():
    scenario = load_scenario("school/bus_bay")
    twice = resolve(resolve(scenario).__class__(**{**vars(scenario), "planned": scenario.planned * 1}))
    assert twice.done == ("bus_bay",)
    more = Planned(name="bus_bay", fields={"zone": "bus_gate", "berths_added": 1})
    longer = resolve(scenario.__class__(**{**vars(scenario), "planned": (*scenario.planned, more)}))
    assert longer.site.network.curb_zone("bus_gate").berths == 7
    assert longer.done == ("bus_bay", "bus_bay")


def test_the_list_names_fields_and_units():
    text = "\n".join(listing())
    assert "max_stay_s [s]" in text
    assert all(name in text for name in ACTIVE)
