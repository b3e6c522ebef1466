"""When every light changed."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.kernel.state import AMBER, GREEN, RED, plain
from sim.records import Words

if TYPE_CHECKING:
    from sim.model import SchoolMorning

NAMES = ("green", "amber", "red")
"""By the kernel's codes."""


def lights(world: SchoolMorning) -> dict[str, NDArray[Any] | Words]:
    """Return the columns of sim.records.SIGNAL_COLUMNS: what each light showed at the start, and every change."""
    traffic = world.traffic
    rows: list[tuple[int, int, int]] = []
    of = ("lane", "cycle", "offset", "green_from", "green_to", "amber_to")
    for row, cycle, offset, green_from, green_to, amber_to in plain(world.layout.road.lights)[list(of)].tolist():
        shown = -1
        marks = sorted({m for m in (0, green_from, green_to, amber_to) if m < cycle})
        for begin in range(offset - cycle * ceil(offset / cycle), traffic.tick + 1, cycle):
            for phase in marks:
                light = GREEN if green_from <= phase < green_to else RED
                light = AMBER if green_to <= phase < amber_to else light
                at = max(begin + phase, 0)
                if rows and rows[-1][:2] == (at, row):
                    rows.pop()
                elif light == shown:
                    continue
                if at <= traffic.tick:
                    rows.append((at, row, light))
                    shown = light
    found = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)
    return {
        "time_s": traffic.in_seconds(found[:, 0].astype(float)).astype(np.float32),
        "lane": found[:, 1].astype(np.int32),
        "light": Words(found[:, 2].astype(np.int8), NAMES),
    }
