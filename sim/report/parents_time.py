"""Draw where the parents' time goes, by component, and where they stop."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records import COMPONENTS
from sim.report.look import ARMS, BOUNDARY, COLOURS, INK, Verdict, canvas, half_width, missing, note, say
from sim.verdict.words import variant_name


def draw_parents_time(kpis: pd.DataFrame, trips: pd.DataFrame, verdict: Verdict) -> Figure:
    """Return the figure of the components of M1, above, and of the kinds of stop, below."""
    entries = {part: _found(verdict, "M1", part) for part in COMPONENTS}
    how = "Means over the replications with their 95 % intervals; M1's families."
    figure = canvas(5.2, _largest(entries), note(verdict, f"{how} {BOUNDARY}"))
    upper, lower = figure.subplots(2, 1, height_ratios=[7, 5])
    absent = next((m for m in (missing(e, verdict) for e in entries.values()) if m), "")
    if absent:
        say(upper, absent)
    else:
        rows = kpis[kpis["kpi"].eq("M1") & kpis["variant"].isin(COMPONENTS)]
        names = {part: variant_name(part) for part in COMPONENTS}
        _draw_dodged(upper, rows.assign(what=rows["variant"].map(names)), list(names.values()))
        upper.set(xlabel="time per family [s]", ylabel="")
    stops = _stops(trips)
    if stops.empty:
        say(lower, "no family stopped")
    else:
        order = stops.groupby("what")["value"].sum().sort_values(ascending=False, kind="stable").index
        _draw_dodged(lower, stops, list(order))
        lower.set(xlabel="families per replication, by where they stopped", ylabel="")
        if not absent and lower.get_legend() is not None:
            lower.get_legend().remove()
    return figure


def _found(verdict: Verdict, kpi: str, variant: str) -> dict[str, Any] | None:
    return next((t for t in verdict["targets"] if (t["kpi"], t["variant"]) == (kpi, variant)), None)


def _draw_dodged(axes: Axes, rows: pd.DataFrame, order: list[str]) -> None:
    """Draw a bar for each thing and world, with the interval of its mean."""
    sns.barplot(
        rows,
        y="what",
        x="value",
        hue="world",
        order=order,
        hue_order=ARMS,
        palette=COLOURS,
        saturation=1.0,
        errorbar=_mean_interval,
        err_kws={"color": INK, "linewidth": 1.1},
        capsize=0.35,
        edgecolor=INK,
        linewidth=0.5,
        ax=axes,
    )
    axes.legend(title=None, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0.2)
    axes.set_xlim(left=0.0)
    sns.despine(ax=axes)


def _mean_interval(values: "pd.Series[float]") -> tuple[float, float]:
    """Return the ends of the interval that seaborn draws."""
    half = half_width(values)
    return float(values.mean() - half), float(values.mean() + half)


def _stops(trips: pd.DataFrame) -> pd.DataFrame:
    """Return how many families stopped where: a row per world, replication and kind of stop, zeros included."""
    families = trips[trips["kind"].eq("family") & trips["measured"].astype(bool) & trips["stop"].ne("")]
    if families.empty:
        return pd.DataFrame({"world": [], "what": [], "value": []})
    counted = families.groupby(["world", "replication", "stop"]).size().unstack(fill_value=0)
    long = counted.reset_index().melt(["world", "replication"], var_name="stop")
    return long.assign(what=long["stop"].str.replace("_", " "), value=long["value"].astype("float64"))


def _largest(entries: dict[str, dict[str, Any] | None]) -> str:
    """Return as a title where most of the parents' time is gained or lost."""
    moved = {p: e["after"] - e["before"] for p, e in entries.items() if e and None not in (e["before"], e["after"])}
    if len(moved) < len(entries):
        return "Where the parents' time goes"
    part = max(moved, key=lambda p: abs(moved[p]))
    if round(moved[part], 1) == 0.0:
        return "Where the parents' time goes: no part of it changes"
    name = variant_name(part)
    return f"Where the parents' time goes: most changes in {name}, {moved[part]:+.1f} s per family"
