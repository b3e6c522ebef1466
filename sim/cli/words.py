"""What the commands share: exit codes, and paths as one types them."""

import os
from pathlib import Path

DONE, TROUBLE, BAD_INPUT, UNDECIDED, FAILED, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes; 1 is also the gate's "failed", and 3 its "undecided" alone."""


def short(path: Path) -> str:
    """Return a path as one would type it here."""
    return os.path.relpath(path) if path.absolute().is_relative_to(Path.cwd()) else str(path)
