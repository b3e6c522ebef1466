"""Looking at checkpoints: the boundaries of the books, and the error rate by simulation."""

import numpy as np
import pytest
from scipy import stats

from sim.verdict import fieller, nominal_levels, repeated_p_value
from sim.verdict.sequential import ScoreProcess

CHECKPOINTS = (10, 20, 40, 80)
TRIALS = 4_000


def crossed(boundaries):
    """Return how likely a process leaves these boundaries at equal steps."""
    process, left = ScoreProcess(), 0.0
    for k, z in enumerate(boundaries, start=1):
        left += process.leaves(k / len(boundaries), z)
        process.go_on(k / len(boundaries), z)
    return left


@pytest.mark.parametrize(("looks", "constant"), [(2, 2.178), (3, 2.289), (4, 2.361), (5, 2.413), (10, 2.555)])
def test_pocock_s_constants_give_five_per_cent(looks, constant):
    assert crossed([constant] * looks) == pytest.approx(0.05, abs=1e-4)  # Jennison and Turnbull 2000, table 2.1


@pytest.mark.parametrize(("looks", "constant"), [(2, 1.977), (3, 2.004), (4, 2.024), (5, 2.040), (10, 2.087)])
def test_o_brien_and_fleming_s_constants_give_five_per_cent(looks, constant):
    boundaries = [constant * np.sqrt(looks / k) for k in range(1, looks + 1)]
    assert crossed(boundaries) == pytest.approx(0.05, abs=1e-4)  # Jennison and Turnbull 2000, table 2.3


def test_linear_spending_gives_the_boundaries_of_lan_and_demets():
    z = stats.norm.isf(np.array(nominal_levels((1, 2, 3, 4, 5))) / 2.0)
    assert z == pytest.approx([2.58, 2.49, 2.41, 2.34, 2.28], abs=0.006)


def test_one_checkpoint_takes_the_whole_error():
    assert nominal_levels((37,), 0.0125) == (0.0125,)


def test_what_has_been_spent_by_a_checkpoint_is_its_share_of_the_pairs():
    process, spent = ScoreProcess(), 0.0
    for pairs, level in zip(CHECKPOINTS, nominal_levels(CHECKPOINTS), strict=True):
        z = float(stats.norm.isf(level / 2.0))
        spent += process.leaves(pairs / 80, z)
        process.go_on(pairs / 80, z)
        assert spent == pytest.approx(0.05 * pairs / 80, abs=1e-9)


def test_many_checkpoints_close_together_are_no_less_exact():
    looks = tuple(range(5, 105))
    z = stats.norm.isf(np.array(nominal_levels(looks)) / 2.0)
    steps = np.random.default_rng(1).normal(size=(20_000, 100)) * np.sqrt(np.diff([0, *looks]))
    ever = (np.abs(steps.cumsum(axis=1)) / np.sqrt(looks) > z).any(axis=1)
    assert ever.mean() == pytest.approx(0.05, abs=0.006)


@pytest.mark.parametrize("checkpoints", [(), (0, 5), (10, 10), (20, 10)])
def test_checkpoints_must_increase(checkpoints):
    with pytest.raises(ValueError, match="increasing numbers of pairs"):
        nominal_levels(checkpoints)


@pytest.mark.parametrize("error", [0.0, 1.0, -0.1, float("nan")])
def test_an_error_is_a_share(error):
    with pytest.raises(ValueError, match="between 0 and 1"):
        nominal_levels((10, 20), error)


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("error", [0.05, 0.05 / 12])
def test_a_repeated_p_value_is_the_error_at_which_the_interval_just_excludes(at, error):
    level = nominal_levels(CHECKPOINTS, error)[at]
    assert repeated_p_value(level, CHECKPOINTS, at) == pytest.approx(error, rel=1e-6)
    assert repeated_p_value(0.9 * level, CHECKPOINTS, at) < error < repeated_p_value(1.1 * level, CHECKPOINTS, at)


def test_a_repeated_p_value_stays_a_probability():
    assert [repeated_p_value(p, CHECKPOINTS, 0) for p in (0.0, 1e-300, 0.9, 1.0)] == [0.0, 0.0, 1.0, 1.0]
    assert repeated_p_value(0.031, (20,), 0) == 0.031


# ---------------------------------------------------------------------- by simulation: numbers only, no replication


def normal(rng, pairs):
    """Return pairs with a common part: mean 1, cv 0.3, correlation 0.8."""
    common, own = rng.normal(size=(TRIALS, pairs)), rng.normal(size=(2, TRIALS, pairs))
    return tuple(1.0 + 0.3 * (np.sqrt(0.8) * common + np.sqrt(0.2) * part) for part in own)


def lognormal(rng, pairs):
    """Return skewed pairs with a common part: mean 1, cv 0.5, correlation of the logarithms 0.8."""
    sd = np.sqrt(np.log(1.25))
    common, own = rng.normal(size=(TRIALS, pairs)), rng.normal(size=(2, TRIALS, pairs))
    return tuple(np.exp(sd * (np.sqrt(0.8) * common + np.sqrt(0.2) * part) - sd * sd / 2.0) for part in own)


@pytest.mark.parametrize("pairs", [5, 10, 20, 60])
@pytest.mark.parametrize("draw", [normal, lognormal])
def test_the_interval_of_a_fixed_number_of_pairs_holds_the_truth_95_times_in_100(draw, pairs):
    before, after = draw(np.random.default_rng(pairs), pairs)
    _, low, high = fieller(before, 0.8 * after)
    excluded = (low > 0.2) | (high < 0.2)  # an interval without bounds excludes nothing
    assert 0.93 <= 1.0 - excluded.mean() <= 0.97


def looked_at(draw, truth, target=0.2):
    """Return, for studies that stop when decided, verdicts (+1 met, -1 not, 0 undecided), pairs and last intervals."""
    before, after = draw(np.random.default_rng(7), CHECKPOINTS[-1])
    after = (1.0 - truth) * after
    verdict, pairs = np.zeros(TRIALS), np.zeros(TRIALS)
    ends, ever_wrong = np.full((2, TRIALS), np.nan), np.zeros(TRIALS, dtype=bool)
    for n, level in zip(CHECKPOINTS, nominal_levels(CHECKPOINTS), strict=True):
        _, low, high = fieller(before[:, :n], after[:, :n], 1.0 - level)
        ever_wrong |= (low > truth) | (high < truth)
        still = verdict == 0.0
        ends[:, still], pairs[still] = np.array([low, high])[:, still], n
        verdict[still & (low >= target)], verdict[still & (high < target)] = 1.0, -1.0
    return verdict, pairs, ends, ever_wrong


@pytest.mark.parametrize("draw", [normal, lognormal])
@pytest.mark.parametrize("truth", [0.2, 0.0, 0.35])
def test_stopping_when_decided_is_wrong_at_most_5_times_in_100(draw, truth):
    verdict, _, (low, high), ever_wrong = looked_at(draw, truth)
    if truth == 0.2:  # at the target itself any decision is one of the 5
        assert (verdict != 0.0).mean() <= 0.05 + 2.0 * np.sqrt(0.05 * 0.95 / TRIALS)
    assert (verdict == (-1.0 if truth >= 0.2 else 1.0)).mean() <= 0.05
    assert 1.0 - ((low > truth) | (high < truth)).mean() >= 0.93
    assert 1.0 - ever_wrong.mean() >= 0.93


def test_what_is_clear_is_decided_at_the_first_checkpoint_and_what_is_not_at_later_ones():
    _, pairs, _, _ = looked_at(normal, 0.6)
    assert (pairs == 10).mean() > 0.99
    verdict, pairs, _, _ = looked_at(normal, 0.25)
    assert {10.0, 20.0, 40.0, 80.0} == set(pairs)
    assert (verdict == 1.0).mean() > 0.5


def test_looking_without_holding_the_error_rate_would_be_wrong_too_often():
    before, after = normal(np.random.default_rng(7), CHECKPOINTS[-1])
    wrong = np.zeros(TRIALS, dtype=bool)
    for n in CHECKPOINTS:
        _, low, high = fieller(before[:, :n], after[:, :n])
        wrong |= (low > 0.0) | (high < 0.0)
    assert wrong.mean() > 0.10
