"""The folder that a study writes: all of it or nothing, and nobody else's files are touched."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.scenario.faults import BadInput, Fault
from sim.scenario.files import appearing_file

MARK = "run.json"
FILMS = "films"
PROGRAM = "dropoff"


def check_free(folder: Path) -> None:
    """Raise BadInput unless a result may be put at `folder`: nothing is there, or an earlier result of ours."""
    if not folder.exists() and not folder.is_symlink():
        above = next(p for p in folder.absolute().parents if p.exists())
        if not above.is_dir():
            raise BadInput(Fault(f"out={folder}", f"{above}, which is a file", "a folder"))
        try:
            with TemporaryDirectory(prefix=f".{PROGRAM}-", dir=above):
                return
        except OSError as error:
            found = f"no folder can be made in {above}: {error.strerror}"
            raise BadInput(Fault(f"out={folder}", found, "a folder that you may write to")) from None
    if folder.is_mount():
        raise BadInput(Fault(f"out={folder}", "a mount point", "a folder inside it"))
    if not folder.is_dir():
        raise BadInput(Fault(f"out={folder}", "a file", "a folder that is new, empty, or an earlier result"))
    if any(folder.iterdir()) and not is_result(folder):
        raise BadInput(
            Fault(f"out={folder}", "a folder that holds other things", "one that is new, empty, or an earlier result")
        )


def is_result(folder: Path) -> bool:
    """Return whether the folder was written by a study."""
    try:
        written = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(written, dict) and written.get("program") == PROGRAM


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `folder`; when the block ends well, it takes that place in one step.

    Raises BadInput, if something else of that name has appeared meanwhile, and OSError, if it cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    new, old = (folder.parent / f".{folder.name}.{end}-{os.getpid()}" for end in ("new", "old"))
    new.mkdir()
    try:
        yield new
        check_free(folder)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    finally:
        for left in (new, old):
            if left.exists():
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Yield a new folder beside `folder`, which is gone at the end unless it has been moved; raises OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.parent / f".{folder.name}.films-{os.getpid()}"
    new.mkdir()
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def write_json(path: Path, content: Any, indent: int | None = 2) -> None:
    """Write JSON, readable, without NaN; raises ValueError for what JSON has no word for."""
    with appearing_file(path) as temporary:
        temporary.write_text(
            json.dumps(content, ensure_ascii=False, allow_nan=False, indent=indent) + "\n", encoding="utf-8"
        )
