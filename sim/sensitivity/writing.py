"""What a sensitivity study leaves behind: two tables, a figure, what it takes to make them again; and its lines."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim import __version__
from sim.report.indices import draw_indices
from sim.sensitivity.design import COLUMNS
from sim.sensitivity.run import Sensitivity
from sim.study import provenance
from sim.study.folder import MARK, PROGRAM, SENSITIVITY, appearing, write_json
from sim.tables import write_table

BLOCKS = {"morris": "trajectories", "sobol": "samples"}
MEANING = {
    "morris": (
        "mu_star: by how much a reduction changes over the range, mean of its size; mu: with its sign; sigma:",
        "how much that varies with the other numbers, and by chance; conf: half of a 95 % interval",
    ),
    "sobol": (
        "S1: share of the variance that a number makes alone; ST: with what it does together with others;",
        "conf: half of a 95 % interval",
    ),
}
LISTED = 20
"""Failed points told on the terminal; run.json has all."""


def write_sensitivity(found: Sensitivity, out: Path) -> dict[str, Any]:
    """Write the folder whole or not at all, and return what its `run.json` tells.

    Raises BadInput if other things are there, OSError if it cannot be written.
    """
    run = _account(found)
    metadata = {"dropoff.version": __version__, "dropoff.seed": str(found.design.seed)}
    with appearing(out) as folder:
        write_table(found.indices, folder / "indices.parquet", metadata)
        write_table(found.points, folder / "points.parquet", metadata)
        draw_indices(found.indices, found.design.method, _read(found), folder / "figures")
        write_json(folder / MARK, run)
    return run


def _account(found: Sensitivity) -> dict[str, Any]:
    return {
        "schema": 1,
        "program": PROGRAM,
        "kind": SENSITIVITY,
        "baseline": found.baseline,
        "scenario": found.scenario,
        "method": found.design.method,
        "seed": found.design.seed,
        "replications": found.replications,
        "points": len(found.points),
        "bounds": {p.number.key: [p.low, p.high] for p in found.parameters},
        "left_out": found.left_out,
        "failures": [vars(f) for f in found.failures],
        "started": found.started.isoformat(timespec="seconds"),
        "source": provenance.source_state(),
        "versions": provenance.versions(),
        "inputs": provenance.file_hashes(found.inputs),
    }


def _read(found: Sensitivity) -> str:
    """Return what a figure says beneath itself."""
    blocks = BLOCKS[found.design.method]
    lost = f" Failed points, left out with their {blocks}: {len(found.failures)}." if found.failures else ""
    return (
        f"Before: {found.baseline}; after: {found.scenario}; {len(found.points)} points, pairs at each: "
        f"{found.replications}, the same people at all of them.{lost}"
    )


def sensitivity_lines(table: pd.DataFrame, run: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines for a terminal: a table for each target's reduction, the failed points, what was left out.

    `table` are the indices of `Sensitivity`, `run` is the content of `run.json`.
    """
    method = run["method"]
    names = COLUMNS[method]
    for kpi in ("M1", "M2"):
        rows = table[table["kpi"].eq(kpi) & table["of"].eq("reduction")]
        rows = rows.sort_values(names[0] if method == "morris" else "ST", ascending=False)
        scale, unit = (100.0, ", percentage points over the range") if method == "morris" else (1.0, "")
        of = rows.iloc[0]
        floor = float(of["chance"])
        index = names[0] if method == "morris" else "ST"
        told = f"; chance alone gives {index} of {scale * floor:.3g} on average" if floor > 0.0 else ""
        yield f"{kpi} reduction{unit} ({of['blocks']} of {of['blocks_of']} {BLOCKS[method]}{told})"
        yield f"  {'':44} {'range':>17} " + " ".join(f"{name:>12}" for name in names)
        for row in rows.to_dict("records"):
            low, high = run["bounds"][row["parameter"]]
            told = " ".join(f"{_number(scale * float(row[name])):>12}" for name in names)
            yield f"  {row['parameter']:44} {f'{low:.4g} to {high:.4g}':>17} {told}"
        yield ""
    yield from MEANING[method]
    for failure in run["failures"][:LISTED]:
        where = ", ".join(f"{key}={value:.5g}" for key, value in failure["values"].items())
        yield f"failed: point {failure['point']} ({where}): {failure['reason']}"
    if len(run["failures"]) > LISTED:
        yield f"failed: {len(run['failures']) - LISTED} more points; see run.json"
    for key, why in run["left_out"].items():
        yield f"left out: {key}: {why}"


def _number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "-"
