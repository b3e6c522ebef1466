"""What must hold in every morning: nobody lost, nobody overlaps, the same people in both worlds."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache

import numba
import numpy as np
import pytest

from sim.agents.choosing import Eyes
from sim.agents.parent import Parent
from sim.demand import draw
from sim.interventions import resolve
from sim.kernel import state as k
from sim.model import SchoolMorning, roads, simulate
from sim.records import Record
from sim.scenario.read import load_scenario
from sim.scenario.scenario import Planned, Scenario
from sim.tables import table_hash, trips_table
from tests.streets import PreparedTraffic
from tests.watch import WatchedTraffic

NAMES = ("baseline", "bus_bay", "green_belt", "stop_and_go", "guardrail", "waiting_areas", "warden", "shapingba")


@lru_cache
def school(name: str = "baseline") -> Scenario:
    return resolve(load_scenario(f"school/{name}"))


def short(scenario: Scenario, minutes: int = 10) -> Scenario:
    """The same morning with the demand of its first minutes only."""
    demand = scenario.site.demand
    window = replace(demand.window, end=demand.window.start + 60.0 * minutes, measured_from=demand.window.start)
    window = replace(window, measured_to=window.end)
    pupils = replace(demand.pupils, cars=3 * minutes, arrival_mean=window.start + 200.0, arrival_sd_s=120.0)
    return replace(scenario, site=replace(scenario.site, demand=replace(demand, window=window, pupils=pupils)))


def brief(name: str, minutes: int = 10) -> Scenario:
    """A short morning of the school as it may be given to a study: gate and bell lie within it."""
    scenario = short(load_scenario(f"school/{name}"), minutes)
    demand = scenario.site.demand
    pupils = replace(demand.pupils, gate_opens=demand.window.start, bell=demand.window.start + 500.0)
    return replace(scenario, site=replace(scenario.site, demand=replace(demand, pupils=pupils)))


def table(scenario: Scenario, **how):
    return trips_table(simulate(scenario, seed=2, **how), scenario="x", replication=0)


def lived(name: str) -> tuple[SchoolMorning, Record]:
    """A whole morning that has run its course, and what was written down of it."""
    model = SchoolMorning(school(name), seed=4)
    record = model.run()
    assert record.failure is None
    return model, record


@lru_cache
def baseline() -> tuple[SchoolMorning, Record]:
    return lived("baseline")


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_lost(name):
    model, record = baseline() if name == "baseline" else lived(name)
    assert (model.traffic.vehicles["state"] == k.GONE).all()
    assert all(agent.finished for agent in model.agents)
    assert all(record.trips["finished"])
    assert sum(a.delivered for a in model.agents if hasattr(a, "delivered")) == sum(
        f.pupils for f in model.travellers.families
    )
    entered, left = model.traffic.vehicles["entered"], model.traffic.vehicles["left"]
    assert (left > entered).all()
    assert (entered >= model.traffic.vehicles["due"]).all()
    for berths in model.berths.values():
        assert not any(berths.taken)


@pytest.mark.parametrize("name", ["baseline", "shapingba"])
def test_nobody_overlaps_and_the_order_is_kept(name):
    model = SchoolMorning(short(school(name)), seed=5)
    looks = 0
    while not model.is_over():
        model.step()
        lanes, order, vehicles = model.traffic.lanes, model.traffic.order, model.traffic.vehicles
        for lane in lanes:
            row = order[lane.order_at : lane.order_at + lane.count]
            x = vehicles["x"][row]
            assert (x[1:] < x[:-1] - vehicles["length"][row[:-1]]).all()  # gaps > 0, order kept
            assert (x >= 0).all()
            assert (vehicles["v"][row] >= 0).all()
            looks += len(row)
        state = vehicles["state"]
        inside = int(lanes["count"].sum()) + int(np.isin(state, (k.OFF_LANE, k.PULLING_OUT)).sum())
        assert int((state != k.OUTSIDE).sum()) == int((state == k.GONE).sum()) + inside  # in = out + inside
    assert looks > 10_000


@pytest.mark.parametrize("name", ["baseline", "shapingba"])
def test_nobody_drives_through_another_in_a_junction(name, monkeypatch):
    monkeypatch.setattr("sim.model.Traffic", WatchedTraffic)
    model = SchoolMorning(short(school(name), 30), seed=5)
    assert model.run().failure is None
    assert (model.traffic.seen["met"] < 0).all()


class Restless(PreparedTraffic):
    """Traffic in which everybody decides anew in each tick, even those who stand behind one who stands."""

    def prepare(self):
        self.everybody["rest"] = 0
        self.lanes["still"] = 0


@pytest.mark.parametrize("name", ["baseline", "stop_and_go"])
def test_who_is_left_alone_while_he_stands_would_not_have_decided_otherwise(name, monkeypatch):
    scenario = short(school(name), 45)
    as_it_is = table_hash(table(scenario))
    monkeypatch.setattr("sim.model.Traffic", Restless)
    assert table_hash(table(scenario)) == as_it_is


def test_the_same_people_live_in_both_worlds():
    drawn = {}
    for name in NAMES:
        scenario = school(name)
        drawn[name] = draw(scenario, roads(scenario.site.network)[1], 7, 0)
    assert all(people == drawn["baseline"] for people in drawn.values())


def test_tick_by_tick_gives_the_same_bytes():
    batched = table(short(school()))

    class TickByTick(SchoolMorning):
        def step(self):
            self.env.timeout(1)
            super().step()

    model = TickByTick(short(school()), seed=2)
    single = trips_table(model.run(), scenario="x", replication=0)
    assert batched.equals(single)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_the_interpreter_gives_the_same_bytes_as_the_compiler(tmp_path):
    program = (
        "import sys; sys.path[:0] = ['tests/property'];"
        "from test_school_morning import *; table(short(school(), 1)).to_parquet(sys.argv[1])"
    )
    compiled, interpreted = (tmp_path / f"{name}.parquet" for name in ("compiled", "interpreted"))
    table(short(school(), 1)).to_parquet(compiled)
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", program, str(interpreted)], check=True, env=env, timeout=240)
    assert compiled.read_bytes() == interpreted.read_bytes()


def test_a_road_change_and_its_opposite_undo_each_other():
    there = load_scenario("school/guardrail")
    rail = {"id": "rail_gate", "link": "main_e2", "from_m": 131.0, "to_m": 216.0}
    back = replace(there, planned=(*there.planned, Planned(name="guardrail", fields={"set": [rail]})))
    assert resolve(back).site == school().site
    assert table(short(resolve(back))).equals(table(short(school())))


def test_the_baseline_gives_the_same_bytes_after_any_sequence_of_runs():
    worlds = {name: resolve(brief(name)) for name in NAMES}
    first = table(worlds["baseline"])
    for name in (*NAMES, *reversed(NAMES)):
        table(worlds[name])
        assert worlds[name] == resolve(brief(name))
    assert table_hash(table(worlds["baseline"])) == table_hash(first)


def test_who_goes_round_drives_round_the_block():
    model, record = baseline()
    trips = record.trips
    gate, opposite = school().site.gate.link, school().site.gate.opposite_link
    router = model.traffic.router
    block_s = min(router.free_time_s(router.round_to(link, link)[:-1]) for link in (gate, opposite))
    rounds = trips["rounds"]
    assert rounds.max() <= school().site.demand.choices.rounds
    assert (rounds > 0).sum() > 5
    assert (trips["search_s"][rounds > 0] > 0.9 * rounds[rounds > 0] * block_s).all()


def mean_past_gate(model: SchoolMorning) -> float:
    passed = model.traffic.passed[:, 1] - model.traffic.vehicles["due"]
    return float(np.nanmean(passed))


def test_double_parking_and_stopping_in_the_lane_both_bear_load():
    scenario = school()
    site = scenario.site
    choices = replace(site.demand.choices, double_park_share=0.0, double_park_though_free_share=0.0)
    without = replace(scenario, site=replace(site, demand=replace(site.demand, choices=choices)))
    lanes = tuple(z for z in site.network.curb_zones if z.kind != "in_lane")
    cleared = replace(scenario, site=replace(site, network=replace(site.network, curb_zones=lanes)))
    usual = mean_past_gate(baseline()[0])
    for other in (without, cleared):
        model = SchoolMorning(other, seed=4)
        assert model.run().failure is None
        assert abs(mean_past_gate(model) - usual) > 1.0


@pytest.mark.parametrize("kept", [("main_e2",), ("main_w2",), ()])
def test_where_a_side_of_the_gate_has_no_place_families_stop_in_the_lane_or_park_further_off(kept):
    scenario = short(school())
    network = scenario.site.network
    zones = tuple(z for z in network.curb_zones if z.users == "bus" or z.link in kept)
    scenario = replace(scenario, site=replace(scenario.site, network=replace(network, curb_zones=zones)))
    model = SchoolMorning(scenario, seed=5)
    assert model.run().failure is None
    families = [agent for agent in model.agents if isinstance(agent, Parent)]
    places = [family.place for family in families]
    assert families and all(places)
    kinds = {place.kind for place in places}
    assert kinds & {"remote", "double_parked"}
    assert {place.link for place in places if place.zone} <= set(kept)
    if not kept:
        assert kinds == {"remote", "double_parked"}


def test_who_looks_for_a_place_drives_slowly_and_nobody_else_for_that(monkeypatch):
    speeds = []
    choose = Eyes.choose

    def looked(eyes, *where):
        if eyes.family.waits:  # the others drive with the traffic along a row that shuts off all places
            speeds.append(float(eyes.world.traffic.scene.vehicle.v[eyes.vehicle]))
        return choose(eyes, *where)

    monkeypatch.setattr(Eyes, "choose", looked)
    world = short(school("baseline"))
    model = SchoolMorning(world, seed=5)
    slowed = set()
    while not model.is_over():
        model.step()
        slowed |= set(np.flatnonzero(model.traffic.vehicles["most"]).tolist())
    assert slowed
    assert slowed <= {agent.vehicle for agent in model.agents if isinstance(agent, Parent)}
    assert not model.traffic.vehicles["most"].any()  # and all speed up again
    search_m_s = world.site.demand.choices.search_km_h / 3.6
    assert len(speeds) > 30
    assert max(speeds) < 1.25 * search_m_s
