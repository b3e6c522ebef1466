"""VALIDATION row 3: leaving a bus bay by a gap of 7 s in the curb lane (Adams 1936; HCM exhibit of re-entry delay)."""

from dataclasses import replace

import numpy as np
import pytest

from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import (
    BUS,
    go,
    poisson,
    population,
    street,
    times_s,
    traffic_on,
    varied,
    waits_among_points,
    waits_for_gap,
)
from tests.validation.table import around, mean_of

GAP_S = 7.0
DELAY_S = {
    100: 0.73,
    200: 1.56,
    300: 2.50,
    400: 3.59,
    500: 4.84,
    600: 6.27,
    700: 7.92,
    800: 9.82,
    900: 12.02,
    1000: 14.56,
}
AT_M, ROOM_M, HOURS = 600.0, 1.0, 8.0


def delay_s(flow, gap_s, seed):
    """Return the mean wait [s] until the kernel accepts a gap between points that pass at random."""
    count = 60_000 if flow < 400 else 30_000
    return waits_among_points(flow, gap_s, np.random.default_rng([flow, seed]), count).mean()


@pytest.mark.parametrize("flow", DELAY_S)
def test_the_kernels_gap_acceptance_gives_the_handbooks_re_entry_delay(table, flow):
    found = mean_of([delay_s(flow, GAP_S, seed) for seed in range(10 if table.full else 2)])
    what, band = f"wait for a gap of 7 s at {flow} points/h", around(DELAY_S[flow], rel=0.05)
    table.hold("3", what, unit="s", band=band, found=found, tier="A", source="Adams 1936; HCM re-entry delay")


def test_a_longer_critical_gap_shows_in_the_re_entry_delay(table):
    found, band = mean_of([delay_s(500, 7.5, seed) for seed in range(2)]), around(DELAY_S[500], rel=0.05)
    what = "wait for a gap of 7 s at 500 points/h"
    table.turns_red("3", what, unit="s", band=band, found=found, breaks="a critical gap of 7.5 s")


def unkind(drivers):
    """Return drivers none of whom lets another in."""
    return replace(drivers, lane_changing=replace(drivers.lane_changing, courtesy_share=0.0, bus_courtesy_share=0.0))


def over_the_law(flow, seed, *, gap_s=GAP_S):
    """Return how long a bus waits to leave its bay in real traffic, over what the law says for the passings it saw."""
    bus = Departure(10**6, 0, ("ab",), kind="bus", by_agent=True)
    rear_m = AT_M - BUS.length_m
    traffic = traffic_on(
        street(1000.0, speed_km_h=40.0),
        [bus, *varied(poisson(flow, HOURS * 3600.0, seed), seed)],
        drivers=unkind(population(bus_pull_out_s=gap_s)),
        detectors=[Detector("ab", rear_m, 0), Detector("ab", AT_M + ROOM_M + 5.0, 1)],
        horizon_s=HOURS * 3600.0,
    )
    ready, off = [], []
    traffic.env.process(comes_and_goes(traffic, np.random.default_rng([seed, 2]), ready, off))
    go(traffic, HOURS * 3600.0)
    beside_s = np.nanmean(traffic.passed[1:, 1] - traffic.passed[1:, 0]) * traffic.dt
    came, went = np.array(ready[: len(off)]) * traffic.dt, np.array(off) * traffic.dt
    assert came.size > 100
    return (went - came).mean() / waits_for_gap(times_s(traffic, 0), came, GAP_S, beside_s).mean()


def comes_and_goes(traffic, rng, ready, off):
    """Let one bus leave its bay again and again; a driver who is told to go looks for the first time a tick later."""
    yield traffic.orders.turn_in(0, "ab", AT_M, 5.0)
    while True:
        yield traffic.env.timeout(int(rng.integers(20, 160)))
        ready.append(traffic.env.now + 1)
        yield traffic.orders.pull_out(0, "ab", AT_M)
        off.append(traffic.env.now)
        traffic.orders.clear_lane(0)


def what_of(flow):
    return f"wait for a gap of 7 s at {flow} real veh/h, over the law's for the headways seen"


@pytest.mark.validation
@pytest.mark.parametrize("flow", [300, 600, 900])
def test_buses_in_real_traffic_wait_by_the_law_of_the_headways_they_see(table, flow):
    found = mean_of([over_the_law(flow, seed) for seed in range(16 if table.full else 2)])
    source = "Adams 1936, headways as seen"
    table.hold("3", what_of(flow), unit="1", band=around(1.0, rel=0.15), found=found, tier="B", source=source)


@pytest.mark.validation
def test_a_shorter_gap_of_bus_drivers_shows_in_the_wait(table):
    found = mean_of([over_the_law(600, seed, gap_s=5.0) for seed in range(3)])
    band = around(1.0, rel=0.15)
    table.turns_red("3", what_of(600), unit="1", band=band, found=found, breaks="a critical gap of 5 s")
