"""New values against those of the reference: the relative difference, its interval, and what that says of a margin."""

from dataclasses import dataclass, field
from math import inf, isnan
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.verdict.pairs import ratio_ends

Floats = NDArray[np.float64]
Outcome = Literal["pass", "fail", "undecided"]


def _nothing() -> Floats:
    return np.empty(0)


@dataclass(frozen=True)
class Sample:
    """Values of one KPI, each array of shape (replications of that sort,).

    `again` and `was` are the same replications, now and in the reference; `new` are other mornings, and `known` those
    of the reference that have not been simulated again.
    """

    again: Floats = field(default_factory=_nothing)
    was: Floats = field(default_factory=_nothing)
    new: Floats = field(default_factory=_nothing)
    known: Floats = field(default_factory=_nothing)


@dataclass(frozen=True)
class Interval:
    """The relative difference, mean now / mean in the reference - 1, and the ends of its interval, as shares."""

    difference: float
    low: float
    high: float


def interval(sample: Sample, confidence: float) -> Interval:
    """Return the relative difference and its interval at this confidence.

    It holds every ratio r that a t-test of (mean now) - r (mean then) = 0 does not reject (Fieller 1954, J. R. Stat.
    Soc. B 16, 175). The variance is the sum over the independent parts (the same mornings pair by pair, new ones, the
    reference's others), the degrees of freedom those of the smallest (Hsu 1938, Stat. Res. Mem. 2, 1): Satterthwaite's
    are too many where a few values happen to lie close together. Without bounds, if a part has one value alone or the
    reference's mean is not clear of zero. Pairs that are all equal have [0, 0].
    """
    again, was, new, known = sample.again, sample.was, sample.new, sample.known
    a, b = 1.0 / (again.size + new.size), 1.0 / (was.size + known.size)
    now, then = a * (again.sum() + new.sum()), b * (was.sum() + known.sum())
    if not (new.size or known.size) and np.array_equal(again, was):
        return Interval(0.0, 0.0, 0.0) if again.size > 1 else Interval(0.0, -inf, inf)
    ratio = now / then if then > 0.0 else inf
    parts = [p for p in ((again, was), (new, np.zeros(new.size)), (np.zeros(known.size), known)) if p[0].size]
    if ratio == inf or any(p[0].size < 2 for p in parts):
        return Interval(ratio - 1.0, -inf, inf)
    moments = [(x.size, np.cov(a * x, b * y)) for x, y in parts]
    vxx, vxy, vyy = (sum(n * m[i, j] for n, m in moments) for i, j in ((0, 0), (0, 1), (1, 1)))
    t2 = stats.t.ppf((1.0 + confidence) / 2.0, min(n for n, _ in moments) - 1) ** 2
    least, most = (float(end) for end in ratio_ends(then, now, vyy, vxy, vxx, t2))
    return Interval(ratio - 1.0, -inf, inf) if isnan(least) else Interval(ratio - 1.0, least - 1.0, most - 1.0)


def outcome(found: Interval, margin: float) -> Outcome:
    """Say whether the whole interval lies within the margin (pass), beyond it on one side (fail), or neither."""
    if -margin <= found.low and found.high <= margin:
        return "pass"
    return "fail" if found.low > margin or found.high < -margin else "undecided"
