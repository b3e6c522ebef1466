"""`dropoff sweep`: a declared study, or every combination of what `dropoff run -m` was given."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.composing import SETTINGS, Settings, composed, executor_from, overrides, requested
from sim.cli.words import DONE, FAILED, INTERRUPTED, KEPT, dated, short

if TYPE_CHECKING:
    import pandas as pd

    from sim.study.declared import Cell

SWEEP_HELP = """\
words of the form key=value, in any order:
  study=NAME|FILE         what is to be run: a YAML in conf/sweep/, or anywhere (README, "Sweeps")
  sites=NAME,NAME         in place of its sites (docs/scale.md)
  site.KEY=VALUE          changes all its sites in both arms
  replications=N checkpoints=[N,N] seed=N      in place of what the study says
  workers=N executor=NAME store=DIR            as for `dropoff run`
  out=DIR                 where the results go (results/sweeps/NAME); what is finished there is not run again
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    sweep = commands.add_parser(
        "sweep",
        help="run a declared study: sites x scenarios x values; goes on where it was stopped",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=SWEEP_HELP,
    )
    sweep.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    sweep.set_defaults(command=_sweep)


def _sweep(arguments: argparse.Namespace) -> int:
    from sim.study.declared import cells_of, find_study, read_study

    given = overrides(arguments.overrides, ("study", "sites", *SETTINGS))
    file = find_study(given.pop("study", ""))
    declared = read_study(file)
    if "sites" in given:
        declared = replace(declared, sites=tuple(given.pop("sites").split(",")))
    settings, config = composed(given)
    told: dict[str, Any] = {key: getattr(declared, key) for key in ("replications", "checkpoints", "seed")}
    settings = replace(settings, **{k: v for k, v in told.items() if v is not None and k not in given})
    cells, files = cells_of(
        declared,
        str(file),
        replications=settings.replications,
        checkpoints=settings.checkpoints,
        seed=settings.seed,
        overrides=_flat(config.get("site") or {}, "site"),
    )
    out = settings.out or Path("results", "sweeps", file.stem)
    return _run(cells, declared.title, out, settings, (file, *files))


def sweep_of(runs: Sequence[Sequence[str]]) -> int:
    """Run what several command lines ask for as one study."""
    from sim.scenario.faults import BadInput, Fault
    from sim.study.declared import cell_of, named

    requests = [requested(words) for words in runs]
    settings = requests[0].settings
    for request in requests:
        if request.settings.record is not False:
            raise BadInput(Fault("record", str(request.settings.record), "false in a sweep"))
        shared = ("workers", "executor", "store", "out")
        if any(getattr(request.settings, key) != getattr(settings, key) for key in shared):
            raise BadInput(Fault("command line", "several values", f"one value for each of {', '.join(shared)}"))
    told = [dict(word.split("=", 1) for word in words) for words in runs]
    cells: list[Cell] = []
    for request, words in zip(requests, told, strict=True):
        varied = {
            key: value
            for key, value in words.items()
            if key not in ("scenario", "baseline") and any(other[key] != value for other in told)
        }
        cells.append(
            cell_of(
                named(request.scenario, varied),
                named(request.baseline, varied),
                values=varied,
                seed=request.settings.seed,
                replications=request.settings.replications,
                checkpoints=request.settings.checkpoints,
                family=len(requests),
            )
        )
    out = settings.out or dated("sweeps", "multirun")
    files = tuple(dict.fromkeys(file for request in requests for file in request.inputs))
    return _run(cells, "multirun", out, settings, files)


def _flat(told: Any, path: str) -> dict[str, Any]:
    """Return values by the path of their key."""
    if not isinstance(told, dict):
        return {path: told}
    return {key: value for part, below in told.items() for key, value in _flat(below, f"{path}.{part}").items()}


def _run(cells: "Sequence[Cell]", title: str, out: Path, settings: Settings, inputs: tuple[Path, ...]) -> int:
    from sim.study.sweep import run_sweep

    executor = executor_from(settings)
    try:
        sweep = run_sweep(
            cells, title=title, out=out, executor=executor, store=settings.store, progress=True, inputs=inputs
        )
    except KeyboardInterrupt:
        kept = KEPT if settings.store else KEPT.replace("replications", "comparisons")
        print(f"dropoff: interrupted; {kept}", file=sys.stderr)
        return INTERRUPTED
    for warning in sweep.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for line in sweep_lines(sweep.verdicts, title):
        print(line)
    print(f"results: {short(out)}")
    for failed in sweep.failures:
        which = f", {failed.replication}" if failed.replication else ""
        print(f"failed: {failed.label}{which}: {failed.reason}", file=sys.stderr)
    return FAILED if sweep.failures else DONE


def sweep_lines(verdicts: "pd.DataFrame", title: str) -> list[str]:
    """Return the lines of a sweep's table of verdicts: one for each comparison and target."""
    from sim.verdict.words import change, declaration, interval

    lines = [title, ""]
    shown = verdicts[verdicts["reason"].ne("not applicable")] if len(verdicts) else verdicts
    width = max([len("scenario"), *shown["scenario"].str.len()]) if len(shown) else 0
    lines.append(
        f"{'scenario':<{width}}  {'KPI':<3} {'pairs':>5} {'change':>9} {'95 % together':>18} {'Holm p':>7}  verdict"
    )
    for row in shown.astype(object).where(shown.notna(), None).to_dict("records"):
        entry = {str(key): value for key, value in row.items()}
        head = f"{entry['scenario']:<{width}}  {entry['kpi']:<3} {entry['pairs']:>5}"
        needed = f", about {int(entry['pairs_needed'])} pairs would decide" if entry["pairs_needed"] else ""
        p = "" if entry["holm_p_value"] is None else f"{entry['holm_p_value']:.3f}"
        numbers = f"{change(entry['reduction']):>9} {interval(entry):>18} {p:>7}"
        lines.append(f"{head} {numbers}  {entry['verdict']}{needed}")
    if len(shown) and shown["holm_p_value"].notna().any():
        lines.append("Holm p: of the change being its target, not of there being none; the intervals decide")
    more = shown[shown["pairs_needed"].notna()] if len(shown) else shown
    if len(more):
        looked = more.get("replications", more["pairs"])  # tables of older versions have no other
        lines.append(declaration(int(more["pairs_needed"].max()), sorted({int(n) for n in looked})))
    return lines
