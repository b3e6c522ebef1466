"""VALIDATION row 2: a pedestrian who waits for a gap that nobody makes (Adams 1936; HCM ch. 32)."""

import numpy as np
import pytest

from sim.kernel.gaps import accepts
from sim.scenario.network import CrossedLink, Crossing
from sim.traffic.layout import Detector
from sim.traffic.traffic import Walker
from tests.streets import CHINA, gap_delay_s, go, poisson, street, traffic_on, waits_for_gap

FLOW, GAP_S = 850.0, 6.0


def test_the_kernels_gap_acceptance_gives_adams_delay():
    rng = np.random.default_rng(2)
    waits = []
    for _ in range(20_000):
        wait, gap = 0.0, rng.exponential(3600.0 / FLOW)
        while not accepts(gap, GAP_S):
            wait, gap = wait + gap, rng.exponential(3600.0 / FLOW)
        waits.append(wait)
    assert gap_delay_s(FLOW, GAP_S) == pytest.approx(7.23, abs=0.01)
    assert np.mean(waits) == pytest.approx(7.23, rel=0.03)
    assert np.mean(np.array(waits) > 0) == pytest.approx(0.757, rel=0.03)


@pytest.mark.validation
def test_pedestrians_in_real_traffic_wait_by_the_law_of_the_headways_they_see():
    hours = 6.0
    zebra = Crossing(
        id="zebra",
        links=(CrossedLink(link="ab", at_m=600.0),),
        length_m=3.5,
        width_m=4.0,
        control="zebra",
        critical_gap_s=GAP_S,
        yield_share=0.0,
    )
    rng = np.random.default_rng(5)
    arrivals = np.sort(rng.uniform(300.0, hours * 3600.0 - 300.0, 300))
    walkers = [Walker("zebra", int(np.ceil(t / 0.5)), 1) for t in arrivals]
    traffic = traffic_on(
        street(800.0, crossings=[zebra]),
        poisson(FLOW, hours * 3600.0, 3),
        detectors=[Detector("ab", 599.9, 0), Detector("ab", 604.1, 1)],
        walkers=walkers,
        horizon_s=hours * 3600.0,
    )
    go(traffic, hours * 3600.0)
    started = traffic.people["start"][: len(walkers)] * 0.5
    due = traffic.people["due"][: len(walkers)] * 0.5
    assert (started > 0).all()
    passings = np.sort(traffic.passed[:, 0][np.isfinite(traffic.passed[:, 0])]) * 0.5
    clearing = np.nanmean(traffic.passed[:, 1] - traffic.passed[:, 0]) * 0.5 + CHINA.length_m / 13.9
    expected = waits_for_gap(passings, due, GAP_S, clearing).mean()
    assert (started - due).mean() == pytest.approx(expected, rel=0.15)
