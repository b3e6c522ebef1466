"""The same people in both worlds, row by row, and what they make of a time: one value per replication and arm."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pandas.core.groupby.generic import SeriesGroupBy

    Grouped: TypeAlias = SeriesGroupBy[float, Any]
    Mask: TypeAlias = pd.Series[bool]
    Times: TypeAlias = pd.Series[float]

BASELINE, SCENARIO = "baseline", "scenario"
"""The arms of a comparison."""
KEY = ["replication", "traveller"]
COLUMNS = [
    "scenario",
    "replication",
    "kpi",
    "variant",
    "headline",
    "unit",
    "value",
    "travellers",
    "unfinished",
    "arm",
    "same_people",
    "from_s",
    "to_s",
    "why",
]
"""Of the table of KPIs. `value` is NaN where it is not defined: nobody to measure, somebody unfinished, or `why`.

`travellers` are those compared, `unfinished` those of them whose time is not known, `from_s` and `to_s` the times
after midnight between which they set out (NaN: the whole measured window), `same_people` says whether both arms
hold the same ones, `why` why the variant does not apply (empty: it does).
"""
NOBODY = "nobody to measure"


def mean(times: "Grouped") -> "Times":
    """Return the mean of each group."""
    return times.mean()


def p85(times: "Grouped") -> "Times":
    """Return the 85th percentile of each group, linear between ranks."""
    return times.quantile(0.85)


class Worlds:
    """Those who set out in the baseline's measured window, found again in the scenario by replication and name.

    `before` and `after` have the same rows in the same order. Whoever the scenario lost has NaN there, and counts
    as unfinished. Replications that are not in both tables are left out.
    """

    def __init__(self, before: pd.DataFrame, after: pd.DataFrame) -> None:
        """Pair the trips of the baseline with those of the scenario."""
        both = set(before["replication"]) & set(after["replication"])
        self.replications = pd.Index(sorted(both), name="replication", dtype="int64")
        self.names = [str(f["scenario"].iloc[0]) if len(f) else "" for f in (before, after)]
        chosen = before["measured"].astype(bool) & before["replication"].isin(both)
        self.before = before[chosen].set_index(KEY)
        self.after = after.set_index(KEY).reindex(self.before.index)
        self.after["finished"] = self.after["finished"].eq(True)

    def per_replication(self, who: "Mask") -> float:
        """Return how many of them there are in a replication, on average."""
        return float(who.sum()) / max(len(self.replications), 1)

    def rows(
        self,
        kpi: str,
        variant: str,
        time: "Callable[[pd.DataFrame], Times]",
        who: "Mask",
        *,
        of: "Callable[[Grouped], Times]" = mean,
        after: "Mask | None" = None,
        headline: bool = False,
        window: tuple[float, float] | None = None,
        why: str = "",
    ) -> pd.DataFrame:
        """Return the rows of one variant: `of` the `time` of `who` (in the scenario's world: `after`, if given)."""
        chosen = who, who if after is None else after
        table = pd.concat(list(self._values(time, of, chosen)), ignore_index=True)
        table["kpi"], table["variant"], table["headline"], table["unit"] = kpi, variant, headline, "s"
        table["from_s"], table["to_s"] = window or (np.nan, np.nan)
        table["same_people"] = after is None
        table["why"] = why if why or any(c.any() for c in chosen) else NOBODY
        table["value"] = table["value"].mask(table["unfinished"].gt(0) | table["why"].ne(""))
        return table[COLUMNS]

    def _values(
        self,
        time: "Callable[[pd.DataFrame], Times]",
        of: "Callable[[Grouped], Times]",
        chosen: "tuple[Mask, Mask]",
    ) -> Iterator[pd.DataFrame]:
        """Yield, for each arm, a row per replication with its value and how many stand behind it."""
        worlds = zip((BASELINE, SCENARIO), self.names, (self.before, self.after), chosen, strict=True)
        for arm, name, trips, who in worlds:
            times = time(trips).astype("float64")
            people = pd.DataFrame({"time": times, "unknown": times.isna() | ~trips["finished"]})[who]
            grouped = people.groupby(level="replication")
            values = {
                "value": of(grouped["time"]).reindex(self.replications).astype("float64"),
                "travellers": grouped["unknown"].size().reindex(self.replications, fill_value=0).astype("int64"),
                "unfinished": grouped["unknown"].sum().reindex(self.replications, fill_value=0).astype("int64"),
            }
            yield pd.DataFrame(values).reset_index().assign(arm=arm, scenario=name)
