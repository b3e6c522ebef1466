"""The folder that a study writes: all of it or nothing, and nobody else's files are touched."""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.scenario.faults import BadInput, Fault
from sim.scenario.files import appearing_file, clear_drafts, draft_of

MARK = "run.json"
FILMS = "films"
SWEEP = "sweep"
"""The kind of result that is many comparisons, each in a folder of its own."""
SENSITIVITY = "sensitivity"
"""And the one that has no verdict: which assumptions it hangs on."""
PROGRAM = "dropoff"


def check_free(folder: Path) -> None:
    """Raise BadInput unless a result may be put at `folder`: nothing is there, or an earlier result of ours."""
    folder = behind_links(folder)
    if not folder.exists():
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


def behind_links(folder: Path) -> Path:
    """Return what a link leads to, whether it is there or not; anything else as it is."""
    return Path(os.path.realpath(folder)) if folder.is_symlink() else folder


def is_result(folder: Path) -> bool:
    """Return whether the folder was written by a study."""
    written = read_json(folder / MARK)
    return written is not None and written.get("program") == PROGRAM


def read_json(path: Path) -> dict[str, Any] | None:
    """Return what a JSON file maps, or None if it is not there or is none."""
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return written if isinstance(written, dict) else None


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `folder`; when the block ends well, it takes that place in one step.

    A link stays one: what it leads to is replaced.
    Raises BadInput, if something else of that name has appeared meanwhile, and OSError, if it cannot be written.
    """
    folder = behind_links(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    clear_drafts(folder.parent, escape(folder.name))
    new, old = (draft_of(folder, kind) for kind in ("new", "old"))
    new.mkdir()
    try:
        yield new
        while True:
            check_free(folder)
            with suppress(FileNotFoundError):
                folder.rename(old)
            try:
                new.rename(folder)
                return
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                shutil.rmtree(old, ignore_errors=True)  # another process was quicker: once more
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
    folder = behind_links(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = draft_of(folder, "films")
    new.mkdir()
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def write_json(path: Path, content: Any, indent: int | None = 2) -> None:
    """Write JSON, readable, without NaN; raises ValueError for what JSON has no word for.

    Bytes of a path that are no UTF-8, as names of folders may have, are escaped, and read as they were.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=indent) + "\n"
    with appearing_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
