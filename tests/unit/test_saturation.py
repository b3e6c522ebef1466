"""The degree of saturation of the signal beyond the gate."""

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from sim.model import SchoolMorning
from sim.saturation import QUARTER_S, degrees_of_saturation, saturation_flow_veh_h
from sim.scenario.drivers import Drivers
from sim.scenario.read import load_scenario, population
from sim.traffic.fleet import Departure


@pytest.fixture(scope="module")
def morning():
    return SchoolMorning(load_scenario("school/baseline"), seed=1)


def test_a_lane_passes_in_equilibrium_what_the_published_ring_does():
    chinese = TypeAdapter(Drivers).validate_python(population("china")).car
    car = replace(chinese, length_m=5, acceleration_m_s2=1.8, headway_s=1.0, standstill_gap_m=2)
    assert saturation_flow_veh_h(car, 13.9) == pytest.approx(1899.0, rel=0.01)  # VALIDATION, row 4


def test_demand_over_capacity_by_hand(morning):
    site, router = morning.site, morning.traffic.router
    start = site.demand.window.measured_from
    path = ("main_e1", "main_e2", "main_e3")
    car, bus = Departure(0, 0, path), Departure(1, 0, path, kind="bus", by_agent=True)
    parent = Departure(2, 0, path, by_agent=True)
    found = degrees_of_saturation(site, router, [(start, car), (start, bus), (start, parent), (start, parent)])
    lane = saturation_flow_veh_h(site.drivers.car, 40 / 3.6 * site.drivers.car.speed_factor)
    capacity = 2 * lane * 60 / 110
    assert found["saturation_without_school"] == pytest.approx(3 / capacity)  # 3 pcu in one hour
    assert found["saturation_worst_quarter"] == pytest.approx(5 * 3600 / QUARTER_S / capacity)


def test_every_run_tells_it(morning):
    coming = [(morning.traffic.seconds(d.due), d) for _, d in morning.departures]
    found = degrees_of_saturation(morning.site, morning.traffic.router, coming)
    assert 0.5 < found["saturation_without_school"] < found["saturation_worst_quarter"] < 1.3
