"""Two results beside each other: how the KPIs of each arm differ, in pairs where the same people live through both."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from sim.scenario.faults import BadInput, Fault
from sim.study.astray import led_astray
from sim.study.comparison import BASELINE
from sim.study.results import Result
from sim.verdict import Estimate, apart, compare, time_of_day

SAME, OTHER = "same people", "other people"


def contrast_lines(one: Result, other: Result) -> Iterator[str]:
    """Yield the lines of a comparison of two results: a run with a run, or a sweep's comparisons by their names.

    Raises BadInput for what has no KPIs.
    """
    pairs, alone = _matched(one, other)
    for a, b in pairs:
        names = [f"{v['scenario']} against {v['baseline']}" for v in (a.verdict(), b.verdict())]
        yield names[0] if names[0] == names[1] else f"{names[0]}  ->  {names[1]}"
        yield from _contrast(a, b)
        told = {each.folder: list(led_astray(each.run.get("facts", {}))) for each in (a, b)}
        for line in dict.fromkeys(line for lines in told.values() for line in lines):
            yield f"    warning: {' and '.join(str(folder) for folder, lines in told.items() if line in lines)}: {line}"
    for folder in alone:
        yield f"only in one of them: {folder}"


def _matched(one: Result, other: Result) -> tuple[list[tuple[Result, Result]], list[str]]:
    for each in (one, other):
        if each.is_sensitivity:
            raise BadInput(Fault(str(each.folder), "a sensitivity study", "a run or a sweep: what has KPIs"))
    if not (one.is_sweep or other.is_sweep):
        return [(one, other)], []
    found = [{_name(r): r for r in each.comparisons()} for each in (one, other)]
    both = [name for name in found[0] if name in found[1]]
    alone = [str(r.folder) for a, b in (found, found[::-1]) for name, r in a.items() if name not in b]
    return [(found[0][name], found[1][name]) for name in both], alone


def _name(result: Result) -> tuple[str, str]:
    verdict = result.verdict()
    return verdict["scenario"], verdict["baseline"]


def _contrast(a: Result, b: Result) -> Iterator[str]:
    first, second = (_values(r.table("kpis")) for r in (a, b))
    verdicts = [{t["kpi"]: t for t in r.verdict()["targets"] if t["headline"]} for r in (a, b)]
    people = _same_people(a, b) if a.run["seed"] == b.run["seed"] else ()
    for key in first.index.unique().intersection(second.index.unique()):
        kpi, arm = key
        x, y = (frame.loc[[key]].set_index("replication")["value"] for frame in (first, second))
        minutes = [_minutes(frame.loc[[key]]) for frame in (first, second)]
        if minutes[0] != minutes[1]:
            told = " and ".join(f"{v.mean():.1f} s ({m})" for v, m in zip((x, y), minutes, strict=True))
            yield f"    {kpi} {arm:<8} {told}: other minutes, so no change is told"
            continue
        shared = [i for i in people if i in x.index and i in y.index]
        found = compare(x[shared], y[shared]) if shared else apart(x, y)
        all_ = len(shared) == len(x) == len(y)
        who = f"{SAME} in {len(shared)} of" if shared and not all_ else f"{SAME if shared else OTHER},"
        yield f"    {kpi} {arm:<8} {_told(found)} ({who} {len(x)} and {len(y)} replications)"
    for kpi in verdicts[0]:
        was, now = (of.get(kpi, {}).get("verdict") for of in verdicts)
        yield f"    {kpi} verdict  {was}" if was == now else f"    {kpi} verdict  {was} -> {now}"


def _same_people(a: Result, b: Result) -> list[int]:
    """Return the replications in which the same people set out from the same places at the same times today."""
    worlds: list[dict[Any, set[Any]]] = []
    for trips in (a.table("trips"), b.table("trips")):
        of = trips[trips["arm"].eq(BASELINE)].groupby("replication")[["traveller", "entry", "scheduled_s"]]
        worlds.append({i: set(people.itertuples(index=False, name=None)) for i, people in of})
    return [i for i, people in worlds[0].items() if people == worlds[1].get(i)]


def _values(kpis: pd.DataFrame) -> pd.DataFrame:
    """Return the headline values by KPI and arm."""
    heads = kpis[kpis["headline"] & kpis["why"].eq("")]
    return heads.set_index(["kpi", "arm"])[["replication", "value", "from_s", "to_s"]]


def _minutes(values: pd.DataFrame) -> str:
    """Return between which times of day those who are measured set out, or nothing: in the whole measured window."""
    first, last = values["from_s"].iloc[0], values["to_s"].iloc[0]
    return "" if np.isnan(first) else f"{time_of_day(first)} to {time_of_day(last)}"


def _told(found: Estimate) -> str:
    if found.no_change:
        return f"{found.before:.1f} s in both, exactly"
    if not np.isfinite([found.before, found.after]).all():
        return "not defined in one of them"
    change = f"{-100 * found.reduction:+.1f} %"
    ends = f"{-100 * found.high:+.1f} to {-100 * found.low:+.1f} %" if np.isfinite(found.low) else "not defined"
    return f"{found.before:.1f} -> {found.after:.1f} s, {change} (95 % interval {ends})"
