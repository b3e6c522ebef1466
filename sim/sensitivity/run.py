"""Simulate each point of a design, the same people everywhere, and work out the indices."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from sim.scenario.faults import BadInput, Fault
from sim.scenario.read import find, mapping, scenario_from
from sim.sensitivity.assumptions import Parameter, Path_, Value, bounded, changed, chosen, given_bounds, numbers
from sim.sensitivity.design import Design, Floats, Method, chance, designed, indices
from sim.study.comparison import Comparison, compared
from sim.study.executors import Local
from sim.study.judging import Study
from sim.study.progress import shown, silent
from sim.study.running import run_all
from sim.study.store import Store
from sim.study.study import checked_workers

OUTPUTS = tuple((kpi, of) for kpi in ("M1", "M2") for of in ("reduction", "before", "after"))
"""The reduction as a share, and the means of both worlds [s]."""


@dataclass(frozen=True)
class FailedPoint:
    """A point that gave no value, and why."""

    point: int
    values: dict[str, Value]
    reason: str


@dataclass(frozen=True)
class Sensitivity:
    """What was found.

    `points` has a row per point: `point`, a column per parameter (its key) and one per output ("M1 reduction" as a
    share, "M1 before" [s], ...; NaN: none). `indices` has a row per output and parameter: `kpi`, `of`, the columns of
    `sim.sensitivity.design.indices`, and `chance`, what chance alone gives on average (NaN with one pair a point).
    `left_out` says why other assumptions were not varied, by their keys.
    """

    scenario: str
    baseline: str
    design: Design
    parameters: tuple[Parameter, ...]
    left_out: dict[str, str]
    replications: int
    points: pd.DataFrame
    indices: pd.DataFrame
    failures: tuple[FailedPoint, ...]
    started: datetime
    inputs: tuple[Path, ...]


class _Worlds:
    """A scenario and its baseline, to be made anew with other numbers in their site."""

    def __init__(self, scenario: str, baseline: str, seed: int, replications: int) -> None:
        """Read the files once; raises BadInput for what is wrong with them."""
        self.found = find(scenario), find(baseline, key="baseline")
        if self.found[0].site_file != self.found[1].site_file:
            pair = f"{scenario} and {baseline}"
            expected = "two scenarios of one site: only interventions may differ"
            raise BadInput(Fault("scenario, baseline", pair, expected))
        self.site_file = self.found[0].site_file
        self.heads = [mapping(one.file) for one in self.found]
        self.site = mapping(self.site_file)
        self.seed, self.replications = seed, replications
        self.comparison({})

    def comparison(self, values: Mapping[Path_, Value]) -> Comparison:
        """Return the pair with these numbers in its site; raises BadInput if the checks refuse them."""
        site = changed(self.site, values)
        pair = [scenario_from(one, head, site) for one, head in zip(self.found, self.heads, strict=True)]
        return compared(*pair, seed=self.seed, replications=self.replications)

    def check(self, values: Mapping[Path_, Value]) -> Sequence[Fault]:
        """Return what is wrong with these numbers."""
        try:
            self.comparison(values)
        except BadInput as bad:
            return bad.faults
        return ()


def run_sensitivity(
    scenario: str,
    baseline: str,
    *,
    method: Method = "morris",
    blocks: int = 10,
    replications: int = 5,
    seed: int = 1,
    workers: int | None = None,
    only: Sequence[str] = (),
    bounds: Path | None = None,
    store: Path | None = None,
    progress: bool = False,
) -> Sensitivity:
    """Vary the assumptions of a site and say how much of the targets' reductions and levels hangs on each.

    `blocks` are trajectories (Morris) or base samples (Sobol: a power of two). `only` are keys, their ends, or patterns
    of what is varied (default: what the site's demand assumes); `bounds` is a YAML file of {KEY: [low, high]}, whose
    keys are varied, too; other numbers go 20 % up and down, or as far as the scenario's checks accept. Every point is
    simulated with the same seed, hence the same people where their numbers are not touched. Finished replications stay
    in the folder `store`, if given. Raises BadInput.
    """
    started = datetime.now(UTC)
    executor = Local(checked_workers(workers))
    worlds = _Worlds(scenario, baseline, seed, replications)
    found = numbers(worlds.site_file)
    given = given_bounds(bounds, found) if bounds is not None else {}
    names = chosen(found, only) if only or not given else []
    candidates = [n for n in found if n in names or n.path in given]
    parameters, left_out = bounded(candidates, given, worlds.check)
    if not parameters:
        told = "; ".join(f"{key}: {why}" for key, why in left_out.items()) or f"none marked [A] in {worlds.site_file}"
        raise BadInput(Fault("only", told, "an assumption that can be varied by itself"))
    keys = [p.number.key for p in parameters]
    design = designed(method, keys, [(p.low, p.high) for p in parameters], blocks, seed)
    values = [{p.number.path: p.value(float(x)) for p, x in zip(parameters, row, strict=True)} for row in design.points]
    kept = Store.temporary() if store is None else Store.opened(store)
    outputs, errors, reasons = _simulated(worlds, values, kept, executor, progress)
    rows = pd.DataFrame([{".".join(map(str, path)): v for path, v in each.items()} for each in values])
    rows.insert(0, "point", np.arange(len(rows)))
    tables = []
    for n, (kpi, of) in enumerate(OUTPUTS):
        rows[f"{kpi} {of}"] = outputs[:, n]
        by_chance = chance(design, outputs[:, n], errors[:, n])
        tables.append(indices(design, outputs[:, n]).assign(kpi=kpi, of=of, chance=by_chance))
    table = pd.concat(tables, ignore_index=True)
    table = table[["kpi", "of", *(c for c in table.columns if c not in ("kpi", "of"))]]
    failures = tuple(
        FailedPoint(n, {p.number.key: values[n][p.number.path] for p in parameters}, why)
        for n, why in sorted(reasons.items())
    )
    files = (worlds.site_file, *(one.file for one in worlds.found), *([bounds] if bounds is not None else []))
    return Sensitivity(
        scenario,
        baseline,
        design,
        tuple(parameters),
        left_out,
        replications,
        rows,
        table,
        failures,
        started,
        tuple(dict.fromkeys(files)),
    )


def _simulated(
    worlds: _Worlds, values: Sequence[Mapping[Path_, Value]], store: Store, executor: Local, progress: bool
) -> tuple[Floats, Floats, dict[int, str]]:
    """Return the outputs and their standard errors, shape (points, outputs), and what went wrong, by point."""
    outputs, errors = (np.full((len(values), len(OUTPUTS)), np.nan) for _ in range(2))
    reasons: dict[int, str] = {}
    comparisons: dict[int, Comparison] = {}
    for n, each in enumerate(values):
        try:
            comparisons[n] = worlds.comparison(each)
        except BadInput as bad:
            reasons[n] = str(bad.faults[0])
    numbers_ = list(comparisons)

    def done(course: int, study: Study | BadInput) -> None:
        n = numbers_[course]
        if isinstance(study, BadInput):
            reasons[n] = str(study.faults[0])
            return
        targets = {t["kpi"]: t for t in study.verdict["targets"] if t["headline"]}
        outputs[n] = [np.nan if targets[kpi][of] is None else targets[kpi][of] for kpi, of in OUTPUTS]
        errors[n] = [_error(study, targets[kpi], of) for kpi, of in OUTPUTS]
        if study.failures:
            first = study.failures[0]
            reasons[n] = f"{first.arm}, replication {first.replication}: {' '.join(first.reason.split())}"
        elif study.verdict["unfinished"]:
            reasons[n] = f"{study.verdict['unfinished']} travellers never finished"

    with shown() if progress else nullcontext(silent) as tell:
        run_all(comparisons.values(), store, executor, done, tell=tell)
    return outputs, errors, reasons


def _error(study: Study, target: dict[str, Any], of: str) -> float:
    """Return the standard error of an output over the pairs; NaN for one pair alone, or none."""
    pairs = target["pairs"]
    if pairs < 2 or target[of] is None:
        return float("nan")
    if of == "reduction":
        if target["low"] is None:
            return float("nan")
        return float((target["high"] - target["low"]) / 2.0 / stats.t.ppf(0.975, pairs - 1))
    arm = {"before": "baseline", "after": "scenario"}[of]
    rows = study.kpis[study.kpis["kpi"].eq(target["kpi"]) & study.kpis["variant"].eq("am") & study.kpis["arm"].eq(arm)]
    return float(rows["value"].std(ddof=1) / np.sqrt(pairs))
