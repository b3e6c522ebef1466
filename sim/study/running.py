"""The loop of every study: what is missing is simulated, and each comparison is judged as soon as it can be."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sim.scenario.faults import BadInput
from sim.study.comparison import ARMS, Comparison
from sim.study.executors import Executor, Failed
from sim.study.judging import Study, judged
from sim.study.progress import Tell, silent
from sim.study.store import Store
from sim.study.task import perform, simulator

Films = Mapping[tuple[str, int], Path]
"""Of which arm and replication a film is written, and into which folder."""


def run_all(
    comparisons: Iterable[Comparison],
    store: Store,
    executor: Executor,
    done: Callable[[int, Study | BadInput], object],
    *,
    tell: Tell = silent,
    films: Films | None = None,
) -> None:
    """Simulate what the store does not hold, and call `done` with (index of the comparison, what it found).

    A replication that several comparisons need is simulated once. One that cannot be simulated fails the comparisons
    that need it, and no other. Raises OSError if something cannot be written; what is finished stays in the store.
    """
    courses = [_Course(n, comparison) for n, comparison in enumerate(comparisons)]
    board = _Board(store, films or {}, tell)
    ready = deque(courses)
    for course in courses:
        board.need(course)
    with closing(executor.outcomes(perform, board.waiting)) as answers:
        while True:
            while ready:
                course = ready.popleft()
                if course.missing:
                    continue
                again = _judge(course, store, board.failed, done)
                if again:
                    board.need(course)
                    ready.append(course)
            answer = next(answers, None)
            if answer is None:
                if not board.waiting:
                    return
                raise RuntimeError("the executor ended before its tasks")
            ready.extend(board.answered(*answer))


class _Course:
    """How far a comparison is: the checkpoint it goes to, and which replications it still waits for."""

    def __init__(self, number: int, comparison: Comparison) -> None:
        self.number = number
        self.comparison = comparison
        self.look = 0
        self.missing: set[str] = set()
        self.bad: BadInput | None = None

    @property
    def pairs(self) -> int:
        return self.comparison.checkpoints[self.look]

    def keys(self) -> dict[tuple[str, int], str]:
        """Return the keys of what the next judgement needs, beyond what the last one had."""
        had = self.comparison.checkpoints[self.look - 1] if self.look else 0
        return {(arm, i): self.comparison.task(arm, i).key for i in range(had, self.pairs) for arm in ARMS}


class _Board:
    """Which replications are waiting, who waits for them, and which failed."""

    def __init__(self, store: Store, films: Films, tell: Tell) -> None:
        self.store = store
        self.films = films
        self.tell = tell
        self.waiting: deque[tuple[Any, tuple[Any, ...]]] = deque()
        self.owners: dict[str, list[_Course]] = {}
        self.failed: dict[str, Failed] = {}
        self.known: set[str] = set()
        self.finished = 0

    def need(self, course: _Course) -> None:
        """Put on the board what a comparison needs next."""
        for (arm, i), key in course.keys().items():
            film = self.films.get((arm, i))
            if key not in self.known:
                self.known.add(key)
                if film is None and self.store.get(key) is not None:
                    self.finished += 1
                    continue
                self.owners[key] = []
                task = course.comparison.task(arm, i)
                self.waiting.append((key, (task, key, simulator(), self.store, film)))
            if key in self.owners and key not in course.missing:  # both arms may be the same world
                self.owners[key].append(course)
                course.missing.add(key)
        self.tell(self.finished, len(self.known))

    def answered(self, key: Any, answer: Any) -> list[_Course]:
        """Take an answer, and return the comparisons that waited for nothing else."""
        if isinstance(answer, OSError):
            raise answer
        owners = self.owners.pop(key)
        if isinstance(answer, Failed):
            self.failed[key] = answer
        elif isinstance(answer, tuple):
            for course in owners:
                course.bad = course.bad or BadInput(*answer)
        elif answer.packed is not None:
            self.store.put(key, answer.packed)
        self.finished += 1
        self.tell(self.finished, len(self.known))
        for course in owners:
            course.missing.discard(key)
        return [course for course in owners if not course.missing]


def _judge(
    course: _Course, store: Store, failed: Mapping[str, Failed], done: Callable[[int, Study | BadInput], object]
) -> bool:
    """Judge a comparison at its checkpoint; return whether it goes on to the next one."""
    if course.bad is not None:
        done(course.number, course.bad)
        return False
    keys = {(arm, i): course.comparison.task(arm, i).key for i in range(course.pairs) for arm in ARMS}
    lost = {place: failed[key] for place, key in keys.items() if key in failed}
    study = judged(course.comparison, course.look, store, lost)
    if study.decided or course.look + 1 == len(course.comparison.checkpoints):
        done(course.number, study)
        return False
    course.look += 1
    return True
