"""From the table of KPIs to a verdict for each target: the content of `verdict.json`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from sim.scenario.scenario import Targets
from sim.verdict.pairs import CONFIDENCE, DIGITS, Estimate, Floats, compare, pairs_needed

HEADLINES = (("M1", "am"), ("M2", "am"))
LISTED = 200
"""Unfinished travellers named in the verdict; the number counts all."""


class Failure(Protocol):
    """A replication that is void: of which arm ("baseline" or "scenario"), which one, and why."""

    @property
    def arm(self) -> str:
        """Return the arm."""

    @property
    def replication(self) -> int:
        """Return the number of the replication."""

    @property
    def reason(self) -> str:
        """Return why it is void: a deadlock (where, who), an error."""


@dataclass(frozen=True)
class _Trouble:
    """What forbids a verdict whatever the numbers say."""

    failed: int
    unfinished: int


@dataclass(frozen=True)
class _Variant:
    """What is known of one KPI in one variant: values of the pairs [s], people, minutes, and why it does not apply."""

    before: Floats
    after: Floats
    same_people: bool = True
    travellers: float | None = None
    unfinished: int = 0
    minutes: tuple[str, str] | tuple[None, None] = (None, None)
    why: str = ""


def verdict_json(
    kpis: pd.DataFrame,
    *,
    baseline: str,
    scenario: str,
    targets: Targets,
    replications: int,
    failures: Sequence[Failure],
    unfinished: pd.DataFrame,
    undecided: Literal["interval", "budget"] = "interval",
) -> dict[str, Any]:
    """Return the content of `verdict.json` (DESIGN, section 7): what is not defined is None, never NaN.

    `kpis` is the table of `sim.kpi.kpi_table`, `replications` the number of pairs asked for, `unfinished` the table
    of `sim.kpi.unfinished_travellers`; rows of failed replications are left out of both. A failed replication, a
    pair that is not there and an unfinished traveller each make every target undecided, and the means that they
    touch None: never a mean over the lucky. `undecided` is the reason given where the interval holds the target.
    """
    void = {int(f.replication) for f in failures}
    kpis = kpis[~kpis["replication"].isin(void)]
    stuck = _listed(unfinished[~unfinished["replication"].isin(void)])
    missing = max(replications - len(void) - int(kpis["replication"].nunique()), 0)
    trouble = _Trouble(len(failures) + missing, len(stuck))
    groups = {(str(k), str(v)): rows for (k, v), rows in kpis.groupby(["kpi", "variant"], sort=False)}
    keys = [k for kpi, variant in HEADLINES for k in ((kpi, variant), *(g for g in groups if g[0] == kpi))]
    variants = {key: _variant(groups.get(key), trouble) for key in keys}
    nothing = np.array([])
    variants["M3", "am"] = _Variant(nothing, nothing, why="no patients or staff are set down or picked up at a school")
    return {
        "schema": 1,
        "baseline": baseline,
        "scenario": scenario,
        "replications": replications,
        "failed": trouble.failed,
        "unfinished": trouble.unfinished,
        "targets": [_entry(*key, v, targets, trouble, undecided) for key, v in variants.items()],
        "confidence": CONFIDENCE,
        "failed_replications": [
            {"arm": f.arm, "replication": int(f.replication), "reason": " ".join(f.reason.split())} for f in failures
        ],
        "unfinished_travellers": stuck[:LISTED],
    }


def _listed(unfinished: pd.DataFrame) -> list[dict[str, Any]]:
    columns = ["replication", "arm", "traveller", "kind"]
    ordered = unfinished.sort_values(columns, kind="stable")
    return [dict(zip(columns, row, strict=True)) for row in zip(*(ordered[c].tolist() for c in columns), strict=True)]


def _variant(rows: pd.DataFrame | None, trouble: _Trouble) -> _Variant:
    """Return what is known of a variant; its pairs are those in which there is anybody to measure."""
    nothing = np.array([])
    if rows is None:
        return _Variant(nothing, nothing, why="" if trouble.failed else "there are no replications")
    wide = rows.pivot(index="replication", columns="arm", values=["value", "travellers", "unfinished"])
    x, y = (wide["value"][arm].to_numpy(dtype=np.float64) for arm in ("baseline", "scenario"))
    n, m = (wide["travellers"][arm].to_numpy(dtype=np.int64) for arm in ("baseline", "scenario"))
    same = bool(rows["same_people"].all())
    some = (n > 0, n > 0) if same else (n > 0, m > 0)
    first = rows.iloc[0]
    return _Variant(
        nothing if trouble.failed else x[some[0]],
        nothing if trouble.failed else y[some[1]],
        same,
        round(float(n.mean()), DIGITS),
        int(wide["unfinished"].to_numpy(dtype=np.int64).sum()),
        (None, None) if np.isnan(first["from_s"]) else (_time_of_day(first["from_s"]), _time_of_day(first["to_s"])),
        str(first["why"]),
    )


def _entry(
    kpi: str, variant: str, known: _Variant, targets: Targets, trouble: _Trouble, undecided: str
) -> dict[str, Any]:
    """Return one element of `targets`; only a headline carries a target, and so a verdict."""
    headline = variant == "am"
    target = float(getattr(targets, kpi.lower())) if headline else None
    found = compare(known.before, known.after) if known.same_people else _apart(known)
    numbers = {name: _number(getattr(found, name)) for name in ("before", "after", "reduction", "low", "high")}
    verdict, reason = _decide(numbers, target, known, trouble, undecided)
    open_ = target is not None and reason == undecided
    return {
        "kpi": kpi,
        "variant": variant,
        "headline": headline,
        "unit": "s",
        **numbers,
        "target": target,
        "verdict": verdict,
        "reason": reason,
        "no_change": found.no_change,
        "pairs_needed": pairs_needed(known.before, known.after, target or 0.0) if open_ else None,
        "pairs": found.pairs,
        "bootstrap_low": _number(found.bootstrap_low),
        "bootstrap_high": _number(found.bootstrap_high),
        "same_people": known.same_people,
        "travellers": known.travellers,
        "unfinished": known.unfinished,
        "from": known.minutes[0],
        "to": known.minutes[1],
        "why": known.why,
    }


def _decide(
    numbers: dict[str, float | None], target: float | None, known: _Variant, trouble: _Trouble, undecided: str
) -> tuple[str, str | None]:
    """Return verdict and reason: what forbids a verdict comes before the numbers."""
    if target is None or known.why:
        return "not applicable", "not applicable"
    if trouble.failed:
        return "undecided", "failed replications"
    if trouble.unfinished or known.unfinished:
        return "undecided", "censored"
    low, high = numbers["low"], numbers["high"]
    if low is not None and low >= target:
        return "met", None
    if high is not None and high < target:
        return "not met", None
    return "undecided", undecided


def _apart(known: _Variant) -> Estimate:
    """Return both means where different people stand behind them: no reduction follows from that."""
    before, after = (float(v.mean()) if v.size else np.nan for v in (known.before, known.after))
    return Estimate(before=before, after=after)


def _number(value: float) -> float | None:
    """Return a number to be written, or None where it is not defined."""
    return round(float(value), DIGITS) + 0.0 if np.isfinite(value) else None


def _time_of_day(seconds: float) -> str:
    return f"{int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}"
