"""What is wrong with an input: one line per fault, all faults at once."""

from dataclasses import dataclass
from difflib import get_close_matches

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
