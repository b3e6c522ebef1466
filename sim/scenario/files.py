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

from sim.scenario.faults import BadInput, Fault


@contextmanager
def appearing_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; when the block ends well, the file there takes that place in one step."""
    temporary = draft_of(path)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


@contextmanager
def appearing_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder beside `path`; when the block ends well, it takes that place in one step. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
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
        raise BadInput(Fault(str(path), str(error), "a readable JSON file in UTF-8")) from None


def draft_of(path: Path, kind: str = "new") -> Path:
    """Return where this process writes what is to become `path`: beside it, hidden."""
    return path.with_name(f".{path.name}.{kind}-{_machine()}-{os.getpid()}")


def clear_drafts(folder: Path, name: str = "*") -> None:
    """Remove drafts of files and folders called `name` that processes of this machine left when they were killed."""
    for draft in folder.glob(f".{name}.*-{_machine()}-*"):
        told = re.fullmatch(r".*-(\d+)", draft.name)
        if told and not Path("/proc", told[1]).exists():
            shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)


def _machine() -> str:
    return re.sub(r"[^\w]", "_", os.uname().nodename)
