"""Spreads tasks over SLURM jobs, some in each, by way of submitit."""

import subprocess
import time
from collections.abc import Callable, Generator, Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from sim.scenario.faults import BadInput, Fault
from sim.study.executors.base import Failed, T, Waiting, failed, guarded

Batch: TypeAlias = list[tuple[Hashable, tuple[Any, ...]]]
POLL_S = 1.0
"""[s] between two looks for results"""
ASKS = ("squeue", "--me", "--noheader", "--format=%A")
ASK_S = 10.0
"""[s] between two questions to SLURM which jobs it has"""
LOST_S = 60.0
"""[s] after which a job that SLURM no longer has is lost: a network file system may show its result that late"""


@dataclass(frozen=True)
class Slurm:
    """Jobs of one core; `cluster` "local" runs them as processes of this machine."""

    folder: Path
    jobs: Annotated[int, Field(ge=1, le=10_000)]
    replications_a_job: Annotated[int, Field(ge=1, le=100_000)]
    timeout_min: Annotated[int, Field(ge=1)]
    memory_gb: Annotated[float, Field(gt=0)]
    partition: str | None = None
    account: str | None = None
    cluster: Literal["slurm", "local"] = "slurm"

    def outcomes(
        self, function: Callable[..., T], waiting: Waiting
    ) -> Generator[tuple[Hashable, T | Failed], None, None]:
        """See `Executor`. A job that came to nothing is tried again as two, until it is known which task did it."""
        executor = self._executor()
        queue = _Queue()
        again: list[Batch] = []
        running: list[tuple[Any, Batch]] = []
        try:
            while waiting or again or running:
                while (waiting or again) and len(running) < self.jobs:
                    most = min(self.replications_a_job, len(waiting))
                    batch = again.pop() if again else [waiting.popleft() for _ in range(most)]
                    running.append((executor.submit(_batch, function, [task for _, task in batch]), batch))
                if self.cluster == "slurm":
                    queue.look(job.job_id for job, _ in running)
                    done = [b for b in running if b[0].paths.result_pickle.exists() or queue.has_lost(b[0].job_id)]
                else:
                    done = [b for b in running if b[0].done()]
                if not done:
                    time.sleep(POLL_S)
                for job, batch in done:
                    running.remove((job, batch))
                    try:
                        if queue.has_lost(job.job_id) and not job.paths.result_pickle.exists():
                            raise ChildProcessError("SLURM no longer has it, and it left no result")
                        answers = job.result()
                    except Exception as error:  # killed, out of time or of memory, or its result is unreadable
                        if len(batch) > 1:
                            again += [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
                            continue
                        lost = failed(error)
                        first = next(iter(lost.reason.splitlines()), "")
                        answers = [Failed(f"job {job.job_id} came to nothing, also alone: {first}", lost.detail)]
                    yield from ((name, answer) for (name, _), answer in zip(batch, answers, strict=True))
        finally:
            for job, _ in running:
                job.cancel()

    def _executor(self) -> Any:
        """Return what submits; raises BadInput where there is no SLURM."""
        import submitit

        try:
            executor = submitit.AutoExecutor(folder=self.folder, cluster=self.cluster)
        except RuntimeError as error:
            expected = "slurm on a machine that has sbatch, or local"
            raise BadInput(Fault("executor.cluster", f"{self.cluster} ({error})", expected)) from None
        executor.update_parameters(
            name="dropoff", timeout_min=self.timeout_min, mem_gb=self.memory_gb, cpus_per_task=1, tasks_per_node=1
        )
        if self.cluster == "slurm":
            told = {"partition": self.partition, "account": self.account}
            executor.update_parameters(**{f"slurm_{key}": value for key, value in told.items() if value is not None})
        return executor


class _Queue:
    """Which jobs SLURM no longer has. It is asked for its queue alone: not every cluster keeps accounts (`sacct`)."""

    def __init__(self) -> None:
        self._asked_s = float("-inf")
        self._missing: dict[str, float] = {}

    def look(self, jobs: Iterable[str]) -> None:
        """Note which of these jobs are missing, and since when; SLURM is asked now and then only."""
        now_s = time.monotonic()
        if now_s < self._asked_s + ASK_S:
            return
        self._asked_s = now_s
        try:
            told = subprocess.run(ASKS, capture_output=True, text=True, check=False)
        except OSError:
            return
        if told.returncode == 0:  # else it does not answer, and nothing is known
            there = set(told.stdout.split())
            self._missing = {job: self._missing.get(job, now_s) for job in jobs if job not in there}

    def has_lost(self, job: str) -> bool:
        """Return whether a job has been missing for so long that it is lost."""
        return self._asked_s - self._missing.get(job, self._asked_s) >= LOST_S


def _batch(function: Callable[..., T], tasks: list[tuple[Any, ...]]) -> list[T | Failed]:
    return [guarded(function, task) for task in tasks]
