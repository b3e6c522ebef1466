"""SUMO as a referee of the school street: where both can say it, both find about the same.

Each seed is run here and in SUMO in turns, with the same demand, and counts as one ratio of ours to SUMO's. Cases that
only explain a difference are for the full form. Skipped where SUMO is not installed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from sim.study.sumo import plan_of
from tests import referee, sumo
from tests.referee import KINDS, ONLY_EXPLAINS, hold
from tests.validation import why_sumo
from tests.validation.table import at_most, mean_of


@dataclass(frozen=True)
class Case:
    """The default school with a share of its traffic and so many families, and who is held to what SUMO says."""

    name: str
    share: float
    families: int
    held: tuple[str, ...] = ()
    """Kinds of vehicles whose mean times must agree; those of others are reported."""
    places_given: bool = False
    """Whether SUMO's families are told the place, and the time at it, that ours found."""
    edit: referee.Edit = referee.unchanged
    stop_left_out: bool = False
    """Whether families' time must agree without the stop, too, which is given and the larger part."""
    below_capacity: bool = False
    """Whether no queue may grow."""
    pairs: int = 8
    """Replications; in the quick form `quick_pairs`."""
    quick_pairs: int = 0

    @property
    def what(self) -> str:
        return f"school, {self.share:.0%} of its traffic, {self.families} families, {self.name}"


CALM = Case("places given", sumo.CALM, 60, held=KINDS, places_given=True, below_capacity=True, quick_pairs=2)
FULL_CASE = Case("each side's own choice", sumo.CALM, sumo.CALM_FAMILIES, held=("through", "bus"), quick_pairs=2)
SAME_PLACES = Case("places given", sumo.CALM, sumo.CALM_FAMILIES, held=("through", "bus"), places_given=True, pairs=24)
OTHER_BRAKES = Case(
    "places given; SUMO's families brake by Krauss",
    sumo.CALM,
    60,
    held=KINDS,
    places_given=True,
    edit=referee.braking_by_krauss,
    stop_left_out=True,
)
BUSY, BUSY_FAMILIES = 0.7, 280
NOBODY_STOPS = Case("nobody stops", BUSY, 0, pairs=4)
BUSY_CASE = Case("each side's own choice", BUSY, BUSY_FAMILIES, pairs=4)
BUSY_PLACES = Case("places given", BUSY, BUSY_FAMILIES, places_given=True, pairs=4)
BUSY_IMPATIENT = Case(
    "places given; SUMO's drivers impatient", BUSY, BUSY_FAMILIES, places_given=True, edit=referee.impatient, pairs=4
)
BUSY_CURB_CALM = Case(
    "places given; SUMO's drivers impatient", BUSY, 105, held=KINDS, places_given=True, edit=referee.impatient
)
"""As many families to the traffic as in the calm case."""
QUEUES = ("main_e1", "cross1_n_in")
"""Where through traffic comes in that stands for longest in SUMO."""
CASES = (
    CALM,
    FULL_CASE,
    SAME_PLACES,
    OTHER_BRAKES,
    NOBODY_STOPS,
    BUSY_CASE,
    BUSY_PLACES,
    BUSY_IMPATIENT,
    BUSY_CURB_CALM,
)


def mornings(case: Case, pairs: int, folder) -> list[pd.DataFrame]:
    """Run a case here and in SUMO in turns; return each pair's vehicles."""
    choices = referee.SETTLED if case.places_given else {}
    scenario, found = sumo.school(case.share, case.families, **choices), []
    for seed in range(pairs):
        record = referee.run_here(scenario, seed)
        plan = referee.as_driven(scenario, seed, record) if case.places_given else plan_of(scenario, seed)
        found.append(referee.both(record, plan, folder / str(seed), case.edit))
    return found


WHY = {
    CALM: why_sumo.same_case,
    FULL_CASE: why_sumo.choices,
    OTHER_BRAKES: why_sumo.braking,
    BUSY_CASE: why_sumo.full_streets,
}
"""What the page says about a case, given its trips."""


@pytest.mark.validation
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_the_school_takes_as_long_in_sumo(table, tmp_path, case):
    sumo.program("sumo")
    pairs = case.pairs if table.full else case.quick_pairs
    if not pairs:
        pytest.skip(ONLY_EXPLAINS)
    found = mornings(case, pairs, tmp_path)
    report(table, case, found)
    if case.places_given:
        hold_without_stop(table, case, found)
    if case.below_capacity:
        no_queue_grows(table, case, found)
    for kind in case.held:
        hold_mean(table, case, found, kind, "B")


def report(table, case: Case, found: Sequence[pd.DataFrame]) -> None:
    """Note the kinds that are not gated, families' time but for the stop, and what explains the case."""
    for kind in KINDS:
        if kind not in case.held and (kind != "family" or case.families):
            hold_mean(table, case, found, kind, "C")
    if case.share == BUSY and case.families:
        for entry in QUEUES:
            through = [t[(t["kind"] == "through") & (t["entry"] == entry)] for t in found]
            there, here = ([float(t[side].mean()) for t in through] for side in ("there_s", "here_s"))
            hold(table, f"{case.what}: mean time, through from {entry}", "s", there, here, 0.1, "C")
    if case in WHY:
        table.explain(WHY[case](pd.concat(found)))


def hold_mean(table, case: Case, found: Sequence[pd.DataFrame], kind: str, tier: str) -> None:
    means = np.array([t.loc[t["kind"] == kind, ["there_s", "here_s"]].mean() for t in found])
    hold(table, f"{case.what}: mean time, {kind}", "s", means[:, 0], means[:, 1], 0.1, tier)


def hold_without_stop(table, case: Case, found: Sequence[pd.DataFrame]) -> None:
    families = [t[t["kind"] == "family"] for t in found]
    there, here = ([float((t[side] - t["stop_s"]).mean()) for t in families] for side in ("there_s", "here_s"))
    what = f"{case.what}: mean time but for the stop, family"
    hold(table, what, "s", there, here, 0.1, "B" if case.stop_left_out else "C")


def no_queue_grows(table, case: Case, found: Sequence[pd.DataFrame]) -> None:
    """Check on both sides that no quarter of an hour was slower than the rest by more than a tenth."""
    for side, took in (("here", "here_s"), ("in SUMO", "there_s")):
        worst = [referee.worst_slice(t[t["kind"] != "family"], took) for t in found]
        what = f"{case.what}: slowest quarter of an hour over the mean, through and bus, {side}"
        table.hold("S", what, unit="1", band=at_most(1.1), found=mean_of(worst), tier="B", source="below capacity")
