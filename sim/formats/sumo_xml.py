"""Reads SUMO's XML files into plain elements that know their line, and refuses what XML can do to a reader.

A document type is refused, and with it every entity that a file could declare: neither nested entities nor files or
addresses named by one are ever looked at. SUMO's own files have none.
"""

import gzip
import itertools
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar
from xml.parsers import expat

from pydantic import ValidationError

from sim.scenario.faults import BadInput, Fault

Made = TypeVar("Made")

LARGEST_BYTES = 1_000_000_000
CHUNK = 1 << 20
MOST_DEEP = 50
"""SUMO's files nest five deep."""
MOST_ELEMENTS = 2_000_000
"""So many take about 1 GB; an hour of Bologna has 21,000."""
MOST_FAULTS = 20
"""So many faults are told; of the others only how many there are."""


@dataclass(slots=True)
class Element:
    """One element: its name, attributes, children, and the line that it begins in."""

    tag: str
    given: dict[str, str]
    line: int
    within: list["Element"] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator["Element"]:
        """Yield the children of these names."""
        return (child for child in self.within if child.tag in tags)


def name_of(id: str) -> str:
    """Return a SUMO id as a name of ours."""
    return re.sub(r"[\s/\\]", "_", id)[:80]


def named_as(e: Element, of: Element) -> Element:
    """Return an element under the id of the one that it belongs to."""
    return Element(e.tag, {**e.given, "id": of.given.get("id", "?")}, e.line)


class _Refused(Exception):
    """The file has something that no SUMO file has."""


def read_xml(path: Path, roots: tuple[str, ...]) -> Element:
    """Return a file's outermost element; raises BadInput if it is none of `roots`, or no XML."""
    top = Element("", {}, 0)
    open_now = [top]
    count = itertools.count(1)
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def begin(tag: str, given: dict[str, str]) -> None:
        if len(open_now) > MOST_DEEP:
            raise _Refused(f"elements more than {MOST_DEEP} deep")
        if next(count) > MOST_ELEMENTS:
            raise _Refused(f"more than {MOST_ELEMENTS} elements")
        child = Element(tag, given, parser.CurrentLineNumber)
        open_now[-1].within.append(child)
        open_now.append(child)

    def refuse(*_: Any) -> None:
        raise _Refused("a document type (DOCTYPE) with entities of its own")

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: open_now.pop()
    parser.StartDoctypeDeclHandler = refuse
    try:
        for chunk in _chunks(path):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except FileNotFoundError:
        raise BadInput(Fault(str(path), "no such file", "a SUMO file")) from None
    except _Refused as error:
        raise BadInput(Fault(f"{path}:{parser.CurrentLineNumber}", str(error), "plain SUMO XML")) from None
    except expat.ExpatError as error:
        found = f"broken XML ({expat.ErrorString(error.code)})"
        raise BadInput(Fault(f"{path}:{error.lineno}", found, "valid XML")) from None
    except (OSError, EOFError, zlib.error, ValueError, LookupError) as error:
        raise BadInput(Fault(str(path), str(error), "a readable SUMO file")) from None
    root = top.within[0]
    if root.tag not in roots:
        raise BadInput(Fault(f"{path}:{root.line}", f"<{root.tag}>", " or ".join(f"<{r}>" for r in roots)))
    return root


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes, unpacked if it is packed."""
    size = 0
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > LARGEST_BYTES:
                raise ValueError(f"more than {LARGEST_BYTES} bytes")
            yield chunk


class Reader:
    """Reads attributes of one file's elements, and collects what is wrong with them."""

    def __init__(self, path: Path, roots: tuple[str, ...], faults: list[Fault]) -> None:
        """Read the file; what is found wrong later goes to `faults`."""
        self.path = path
        self.root = read_xml(path, roots)
        self.faults = faults

    def fault(self, at: Element, found: str, expected: str, near: str = "") -> None:
        """Note a fault of an element."""
        told = f' id "{at.given["id"]}"' if "id" in at.given else ""
        self.faults.append(Fault(f"{self.path}:{at.line}: <{at.tag}>{told}", found, expected, near))

    def text(self, at: Element, key: str) -> str:
        """Return an attribute that must be there."""
        if not at.given.get(key):
            self.fault(at, f"no {key}", "one")
        return at.given.get(key) or "?"

    def make(self, at: Element, thing: Callable[..., Made], /, **given: Any) -> Made:
        """Return what an element stands for; raises BadInput if its numbers are out of all bounds."""
        try:
            return thing(**given)
        except ValidationError as error:
            for e in error.errors():
                self.fault(at, f"{'.'.join(map(str, e['loc']))} {e['input']}", e["msg"].lower())
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


def settled(faults: list[Fault]) -> None:
    """Raise BadInput if there are faults, with the first of them, each once, and how many more."""
    if faults:
        found = list(dict.fromkeys(faults))
        more = len(found) - MOST_FAULTS
        rest = [Fault("and so on", f"{more} more faults", "none")] if more > 0 else []
        raise BadInput(*found[:MOST_FAULTS], *rest)
