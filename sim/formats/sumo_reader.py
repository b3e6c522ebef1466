"""Reads attributes of SUMO's elements as numbers, times and names, and collects what is wrong with them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import blake2b
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from sim.formats.sumo_xml import Element, read_xml, truth
from sim.scenario.faults import BadInput, Fault, expected, near_miss

Made = TypeVar("Made")

LONGEST_NAME = 80
"""[characters] of a name of ours"""
UNITS_S = (1.0, 60.0, 3600.0, 86_400.0)
"""[s] of what d:h:m:s is told in, from behind"""
A_TIME = "seconds, or h:m:s"
SIGNAL = "tlLogic"
"""A signal's programme, which may be all that a file holds."""
MOST_FAULTS = 20
"""So many faults are told; of the others only how many there are."""


def name_of(id: str) -> str:
    """Return a SUMO id as a name of ours; of one that is too long the beginning, and a mark that no other id has."""
    name = re.sub(r"[\s/\\]", "_", id)
    if len(name) <= LONGEST_NAME:
        return name
    mark = blake2b(id.encode(), digest_size=8).hexdigest()
    return f"{name[: LONGEST_NAME - len(mark) - 1]}~{mark}"


def named_as(e: Element, of: Element) -> Element:
    """Return an element under the id of the one that it belongs to."""
    return replace(e, given={**e.given, "id": of.given.get("id", "?")})


class Reader:
    """Reads attributes of one file's elements, and collects what is wrong with them."""

    def __init__(self, path: Path, roots: tuple[str, ...], faults: list[Fault]) -> None:
        """Read the file; what is found wrong later goes to `faults`."""
        self.path = path
        root = read_xml(path, roots)
        self.root = Element("additional", {}, root.line, [root]) if root.tag == SIGNAL else root
        self.faults = faults
        self._told: dict[Fault, Fault] = {}
        """Each fault of this file, as it is told."""

    def fault(self, at: Element, found: str, expected: str, name: str = "", known: Iterable[str] = ()) -> None:
        """Note a fault of an element; of the first MOST_FAULTS also which known name is nearest to the one found."""
        told = f' id "{at.given["id"]}"' if "id" in at.given else ""
        plain = Fault(f"{self.path}:{at.line}: <{at.tag}>{told}", found, expected)
        if plain not in self._told:
            near = near_miss(name, list(known)) if name and len(self._told) < MOST_FAULTS else ""
            self._told[plain] = replace(plain, near=near)
        self.faults.append(self._told[plain])

    def text(self, at: Element, key: str) -> str:
        """Return an attribute that must be there."""
        if not at.given.get(key):
            self.fault(at, f"no {key}", "one")
        return at.given.get(key) or "?"

    def tell_apart(
        self, elements: Iterable[Element], name: Callable[[Element], str] = lambda e: name_of(e.given.get("id", "?"))
    ) -> None:
        """Note each element whose name another has that stands before it."""
        before: dict[str, Element] = {}
        for e in elements:
            first = before.setdefault(name(e), e)
            if first is not e:
                self.fault(e, f"the name {name(e)}, which line {first.line} has already", "a name of its own")

    def make(self, at: Element, thing: Callable[..., Made], /, **given: Any) -> Made:
        """Return what an element stands for; raises BadInput if its numbers are out of all bounds."""
        try:
            return thing(**given)
        except ValidationError as error:
            for e in error.errors():
                self.fault(at, f"{'.'.join(map(str, e['loc']))} {e['input']}", expected(e))
            settled(self.faults)
            raise

    def number(self, at: Element, key: str, default: float | None = None, *, least: float = -1e9) -> float:
        """Return an attribute as a number, no less than `least`; `default` where it is left out."""
        told = at.given.get(key)
        if told is None and default is not None:
            return default
        try:
            value = float(self.text(at, key) if told is None else told)
        except ValueError:
            value = float("nan")
        if told is not None and not (isfinite(value) and value >= least):
            self.fault(at, f'{key}="{told}"', "a number" + (f" of at least {least:g}" if least > -1e9 else ""))
        return value if isfinite(value) and value >= least else max(least, 0.0)

    def whole(self, at: Element, key: str, default: int | None = None) -> int:
        """Return an attribute as a whole number, 0 or more."""
        value = self.number(at, key, None if default is None else float(default), least=0.0)
        if value != int(value):
            self.fault(at, f'{key}="{at.given[key]}"', "a whole number")
        return int(value)

    def flag(self, at: Element, key: str, *, usual: bool = False) -> bool:
        """Return an attribute as yes or no; what is usual where it is left out."""
        told = at.given.get(key)
        value = usual if told is None else truth(told)
        if value is None:
            self.fault(at, f'{key}="{told}"', "true or false")
        return usual if value is None else value

    def seconds(self, at: Element, key: str, default: float | None = None, *, least: float = 0.0) -> float:
        """Return an attribute as a time or a duration [s]: seconds, no less than `least`, h:m:s or d:h:m:s."""
        told = at.given.get(key)
        if told is None or ":" not in told:
            return self.number(at, key, default, least=least)
        found_s = seconds_of(told)
        if found_s is None:
            self.fault(at, f'{key}="{told[:40]}"', A_TIME)
        return found_s or 0.0

    def shape(self, at: Element, key: str = "shape") -> tuple[tuple[float, float], ...]:
        """Return an attribute as points [m, m], at least two that are apart."""
        told = self.text(at, key)
        try:
            points = [tuple(map(float, p.split(",")))[:2] for p in told.split()]
        except ValueError:
            points = []
        if not points or any(len(p) != 2 or not all(isfinite(v) and abs(v) < 1e7 for v in p) for p in points):
            if key in at.given:
                self.fault(at, f'{key}="{told[:40]}"', "points x,y")
            points = [(0.0, 0.0)]
        if len(points) == 1 or points[0] == points[-1] == points[len(points) // 2]:
            points = [points[0], (points[0][0] + 0.1, points[0][1])]
        return tuple((p[0], p[1]) for p in points)


def seconds_of(told: str) -> float | None:
    """Return a moment [s] told in seconds, as h:m:s or as d:h:m:s; None for anything else."""
    parts = [_positive(part) for part in told.split(":")]
    if len(parts) not in (1, 3, 4) or None in parts:
        return None
    return sum((part or 0.0) * unit for part, unit in zip(reversed(parts), UNITS_S, strict=False))


def _positive(told: str) -> float | None:
    """Return a number of 0 or more; None for anything else."""
    try:
        value = float(told)
    except ValueError:
        return None
    return value if isfinite(value) and value >= 0.0 else None


def settled(faults: list[Fault]) -> None:
    """Raise BadInput if there are faults, with the first of them, each once, and how many more."""
    if faults:
        found = list(dict.fromkeys(faults))
        more = len(found) - MOST_FAULTS
        rest = [Fault("and so on", f"{more} more faults", "none")] if more > 0 else []
        raise BadInput(*found[:MOST_FAULTS], *rest)
