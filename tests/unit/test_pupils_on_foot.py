"""Pupils on foot cross where the street at the gate has a marked crossing."""

from dataclasses import replace

import pytest

from sim.model import SchoolMorning
from sim.scenario.network import CrossedLink, Crossing
from sim.scenario.read import load_scenario
from sim.scenario.site import gate_crossing


def school_with(*crossings):
    scenario = load_scenario("school/baseline")
    site = scenario.site
    return replace(scenario, site=replace(site, network=replace(site.network, crossings=crossings)))


def crossing(id, control, at_m, link="main_e2"):
    return Crossing(id=id, links=(CrossedLink(link=link, at_m=at_m),), length_m=14.0, control=control)


@pytest.mark.parametrize(
    ("crossings", "used"),
    [
        ((crossing("hole", "unmarked", 60.0), crossing("stripes", "zebra", 150.0)), "stripes"),
        ((crossing("light", "signal", 60.0), crossing("stripes", "zebra", 150.0)), "light"),
        ((crossing("elsewhere", "zebra", 60.0, "main_e1"), crossing("hole", "unmarked", 150.0)), None),
    ],
)
def test_they_take_the_first_marked_one(crossings, used):
    scenario = school_with(*crossings)
    found = gate_crossing(scenario.site)
    assert (found and found.id) == used
    people = SchoolMorning(scenario, seed=1).traffic.people
    crossers = people.zebras["end"] - people.zebras["next"]
    zebras = [c.id for c in crossings if c.control != "signal"]
    assert {name for name, n in zip(zebras, crossers, strict=True) if n} == ({used} & set(zebras))
