"""KPIs from tables of trips: one value per replication, for the same people in both worlds; knows no model."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from sim.records import COMPONENTS

if TYPE_CHECKING:
    from pandas.core.groupby.generic import SeriesGroupBy

    Grouped: TypeAlias = SeriesGroupBy[float, Any]

BASELINE, SCENARIO = "baseline", "scenario"
"""The arms of a comparison."""
CARS = ("car", "taxi")
HALF_HOUR_S = 1800.0
STEP_S = 60.0
"""[s] between the starts of two windows that are tried for the worst half hour"""
LEAST_VEHICLES = 30
"""[vehicles a replication, on average] below which M2 is not applicable"""

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
"""Of the table of KPIs. `value` is NaN where it is not defined: `why` then says so, or `unfinished` is not zero.

`travellers` are those compared, `unfinished` those of them whose time is not known, `from_s` and `to_s` the times
after midnight between which they set out (NaN: the whole measured window), `same_people` whether both arms hold the
same ones.
"""

_KEY = ["replication", "traveller"]
Time = Callable[[pd.DataFrame], "pd.Series[float]"]
"""From trips, one row per traveller, to a time [s] of each."""


def kpi_table(*, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the KPIs of both arms and their variants, tidy: a row per arm, replication, KPI and variant.

    `before` and `after` are the trips of the baseline and of the scenario (`sim.tables.trips_table`, all
    replications). Replications that are not in both are left out: the verdict knows them as failed.
    """
    tables = [drop_off_time(before=before, after=after), time_past_gate(before=before, after=after)]
    return pd.concat(tables, ignore_index=True)


def drop_off_time(*, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return M1, the parents' drop-off time in the morning [s].

    M1 = mean of (left_s - scheduled_s) over the families that come by car or taxi in the baseline and set out in
    the measured window: the admission queue counts; whoever comes by another mode in the other world counts there
    from door to gate. Variants: above_free_flow = mean of (left_s - scheduled_s - free_flow_s); by component, each
    the mean of its own column (0 for whoever comes without a car); p85, the 85th percentile of the total;
    car_in_both, those who come by car in both worlds; mode_*, by mode in the baseline; stop_*, by the kind of stop
    used in that world (so not the same people in both).
    """
    worlds = _Worlds(before, after)
    b, a = worlds.before, worlds.after
    who = b["kind"].eq("family") & b["mode"].isin(CARS)
    if not who.any():
        return worlds.rows("M1", "am", _total, who, headline=True, why="no family comes by car")
    blocks = [
        worlds.rows("M1", "am", _total, who, headline=True),
        worlds.rows("M1", "p85", _total, who, of=_p85),
        worlds.rows("M1", "above_free_flow", lambda t: _total(t) - t["free_flow_s"], who),
        *(worlds.rows("M1", part, _component(part), who) for part in COMPONENTS),
    ]
    if (still := who & a["mode"].isin(CARS)).any():
        blocks.append(worlds.rows("M1", "car_in_both", _total, still))
    for mode in CARS:
        if (by_mode := who & b["mode"].eq(mode)).any():
            blocks.append(worlds.rows("M1", f"mode_{mode}", _total, by_mode))
    for stop in sorted({*b.loc[who, "stop"], *a.loc[who, "stop"].dropna()} - {""}):
        users, users_after = who & b["stop"].eq(stop), who & a["stop"].eq(stop)
        blocks.append(worlds.rows("M1", f"stop_{stop}", _total, users, after=users_after))
    return pd.concat(blocks, ignore_index=True)


def time_past_gate(*, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return M2, the travel time past the gate [s].

    M2 = mean of (section_out_s - scheduled_s) over the through vehicles that pass the gate in the gate's direction
    in both worlds and are scheduled in the baseline's worst half hour (`worst_half_hour`); not applicable with fewer
    than 30 of them a replication. Variants over the same minutes: section = mean of (section_out_s - section_in_s);
    opposite, the through vehicles of the other direction; buses, those in the gate's direction; p85, the 85th
    percentile; diverted = mean of (left_s - scheduled_s) over those who pass the gate in the baseline only. Over the
    whole measured window: whole_window, the headline's formula; study_area = mean of (left_s - scheduled_s) over
    all through vehicles; next_streets, the same over those who pass the gate in neither direction (displacement).
    """
    worlds = _Worlds(before, after)
    b, a = worlds.before, worlds.after
    through = b["kind"].eq("through")
    passing = _passes(b, "passes_gate")
    gate = through & passing & _passes(a, "passes_gate")
    opposite = through & ~passing & _passes(b, "passes_opposite") & _passes(a, "passes_opposite")
    next_streets = through & ~b["passes_gate"] & ~b["passes_opposite"]
    blocks = []
    window = worst_half_hour(before=before)
    if window is None:
        why = f"fewer than {LEAST_VEHICLES} vehicles a replication pass the gate in any half hour"
        blocks.append(worlds.rows("M2", "am", _to_section_end, gate, headline=True, why=why))
    else:
        then = b["scheduled_s"].ge(window[0]) & b["scheduled_s"].lt(window[1])
        why = _too_few(gate & then, worlds)
        blocks.append(worlds.rows("M2", "am", _to_section_end, gate & then, headline=True, window=window, why=why))
        for variant, time, who, of in (
            ("p85", _to_section_end, gate & then, _p85),
            ("section", _in_section, gate & then, _mean),
            ("opposite", _to_section_end, opposite & then, _mean),
        ):
            blocks.append(worlds.rows("M2", variant, time, who, of=of, window=window, why=_too_few(who, worlds)))
        buses = b["kind"].eq("bus") & passing & _passes(a, "passes_gate") & then
        diverted = through & passing & a["passes_gate"].eq(False) & then
        for variant, time, who in (("buses", _to_section_end, buses), ("diverted", _total, diverted)):
            if who.any():
                blocks.append(worlds.rows("M2", variant, time, who, window=window))
    for variant, time, who in (
        ("whole_window", _to_section_end, gate),
        ("study_area", _total, through),
        ("next_streets", _total, next_streets),
    ):
        if who.any():
            blocks.append(worlds.rows("M2", variant, time, who))
    return pd.concat(blocks, ignore_index=True)


def worst_half_hour(*, before: pd.DataFrame) -> tuple[float, float] | None:
    """Return the baseline's worst rolling 30 minutes [s after midnight, both], or None if none has enough vehicles.

    They are those 30 minutes, begun on a full minute inside the measured window, that have the largest mean of
    (section_out_s - scheduled_s) over the through vehicles passing the gate in the gate's direction and scheduled
    then, all replications of the baseline pooled: one window a study, so that the same minutes hold in both arms
    and in every pair. Windows with fewer than 30 such vehicles a replication are not candidates.
    """
    measured = before[before["measured"]]
    vehicles = measured[measured["kind"].eq("through") & _passes(measured, "passes_gate") & measured["finished"]]
    if vehicles.empty:
        return None
    vehicles = vehicles.sort_values("scheduled_s", kind="stable")
    due = vehicles["scheduled_s"].to_numpy(dtype=np.float64)
    sums = np.concatenate([[0.0], np.cumsum(_to_section_end(vehicles).to_numpy(dtype=np.float64))])
    first = np.floor(measured["scheduled_s"].min() / STEP_S) * STEP_S
    last = max(np.ceil(measured["scheduled_s"].max() / STEP_S) * STEP_S - HALF_HOUR_S, first)
    starts = np.arange(first, last + STEP_S / 2, STEP_S)
    low, high = np.searchsorted(due, starts), np.searchsorted(due, starts + HALF_HOUR_S)
    enough = high - low >= LEAST_VEHICLES * before["replication"].nunique()
    if not enough.any():
        return None
    means = np.where(enough, (sums[high] - sums[low]) / np.maximum(high - low, 1), -np.inf)
    start = float(starts[int(np.argmax(means))])
    return start, start + HALF_HOUR_S


def unfinished_travellers(*, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return those who never finished, in either arm, or whom the scenario lost: arm, scenario, replication, who."""
    named = ["scenario", *_KEY, "kind"]
    parts = [
        frame.loc[~frame["finished"], named].assign(arm=arm) for arm, frame in ((BASELINE, before), (SCENARIO, after))
    ]
    measured = before.loc[before["measured"] & before["replication"].isin(after["replication"]), named]
    known = pd.MultiIndex.from_frame(after[_KEY])
    lost = measured[~pd.MultiIndex.from_frame(measured[_KEY]).isin(known)].assign(arm=SCENARIO)
    lost["scenario"] = after["scenario"].iloc[0] if len(after) else ""
    return pd.concat([*parts, lost], ignore_index=True)[["arm", *named]]


# ---------------------------------------------------------------------- times of travellers [s]


def _total(trips: pd.DataFrame) -> "pd.Series[float]":
    return trips["left_s"] - trips["scheduled_s"]


def _to_section_end(trips: pd.DataFrame) -> "pd.Series[float]":
    return trips["section_out_s"] - trips["scheduled_s"]


def _in_section(trips: pd.DataFrame) -> "pd.Series[float]":
    return trips["section_out_s"] - trips["section_in_s"]


def _component(part: str) -> Time:
    """Return the time of a component; whoever finished without a car spent none on it."""
    return lambda trips: trips[f"{part}_s"].mask(trips["finished"] & ~trips["mode"].isin(CARS), 0.0)


def _passes(trips: pd.DataFrame, column: str) -> "pd.Series[bool]":
    """Return who passes the gate, and the section's end unless stuck on the way; one who is lost counts as passing."""
    return trips[column].ne(False) & ~(trips["finished"] & trips["section_out_s"].isna())


# ---------------------------------------------------------------------- values of replications


def _mean(times: "Grouped") -> "pd.Series[float]":
    return times.mean()


def _p85(times: "Grouped") -> "pd.Series[float]":
    return times.quantile(0.85)


def _too_few(who: "pd.Series[bool]", worlds: "_Worlds") -> str:
    each = float(who.sum()) / max(len(worlds.replications), 1)
    if each >= LEAST_VEHICLES:
        return ""
    return f"{each:.0f} vehicles a replication pass the gate in both worlds then: fewer than {LEAST_VEHICLES}"


class _Worlds:
    """The same people in both worlds, row by row: those who set out in the baseline's measured window."""

    def __init__(self, before: pd.DataFrame, after: pd.DataFrame) -> None:
        both = set(before["replication"]) & set(after["replication"])
        self.replications = pd.Index(sorted(both), name="replication", dtype="int64")
        self.names = [str(f["scenario"].iloc[0]) if len(f) else "" for f in (before, after)]
        chosen = before["measured"] & before["replication"].isin(both)
        self.before = before[chosen].set_index(_KEY)
        self.after = after.set_index(_KEY).reindex(self.before.index)
        self.after["finished"] = self.after["finished"].eq(True)

    def rows(
        self,
        kpi: str,
        variant: str,
        time: Time,
        who: "pd.Series[bool]",
        *,
        of: "Callable[[Grouped], pd.Series[float]]" = _mean,
        after: "pd.Series[bool] | None" = None,
        headline: bool = False,
        window: tuple[float, float] = (np.nan, np.nan),
        why: str = "",
    ) -> pd.DataFrame:
        """Return the rows of one variant: `of` the `time` of `who` (in the scenario's world: `after`, if given)."""
        told: dict[str, Any] = {
            "kpi": kpi,
            "variant": variant,
            "headline": headline,
            "unit": "s",
            "same_people": after is None,
        }
        told |= {"from_s": window[0], "to_s": window[1]}
        blocks = []
        for arm, name, trips, chosen in self._arms(who, after):
            times = time(trips)
            frame = pd.DataFrame({"time": times, "unknown": times.isna() | ~trips["finished"]})[chosen]
            grouped = frame.groupby(level="replication")
            block = pd.DataFrame(
                {
                    "value": of(grouped["time"]).reindex(self.replications),
                    "travellers": grouped["unknown"].size().reindex(self.replications, fill_value=0),
                    "unfinished": grouped["unknown"].sum().reindex(self.replications, fill_value=0).astype("int64"),
                }
            )
            undefined = block["unfinished"].gt(0) | (why != "")
            block["value"] = block["value"].astype("float64").mask(undefined)
            blocks.append(block.reset_index().assign(arm=arm, scenario=name, **told))
        table = pd.concat(blocks, ignore_index=True)
        table["why"] = why
        table.loc[table["travellers"].eq(0) & table["why"].eq(""), "why"] = "nobody to measure"
        return table[COLUMNS]

    def _arms(
        self, who: "pd.Series[bool]", after: "pd.Series[bool] | None"
    ) -> Iterator[tuple[str, str, pd.DataFrame, "pd.Series[bool]"]]:
        yield BASELINE, self.names[0], self.before, who
        yield SCENARIO, self.names[1], self.after, who if after is None else after
