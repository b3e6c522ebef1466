"""Spreads tasks over processes of this machine; a task that fails or kills its worker is reported, never lost."""

import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, connection, get_context, parent_process
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Failed:
    """What became of a task that gave no result."""

    reason: str
    detail: str = ""
    """The traceback, where there is one."""


KILLED = Failed("its worker process was killed (out of memory?), also when tried again alone")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def outcomes(
    function: Callable[..., T], tasks: Sequence[tuple[Any, ...]], workers: int
) -> Generator[tuple[int, T | Failed], None, None]:
    """Yield (index of the task, what `function(*task)` returned, or why it did not), in the order they finish.

    The first task runs in this process, so that what is compiled for it lies in the disk cache before several
    workers want it at once. With one worker all of them do.
    """
    here = len(tasks) if workers <= 1 else 1
    for i, task in enumerate(tasks[:here]):
        yield i, _guarded(function, task)
    if tasks[here:]:
        yield from _spread(function, dict(enumerate(tasks[here:], start=here)), min(workers, len(tasks) - here))


def _guarded(function: Callable[..., T], task: tuple[Any, ...]) -> T | Failed:
    try:
        return function(*task)
    except Exception as error:
        return Failed(f"{type(error).__name__}: {error}", traceback.format_exc())


def _spread(
    function: Callable[..., T], tasks: dict[int, tuple[Any, ...]], workers: int
) -> Iterator[tuple[int, T | Failed]]:
    """Run the tasks in a pool; those in flight when a worker is killed are tried again, each alone in a pool."""
    suspects: list[int] = []
    waiting = deque(tasks)
    while waiting:
        with _pool(workers) as pool:
            yield from _drain(pool, function, tasks, waiting, workers, suspects)
    for i in suspects:
        again: list[int] = []
        with _pool(1) as pool:
            yield from _drain(pool, function, tasks, deque([i]), 1, again)
        if again:
            yield i, KILLED


def _drain(
    pool: ProcessPoolExecutor,
    function: Callable[..., T],
    tasks: dict[int, tuple[Any, ...]],
    waiting: deque[int],
    in_flight: int,
    suspects: list[int],
) -> Iterator[tuple[int, T | Failed]]:
    """Feed the pool until nothing waits or it breaks; add the tasks that were in flight then to `suspects`."""
    running: dict[Future[T | Failed], int] = {}
    while waiting or running:
        while waiting and len(running) < in_flight:
            try:
                with _interrupts_held():
                    running[pool.submit(_guarded, function, tasks[waiting[0]])] = waiting[0]
            except BrokenProcessPool:
                break
            waiting.popleft()
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        broken = not done
        for future in done:
            try:
                yield running[future], future.result()
            except BrokenProcessPool:
                suspects.append(running[future])
                broken = True
            except Exception as error:  # a result that cannot be sent back, say
                yield running[future], Failed(f"{type(error).__name__}: {error}", traceback.format_exc())
            del running[future]
        if broken:
            suspects += sorted(running.values())
            return


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of processes; leave none behind, however the block ends."""
    others = set(active_children())
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)
    try:
        yield pool
    except BaseException:
        for child in set(active_children()) - others:
            child.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C from new workers, which inherit this thread's mask, and from here until they are up.

    The mask is not enough for that: another thread may take the signal, and the handler runs in the main thread.
    """
    noted: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    handler = signal.signal(signal.SIGINT, lambda number, _: noted.append(number)) if is_main else None
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if noted:
        signal.raise_signal(signal.SIGINT)


def _end_with_parent() -> None:
    """Make this worker end when the process that started it is gone, even when that was killed."""
    parent = parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        connection.wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
