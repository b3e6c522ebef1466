"""One study: two arms, paired replications, tables and a verdict."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from sim.scenario.faults import BadInput, Fault
from sim.scenario.scenario import Scenario
from sim.study.comparison import ARMS, Comparison, compared, unless_whole
from sim.study.executors import Executor, Local, cores
from sim.study.folder import beside, check_free
from sim.study.judging import Study
from sim.study.progress import Tell, shown, silent
from sim.study.provenance import file_hashes
from sim.study.running import run_all
from sim.study.store import Store
from sim.study.writing import write_study

MOST_WORKERS = 1_024


def run_study(
    scenario: Scenario,
    baseline: Scenario,
    *,
    replications: int = 20,
    checkpoints: Sequence[int] = (),
    seed: int = 1,
    workers: int | None = None,
    executor: Executor | None = None,
    store: Path | str | None = None,
    out: Path | str | None = None,
    record: bool | int = False,
    progress: bool | Tell = False,
    inputs: Sequence[Path] = (),
    finish: Callable[[Study, Path], object] | None = None,
) -> Study:
    """Simulate both arms `replications` times with the same people in each pair, and judge the targets.

    With `checkpoints` (numbers of pairs, increasing) it stops at the first one at which every target is decided.
    `workers` processes do it (default: all cores), or an `executor`; the result does not depend on either. Finished
    replications are kept in the folder `store`, if given, and never simulated again. With `out` the result is written
    there, whole or not at all; `finish` may add to that folder before it appears. `record` writes where everybody was,
    once a second, into `films/`: of all pairs (True) or of one (its number). `inputs` are files whose hashes go into
    `run.json`. A script that asks for more than one worker must start below `if __name__ == "__main__":`. Raises
    BadInput if the arms share not the same site and contexts or a number is out of range, and OSError if something
    cannot be written.
    """
    comparison = compared(scenario, baseline, seed=seed, replications=replications, checkpoints=tuple(checkpoints))
    executor = executor or Local(checked_workers(workers))
    filmed = _filmed(record, replications, out, executor)
    if out is not None:
        check_free(Path(out))
    kept = Store.temporary() if store is None else Store.opened(Path(store))
    started, start = datetime.now(UTC), monotonic()
    hashes = file_hashes(inputs)
    showing = shown() if progress is True else nullcontext(progress or silent)
    with beside(Path(out)) if out is not None and filmed else nullcontext() as films:
        wanted = {(arm, i): films / str(i) / arm for i in filmed for arm in ARMS} if films else {}
        with showing as tell:
            study = _found(comparison, kept, executor, tell, wanted)
        if out is None:
            return study
        facts = {
            "workers": getattr(executor, "workers", None),
            "started": started.isoformat(timespec="seconds"),
            "wall_s": round(monotonic() - start, 3),
            "inputs": hashes,
            "filmed": sorted(filmed),
        }
        return write_study(study, Path(out), facts, finish or (lambda study, folder: None), films)


def checked_workers(workers: int | None) -> int:
    """Return how many processes to use; raises BadInput for an absurd number."""
    workers = cores() if workers is None else workers
    if faults := unless_whole("workers", workers, 1, MOST_WORKERS):
        raise BadInput(*faults)
    return workers


def _filmed(record: bool | int, replications: int, out: Path | str | None, executor: Executor) -> frozenset[int]:
    """Return the pairs of which a film is made."""
    if record is False:
        return frozenset()
    if out is None:
        raise BadInput(Fault("record", str(record), "a folder `out` to put the films into"))
    if not isinstance(executor, Local):
        raise BadInput(Fault("record", str(record), "executor=local: films are written on this machine"))
    if record is not True and not (isinstance(record, int) and 0 <= record < replications):
        raise BadInput(Fault("record", str(record), f"true, false, or the number of a pair, 0 to {replications - 1}"))
    return frozenset(range(replications)) if record is True else frozenset([record])


def _found(
    comparison: Comparison, store: Store, executor: Executor, tell: Tell, films: dict[tuple[str, int], Path]
) -> Study:
    """Run the comparison alone."""
    found: list[Study | BadInput] = []
    run_all([comparison], store, executor, lambda _, study: found.append(study), tell=tell, films=films)
    (study,) = found
    if isinstance(study, BadInput):
        raise study
    return study
