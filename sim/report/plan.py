"""The map of a film as something to find one's way on: which lane leads to which, where a body lies on them."""

from collections import defaultdict
from math import hypot
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
JOINED_M = 0.3
"""[m] lanes whose ends are no further apart lead on from each other"""
SHARP = 0.77
"""A body bends by 40 degrees (their cosine) between two points at most."""
STEP_M = 1.5
"""[m] between the points of a body on a bend, at most"""


class Plan:
    """A film's map (sim.film.ground)."""

    def __init__(self, ground: dict[str, Any]) -> None:
        """Join the lanes at their ends."""
        self.ground = ground
        self.lanes: list[dict[str, Any]] = ground["lanes"]
        self.lines: list[Points] = [np.asarray(lane["line"], dtype=float) for lane in self.lanes]
        self.side = 1.0 if ground["traffic_side"] == "right" else -1.0
        self.aside_m = {zone["link"]: float(zone["aside_m"]) for zone in ground["zones"]}
        ends: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row, line in enumerate(self.lines):
            for cell in _cells(line[-1, 1:], reach=0):
                ends[cell].append(row)
        self.before: list[list[int]] = [self._before(ends, row) for row in range(len(self.lines))]

    def _before(self, ends: dict[tuple[int, int], list[int]], row: int) -> list[int]:
        """Return the lanes that lead into one."""
        x, y = self.lines[row][0, 1:]
        near = [n for cell in _cells((x, y), reach=1) for n in ends.get(cell, ())]
        passes = self.lanes[row]["segment"] < 0
        return [
            n
            for n in near
            if n != row
            and (self.lanes[n]["segment"] < 0) != passes
            and hypot(self.lines[n][-1, 1] - x, self.lines[n][-1, 2] - y) <= JOINED_M
        ]

    def back(self, lane: int, at_m: float, length_m: float, been: list[int]) -> Points:
        """Return the line (n, 2) from a front on a lane back over so many metres, preferring lanes it has been on."""
        points: list[tuple[float, float]] = []
        left = length_m
        for _ in range(12):
            line = self.lines[lane]
            low = max(at_m - left, 0.0)
            steps = max(2, int((at_m - low) / STEP_M) + 2)
            at = np.linspace(at_m, low, steps)
            points += zip(np.interp(at, line[:, 0], line[:, 1]), np.interp(at, line[:, 0], line[:, 2]), strict=True)
            left -= at_m - low
            ways = self.before[lane]
            if left <= 1e-6 or not ways:
                break
            lane = next((n for n in reversed(been) if n in ways), ways[0])
            at_m = float(self.lines[lane][-1, 0])
        found = _distinct(np.asarray(points, dtype=float))
        if len(found) == 1:
            heading = self.heading(lane, at_m)
            return np.vstack([found, found - length_m * heading])
        parts = np.diff(found, axis=0)
        cosines = (parts[1:] * parts[:-1]).sum(axis=1) / (np.hypot(*parts[1:].T) * np.hypot(*parts[:-1].T))
        if (cosines < SHARP).any():  # lanes shift sideways where a turn pocket begins: vehicles do not
            chord = found[-1] - found[0]
            found = np.vstack([found[0], found[0] + (length_m - max(left, 0.0)) * chord / max(hypot(*chord), 1e-9)])
        if left > 1e-6:  # the lane begins here: straight on
            straight = found[-1] - found[-2]
            found = np.vstack([found, found[-1] + left * straight / hypot(*straight)])
        return found

    def heading(self, lane: int, at_m: float) -> Points:
        """Return the direction (2,) of a lane at a distance from its start."""
        line = self.lines[lane]
        n = int(np.clip(np.searchsorted(line[:, 0], at_m) - 1, 0, len(line) - 2))
        step = line[n + 1, 1:] - line[n, 1:]
        return np.asarray(step / max(hypot(*step), 1e-9), dtype=float)

    def aside(self, lane: int, at_m: float) -> Points:
        """Return the way (2,) from a lane to the middle of the berths beside it."""
        x, y = self.heading(lane, at_m)
        return self.side * self.aside_m.get(self.lanes[lane].get("link", ""), 3.0) * np.array([y, -x])

    # ------------------------------------------------------------------ the way to the gate

    def way_to(self, link: str) -> dict[int, float]:
        """Return the lanes of a link and of those that lead straight to it, with where they begin on that link [m]."""
        rows = [
            n for n, lane in enumerate(self.lanes) if lane.get("link") == link and lane["kind"] in ("lane", "strip")
        ]
        way = {n: float(self.lanes[n]["from_m"]) for n in rows}
        front = list(way)
        while front:
            row = front.pop()
            for n in sorted(self.before[row], key=self._bend):
                if n not in way and self._bend(n) < 0.35:
                    begins = way[row] - float(self.lanes[n]["length_m"])
                    for beside in self._abreast(n):
                        way.setdefault(beside, begins)
                        front.append(beside)
        return way

    def _abreast(self, row: int) -> list[int]:
        """Return the lanes of the same piece of a street."""
        segment = self.lanes[row]["segment"]
        if segment < 0:
            return [row]
        kinds = ("lane", "strip")
        return [n for n, lane in enumerate(self.lanes) if lane["segment"] == segment and lane["kind"] in kinds]

    def _bend(self, row: int) -> float:
        """Return by how much [rad] a way over a junction bends; of a lane, nothing."""
        if self.lanes[row]["segment"] >= 0:
            return 0.0
        a, b = self.heading(row, 0.0), self.heading(row, float(self.lines[row][-1, 0]))
        return abs(float(np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b)))

    def junction_m(self, way: dict[int, float], begins_m: float) -> float:
        """Return how long the junction is before a link that begins there on the way [m]."""
        passing = {n: float(self.lanes[n]["length_m"]) for n in way if self.lanes[n]["segment"] < 0}
        return max((length for n, length in passing.items() if abs(way[n] + length - begins_m) < 1e-6), default=0.0)

    def inwards(self, way: dict[int, float], at_m: float) -> Points:
        """Return the direction (2,) from the way to the gate to the street's middle, at a distance on its link [m]."""
        row = min(way, key=lambda n: abs(at_m - way[n] - 0.5 * float(self.lanes[n]["length_m"])))
        x, y = self.heading(row, at_m - way[row])
        return self.side * np.array([-y, x])

    def point_on(self, way: dict[int, float], at_m: float) -> tuple[float, float]:
        """Return the point on the way to the gate, in the middle of its lanes, at a distance on the gate's link [m]."""
        inside = [
            n for n, begins in way.items() if -1e-6 <= at_m - begins <= float(self.lanes[n]["length_m"]) + 1e-6
        ] or [min(way, key=lambda n: abs(at_m - way[n]))]
        found = []
        for n in inside:
            line = self.lines[n]
            found.append([np.interp(at_m - way[n], line[:, 0], line[:, axis]) for axis in (1, 2)])
        x, y = np.mean(found, axis=0)
        return float(x), float(y)


def band(line: Points, width_m: float) -> Points:
    """Return the outline of a band of a width along a line (n, 2)."""
    steps = np.diff(line, axis=0)
    steps = steps / np.maximum(np.hypot(*steps.T), 1e-9)[:, None]
    along = np.vstack([steps[:1], steps[1:] + steps[:-1], steps[-1:]])
    along = along / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    across = 0.5 * width_m * np.column_stack([along[:, 1], -along[:, 0]])
    return np.vstack([line + across, (line - across)[::-1]])


def _cells(point: Any, *, reach: int) -> list[tuple[int, int]]:
    x, y = round(float(point[0])), round(float(point[1]))
    return [(x + i, y + j) for i in range(-reach, reach + 1) for j in range(-reach, reach + 1)]


def _distinct(line: Points) -> Points:
    keep = np.concatenate(([True], np.hypot(*np.diff(line, axis=0).T) > 1e-6))
    return np.asarray(line[keep])
