"""The check: simulate again, compare, and add replications until each watched quantity is decided or they run out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.gate.compare import Interval, Outcome, Sample, interval, outcome
from sim.gate.exact import SEED, exact_of, judged, small
from sim.gate.reference import Case, Reference, Watched, here
from sim.gate.watched import values
from sim.scenario.read import load_scenario
from sim.study import FailedReplication, run_study

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

    Pair: TypeAlias = tuple[Scenario, Scenario]

ALPHA = 0.01
"""Chance, at most, that any interval at any look misses its true difference: shared out evenly (Bonferroni)."""
FIRST_LOOK = 4
"""[replications]; each further look has twice as many"""
PASS_FROM = 32
"""[replications] below which nothing passes: of what changes one morning in seven, 32 show something with 99 %."""
EXACT = "exact small case"

Values: TypeAlias = NDArray[np.float64]
"""Shape (replications, watched quantities); NaN: not defined."""
Draw: TypeAlias = Callable[[int], tuple[Values, Values]]
"""Returns so many replications: those of the reference again, from its first on, and others."""


@dataclass(frozen=True)
class Finding:
    """What became of one watched quantity, or of the exact small case (no numbers), after so many replications.

    `paired` of them are mornings of the reference, and in `same` of these the value is the very same.
    """

    case: str
    name: str
    outcome: Outcome
    why: str = ""
    replications: int = 0
    margin: float | None = None
    then: float | None = None
    now: float | None = None
    interval: Interval | None = None
    unit: str = ""
    paired: int = 0
    same: int = 0


@dataclass(frozen=True)
class Checked:
    """What a check found at one site: findings in the reference's order, and replications that failed."""

    site: str
    findings: tuple[Finding, ...]
    failures: tuple[FailedReplication, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Return the worst of what was found; failed replications leave it undecided at best."""
        found = {f.outcome for f in self.findings}
        return "fail" if "fail" in found else "undecided" if "undecided" in found or self.failures else "pass"


class _ReplicationsFailed(Exception):
    """Some replications gave no record; nothing is said over the others."""

    def __init__(self, failures: tuple[FailedReplication, ...]) -> None:
        super().__init__(failures)
        self.failures = failures


def looks(most: int, known: int = FIRST_LOOK) -> tuple[int, ...]:
    """Return the numbers of replications at which is looked: 4, 8, 16, ... and `most`.

    Where fewer than 4 are `known` to the reference, these are looked at first, by themselves.
    """
    found = [min(FIRST_LOOK, known)]
    while 2 * found[-1] < most:
        found.append(2 * found[-1])
    return (*found, most) if most > found[0] else (most,)


def shared_confidence(quantities: int, looks: int) -> float:
    """Return the confidence of each interval with which all of them hold at once with 99 %, at every look."""
    return 1.0 - ALPHA / (quantities * looks)


def may_have_changed(same: int, scenarios: int = 1) -> float:
    """Return the share of mornings that may have changed at most, if none of so many has (99 %, all scenarios).

    That is the upper end of the exact interval for none of n (Clopper and Pearson 1934, Biometrika 26, 404).
    """
    return float(1.0 - (ALPHA / scenarios) ** (1.0 / same))


def check(
    reference: Reference,
    *,
    most: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    among: int | None = None,
) -> Checked:
    """Compare the program as it is with a reference.

    At most `most` replications of each pair are simulated (default: as many as the reference has): first the
    reference's own, pair by pair, then others; only others, if there is another `seed` than the reference's. So many
    quantities as `among` are checked at once, here and at other sites (default: this one's). Raises BadInput.
    """
    among = among or sum(len(case.watched) for case in reference.cases.values())
    findings: list[Finding] = []
    for name, case in reference.cases.items():
        pair = load_scenario(name), load_scenario(case.baseline)
        at = looks(most or len(case.replications), len(case.replications))
        try:
            findings.append(_exact(name, case, pair, reference))
            with TemporaryDirectory(prefix="dropoff-check-") as store:
                draw = _simulating(case, pair, seed, workers, Path(store), at[-1])
                findings += statistical(name, case, draw, at, shared_confidence(among, len(at)))
        except _ReplicationsFailed as failed:
            return Checked(reference.site, tuple(findings), failed.failures)
    return Checked(reference.site, tuple(findings))


def _exact(name: str, case: Case, pair: "Pair", reference: Reference) -> Finding:
    study = run_study(small(pair[0]), small(pair[1]), replications=1, seed=SEED, workers=1)
    if study.failures:
        raise _ReplicationsFailed(study.failures)
    found, why = judged(exact_of(study), case.exact, here(), reference.made)
    return Finding(name, EXACT, found, why)


def _simulating(case: Case, pair: "Pair", seed: int | None, workers: int | None, store: Path, most: int) -> Draw:
    """Return the function that simulates so many replications, of `most`; those in the store not again.

    Whom the first look does not stop, none before PASS_FROM is likely to: these are simulated at once after it.
    """
    known, other = (len(case.replications), case.seed + 1) if seed is None or seed == case.seed else (0, seed)

    @cache
    def simulated(seed: int, replications: int) -> Values:
        if replications == 0:
            return np.empty((0, len(case.watched)))
        study = run_study(*pair, replications=replications, seed=seed, workers=workers, store=store, progress=True)
        if study.failures:
            raise _ReplicationsFailed(study.failures)
        return (
            values(study.trips, case.window).reindex(columns=[w.key for w in case.watched]).to_numpy(dtype=np.float64)
        )

    def draw(n: int) -> tuple[Values, Values]:
        ahead = n if n <= FIRST_LOOK else max(n, min(PASS_FROM, most))
        again, all_again = min(n, known), min(ahead, known)
        return simulated(case.seed, all_again)[:again], simulated(other, ahead - all_again)[: n - again]

    return draw


def statistical(name: str, case: Case, draw: Draw, at: Sequence[int], confidence: float) -> list[Finding]:
    """Look at more and more replications, until everything is decided or something fails; what is decided stays so.

    Nothing passes before PASS_FROM replications are there, or all that a smaller reference has: few that are the same
    say nothing of a change that few mornings show.
    """
    then = np.array(case.replications)
    needed = min(PASS_FROM, len(then))
    found: dict[Watched, Finding] = {}
    for n in at:
        again, new = draw(n)
        was, known = then[: len(again)], then[:0] if len(again) else then
        for i, each in enumerate(case.watched):
            if each not in found or found[each].outcome == "undecided":
                sample = Sample(again[:, i], was[:, i], new[:, i], known[:, i])
                found[each] = _finding(name, each, sample, confidence, needed)
        outcomes = {f.outcome for f in found.values()}
        if "fail" in outcomes or "undecided" not in outcomes:
            break
    return [found[each] for each in case.watched]


def _finding(name: str, watched: Watched, sample: Sample, confidence: float, needed: int) -> Finding:
    now, then = np.concatenate([sample.again, sample.new]), np.concatenate([sample.was, sample.known])
    undefined = int(np.isnan(now).sum())
    if undefined:
        why = f"not defined in {undefined} of {now.size} replications: travellers never finished, or nobody was there"
        judged: Outcome = "fail" if _is_new(sample, 1.0 - confidence) else "undecided"
        return Finding(name, watched.name, judged, why, now.size)
    found = interval(sample, confidence)
    judged, why = outcome(found, watched.margin), ""
    if judged == "pass" and now.size < needed:
        judged, why = "undecided", f"a pass takes {needed} replications"
    means = float(then.mean()), float(now.mean())
    same = int((sample.again == sample.was).sum())
    return Finding(
        name, watched.name, judged, why, now.size, watched.margin, *means, found, watched.unit, sample.again.size, same
    )


def _is_new(sample: Sample, level: float) -> bool:
    """Return whether it is a change that some values are not defined: all values of a reference are.

    In a morning of the reference it always is. Of other mornings chance may pick one such as the reference happens not
    to have: there so many must be undefined that Fisher's exact test says no to chance at this `level`.
    """
    if np.isnan(sample.again).any():
        return True
    new, undefined = sample.new.size, int(np.isnan(sample.new).sum())
    among = new + sample.was.size + sample.known.size
    return bool(stats.hypergeom.sf(undefined - 1, among, undefined, new) <= level)
