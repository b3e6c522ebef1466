"""A world that has run its course is let go of."""

import gc
import weakref
from dataclasses import replace

from sim.model import SchoolMorning
from sim.scenario.read import load_scenario


def test_a_replication_leaves_no_world_behind():
    scenario = load_scenario("school/baseline")
    window = scenario.site.demand.window
    brief = replace(window, measured_to=window.start + 120.0, measured_from=window.start, end=window.start + 120.0)
    site = replace(scenario.site, demand=replace(scenario.site.demand, window=brief))
    world = SchoolMorning(replace(scenario, site=site), seed=1)
    world.run()
    seen = weakref.ref(world)
    del world
    gc.collect()
    assert seen() is None
