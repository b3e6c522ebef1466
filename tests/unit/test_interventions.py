"""Road changes: pure functions that change what they name, and nothing when neutral."""

from dataclasses import fields, is_dataclass, replace

import pytest
from pydantic import TypeAdapter

from sim.interventions import catalogue, listing, resolve
from sim.scenario.faults import BadInput
from sim.scenario.read import load_scenario
from sim.scenario.scenario import Planned, Scenario

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


def with_changes(*planned: tuple[str, dict]) -> Scenario:
    listed = tuple(Planned(name=name, fields=given) for name, given in planned)
    return resolve(replace(load_scenario("school/baseline"), planned=listed))


@pytest.mark.parametrize(
    ("from_m", "to_m", "left"),
    [
        (100.0, 136.0, (140.0, 176.0, 6)),  # does not touch it
        (152.0, 164.0, (140.0, 152.0, 2)),
        (130.0, 151.0, (152.0, 176.0, 4)),  # takes its beginning
        (139.0, 176.0, None),
    ],
)
def test_what_a_road_change_leaves_of_a_zone_is_whole_berths(from_m, to_m, left):
    bays = {"id": "new", "link": "main_e2", "from_m": from_m, "to_m": to_m, "berths": 2, "shortens": ["parking_gate"]}
    zones = {z.id: z for z in with_changes(("stop_and_go", bays)).site.network.curb_zones}
    found = zones.get("parking_gate")
    assert (found and (found.from_m, found.to_m, found.berths)) == left


def test_a_zone_on_another_link_is_not_shortened():
    bays = {"id": "new", "link": "main_w2", "from_m": 100, "to_m": 112, "berths": 2, "shortens": ["parking_gate"]}
    with pytest.raises(BadInput, match=r"parking_gate, which lies on main_e2, expected a zone on main_w2"):
        with_changes(("stop_and_go", bays))


def test_wardens_stack_and_stand_where_parents_stop():
    both = with_changes(("warden", {"zones": ["stopping_gate"]}), ("warden", {"zones": ["parking_gate"]}))
    assert both == replace(
        with_changes(("warden", {"zones": ["stopping_gate", "parking_gate"]})), done=("warden", "warden")
    )
    with pytest.raises(BadInput, match="a second warden with other numbers"):
        with_changes(("warden", {"zones": ["stopping_gate"]}), ("warden", {"zones": ["parking_gate"], "sight_m": 20}))
    with pytest.raises(BadInput, match="bus_gate, for buses"):
        with_changes(("warden", {"zones": ["bus_gate"]}))
    bays = {"id": "new", "link": "main_e2", "from_m": 180, "to_m": 204, "berths": 4, "replaces": ["stopping_gate"]}
    with pytest.raises(BadInput, match="a warden at stopping_gate, which a later road change takes away"):
        with_changes(("warden", {"zones": ["stopping_gate"]}), ("stop_and_go", bays))


def test_the_list_names_fields_and_units():
    text = "\n".join(listing())
    assert "max_stay_s [s] optional" in text
    assert "escort [yes/no] default no" in text
    assert "kind [bay or in_lane] optional" in text
    assert all(name in text for name in ACTIVE)
