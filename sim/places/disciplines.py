"""Which berths of a row can be entered now: plain functions of who stands where (berth 0 is reached first)."""

from collections.abc import Callable, Sequence

Discipline = Callable[[Sequence[bool]], list[int]]


def any_free(taken: Sequence[bool]) -> list[int]:
    """Every free berth can be entered: parallel parking, where the driver backs in."""
    return [n for n, t in enumerate(taken) if not t]


def free_behind(taken: Sequence[bool]) -> list[int]:
    """A berth can be entered forwards over the taper or over a free berth behind it."""
    return [n for n, t in enumerate(taken) if not t and (n == 0 or not taken[n - 1])]


def in_line(taken: Sequence[bool]) -> list[int]:
    """Berths are reached one through the other: nobody passes who stands further back."""
    reached = []
    for n, t in enumerate(taken):
        if t:
            break
        reached.append(n)
    return reached
