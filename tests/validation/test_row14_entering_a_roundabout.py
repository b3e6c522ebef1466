"""How many get into a roundabout past those who circulate (HCM 6, eq. 22-1: one lane on one)."""

import numpy as np
import pytest

from tests.streets import US, go, poisson, population, round_way, roundabout, traffic_on
from tests.validation.table import around, mean_of

HOUR_S, START_S = 3600.0, 600.0
GAP_S = 4.98  # what the handbook's 1,380 exp(-0.00102 v) is a critical headway of, with a follow-up of 2.6 s


def handbook(circulating):
    return 1380.0 * np.exp(-0.00102 * circulating)


def entered(circulating, seed, gap_s=GAP_S):
    """Return how many an hour get in from arm 1, never empty, past those who circulate from arm 0 to arm 2."""
    passing = poisson(circulating, HOUR_S, 40 + seed, path=round_way(0, 2)) if circulating else []
    waiting = poisson(1800.0, HOUR_S, 50 + seed, path=round_way(1, 2))
    traffic = traffic_on(roundabout(), [*passing, *waiting], drivers=population(US, roundabout_s=gap_s))
    go(traffic, HOUR_S)
    entries = traffic.vehicles["left"][len(passing) :] * traffic.dt
    return (entries > START_S).sum() * 3600.0 / (HOUR_S - START_S)


def what(circulating):
    return f"into a roundabout of one lane past {circulating:.0f} veh/h, over HCM's"


@pytest.mark.validation
@pytest.mark.parametrize(("circulating", "tier"), [(0.0, "B"), (200.0, "C"), (400.0, "C"), (600.0, "C")])
def test_as_many_get_in_as_the_handbook_says(table, circulating, tier):
    seeds = range(20 if table.full else 2)
    found = mean_of([entered(circulating, seed) / handbook(circulating) for seed in seeds])
    table.hold(
        "14", what(circulating), unit="1", band=around(1.0, rel=0.15), found=found, tier=tier, source="HCM 6, ch. 22"
    )


@pytest.mark.validation
def test_a_longer_gap_shows_in_how_many_get_in(table):
    found = mean_of([entered(200.0, seed, GAP_S + 3.0) / handbook(200.0) for seed in range(2)])
    band = around(1.0, rel=0.15)
    table.turns_red("14", what(200.0), unit="1", band=band, found=found, breaks="a critical gap longer by 3 s")
