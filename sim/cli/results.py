"""`dropoff results list|show|compare` and `dropoff rerun`."""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.words import DONE, TROUBLE, short
from sim.scenario.faults import BadInput, Fault

if TYPE_CHECKING:
    from sim.study.results import Result


def add(commands: Any) -> None:
    """Add the commands to the parser."""
    results = commands.add_parser("results", help="list, show and compare what was run")
    actions = results.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every result below a folder, with its verdicts")
    listing.add_argument("folder", nargs="?", type=Path, default=Path("results"))
    listing.set_defaults(command=_list)
    show = actions.add_parser("show", help="what was printed of a result: its verdicts, or its indices")
    show.add_argument("folder", type=Path)
    show.set_defaults(command=_show)
    compare = actions.add_parser("compare", help="two results: which KPIs differ, and how sure that is")
    compare.add_argument("folder", type=Path)
    compare.add_argument("other", type=Path)
    compare.set_defaults(command=_compare)
    again = commands.add_parser("rerun", help="make one replication again from its row in runs.parquet")
    again.add_argument("run_id", help="its run_id, or the first letters of it")
    again.add_argument("--results", type=Path, default=Path("results"), help="where it is looked for (results)")
    again.add_argument("--out", type=Path, help="a new folder for its tables")
    again.set_defaults(command=_rerun)


def _list(arguments: argparse.Namespace) -> int:
    from sim.study.results import as_written, results_below

    found = list(results_below(arguments.folder))
    for result in found:
        print(f"{short(result.folder)}{_when(result)}")
        try:
            with as_written(result):
                lines = list(_summary(result))
        except BadInput as bad:
            lines = [f"unreadable: {bad}"]
        for line in lines:
            print(f"    {line}")
    if not found:
        print(f"no results below {short(arguments.folder)}")
    return DONE


def _when(result: "Result") -> str:
    """Return when a result was begun, by the clock here, as the folders of runs are called by it."""
    try:
        return f"  ({datetime.fromisoformat(result.run['started']).astimezone():%Y-%m-%d %H:%M})"
    except (KeyError, TypeError, ValueError):
        return ""


def _summary(result: "Result") -> Iterator[str]:
    done, run = result.comparisons(), result.run
    if result.is_sensitivity:
        yield f"sensitivity ({run['method']}): {run['scenario']} against {run['baseline']}, {run['points']} points"
    if result.is_sweep:
        declared = len(run["comparisons"])
        state = "finished" if run["finished"] else "not finished: the same command goes on from there"
        yield f"sweep: {run['title']}; {len(done)} of {declared} comparisons, {state}"
    for one in done:
        try:
            verdict = one.verdict()
        except BadInput as bad:
            yield f"unreadable: {bad}"
            continue
        told = [f"{t['kpi']} {t['verdict']}" for t in verdict["targets"] if t["headline"] and t["target"] is not None]
        pairs = f"{verdict['replications']} pair{'s' * (verdict['replications'] != 1)}"
        yield f"{verdict['scenario']} against {verdict['baseline']}, {pairs}: {', '.join(told)}"


def _show(arguments: argparse.Namespace) -> int:
    from sim.study.results import as_written, result_in

    result = result_in(arguments.folder)
    with as_written(result):
        lines = list(_shown(result))
    for line in lines:
        print(line)
    return DONE


def _shown(result: "Result") -> Iterator[str]:
    """Yield what was printed of a result."""
    from sim.verdict import account_lines, verdict_lines

    run = result.run
    if result.is_sensitivity:
        from sim.sensitivity import sensitivity_lines

        yield from sensitivity_lines(result.table("indices"), run)
    elif result.is_sweep:
        from sim.cli.sweep import sweep_lines

        yield from (sweep_lines(result.table("verdicts"), run["title"]) if run["finished"] else ()) or _summary(result)
        yield from (f"warning: {warning}" for warning in run.get("warnings", ()))
        for failed in run.get("failures", ()):
            which = f", {failed['replication']}" if failed["replication"] else ""
            yield f"failed: {failed['label']}{which}: {failed['reason']}"
    else:
        yield from (*verdict_lines(result.verdict()), *account_lines(run))
        yield from (f"warning: {warning}" for warning in run.get("warnings", ()))
        took = f", {run['wall_s']:.0f} s, started {run['started']}" if "wall_s" in run else ""
        yield f"seed {run['seed']}, dropoff {run['versions']['dropoff']}{took}"


def _compare(arguments: argparse.Namespace) -> int:
    from sim.study.contrast import contrast_lines
    from sim.study.results import as_written, result_in

    both = result_in(arguments.folder), result_in(arguments.other)
    with as_written(*both):
        lines = list(contrast_lines(*both))
    for line in lines:
        print(line)
    return DONE


def _rerun(arguments: argparse.Namespace) -> int:
    from sim.scenario.files import appearing_folder
    from sim.study.results import find_run, rerun
    from sim.tables import series_table, trips_table, write_table

    if arguments.out is not None and arguments.out.exists():
        raise BadInput(Fault("--out", f"{arguments.out}, which exists", "a new folder; nothing is overwritten"))
    found = find_run(arguments.run_id, arguments.results)
    where = f"{found.run_id}: {found.arm} of {short(found.result.folder)}, replication {found.replication}"
    record, same = rerun(found)
    if arguments.out is not None:
        with appearing_folder(arguments.out) as folder:
            for name, table in (("trips", trips_table), ("series", series_table)):
                rows = table(record, scenario=found.world().name, replication=found.replication)
                write_table(rows, folder / f"{name}.parquet", {"dropoff.run_id": found.run_id})
    print(f"{where}: {'the same tables' if same else 'OTHER tables than before'}")
    if not same:
        was = found.result.run.get("source"), found.result.run["versions"]
        print(f"it was run from {was[0]} with {was[1]}", file=sys.stderr)
    return DONE if same else TROUBLE
