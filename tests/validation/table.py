"""The validation table: what was expected, what the simulation gave, and whether the one holds the other."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, sqrt
from pathlib import Path

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Band:
    """The values that pass, and how the source prints what is expected."""

    low: float
    high: float
    expected: str

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def around(value: float, *, rel: float = 0.0, abs: float = 0.0) -> Band:
    """Return the band of a value and its tolerance, relative or absolute."""
    return Band(value - rel * value - abs, value + rel * value + abs, _number(value))


def between(low: float, high: float) -> Band:
    """Return the band from one value to another."""
    return Band(low, high, f"{_number(low)} to {_number(high)}")


def at_most(high: float) -> Band:
    """Return the band up to a value."""
    return Band(-inf, high, f"at most {_number(high)}")


def at_least(low: float) -> Band:
    """Return the band from a value on."""
    return Band(low, inf, f"at least {_number(low)}")


@dataclass(frozen=True)
class Found:
    """What the simulation gave: a mean and half the width of its 95 % interval (0: nothing in it is random)."""

    mean: float
    half_width: float = 0.0


def mean_of(samples: Sequence[float]) -> Found:
    """Return the mean of independent replications with its t interval."""
    values = np.asarray(samples, dtype=float)
    if values.size < 2:
        return Found(float(values.mean()), inf)
    half = float(stats.t.ppf(0.975, values.size - 1) * values.std(ddof=1) / sqrt(values.size))
    return Found(float(values.mean()), half)


@dataclass(frozen=True)
class Line:
    """One check; `breaks` says what was changed on purpose where it must turn red."""

    row: str
    what: str
    unit: str
    band: Band
    found: Found
    tier: str
    source: str
    breaks: str = ""

    def passes(self, *, full: bool) -> bool:
        """Return whether the mean lies in the band; in the full form, its whole interval."""
        half = self.found.half_width if full else 0.0
        return self.found.mean - half in self.band and self.found.mean + half in self.band


@dataclass
class Table:
    """All lines of one test session."""

    full: bool
    lines: list[Line] = field(default_factory=list)
    explanations: list[str] = field(default_factory=list)

    def explain(self, text: str) -> None:
        """Note why lines differ from what they are held against: a paragraph under the table."""
        self.explanations.append(text)

    def hold(self, row: str, what: str, *, unit: str, band: Band, found: Found, tier: str, source: str) -> None:
        """Note a line, and fail unless it passes; tier C is reported and not gated."""
        line = Line(row, what, unit, band, found, tier, source)
        self.lines.append(line)
        assert tier == "C" or line.passes(full=self.full), self._says(line)

    def turns_red(self, row: str, what: str, *, unit: str, band: Band, found: Found, breaks: str) -> None:
        """Note what a broken law gives, and fail if the row does not see it."""
        line = Line(row, what, unit, band, found, "", "", breaks)
        self.lines.append(line)
        assert not line.passes(full=False), f"not seen although {breaks}: {self._says(line)}"

    @staticmethod
    def _says(line: Line) -> str:
        interval = f" +-{_number(line.found.half_width)}" if line.found.half_width else ""
        return (
            f"row {line.row}, {line.what}: found {_number(line.found.mean)}{interval} {line.unit}, "
            f"expected {line.band.expected} ({_number(line.band.low)} to {_number(line.band.high)})"
        )

    def write(self, file: Path) -> None:
        """Write the table for people."""
        by_row = sorted(self.lines, key=lambda line: _order(line.row))
        held = [line for line in by_row if not line.breaks]
        failing = [line for line in held if line.tier != "C" and not line.passes(full=self.full)]
        text = [
            "# Validation",
            "",
            "Written by `make validate`; never edited by hand. Tier A is exact theory, or what a method promises of",
            "itself (A/A, censoring), B a handbook's number or SUMO's, C a band that is reported and not gated: of the",
            "literature, or where the model is known to differ. A line passes when the whole 95 % interval of the",
            "simulated value lies within the tolerance. Rows S hold against SUMO, where it is installed: ours over",
            "SUMO's, pair by pair of the same demand; beside each mean stands its 95 % interval.",
            "",
            f"{len(held)} lines, {len(failing)} of tier A or B failing; "
            f"{_outside(held, full=self.full)} of tier C outside.",
            "",
            "| row | what | unit | expected | tolerated | simulated | tier | result | source |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for line in held:
            good = line.passes(full=self.full)
            result = ("pass" if good else "**FAIL**") if line.tier != "C" else ("inside" if good else "outside")
            text.append(
                f"| {line.row} | {line.what} | {line.unit} | {line.band.expected} | {_range(line.band)} | "
                f"{_interval(line.found)} | {line.tier} | {result} | {line.source} |"
            )
        if self.explanations:
            text += ["", "## Against SUMO: where it differs, and why", ""]
            text += [wrapped(said) for said in self.explanations]
        text += [
            "",
            "## Laws broken on purpose",
            "",
            "Each row but S must turn red when its law is changed; the test of each line named here does so.",
            "",
            "| row | what | broken by | unit | expected | simulated | seen |",
            "|---|---|---|---|---|---|---|",
        ]
        for line in by_row:
            if line.breaks:
                seen = "**NO**" if line.passes(full=False) else "yes"
                text.append(
                    f"| {line.row} | {line.what} | {line.breaks} | {line.unit} | {line.band.expected} | "
                    f"{_interval(line.found)} | {seen} |"
                )
        file.write_text("\n".join(text) + "\n", encoding="utf-8")


def _outside(held: Sequence[Line], *, full: bool) -> str:
    """Return how many lines of those that are not gated lie outside their bands, of how many."""
    free = [line for line in held if line.tier == "C"]
    return f"{sum(not line.passes(full=full) for line in free)} of {len(free)}"


def wrapped(said: str) -> str:
    """Return a point of a list, broken into lines."""
    return textwrap.fill(
        " ".join(said.split()), 118, initial_indent="* ", subsequent_indent="  ", break_on_hyphens=False
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _range(band: Band) -> str:
    if band.low == -inf:
        return f"<= {_number(band.high)}"
    return f">= {_number(band.low)}" if band.high == inf else f"{_number(band.low)} to {_number(band.high)}"


def _interval(found: Found) -> str:
    return _number(found.mean) + (f" ± {_number(found.half_width)}" if found.half_width else "")


def _order(row: str) -> tuple[int, str]:
    digits = "".join(c for c in row if c.isdigit())
    return (int(digits) if digits else 1000, row)
