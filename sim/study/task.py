"""One replication of one world: the unit that is simulated, kept, and never simulated again."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from sim import __version__
from sim.scenario.faults import BadInput, Fault
from sim.scenario.scenario import Scenario, Targets
from sim.study.folder import write_json
from sim.study.provenance import sha256, versions
from sim.study.store import Store

if TYPE_CHECKING:
    from sim.records import Record

PACKAGE = Path(__file__).resolve().parents[1]
NOT_SIMULATED = ("bench.py", "cli", "formats", "gate", "kpi", "report", "sensitivity", "study", "trips.py", "verdict")
"""What of `sim/` the simulation does not import: a change there makes no replication another one."""


@dataclass(frozen=True)
class Task:
    """A world (a scenario with its road changes applied), a seed and the number of a replication."""

    world: Scenario
    seed: int
    replication: int

    @property
    def key(self) -> str:
        """Return the name of its result: a hash of the resolved configuration, seed, replication and sources.

        The input files are in it through the configuration, which was read from them whole; what a scenario is
        called, and what was promised, are not, since they change nothing that is simulated.
        """
        return sha256([world_hash(self.world), self.seed, self.replication, simulator()])


@dataclass(frozen=True)
class Sent:
    """What became of a task in a worker: its packed record, or None if the worker has put it into the store."""

    packed: bytes | None


def plain(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as plain dictionaries and lists, as JSON has them."""
    written: dict[str, Any] = TypeAdapter(Scenario).dump_python(scenario, mode="json")
    return written


def from_plain(told: dict[str, Any]) -> Scenario:
    """Return the scenario that `plain` wrote; raises pydantic.ValidationError for anything else."""
    return TypeAdapter(Scenario).validate_json(json.dumps(told))


@lru_cache(maxsize=1024)
def world_hash(world: Scenario) -> str:
    """Return the hash of what is simulated of a resolved scenario."""
    return sha256(plain(replace(world, name="", title="", targets=Targets())))


@lru_cache(maxsize=1)
def simulator() -> str:
    """Return the hash of what simulates: the sources that the model imports, and the libraries' versions."""
    return _hashed(f for f in _sources() if f.relative_to(PACKAGE).parts[0] not in NOT_SIMULATED)


@lru_cache(maxsize=1)
def program() -> str:
    """Return the hash of all sources and the libraries' versions."""
    return _hashed(_sources())


def _sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _hashed(files: Iterable[Path]) -> str:
    told = versions()
    digest = hashlib.sha256(json.dumps([told["python"], told["packages"]]).encode())
    for file in files:
        digest.update(f"{file.relative_to(PACKAGE)} {file.stat().st_size} ".encode() + file.read_bytes())
    return digest.hexdigest()


def perform(
    task: Task, key: str, expected: str, store: Store, film: Path | None = None
) -> "Sent | tuple[Fault, ...] | OSError":
    """Simulate once, in whatever process this is, on whatever machine.

    `expected` is the simulator of whoever asks: another one here is a fault, since the result would not be the same.
    The record goes into the store, if this machine sees it, else back. A film is written into a new folder.
    """
    from sim.model import simulate
    from sim.tables import pack

    if simulator() != expected:
        here = f"sources or libraries that differ from the sender's ({versions()['dropoff']})"
        return (Fault("worker", here, "the same sources of dropoff and the same lock file on every machine"),)
    try:
        seen = store.is_here()
        if film is None and seen and store.get(key) is not None:  # somebody else was quicker
            return Sent(None)
        record = simulate(task.world, seed=task.seed, replication=task.replication, filmed=film is not None)
        if film is not None:
            record = _without_film(record, film)
        packed = pack(record)
        if not seen:
            return Sent(packed)
        store.put(key, packed)
        return Sent(None)
    except BadInput as bad:
        return bad.faults
    except OSError as error:
        return error


def _without_film(record: "Record", folder: Path) -> "Record":
    """Write a record's film into a new folder, and return the record without it; raises OSError."""
    from sim import tables

    assert record.film is not None
    folder.mkdir(parents=True)
    tables.write_film(record.film, folder, {"dropoff.version": __version__})
    write_json(folder / "map.json", record.film.map, indent=None)
    return replace(record, film=None)
