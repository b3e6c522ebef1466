"""Spreads tasks over SLURM jobs, some in each, by way of submitit."""

import time
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from sim.scenario.faults import BadInput, Fault
from sim.study.executors.base import Failed, T, Waiting, failed, guarded

Batch: TypeAlias = list[tuple[Hashable, tuple[Any, ...]]]
POLL_S = 1.0
"""[s] between two looks at the jobs; submitit itself asks SLURM less often"""


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
        again: list[Batch] = []
        running: list[tuple[Any, Batch]] = []
        try:
            while waiting or again or running:
                while (waiting or again) and len(running) < self.jobs:
                    most = min(self.replications_a_job, len(waiting))
                    batch = again.pop() if again else [waiting.popleft() for _ in range(most)]
                    running.append((executor.submit(_batch, function, [task for _, task in batch]), batch))
                done = [each for each in running if each[0].done()]
                if not done:
                    time.sleep(POLL_S)
                for job, batch in done:
                    running.remove((job, batch))
                    try:
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


def _batch(function: Callable[..., T], tasks: list[tuple[Any, ...]]) -> list[T | Failed]:
    return [guarded(function, task) for task in tasks]
