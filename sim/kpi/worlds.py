"""The same people in both worlds, row by row, and what they make of a time: one value per replication and arm."""

from collections.abc import Callable, Iterator, Sequence
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
Window: TypeAlias = tuple[float, float]
"""[s after midnight] from and to."""


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
        window: Window | None = None,
        least: int = 0,
    ) -> pd.DataFrame:
        """Return the rows of one variant: `of` the `time` of `who` (in the scenario's world: `after`, if given).

        `least` vehicles a replication must stand behind it, which is judged when all replications are there.
        """
        chosen = who, who if after is None else after
        table = pd.concat(list(self._values(time, of, chosen)), ignore_index=True)
        table["kpi"], table["variant"], table["headline"], table["unit"] = kpi, variant, headline, "s"
        table["from_s"], table["to_s"] = window or (np.nan, np.nan)
        table["same_people"], table["least"] = after is None, least
        return table

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


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the table of KPIs from the rows of some replications each: what needs all of them is decided here.

    A variant that is missing in a part has nobody there. Variants keep the order of the first part that has them.
    """
    table = pd.concat(parts, ignore_index=True)
    if table.empty:  # an arm has lost all its replications
        return table.assign(why="")[COLUMNS].astype({"why": "str"})
    names = table.groupby("arm")["scenario"].first()
    known = table.groupby(["kpi", "variant"], sort=False)[
        ["headline", "unit", "from_s", "to_s", "same_people", "least"]
    ].first()
    arms, replications = (BASELINE, SCENARIO), sorted(set(table["replication"]))
    everywhere = pd.MultiIndex.from_tuples(
        [(*variant, arm, i) for variant in known.index for arm in arms for i in replications],
        names=["kpi", "variant", "arm", "replication"],
    )
    values = table.set_index(everywhere.names)[["value", "travellers", "unfinished"]].reindex(everywhere)
    whole = values.join(known, on=["kpi", "variant"])
    for column in ("travellers", "unfinished"):
        whole[column] = whole[column].fillna(0).astype("int64")
    whole["scenario"] = names.reindex(everywhere.get_level_values("arm")).to_numpy()
    whole["why"] = pd.Series(_why(whole["travellers"], known)).reindex(everywhere.droplevel([2, 3])).to_numpy()
    whole["value"] = whole["value"].mask(whole["unfinished"].gt(0) | whole["why"].ne(""))
    return whole.reset_index()[COLUMNS].astype({"why": "str"})


def _why(travellers: "pd.Series[int]", known: pd.DataFrame) -> dict[Any, str]:
    """Return for each variant why it does not apply, or nothing."""
    by = travellers.groupby(["kpi", "variant"], sort=False)
    before = travellers.xs(BASELINE, level="arm").groupby(["kpi", "variant"], sort=False).mean().to_dict()
    most = by.max().to_dict()
    told = {}
    for variant, least, start in zip(known.index, known["least"], known["from_s"], strict=True):
        each = before[variant]
        if each < least and np.isnan(start):
            told[variant] = f"fewer than {least} vehicles a replication pass the gate in any half hour"
        elif each < least:
            told[variant] = f"{each:.0f} vehicles a replication, fewer than {least}, pass the gate in both worlds"
        else:
            told[variant] = "" if most[variant] else NOBODY
    return told
