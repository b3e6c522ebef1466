"""How many runs it takes: for a verdict, by the engineer's usual formula, and without common random numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from sim.verdict.pairs import CONFIDENCE, DIGITS, scaled

MOST_PAIRS = 100_000
"""[pairs] beyond which we do not say how many it would take"""
MEAN_WITHIN = 0.05
"""How near the engineer's usual formula wants a mean, as a share of it"""
LEAST_CORRELATED = 3
"""[pairs] below which a correlation says nothing"""
MOST_SAVED = 1e12
"""A larger saving is an infinite one: what is left of the spread is the rounding of the arithmetic."""


def pairs_needed(before: ArrayLike, after: ArrayLike, target: float, confidence: float = CONFIDENCE) -> int | None:
    """Return how many pairs it would take for the interval to exclude the target, were mean and spread to stay.

    None if it cannot be said: fewer than two pairs, a reduction that is the target, or more than 100,000 pairs.
    """
    x, y = scaled(before, after)
    n = x.size
    if n < 2 or not np.isfinite(x + y).all():
        return None
    differences = y - (1.0 - target) * x
    distance, spread = abs(differences.mean()), differences.std(ddof=1)
    mean, mean_spread = abs(x.mean()), x.std(ddof=1)

    def decided(pairs: int) -> bool:
        t = stats.t.ppf((1.0 + confidence) / 2.0, pairs - 1) / np.sqrt(pairs)
        return bool(t * spread < distance and t * mean_spread < mean)

    if round(distance, DIGITS) == 0.0 or not decided(MOST_PAIRS):
        return None
    low, high = n, MOST_PAIRS  # never decided at `low`, always at `high`
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decided(middle) else (middle, high)
    return high


def runs_for_mean(values: ArrayLike, within: float = MEAN_WITHIN) -> int | None:
    """Return the engineer's usual number of runs N = (t s / (x e))^2 for the mean x of values of shape (n,).

    With it the 95 % interval of the mean is +-`within` (e) of it, were mean and spread to stay; t is Student's with
    the n runs at hand (FHWA's Traffic Analysis Toolbox III, as TxDOT's traffic manual prints it, 13.7.2). It says
    nothing about a difference. None for fewer than two values, or a mean that is not positive.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.size < 2 or not np.isfinite(x).all() or x.mean() <= 0.0:
        return None
    t = stats.t.ppf((1.0 + CONFIDENCE) / 2.0, x.size - 1)
    return max(1, int(np.ceil((t * x.std(ddof=1) / (x.mean() * within)) ** 2)))


@dataclass(frozen=True)
class CommonNumbers:
    """What it brings that both worlds hold the same people (common random numbers); None where not defined.

    `saving` is how many times as many pairs independent seeds would take for an interval as narrow, `bound` what it
    would be with a correlation of 1. No correlation brings more: where a measure changes the spread, the bound is low.
    """

    correlation: float | None = None
    saving: float | None = None
    bound: float | None = None


def common_numbers(before: ArrayLike, after: ArrayLike) -> CommonNumbers:
    """Return how pairs, both of shape (n,), hang together, and what that saves.

    With the ratio of means R, spreads s_b and s_a of the worlds before and after, and their covariance s_ab, the
    linearised variance of R is that of after - R before over n (as in `fieller`), hence
    saving = (s_a^2 + R^2 s_b^2) / (s_a^2 + R^2 s_b^2 - 2 R s_ab) and bound = (s_a^2 + R^2 s_b^2) / (s_a - R s_b)^2.
    Not defined for fewer than three pairs, no spread in a world, or a mean before that is not positive; None also
    for what is infinite.
    """
    x, y = scaled(before, after)
    if x.size < LEAST_CORRELATED or not np.isfinite(x + y).all() or x.mean() <= 0.0:
        return CommonNumbers()
    s_b, s_a = x.std(ddof=1), y.std(ddof=1)
    if round(float(s_b), DIGITS) == 0.0 or round(float(s_a), DIGITS) == 0.0:
        return CommonNumbers()
    ratio = y.mean() / x.mean()
    apart = s_a**2 + (ratio * s_b) ** 2
    together = (y - ratio * x).var(ddof=1)
    return CommonNumbers(
        float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0)),
        _finite(apart, together),
        _finite(apart, (s_a - ratio * s_b) ** 2),
    )


def _finite(apart: float, together: float) -> float | None:
    return float(apart / together) if together * MOST_SAVED > apart else None
