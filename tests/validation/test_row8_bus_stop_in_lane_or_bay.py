"""VALIDATION row 8: what a stopping bus costs the flow, in the lane and in a bay (HCM ch. 19; Korean HCM ch. 8).

Both handbooks count the time of one lane's saturation flow that a bus takes away while the light is green ("blockage
during a green indication", "loss of saturation headway"). The approach is saturated; the same vehicles come where
the buses drive past the stop. (Below saturation the delay to others has no such constant: it grows with the demand.)
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sim.scenario.network import CurbZone
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.curbside import CYCLE_S, GREEN_S, STOP_LINE_M, WARM_UP_S, Curb, approach, at_stop_line, flow_veh_h
from tests.streets import poisson, red_then_green, street
from tests.validation.table import at_least, at_most, between, mean_of

DWELL_S, LANES, BERTHS, BERTH_M = 20.0, 2, 3, 13.3
DEMAND_VEH_H, BUS_SHARE = 2000.0, 0.02
HOURS = 2.0
SHORT_OF_LINE_M = {"in_lane": 5.0, "bay": 20.0}
"""The stop is on the near side: in the lane right before the stop line, the bay with room for its taper."""
SOURCE = "HCM 2016 eq. 19-12 (14.4 s); Korean HCM 2013 table 8-12 (10.8-22.8 s, bay 1.4 s)"


def stop(kind, end_m, berths=BERTHS):
    """Return a bus stop that ends at an offset; the bay has the tapers of Shapingba's."""
    tapers = {"taper_in_m": 15.0, "taper_out_m": 20.0} if kind == "bay" else {}
    from_m = end_m - berths * BERTH_M
    return CurbZone(id="stop", link="ab", kind=kind, from_m=from_m, to_m=end_m, berths=berths, users="bus", **tapers)


def mixed(seed, end_s):
    """Return cars and buses in random order, and which are buses."""
    cars = poisson(DEMAND_VEH_H, end_s, seed)
    is_bus = np.random.default_rng(seed).random(len(cars)) < BUS_SHARE
    vehicles = [
        Departure(d.key, d.due, d.path, kind="bus" if b else "car", by_agent=bool(b), keeps_curb=bool(b))
        for d, b in zip(cars, is_bus, strict=True)
    ]
    return vehicles, is_bus


@cache
def saturated(kind, seed, dwell_s, berths=BERTHS):
    """Return the flow past the signal [veh/h] and the buses in it [buses/h]; without a dwell the buses drive past."""
    end_s = WARM_UP_S + HOURS * 3600.0
    vehicles, is_bus = mixed(seed, end_s)
    road = approach(LANES, stop(kind, STOP_LINE_M - SHORT_OF_LINE_M[kind], berths))
    world = Curb(road, vehicles, detectors=[at_stop_line()], horizon_s=end_s, seed=seed)
    if dwell_s is not None:
        world.add_buses("stop", {int(row): dwell_s for row in np.flatnonzero(is_bus)})
    world.run(end_s)
    buses_h = np.count_nonzero(world.passed_s()[is_bus] > WARM_UP_S) / HOURS
    return flow_veh_h(world, HOURS), buses_h


def lost_s(kind, seed, dwell_s=DWELL_S, berths=BERTHS, of_the_hour=GREEN_S / CYCLE_S):
    """Return how long [s] one bus takes a lane's saturation flow away."""
    flow, buses_h = saturated(kind, seed, dwell_s, berths)
    free, _ = saturated(kind, seed, None)
    return LANES * 3600.0 * of_the_hour * (1.0 - flow / free) / buses_h


def each(table, kind, **how):
    """Return the time lost [s] in each replication."""
    return np.array([lost_s(kind, seed, **how) for seed in range(60 if table.full else 8)])


def ratio(above, below):
    """Return the ratio of two means with its interval, to first order."""
    share = above.mean() / below.mean()
    return mean_of(share + (above - share * below) / below.mean())


@pytest.mark.validation
def test_a_bus_that_stops_in_the_lane_takes_the_handbooks_time_away(table):
    what, band = "saturation flow of a lane lost by a bus that stops in the lane", between(10.0, 25.0)
    short = mean_of(each(table, "in_lane", dwell_s=0.0))
    table.turns_red("8", what, unit="s/bus", band=band, found=short, breaks="no dwell")
    found = mean_of(each(table, "in_lane", of_the_hour=1.0))
    table.hold(
        "8", f"{what}, red counted too", unit="s/bus", band=band, found=found, tier="C", source="HCM 2016 eq. 19-12"
    )
    found = mean_of(each(table, "in_lane"))
    table.hold("8", what, unit="s/bus", band=band, found=found, tier="B", source=SOURCE)


@pytest.mark.validation
def test_a_bus_that_stops_in_a_bay_hardly_takes_any(table):
    what, band = "saturation flow of a lane lost by a bus that stops in a bay", at_most(3.0)
    crowded = mean_of(each(table, "bay", berths=1))
    table.turns_red("8", what, unit="s/bus", band=band, found=crowded, breaks="a bay for one bus, not three")
    found = mean_of(each(table, "bay"))
    table.hold("8", what, unit="s/bus", band=band, found=found, tier="B", source=SOURCE)


@pytest.mark.validation
def test_a_stop_in_the_lane_takes_many_times_what_a_bay_does(table):
    what, band = "in the lane over in a bay", at_least(5.0)
    bay = each(table, "bay")
    short = ratio(each(table, "in_lane", dwell_s=0.0), bay)
    table.turns_red("8", what, unit="1", band=band, found=short, breaks="no dwell in the lane")
    found = ratio(each(table, "in_lane"), bay)
    table.hold("8", what, unit="1", band=band, found=found, tier="B", source=SOURCE)


# ---------------------------------------------------------------------- one lane, no signal

QUEUED = 60


def last_s(bus, dwell_s=None):
    """Return when a standing queue with one bus in it has passed [s] a stop in its only lane."""
    road = street(1500.0, crossings=[red_then_green(800.0, red_s=380.0)])
    road = replace(road, curb_zones=(stop("in_lane", 1100.0, 1),))
    vehicles = [
        Departure(n, 6 * n, ("ab",), kind="bus" if n == bus else "car", by_agent=n == bus) for n in range(QUEUED)
    ]
    world = Curb(road, vehicles, detectors=[Detector("ab", 1400.0, 0)])
    if dwell_s is not None:
        world.add_buses("stop", {bus: dwell_s})
    world.run(700.0)
    return world.passed_s().max()


@pytest.mark.validation
def test_where_nobody_can_pass_a_bus_costs_its_dwell_and_more(table):
    places = range(8, 40, 2 if table.full else 6)
    table.hold(
        "8",
        "time lost by a queue behind a bus that stops for 20 s in its only lane, no signal",
        unit="s/bus",
        band=between(DWELL_S + 5.0, DWELL_S + 12.0),
        found=mean_of([last_s(bus, DWELL_S) - last_s(bus) for bus in places]),
        tier="C",
        source="the dwell, and 5-12 s to brake and start",
    )
