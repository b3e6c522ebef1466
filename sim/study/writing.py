"""What a study leaves behind: tables, verdict, and what it takes to make them again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.study import provenance
from sim.study.comparison import ARMS
from sim.study.folder import FILMS, MARK, PROGRAM, appearing, write_json
from sim.study.judging import Study
from sim.study.task import plain

if TYPE_CHECKING:
    import pandas as pd


TABLES = ("runs", "kpis", "changes", "trips", "series")
"""Each a file of its own in a result's folder."""
RUN_ID_LETTERS = 16
"""Of a replication's key, by which it is called; two that differ share them once in 10^19 pairs."""


def write_study(
    study: Study, out: Path, facts: dict[str, Any], finish: Callable[[Study, Path], object], films: Path | None = None
) -> Study:
    """Write the folder whole or not at all, films moved in, and return the study with its folder; raises OSError."""
    from sim.tables import write_rows, write_table

    comparison = study.replications.comparison
    configuration = {arm: plain(comparison.world(arm)) for arm in ARMS}
    made_from = {arm: provenance.sha256(told) for arm, told in configuration.items()}
    versions = provenance.versions()
    metadata = {f"dropoff.{arm}.sha256": digest for arm, digest in made_from.items()}
    metadata |= {"dropoff.version": versions["dropoff"], "dropoff.seed": str(comparison.seed)}
    with appearing(out) as folder:
        frames = {"runs": runs_table(study), "kpis": study.kpis, "changes": study.changes}
        for name in TABLES:
            file = folder / f"{name}.parquet"
            if name in frames:
                write_table(frames[name], file, metadata)
            else:
                write_rows(study.replications.table(name), file, metadata)
        write_json(folder / "verdict.json", study.verdict)
        if films is not None:
            films.rename(folder / FILMS)
        written = replace(study, folder=out)
        finish(written, folder)
        run = {
            "schema": 1,
            "program": PROGRAM,
            "baseline": comparison.baseline.name,
            "scenario": comparison.scenario.name,
            "replications": study.replications.pairs,
            "checkpoints": list(comparison.checkpoints),
            "seed": comparison.seed,
            **facts,
            "source": provenance.source_state(),
            "versions": versions,
            "made_from": made_from,
            "warnings": list(study.warnings),
            "facts": study.facts,
            "failures": [vars(f) for f in study.failures],
            "configuration": configuration,
        }
        write_json(folder / MARK, run)
    return written


def runs_table(study: Study) -> "pd.DataFrame":
    """Return one row per replication and arm: its `run_id`, which makes it again, and what became of it."""
    import pandas as pd

    of = study.replications
    failed = {(f.arm, f.replication): " ".join(f.reason.split()) for f in study.failures}
    rows = [
        {
            "run_id": of.comparison.task(arm, i).key[:RUN_ID_LETTERS],
            "arm": arm,
            "scenario": of.comparison.world(arm).name,
            "replication": i,
            "seed": of.comparison.seed,
            "failure": failed.get((arm, i), ""),
        }
        for arm in ARMS
        for i in range(of.pairs)
    ]
    return pd.DataFrame(rows).astype({"replication": "int64", "seed": "int64"})
