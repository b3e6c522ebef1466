"""Read what `record=true` left in a results folder: both arms of one pair, or one line about what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.records import SERIES_COLUMNS, SIGNAL_COLUMNS, TRAJECTORY_COLUMNS, TRIP_COLUMNS, WALK_COLUMNS, Column
from sim.report.film_map import map_faults
from sim.scenario.faults import BadInput, Fault
from sim.scenario.files import json_in

RUN, FILMS, MAP = "run.json", "films", "map.json"
SCHEMA = 1
ARMS = ("baseline", "scenario")
TABLES = {"trajectories": TRAJECTORY_COLUMNS, "signals": SIGNAL_COLUMNS, "walks": WALK_COLUMNS}


@dataclass(frozen=True)
class Filmed:
    """One arm of a pair: the map, the film's tables (sim.records), and its rows of the study's trips and series."""

    map: dict[str, Any]
    trajectories: pd.DataFrame
    signals: pd.DataFrame
    walks: pd.DataFrame
    trips: pd.DataFrame
    series: pd.DataFrame


def read_pair(results: Path, pair: int) -> tuple[dict[str, Any], dict[str, Filmed]]:
    """Return a results folder's `run.json`, and both arms of a pair by name.

    Raises BadInput if the folder is none of ours, is damaged or has no film of that pair.
    """
    run = _json(results / RUN, "a results folder of `dropoff run`")
    if run.get("program") != "dropoff" or run.get("schema") != SCHEMA:
        found = f"schema {run.get('schema')!r} of {run.get('program')!r}"
        raise BadInput(Fault(str(results / RUN), found, f"schema {SCHEMA} of dropoff: run the study again"))
    films, pairs = results / FILMS, pairs_in(results)
    if not pairs:
        raise BadInput(Fault(str(results), "no recording", f"one made with record=true or record={pair}"))
    if pair not in pairs:
        raise BadInput(Fault("--pair", str(pair), f"a recorded pair: {', '.join(map(str, pairs))}"))
    columns = {"trips": TRIP_COLUMNS, "series": SERIES_COLUMNS}
    whole = {name: _table(results / f"{name}.parquet", of) for name, of in columns.items()}
    return run, {arm: _arm(films / str(pair) / arm, arm, pair, whole) for arm in ARMS}


def pairs_in(results: Path) -> list[int]:
    """Return the numbers of the recorded pairs in a results folder."""
    films = results / FILMS
    return sorted(int(f.name) for f in films.iterdir() if f.name.isdecimal()) if films.is_dir() else []


def _arm(folder: Path, arm: str, pair: int, whole: Mapping[str, pd.DataFrame]) -> Filmed:
    ground = _json(folder / MAP, "a map as `dropoff run record=true` writes it")
    if ground.get("schema") != SCHEMA:
        raise BadInput(Fault(str(folder / MAP), f"schema {ground.get('schema')!r}", f"schema {SCHEMA}: run it again"))
    tables = {name: _table(folder / f"{name}.parquet", columns) for name, columns in TABLES.items()}
    faults = map_faults(ground, str(folder / MAP), tables)
    if faults:
        raise BadInput(*faults)
    rows = {name: t[(t["arm"] == arm) & (t["replication"] == pair)].reset_index(drop=True) for name, t in whole.items()}
    return Filmed(ground, **tables, **rows)


def _json(file: Path, expected: str) -> dict[str, Any]:
    content = json_in(file, expected)
    if not isinstance(content, dict):
        raise BadInput(Fault(str(file), "no object", expected))
    return content


def _table(file: Path, columns: Mapping[str, Column]) -> pd.DataFrame:
    import pyarrow as pa

    from sim.tables import read_table

    try:
        table = read_table(file)
    except FileNotFoundError:
        raise BadInput(Fault(str(file), "no such file", "a whole results folder: run the study again")) from None
    except (OSError, pa.ArrowException) as error:
        first = str(error).splitlines()[0]
        raise BadInput(Fault(str(file), f"a damaged table ({first})", "one that `dropoff run` wrote")) from None
    missing = [name for name in columns if name not in table.columns]
    if missing:
        found = f"a table without {', '.join(missing)}"
        raise BadInput(Fault(str(file), found, "a table of this version: run the study again"))
    return table
