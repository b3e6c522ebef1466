"""Files and folders that appear whole or not at all, and JSON files that can be read."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sim.scenario.faults import BadInput, Fault, reason


def at_home(told: Path | str, where: str) -> Path:
    """Return a path in which ~ is the home of whoever is meant; raises BadInput where there is no such home.

    Raises it for an address, too: a folder `s3:` here is not what is meant.
    """
    if "://" in str(told):
        raise BadInput(Fault(where, str(told), "a path on this machine"))
    try:
        return Path(told).expanduser()
    except RuntimeError:
        raise BadInput(Fault(where, str(told), "a path without ~: there is no such home")) from None


def file_place(told: Path, where: str) -> Path:
    """Return where a file told as `told` is written, behind links; raises BadInput where none can be.

    A device or a pipe is not replaced by a file, nor what /dev/stdout leads to.
    """
    named = at_home(told, where)
    path = Path(os.path.realpath(named))
    if os.path.isdir(path) or not os.path.isdir(path.parent):
        raise BadInput(Fault(f"{where} {told}", "no place for a file", "a file in a folder that is there"))
    if named.absolute().is_relative_to("/dev") or (os.path.lexists(path) and not os.path.isfile(path)):
        raise BadInput(Fault(f"{where} {told}", "no regular file", "a file, or a name that is free"))
    draft = draft_of(path)
    try:
        draft.touch()
        draft.unlink()
    except OSError as error:
        raise BadInput(Fault(f"{where} {told}", reason(error), "a place to write to")) from None
    return path


@contextmanager
def appearing_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; when the block ends well, the file there takes that place in one step."""
    temporary = draft_of(path)
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:  # a full disk, say, of which some writers do not tell where it is
        error.filename = error.filename or str(path)
        raise
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


@contextmanager
def appearing_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder beside `path`; when the block ends well, it takes that place in one step. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        error.filename = str(path)
        raise
    try:
        yield draft
        draft.chmod(0o755)
        os.rename(draft, path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def json_in(path: Path, wanted: str, most_bytes: int | None = None) -> Any:
    """Return what a JSON file of up to so many bytes holds; raises BadInput. `wanted`: what it should have been."""
    try:
        if most_bytes is not None and path.stat().st_size > most_bytes:
            raise BadInput(Fault(str(path), f"{path.stat().st_size} bytes", f"a file of up to {most_bytes} bytes"))
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(Fault(str(path), "no such file", wanted)) from None
    except json.JSONDecodeError as error:
        found = f"broken JSON in line {error.lineno}: {error.msg}"
        raise BadInput(Fault(str(path), found, "valid JSON")) from None
    except RecursionError:
        raise BadInput(Fault(str(path), "lists or mappings nested too deep", "valid JSON")) from None
    except (OSError, ValueError) as error:
        raise BadInput(Fault(str(path), reason(error), "a readable JSON file in UTF-8")) from None


def draft_of(path: Path, kind: str = "new") -> Path:
    """Return where this process writes what is to become `path`: beside it, hidden."""
    return path.with_name(f".{path.name}.{kind}-{_machine()}-{os.getpid()}")


def place_of(draft: str) -> str:
    """Return a path with what it is to become in place of a draft, as users know it."""
    return re.sub(rf"(^|/)\.([^/]+)\.[a-z]+-{_machine()}-\d+(?=/|$)", r"\1\2", draft)


def clear_drafts(folder: Path, name: str = "*") -> None:
    """Remove drafts of files and folders called `name` that processes of this machine left when they were killed."""
    for draft in folder.glob(f".{name}.*-{_machine()}-*"):
        told = re.fullmatch(r".*-(\d+)", draft.name)
        if told and not Path("/proc", told[1]).exists():
            shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)


def _machine() -> str:
    return re.sub(r"[^\w]", "_", os.uname().nodename)
