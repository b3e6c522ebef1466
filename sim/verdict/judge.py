"""From the table of KPIs to a verdict for each target: the content of `verdict.json`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from sim.scenario.scenario import Targets
from sim.verdict.family import Look
from sim.verdict.pairs import DIGITS, Estimate, Floats, compare, p_value
from sim.verdict.runs import CommonNumbers, common_numbers, pairs_needed, runs_for_mean

ONCE = Look()
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
class _Case:
    """What all targets share: the promises, the look, and what forbids a verdict whatever the numbers say."""

    targets: Targets
    look: Look
    undecided: str
    """Why, where the interval holds the target."""
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
    look: Look = ONCE,
    undecided: Literal["interval", "budget"] | None = None,
) -> dict[str, Any]:
    """Return the content of `verdict.json` (DESIGN, section 7): what is not defined is None, never NaN.

    `kpis` is the table of `sim.kpi.kpi_table`, `replications` the number of pairs asked for, `unfinished` the table
    of `sim.kpi.unfinished_travellers`; rows of failed replications are left out of both. A failed replication, a
    pair that is not there and an unfinished traveller each make every target undecided, and the means that they
    touch None: never a mean over the lucky. `look` says how sure the intervals must be. `undecided` is the reason given
    where the interval holds the target; left out, it is "budget" at the last of several checkpoints. Raises ValueError
    where `replications` is not the number of the checkpoint looked at.
    """
    if look.checkpoints and look.checkpoints[look.at] != replications:
        raise ValueError(f"{replications} pairs are no checkpoint of {look}")
    void = {int(f.replication) for f in failures}
    kpis = kpis[~kpis["replication"].isin(void)]
    stuck = _listed(unfinished[~unfinished["replication"].isin(void)])
    missing = max(replications - len(void) - int(kpis["replication"].nunique()), 0)
    why = undecided or ("budget" if look.is_the_last_of_several else "interval")
    case = _Case(targets, look, why, len(failures) + missing, len(stuck))
    groups = {(str(k), str(v)): rows for (k, v), rows in kpis.groupby(["kpi", "variant"], sort=False)}
    keys = [k for kpi, variant in HEADLINES for k in ((kpi, variant), *(g for g in groups if g[0] == kpi))]
    variants = {key: _variant(groups.get(key), case) for key in keys}
    nothing = np.array([])
    variants["M3", "am"] = _Variant(nothing, nothing, why="no patients or staff are set down or picked up at a school")
    return {
        "schema": 1,
        "baseline": baseline,
        "scenario": scenario,
        "replications": replications,
        "failed": case.failed,
        "unfinished": case.unfinished,
        "targets": [_entry(*key, v, case) for key, v in variants.items()],
        "confidence": round(look.confidence, DIGITS),
        "checkpoints": list(look.checkpoints),
        "family": look.family,
        "failed_replications": [
            {"arm": f.arm, "replication": int(f.replication), "reason": " ".join(f.reason.split())} for f in failures
        ],
        "unfinished_travellers": stuck[:LISTED],
    }


def _listed(unfinished: pd.DataFrame) -> list[dict[str, Any]]:
    columns = ["replication", "arm", "traveller", "kind"]
    ordered = unfinished.sort_values(columns, kind="stable")
    return [dict(zip(columns, row, strict=True)) for row in zip(*(ordered[c].tolist() for c in columns), strict=True)]


def _variant(rows: pd.DataFrame | None, case: _Case) -> _Variant:
    """Return what is known of a variant; its pairs are those in which there is anybody to measure."""
    nothing = np.array([])
    if rows is None:
        return _Variant(nothing, nothing, why="" if case.failed else "there are no replications")
    wide = rows.pivot(index="replication", columns="arm", values=["value", "travellers", "unfinished"])
    x, y = (wide["value"][arm].to_numpy(dtype=np.float64) for arm in ("baseline", "scenario"))
    n, m = (wide["travellers"][arm].to_numpy(dtype=np.int64) for arm in ("baseline", "scenario"))
    same = bool(rows["same_people"].all())
    some = (n > 0, n > 0) if same else (n > 0, m > 0)
    first = rows.iloc[0]
    return _Variant(
        nothing if case.failed else x[some[0]],
        nothing if case.failed else y[some[1]],
        same,
        round(float(n.mean()), DIGITS),
        int(wide["unfinished"].to_numpy(dtype=np.int64).sum()),
        (None, None) if np.isnan(first["from_s"]) else (time_of_day(first["from_s"]), time_of_day(first["to_s"])),
        str(first["why"]),
    )


def _entry(kpi: str, variant: str, known: _Variant, case: _Case) -> dict[str, Any]:
    """Return one element of `targets`; only a headline carries a target, and so a verdict."""
    headline = variant == "am"
    pair = known.before, known.after
    target = float(getattr(case.targets, kpi.lower())) if headline else None
    found = compare(*pair, case.look.confidence) if known.same_people else _apart(known)
    numbers = {name: _number(getattr(found, name)) for name in ("before", "after", "reduction", "low", "high")}
    verdict, reason = _decide(numbers, target, known, case)
    judged = target is not None and reason in (None, case.undecided)
    needed = pairs_needed(*pair, target or 0.0, case.look.confidence) if judged and reason else None
    common = common_numbers(*pair) if known.same_people else CommonNumbers()
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
        "pairs_needed": needed,
        "pairs": found.pairs,
        "p_value": _number(case.look.p_value(p_value(*pair, target or 0.0))) if judged else None,
        "bootstrap_low": _number(found.bootstrap_low),
        "bootstrap_high": _number(found.bootstrap_high),
        "runs_for_mean": _usual_runs(known),
        "correlation": _number(common.correlation),
        "saving": _number(common.saving),
        "saving_bound": _number(common.bound),
        "same_people": known.same_people,
        "travellers": known.travellers,
        "unfinished": known.unfinished,
        "from": known.minutes[0],
        "to": known.minutes[1],
        "why": known.why,
    }


def _decide(
    numbers: dict[str, float | None], target: float | None, known: _Variant, case: _Case
) -> tuple[str, str | None]:
    """Return verdict and reason: what forbids a verdict comes before the numbers."""
    if target is None or known.why:
        return "not applicable", "not applicable"
    if case.failed:
        return "undecided", "failed replications"
    if case.unfinished or known.unfinished:
        return "undecided", "censored"
    low, high = numbers["low"], numbers["high"]
    if low is not None and low >= target:
        return "met", None
    if high is not None and high < target:
        return "not met", None
    return "undecided", case.undecided


def _usual_runs(known: _Variant) -> int | None:
    """Return what the engineer's usual formula asks for, the larger number of both arms."""
    before, after = runs_for_mean(known.before), runs_for_mean(known.after)
    return None if before is None or after is None else max(before, after)


def _apart(known: _Variant) -> Estimate:
    """Return both means where different people stand behind them: no reduction follows from that."""
    before, after = (float(v.mean()) if v.size else np.nan for v in (known.before, known.after))
    return Estimate(before=before, after=after)


def _number(value: float | None) -> float | None:
    """Return a number to be written, or None where it is not defined."""
    return None if value is None or not np.isfinite(value) else round(float(value), DIGITS) + 0.0


def time_of_day(seconds: float) -> str:
    """Return seconds after midnight as hours and minutes."""
    return f"{int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}"
