"""VALIDATION row 1: berths alone are the queue M/G/c (Erlang C; Allen-Cunneen and Cosmetatos for M/D/c)."""

import numpy as np
import pytest
import simpy

from sim.places.berths import Berths
from sim.places.disciplines import any_free

BERTHS, FLOW_H, DWELL_S = 4, 192.0, 60.0
REPLICATIONS, ARRIVALS = 12, 50_000


def waits(dwell, seed):
    """Return the waits [s] of Poisson arrivals at berths alone."""
    rng = np.random.default_rng(seed)
    env = simpy.Environment()
    berths = Berths(env, BERTHS, any_free)
    found = []

    def customer(stay):
        came = env.now
        berth = yield berths.request()
        found.append(env.now - came)
        yield env.timeout(stay)
        berths.release(berth)

    def source():
        for headway, stay in zip(rng.exponential(3600.0 / FLOW_H, ARRIVALS), dwell(rng, ARRIVALS), strict=True):
            yield env.timeout(headway)
            env.process(customer(stay))

    env.process(source())
    env.run()
    return np.array(found)


def exponential(rng, n):
    return rng.exponential(DWELL_S, n)


def constant(_, n):
    return np.full(n, DWELL_S)


def lognormal(rng, n):
    sigma2 = np.log(1.25)
    return rng.lognormal(np.log(DWELL_S) - sigma2 / 2.0, np.sqrt(sigma2), n)


@pytest.mark.validation
@pytest.mark.parametrize(
    ("dwell", "wait_s"),
    [(exponential, 44.73), (constant, 23.17), (lognormal, 28.0)],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_berths_alone_are_an_m_g_c_queue(dwell, wait_s):
    pooled = np.concatenate([waits(dwell, seed) for seed in range(REPLICATIONS)])
    assert pooled.size == REPLICATIONS * ARRIVALS
    assert pooled.mean() == pytest.approx(wait_s, rel=0.05)
    if dwell is exponential:
        assert (pooled > 0).mean() == pytest.approx(0.5964, rel=0.05)
