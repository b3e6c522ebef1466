"""How sure an interval must be that is looked at several times: error levels for a study with checkpoints.

A repeated confidence interval (Jennison and Turnbull 1989, J. R. Stat. Soc. B 51, 305) holds the truth at all
checkpoints at once. The share of the error that may be spent by a checkpoint is its share of the pairs (Lan and DeMets
1983, Biometrika 70, 659, with the function alpha t of Kim and DeMets 1987, Biometrika 74, 149).
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

ERROR = 0.05
"""The error rate of a single comparison, both sides together: a 95 % interval."""
NODES, SD_PER_NODES = 32, 8.0
"""Of the quadrature, so many for every 8 standard deviations of the next step that the range is wide (tests)"""
LEAST_P, P_DIGITS = 1e-9, 1e-12
"""A p-value below the first is written as 0; it is found to the second."""

Floats = NDArray[np.float64]


def nominal_levels(checkpoints: Sequence[int], error: float = ERROR) -> tuple[float, ...]:
    """Return the two-sided error level of the interval at each checkpoint.

    `checkpoints` are numbers of pairs, increasing. Intervals at these levels exclude the truth at any of them with
    probability `error`. One checkpoint gives exactly (error,). The levels are those of a normal mean with known
    spread; the interval of n pairs takes Student's quantile at the same level (Jennison and Turnbull 2000, Group
    Sequential Methods, section 4.4). Raises ValueError for checkpoints that do not increase and an error outside
    (0, 1).
    """
    if not checkpoints or checkpoints[0] < 1 or any(b <= a for a, b in pairwise(checkpoints)):
        raise ValueError(f"checkpoints {list(checkpoints)}: expected increasing numbers of pairs")
    if not 0.0 < error < 1.0:
        raise ValueError(f"error {error}: expected a share between 0 and 1")
    return _levels(tuple(int(n) for n in checkpoints), float(error))


@lru_cache(maxsize=256)
def _levels(checkpoints: tuple[int, ...], error: float) -> tuple[float, ...]:
    if len(checkpoints) == 1:
        return (error,)
    shares = [n / checkpoints[-1] for n in checkpoints]
    levels, process, before = [], ScoreProcess(), 0.0
    for share in shares:
        z = process.boundary(share, error * (share - before))
        process.go_on(share, z)
        levels.append(float(2.0 * ndtr(-z)))
        before = share
    return tuple(levels)


def repeated_p_value(p: float, checkpoints: Sequence[int], at: int) -> float:
    """Return the p-value, good at any checkpoint, of a test that gave `p` at checkpoint number `at`.

    It is the smallest `error` with which the interval of that checkpoint excludes the hypothesis (Jennison and
    Turnbull 2000, section 9.4), so at most alpha with a probability of at most alpha however often one looks. With
    one checkpoint it is `p` itself.
    """
    if len(checkpoints) == 1 or not 0.0 < p < 1.0:
        return p

    def beyond(error: float) -> float:
        return nominal_levels(checkpoints, error)[at] - p

    most = 1.0 - P_DIGITS
    if beyond(LEAST_P) >= 0.0:
        return 0.0
    return 1.0 if beyond(most) <= 0.0 else float(brentq(beyond, LEAST_P, most, xtol=P_DIGITS))


class ScoreProcess:
    """A Brownian motion from 0, watched at growing times, as long as it has stayed within a boundary each time.

    Its density is carried from one time to the next by quadrature (Armitage, McPherson and Rowe 1969, J. R. Stat.
    Soc. A 132, 235; Jennison and Turnbull 2000, chapter 19).
    """

    def __init__(self) -> None:
        """Begin at time 0 in 0."""
        self.time = 0.0
        self.at: Floats = np.zeros(1)
        self.mass: Floats = np.ones(1)
        """Where it may be, and with what probability."""

    def leaves(self, time: float, z: float) -> float:
        """Return the probability of having stayed so far and being beyond +-z standard deviations at `time`."""
        sd, end = np.sqrt(time - self.time), z * np.sqrt(time)
        return float(self.mass @ (ndtr((self.at - end) / sd) + ndtr((-end - self.at) / sd)))

    def boundary(self, time: float, probability: float) -> float:
        """Return the z beyond which it is at `time`, having stayed so far, with this probability."""
        if self.time == 0.0:
            return float(-ndtri(probability / 2.0))
        most = 40.0
        if self.leaves(time, 0.0) <= probability:  # all that is left may go
            return 0.0
        return float(brentq(lambda z: self.leaves(time, z) - probability, 0.0, most, xtol=1e-10))

    def go_on(self, time: float, z: float) -> None:
        """Go on to `time`, staying within +-z standard deviations."""
        sd, end = np.sqrt(time - self.time), z * np.sqrt(time)
        nodes, weights = _quadrature(NODES * ceil(2.0 * end / sd / SD_PER_NODES + 0.5))
        at = end * nodes
        steps = (at[:, None] - self.at) / sd
        density = np.exp(-0.5 * steps * steps) @ self.mass / (sd * np.sqrt(2.0 * np.pi))
        self.time, self.at, self.mass = time, at, end * weights * density


@lru_cache(maxsize=256)
def _quadrature(nodes: int) -> tuple[Floats, Floats]:
    """Return the nodes and weights of Gauss and Legendre on [-1, 1]."""
    at, weights = np.polynomial.legendre.leggauss(nodes)
    return at, weights
