"""Who gains and who loses: the same traveller in both worlds, by group and by component of the time."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from sim.kpi.times import CARS, component, passes, total
from sim.kpi.worlds import Worlds
from sim.records import COMPONENTS

if TYPE_CHECKING:
    from sim.kpi.worlds import Times

    Labels = pd.Series[str]

NOTICED_S = 30.0
"""[s] a change that a person notices [assumption]"""
TOTAL = "total"
VEHICLES = (("through", "past the gate"), ("through", "others"), ("buses", "all"))
COLUMNS = [
    "group",
    "value",
    "component",
    "travellers",
    "unfinished",
    "mean_change_s",
    "low_s",
    "high_s",
    "share_gaining",
    "share_losing",
    "p10_s",
    "p90_s",
]
"""Of the table of changes. A change is after minus before: below zero is a gain.

`travellers` is their number in a replication, on average; `unfinished` those, in all replications, whose time is not
known in one of the worlds: with one of them all that follows is NaN. `mean_change_s` is the mean over the travellers,
`low_s` and `high_s` its 95 % interval with the replication as the unit (NaN for one replication). `share_gaining` and
`share_losing` are the shares of travellers whose time changes by more than NOTICED_S, `p10_s` and `p90_s` percentiles
of their changes.
"""


def traveller_changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return how the times of the same travellers change: the table of `TravellerChanges`, all replications at once."""
    changes = TravellerChanges()
    changes.add(before, after)
    return changes.table()


class TravellerChanges:
    """By how much each traveller's time changes, collected from some replications after another."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._replications: set[int] = set()
        self._families: list[pd.DataFrame] = []
        self._vehicles: dict[tuple[str, str], list[pd.DataFrame]] = {key: [] for key in VEHICLES}

    def add(self, before: pd.DataFrame, after: pd.DataFrame) -> None:
        """Add replications: the trips of the baseline and of the scenario (`sim.tables.trips_table`).

        They should be sound in both: an unfinished traveller leaves his groups without numbers. Those who set out in
        the measured window count.
        """
        worlds = Worlds(before, after)
        b = worlds.before
        self._replications |= set(worlds.replications)
        families = b["kind"].eq("family") & b["mode"].isin(CARS)
        parts = pd.DataFrame({part: _change(worlds, part)[families] for part in (TOTAL, *COMPONENTS)})
        labels = b.loc[families, ["mode", "entry", "stop"]]
        labels["stop"] = labels["stop"].mask(labels["stop"].eq(""), "none")  # who never came to stop
        self._families.append(parts.join(labels).reset_index(level="replication").reset_index(drop=True))
        vehicles = _change(worlds, TOTAL)
        through, past = b["kind"].eq("through"), passes(b, "passes_gate")
        for key, who in zip(VEHICLES, (through & past, through & ~past, b["kind"].eq("bus")), strict=True):
            self._vehicles[key].append(pd.DataFrame({TOTAL: vehicles[who]}).reset_index(level="replication"))

    def table(self) -> pd.DataFrame:
        """Return the changes, tidy: a row per group, value and component.

        Groups of families by car or taxi in the baseline, as in M1, for the component `total` and every one of
        sim.records.COMPONENTS: `families`, all of them; `mode`, `entry` and `stop`, as in the baseline. A stop is an
        outcome: whoever was unlucky in the baseline (parked far away) is likely to fare better in any other world, so
        that such groups gain by chance alone. For `total` alone, from the scheduled arrival to leaving: `through`
        (`past the gate`, those who pass it in the gate's direction in the baseline, and `others`) and `buses`.
        """
        families = pd.concat(self._families, ignore_index=True).assign(families="by car")
        blocks = [
            self._block(group, part, families, families[group])
            for group in ("families", "mode", "entry", "stop")
            for part in (TOTAL, *COMPONENTS)
        ]
        for (group, value), parts in self._vehicles.items():
            vehicles = pd.concat(parts, ignore_index=True)
            blocks.append(self._block(group, TOTAL, vehicles, pd.Series(value, index=vehicles.index, dtype="str")))
        return pd.concat(blocks, ignore_index=True)[COLUMNS]

    def _block(self, group: str, part: str, people: pd.DataFrame, labels: "Labels") -> pd.DataFrame:
        """Return a row for each label, in their order."""
        change = people[part]
        told = pd.DataFrame({"change": change, "unknown": change.isna(), "one": 1.0})
        told["gaining"], told["losing"] = change < -NOTICED_S, change > NOTICED_S
        by = told.groupby(labels.rename("value"))
        unfinished = by["unknown"].sum().astype("int64")
        each = told.groupby([labels.rename("value"), people["replication"]])
        sums, counts = (
            each[column].sum().unstack().reindex(columns=sorted(self._replications)).fillna(0.0).to_numpy()
            for column in ("change", "one")
        )
        mean, half = _mean(sums, counts)
        numbers = {
            "mean_change_s": mean,
            "low_s": mean - half,
            "high_s": mean + half,
            "share_gaining": by["gaining"].mean(),
            "share_losing": by["losing"].mean(),
            "p10_s": by["change"].quantile(0.1),
            "p90_s": by["change"].quantile(0.9),
        }
        found = pd.DataFrame(numbers, index=unfinished.index).astype("float64").mask(unfinished.gt(0))
        found["travellers"], found["unfinished"] = counts.mean(axis=1), unfinished
        return found.reset_index().assign(group=group, component=part)


def _change(worlds: Worlds, part: str) -> "Times":
    """Return by how much each traveller's time changes [s], NaN for whoever did not finish in one of the worlds."""
    time = total if part == TOTAL else component(part)
    finished = worlds.before["finished"].astype(bool) & worlds.after["finished"]
    return (time(worlds.after) - time(worlds.before)).astype("float64").where(finished)


def _mean(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[Any, Any]:
    """Return the means over travellers and half of their 95 % intervals, from sums and counts (groups, replications).

    A mean is a ratio of two sums over replications; its error is the linearised one.
    """
    n = sums.shape[1]
    mean = sums.sum(axis=1) / counts.sum(axis=1)
    if n < 2:
        return mean, np.full(len(mean), np.nan)
    apart = (sums - mean[:, None] * counts).std(axis=1, ddof=1)
    return mean, stats.t.ppf(0.975, n - 1) * apart / np.sqrt(n) / counts.mean(axis=1)
