"""A world that has run its course is let go of."""

import gc
import weakref
from dataclasses import replace

import pytest

from sim.model import SchoolMorning, simulate
from sim.scenario.read import load_scenario
from sim.scenario.scenario import Scenario


def brief() -> Scenario:
    """Return two minutes of the default school."""
    scenario = load_scenario("school/baseline")
    window = scenario.site.demand.window
    first = replace(window, measured_to=window.start + 120.0, measured_from=window.start, end=window.start + 120.0)
    return replace(scenario, site=replace(scenario.site, demand=replace(scenario.site.demand, window=first)))


def test_a_replication_leaves_no_world_behind():
    world = SchoolMorning(brief(), seed=1)
    world.run()
    seen = weakref.ref(world)
    del world
    gc.collect()
    assert seen() is None


def test_a_replication_that_breaks_off_leaves_no_world_behind(monkeypatch):
    def breaks(self):
        raise RuntimeError("something is wrong")

    world = SchoolMorning(brief(), seed=1)
    monkeypatch.setattr(type(world.traffic), "tell", breaks)
    seen = weakref.ref(world)
    with pytest.raises(RuntimeError, match="something is wrong"):
        world.run()
    del world
    gc.collect()
    assert seen() is None


def test_a_world_is_let_go_of_though_python_looks_for_garbage_seldom():
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(o, SchoolMorning) for o in gc.get_objects())
        simulate(brief(), seed=1)
        assert sum(isinstance(o, SchoolMorning) for o in gc.get_objects()) == before
    finally:
        gc.enable()
