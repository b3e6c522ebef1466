"""Many comparisons as one study: what is missing is run, each result has its folder, a table holds the verdicts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.scenario.faults import BadInput, Fault
from sim.scenario.files import clear_drafts
from sim.study.astray import ADVICE, all_led_astray
from sim.study.declared import Cell
from sim.study.executors import Executor
from sim.study.folder import MARK, PROGRAM, SWEEP, behind_links, check_free, read_json, write_json
from sim.study.judging import Study
from sim.study.progress import Tell, shown, silent
from sim.study.provenance import file_hashes, sha256, source_state, versions
from sim.study.running import run_all
from sim.study.store import Store
from sim.study.task import program
from sim.study.writing import TABLES, write_study

if TYPE_CHECKING:
    import pandas as pd

VERDICTS = "verdicts.parquet"


@dataclass(frozen=True)
class FailedTask:
    """What went wrong in a sweep: the comparison, its values, the replication (None: the whole), and why."""

    label: str
    values: dict[str, Any]
    replication: str | None
    reason: str


@dataclass(frozen=True)
class Sweep:
    """What a sweep found: a row per comparison and target (see `_verdict_table`), what failed, and warnings."""

    verdicts: "pd.DataFrame"
    failures: tuple[FailedTask, ...]
    warnings: tuple[str, ...]
    folder: Path


def run_sweep(
    cells: Sequence[Cell],
    *,
    title: str,
    out: Path,
    executor: Executor,
    store: Path | None = None,
    progress: bool | Tell = False,
    inputs: Sequence[Path] = (),
) -> Sweep:
    """Run the comparisons of a study that are not in `out` yet, and write verdicts and failures there.

    Each comparison has a folder like that of `run_study`, which appears when it is judged; finished replications are
    kept in `store`. So whatever stops a sweep, the same call goes on from there. What fails harms nothing else. Raises
    BadInput if `out` is something else, and OSError if something cannot be written.
    """
    check_free(out)
    out = behind_links(out)
    first = {cell.folder: cell for cell in reversed(cells)}
    if len(first) < len(cells):
        again = next(cell for cell in cells if first[cell.folder] is not cell)
        raise BadInput(Fault("study", f"{again.label} twice, or two names like it", "comparisons that differ by name"))
    kept = Store.temporary() if store is None else Store.opened(store)
    started, hashes = datetime.now(UTC), file_hashes(inputs)
    out.mkdir(parents=True, exist_ok=True)
    clear_drafts(out)
    facts: dict[str, Any] = {
        "schema": 1,
        "program": PROGRAM,
        "kind": SWEEP,
        "title": title,
        "started": started.isoformat(timespec="seconds"),
        "comparisons": {cell.folder: {"label": cell.label, "values": dict(cell.values)} for cell in cells},
        "inputs": hashes,
        "source": source_state(),
        "versions": versions(),
    }
    write_json(out / MARK, {**facts, "finished": None})
    verdicts: dict[int, dict[str, Any]] = {}
    failures: dict[int, list[FailedTask]] = {}
    for n, cell in enumerate(cells):
        if (verdict := _finished(cell, out)) is not None:
            verdicts[n] = verdict
            failures[n] = _void(cell, verdict)
    todo = [n for n in range(len(cells)) if n not in verdicts]

    def done(number: int, found: Study | BadInput) -> None:
        n = todo[number]
        cell = cells[n]
        if isinstance(found, BadInput):
            failures[n] = [FailedTask(cell.label, dict(cell.values), None, str(fault)) for fault in found.faults]
            return
        told = {"identity": _identity(cell), "values": dict(cell.values), "inputs": hashes}
        write_study(found, out / cell.folder, told, lambda study, folder: None)
        verdicts[n] = found.verdict
        failures[n] = _void(cell, found.verdict)

    showing = shown() if progress is True else nullcontext(progress or silent)
    with showing as tell:
        run_all([cells[n].comparison for n in todo], kept, executor, done, tell=tell)
    from sim.verdict import with_holm

    judged = sorted(verdicts)
    family = with_holm([verdicts[n] for n in judged]) if judged else []
    table = _verdict_table([(cells[n], verdict) for n, verdict in zip(judged, family, strict=True)])
    failed = tuple(each for n in sorted(failures) for each in failures[n])
    from sim.tables import write_table

    write_table(table, out / VERDICTS, {"dropoff.version": facts["versions"]["dropoff"]})
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    books = {cells[n].label: read_json(out / cells[n].folder / MARK) or {} for n in judged}
    astray = all_led_astray({label: book.get("facts", {}) for label, book in books.items()})
    warnings = (*astray, *all_warned({label: book.get("warnings", ()) for label, book in books.items()}))
    told = {"warnings": list(warnings), "failures": [vars(each) for each in failed]}
    write_json(out / MARK, {**facts, "finished": finished, **told})
    return Sweep(table, failed, warnings, out)


def all_warned(told: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield one line for each kind of warning of several comparisons, by their labels; of who was led astray, none."""
    kinds: dict[str, dict[str, str]] = {}
    for label, lines in told.items():
        for line in lines:
            if ADVICE not in line:
                kinds.setdefault(line.partition(":")[0], {}).setdefault(label, line)
    for found in kinds.values():
        label, line = next(iter(found.items()))
        yield f"{label} ({len(found)} of {len(told)} comparisons are like this): {line}"


def _finished(cell: Cell, out: Path) -> dict[str, Any] | None:
    """Return the verdict of a comparison that is there as it would be written now, without an error to be retried."""
    folder = out / cell.folder
    run, verdict = read_json(folder / MARK), read_json(folder / "verdict.json")
    whole = all((folder / f"{name}.parquet").is_file() for name in TABLES)
    if run is None or verdict is None or not whole or run.get("identity") != _identity(cell):
        return None
    return None if any(f["detail"] for f in run["failures"]) else verdict


def _identity(cell: Cell) -> str:
    """Return the hash of all that the comparison's folder follows from, the program included."""
    return sha256([*cell.comparison.identity(), program()])


def _void(cell: Cell, verdict: dict[str, Any]) -> list[FailedTask]:
    """Return the failed replications of a comparison."""
    return [
        FailedTask(cell.label, dict(cell.values), f"{f['arm']}, replication {f['replication']}", f["reason"])
        for f in verdict["failed_replications"]
    ]


def _verdict_table(found: Sequence[tuple[Cell, dict[str, Any]]]) -> "pd.DataFrame":
    """Return a row per comparison and target that applies to such a site, its columns `TYPES` and `set.KEY` (str)."""
    import pandas as pd

    rows = [
        {
            "comparison": cell.folder,
            **{f"set.{key}": str(value) for key, value in cell.values.items()},
            "seed": cell.comparison.seed,
            **{key: verdict[key] for key in VERDICT},
            **{key: entry[key] for key in ENTRY},
        }
        for cell, verdict in found
        for entry in verdict["targets"]
        if entry["headline"]
    ]
    table = pd.DataFrame(rows, columns=None if rows else list(TYPES))
    return table.astype({name: TYPES.get(name, "str") for name in table.columns})


VERDICT = {"scenario": "str", "baseline": "str", "replications": "int64", "failed": "int64", "unfinished": "int64"}
"""Of a verdict, with their types."""
ENTRY = {
    "pairs": "int64", "kpi": "str", "unit": "str", "before": "float64", "after": "float64", "reduction": "float64",
    "low": "float64", "high": "float64", "target": "float64", "verdict": "str", "reason": "str",
    "pairs_needed": "Int64", "p_value": "float64", "holm_p_value": "float64", "runs_for_mean": "Int64",
    "correlation": "float64", "saving": "float64", "saving_bound": "float64",
}  # fmt: skip
"""Of the elements of `targets` in a verdict, and Holm's p-value over the study; `pairs` are those that it rests on."""
TYPES = {"comparison": "str", "seed": "int64", **VERDICT, **ENTRY}
"""Whatever a study finds, its table has the same types, so that the tables of several can be joined."""
