"""What the commands share: exit codes, what an interrupted one says, paths as one types them, and whole numbers."""

import os
from datetime import datetime
from pathlib import Path

DONE, TROUBLE, BAD_INPUT, UNDECIDED, FAILED, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes; 1 is also the gate's "failed", and 3 its "undecided" alone."""

KEPT = "no half result is left, and finished replications are kept: the same command goes on from there"


def whole(text: str) -> int:
    """Return the whole number from 0 on that a text is; -1 if it is none, or one that nobody can mean."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1


def seed_of(text: str) -> int:
    """Return the seed that `--seed` tells; raises BadInput."""
    from sim.kernel.chance import MOST_SEED
    from sim.scenario.faults import BadInput, Fault

    seed = whole(text)
    if not 0 <= seed <= MOST_SEED:
        raise BadInput(Fault("--seed", ascii(text), f"a whole number from 0 to {MOST_SEED}"))
    return seed


def dated(kind: str, label: str) -> Path:
    """Return the folder of a result of that kind, "runs" or "sweeps", that has no other name."""
    return Path("results", kind, f"{datetime.now():%Y%m%d-%H%M%S}-{label}")


def short(path: Path) -> str:
    """Return a path as one would type it here."""
    return os.path.relpath(path) if path.absolute().is_relative_to(Path.cwd()) else str(path)
