"""The KPIs of a school morning: M1, the parents' drop-off time, and M2, the travel time past the gate."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.kpi.times import CARS, component, in_section, passes, to_section_end, total
from sim.kpi.worlds import BASELINE, KEY, SCENARIO, Window, Worlds, joined, mean, p85
from sim.records import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.kpi.worlds import Mask, Times

HALF_HOUR_MINUTES = 30
DAYS_MINUTES = 2 * 24 * 60
"""[min] from midnight on, in which anybody may be due"""
STEP_S = 60.0
"""[s] between the starts of two windows that are tried for the worst half hour"""
LEAST_VEHICLES = 30
"""[vehicles a replication, on average] below which M2 is not applicable"""


def kpi_table(*, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the KPIs of both arms and their variants, tidy: a row per arm, replication, KPI and variant.

    `before` and `after` are the trips of the baseline and of the scenario (`sim.tables.trips_table`, all
    replications). Replications that are not in both are left out: the verdict knows them as failed. The columns
    are those of `sim.kpi.worlds.COLUMNS`.
    """
    return joined([kpi_rows(before=before, after=after, window=worst_half_hour(before=before))])


def kpi_rows(*, before: pd.DataFrame, after: pd.DataFrame, window: Window | None) -> pd.DataFrame:
    """Return the rows of some replications, to be `joined` with those of the others; `window` is M2's half hour."""
    return worlds_rows(Worlds(before, after), window)


def worlds_rows(worlds: Worlds, window: Window | None) -> pd.DataFrame:
    """Return the same rows from travellers who were found in both worlds already."""
    return pd.concat([drop_off_time(worlds), time_past_gate(worlds, window)], ignore_index=True)


def drop_off_time(worlds: Worlds) -> pd.DataFrame:
    """Return the rows of M1, the parents' drop-off time in the morning [s].

    M1 = mean of (left_s - scheduled_s) over the families that come by car or taxi in the baseline and set out in
    the measured window: the admission queue counts; whoever comes by another mode in the other world counts there
    from door to gate. Variants: p85, the 85th percentile; above_free_flow = mean of (left_s - scheduled_s -
    free_flow_s); by component, each the mean of its own column (0 for whoever comes without a car); car_in_both,
    those who come by car in both worlds; mode_*, by mode in the baseline; stop_*, by the kind of stop used in that
    world (so not the same people in both).
    """
    b, a = worlds.before, worlds.after
    who = b["kind"].eq("family") & b["mode"].isin(CARS)
    blocks = [
        worlds.rows("M1", "am", total, who, headline=True),
        worlds.rows("M1", "p85", total, who, of=p85),
        worlds.rows("M1", "above_free_flow", lambda t: total(t) - t["free_flow_s"], who),
        *(worlds.rows("M1", part, component(part), who) for part in COMPONENTS),
        worlds.rows("M1", "car_in_both", total, who & a["mode"].isin(CARS)),
        *(worlds.rows("M1", f"mode_{mode}", total, who & b["mode"].eq(mode)) for mode in CARS),
    ]
    for stop in sorted({*b.loc[who, "stop"], *a.loc[who, "stop"].dropna()} - {""}):
        users = who & b["stop"].eq(stop), who & a["stop"].eq(stop)
        blocks.append(worlds.rows("M1", f"stop_{stop}", total, users[0], after=users[1]))
    return pd.concat(blocks, ignore_index=True)


def time_past_gate(worlds: Worlds, window: Window | None) -> pd.DataFrame:
    """Return the rows of M2, the travel time past the gate [s].

    M2 = mean of (section_out_s - scheduled_s) over the through vehicles that pass the gate in the gate's direction
    in both worlds and are scheduled in `window`, the baseline's worst half hour (`worst_half_hour`); not applicable
    with fewer than 30 of them a replication. Variants over the same minutes: p85, the 85th percentile; section = mean
    of (section_out_s - section_in_s); opposite, the through vehicles of the other direction; buses, those in the gate's
    direction; diverted = mean of (left_s - scheduled_s) over those who pass the gate in the baseline only. Over the
    whole measured window: whole_window, the headline's formula; study_area = mean of (left_s - scheduled_s) over
    all through vehicles; next_streets, the same over those who pass the gate in neither direction (displacement).
    """
    b, a = worlds.before, worlds.after
    through = b["kind"].eq("through")
    passing = passes(b, "passes_gate")
    both = passing & passes(a, "passes_gate")
    opposite = through & ~passing & passes(b, "passes_opposite") & passes(a, "passes_opposite")
    now = b["scheduled_s"].between(*(window or (np.inf, np.inf)), inclusive="left")

    def then(variant: str, time: "Callable[[pd.DataFrame], Times]", who: "Mask", least: int = 0) -> pd.DataFrame:
        """Return a variant over the worst half hour."""
        of, headline = p85 if variant == "p85" else mean, variant == "am"
        return worlds.rows("M2", variant, time, who & now, of=of, headline=headline, window=window, least=least)

    blocks = [
        then("am", to_section_end, through & both, LEAST_VEHICLES),
        then("p85", to_section_end, through & both, LEAST_VEHICLES),
        then("section", in_section, through & both, LEAST_VEHICLES),
        then("opposite", to_section_end, opposite, LEAST_VEHICLES),
        then("buses", to_section_end, b["kind"].eq("bus") & both),
        then("diverted", total, through & passing & a["passes_gate"].eq(False)),
        worlds.rows("M2", "whole_window", to_section_end, through & both),
        worlds.rows("M2", "study_area", total, through),
        worlds.rows("M2", "next_streets", total, through & ~b["passes_gate"] & ~b["passes_opposite"]),
    ]
    return pd.concat(blocks, ignore_index=True)


def worst_half_hour(*, before: pd.DataFrame) -> Window | None:
    """Return the baseline's worst rolling 30 minutes [s after midnight, both]: see `GateMinutes.worst`."""
    minutes = GateMinutes()
    for _, replication in before.groupby("replication", sort=True):
        minutes.add(replication)
    return minutes.worst()


class GateMinutes:
    """Times past the gate added up by the minute in which vehicles are due, one replication after another."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sums, self._counts = np.zeros(DAYS_MINUTES), np.zeros(DAYS_MINUTES, dtype=np.int64)
        self._first_s, self._last_s = np.inf, -np.inf
        self._replications = 0

    COLUMNS = ("kind", "finished", "measured", "passes_gate", "scheduled_s", "section_out_s")
    """Of the table of trips, which alone are read."""

    def add(self, before: pd.DataFrame) -> None:
        """Add one replication of the baseline."""
        measured = before[before["measured"].astype(bool)]
        self._replications += 1
        if measured.empty:
            return
        self._first_s = min(self._first_s, float(measured["scheduled_s"].min()))
        self._last_s = max(self._last_s, float(measured["scheduled_s"].max()))
        vehicles = measured[measured["kind"].eq("through") & passes(measured, "passes_gate") & measured["finished"]]
        minute = (vehicles["scheduled_s"].to_numpy(dtype=np.float64) // STEP_S).astype(np.int64)
        times = to_section_end(vehicles).to_numpy(dtype=np.float64)
        self._sums += np.bincount(minute, times, DAYS_MINUTES)
        self._counts += np.bincount(minute, minlength=DAYS_MINUTES)

    def worst(self) -> Window | None:
        """Return the worst rolling 30 minutes [s after midnight, both], or None if none has enough vehicles.

        They are those 30 minutes, begun on a full minute inside the measured window, that have the largest mean of
        (section_out_s - scheduled_s) over the through vehicles passing the gate in the gate's direction and scheduled
        then, all replications of the baseline pooled: one window a study, so that the same minutes hold in both arms
        and in every pair. Windows with fewer than 30 such vehicles a replication are not candidates.
        """
        if not self._counts.any():
            return None
        first, last = self._starts()
        starts = np.arange(first, last + 1)
        sums, counts = (np.concatenate([[0], np.cumsum(each)]) for each in (self._sums, self._counts))
        end = np.minimum(starts + HALF_HOUR_MINUTES, DAYS_MINUTES)
        number = counts[end] - counts[starts]
        enough = number >= LEAST_VEHICLES * self._replications
        if not enough.any():
            return None
        means = np.where(enough, (sums[end] - sums[starts]) / np.maximum(number, 1), -np.inf)
        start = float(starts[int(np.argmax(means))] * STEP_S)
        return start, start + HALF_HOUR_MINUTES * STEP_S

    def cut_off(self) -> tuple[bool, bool]:
        """Return whether the worst half hour is the first and whether it is the last inside the measured window.

        There it may be worse before or after, where nobody is counted.
        """
        window = self.worst()
        if window is None:
            return False, False
        first, last = self._starts()
        return window[0] == first * STEP_S, window[0] == last * STEP_S

    def _starts(self) -> tuple[int, int]:
        """Return the minutes in which the first and the last half hour that is tried begin."""
        first = int(self._first_s // STEP_S)
        return first, max(int(-(-self._last_s // STEP_S)) - HALF_HOUR_MINUTES, first)


def unfinished_travellers(*, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return who never finished, in either arm, or whom the scenario lost: arm, scenario, replication, name, kind."""
    named = ["scenario", *KEY, "kind"]
    arms = ((BASELINE, before), (SCENARIO, after))
    stuck = [frame.loc[~frame["finished"].astype(bool), named].assign(arm=arm) for arm, frame in arms]
    due = before.loc[before["measured"].astype(bool) & before["replication"].isin(after["replication"]), named]
    found = pd.MultiIndex.from_frame(due[KEY]).isin(pd.MultiIndex.from_frame(after[KEY]))
    lost = due[~found].assign(arm=SCENARIO, scenario=after["scenario"].iloc[0] if len(after) else "")
    return pd.concat([*stuck, lost], ignore_index=True)[["arm", *named]]
