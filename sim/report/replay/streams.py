"""How columns of numbers travel in the page: whole numbers as signed LEB128 in one gzipped block behind a JSON header.

The block is [length of the header, uint32, little endian][header, UTF-8][bytes of all streams]; the header's
`streams` says where each begins and how many bytes it has. `decode.js` reads it.
"""

import gzip
import json
import struct
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
PER_S = 10
"""Times travel in tenths of a second after the film's start."""
NEVER = 0
"""What a moment that is not defined is written as; all others are moved by one."""


def varints(values: ArrayLike) -> bytes:
    """Return whole numbers as LEB128, the sign in the lowest bit (zigzag)."""
    v = np.asarray(values, dtype=np.int64)
    folded = ((v << 1) ^ (v >> 63)).astype(np.uint64)
    sizes = np.ones(v.size, dtype=np.int64)
    for bits in range(7, 63, 7):
        sizes += folded >= np.uint64(1 << bits)
    begins = np.cumsum(sizes) - sizes
    out = np.zeros(int(sizes.sum()), dtype=np.uint8)
    for n in range(int(sizes.max(initial=0))):
        there = sizes > n
        septet = (folded[there] >> np.uint64(7 * n)) & np.uint64(127)
        out[begins[there] + n] = septet + np.where(sizes[there] > n + 1, 128, 0).astype(np.uint64)
    return out.tobytes()


def steps(values: ArrayLike) -> Ints:
    """Return the first value and the difference of each other from the one before it."""
    told: Ints = np.asarray(values, dtype=np.int64)
    return np.concatenate((told[:1], told[1:] - told[:-1]))


def moments(times_s: ArrayLike, start_s: float) -> Ints:
    """Return times of day [s] in tenths after the start plus one; NEVER for NaN."""
    t = np.asarray(times_s, dtype=np.float64)
    known = np.isfinite(t)
    return np.where(known, np.rint((np.where(known, t, start_s) - start_s) * PER_S) + 1, NEVER).astype(np.int64)


def block(header: dict[str, Any], arms: list[dict[str, bytes]]) -> bytes:
    """Return header and streams of the arms as one gzipped block, the same bytes for the same content."""
    body, at = [], 0
    for arm, streams in zip(header["arms"], arms, strict=True):
        arm["streams"] = {}
        for name, content in streams.items():
            arm["streams"][name] = [at, len(content)]
            body.append(content)
            at += len(content)
    told = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return gzip.compress(b"".join([struct.pack("<I", len(told)), told, *body]), compresslevel=9, mtime=0)
