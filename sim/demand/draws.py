"""Keyed random streams: each draw is a function of (seed and replication, traveller, purpose).

So adding a bay, a warden or a bus line changes nobody else. Times are rounded to 1 ms, lengths to 1 mm.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from sim.demand import purposes as of
from sim.kernel.chance import key, uniforms
from sim.scenario.demand import Drawn
from sim.scenario.drivers import GapAcceptance, VehicleClass
from sim.traffic.fleet import Temperament

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def keys_of(kind: int, numbers: Iterable[int]) -> Ints:
    """Return the keys of travellers of one kind, by their numbers."""
    return np.array([key(kind, n) for n in numbers], dtype=np.int64)


class Draws:
    """Uniform numbers for a row of travellers, and what is made of them."""

    def __init__(self, base: int, keys: Ints) -> None:
        """Draw for travellers of these keys; `base` stands for seed and replication."""
        self.base = base
        self.keys = keys

    def uniform(self, purpose: int, k: int = 0) -> Floats:
        """Return one number in [0, 1) each."""
        return uniforms(self.base, self.keys, purpose, k)

    def chosen(self, purpose: int, shares: Sequence[float]) -> Ints:
        """Return an index each, with probabilities in proportion to the shares."""
        steps = np.cumsum(np.asarray(shares, dtype=np.float64))
        found = np.searchsorted(steps / steps[-1], self.uniform(purpose), side="right")
        return np.minimum(found, len(shares) - 1).astype(np.int64)

    def normal(self, purpose: int, mean: float, sd: float, low: float, high: float) -> Floats:
        """Return normal numbers, truncated to [low, high]."""
        if sd == 0.0:
            return np.full(self.keys.size, min(max(mean, low), high))
        a, b = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
        drawn: Floats = np.clip(mean + sd * ndtri(a + self.uniform(purpose) * (b - a)), low, high)
        return drawn

    def drawn(self, purpose: int, what: Drawn) -> Floats:
        """Return lognormal durations [s] with the moments before truncation to [low_s, high_s]."""
        if what.mean_s == 0.0 or what.sd_s == 0.0:
            return np.full(self.keys.size, min(max(what.mean_s, what.low_s), what.high_s))
        variance = np.log1p((what.sd_s / what.mean_s) ** 2)
        mu, sigma = np.log(what.mean_s) - variance / 2.0, np.sqrt(variance)
        a = ndtr((np.log(what.low_s) - mu) / sigma) if what.low_s > 0.0 else 0.0
        b = ndtr((np.log(what.high_s) - mu) / sigma)
        exact = np.exp(mu + sigma * ndtri(a + self.uniform(purpose) * (b - a)))
        drawn: Floats = np.round(np.clip(exact, what.low_s, what.high_s), 3)
        return drawn

    def speed_factor(self, kind: VehicleClass) -> Floats:
        """Return desired speeds as shares of the limit, truncated at two standard deviations."""
        spread = 2.0 * kind.speed_factor_sd
        low, high = kind.speed_factor - spread, kind.speed_factor + spread
        return np.round(self.normal(of.SPEED, kind.speed_factor, kind.speed_factor_sd, low, high), 4)

    def factor(self, purpose: int, cv: float) -> Floats:
        """Return lognormal factors of mean 1, truncated at two standard deviations of their logarithm."""
        if cv == 0.0:
            return np.ones(self.keys.size)
        sigma = np.sqrt(np.log1p(cv * cv))
        drawn: Floats = np.exp(self.normal(purpose, -0.5 * sigma * sigma, sigma, -2.0 * sigma, 2.0 * sigma))
        return np.round(drawn, 4)

    def tempers(self, its: VehicleClass, gaps: GapAcceptance) -> list[Temperament]:
        """Return how each driver of a class drives."""
        return [Temperament(*row) for row in zip(*(c.tolist() for c in self.temper_columns(its, gaps)), strict=True)]

    def temper_columns(self, its: VehicleClass, gaps: GapAcceptance) -> tuple[Floats, Floats, Floats]:
        """Return the same as columns: factors of the limit, of the time gap and of all critical gaps."""
        speed, headway = self.speed_factor(its), self.factor(of.TIME_GAP, its.headway_cv)
        return speed, headway, self.factor(of.CRITICAL_GAP, gaps.spread_cv)

    def walk(self, purpose: int, mean: float, sd: float) -> Floats:
        """Return walking speeds [m/s], truncated at two standard deviations and never under 0.3 m/s."""
        return np.round(self.normal(purpose, mean, sd, max(0.3, mean - 2.0 * sd), mean + 2.0 * sd), 3)
