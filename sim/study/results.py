"""What lies in the folders of results: finding, reading, and making a replication again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.scenario.faults import BadInput, Fault, near_miss
from sim.scenario.scenario import Scenario
from sim.study.folder import MARK, PROGRAM, SENSITIVITY, SWEEP, read_json

if TYPE_CHECKING:
    import pandas as pd

    from sim.records import Record

DEPTH = 3
"""Folders below each other that are searched: results/sweeps/NAME/COMPARISON."""
SHORTEST_ID = 6
"""[letters] of a run_id that must be told"""


@dataclass(frozen=True)
class Result:
    """A folder that `run_study`, `run_sweep` or `write_sensitivity` wrote; `run` is the content of its `run.json`."""

    folder: Path
    run: dict[str, Any]

    @property
    def is_sweep(self) -> bool:
        """Return whether it holds many comparisons."""
        return self.run.get("kind") == SWEEP

    @property
    def is_sensitivity(self) -> bool:
        """Return whether it tells which assumptions a verdict hangs on, and has none itself."""
        return self.run.get("kind") == SENSITIVITY

    def verdict(self) -> dict[str, Any]:
        """Return the content of `verdict.json`; raises BadInput if there is none."""
        found = read_json(self.folder / "verdict.json")
        if found is None or "targets" not in found:
            raise BadInput(Fault(str(self.folder / "verdict.json"), "no verdict", "the verdict of a finished run"))
        return found

    def comparisons(self) -> list["Result"]:
        """Return the comparisons of a sweep that are finished, in the order declared; of a run: itself."""
        if self.is_sensitivity:
            return []
        if not self.is_sweep:
            return [self]
        found = (_result(self.folder / name) for name in self.run["comparisons"])
        return [each for each in found if each is not None]

    def table(self, name: str) -> "pd.DataFrame":
        """Return "runs", "kpis", "trips", "indices" or another one; raises BadInput if it cannot be read."""
        from sim.tables import read_table

        file = self.folder / f"{name}.parquet"
        try:
            return read_table(file)
        except (OSError, ValueError) as error:
            raise BadInput(Fault(str(file), f"no table ({type(error).__name__})", "a table of results")) from None


def result_in(folder: Path) -> Result:
    """Return the result in a folder; raises BadInput if there is none."""
    found = _result(folder)
    if found is None:
        above = [str(r.folder) for r in results_below(folder.parent)] if folder.parent.is_dir() else []
        raise BadInput(Fault(str(folder), "no result", "a folder that dropoff wrote", near_miss(str(folder), above)))
    return found


@contextmanager
def as_written(*results: Result) -> Iterator[None]:
    """Tell as BadInput that within the block something was missing from results, or was of another kind.

    They are read key by key, and what an older version wrote, or somebody deleted by half, has not all of the keys.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        where = " or ".join(str(result.folder) for result in results)
        found = "a result that is damaged, or of another version of dropoff"
        raise BadInput(Fault(where, found, "a whole result of this version: run it again")) from None


def results_below(folder: Path, depth: int = DEPTH) -> Iterator[Result]:
    """Yield the results in a folder and below, by name; a sweep's comparisons belong to it, and are not told again."""
    if (found := _result(folder)) is not None:
        yield found
    elif depth and folder.is_dir():
        for each in sorted(folder.iterdir()):
            if each.is_dir() and not each.name.startswith("."):
                yield from results_below(each, depth - 1)


def _result(folder: Path) -> Result | None:
    """Return the result in a folder, if there is one of a kind that is known here."""
    run = read_json(folder / MARK)
    is_one = run is not None and run.get("program") == PROGRAM and run.get("kind", SWEEP) in (SWEEP, SENSITIVITY)
    return Result(folder, run) if run is not None and is_one else None


@dataclass(frozen=True)
class Found:
    """A replication that was run: in which result, and its row in the table of runs."""

    result: Result
    run_id: str
    arm: str
    replication: int
    seed: int

    def world(self) -> Scenario:
        """Return the world that it was run in; raises BadInput if this version of dropoff cannot read it."""
        from sim.study.task import from_plain

        try:
            return from_plain(self.result.run["configuration"][self.arm])
        except (KeyError, ValidationError):
            version = self.result.run.get("versions", {}).get("dropoff")
            where = f"{self.result.folder / MARK}: configuration.{self.arm}"
            raise BadInput(Fault(where, f"a world of dropoff {version}", "one that this version can read")) from None

    def trips(self) -> "pd.DataFrame":
        """Return its rows of the table of trips."""
        return self._rows("trips")

    def series(self) -> "pd.DataFrame":
        """Return its rows of the table of moments."""
        return self._rows("series")

    def _rows(self, name: str) -> "pd.DataFrame":
        table = self.result.table(name)
        mine = table["arm"].eq(self.arm) & table["replication"].eq(self.replication)
        return table[mine].reset_index(drop=True)


def find_run(run_id: str, below: Path) -> Found:
    """Return the replication with this `run_id`, or the only one that begins so; raises BadInput."""
    if len(run_id) < SHORTEST_ID:
        raise BadInput(Fault("run_id", run_id or "nothing", f"at least the first {SHORTEST_ID} letters of one"))
    matches: dict[str, Found] = {}
    for result in results_below(below):
        for one in result.comparisons():
            try:
                with as_written(one):
                    runs = one.table("runs")
                    columns = runs.loc[runs["run_id"].str.startswith(run_id), ["run_id", "arm", "replication", "seed"]]
            except BadInput:
                continue
            for name, arm, replication, seed in columns.to_numpy().tolist():
                matches.setdefault(name, Found(one, name, arm, replication, seed))
    if len(matches) != 1:
        told = f"{len(matches)} replications that begin so" if matches else "no such replication"
        raise BadInput(Fault(f"run_id {run_id}", told, f"a run_id in a table runs.parquet below {below}"))
    return next(iter(matches.values()))


def rerun(found: Found) -> tuple["Record", bool]:
    """Simulate a replication again; return its record, and whether the tables are the same as they were."""
    from sim.model import simulate
    from sim.tables import Packed, pack

    with as_written(found.result):
        old = {"trips": found.trips(), "series": found.series()}
    record = simulate(found.world(), seed=found.seed, replication=found.replication)
    packed = Packed(pack(record))
    keys: dict[str, str | int] = {"arm": found.arm, "scenario": found.world().name, "replication": found.replication}
    new = {name: packed.rows(name, keys).to_pandas() for name in ("trips", "series")}
    return record, all(new[name].equals(old[name]) for name in new)
