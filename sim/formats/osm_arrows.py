"""Reads the arrows that are marked on lanes (`turn:lanes`), and tells which lanes lead to which way out of a junction.

*Marks* are the arrows of each lane from left to right, as the driver sees them. A lane without arrow goes straight on.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from sim.scenario.network import Turn

Marks = tuple[frozenset[str], ...]
REVERSE = "reverse"
NO_ARROWS = frozenset({"", "none", "merge_to_left", "merge_to_right", "slide_left", "slide_right"})
"""Words that the map's makers know, and that say of no turn that it is made."""
TOWARDS = {
    "sharp_left": 135, "left": 90, "slight_left": 45, "through": 0,
    "slight_right": -45, "right": -90, "sharp_right": -135,
}  # fmt: skip
"""[degrees] to the left, about where an arrow leads; assumption"""
SIDES: dict[str, Turn] = {
    arrow: "left" if towards > 0 else "right" if towards < 0 else "through" for arrow, towards in TOWARDS.items()
}
IN_ORDER = 45.0
"""[degrees] arrows and ways are taken in their order where none of them differ by more; assumption"""
ASTRAY = 60.0
"""[degrees] an arrow with no way on its side means one that no other arrow does, if it is this near; assumption"""


def read_marks(tags: Mapping[str, str], direction: int, forward: int, backward: int) -> tuple[Marks, Marks]:
    """Return the marks in the drawn direction and against it; empty where no arrow is told.

    `direction`: 1 for one way as drawn, -1 for one way against it, 0 for both. Where more lanes are told than the way
    has for vehicles, those on which none may drive (beside them, for cycles) are left out.
    """
    ahead = _told(tags, ("turn:lanes:forward", *(("turn:lanes",) if direction > 0 else ())))
    back = _told(tags, ("turn:lanes:backward",))
    return _driven(ahead, tags, "forward", forward), _driven(back, tags, "backward", backward)


def counted(tags: Mapping[str, str], direction: int) -> dict[str, str]:
    """Return the tags with the numbers of lanes that the marks alone tell."""
    found = dict(tags)
    if direction:
        way = "forward" if direction > 0 else "backward"
        value = tags.get(f"turn:lanes:{way}", tags.get("turn:lanes", "") if direction > 0 else "")
        if value and not {"lanes", f"lanes:{way}"} & tags.keys():
            found["lanes"] = str(value.count("|") + 1)
        return found
    for way in ("forward", "backward"):
        value, total = tags.get(f"turn:lanes:{way}", ""), tags.get("lanes", "")
        count = value.count("|") + 1
        if value and f"lanes:{way}" not in tags and (not total.isdecimal() or count < int(total)):
            found[f"lanes:{way}"] = str(count)
    return found


def unread(tags: Mapping[str, str], direction: int) -> tuple[set[str], set[str]]:
    """Return the keys whose arrows are for no direction of the street, or do not tell which, and what is no arrow."""
    keys = [key for key in tags if key == "turn:lanes" or key.startswith("turn:lanes:")]
    read = {key for key, open_to in (("forward", direction >= 0), ("backward", direction <= 0)) if open_to}
    taken = {f"turn:lanes:{way}" for way in read} | ({"turn:lanes"} if direction > 0 else set())
    words = {word.strip() for key in keys for word in re.split(r"[|;]", tags[key])}
    return {key for key in keys if key not in taken and _told(tags, (key,))}, words - {*TOWARDS, REVERSE} - NO_ARROWS


def _told(tags: Mapping[str, str], keys: Sequence[str]) -> Marks:
    """Return the marks under the first of these keys; what is no known arrow counts as none."""
    value = next((tags[key] for key in keys if key in tags), "")
    arrows = {*TOWARDS, REVERSE}
    lanes = tuple(arrows.intersection(word.strip() for word in lane.split(";")) for lane in value.split("|"))
    return tuple(map(frozenset, lanes)) if any(lanes) else ()


def _driven(marks: Marks, tags: Mapping[str, str], way: str, lanes: int) -> Marks:
    """Return the marks without those of lanes on which no vehicle may drive, where that leaves one for each lane."""
    for key in ("vehicle:lanes", "motor_vehicle:lanes", "access:lanes"):
        open_to = tags.get(f"{key}:{way}", tags.get(key, "")).split("|")
        if len(marks) > lanes and len(open_to) == len(marks):
            kept = tuple(lane for lane, who in zip(marks, open_to, strict=True) if who != "no")
            marks = kept if len(kept) == lanes else marks
    return marks


def spread(marks: Marks, lanes: int) -> Marks:
    """Return the marks of so many lanes: where the numbers differ, each has those of all that it overlaps."""
    return tuple(
        frozenset[str]().union(*(mark for n, mark in enumerate(marks) if _overlap(n, len(marks), lane, lanes)))
        for lane in range(lanes)
    )


def _overlap(n: int, of: int, k: int, among: int) -> bool:
    """Tell whether part n of so many equal parts of a street's width overlaps part k of another division."""
    return n * among < (k + 1) * of and k * of < (n + 1) * among


class Read(NamedTuple):
    """What marks say of a junction."""

    lanes: dict[str, tuple[int, ...]]
    """By way out the lanes, from the left, that lead there; empty where paths would cross."""
    nowhere: set[str]
    """Arrows that mean no way that there is."""
    unmarked: set[str]
    """Ways that no arrow means."""


def lanes_of_ways(marks: Marks, ways: Mapping[str, tuple[float, Turn]]) -> Read:
    """Return which lanes lead to which way out of a junction; every lane leads somewhere, and some lane to every way.

    `ways`: by name the angle [degrees] to the left, and the kind of turn. A way that no arrow means is reached from the
    nearest lane, and a lane whose arrows mean none leads to the nearest way, one that no other lane leads to first.
    """
    order = sorted(ways, key=lambda way: -ways[way][0])
    if any(kind == "through" for _, kind in ways.values()):
        marks = tuple(mark or frozenset({"through"}) for mark in marks)
    meant = _meant(sorted(frozenset[str]().union(*marks), key=lambda arrow: -TOWARDS[arrow]), order, ways)
    lanes: dict[str, set[int]] = {way: set() for way in order}
    for arrow, to in meant.items():
        own = [n for n, mark in enumerate(marks) if arrow in mark]
        for k, way in enumerate(to):
            lanes[way] |= {lane for n, lane in enumerate(own) if _overlap(n, len(own), k, len(to))}
    unmarked = {way for way in order if not lanes[way]}
    for lane, mark in enumerate(marks):
        if not any(lane in own for own in lanes.values()):
            wanted = sum(TOWARDS[arrow] for arrow in mark) / max(len(mark), 1)
            fitting = [way for way in order if _in_order({**lanes, way: lanes[way] | {lane}}, order)] or order
            lanes[min(fitting, key=lambda way: (len(lanes[way]) > 0, abs(ways[way][0] - wanted)))].add(lane)
    for k, way in enumerate(order):
        if not lanes[way]:
            beyond = [lane for other in order[k + 1 :] for lane in lanes[other]]
            lanes[way].add(min(beyond, default=len(marks) - 1))
    found = {way: tuple(sorted(own)) for way, own in lanes.items()} if _in_order(lanes, order) else {}
    return Read(found, {arrow for arrow, to in meant.items() if not to}, unmarked)


def _meant(arrows: list[str], order: list[str], ways: Mapping[str, tuple[float, Turn]]) -> dict[str, list[str]]:
    """Return the ways that each arrow means: by their order, or the nearest on its side, or at all."""
    if len(arrows) == len(order) and all(
        abs(TOWARDS[arrow] - ways[way][0]) <= IN_ORDER for arrow, way in zip(arrows, order, strict=True)
    ):
        return {arrow: [way] for arrow, way in zip(arrows, order, strict=True)}
    meant: dict[str, list[str]] = {arrow: [] for arrow in arrows}
    for way in order:
        angle, kind = ways[way]
        near = [arrow for arrow in arrows if SIDES[arrow] == kind]
        if near:
            meant[min(near, key=lambda arrow: abs(TOWARDS[arrow] - angle))].append(way)
    taken = {way for to in meant.values() for way in to}
    for arrow in arrows:
        near = [way for way in order if ways[way][1] == SIDES[arrow]]
        near = near or [w for w in order if w not in taken and abs(TOWARDS[arrow] - ways[w][0]) <= ASTRAY]
        if near and not meant[arrow]:
            meant[arrow].append(min(near, key=lambda way: abs(TOWARDS[arrow] - ways[way][0])))
    return meant


def _in_order(lanes: Mapping[str, set[int]], order: list[str]) -> bool:
    """Tell whether the paths from these lanes, to ways from left to right, do not cross."""
    used = [lanes[way] for way in order if lanes[way]]
    return all(max(one) <= min(two) for one, two in pairwise(used))
