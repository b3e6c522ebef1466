"""The gate's power: real drifts are caught with other mornings than the reference's, no change is not (--full).

Mornings are simulated once and drawn again and again. No change: a reference and a new sample without a common
morning, drawn from the same pool, whose difference has its true spread. Drifts: both drawn with replacement, because
64 of 64 without would always be the same.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim import load_scenario, run_study
from sim.gate import looks, read_reference
from sim.gate.check import shared_confidence, statistical
from sim.gate.reference import Case
from sim.gate.watched import values
from sim.scenario.read import mapping
from tests.conftest import ROOT

N = 64
TRIALS = 1_000
NAME = "school/shapingba"
OTHER_SEED = 9_000
CHINA = mapping(Path(ROOT / "conf" / "drivers" / "china.yaml"))
DRIFTS = {
    "10 % longer dwell": {"site.demand.times.dwell.mean_s": 29.15},
    "0.1 s longer headway": {
        "site.drivers": {**CHINA, "car": {**CHINA["car"], "headway_s": CHINA["car"]["headway_s"] + 0.1}}
    },
    "two parking berths fewer": {
        "site.network.curb_zones.0.from_m": 152,
        "site.network.curb_zones.0.berths": 4,
    },
    "two places in the lane fewer": {
        "site.network.curb_zones.1.from_m": 188,
        "site.network.curb_zones.1.berths": 4,
    },
}


@pytest.fixture(scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    """The shipped reference of the default school."""
    if not request.config.getoption("full"):
        pytest.skip("the power of the gate: with --full")
    return read_reference(ROOT / "results" / "reference" / "school.json").cases[NAME]


@cache
def mornings(drift: str, seed: int) -> tuple[tuple[float, ...], ...]:
    """Return the watched values of other mornings than the reference's, in that world; failed ones are left out."""
    known = read_reference(ROOT / "results" / "reference" / "school.json").cases[NAME]
    how = {"overrides": DRIFTS.get(drift, {}), "root": ROOT / "scenarios"}
    study = run_study(load_scenario(NAME, **how), load_scenario(known.baseline, **how), replications=N + 6, seed=seed)
    failed = {f.replication for f in study.failures}
    found = values(study.trips[~study.trips["replication"].isin(failed)], known.window)
    return tuple(found[[w.key for w in known.watched]].itertuples(index=False, name=None))[:N]


def failing(case: Case, reference: np.ndarray, now: np.ndarray) -> bool:
    """Return whether the gate calls `now` a fail, other mornings than those of `reference`."""
    at, rows = looks(len(now)), tuple(map(tuple, reference.tolist()))
    known = Case(**{**vars(case), "replications": rows})
    found = statistical(NAME, known, lambda n: (now[:0], now[:n]), at, shared_confidence(len(case.watched), len(at)))
    return any(f.outcome == "fail" for f in found)


def test_no_change_is_called_a_fail_in_at_most_one_of_a_hundred(case):
    pool, rng = np.array([*case.replications, *mornings("none", OTHER_SEED)]), np.random.default_rng(1)
    failed = 0
    for _ in range(TRIALS):
        drawn = pool[rng.permutation(len(pool))]
        failed += failing(case, drawn[:N], drawn[N:])
    print(f"no change: {failed} of {TRIALS} called a fail")
    assert failed <= TRIALS // 100


@pytest.mark.parametrize("n, drift", list(enumerate(DRIFTS, start=1)))
def test_a_drift_beyond_the_margin_is_caught_in_at_least_95_of_a_hundred(case, n, drift):
    before, after = np.array(case.replications), np.array(mornings(drift, OTHER_SEED + n))
    rng, trials = np.random.default_rng(n), TRIALS // 5
    caught = sum(
        failing(case, before[rng.integers(0, len(before), N)], after[rng.integers(0, len(after), N)])
        for _ in range(trials)
    )
    print(f"{drift}: caught in {caught} of {trials}")
    assert caught >= 0.95 * trials
