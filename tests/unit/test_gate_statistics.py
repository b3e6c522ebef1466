"""The gate's statistics: intervals that hold, and three outcomes from them."""

import numpy as np
import pytest
from scipy import stats

from sim.gate.check import looks, may_have_changed, shared_confidence, statistical
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
    exact = Exact(hashes={}, values={"M1": None})
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


def found(findings: list) -> list:
    return [(f.outcome, f.replications, f.same) for f in findings]


def test_the_same_values_pass_once_there_are_enough_mornings_to_exclude_a_rare_change():
    reference = RNG(6).normal(100.0, 20.0, (64, 3))
    assert found(decided(reference, reference, same=True)) == [("pass", 32, 32)] * 3


def test_few_mornings_that_are_the_same_pass_only_a_reference_that_has_no_more():
    reference = RNG(6).normal(100.0, 20.0, (64, 2))
    findings = decided(reference, reference[:4], same=True)
    assert found(findings) == [("undecided", 4, 4)] * 2
    assert findings[0].why == "a pass takes 32 replications"
    assert found(decided(reference[:5], reference[:5], same=True)) == [("pass", 5, 5)] * 2


def test_a_change_of_one_morning_in_ten_hardly_ever_passes():
    rng, passed = RNG(8), 0
    reference = rng.normal(100.0, 5.0, (64, 3))
    for _ in range(200):
        now = np.where(rng.random((64, 1)) < 0.1, 1.5, 1.0) * reference
        passed += all(f.outcome == "pass" for f in decided(reference, now, same=True))
    assert passed <= 16  # 0.9^32: 7 of 200; four mornings passed 130


def test_the_share_that_may_have_changed_is_that_of_the_binomial_law():
    assert (1.0 - may_have_changed(32)) ** 32 == pytest.approx(0.01)
    assert may_have_changed(32) < 1 / 7 < may_have_changed(16)
    assert may_have_changed(32, scenarios=4) > may_have_changed(32)


def test_what_is_not_defined_in_a_morning_of_the_reference_fails():
    reference = RNG(7).normal(100.0, 1.0, (64, 2))
    now = reference.copy()
    now[1, 1] = np.nan
    one, other = decided(reference, now, same=True)
    assert (one.outcome, other.outcome) == ("undecided", "fail")
    assert other.why.startswith("not defined in 1 of 4 replications: travellers never finished")


@pytest.mark.parametrize(("undefined", "outcome"), [(1, "undecided"), (3, "undecided"), (24, "fail"), (64, "fail")])
def test_other_mornings_fail_when_more_are_not_defined_than_chance_explains(undefined, outcome):
    reference = RNG(7).normal(100.0, 20.0, (64, 1))
    now = reference.copy()
    now[-undefined:] = np.nan
    assert decided(reference, now, same=False)[0].outcome == outcome
