"""Spreads tasks over processes of this machine; one whose worker is killed is tried again, alone."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, connection, get_context, parent_process
from typing import Any

from sim.memory import collect_seldom
from sim.study.executors.base import KILLED, Failed, T, Waiting, failed, guarded

AHEAD = 4
"""Tasks handed on for each worker, so that none waits while this process is busy with what is finished."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Local:
    """Processes of this machine."""

    workers: int

    def outcomes(
        self, function: Callable[..., T], waiting: Waiting
    ) -> Generator[tuple[Hashable, T | Failed], None, None]:
        """Do the tasks in processes of this machine: see `Executor`.

        The first one runs in this process, so that what is compiled for it lies in the disk cache before several
        workers want it at once. With one worker all of them do.
        """
        suspects: list[tuple[Hashable, tuple[Any, ...]]] = []
        killer: list[tuple[Hashable, tuple[Any, ...]]]
        here = True
        while waiting or suspects:
            if here and waiting:
                name, task = waiting.popleft()
                yield name, guarded(function, task)
                here = self.workers <= 1
            elif waiting:
                with _pool(self.workers) as pool:
                    yield from _drain(pool, function, waiting, AHEAD * self.workers, suspects)
            else:  # one at a time in one process, so that it is known who kills it
                again, suspects, killer = deque(suspects), [], []
                with _pool(1) as pool:
                    yield from _drain(pool, function, again, 1, killer)
                suspects = list(again)
                yield from ((name, KILLED) for name, _ in killer)


def _drain(
    pool: ProcessPoolExecutor,
    function: Callable[..., T],
    waiting: Waiting,
    in_flight: int,
    suspects: list[tuple[Hashable, tuple[Any, ...]]],
) -> Iterator[tuple[Hashable, T | Failed]]:
    """Feed the pool until nothing waits or it breaks; add the tasks that were in flight then to `suspects`."""
    running: dict[Future[T | Failed], tuple[Hashable, tuple[Any, ...]]] = {}
    while waiting or running:
        while waiting and len(running) < in_flight:
            try:
                with _interrupts_held():
                    running[pool.submit(guarded, function, waiting[0][1])] = waiting[0]
            except BrokenProcessPool:
                break
            waiting.popleft()
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        broken = not done
        for future in done:
            name, task = running.pop(future)
            try:
                answer = future.result()
            except BrokenProcessPool:
                suspects.append((name, task))
                broken = True
                continue
            except Exception as error:  # a result that cannot be sent back, say
                answer = failed(error)
            yield name, answer
        if broken:
            suspects += running.values()
            return


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of processes; leave none behind, however the block ends."""
    others = set(active_children())
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)
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
    """Keep Ctrl-C from new workers, which inherit this thread's mask, and what ends this process until they are up.

    The mask is not enough for that: another thread may take the signal, and the handler runs in the main thread.
    """
    noted: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    ending = [number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if callable(signal.getsignal(number))]
    handlers = {number: signal.signal(number, lambda number, _: noted.append(number)) for number in ending if is_main}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if noted:
        signal.raise_signal(noted[0])


def _begin() -> None:
    """Begin as a worker."""
    collect_seldom()
    _end_with_parent()


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
