"""What made a result: versions, machine, state of the source and hashes of the inputs, for `run.json`."""

import hashlib
import json
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sim import __version__

PACKAGES = ("mesa", "numba", "numpy", "pandas", "pyarrow", "pydantic", "scipy", "simpy")


def sha256(content: Any) -> str:
    """Return the hash of a plain structure, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_hashes(files: Iterable[Path]) -> dict[str, str]:
    """Return the hash of each input file, under its path as it was given."""
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(files)}


def versions() -> dict[str, Any]:
    """Return what was running: the program, its libraries and the machine."""
    return {
        "dropoff": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def source_state() -> dict[str, Any] | None:
    """Return the commit this program was run from and whether it was changed since; None outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    commit, changes = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain", "--untracked-files=no")
    return None if commit is None or changes is None else {"commit": commit, "changed": bool(changes)}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
