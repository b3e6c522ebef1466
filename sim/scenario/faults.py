"""What is wrong with an input: one line per fault, all faults at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

if TYPE_CHECKING:
    from pydantic import ValidationError

MOST_SHOWN = 200
"""Characters of what was found; of many more only so many are shown."""
MOST_LINES = 20
"""Faults told of one input; of more the first, and how many more."""


@dataclass(frozen=True)
class Fault:
    """One fault: where (file and path of the key), what was found, what was expected, and a near miss."""

    where: str
    found: str
    expected: str
    near: str = ""

    def __str__(self) -> str:
        """Return the fault as one line."""
        hint = f" (did you mean {self.near}?)" if self.near else ""
        rest = len(self.found) - MOST_SHOWN
        found = self.found if rest <= MOST_SHOWN else f"{self.found[:MOST_SHOWN]}... (and {rest:,} characters more)"
        return shown(f"{self.where}: found {found}, expected {self.expected}{hint}")


class BadInput(Exception):
    """The input cannot be used; carries every fault found in it."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return one line for each fault; of very many the first, and how many more."""
        more = len(self.faults) - MOST_LINES
        if more <= 1:
            return [str(fault) for fault in self.faults]
        return [*map(str, self.faults[:MOST_LINES]), f"... and {more:,} more faults"]


def shown(text: str) -> str:
    """Return a text on one line that does nothing to a terminal: what is not printed stands as its escape."""
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def reason(error: Exception) -> str:
    """Return why a file could not be read, without the number and the path that the system adds."""
    return getattr(error, "strerror", None) or str(error)


def near_miss(found: str, known: list[str]) -> str:
    """Return the known name nearest to what was found, or an empty string."""
    return (get_close_matches(found, known, n=1, cutoff=0.6) or [""])[0]


def told(value: Any) -> str:
    """Return a value as what was found: short, and on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


# ---------------------------------------------------------------------- what pydantic found, in our words

KINDS = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "string": "a text",
    "tuple": "a list",
    "list": "a list",
    "dict": "a mapping",
    "mapping": "a mapping",
    "dataclass": "a mapping",
}
BOUNDS = {
    "ge": "{} or more",
    "gt": "more than {}",
    "le": "{} or less",
    "lt": "less than {}",
    "min_length": "{} {} or more",
    "max_length": "{} {} or fewer",
}


def faults_of(error: "ValidationError", where: str, kind: type[Any], tell: Callable[[Any], str] = told) -> list[Fault]:
    """Return one fault for each thing that pydantic found wrong with what was to become of that kind.

    `tell` tells a value.
    """
    faults = []
    for e in error.errors():
        if e["type"] == "too_short" and len(e["input"]) >= e["ctx"]["min_length"]:
            continue  # only without the items that are told anyway
        path = ".".join(map(str, e["loc"]))
        at = f"{where}: {path}" if path else where
        if e["type"] == "unexpected_keyword_argument":
            known = keys_at(kind, e["loc"][:-1])
            near = near_miss(str(e["loc"][-1]), known)
            faults.append(Fault(at, "an unknown key", "one of " + ", ".join(known), near))
        elif e["type"] == "missing":
            faults.append(Fault(at, "nothing", "a value"))
        else:
            faults.append(Fault(at, tell(e["input"]), expected(e)))
    return faults


def expected(error: Mapping[str, Any]) -> str:
    """Return what stands behind "expected" for an error that pydantic lists, in our words if it has others."""
    kind, _, what = error["type"].partition("_")
    for name, bound in error.get("ctx", {}).items():
        if name in BOUNDS:
            of = ("character" if kind == "string" else "item") + "s" * (bound != 1)
            return BOUNDS[name].format(f"{bound:g}" if isinstance(bound, float) else bound, of)
    if what in {"type", "parsing", "parsing_size", "from_float", "number", "unicode"} and kind in KINDS:
        return KINDS[kind]
    if error["type"] == "invalid_key":
        return "a key that is a text"
    message: str = error["msg"]
    for start in ("Value error, ", "Input should be ", "expected "):
        message = message.removeprefix(start)
    return message


def keys_at(kind: type[Any], path: Sequence[int | str]) -> list[str]:
    """Return the keys of the mapping that a path leads to, from a dataclass on, through lists and alternatives."""
    here = [kind]
    for part in path:
        hints = [get_type_hints(one)[part] for one in here if part in get_type_hints(one)]
        here = [inner for hint in hints for inner in _dataclasses(hint)] or here
    return list(dict.fromkeys(f.name for one in here for f in fields(one)))


def _dataclasses(hint: Any) -> Iterator[type[Any]]:
    """Yield the dataclasses that a type speaks of."""
    if is_dataclass(hint) and isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from _dataclasses(part)
