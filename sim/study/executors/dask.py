"""Spreads tasks over a Dask cluster, one that is there or one that it starts."""

import errno
import logging
from asyncio import CancelledError
from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sim.scenario.faults import BadInput, Fault
from sim.study.executors.base import KILLED, Failed, T, Waiting, failed, guarded

AHEAD = 4
"""Tasks handed on for each thread of the cluster."""
ANSWERS_WITHIN_S = 5
"""[s] in which a scheduler must answer"""


@dataclass(frozen=True)
class Dask:
    """The workers of a Dask scheduler, or of a cluster of `workers` processes on this machine where there is none."""

    address: str | None
    workers: int

    def outcomes(
        self, function: Callable[..., T], waiting: Waiting
    ) -> Generator[tuple[Hashable, T | Failed], None, None]:
        """See `Executor`. A task whose worker is gone goes to another one; Dask gives up after some."""
        from distributed import as_completed

        _quiet()
        with ExitStack() as ends:
            client = self._client(ends)
            running: dict[Any, Hashable] = {}
            finished = as_completed(loop=client.loop)
            ends.callback(_cancel, client, running)
            while waiting or running:
                with self._scheduler_there():
                    most = AHEAD * max(1, sum(client.nthreads().values()))
                    while waiting and len(running) < most:
                        name, task = waiting.popleft()
                        future = client.submit(guarded, function, task, pure=False)
                        running[future] = name
                        finished.add(future)
                    future = next(finished)
                    answer = _answer(future)
                yield running.pop(future), answer

    @contextmanager
    def _scheduler_there(self) -> Iterator[None]:
        """Raise an OSError that tells it, if the scheduler goes meanwhile."""
        try:
            yield
        except (OSError, CancelledError):
            raise OSError(errno.ECONNRESET, "the Dask scheduler is gone", str(self.address)) from None

    def _client(self, ends: ExitStack) -> Any:
        """Return a client of the scheduler; raises BadInput if none answers."""
        from distributed import Client, LocalCluster

        if self.address is None:
            cluster = LocalCluster(
                n_workers=self.workers, threads_per_worker=1, dashboard_address=None, memory_limit=None
            )
            return ends.enter_context(Client(ends.enter_context(cluster)))
        try:
            return ends.enter_context(Client(self.address, timeout=ANSWERS_WITHIN_S))
        except (OSError, ValueError, TypeError) as error:
            found = f"{self.address}, where nothing answers ({type(error).__name__})"
            raise BadInput(Fault("executor.address", found, "the address of a Dask scheduler")) from None


def _quiet() -> None:
    """Keep Dask from telling what goes wrong by tracebacks of its own: it is told here, in one line."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _answer(future: Any) -> Any:
    """Return what a finished task returned, or why it did not; raises CancelledError if the scheduler is gone.

    What is `lost`, with the worker that had it, another one does again: that is waited for.
    """
    from distributed import KilledWorker

    if future.status == "cancelled":
        raise CancelledError
    try:
        return future.result()
    except KilledWorker:
        return KILLED
    except Exception as error:  # a task or a result that cannot be sent, say
        return failed(error)


def _cancel(client: Any, running: dict[Any, Hashable]) -> None:
    with suppress(Exception):  # a scheduler that is gone has nothing to cancel
        client.cancel(list(running), force=True)
