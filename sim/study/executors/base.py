"""What all executors promise: every task is answered once, by its result or by why there is none."""

import traceback
from collections import deque
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
Waiting: TypeAlias = deque[tuple[Hashable, tuple[Any, ...]]]
"""Tasks to be done: a name, and what the function is called with. Whoever takes the answers may add to it."""


@dataclass(frozen=True)
class Failed:
    """What became of a task that gave no result."""

    reason: str
    detail: str = ""
    """The traceback, where there is one."""


KILLED = Failed("its worker process was killed (out of memory?), also when tried again alone")


class Executor(Protocol):
    """Does tasks somewhere."""

    def outcomes(
        self, function: Callable[..., T], waiting: Waiting
    ) -> Generator[tuple[Hashable, T | Failed], None, None]:
        """Yield (name of the task, what `function(*task)` returned, or why it did not), in the order they finish."""


def guarded(function: Callable[..., T], task: tuple[Any, ...]) -> T | Failed:
    """Return what the function returns, or the error that it raised."""
    try:
        return function(*task)
    except Exception as error:
        return failed(error)


def failed(error: Exception) -> Failed:
    """Return an error as the fate of a task; to be called where it is handled."""
    return Failed(f"{type(error).__name__}: {error}", traceback.format_exc())
