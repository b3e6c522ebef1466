"""What a study leaves behind: tables, verdict, and what it takes to make them again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.scenario.scenario import Scenario
from sim.study import provenance
from sim.study.folder import MARK, PROGRAM, appearing, write_json

if TYPE_CHECKING:
    from sim.study.study import Study


def write_study(
    study: "Study",
    out: Path,
    facts: dict[str, Any],
    arms: dict[str, Scenario],
    finish: Callable[["Study", Path], object],
) -> "Study":
    """Write the folder whole or not at all, and return the study with its folder; raises OSError."""
    from sim.tables import write_table

    configuration = {arm: provenance.plain(scenario) for arm, scenario in arms.items()}
    made_from = {arm: provenance.sha256(told) for arm, told in configuration.items()}
    versions = provenance.versions()
    metadata = {f"dropoff.{arm}.sha256": digest for arm, digest in made_from.items()}
    metadata |= {"dropoff.version": versions["dropoff"], "dropoff.seed": str(facts["seed"])}
    with appearing(out) as folder:
        for name, table in (("kpis", study.kpis), ("trips", study.trips), ("series", study.series)):
            write_table(table, folder / f"{name}.parquet", metadata)
        write_json(folder / "verdict.json", study.verdict)
        written = replace(study, folder=out)
        finish(written, folder)
        run = {
            "schema": 1,
            "program": PROGRAM,
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
