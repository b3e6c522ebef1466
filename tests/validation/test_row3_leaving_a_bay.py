"""VALIDATION row 3: leaving a bus bay by a gap of 7 s in the curb lane (Adams 1936; HCM exhibit of re-entry delay)."""

import numpy as np
import pytest

from sim.kernel.gaps import accepts
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import BUS, CHINA, gap_delay_s, go, poisson, population, street, traffic_on, waits_for_gap

GAP_S = 7.0
TABLE = {
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


@pytest.mark.parametrize(("flow", "delay_s"), TABLE.items())
def test_the_kernels_gap_acceptance_gives_the_handbooks_re_entry_delay(flow, delay_s):
    rng = np.random.default_rng(flow)
    n = 60_000 if flow < 400 else 30_000
    waits = np.zeros(n)
    for k in range(n):
        gap = rng.exponential(3600.0 / flow)
        while not accepts(gap, GAP_S):
            waits[k] += gap
            gap = rng.exponential(3600.0 / flow)
    assert gap_delay_s(flow, GAP_S) == pytest.approx(delay_s, rel=0.01)
    assert waits.mean() == pytest.approx(delay_s, rel=0.05)


@pytest.mark.validation
@pytest.mark.parametrize("flow", [300, 600, 900])
def test_buses_in_real_traffic_wait_by_the_law_of_the_headways_they_see(flow):
    hours, at_m = 8.0, 600.0
    others = poisson(flow, hours * 3600.0, flow)
    bus = Departure(10**6, 0, ("ab",), kind="bus", by_agent=True)
    drivers = population()
    drivers = population() if drivers.lane_changing.courtesy_share == 0 else _unkind(drivers)
    traffic = traffic_on(
        street(1000.0, speed_km_h=40.0),
        [bus, *others],
        drivers=drivers,
        detectors=[Detector("ab", at_m - 10.8, 0)],
        horizon_s=hours * 3600.0,
    )
    rng = np.random.default_rng(flow)
    asked, waited = [], []

    def again():
        yield traffic.turn_in(0, "ab", at_m, 5.0)
        while True:
            yield traffic.env.timeout(int(rng.integers(20, 160)))
            asked.append(traffic.env.now * 0.5)
            yield traffic.pull_out(0, "ab", at_m)
            waited.append(traffic.env.now * 0.5 - asked[-1])
            traffic.clear_lane(0)

    traffic.env.process(again())
    go(traffic, hours * 3600.0)
    passings = np.sort(traffic.passed[1:, 0][np.isfinite(traffic.passed[1:, 0])]) * 0.5
    clearing = (BUS.length_m + CHINA.length_m + 1.0) / (40.0 / 3.6)  # until the bus has the lane beside it free
    law = waits_for_gap(passings, np.array(asked[: len(waited)]), GAP_S, clearing)
    assert len(waited) > 100
    # Both ends of a wait fall on ticks: up to one second more.
    assert np.mean(waited) == pytest.approx(law.mean(), rel=0.15, abs=1.0)


def _unkind(drivers):
    from dataclasses import replace

    return replace(drivers, lane_changing=replace(drivers.lane_changing, courtesy_share=0.0))
