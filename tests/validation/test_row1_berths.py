"""VALIDATION row 1: berths alone are the queue M/G/c (Erlang C; Allen-Cunneen and Cosmetatos for M/D/c)."""

import numpy as np
import pytest

from sim.places.disciplines import any_free, free_behind
from tests.streets import waits_at_berths, waits_in_line
from tests.validation.table import around, mean_of

BERTHS, FLOW_H, DWELL_S = 4, 192.0, 60.0


def exponential(rng, n):
    return rng.exponential(DWELL_S, n)


def constant(_, n):
    return np.full(n, DWELL_S)


def lognormal(rng, n):
    """Return dwells with a coefficient of variation of 0.5."""
    sigma2 = np.log(1.25)
    return rng.lognormal(np.log(DWELL_S) - sigma2 / 2.0, np.sqrt(sigma2), n)


WAIT_S = {
    exponential: (44.73, "Erlang C"),
    constant: (23.17, "Cosmetatos 1976"),
    lognormal: (28.0, "Allen-Cunneen"),
}
ARRIVALS = 50_000


def drawn(dwell, seed, arrivals):
    """Return headways and dwells [s] of Poisson arrivals."""
    rng = np.random.default_rng(seed)
    return rng.exponential(3600.0 / FLOW_H, arrivals), dwell(rng, arrivals)


def waits(dwell, seed, arrivals, discipline=any_free):
    """Return the waits [s] of Poisson arrivals at berths alone."""
    found = waits_at_berths(*drawn(dwell, seed, arrivals), BERTHS, discipline)
    assert len(found) == arrivals
    return found


@pytest.mark.parametrize("dwell", WAIT_S, ids=lambda dwell: dwell.__name__)
def test_everybody_waits_as_long_as_before_servers_in_that_queue(dwell):
    found = waits(dwell, 0, 10_000)
    np.testing.assert_array_equal(found, waits_in_line(*drawn(dwell, 0, 10_000), BERTHS))
    assert found.max() > WAIT_S[dwell][0]


@pytest.mark.validation
@pytest.mark.parametrize("dwell", WAIT_S, ids=lambda dwell: dwell.__name__)
def test_berths_alone_are_an_m_g_c_queue(table, dwell):
    wait_s, source = WAIT_S[dwell]
    found = [waits(dwell, seed, ARRIVALS) for seed in range(48 if table.full else 3)]
    what, mean = f"wait for one of 4 berths, dwell {dwell.__name__}", mean_of([w.mean() for w in found])
    table.hold("1", what, unit="s", band=around(wait_s, rel=0.05), found=mean, tier="A", source=source)
    if dwell is exponential:
        share = mean_of([(w > 0).mean() for w in found])
        what, band = "probability of a wait for one of 4 berths", around(0.5964, rel=0.05)
        table.hold("1", what, unit="1", band=band, found=share, tier="A", source=source)


@pytest.mark.validation
@pytest.mark.parametrize(
    ("expected", "dwell", "discipline", "breaks"),
    [
        (exponential, lognormal, any_free, "dwells of the same mean that vary half as much"),
        (constant, exponential, any_free, "dwells of the same mean that vary"),
        (exponential, exponential, free_behind, "vehicles that cannot back into a berth behind a taken one"),
    ],
    ids=["vary less", "vary", "no backing in"],
)
def test_another_dwell_or_discipline_shows_in_the_wait(table, expected, dwell, discipline, breaks):
    found = mean_of([waits(dwell, seed, 4_000, discipline).mean() for seed in range(2)])
    band = around(WAIT_S[expected][0], rel=0.05)
    what = f"wait for one of 4 berths, dwell {expected.__name__}"
    table.turns_red("1", what, unit="s", band=band, found=found, breaks=breaks)
