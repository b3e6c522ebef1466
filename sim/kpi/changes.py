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
VEHICLES = (("through", "past the gate"), ("through", "other direction"), ("through", "others"), ("buses", "all"))
COLUMNS = [
    "group",
    "value",
    "component",
    "travellers",
    "replications",
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

`travellers` is their number in a replication, on average, `replications` in how many there is one; `unfinished` those,
in all replications, whose time is not known in one of the worlds: with one of them all that follows is NaN.
`mean_change_s` is the mean over the travellers, `low_s` and `high_s` its 95 % interval, of this group alone, with the
replication as the unit (NaN for one replication with somebody). `share_gaining` and `share_losing` are the shares of
travellers whose time changes by more than NOTICED_S, `p10_s` and `p90_s` percentiles of their changes in a
replication, on average.
"""


def traveller_changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return how the times of the same travellers change: the table of `TravellerChanges`, all replications at once."""
    changes = TravellerChanges()
    changes.add(Worlds(before, after))
    return changes.table()


class TravellerChanges:
    """By how much each traveller's time changes, collected from some replications after another."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._found: list[pd.DataFrame] = []
        self._replications = 0

    def add(self, worlds: Worlds) -> None:
        """Add replications: the travellers of the baseline and of the scenario.

        They should be sound in both: an unfinished traveller leaves his groups without numbers. Those who set out in
        the measured window count.
        """
        b = worlds.before
        self._replications += len(worlds.replications)
        families = b["kind"].eq("family") & b["mode"].isin(CARS)
        parts = pd.DataFrame({part: _change(worlds, part)[families] for part in (TOTAL, *COMPONENTS)})
        labels = b.loc[families, ["mode", "entry", "stop"]].assign(families="by car")
        labels["stop"] = labels["stop"].mask(labels["stop"].eq(""), "none")  # who never came to stop
        self._found += [_each(group, parts, labels[group]) for group in ("families", "mode", "entry", "stop")]
        whole = pd.DataFrame({TOTAL: _change(worlds, TOTAL)})
        through, past, opposite = b["kind"].eq("through"), passes(b, "passes_gate"), passes(b, "passes_opposite")
        whose = past, ~past & opposite, ~past & ~opposite
        for (group, value), who in zip(
            VEHICLES, (*(through & them for them in whose), b["kind"].eq("bus")), strict=True
        ):
            chosen = whole[who]
            self._found.append(_each(group, chosen, pd.Series(value, index=chosen.index, dtype="str")))

    def table(self) -> pd.DataFrame:
        """Return the changes, tidy: a row per group, value and component.

        Groups of families by car or taxi in the baseline, as in M1, for the component `total` and every one of
        sim.records.COMPONENTS: `families`, all of them; `mode`, `entry` and `stop`, as in the baseline. A stop is an
        outcome: whoever was unlucky in the baseline (parked far away) is likely to fare better in any other world, so
        that such groups gain by chance alone. For `total` alone, from the scheduled arrival to leaving: `through`
        (`past the gate`, those who pass it in the gate's direction in the baseline, `other direction`, those who pass
        it in the other, and `others`) and `buses`.
        """
        each = pd.concat(self._found, ignore_index=True)
        order = {TOTAL: 0, **{part: n for n, part in enumerate(COMPONENTS, start=1)}}
        groups = {group: n for n, group in enumerate(dict.fromkeys(each["group"]))}
        by = each.groupby(["group", "component", "value"], sort=True)
        found = by[["one", "unknown", "change", "gaining", "losing"]].sum()
        sums, counts = (
            each.pivot(index=["group", "component", "value"], columns="replication", values=column)
            .reindex(found.index)
            .fillna(0.0)
            .to_numpy(dtype=np.float64)
            for column in ("change", "one")
        )
        mean, half = _mean(sums, counts)
        numbers = {
            "mean_change_s": mean,
            "low_s": mean - half,
            "high_s": mean + half,
            "share_gaining": found["gaining"] / found["one"],
            "share_losing": found["losing"] / found["one"],
            "p10_s": by["p10_s"].mean(),
            "p90_s": by["p90_s"].mean(),
        }
        table = pd.DataFrame(numbers, index=found.index).astype("float64").mask(found["unknown"].gt(0))
        table["travellers"] = found["one"] / max(self._replications, 1)
        table["replications"] = (counts > 0.0).sum(axis=1)
        table["unfinished"] = found["unknown"].astype("int64")
        table = table.reset_index()
        place = table["group"].map(groups) * len(order) + table["component"].map(order)
        return table.iloc[np.argsort(place, kind="stable")][COLUMNS].reset_index(drop=True)


def _each(group: str, changes: pd.DataFrame, labels: "Labels") -> pd.DataFrame:
    """Return a row for each component (column), label and replication: sums and percentiles of the changes."""
    keys = [labels.rename("value"), changes.index.get_level_values("replication")]
    by = changes.groupby(keys)
    told = {
        "one": by.size().to_frame().reindex(columns=[0] * changes.shape[1]).set_axis(changes.columns, axis=1),
        "unknown": changes.isna().groupby(keys).sum(),
        "change": by.sum(),
        "gaining": changes.lt(-NOTICED_S).groupby(keys).sum(),
        "losing": changes.gt(NOTICED_S).groupby(keys).sum(),
        "p10_s": by.quantile(0.1),
        "p90_s": by.quantile(0.9),
    }
    columns = {name: table.rename_axis(columns="component").stack().astype("float64") for name, table in told.items()}
    return pd.DataFrame(columns).reset_index().assign(group=group)


def _change(worlds: Worlds, part: str) -> "Times":
    """Return by how much each traveller's time changes [s], NaN for whoever did not finish in one of the worlds."""
    time = total if part == TOTAL else component(part)
    finished = worlds.before["finished"].astype(bool) & worlds.after["finished"]
    return (time(worlds.after) - time(worlds.before)).astype("float64").where(finished)


def _mean(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[Any, Any]:
    """Return the means over travellers and half of their 95 % intervals, from sums and counts (groups, replications).

    A mean is a ratio of two sums over the replications with somebody, of which an interval needs two; its error is the
    linearised one.
    """
    mean = sums.sum(axis=1) / counts.sum(axis=1)
    n = (counts > 0.0).sum(axis=1)
    rest = sums - mean[:, None] * counts  # of a sum of zero; a replication without anybody adds nothing
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((rest * rest).sum(axis=1) * n / (n - 1)) / counts.sum(axis=1)
        return mean, np.where(n > 1, stats.t.ppf(0.975, n - 1) * error, np.nan)
