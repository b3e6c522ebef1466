"""What is wrong with an input: one line per fault, all faults at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

MOST_SHOWN = 200
"""Characters of what was found; of many more only so many are shown."""


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
        return " ".join(f"{self.where}: found {found}, expected {self.expected}{hint}".split())


class BadInput(Exception):
    """The input cannot be used; carries every fault found in it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def near_miss(found: str, known: list[str]) -> str:
    """Return the known name nearest to what was found, or an empty string."""
    return (get_close_matches(found, known, n=1, cutoff=0.6) or [""])[0]


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


def expected(error: Mapping[str, Any]) -> str:
    """Return what stands behind "expected" for an error that pydantic lists, in our words if it has others."""
    kind, _, what = error["type"].partition("_")
    for name, bound in error.get("ctx", {}).items():
        if name in BOUNDS:
            of = "characters" if kind == "string" else "items"
            return BOUNDS[name].format(f"{bound:g}" if isinstance(bound, float) else bound, of)
    if what in {"type", "parsing", "from_float", "number"} and kind in KINDS:
        return KINDS[kind]
    message: str = error["msg"]
    for start in ("Value error, ", "Input should be ", "expected "):
        message = message.removeprefix(start)
    return message
