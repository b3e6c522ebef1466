"""How often Python looks for garbage that hangs together in circles, in processes of our own."""

import gc

YOUNG = 100_000


def collect_seldom() -> None:
    """Let Python look for garbage once in so many new objects, not in 700.

    Each look goes through all that lives, sooner or later: while a process loads what it needs there is no garbage, and
    a run leaves one world, of some 10,000 objects.
    """
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
