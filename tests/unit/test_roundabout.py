"""A roundabout: who circulates goes first, and it never locks up."""

import itertools

import numpy as np
import pytest

from sim.kernel import state as k
from sim.scenario.junctions import movements
from tests.streets import go, poisson, population, round_way, roundabout, traffic_on


def entered(circulating_veh_h):
    """Return how many an hour get in from arm 1, never empty, past those who circulate from arm 0 to arm 2."""
    passing = poisson(circulating_veh_h, 3600.0, 4, path=round_way(0, 2)) if circulating_veh_h else []
    waiting = poisson(1800.0, 3600.0, 5, path=round_way(1, 2))
    traffic = traffic_on(roundabout(), [*passing, *waiting], drivers=population(roundabout_s=4.1))
    go(traffic, 3600.0)
    left = traffic.vehicles["left"][len(passing) :] * traffic.dt
    return int((left > 600.0).sum()) * 3600.0 / 3000.0


def test_who_circulates_goes_first():
    network = roundabout()
    for m in movements(network):
        foes = {movements(network)[c.foe].from_link[0]: c.yields for c in m.conflicts}
        if m.from_link.startswith("in"):
            assert foes.get("r", True)  # whoever comes in gives way to the ring
        elif m.to_link.startswith("r"):
            assert foes == {"i": False}


def test_the_more_circulate_the_fewer_get_in():
    flows = [entered(q) for q in (0.0, 200.0, 400.0, 600.0)]
    assert all(a > b for a, b in itertools.pairwise(flows))
    assert flows[0] > 1000.0
    assert flows[-1] < 0.75 * flows[0]


@pytest.mark.parametrize("keep_clear_share", [0.0, 1.0])
def test_an_overloaded_roundabout_does_not_lock_up(keep_clear_share):
    rng = np.random.default_rng(1)
    cars = []
    for arm in range(4):
        for d in poisson(700.0, 900.0, 20 + arm):
            out = int((arm + rng.integers(1, 5)) % 4)
            cars.append((d.due, round_way(arm, out)))
    departures = [type(d)(n, due, path) for n, (due, path) in enumerate(sorted(cars))]
    traffic = traffic_on(roundabout(), departures, drivers=population(keep_clear_share=keep_clear_share))
    go(traffic, 7200.0)
    assert (traffic.vehicles["state"] == k.GONE).all()
