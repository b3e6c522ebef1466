"""What a sensitivity study leaves behind: two tables, a figure, what it takes to make them again; and its lines."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sim import __version__
from sim.report.indices import draw_indices
from sim.sensitivity.design import COLUMNS
from sim.sensitivity.run import Sensitivity
from sim.study import provenance
from sim.study.folder import MARK, PROGRAM, appearing, write_json
from sim.tables import write_table

LISTED = 20
"""Failed points told on the terminal; run.json has all."""


def write_sensitivity(found: Sensitivity, out: Path) -> None:
    """Write the folder whole or not at all; raises BadInput if other things are there, OSError if it cannot be."""
    metadata = {"dropoff.version": __version__, "dropoff.seed": str(found.design.seed)}
    with appearing(out) as folder:
        write_table(found.indices, folder / "indices.parquet", metadata)
        write_table(found.points, folder / "points.parquet", metadata)
        draw_indices(found.indices, found.design.method, _read(found), folder / "figures")
        run = {
            "schema": 1,
            "program": PROGRAM,
            "kind": "sensitivity",
            "baseline": found.baseline,
            "scenario": found.scenario,
            "method": found.design.method,
            "seed": found.design.seed,
            "replications": found.replications,
            "points": len(found.points),
            "bounds": {p.number.key: [p.low, p.high] for p in found.parameters},
            "left_out": found.left_out,
            "failures": [vars(f) for f in found.failures],
            "source": provenance.source_state(),
            "versions": provenance.versions(),
            "inputs": provenance.file_hashes(found.inputs),
        }
        write_json(folder / MARK, run)


def _read(found: Sensitivity) -> str:
    """Return what a figure says beneath itself."""
    lost = f" Failed points, left out with their blocks: {len(found.failures)}." if found.failures else ""
    return (
        f"Before: {found.baseline}; after: {found.scenario}; {len(found.points)} points, pairs at each: "
        f"{found.replications}, the same people at all of them.{lost}"
    )


def lines(found: Sensitivity) -> Iterator[str]:
    """Yield the lines for a terminal: a table for each target's reduction, the failed points, what was left out."""
    names = COLUMNS[found.design.method]
    for kpi in ("M1", "M2"):
        rows = found.indices[found.indices["kpi"].eq(kpi) & found.indices["of"].eq("reduction")]
        rows = rows.sort_values(names[0] if found.design.method == "morris" else "ST", ascending=False)
        scale, unit = (100.0, ", percentage points over the range") if found.design.method == "morris" else (1.0, "")
        of = rows.iloc[0]
        floor = float(of["chance"])
        most = (
            f"; chance alone gives {names[0] if scale > 1.0 else 'ST'} up to {scale * floor:.3g}" if floor > 0.0 else ""
        )
        yield f"{kpi} reduction{unit} ({of['blocks']} of {of['blocks_of']} blocks{most})"
        yield f"  {'':44} {'range':>17} " + " ".join(f"{name:>12}" for name in names)
        ends = {p.number.key: f"{p.low:.4g} to {p.high:.4g}" for p in found.parameters}
        for row in rows.to_dict("records"):
            told = " ".join(f"{_number(scale * float(row[name])):>12}" for name in names)
            yield f"  {row['parameter']:44} {ends[str(row['parameter'])]:>17} {told}"
        yield ""
    for failure in found.failures[:LISTED]:
        where = ", ".join(f"{key}={value:.5g}" for key, value in failure.values.items())
        yield f"failed: point {failure.point} ({where}): {failure.reason}"
    if len(found.failures) > LISTED:
        yield f"failed: {len(found.failures) - LISTED} more points; see run.json"
    for key, why in found.left_out.items():
        yield f"left out: {key}: {why}"


def _number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "-"
