"""The gate's statistics: intervals that hold, and three outcomes from them."""

import numpy as np
import pytest
from scipy import stats

from sim.gate.check import looks, shared_confidence, statistical
from sim.gate.compare import Interval, Sample, interval, outcome
from sim.gate.reference import Case, Exact, Watched
from sim.verdict.pairs import fieller

MARGIN = 0.02
RNG = np.random.default_rng


def test_pairs_give_the_interval_of_the_verdict():
    rng = RNG(1)
    was = rng.normal(100.0, 10.0, 20)
    again = 0.9 * was + rng.normal(0.0, 2.0, 20)
    found = interval(Sample(again=again, was=was), 0.95)
    reduction, low, high = (float(x) for x in fieller(was, again))
    assert (-found.difference, -found.high, -found.low) == pytest.approx((reduction, low, high))


def test_the_interval_of_other_mornings_is_that_of_the_linearised_t_test():
    rng = RNG(2)
    new, known = rng.normal(100.0, 1.0, 64), rng.normal(100.0, 1.0, 64)
    found = interval(Sample(new=new, known=known), 0.95)
    error = np.sqrt(new.var(ddof=1) / 64 + known.var(ddof=1) / 64) / known.mean()
    assert (found.high - found.low) / 2.0 == pytest.approx(stats.t.ppf(0.975, 63) * error, rel=0.01)


def test_pairs_that_are_all_equal_have_drifted_by_nothing():
    values = np.array([100.0, 300.0, 900.0, 200.0])
    assert interval(Sample(again=values, was=values), 0.9999) == Interval(0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "sample",
    [
        Sample(again=np.array([1.0]), was=np.array([1.0])),
        Sample(new=np.array([1.0]), known=np.array([1.0, 2.0])),
        Sample(new=np.array([1.0, 2.0]), known=np.array([0.0, 0.0])),
        Sample(new=np.array([1.0, 2.0]), known=np.array([-9.0, 11.0])),
    ],
)
def test_too_little_is_known_for_bounds(sample):
    found = interval(sample, 0.99)
    assert (found.low, found.high) == (-np.inf, np.inf)
    assert outcome(found, MARGIN) == "undecided"


def test_the_three_outcomes():
    assert outcome(Interval(0.0, -0.02, 0.02), MARGIN) == "pass"
    assert outcome(Interval(0.03, 0.021, 0.04), MARGIN) == "fail"
    assert outcome(Interval(-0.03, -0.04, -0.021), MARGIN) == "fail"
    assert outcome(Interval(0.03, 0.019, 0.04), MARGIN) == "undecided"
    assert outcome(Interval(0.0, -0.03, 0.03), MARGIN) == "undecided"


def test_the_looks_double_and_end_at_the_budget():
    assert looks(64) == (4, 8, 16, 32, 64)
    assert looks(20) == (4, 8, 16, 20)
    assert looks(4) == (4,)
    assert looks(2) == (2,)
    assert looks(3, known=3) == (3,)  # what a small reference knows is looked at first, by itself
    assert looks(10, known=3) == (3, 6, 10)
    assert looks(64, known=64) == looks(64)


@pytest.mark.parametrize(("kept", "others"), [(12, 0), (12, 6), (0, 12)])
def test_the_interval_holds_the_truth_as_often_as_it_says(kept, others):
    rng, inside = RNG(3), 0
    for _ in range(2_000):
        was = rng.gamma(25.0, 4.0, 12)
        again = 1.05 * (was[:kept] + rng.normal(0.0, 8.0, kept))
        new = 1.05 * (rng.gamma(25.0, 4.0, others) + rng.normal(0.0, 8.0, others))
        known = was if not kept else was[:0]
        found = interval(Sample(again, was[:kept], new, known), 0.95)
        inside += found.low <= 0.05 <= found.high
    assert 0.935 <= inside / 2_000 <= 0.985  # the fewest degrees of freedom: rather too wide


def case(rows: np.ndarray) -> Case:
    """Return a case whose quantities all have the margin of 2 %."""
    quantities = tuple(Watched(arm="baseline", kpi=f"K{i}", variant="am", margin=MARGIN) for i in range(rows.shape[1]))
    exact = Exact(hashes={}, values={})
    rows = tuple(tuple(map(float, row)) for row in rows)
    return Case(baseline="b", seed=1, exact=exact, window=None, watched=quantities, replications=rows)


def decided(reference: np.ndarray, now: np.ndarray, same: bool) -> list:
    """Return the findings about `now`: the reference's mornings again, or others."""
    at = looks(len(now))
    confidence = shared_confidence(now.shape[1], len(at))
    return statistical("x", case(reference), lambda n: (now[:n], now[:0])[:: 1 if same else -1], at, confidence)


def test_no_change_is_hardly_ever_called_a_fail_with_other_mornings():
    rng, spread, failed = RNG(4), np.array([5.0, 15.0, 2.0, 12.0, 1.0] * 3), 0
    for _ in range(300):
        reference, now = rng.normal(100.0, spread, (64, 15)), rng.normal(100.0, spread, (64, 15))
        failed += any(f.outcome == "fail" for f in decided(reference, now, same=False))
    assert failed <= 1


def test_a_drift_of_one_quantity_is_caught_with_other_mornings():
    rng, spread, caught = RNG(5), np.array([15.0, 2.4]), 0
    for _ in range(100):
        reference = rng.normal(100.0, spread, (64, 2))
        now = rng.normal([100.0, 109.0], spread, (64, 2))
        findings = decided(reference, now, same=False)
        caught += findings[1].outcome == "fail"
        assert findings[0].outcome != "pass"  # 15 % of spread cannot be told within 2 %
    assert caught >= 95


def test_the_same_values_pass_at_the_first_look():
    reference = RNG(6).normal(100.0, 20.0, (64, 3))
    findings = decided(reference, reference, same=True)
    assert [(f.outcome, f.replications) for f in findings] == [("pass", 4)] * 3


def test_what_is_not_defined_any_more_fails_and_what_is_so_at_times_stays_undecided():
    reference = RNG(7).normal(100.0, 1.0, (8, 2))
    now = reference.copy()
    now[:, 0], now[1, 1] = np.nan, np.nan
    findings = decided(reference, now, same=True)
    assert [f.outcome for f in findings] == ["fail", "undecided"]
    assert [f.why for f in findings] == [f"not defined in {n} of 4 replications" for n in (4, 1)]
