"""Turn records into tables, tables into Parquet and back, and a table into the hash that "the same bytes" means."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.records import (
    SERIES_COLUMNS,
    SIGNAL_COLUMNS,
    TRAJECTORY_COLUMNS,
    TRIP_COLUMNS,
    WALK_COLUMNS,
    Column,
    Film,
    Record,
    Words,
)
from sim.scenario.files import appearing_file

KEY_COLUMNS = {
    "scenario": Column("str", "", "scenario that was simulated"),
    "replication": Column("int64", "1", "number of the replication: the same number is the same people"),
}
"""What every row of every table begins with."""

PARTS = ("trips.parquet", "series.parquet", "record.json")
"""Of a packed record."""


def trips_table(record: Record, *, scenario: str, replication: int) -> pd.DataFrame:
    """Return one row per traveller of a replication, in the record's order; raises ValueError for other columns."""
    return _table(record.trips, TRIP_COLUMNS, scenario, replication)


def series_table(record: Record, *, scenario: str, replication: int) -> pd.DataFrame:
    """Return one row per moment of a replication, in the record's order; raises ValueError for other columns."""
    return _table(record.series, SERIES_COLUMNS, scenario, replication)


def _table(
    found: Mapping[str, NDArray[Any]], columns: Mapping[str, Column], scenario: str, replication: int
) -> pd.DataFrame:
    """Return the columns in their order and with their types, behind the key columns."""
    _check_columns(found, columns)
    frame = pd.DataFrame({name: np.asarray(found.get(name, []), dtype=c.dtype) for name, c in columns.items()})
    frame.insert(0, "scenario", pd.Series([scenario] * len(frame), index=frame.index, dtype="str"))
    frame.insert(1, "replication", np.full(len(frame), replication, dtype=np.int64))
    return frame


def pack(record: Record) -> bytes:
    """Return a record as one small file: its tables as Parquet, its failure and facts as JSON, in a zip.

    The same record gives the same bytes. Films are not packed.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:  # stored: Parquet is compressed already
        for name, found, columns in (
            ("trips", record.trips, TRIP_COLUMNS),
            ("series", record.series, SERIES_COLUMNS),
        ):
            packed.writestr(zipfile.ZipInfo(f"{name}.parquet"), _parquet(_arrow(found, columns)))
        told = json.dumps({"failure": record.failure, "facts": record.facts}, sort_keys=True)
        packed.writestr(zipfile.ZipInfo("record.json"), told)
    return content.getvalue()


class Packed:
    """A record that was packed; its tables are unpacked when they are first asked for, and kept."""

    def __init__(self, content: bytes) -> None:
        """Raise ValueError if `content` is none, or is damaged."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                if any(part.compress_type != zipfile.ZIP_STORED for part in packed.infolist()):
                    raise zipfile.BadZipFile("a part is not stored as it was written")
                self._parts = {name: packed.read(name) for name in PARTS}
            told = json.loads(self._parts["record.json"])
            self.failure: str | None = told["failure"]
            self.facts: dict[str, float] = told["facts"]
            self._unpacked: dict[str, Any] = {}
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
            raise ValueError(f"no packed record: {error}") from None

    def rows(self, table: str, keys: Mapping[str, str | int], columns: Sequence[str] | None = None) -> Any:
        """Return `table` ("trips" or "series") as an Arrow table behind constant columns of these `keys`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if table not in self._unpacked:
            self._unpacked[table] = pq.ParquetFile(pa.BufferReader(self._parts[f"{table}.parquet"])).read()
        found = self._unpacked[table]
        found = found.select(columns) if columns else found
        arrays = [pa.repeat(value, len(found)) for value in keys.values()]
        return pa.table([*arrays, *found.columns], names=[*keys, *found.column_names])


def _arrow(found: Mapping[str, NDArray[Any]], columns: Mapping[str, Column]) -> Any:
    """Return a record's columns as an Arrow table, in their order and with their types."""
    import pyarrow as pa

    _check_columns(found, columns)
    types = {"str": pa.string(), "bool": pa.bool_(), "float64": pa.float64(), "int64": pa.int64()}
    arrays = {}
    for name, column in columns.items():
        values: Any = found.get(name, [])
        plain = values if column.dtype == "str" else np.asarray(values, dtype=column.dtype)
        arrays[name] = pa.array(plain, types[column.dtype], from_pandas=False)
    return pa.table(arrays)


def _repeated(schema: Any) -> list[str]:
    """Return the columns of words that many rows share; lists of values for the others cost time and room."""
    import pyarrow as pa

    return [f.name for f in schema if pa.types.is_string(f.type) and f.name != "traveller"]


def _parquet(table: Any) -> bytes:
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd", use_dictionary=_repeated(table.schema))
    return content.getvalue()


def write_table(frame: pd.DataFrame, path: Path, metadata: Mapping[str, str]) -> None:
    """Write a table as Parquet (zstd): `metadata` goes into the schema, units and meanings to their columns.

    What is not defined is null there. The file appears whole or not at all. Raises OSError if it cannot be written.
    """
    import pyarrow as pa

    write_rows([pa.Table.from_pandas(frame, preserve_index=False)], path, metadata)


def write_rows(tables: Iterable[Any], path: Path, metadata: Mapping[str, str]) -> None:
    """Write Arrow tables of the same columns, one below the other, as `write_table` writes one: none is kept.

    Raises OSError if the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = KEY_COLUMNS | TRIP_COLUMNS | SERIES_COLUMNS
    writer = schema = None
    with appearing_file(path) as temporary, ExitStack() as open_files:
        for table in tables:
            if writer is None:
                fields = [
                    pa.field(
                        f.name,
                        pa.string() if pa.types.is_large_string(f.type) else f.type,
                        metadata=_told(known.get(f.name)),
                    )
                    for f in table.schema
                ]
                # pandas' own note names its version; without it the bytes are those of the table alone.
                schema = pa.schema(fields, metadata=dict(metadata))
                how: dict[str, Any] = {"compression": "zstd", "use_dictionary": _repeated(schema)}
                stream = open_files.enter_context(temporary.open("wb"))  # Arrow takes a path for a URI, and for UTF-8
                writer = open_files.enter_context(pq.ParquetWriter(stream, schema, **how))
            writer.write_table(table.cast(schema))


def _check_columns(found: Mapping[str, NDArray[Any]], columns: Mapping[str, Column]) -> None:
    if found and set(found) != set(columns):
        missing, unknown = sorted(set(columns) - set(found)), sorted(set(found) - set(columns))
        raise ValueError(f"the record's columns differ from sim.records: missing {missing}, unknown {unknown}")


def write_film(film: Film, folder: Path, metadata: Mapping[str, str]) -> None:
    """Write a film's tables as Parquet (lz4), as `write_table` does; raises OSError if they cannot be written."""
    import pyarrow as pa

    def column(values: NDArray[Any] | Words) -> Any:
        if isinstance(values, Words):
            return pa.DictionaryArray.from_arrays(
                pa.array(values.codes), pa.array(values.words, pa.string()), safe=False
            )
        return pa.array(values)

    for name, columns, found in (
        ("trajectories", TRAJECTORY_COLUMNS, film.trajectories),
        ("signals", SIGNAL_COLUMNS, film.signals),
        ("walks", WALK_COLUMNS, film.walks),
    ):
        arrays = [column(found[c]) for c in columns]
        fields = [pa.field(c, a.type, metadata=_told(columns[c])) for c, a in zip(columns, arrays, strict=True)]
        _write(pa.table(arrays, pa.schema(fields, metadata=dict(metadata))), folder / f"{name}.parquet", **_QUICKLY)


_QUICKLY: dict[str, Any] = {
    "compression": "lz4",
    "write_statistics": False,
    "use_dictionary": ["traveller", "at_m", "speed_m_s", "state", "light", "who"],
}
"""For a film's million rows: no smallest and largest values, no lists of values for what is in order anyhow."""


def _write(table: Any, path: Path, **how: Any) -> None:
    """Write an Arrow table whole or not at all."""
    import pyarrow.parquet as pq

    with appearing_file(path) as temporary, temporary.open("wb") as stream:
        pq.write_table(table, stream, **{"compression": "zstd", **how})


def _told(column: Column | None) -> dict[str, str] | None:
    return None if column is None else {"unit": column.unit, "meaning": column.meaning}


def read_table(path: Path) -> pd.DataFrame:
    """Return a table that `write_table` wrote; raises OSError or pyarrow.ArrowInvalid if it is none."""
    import pyarrow.parquet as pq

    with path.open("rb") as stream:
        frame: pd.DataFrame = pq.ParquetFile(stream).read().to_pandas()
    return frame


def table_hash(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of a table's content, whatever the order of its rows and columns."""
    names = sorted(map(str, frame.columns))
    digest = hashlib.sha256()
    ordered = frame.sort_values(names, kind="stable") if len(frame) else frame
    for name in names:
        kind, content = _canonical(ordered[name])
        digest.update(f"{len(name)}:{name} {kind} {len(frame)} {len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _canonical(column: "pd.Series[Any]") -> tuple[str, bytes]:
    """Return a column's kind and bytes: one NaN, one zero, little end first, words with their lengths."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return "bool", column.to_numpy(dtype=np.uint8).tobytes()
    if pd.api.types.is_integer_dtype(column.dtype):
        return "int", column.to_numpy(dtype="<i8").tobytes()
    if pd.api.types.is_float_dtype(column.dtype):
        values = column.to_numpy(dtype="<f8") + 0.0  # the sum turns -0.0 into 0.0
        return "float", np.where(np.isnan(values), np.nan, values).astype("<f8").tobytes()
    words = ["-" if pd.isna(w) else f"{len(str(w))}:{w}" for w in column]
    return "str", "".join(words).encode()
