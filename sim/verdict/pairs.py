"""From paired replications to a reduction, and how sure it is; numbers only."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

CONFIDENCE = 0.95
DIGITS = 9
"""Decimals written and judged: what is beyond is the rounding of the arithmetic."""
RESAMPLES = 1999
BOOTSTRAP_SEED = 20_250_217
"""Fixed, so that the same tables give the same bytes."""
LEAST_RESAMPLED = 5
"""[pairs] below which a bootstrap says nothing"""
LEAST_IN_TAIL = 5.0
"""[resamples] beyond either end of a bootstrap's interval, below which it says nothing"""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A reduction from pairs: 1 - mean(after)/mean(before), as a share; NaN where it is not defined."""

    before: float = np.nan
    after: float = np.nan
    reduction: float = np.nan
    low: float = np.nan
    high: float = np.nan
    bootstrap_low: float = np.nan
    bootstrap_high: float = np.nan
    pairs: int = 0
    no_change: bool = False


def fieller(before: ArrayLike, after: ArrayLike, confidence: float = CONFIDENCE) -> tuple[Floats, Floats, Floats]:
    """Return the reduction 1 - mean(after)/mean(before) and the ends of its interval, from paired values.

    Pairs lie along the last axis; leading axes are separate studies: shape (..., n) gives three arrays (...). The
    interval holds every ratio r that a t-test on the paired differences after - r before does not reject (Fieller
    1954, J. R. Stat. Soc. B 16, 175). NaN where it is not defined: a mean of `before` that is not positive, for the
    interval also one pair alone, or a mean of `before` that is itself not clear of zero (unbounded, g >= 1). Pairs
    that are all equal have the reduction 0, and from two pairs on the interval [0, 0].
    """
    x, y = scaled(before, after)
    n = x.shape[-1]
    mx, my = x.mean(axis=-1), y.mean(axis=-1)
    equal = np.all(x == y, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(equal, 1.0, np.where(mx > 0.0, my / mx, np.nan))
        if n < 2:
            undefined = np.full(ratio.shape, np.nan)
            return 1.0 - ratio, undefined, undefined
        t2n = stats.t.ppf((1.0 + confidence) / 2.0, n - 1) ** 2 / n
        u, v = x - mx[..., None], y - my[..., None]
        vx, vxy, vy = ((p * q).sum(axis=-1) / (n - 1) for p, q in ((u, u), (u, v), (v, v)))
        least, most = ratio_ends(mx, my, vx, vxy, vy, t2n)
    low, high = np.where(equal, 0.0, 1.0 - most), np.where(equal, 0.0, 1.0 - least)
    return 1.0 - ratio, low, high


def ratio_ends(x: Any, y: Any, vx: Any, vxy: Any, vy: Any, t2: float) -> tuple[Any, Any]:
    """Return the ends of Fieller's interval of the ratio y / x of two means, from their variances and covariance.

    It holds every ratio r for which (y - r x)^2 is at most `t2` times its variance. Numbers or arrays; NaN where x is
    not positive, or is itself not clear of zero: unbounded.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        a, b, c = x * x - t2 * vx, x * y - t2 * vxy, y * y - t2 * vy
        root = np.sqrt(np.maximum(b * b - a * c, 0.0))  # below zero only by rounding, where a > 0
        least, most = np.minimum((b - root) / a, y / x), np.maximum((b + root) / a, y / x)
    bounded = (a > 0.0) & (x > 0.0) & np.isfinite(least) & np.isfinite(most)
    return np.where(bounded, least, np.nan), np.where(bounded, most, np.nan)


def bootstrap_t(before: ArrayLike, after: ArrayLike, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the bootstrap-t interval of the reduction from paired values of shape (n,), or NaN twice.

    Pairs are resampled together; the ratio is studentised by its linearised standard error (Efron and Tibshirani
    1993, An Introduction to the Bootstrap, section 12.5). NaN also beyond a confidence of 99.5 %: too few resamples.
    """
    tail = (1.0 - confidence) / 2.0
    if tail * (RESAMPLES + 1) < LEAST_IN_TAIL:
        return np.nan, np.nan
    x, y = scaled(before, after)
    if x.size < LEAST_RESAMPLED or x.mean() <= 0.0 or not np.isfinite(x + y).all():
        return np.nan, np.nan
    drawn = _resamples(x.size)
    ratio, error = _ratio(x, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios, errors = _ratio(x[drawn], y[drawn])
        pivots = (ratios - ratio) / errors
    pivots = pivots[np.isfinite(pivots) & (errors > 1e-12)]
    if error <= 1e-12 or pivots.size < 0.9 * RESAMPLES:
        return np.nan, np.nan
    low, high = np.quantile(pivots, [tail, 1.0 - tail])
    return float(1.0 - ratio + low * error), float(1.0 - ratio + high * error)


@lru_cache(maxsize=16)
def _resamples(pairs: int) -> NDArray[np.int64]:
    return np.random.default_rng(BOOTSTRAP_SEED).integers(0, pairs, size=(RESAMPLES, pairs))


def _ratio(x: Floats, y: Floats) -> tuple[Any, Any]:
    """Return mean(y)/mean(x) over the last axis, and its linearised standard error."""
    n = x.shape[-1]
    mean = x.mean(axis=-1)
    ratio = y.mean(axis=-1) / mean
    residual = y - np.asarray(ratio)[..., None] * x
    return ratio, np.sqrt((residual * residual).sum(axis=-1) / (n - 1) / n) / np.abs(mean)


def scaled(before: ArrayLike, after: ArrayLike) -> tuple[Floats, Floats]:
    """Return both as floats over their largest size, so that no square over- or underflows."""
    x, y = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    largest = np.maximum(np.abs(x), np.abs(y)).max(axis=-1, keepdims=True, initial=0.0)
    scale = np.where(largest > 0.0, largest, 1.0)
    with np.errstate(invalid="ignore"):
        return x / scale, y / scale


def compare(before: ArrayLike, after: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """Return what pairs say, both of shape (n,), the same replication at the same place."""
    x, y = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if x.size == 0 or not np.isfinite(x).all() or not np.isfinite(y).all():
        return Estimate(pairs=int(x.size))
    reduction, low, high = fieller(x, y, confidence)
    ends = bootstrap_t(x, y, confidence)
    equal = bool((x == y).all())
    return Estimate(
        float(x.mean()), float(y.mean()), float(reduction), float(low), float(high), *ends, int(x.size), equal
    )


def apart(before: ArrayLike, after: ArrayLike) -> Estimate:
    """Return what two independent samples of shapes (n,) and (m,) say: other people stand behind each.

    The interval is Fieller's, with the degrees of freedom of the smaller sample (Hsu 1938, Stat. Res. Mem. 2, 1). That
    of the difference of means, over the mean before, forgets that this mean is uncertain, too.
    """
    x, y = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    fewest = min(x.size, y.size)
    if fewest == 0 or not (np.isfinite(x).all() and np.isfinite(y).all()) or x.mean() <= 0.0:
        return Estimate()
    mx, my = x.mean(), y.mean()
    least = most = np.nan
    if fewest > 1:
        t2 = stats.t.ppf((1.0 + CONFIDENCE) / 2.0, fewest - 1) ** 2
        least, most = ratio_ends(mx, my, x.var(ddof=1) / x.size, 0.0, y.var(ddof=1) / y.size, t2)
    return Estimate(float(mx), float(my), float(1.0 - my / mx), float(1.0 - most), float(1.0 - least))


def p_value(before: ArrayLike, after: ArrayLike, target: float) -> float:
    """Return the two-sided p-value of the hypothesis that the reduction is the target, or NaN for fewer than two pairs.

    It is that of Student's t-test on the paired differences after - (1 - target) before, whose acceptance makes
    Fieller's interval. Pairs that are all equal leave no doubt: their reduction is 0.
    """
    x, y = scaled(before, after)
    if x.size < 2 or not np.isfinite(x + y).all():
        return np.nan
    if (x == y).all():
        return float(target == 0.0)
    differences = y - (1.0 - target) * x
    distance, error = abs(differences.mean()), differences.std(ddof=1) / np.sqrt(x.size)
    if round(float(distance), DIGITS) == 0.0:
        return 1.0
    return float(2.0 * stats.t.sf(distance / error, x.size - 1)) if error > 0.0 else 0.0
