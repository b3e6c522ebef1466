"""The approach to the gate: which lanes lead there, and how far from the gate each of them ends.

Over a junction it goes on where one comes from who turns least: what waits in a side street waits for a gap there.
"""

import heapq
from typing import Any

import numpy as np

REACH_M = 1500.0
"""[m] upstream of the gate, as far as a queue is looked for"""
TOUCHING_M = 0.6
"""[m] apart at most: the ends of lanes that follow one another"""
Json = dict[str, Any]


def approach(ground: Json) -> list[Json]:
    """Return the pieces of road that lead to the gate, nearest first: a tree with the gate's piece at its root.

    A piece is the lanes of a segment, or those from one segment over a junction or crossing: `lanes`, `ahead_m` from
    its end to the gate (negative at the root, where the gate is before the end), `length_m`, the `next` piece on the
    way to the gate (-1 at the root) and how many `junctions` lie before it.
    """
    lanes, gate = ground["lanes"], ground["gate"]
    roads = {r: [n for n, lane in enumerate(lanes) if lane["segment"] == r and lane["kind"] == "lane"]
             for r in {lane["segment"] for lane in lanes if lane["kind"] == "lane"}}  # fmt: skip
    over = [n for n, lane in enumerate(lanes) if lane["kind"] in ("movement", "crossing")]
    root = next((r for r, of in roads.items() if _holds(lanes[of[0]], gate)), None)
    if root is None:
        return []
    here = lanes[roads[root][0]]
    begin_m = gate["at_m"] - here["from_m"] - here["length_m"]
    heap: list[tuple[float, int, tuple[int, ...], int, int]] = [(begin_m, 0, tuple(roads[root]), -1, 0)]
    seen: set[tuple[int, ...]] = set()
    found: list[Json] = []
    order = 0
    while heap:
        ahead_m, _, of, after, junctions = heapq.heappop(heap)
        if of in seen or ahead_m > REACH_M:
            continue
        seen.add(of)
        length_m = lanes[of[0]]["length_m"]
        found.append({"lanes": list(of), "ahead_m": round(ahead_m, 2), "length_m": length_m, "next": after,
                      "junctions": junctions})  # fmt: skip
        if of[0] in over:
            before = [tuple(r) for r in roads.values() if any(_joins(lanes[n], lanes[m]) for n in r for m in of)]
        else:
            ways = _straightest(lanes, [n for n in over if any(_joins(lanes[n], lanes[m]) for m in of)])
            before = [tuple(ways)] if ways else []
        for more in before:
            order += 1
            crossed = junctions + (lanes[more[0]]["kind"] == "movement")
            heapq.heappush(heap, (ahead_m + length_m, order, more, len(found) - 1, crossed))
    return found


def _straightest(lanes: list[Json], over: list[int]) -> list[int]:
    """Return those ways over a junction or crossing that begin on the road from where one turns least."""
    if not over:
        return []
    least = min(over, key=lambda n: _turn(lanes[n]["line"]))
    road = next((lane["segment"] for lane in lanes if lane["kind"] == "lane" and _joins(lane, lanes[least])), None)
    from_there = [lane for lane in lanes if lane["kind"] == "lane" and lane["segment"] == road]
    return [n for n in over if any(_joins(lane, lanes[n]) for lane in from_there)]


def _turn(line: list[list[float]]) -> float:
    """Return by how much [rad] a line turns from its first to its last piece."""
    first, last = (np.subtract(line[n + 1][1:], line[n][1:]) for n in (0, -2 % len(line)))
    cosine = float(first @ last) / max(float(np.hypot(*first) * np.hypot(*last)), 1e-9)
    return float(np.arccos(np.clip(cosine, -1.0, 1.0)))


def _holds(lane: Json, spot: Json) -> bool:
    """Return whether a place on a link is beside a lane; a place inside a junction is at none."""
    begin = lane["from_m"]
    return bool(lane["link"] == spot["link"] and begin <= spot["at_m"] <= begin + lane["length_m"])


def _joins(lane: Json, other: Json) -> bool:
    """Return whether a lane ends where another begins."""
    return float(np.hypot(*np.subtract(lane["line"][-1][1:], other["line"][0][1:]))) < TOUCHING_M
