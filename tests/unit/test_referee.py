"""The referee's case: SUMO's families stop where ours did, as long as they stood there."""

import numpy as np
import pytest

from sim.formats.sumo_out.demand import vehicle_name
from tests import referee, sumo
from tests.validation.table import Found, Table, around, wrapped

SEED = 3  # in this one some families walk from the remote parking


@pytest.fixture(scope="module")
def driven():
    scenario = sumo.school(sumo.CALM, 60, **referee.SETTLED)
    record = referee.run_here(scenario, SEED)
    return scenario, record, referee.as_driven(scenario, SEED, record)


def test_families_are_told_the_places_at_which_they_stopped(driven):
    _, record, plan = driven
    told = {v.name: v.stop for v in plan.vehicles if v.who == "family"}
    trips = record.trips
    places = {n: z for n, z, k in zip(trips["traveller"], trips["zone"], trips["kind"], strict=True) if k == "family"}
    assert {name: stop.zone for name, stop in told.items()} == places
    assert any(stop.remote >= 0 for stop in told.values())
    assert plan.onward == {}


def test_the_way_to_a_remote_parking_leads_along_the_curb_past_it_and_out(driven):
    scenario, _, plan = driven
    exits = scenario.site.network.exits()
    for vehicle in plan.vehicles:
        if vehicle.who == "family" and vehicle.stop.remote >= 0:
            parking = scenario.site.remote_parking[vehicle.stop.remote].link
            curb = next(n for n, link in enumerate(vehicle.path) if link in ("main_e2", "main_w2"))
            assert parking in vehicle.path[curb:]
            assert vehicle.path[-1] in exits


def test_they_stand_for_no_longer_than_between_coming_to_a_stand_and_setting_out(driven):
    _, record, plan = driven
    told = {v.name: v.stop.duration_s for v in plan.vehicles if v.who == "family"}
    trips = record.trips
    for row in np.flatnonzero(trips["kind"] == "family"):
        spent = (trips[f"{part}_s"][row] for part in ("manoeuvre", "dwell", "escort_walk"))
        assert 0.0 < told[str(trips["traveller"][row])] <= np.nansum(list(spent)) + 1.0


def test_everybody_else_drives_as_in_the_export(driven):
    scenario, _, plan = driven
    from_export = referee.plan_of(scenario, SEED)
    others = [v for v in plan.vehicles if v.who != "family"]
    assert others == [v for v in from_export.vehicles if v.who != "family"]
    assert len(plan.vehicles) == len(from_export.vehicles)
    assert len({vehicle_name(v.name) for v in plan.vehicles}) == len(plan.vehicles)


def test_an_explanation_stands_under_the_table(tmp_path):
    table = Table(full=True)
    table.explain("one\n    two " * 40)
    table.write(tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text()
    assert wrapped("one two " * 40) in text
    assert max(map(len, wrapped("one two " * 40).split("\n"))) <= 118


def test_the_page_counts_the_lines_of_tier_c_that_lie_outside(tmp_path):
    table = Table(full=True)
    for mean in (1.0, 1.2, 1.3):
        table.hold("1", f"{mean}", unit="1", band=around(1.0, rel=0.1), found=Found(mean), tier="C", source="")
    table.write(tmp_path / "page.md")
    assert "3 lines, 0 of tier A or B failing; 2 of 3 of tier C outside." in (tmp_path / "page.md").read_text()
