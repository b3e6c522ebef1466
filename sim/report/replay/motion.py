"""Turn a table of trajectories into small numbers: how each row differs from what the row before lets one expect.

A vehicle's way is a chain of rows. Expected is: a second later, in the same lane and state, as far on as in the second
before. What is otherwise is told by a bit of `what` and a number in a stream of its own; how far on the vehicle is,
against the expectation, is in `surprise` [0.1 m].
"""

from typing import Any

import numpy as np
import pandas as pd

from sim.records import STATES
from sim.report.replay.streams import Ints, steps, varints

LATER, ELSEWHERE, OTHERWISE = 1, 2, 4
"""Bits of `what`: not a second after the last row; in another lane; in another state, or off the lane or on it."""
GONE = -1
"""The lane of who has left the area."""
OFF = len(STATES)
"""Added to the state's number where the vehicle is off the lane."""


def motion(rows: pd.DataFrame, travellers: list[str], start_s: float) -> tuple[dict[str, bytes], list[list[int]]]:
    """Return the streams of trajectories by vehicle, and the changes of lane: rows [from, to, on by 0.1 m].

    `rows` are in order of vehicle and time (sim.film.vehicles), the vehicles those of `travellers` in that order.
    """
    known = pd.Index(travellers)
    vehicle = known.get_indexer(pd.Index(rows["traveller"].astype(str))).astype(np.int64)
    time = rows["time_s"].to_numpy(dtype=np.int64) - int(start_s)
    lane = rows["lane"].to_numpy(dtype=np.int64)
    at = np.rint(rows["at_m"].to_numpy(dtype=np.float64) * 10.0).astype(np.int64)
    speed = np.rint(rows["speed_m_s"].to_numpy(dtype=np.float64) * 10.0)
    states = pd.Index(STATES).get_indexer(pd.Index(rows["state"].astype(str))).astype(np.int64)
    state = states + OFF * rows["off_lane"].to_numpy(dtype=np.int64)

    first = np.diff(vehicle, prepend=-1) != 0
    later = np.where(first, time, steps(time))
    from_lane = np.where(first, GONE, np.roll(lane, 1))
    elsewhere = lane != from_lane
    otherwise = state != np.where(first, 1, np.roll(state, 1))
    on = np.where(first, at, steps(at))
    driven = 0.5 * (speed + np.where(first, speed, np.roll(speed, 1))) * later
    pair, pairs = _changes(from_lane[elsewhere], lane[elsewhere], (driven - on)[elsewhere])
    on[elsewhere] += np.array([p[2] for p in pairs], dtype=np.int64)[pair]
    on[lane == GONE] = 0
    expected = np.where(first | (later != 1) | (lane == GONE), 0, np.roll(on, 1))
    surprise = on - expected
    streams = {
        "rows": np.bincount(vehicle, minlength=len(travellers)),
        "what": LATER * (later != 1) + ELSEWHERE * elsewhere + OTHERWISE * otherwise,
        "later": later[later != 1],
        "elsewhere": pair,
        "otherwise": state[otherwise],
        "surprise": surprise,
    }
    return {name: varints(values) for name, values in streams.items()}, pairs


def _changes(before: Ints, after: Ints, on: Any) -> tuple[Ints, list[list[int]]]:
    """Return which change of lane each is, the commonest first, and all of them with how far on they usually lead."""
    changes = pd.DataFrame({"before": before, "after": after, "on": on})
    kinds = changes.groupby(["before", "after"])["on"].agg(["size", "median"]).reset_index()
    kinds = kinds.sort_values(["size", "before", "after"], ascending=[False, True, True], kind="stable")
    kinds.loc[(kinds["before"] == GONE) | (kinds["after"] == GONE), "median"] = 0.0
    columns = (kinds[name] for name in ("before", "after", "median"))
    pairs = [[int(b), int(a), round(m)] for b, a, m in zip(*columns, strict=True)]
    number = {(b, a): n for n, (b, a, _) in enumerate(pairs)}
    told = [number[int(b), int(a)] for b, a in zip(before, after, strict=True)]
    return np.array(told, dtype=np.int64), pairs
