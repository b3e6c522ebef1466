"""VALIDATION row 10: a queue at a school's curb, with and without somebody who directs it (von Bartheld et al. 2011).

The time per vehicle is what a stopwatch shows from the drop-off area's beginning to its end, in a standing queue. Drawn
are the stop and the driver's own part of moving off; waiting for the car ahead and moving up are the kernel's.
"""

from functools import cache

import numpy as np
import pytest
from pydantic import TypeAdapter

from sim.interventions.warden import WardenAtCurb
from sim.logbook import GATE_IN, GATE_OUT
from sim.model import SchoolMorning
from sim.scenario.demand import CarDeparture, CarOrigin, Choices, Demand, Drawn, Modes, Pupils, Times, Window
from sim.scenario.drivers import Drivers
from sim.scenario.network import CurbZone, Link, Network, Node
from sim.scenario.read import population
from sim.scenario.scenario import Scenario
from sim.scenario.site import Gate, Site
from tests.validation.table import around, mean_of

PLACES, PLACE_M, FROM_M, LENGTH_M = 6, 6.0, 600.0, 800.0
CARS, EDGE = 300, 40
STOP_S, OWN_S = 26.5, 8.0
DIRECTED = {"dwell_factor": 0.743, "own_manoeuvre_factor": 0.844}
SOURCE = "von Bartheld et al. 2011, TRR 2213"


def drop_off_area(stop_s=STOP_S, own_s=OWN_S):
    """Return a school's access road of one lane, in which parents stop in a row, and a rush of them."""
    curb = CurbZone(
        id="curb", link="road", kind="in_lane", from_m=FROM_M, to_m=FROM_M + PLACES * PLACE_M, berths=PLACES
    )
    network = Network(
        nodes=(Node(id="W", x_m=0, y_m=0, boundary=True), Node(id="E", x_m=LENGTH_M, y_m=0, boundary=True)),
        links=(Link(id="road", from_node="W", to_node="E", lanes=1, speed_km_h=30.0),),
        curb_zones=(curb,),
    )
    site = Site(
        name="area",
        title="A drop-off area",
        network=network,
        gate=Gate(link="road", at_m=FROM_M + PLACES * PLACE_M / 2.0),
        section_m=PLACES * PLACE_M,
        demand=rush(stop_s, own_s),
        drivers=TypeAdapter(Drivers).validate_python(population("us")),
    )
    return Scenario(name="area/baseline", title="As it is", site=site)


def rush(stop_s, own_s):
    """Return cars that all come within a few minutes; everybody kisses and goes."""
    return Demand(
        window=Window(start="07:20", measured_from="07:20", measured_to="08:20", end="08:20"),
        pupils=Pupils(
            enrolment=CARS,
            modes=Modes(walk=0, car=1, taxi=0, bus=0, rail=0, two_wheeler=0),
            pupils_per_car=1.0,
            arrival_mean="07:26",
            arrival_sd_s=60.0,
            gate_opens="07:20",
            bell="08:20",
            origins=(CarOrigin(entry="road", share=1.0),),
            departures=(CarDeparture(exit="road", share=1.0),),
            escort_shares=(0.0, 0.0, 0.0),
        ),
        times=Times(
            dwell=Drawn(mean_s=stop_s, sd_s=0.5 * stop_s, low_s=2.0, high_s=55.0),
            own_manoeuvre=Drawn(mean_s=own_s, sd_s=0.375 * own_s),
            parking_manoeuvre=Drawn(mean_s=12.0, sd_s=4.0),
            handover=Drawn(mean_s=8.0, sd_s=4.0),
            child_walk_m_s=1.1,
            adult_walk_m_s=1.15,
            walk_sd_m_s=0.15,
            rail_walk_factor=0.5,
        ),
        choices=Choices(
            willing_full_m=200.0,
            willing_zero_m=300.0,
            sight_m=40.0,
            double_park_share=0.0,
            double_park_though_free_share=0.0,
            double_park_within_m=60.0,
            double_park_dwell_s=30.0,
            wait_share=1.0,
            rounds=0,
        ),
    )


def directed(scenario, compliance=1.0):
    """Return the area with somebody who directs everybody."""
    return WardenAtCurb(zones=("curb",), compliance=compliance, **DIRECTED).change(scenario)


@cache
def stopwatch(scenario, seed):
    """Return the mean time per vehicle [s] and how much of it is the stop, of those who came from the queue."""
    morning = SchoolMorning(scenario, seed=seed)
    morning.run()
    assert morning.failure is None
    passed = morning.traffic.passed * morning.traffic.dt
    assert np.isfinite(passed[:, GATE_OUT]).all()
    queued = np.argsort(passed[:, GATE_OUT])[EDGE:-EDGE]
    stops = {agent.vehicle: agent.spent_s["dwell"] for agent in morning.agents}
    spent = passed[queued, GATE_OUT] - passed[queued, GATE_IN]
    return spent.mean(), np.mean([stops[row] for row in queued])


def times(table, scenario):
    """Return time per vehicle and stop [s], each by replication."""
    return np.transpose([stopwatch(scenario, seed) for seed in range(24 if table.full else 4)])


def ratio(table, after, before):
    """Return the ratio of the times per vehicle, over replications of the same people."""
    return mean_of(times(table, after)[0] / times(table, before)[0])


def hold(table, what, band, samples, tier="B"):
    table.hold("10", what, unit="s", band=band, found=mean_of(samples), tier=tier, source=SOURCE)


@pytest.mark.validation
def test_a_vehicle_in_the_queue_takes_as_long_as_was_observed(table):
    what, band = "time per vehicle, nobody directs", around(59.8, rel=0.15)
    hasty = mean_of(times(table, drop_off_area(stop_s=13.0))[0])
    table.turns_red("10", what, unit="s", band=band, found=hasty, breaks="stops of 13 s")
    slow = mean_of(times(table, drop_off_area(own_s=30.0))[0])
    table.turns_red("10", what, unit="s", band=band, found=slow, breaks="own part of moving off 30 s")
    spent, stop = times(table, drop_off_area())
    hold(table, "stop (drawn), nobody directs", around(26.5, rel=0.05), stop, tier="C")
    hold(table, "manoeuvre and waiting to move, nobody directs", around(33.3, rel=0.15), spent - stop)
    hold(table, what, band, spent)


@pytest.mark.validation
def test_somebody_who_directs_shortens_it_as_observed(table):
    what, band = "time per vehicle, directed", around(47.8, rel=0.15)
    unheard = mean_of(times(table, directed(drop_off_area(), compliance=0.0))[0])
    table.turns_red("10", what, unit="s", band=band, found=unheard, breaks="nobody obeys")
    spent, stop = times(table, directed(drop_off_area()))
    hold(table, "stop (drawn), directed", around(19.7, rel=0.05), stop, tier="C")
    hold(table, "manoeuvre and waiting to move, directed", around(28.1, rel=0.15), spent - stop)
    hold(table, what, band, spent)


@pytest.mark.validation
def test_the_share_that_remains_is_the_one_observed(table):
    what, band, before = "time per vehicle, directed over undirected", around(0.80, abs=0.05), drop_off_area()
    unheard = ratio(table, directed(before, compliance=0.0), before)
    table.turns_red("10", what, unit="1", band=band, found=unheard, breaks="nobody obeys")
    found = ratio(table, directed(before), before)
    table.hold("10", what, unit="1", band=band, found=found, tier="B", source=SOURCE)
