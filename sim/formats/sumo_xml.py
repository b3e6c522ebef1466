"""Reads SUMO's XML files into plain elements that know their line, and refuses what XML can do to a reader.

A document type is refused, and with it every entity that a file could declare: neither nested entities nor files or
addresses named by one are ever looked at. SUMO's own files have none.
"""

import gzip
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from sim.scenario.faults import BadInput, Fault, reason

LARGEST_BYTES = 1_000_000_000
CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
"""How a packed file begins."""
MOST_DEEP = 50
"""SUMO's files nest five deep."""
MOST_ELEMENTS = 2_000_000
"""So many take about 1 GB; an hour of Bologna has 21,000."""
YES, NO = ("1", "yes", "true", "on", "x", "t"), ("0", "no", "false", "off", "-", "f")
"""How SUMO says so, in small letters or capital ones."""


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


def truth(told: str) -> bool | None:
    """Return what SUMO understands by a word; None where it understands neither yes nor no."""
    word = told.lower()
    return True if word in YES else False if word in NO else None


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
    except (ValueError, LookupError) as error:
        expected = "a file saved as UTF-8" if "encoding" in str(error) else "a readable SUMO file"
        raise BadInput(Fault(f"{path}:{parser.CurrentLineNumber}", str(error), expected)) from None
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(Fault(str(path), reason(error), "a readable SUMO file")) from None
    root = top.within[0]
    if root.tag not in roots:
        raise BadInput(Fault(f"{path}:{root.line}", f"<{root.tag}>", " or ".join(f"<{r}>" for r in roots)))
    return root


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes, unpacked if they begin as packed ones do, whatever the file's name."""
    size = 0
    with path.open("rb") as raw:
        file = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == GZIP else raw
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > LARGEST_BYTES:
                raise ValueError(f"more than {LARGEST_BYTES} bytes")
            yield chunk
