"""What the commands share: exit codes, and paths as one types them."""

import os
from pathlib import Path

DONE, TROUBLE, BAD_INPUT, FAILED, INTERRUPTED = 0, 1, 2, 4, 130
"""Exit codes; 1 is also a gate's "failed" and 3 its "undecided"."""


def short(path: Path) -> str:
    """Return a path as one would type it here."""
    return os.path.relpath(path) if path.absolute().is_relative_to(Path.cwd()) else str(path)
