"""Who gains and who loses: the same traveller in both worlds, by group and by component of the time."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from sim.kpi.times import CARS, component, passes, total
from sim.kpi.worlds import Worlds
from sim.records import COMPONENTS

if TYPE_CHECKING:
    from sim.kpi.worlds import Mask, Times

    Labels = pd.Series[str]

NOTICED_S = 30.0
"""[s] a change that a person notices [assumption]"""
TOTAL = "total"
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
    """Return how the times of the same travellers change, tidy: a row per group, value and component.

    `before` and `after` are the trips of the baseline and of the scenario (`sim.tables.trips_table`, all replications
    that are sound in both); those who set out in the measured window count. Groups of families by car or taxi in the
    baseline, as in M1, for the component `total` and every one of sim.records.COMPONENTS: `families`, all of them;
    `mode`, `entry` and `stop`, as in the baseline. A stop is an outcome: whoever was unlucky in the baseline (parked
    far away) is likely to fare better in any other world, so that such groups gain by chance alone. For `total` alone,
    from the scheduled arrival to leaving: `through` (`past the gate`, those who pass it in the gate's direction in the
    baseline, and `others`) and `buses`.
    """
    worlds = Worlds(before, after)
    b = worlds.before
    families = b["kind"].eq("family") & b["mode"].isin(CARS)
    through, past = b["kind"].eq("through"), passes(b, "passes_gate")
    everybody = pd.Series("all", index=b.index)
    blocks = list(_families(worlds, families))
    vehicles = _change(worlds, TOTAL)
    for group, labels, who in (
        ("through", everybody.mask(past, "past the gate").mask(~past, "others"), through),
        ("buses", everybody, b["kind"].eq("bus")),
    ):
        blocks.append(_table(group, TOTAL, labels[who], vehicles[who], worlds.replications))
    return pd.concat(blocks, ignore_index=True)[COLUMNS]


def _families(worlds: Worlds, who: "Mask") -> Iterator[pd.DataFrame]:
    """Yield the families' tables, group by group."""
    b = worlds.before[who]
    changes = {part: _change(worlds, part)[who] for part in (TOTAL, *COMPONENTS)}
    labels = {"families": pd.Series("by car", index=b.index)} | {g: b[g] for g in ("mode", "entry")}
    labels["stop"] = b["stop"].mask(b["stop"].eq(""), "none")  # who never came to stop
    for group, values in labels.items():
        for part, change in changes.items():
            yield _table(group, part, values, change, worlds.replications)


def _change(worlds: Worlds, part: str) -> "Times":
    """Return by how much each traveller's time changes [s], NaN for whoever did not finish in one of the worlds."""
    time = total if part == TOTAL else component(part)
    finished = worlds.before["finished"].astype(bool) & worlds.after["finished"]
    return (time(worlds.after) - time(worlds.before)).astype("float64").where(finished)


def _table(group: str, part: str, labels: "Labels", change: "Times", replications: "pd.Index[Any]") -> pd.DataFrame:
    """Return a row for each label, in their order."""
    people = pd.DataFrame({"change": change, "unknown": change.isna(), "one": 1.0})
    people["gaining"], people["losing"] = change < -NOTICED_S, change > NOTICED_S
    by = people.groupby(labels)
    unfinished = by["unknown"].sum().astype("int64")
    per_replication = people.groupby([labels, pd.Series(people.index.get_level_values(0), index=people.index)])
    sums, counts = (
        per_replication[column].sum().unstack().reindex(columns=replications).fillna(0.0).to_numpy()
        for column in ("change", "one")
    )
    mean, half = _mean(sums, counts)
    found = pd.DataFrame(
        {
            "mean_change_s": mean,
            "low_s": mean - half,
            "high_s": mean + half,
            "share_gaining": by["gaining"].mean(),
            "share_losing": by["losing"].mean(),
            "p10_s": by["change"].quantile(0.1),
            "p90_s": by["change"].quantile(0.9),
        },
        index=unfinished.index,
    ).astype("float64")
    found = found.mask(unfinished.gt(0))
    found["travellers"], found["unfinished"] = counts.mean(axis=1) if len(found) else 0.0, unfinished
    return found.rename_axis("value").reset_index().assign(group=group, component=part)


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
