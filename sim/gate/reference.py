"""The reference of a site: what the results were, when and why they were last renewed; a small file for people too."""

import json
import platform
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from sim.scenario.faults import BadInput, faults_of
from sim.scenario.fields import STRICT
from sim.scenario.files import appearing_file, json_in
from sim.study.provenance import versions

DIGITS = 9
"""Decimals of all values, here and where they are compared."""
WIDTH = 118


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Change:
    """When and why the reference was made or renewed, and by which version of the program."""

    date: str
    version: str
    reason: Annotated[str, Field(min_length=1)]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Watched:
    """A quantity that the gate watches, and by how much of itself it may differ [1]."""

    arm: Annotated[str, Field(pattern="^(baseline|scenario)$")]
    kpi: str
    variant: str
    margin: Annotated[float, Field(gt=0, lt=1)]

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what `sim.gate.watched.values` calls its column."""
        return self.arm, self.kpi, self.variant

    @property
    def name(self) -> str:
        """Return the name for a person."""
        return f"{self.arm} {self.kpi}" + ("" if self.variant == "am" else f" {self.variant}")

    @property
    def unit(self) -> str:
        """Return its unit; families are counted."""
        return "" if self.kpi == "families" else "s"


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Exact:
    """The small case: hashes of its tables, and its values where hashes cannot be compared."""

    hashes: dict[str, str]
    values: Annotated[dict[str, float | None], Field(min_length=1)]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Case:
    """A scenario against its baseline: the values of each replication, in the order of `watched`.

    `window` are the minutes of M2 [s after midnight], those of the study that made the reference.
    """

    baseline: str
    seed: Annotated[int, Field(ge=0)]
    exact: Exact
    window: tuple[float, float] | None
    watched: tuple[Watched, ...]
    replications: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        """Raise ValueError unless each replication has a value for each watched quantity, all different and enough."""
        if len(self.replications) < 2 or not self.watched:
            raise ValueError("a case needs two replications and something to watch")
        twice = {w.name for w in self.watched if [other.key for other in self.watched].count(w.key) > 1}
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))} is watched twice")
        if any(len(row) != len(self.watched) for row in self.replications):
            raise ValueError(f"each replication needs {len(self.watched)} values, one for each that is watched")


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Made:
    """Where the reference was made: hashes are the same only there."""

    platform: str
    packages: dict[str, str | None]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Reference:
    """What the gate compares a site with."""

    schema: Literal[1]
    site: str
    history: Annotated[tuple[Change, ...], Field(min_length=1)]
    made: Made
    cases: Annotated[dict[str, Case], Field(min_length=1)]


def here() -> Made:
    """Return what a reference made now and here would say of its origin."""
    return Made(platform=f"{platform.system()} {platform.machine()}", packages=versions()["packages"])


def read_reference(file: Path) -> Reference:
    """Return a reference; raises BadInput, with one line, for a missing or broken file."""
    content = json_in(file, "a reference as `dropoff check --update` writes it")
    try:
        return TypeAdapter(Reference).validate_python(content)
    except ValidationError as error:
        raise BadInput(faults_of(error, str(file), Reference)[0]) from None


def write_reference(reference: Reference, file: Path) -> None:
    """Write a reference whole or not at all, in a stable order, a line for each replication; raises OSError."""
    content = TypeAdapter(Reference).dump_python(reference, mode="json")
    file.parent.mkdir(parents=True, exist_ok=True)
    with appearing_file(file) as temporary:
        temporary.write_text(_readable(content) + "\n", encoding="utf-8")


def _readable(content: Any, indent: str = "") -> str:
    """Return JSON in which a list of plain values stands on one line, and a mapping of them where there is room."""
    line = json.dumps(content, ensure_ascii=False, allow_nan=False)
    inner = list(content.values()) if isinstance(content, dict) else content if isinstance(content, list) else []
    is_flat = not any(isinstance(each, dict | list) for each in inner)
    if not inner or (is_flat and (isinstance(content, list) or len(indent) + len(line) < WIDTH)):
        return line
    deeper = indent + "  "
    if isinstance(content, dict):
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {_readable(each, deeper)}" for key, each in content.items()]
    else:
        parts = [_readable(each, deeper) for each in content]
    opening, closing = "{}" if isinstance(content, dict) else "[]"
    return opening + ",".join(f"\n{deeper}{part}" for part in parts) + f"\n{indent}{closing}"
