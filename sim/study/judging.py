"""From finished replications to KPIs and a verdict, a few pairs in memory at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.study.astray import led_astray
from sim.study.comparison import ARMS, BASELINE, Comparison
from sim.study.executors import Failed
from sim.study.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from sim.tables import Packed

CHUNK = 30
"""[pairs] read together"""
LONG_WAIT_S = 300.0
"""[s] waiting outside for so long means that the street does not admit the demand [assumption]"""


@dataclass(frozen=True)
class FailedReplication:
    """A replication that gave no usable record, and why."""

    arm: str
    replication: int
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Replications:
    """The first `pairs` replications of both arms of a comparison, in a store; `failed` are those without a record."""

    comparison: Comparison
    pairs: int
    store: Store
    failed: Mapping[tuple[str, int], Failed]

    def record(self, arm: str, replication: int) -> "Packed | None":
        """Return a replication's record, if there is one; raises FileNotFoundError if the store has lost it."""
        if (arm, replication) in self.failed:
            return None
        key = self.comparison.task(arm, replication).key
        found = self.store.get(key)
        if found is None:
            raise FileNotFoundError(2, "a finished replication is gone", str(self.store.folder / key))
        return found

    def rows(
        self, table: str, arm: str, replications: Sequence[int], columns: Sequence[str] | None = None
    ) -> list[Any]:
        """Return Arrow tables of an arm, one for each replication that has a record."""
        keys = {"arm": arm, "scenario": self.comparison.world(arm).name}
        found = [(i, self.record(arm, i)) for i in replications]
        return [r.rows(table, {**keys, "replication": i}, columns) for i, r in found if r is not None]

    def chunks(self) -> Iterator[range]:
        """Yield the numbers of the pairs, some at a time."""
        for start in range(0, self.pairs, CHUNK):
            yield range(start, min(start + CHUNK, self.pairs))

    def table(self, name: str) -> Iterator[Any]:
        """Yield "trips" or "series" of both arms in Arrow tables, one below the other: first the whole baseline."""
        import pyarrow as pa

        some = False
        for arm in ARMS:
            for chunk in self.chunks():
                if rows := self.rows(name, arm, chunk):
                    some = True
                    yield pa.concat_tables(rows)
        if not some:
            yield _nobody(name)

    def families(self) -> "pd.DataFrame":
        """Return what figures need of the families' trips: whether they are measured, and where they stopped."""
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = ("kind", "measured", "stop")
        parts = [
            pa.concat_tables(r.filter(pc.equal(r["kind"], "family")) for r in rows)
            for arm in ARMS
            for chunk in self.chunks()
            if (rows := self.rows("trips", arm, chunk, wanted))
        ]
        return _frame(parts) if parts else self.frame("trips")

    def frame(self, name: str) -> "pd.DataFrame":
        """Return "trips" or "series" of both arms as one table in memory."""
        return _frame(list(self.table(name)))


@dataclass(frozen=True)
class Study:
    """What a study found: the content of `verdict.json`, and tables with a row for each KPI, traveller or moment.

    Their columns `arm`, `scenario` and `replication` say where a row comes from; sim.records and sim.kpi tell the
    others; `changes` tells who gains and who loses (sim.kpi.changes). `trips` and `series` are read when they are asked
    for. `facts` are counts and sums of each arm, on average over its replications (sim.records.Record). `folder` is
    where the result was written, if anywhere.
    """

    verdict: dict[str, Any]
    kpis: "pd.DataFrame"
    changes: "pd.DataFrame"
    failures: tuple[FailedReplication, ...]
    warnings: tuple[str, ...]
    facts: dict[str, dict[str, float]]
    replications: Replications
    folder: Path | None = None

    @cached_property
    def trips(self) -> "pd.DataFrame":
        """Return one row per traveller."""
        return self.replications.frame("trips")

    @cached_property
    def series(self) -> "pd.DataFrame":
        """Return one row per moment."""
        return self.replications.frame("series")

    @property
    def decided(self) -> bool:
        """Return whether more pairs could change no verdict: each target is decided, or something failed."""
        open_ = ("interval", "budget")
        return not any(t["headline"] and t["reason"] in open_ for t in self.verdict["targets"])


def judged(
    comparison: Comparison, look: int, store: Store, failed: Mapping[tuple[str, int], Failed] | None = None
) -> Study:
    """Return what is found at a comparison's checkpoint number `look`; raises OSError if a record cannot be read."""
    import pandas as pd

    from sim.kpi import TravellerChanges, Worlds, joined, unfinished_travellers, worlds_rows
    from sim.verdict import Look, verdict_json

    pairs = comparison.checkpoints[look]
    of = Replications(comparison, pairs, store, dict(failed or {}))
    books = _Books(of)
    void = {f.replication for f in books.failures}
    parts, stuck, waits, changes = [], [], [], TravellerChanges()
    for chunk in of.chunks():
        before, after = (_frame(of.rows("trips", arm, chunk) or [_nobody("trips")]) for arm in ARMS)
        waits.append(_waits(pd.concat([before, after])))
        before, after = before.drop(columns="arm"), after.drop(columns="arm")
        worlds = Worlds(before, after)
        parts.append(worlds_rows(worlds, books.window))
        stuck.append(unfinished_travellers(before=before, after=after))
        sound = void.isdisjoint(chunk)
        changes.add(worlds if sound else Worlds(*(t[~t["replication"].isin(void)] for t in (before, after))))
    kpis = joined(parts)
    verdict = verdict_json(
        kpis,
        baseline=comparison.baseline.name,
        scenario=comparison.scenario.name,
        targets=comparison.scenario.targets,
        replications=pairs,
        failures=books.failures,
        unfinished=pd.concat(stuck, ignore_index=True),
        look=Look(comparison.checkpoints, look, comparison.family),
    )
    warnings = (*led_astray(books.facts), *_overloads(pd.concat(waits)), *_cut_off(*books.cut_off))
    return Study(verdict, kpis, changes.table(), books.failures, warnings, books.facts, of)


class _Books:
    """What is read of every record before any KPI: M2's half hour, failures, and the facts' means."""

    def __init__(self, of: Replications) -> None:
        from sim.kpi import GateMinutes

        minutes, failures = GateMinutes(), []
        sums: dict[str, dict[str, float]] = {}
        counts = dict.fromkeys(ARMS, 0)
        for arm in ARMS:
            for i in range(of.pairs):
                record = of.record(arm, i)
                if record is None:
                    lost = of.failed[arm, i]
                    failures.append(FailedReplication(arm, i, lost.reason, lost.detail))
                    continue
                if record.failure is not None:
                    failures.append(FailedReplication(arm, i, record.failure))
                if arm == BASELINE:
                    minutes.add(record.rows("trips", {}, minutes.COLUMNS).to_pandas())
                counts[arm] += 1
                total = sums.setdefault(arm, dict.fromkeys(record.facts, 0.0))
                for name in total:
                    total[name] += record.facts[name]
        self.window = minutes.worst()
        self.cut_off = minutes.cut_off()
        self.failures = tuple(failures)
        self.facts = {
            arm: {name: round(total / counts[arm], 6) for name, total in sums.get(arm, {}).items()} for arm in ARMS
        }


def _frame(tables: Sequence[Any]) -> "pd.DataFrame":
    import pyarrow as pa

    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame


def _nobody(table: str) -> Any:
    """Return the table of a replication in which nobody is."""
    from sim.records import Record
    from sim.tables import Packed, pack

    return Packed(pack(Record(trips={}, series={}))).rows(table, {"arm": "", "scenario": "", "replication": 0})


def _waits(trips: "pd.DataFrame") -> "pd.Series[float]":
    """Return the longest wait outside [s] by entry, arm and replication."""
    waited = trips["entered_s"] - trips["scheduled_s"]
    return waited.groupby([trips["entry"], trips["arm"], trips["replication"]]).max()


def _overloads(longest: "pd.Series[float]") -> Iterator[str]:
    """Yield a warning for each entry before which somebody waited long, the longest wait first."""
    for entry, found in sorted(longest.groupby(level="entry"), key=lambda each: -each[1].max()):
        if found.max() <= LONG_WAIT_S:
            return
        counts = found[found > LONG_WAIT_S].groupby(level="arm").size()
        often = {arm: "once" if counts[arm] == 1 else f"{counts[arm]} times" for arm in ARMS if arm in counts}
        where = ", ".join(f"{times} in the {arm}" for arm, times in often.items())
        yield (
            f"demand is larger than the street admits: vehicles wait up to {found.max() / 60:.0f} min before {entry} "
            f"(over {LONG_WAIT_S / 60:.0f} min {where})"
        )


def _cut_off(begins: bool, ends: bool) -> Iterator[str]:
    """Yield a warning for each end of the measured window that the worst half hour touches."""
    if begins:
        yield (
            "M2's worst half hour begins where the measured window does: the jam may be worse before; "
            "let demand.window.measured_from be earlier"
        )
    if ends:
        yield (
            "M2's worst half hour ends where the measured window does: the jam may be worse after; "
            "let demand.window.measured_to be later"
        )
