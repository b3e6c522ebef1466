"""What the gate watches: the targets' KPIs, and the quantities in which a drift shows first."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sim.gate.reference import DIGITS, Watched
from sim.kpi import BASELINE, SCENARIO, joined, kpi_rows
from sim.kpi.times import CARS

Window = tuple[float, float] | None

MARGINS = {("M1", "am"): 0.02, ("M2", "am"): 0.02, ("M1", "dwell"): 0.02}
"""[1] by which these may differ from the reference; chosen beforehand (docs/decisions/0013)"""
FAMILIES, FAMILIES_MARGIN, LEAST_FAMILIES = "families", 0.05, 30.0
"""Families that stop in each curb zone, double-park, or park away; what fewer do in a replication is left out."""
FOLLOWING, FOLLOWING_MARGIN = "following", 0.005
FOLLOWED_S = 3.5
"""[s] gap between two who leave by the same exit, below which the second is taken to follow the first"""
BUSY_SHARE = 0.08
"""Share of a replication's vehicles that leave by an exit, from which on its gaps are counted."""


def values(trips: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the watched values: a row per replication, a column for each (arm, kpi, variant); NaN: not defined.

    `trips` are those of both arms (`sim.study.Study.trips`), `window` the minutes of M2 [s after midnight, both]: with
    them no value hangs on the study that its replication comes from.
    """
    arms = {arm: of.drop(columns="arm") for arm, of in trips.groupby("arm")}
    kpis = joined([kpi_rows(before=arms[BASELINE], after=arms[SCENARIO], window=window)])
    columns: dict[tuple[str, str, str], pd.Series[float]] = {}
    for group, rows in kpis.groupby(["arm", "kpi", "variant"], sort=False):
        arm, kpi, variant = map(str, group)
        if (kpi, variant) in MARGINS:
            columns[arm, kpi, variant] = rows.set_index("replication")["value"]
    for arm in (BASELINE, SCENARIO):
        gaps = {n: following_s(one) for n, one in arms[arm].groupby("replication")}
        columns[arm, FOLLOWING, "headway"] = pd.Series(gaps, dtype="float64")
        for place, counts in families(arms[arm]).items():
            columns[arm, FAMILIES, str(place)] = counts
    return pd.DataFrame(columns).sort_index().round(DIGITS)


def families(trips: pd.DataFrame) -> pd.DataFrame:
    """Return how many families that set out in the measured window by car stop where: a row for each replication."""
    by_car = trips[trips["kind"].eq("family") & trips["mode"].isin(CARS) & trips["measured"].astype(bool)]
    place = by_car["zone"].where(by_car["zone"].ne(""), by_car["stop"])
    counts = by_car.groupby([by_car["replication"], place.rename("place")]).size().unstack(fill_value=0)
    return counts.drop(columns="", errors="ignore").astype("float64")


def following_s(trips: pd.DataFrame) -> float:
    """Return the following headway of a replication [s]: what a longer time gap of the drivers changes first.

    The mean over the busy exits of the mean gap between two vehicles that leave one after the other within 3.5 s.
    """
    left = trips[trips["left_s"].notna() & trips["exit"].ne("")]
    busy = [times.to_numpy() for _, times in left.groupby("exit")["left_s"] if len(times) >= BUSY_SHARE * len(left)]
    gaps = [np.diff(np.sort(times)) for times in busy]
    means = [g[g < FOLLOWED_S].mean() for g in gaps if (g < FOLLOWED_S).any()]
    return float(np.mean(means)) if means else float("nan")


def watched(found: pd.DataFrame) -> Iterator[Watched]:
    """Yield what is worth watching in these values: defined in every replication, and not too small a number."""
    for key in sorted(found.columns.to_flat_index()):
        arm, kpi, variant = (str(part) for part in key)
        column = found[arm, kpi, variant]
        if column.isna().any() or (kpi == FAMILIES and column.mean() < LEAST_FAMILIES):
            continue
        others = {FAMILIES: FAMILIES_MARGIN, FOLLOWING: FOLLOWING_MARGIN}
        margin = MARGINS[kpi, variant] if kpi in ("M1", "M2") else others[kpi]
        yield Watched(arm=arm, kpi=kpi, variant=variant, margin=margin)
