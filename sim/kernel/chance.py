"""Chance as a function of (seed, who, what for, how many-th), never of the order of calls.

Counter-based random numbers (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): the four words go
through the 32-bit finaliser of MurmurHash3 one after the other. All arithmetic is on integers masked to 32 bits,
which Python, NumPy and compiled code do alike, so that the bits are the same with the JIT off.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.kernel import compiled

MASK = 0xFFFFFFFF
MOST_SEED = 2**63 - 1
# What the kernel draws for; the purposes of the demand begin at 100 (sim.demand).
COURTESY, YIELD, KEEP_CLEAR, TURNS, BUS_LAW, LOOKED, STAGES, HESITATION = 1, 2, 3, 4, 5, 6, 7, 8


@compiled(inline=True)
def mix(h: int) -> int:
    """Return the 32-bit finaliser of MurmurHash3 of a 32-bit word."""
    h = h ^ (h >> 16)
    h = (h * 0x85EBCA6B) & MASK
    h = h ^ (h >> 13)
    h = (h * 0xC2B2AE35) & MASK
    return h ^ (h >> 16)


@compiled()
def word(seed: int, who: int, purpose: int, k: int, salt: int) -> int:
    """Return 32 random bits for these keys."""
    h = mix((int(seed) & MASK) ^ salt)
    h = mix(((h * 5 + 0xE6546B64) & MASK) ^ (int(who) & MASK))
    h = mix(((h * 5 + 0xE6546B64) & MASK) ^ ((int(who) >> 32) & MASK))
    h = mix(((h * 5 + 0xE6546B64) & MASK) ^ (int(purpose) & MASK))
    return mix(((h * 5 + 0xE6546B64) & MASK) ^ (int(k) & MASK))


@compiled()
def uniform(seed: int, who: int, purpose: int, k: int) -> float:
    """Return a number in [0, 1) with 53 random bits."""
    high = word(seed, who, purpose, k, 0x9E3779B9) >> 5
    low = word(seed, who, purpose, k, 0x7F4A7C15) >> 6
    return (high * 67108864.0 + low) / 9007199254740992.0


@njit(cache=True)
def uniforms(seed: int, who: NDArray[np.int64], purpose: int, k: int) -> NDArray[np.float64]:
    """Return one number in [0, 1) for each of `who` (n,)."""
    found = np.empty(who.size)
    for n in range(who.size):
        found[n] = uniform(seed, who[n], purpose, k)
    return found


def key(kind: int, index: int) -> int:
    """Return a traveller's key: unique for kinds below 2^15 and indices below 2^32, 15 bits apart from others."""
    return (kind << 32) | index


def mixed(seed: int, replication: int) -> int:
    """Return the seed of one replication of a study."""
    return int(word(seed, replication, 0, 0, 0x2545F491))
