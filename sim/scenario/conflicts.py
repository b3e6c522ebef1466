"""Where the paths over a junction meet, and where one who gives way waits for those who have it."""

from collections.abc import Callable, Sequence
from math import pi

import numpy as np
from numpy.typing import NDArray

from sim.scenario.junction_plan import Plan
from sim.scenario.movement import STRIP, Conflict, Movement, Point
from sim.scenario.network import Node, Turn

WIDTH_M = 2.0
"""[m] paths that come nearer than a vehicle's width are in conflict"""
STEP_M = 0.5
"""[m] between the points at which two paths are compared"""
BEFORE_PATH_M = 0.5
"""[m] short of the path to which it gives way a vehicle waits inside the junction [assumption]"""
STANDS_BACK_M = 2.0
"""[m] by up to so much further back one waits there in order not to stand in another path [assumption]"""
LEAST_WAIT_M = 3.0
"""[m] a waiting point nearer than this to the stop line is none [assumption]"""


def conflicts_among(local: list[Movement], begin: int, yields: Callable[[int, int], bool]) -> list[list[Conflict]]:
    """Return the conflicts of each of one junction's movements; `yields` tells whether one gives way to another."""
    paths = [_path(m) for m in local]
    boxes = [(p.min(axis=0) - WIDTH_M, p.max(axis=0) + WIDTH_M) for p, _ in paths]
    found: list[list[Conflict]] = [[] for _ in local]
    for a in range(len(local)):
        for b in range(a + 1, len(local)):
            if (local[a].from_link, local[a].from_lane) == (local[b].from_link, local[b].from_lane):
                continue
            if (boxes[a][0] > boxes[b][1]).any() or (boxes[b][0] > boxes[a][1]).any():
                continue
            meet = _meeting(paths[a], paths[b])
            if meet is None:
                continue
            (a_from, a_to), (b_from, b_to) = meet
            a_to, b_to = min(a_to, local[a].length_m), min(b_to, local[b].length_m)
            found[a].append(Conflict(begin + b, a_from, a_to, b_from, b_to, yields(a, b)))
            found[b].append(Conflict(begin + a, b_from, b_to, a_from, a_to, yields(b, a)))
    return found


def waiting_point(
    plan: Plan, node: Node, local: list[Movement], begin: int, m: Movement, conflicts: list[Conflict]
) -> tuple[float, bool]:
    """Return where one who gives way waits inside the junction [m], and whether only one who crosses in stages does.

    A far-side turn from the street that has the way, or the green, waits for oncoming traffic. Who comes from a side
    street may wait in the middle of the other for those from the far side, if that has two lanes or more each way: a
    car fits there across the lanes of one side.
    """
    far: Turn = "left" if plan.near == "right" else "right"
    highest = max(link.priority for link in plan.into[node.id])
    if any(plan.network.link(link).roundabout for link in (m.from_link, m.to_link)) or m.from_lane == STRIP:
        return 0.0, False
    gives_way = node.signal is None and plan.network.link(m.from_link).priority < highest
    here = plan.heading_in(plan.network.link(m.from_link))

    def from_side(turned: float, conflicts: list[Conflict]) -> list[float]:
        """Return where the common areas begin [m] with those who have the way and head so much [rad] to the left."""
        heading = [plan.heading_in(plan.network.link(local[c.foe - begin].from_link)) - here for c in conflicts]
        apart = [abs((h - turned + pi) % (2 * pi) - pi) for h in heading]
        return [c.from_m for c, angle in zip(conflicts, apart, strict=True) if c.yields and angle < pi / 3]

    beyond: list[float] = []
    if gives_way and m.turn in (far, "through"):
        foes = [(c, local[c.foe - begin]) for c in conflicts]
        through = [c for c, foe in foes if foe.turn == "through" and foe.from_lane != STRIP]
        near, beyond = (from_side(turned, through) for turned in (-plan.side * pi / 2, plan.side * pi / 2))
        if len(near) < 2 or min(beyond, default=0.0) <= min(near):
            return 0.0, False
    elif not gives_way and m.turn == far:
        beyond = from_side(pi, conflicts)
    first = min(beyond, default=0.0)
    point = min((c.from_m for c in conflicts if c.from_m >= first - STANDS_BACK_M), default=0.0) - BEFORE_PATH_M
    return (round(point, 3), gives_way) if beyond and point >= LEAST_WAIT_M else (0.0, False)


def _path(m: Movement) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points along a movement (n, 2), and their offsets [m] (n,), in metres of the length that is stated."""
    points, at = _resampled(m.shape)
    return points, at if m.stated is None else at * (m.length_m / at[-1])


def _resampled(shape: Sequence[Point]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points every STEP_M along a path (n, 2), and their offsets [m] (n,)."""
    p = np.asarray(shape)
    steps = np.hypot(*np.diff(p, axis=0).T)
    at = np.concatenate(([0.0], np.cumsum(steps)))
    offsets = np.append(np.arange(0.0, at[-1], STEP_M), at[-1])
    return np.column_stack([np.interp(offsets, at, p[:, 0]), np.interp(offsets, at, p[:, 1])]), offsets


def _meeting(
    a: tuple[NDArray[np.float64], NDArray[np.float64]], b: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return from where to where [m], on either path, they come nearer than a vehicle's width."""
    near = np.hypot(*(a[0][:, None, :] - b[0][None, :, :]).transpose(2, 0, 1)) < WIDTH_M
    if not near.any():
        return None
    on_a, on_b = a[1][np.flatnonzero(near.any(axis=1))], b[1][np.flatnonzero(near.any(axis=0))]
    return (
        (round(float(on_a[0]), 3), round(float(on_a[-1]), 3)),
        (round(float(on_b[0]), 3), round(float(on_b[-1]), 3)),
    )
