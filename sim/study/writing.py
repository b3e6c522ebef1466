"""What a study leaves behind: tables, verdict, and what it takes to make them again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import __version__
from sim.scenario.scenario import Scenario
from sim.study import provenance
from sim.study.folder import FILMS, MARK, PROGRAM, appearing, write_json

if TYPE_CHECKING:
    from sim.records import Record
    from sim.study.study import Study


def write_film(record: "Record", folder: Path) -> "Record":
    """Write a record's film into a new folder, and return the record without it; raises OSError."""
    from sim import tables

    assert record.film is not None
    folder.mkdir(parents=True)
    tables.write_film(record.film, folder, {"dropoff.version": __version__})
    write_json(folder / "map.json", record.film.map, indent=None)
    return replace(record, film=None)


def write_study(
    study: "Study",
    out: Path,
    facts: dict[str, Any],
    arms: dict[str, Scenario],
    finish: Callable[["Study", Path], object],
    films: Path | None,
) -> "Study":
    """Write the folder whole or not at all, films moved in, and return the study with its folder; raises OSError."""
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
        if films is not None:
            films.rename(folder / FILMS)
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
