"""Files and folders that appear whole or not at all."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


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
