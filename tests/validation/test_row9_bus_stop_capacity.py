"""VALIDATION row 9: how many buses an hour a stop serves (Korean HCM 2013, ch. 13)."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sim.scenario.network import CurbZone
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.curbside import Curb
from tests.streets import street
from tests.validation.table import around, between, mean_of

DWELL_S, DWELL_CV = 20.0, 0.366
"""The spread is what the handbook's own table for lost berths implies: 1 / R - 1 is Z cv dwell / (clearance + dwell)
with Z cv dwell / (clearance + dwell) = 0.2 Z, from 1 to 7.5 % of the buses that wait."""
CAPACITY = {"bay": 98.6, "in_lane": 100.0}
CLEARANCE_S = {"bay": 16.5, "in_lane": 16.0}
DESIGN = {"bay": 79.9, "in_lane": 81.0}
"""[buses/h], x 0.81: one bus in ten waits"""
FACTORS = {2: 1.75, 3: 2.25, 4: 2.55, 5: 2.65}
OFF_LINE = {2: 1.85, 3: 2.6, 4: 3.25, 5: 3.75}
"""Berths that buses leave independently, as those of a bay (TCQSM 2003, exhibit 4-12): docs/decisions/0006."""
KINDS = tuple(CAPACITY)
BERTH_M, STOP_M = 13.3, 400.0
HOURS, EMPTY_S = 2.0, 600.0
SOURCE = "Korean HCM 2013, tables 13-8 to 13-10"


def stop(kind, berths):
    """Return a bus stop; the bay has the tapers of Shapingba's."""
    tapers = {"taper_in_m": 15.0, "taper_out_m": 20.0} if kind == "bay" else {}
    to_m = STOP_M + BERTH_M * berths
    return CurbZone(id="stop", link="ab", kind=kind, from_m=STOP_M, to_m=to_m, berths=berths, users="bus", **tapers)


def buses(kind, berths, headway_s, seed, dwell_s=DWELL_S):
    """Return the world after buses have come at a fixed headway to a stop on a street of two lanes, and the buses."""
    count = int(HOURS * 3600.0 / headway_s)
    rng, sigma2 = np.random.default_rng(seed), np.log1p(DWELL_CV**2)
    dwells = rng.lognormal(np.log(dwell_s) - sigma2 / 2.0, np.sqrt(sigma2), count)
    departures = [
        Departure(n, int(2 * headway_s * n), ("ab",), kind="bus", by_agent=True, keeps_curb=True) for n in range(count)
    ]
    road = replace(street(900.0, lanes=2, speed_km_h=40.0), curb_zones=(stop(kind, berths),))
    world = Curb(road, departures, detectors=[Detector("ab", 600.0, 0)], horizon_s=HOURS * 3600.0, seed=seed)
    agents = world.add_buses("stop", dict(enumerate(dwells)))
    world.run(HOURS * 3600.0)
    return world, agents


@cache
def capacity(kind, berths, seed, dwell_s=DWELL_S):
    """Return how many buses an hour leave a stop before which others always wait."""
    world, _ = buses(kind, berths, 8.0, seed, dwell_s)
    left = world.passed_s()
    left = np.sort(left[left > EMPTY_S])
    return 3600.0 * (left.size - 1) / (left[-1] - left[0])


def capacities(table, kind, berths, dwell_s=DWELL_S):
    return np.array([capacity(kind, berths, seed, dwell_s) for seed in range(16 if table.full else 2)])


# ---------------------------------------------------------------------- one berth


@pytest.mark.validation
@pytest.mark.parametrize("kind", KINDS)
def test_a_saturated_berth_serves_as_many_buses_as_the_handbook_says(table, kind):
    what, band = f"buses served by one berth, {kind}, dwell 20 s", around(CAPACITY[kind], rel=0.17)
    longer = mean_of(capacities(table, kind, 1, 40.0))
    table.turns_red("9", what, unit="buses/h", band=band, found=longer, breaks="dwell 40 s")
    found = capacities(table, kind, 1)
    table.hold(
        "9",
        f"clearance of one berth, {kind}",
        unit="s",
        band=around(CLEARANCE_S[kind], rel=0.17),
        found=mean_of(3600.0 / found - DWELL_S),
        tier="C",
        source=SOURCE,
    )
    table.hold("9", what, unit="buses/h", band=band, found=mean_of(found), tier="B", source=SOURCE)


# ---------------------------------------------------------------------- the design value

HEADWAYS_S = (90.0, 75.0, 60.0, 52.0, 46.0, 42.0, 38.0, 34.0)


def design_flow(kind, seed, dwell_s=DWELL_S):
    """Return the flow [buses/h] at which one bus in ten finds the berth taken; they come by the clock."""
    below = more = (0.0, 0.0)
    for headway_s in HEADWAYS_S:
        below, more = more, (3600.0 / headway_s, waiting(buses(kind, 1, headway_s, seed, dwell_s)[1]))
        if more[1] >= 0.1:
            break
    return below[0] + (more[0] - below[0]) * (0.1 - below[1]) / (more[1] - below[1])


def waiting(agents):
    """Return the share of the buses served that had to wait for the berth."""
    return np.mean([bus.spent_s["queue"] > 0.0 for bus in agents if bus.finished])


def design_flows(table, kind, dwell_s=DWELL_S):
    return mean_of([design_flow(kind, seed, dwell_s) for seed in range(16 if table.full else 2)])


@pytest.mark.validation
@pytest.mark.parametrize("kind", KINDS)
def test_at_the_design_flow_one_bus_in_ten_waits(table, kind):
    what, band = f"buses of which one in ten waits, {kind}, dwell 20 s", around(DESIGN[kind], rel=0.17)
    longer = design_flows(table, kind, 40.0)
    table.turns_red("9", what, unit="buses/h", band=band, found=longer, breaks="dwell 40 s")
    table.hold("9", what, unit="buses/h", band=band, found=design_flows(table, kind), tier="B", source=SOURCE)


# ---------------------------------------------------------------------- several berths


@pytest.mark.validation
@pytest.mark.parametrize("berths", FACTORS)
@pytest.mark.parametrize("kind", KINDS)
def test_berths_in_a_row_serve_fewer_buses_than_as_many_single_ones(table, kind, berths):
    found = mean_of(capacities(table, kind, berths) / capacities(table, kind, 1))
    korean, what = around(FACTORS[berths], rel=0.17), f"effective berths of {berths}, {kind}"
    if kind == "in_lane":
        table.hold("9", what, unit="1", band=korean, found=found, tier="B", source=SOURCE)
        return
    table.hold("9", f"{what}, one table for both", unit="1", band=korean, found=found, tier="C", source=SOURCE)
    band = between(korean.low, around(OFF_LINE[berths], rel=0.17).high)
    table.hold("9", what, unit="1", band=band, found=found, tier="B", source=f"{SOURCE}; TCQSM 2003, off-line")
