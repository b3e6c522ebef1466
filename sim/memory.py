"""How often Python looks for garbage that hangs together in circles, in processes of our own."""

import atexit
import gc

YOUNG = 100_000


def collect_seldom() -> None:
    """Let Python look for garbage once in so many new objects, not in 700, and not as the process ends.

    Each look goes through all that lives, sooner or later: while a process loads what it needs there is no garbage, a
    run's one world is let go of at its end, and what is left goes with the process.
    """
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def let_go() -> None:
    """Let go of a world that has just run its course: its model and its agents know each other."""
    gc.collect(1)
