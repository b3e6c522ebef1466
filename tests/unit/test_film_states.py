"""What a recording says of those who do something else than drive."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.agents.parent import Parent
from sim.interventions import resolve
from sim.model import SchoolMorning
from sim.records import STATES
from sim.scenario.demand import CarDeparture
from sim.scenario.read import load_scenario
from sim.traffic.traffic import Deadlock
from tests.property.test_film import table
from tests.property.test_school_morning import school, short


def filmed(scenario, seed=4):
    world = SchoolMorning(scenario, seed=seed, filmed=True)
    return world, world.run().film


def rows_of(film, who) -> pd.DataFrame:
    rows = table(film.trajectories)
    return rows[rows["traveller"] == who].astype({"state": str})


@pytest.fixture(scope="module")
def morning():
    return filmed(school())


def test_a_double_parked_family_holds_the_lane_and_has_its_row(morning):
    world, film = morning
    parked = [a for a in world.agents if isinstance(a, Parent) and a.place.kind == "double_parked"]
    assert parked
    for family in parked:
        rows = rows_of(film, family.name)
        stands = rows[rows["state"] == "double_parked"]
        assert len(stands) == 1
        assert not stands["off_lane"].any()
        assert stands["speed_m_s"].item() == 0.0


def test_a_bus_that_waits_for_a_berth_stands_in_the_lane_before_the_bay(morning):
    world, film = morning
    waits = table(film.trajectories).query("state == 'waiting_for_berth'").astype({"traveller": str})
    buses = waits[waits["traveller"].str.startswith("bus")]
    assert len(buses) > 5
    assert not buses["off_lane"].any()
    stops = {a.name: a.stop for a in world.agents if not isinstance(a, Parent)}
    for row in buses.itertuples():
        link, at_m = world.layout.offset(int(world.layout.road.lanes[row.lane].segment), row.at_m)
        stop = stops[row.traveller]
        assert (link, at_m < stop.to_m) == (stop.link, True)


def test_who_waits_outside_is_outside_from_when_it_is_due_until_it_is_admitted(morning):
    world, film = morning
    vehicles = world.traffic.vehicles
    waited = np.flatnonzero(vehicles["entered"] - vehicles["due"] > 20)
    assert waited.size > 50
    for i in waited[::10].tolist():
        rows = rows_of(film, world.departures[i][0])
        assert rows.iloc[0]["state"] == "outside"
        assert rows.iloc[0]["time_s"] == np.floor(world.traffic.seconds(int(vehicles["due"][i])))
        assert rows.iloc[1]["time_s"] == np.ceil(world.traffic.seconds(float(vehicles["entered"][i])))
        assert (
            world.layout.link_of_segment[world.layout.road.lanes[rows.iloc[0]["lane"]].segment]
            == (world.departures[i][1].path[0])
        )


def test_everybody_is_gone_in_the_end_and_nowhere_afterwards(morning):
    _, film = morning
    rows = table(film.trajectories)
    last = rows.drop_duplicates("traveller", keep="last")
    assert (last["state"] == "gone").all()
    assert (last["lane"] == -1).all()
    assert (rows["state"] == "gone").sum() == len(last)


def test_rows_are_in_order_and_none_tells_of_a_second_twice(morning):
    _, film = morning
    vehicle, time_s = film.trajectories["traveller"].codes, film.trajectories["time_s"]
    same = np.diff(vehicle) == 0
    assert (np.diff(vehicle) >= 0).all()
    assert (np.diff(time_s)[same] > 0).all()
    assert film.trajectories["state"].words == STATES


def test_who_turns_round_in_three_points_is_told_to():
    base = resolve(load_scenario("school/baseline"))
    site = base.site
    narrow = tuple(
        replace(link, lanes=1, divided=False) if link.id in (site.gate.link, site.gate.opposite_link) else link
        for link in site.network.links
    )
    west = replace(site.demand.pupils, departures=(CarDeparture(exit="main_w3", share=1.0, opposite=1.0),))
    times = replace(site.demand.times, three_point_turn_s=8.0)
    demand = replace(site.demand, pupils=west, times=times, choices=replace(site.demand.choices, three_point_share=1.0))
    scenario = short(replace(base, site=replace(site, network=replace(site.network, links=narrow), demand=demand)), 20)
    _, film = filmed(scenario, seed=2)
    rows = table(film.trajectories)
    turning = rows[rows["state"] == "turning_round"]
    assert len(turning)
    assert not turning["off_lane"].any()


def test_a_morning_that_ends_in_a_deadlock_is_filmed_as_far_as_it_went(monkeypatch):
    step = SchoolMorning.step

    def stuck(self):
        step(self)
        if self.traffic.tick > 1200:
            raise Deadlock(self.traffic.seconds(self.traffic.tick), ((0, "here", 0.0),))

    monkeypatch.setattr(SchoolMorning, "step", stuck)
    world = SchoolMorning(short(school()), seed=1, filmed=True)
    record = world.run()
    assert record.failure
    assert record.film.trajectories["time_s"].max() <= world.traffic.seconds(world.traffic.tick) + 1
    assert record.film.map["end_s"] == world.traffic.seconds(world.traffic.tick)
