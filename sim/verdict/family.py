"""What was declared before the first replication: when one looks, and how many scenarios are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.verdict.sequential import ERROR, nominal_levels, repeated_p_value

Verdict = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """A look at one comparison: at checkpoint number `at` of `checkpoints` (pairs), one of a `family` of scenarios.

    Without checkpoints one looks once, at whatever number of pairs there is. The error rate of 5 % is that of the
    whole: for each target, no interval of the family excludes the truth at any checkpoint, but with that probability
    (Bonferroni over the family, alpha spending over the checkpoints). Raises ValueError for what cannot be.
    """

    checkpoints: tuple[int, ...] = ()
    at: int = 0
    family: int = 1

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.family < 1 or not 0 <= self.at < max(len(self.checkpoints), 1):
            raise ValueError(f"{self}: expected a family of at least one and the number of a checkpoint")
        _ = self.level

    @property
    def level(self) -> float:
        """The two-sided error level of this interval."""
        error = ERROR / self.family
        return nominal_levels(self.checkpoints, error)[self.at] if self.checkpoints else error

    @property
    def confidence(self) -> float:
        """The confidence of the interval that decides, as a share."""
        return 1.0 - self.level

    @property
    def is_the_last_of_several(self) -> bool:
        """Whether the budget ends here."""
        return len(self.checkpoints) > 1 and self.at == len(self.checkpoints) - 1

    def p_value(self, p: float) -> float:
        """Return a test's p-value as one good at any checkpoint: the interval excludes what has <= 5 % / family."""
        return repeated_p_value(p, self.checkpoints, self.at) if self.checkpoints else p


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return the p-values adjusted for their number (Holm 1979, Scand. J. Stat. 6, 65), in their order.

    None, a test without a result, counts as one of them and stays None. Those at most 0.05 hold together with an error
    rate of 5 %.
    """
    order = sorted(range(len(p_values)), key=lambda i: 1.0 if p_values[i] is None else float(p_values[i] or 0.0))
    adjusted: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, i in enumerate(order):
        p = p_values[i]
        if p is not None:
            least = max(least, min(1.0, (len(p_values) - rank) * p))
            adjusted[i] = least
    return tuple(adjusted)


def with_holm(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts of a family with Holm's `holm_p_value` beside the `p_value` of each target.

    All were judged with the same `Look.family`, as large as they are many at least: what was declared and has no
    verdict counts. Raises ValueError otherwise.
    """
    families = {int(v["family"]) for v in verdicts}
    if len(families) > 1 or any(family < len(verdicts) for family in families):
        raise ValueError(f"{len(verdicts)} verdicts of a family of {sorted(families)}")
    found: dict[tuple[int, int], float | None] = {}
    for kpi in {target["kpi"] for v in verdicts for target in v["targets"]}:
        places = [
            (n, i)
            for n, v in enumerate(verdicts)
            for i, target in enumerate(v["targets"])
            if target["headline"] and target["kpi"] == kpi
        ]
        tested = [verdicts[n]["targets"][i]["p_value"] for n, i in places]
        missing = [None] * (max(families) - len(tested))
        found |= dict(zip(places, holm([*tested, *missing]), strict=False))
    return [
        v | {"targets": [t | {"holm_p_value": found.get((n, i))} for i, t in enumerate(v["targets"])]}
        for n, v in enumerate(verdicts)
    ]
