"""One study: two arms, paired replications, tables and a verdict."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from sim.scenario.faults import BadInput, Fault
from sim.scenario.scenario import Scenario
from sim.study.folder import beside, check_free
from sim.study.pool import Failed, cores, outcomes
from sim.study.progress import Tell, shown, silent
from sim.study.provenance import file_hashes
from sim.study.writing import write_film, write_study

if TYPE_CHECKING:
    import pandas as pd

    from sim.records import Record

LONG_WAIT_S = 300.0
"""[s] waiting outside for so long means that the street does not admit the demand [assumption]"""
MOST_REPLICATIONS, MOST_WORKERS, MOST_SEED = 100_000, 1_024, 2**63 - 1
BASELINE, SCENARIO = ARMS = ("baseline", "scenario")


@dataclass(frozen=True)
class FailedReplication:
    """A replication that gave no usable record, and why."""

    arm: str
    replication: int
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Study:
    """What a study found: the content of `verdict.json`, and tables with a row for each KPI, traveller or moment.

    Their columns `arm`, `scenario` and `replication` say where a row comes from; sim.records and sim.kpi tell the
    others. `facts` are counts and sums of each arm, on average over its replications (sim.records.Record). `folder` is
    where the result was written, if anywhere.
    """

    verdict: dict[str, Any]
    kpis: "pd.DataFrame"
    trips: "pd.DataFrame"
    series: "pd.DataFrame"
    failures: tuple[FailedReplication, ...]
    warnings: tuple[str, ...]
    facts: dict[str, dict[str, float]]
    folder: Path | None


def run_study(
    scenario: Scenario,
    baseline: Scenario,
    *,
    replications: int = 20,
    seed: int = 1,
    workers: int | None = None,
    out: Path | str | None = None,
    record: bool | int = False,
    progress: bool | Tell = False,
    inputs: Sequence[Path] = (),
    finish: Callable[[Study, Path], object] | None = None,
) -> Study:
    """Simulate both arms `replications` times with the same people in each pair, and judge the targets.

    With `out` the result is written there, whole or not at all; `finish` may add to that folder before it appears.
    `record` writes where everybody was, once a second, into `films/`: of all pairs (True) or of one (its number).
    `inputs` are files whose hashes go into `run.json`. `workers` processes do it (default: all cores); the result
    does not depend on their number. A script that asks for more than one must start below
    `if __name__ == "__main__":`. Raises BadInput if the arms share not the same site and contexts or a number is
    out of range, and OSError if `out` cannot be written.
    """
    workers = cores() if workers is None else workers
    _check(scenario, baseline, replications, workers, seed)
    filmed = _filmed(record, replications, out)
    if out is not None:
        check_free(Path(out))
    started, start = datetime.now(UTC), monotonic()
    hashes = file_hashes(inputs)
    arms = _resolved(scenario, baseline)
    showing = shown() if progress is True else nullcontext(progress or silent)
    with beside(Path(out)) if out is not None and filmed else nullcontext() as films:
        with showing as tell:
            records, failures = _simulated(arms, replications, seed, workers, tell, filmed, films)
        study = _judged(arms, records, failures, replications)
        if out is None:
            return study
        facts = {
            "baseline": baseline.name,
            "scenario": scenario.name,
            "replications": replications,
            "seed": seed,
            "workers": workers,
            "started": started.isoformat(timespec="seconds"),
            "wall_s": round(monotonic() - start, 3),
            "inputs": hashes,
            "filmed": sorted(filmed),
        }
        return write_study(study, Path(out), facts, arms, finish or (lambda study, folder: None), films)


def _check(scenario: Scenario, baseline: Scenario, replications: int, workers: int, seed: int) -> None:
    faults = [
        Fault(name, str(found), f"a whole number from {least} to {most}")
        for name, found, least, most in (
            ("replications", replications, 1, MOST_REPLICATIONS),
            ("workers", workers, 1, MOST_WORKERS),
            ("seed", seed, 0, MOST_SEED),
        )
        if not least <= found <= most
    ]
    pair = f"{scenario.name} against {baseline.name}"
    if scenario.site != baseline.site:
        sites = f"the sites {scenario.site.name} and {baseline.site.name}"
        same = "" if scenario.site.name != baseline.site.name else ", which differ though they share the name"
        faults.append(Fault(pair, sites + same, "one site, shared by both arms: only interventions may differ"))
    if scenario.contexts != baseline.contexts:
        found = " and ".join(str(list(s.contexts)) for s in (scenario, baseline))
        faults.append(Fault(pair, f"the contexts {found}", "the same contexts in both arms"))
    if faults:
        raise BadInput(*faults)


def _filmed(record: bool | int, replications: int, out: Path | str | None) -> frozenset[int]:
    """Return the pairs of which a film is made."""
    if record is False:
        return frozenset()
    if out is None:
        raise BadInput(Fault("record", str(record), "a folder `out` to put the films into"))
    if record is not True and not (isinstance(record, int) and 0 <= record < replications):
        raise BadInput(Fault("record", str(record), f"true, false, or the number of a pair, 0 to {replications - 1}"))
    return frozenset(range(replications)) if record is True else frozenset([record])


def _resolved(scenario: Scenario, baseline: Scenario) -> dict[str, Scenario]:
    """Return both arms with their interventions applied; raises the faults of both together."""
    from sim.interventions import resolve

    arms: dict[str, Scenario] = {}
    faults: list[Fault] = []
    for arm, given in ((BASELINE, baseline), (SCENARIO, scenario)):
        try:
            arms[arm] = resolve(given)
        except BadInput as bad:
            faults += bad.faults
    if faults:
        raise BadInput(*faults)
    return arms


def _replication(
    scenario: Scenario, seed: int, replication: int, film: Path | None
) -> "Record | tuple[Fault, ...] | OSError":
    """Simulate once, in whatever process this is, and write the film into a new folder, if there is to be one."""
    from sim.model import simulate

    try:
        record = simulate(scenario, seed=seed, replication=replication, filmed=film is not None)
        return record if film is None else write_film(record, film)
    except BadInput as bad:
        return bad.faults
    except OSError as error:
        return error


def _simulated(
    arms: dict[str, Scenario],
    replications: int,
    seed: int,
    workers: int,
    tell: Tell,
    filmed: frozenset[int],
    films: Path | None,
) -> tuple[dict[tuple[str, int], "Record"], tuple[FailedReplication, ...]]:
    """Return the records in the order of arms and replications, whatever the order they came in, and the failures."""
    keys = [(arm, i) for i in range(replications) for arm in ARMS]
    found: dict[tuple[str, int], Record | Failed] = {}
    tell(0, len(keys))
    tasks = [(arms[arm], seed, i, films / str(i) / arm if films and i in filmed else None) for arm, i in keys]
    with closing(outcomes(_replication, tasks, workers)) as answers:
        for task, outcome in answers:
            if isinstance(outcome, tuple):
                raise BadInput(*outcome)
            if isinstance(outcome, OSError):
                raise outcome
            found[keys[task]] = outcome
            tell(len(found), len(keys))
    records, failures = {}, []
    for arm, i in sorted(keys):
        outcome = found[arm, i]
        if isinstance(outcome, Failed):
            failures.append(FailedReplication(arm, i, outcome.reason, outcome.detail))
            continue
        records[arm, i] = outcome
        if outcome.failure is not None:
            failures.append(FailedReplication(arm, i, outcome.failure))
    return records, tuple(failures)


def _overloads(trips: "pd.DataFrame") -> Iterator[str]:
    """Yield a warning for each entry before which somebody waited long, the longest wait first."""
    waited = (trips["entered_s"] - trips["scheduled_s"]).groupby([trips["entry"], trips["arm"], trips["replication"]])
    longest = waited.max()
    for entry, found in sorted(longest.groupby(level="entry"), key=lambda each: -each[1].max()):
        if found.max() <= LONG_WAIT_S:
            return
        counts = found[found > LONG_WAIT_S].groupby(level="arm").size()
        where = ", ".join(f"{counts[arm]} times in the {arm}" for arm in ARMS if arm in counts)
        yield (
            f"demand is larger than the street admits: vehicles wait up to {found.max() / 60:.0f} min before {entry} "
            f"(over {LONG_WAIT_S / 60:.0f} min {where})"
        )


def _judged(
    arms: dict[str, Scenario],
    records: dict[tuple[str, int], "Record"],
    failures: tuple[FailedReplication, ...],
    replications: int,
) -> Study:
    """Return the tables and the verdict."""
    from sim.kpi import kpi_table, unfinished_travellers
    from sim.tables import series_table, trips_table
    from sim.verdict import verdict_json

    trips, series = _collected(trips_table, arms, records), _collected(series_table, arms, records)
    before, after = (trips[trips["arm"] == arm].drop(columns="arm") for arm in ARMS)
    kpis = kpi_table(before=before, after=after)
    verdict = verdict_json(
        kpis,
        baseline=arms[BASELINE].name,
        scenario=arms[SCENARIO].name,
        targets=arms[SCENARIO].targets,
        replications=replications,
        failures=failures,
        unfinished=unfinished_travellers(before=before, after=after),
    )
    facts = {arm: _mean_facts([record for (of, _), record in records.items() if of == arm]) for arm in ARMS}
    return Study(verdict, kpis, trips, series, failures, tuple(_overloads(trips)), facts, None)


def _mean_facts(records: Sequence["Record"]) -> dict[str, float]:
    """Return each fact's mean over the records."""
    names = records[0].facts if records else {}
    return {name: round(sum(r.facts[name] for r in records) / len(records), 6) for name in names}


def _collected(
    table: Callable[..., "pd.DataFrame"], arms: dict[str, Scenario], records: dict[tuple[str, int], "Record"]
) -> "pd.DataFrame":
    """Return the tables of all records below each other, with the arm in front."""
    import pandas as pd

    from sim.records import Record

    parts = [
        table(record, scenario=arms[arm].name, replication=i).assign(arm=arm) for (arm, i), record in records.items()
    ]
    parts = parts or [table(Record(trips={}, series={}), scenario="", replication=0).assign(arm="")]
    whole = pd.concat(parts, ignore_index=True)
    whole.insert(0, "arm", whole.pop("arm"))
    return whole
