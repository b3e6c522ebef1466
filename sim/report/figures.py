"""The figures of a study: KPIs before and after, who gains, where the parents' time goes, and the queues."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.report.changes import draw_changes
from sim.report.look import (
    AFTER,
    ARMS,
    BEFORE,
    BOUNDARY,
    COLOURS,
    INK,
    Verdict,
    canvas,
    half_width,
    look,
    minus,
    missing,
    note,
    save,
    say,
)
from sim.report.parents_time import draw_parents_time
from sim.report.queues import draw_queues
from sim.verdict import KPI_NAMES
from sim.verdict.words import change, interval

ARM_NAMES = {"baseline": BEFORE, "scenario": AFTER}


def draw_figures(
    kpis: pd.DataFrame, trips: pd.DataFrame, series: pd.DataFrame, verdict: Verdict, folder: Path
) -> list[Path]:
    """Draw the figures of a study into `folder`, each as PNG and PDF, and return their paths.

    The tables are those of `sim.kpi.kpi_table` and `sim.tables`, the latter with the column `arm` ("baseline" or
    "scenario"); of the trips those of the families will do. `verdict` is the content of `verdict.json`. Replications
    that failed in either arm are left out, and the figure says so. The same content gives the same bytes. Raises
    OSError if `folder` cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    void = {f["replication"] for f in verdict["failed_replications"]}
    kpis, trips, series = (_armed(frame, void) for frame in (kpis, trips, series))
    with look():
        drawn = {
            "kpis_before_after": _draw_kpis(kpis, verdict),
            "change_by_variant": draw_changes(verdict),
            "parents_time": draw_parents_time(kpis, trips, verdict),
            "queue_length": draw_queues(series, verdict),
        }
        return [path for name, figure in drawn.items() for path in save(figure, folder, name)]


def _armed(frame: pd.DataFrame, void: set[int]) -> pd.DataFrame:
    """Return the rows of the sound replications, with the arms called before and after."""
    kept = frame[frame["arm"].isin(ARM_NAMES) & ~frame["replication"].isin(void)]
    return kept.assign(world=kept["arm"].map(ARM_NAMES))


def _draw_kpis(kpis: pd.DataFrame, verdict: Verdict) -> Figure:
    entries = [e for e in verdict["targets"] if e["headline"] and e["kpi"] != "M3"]
    title = "; ".join(f"{e['kpi']} {_outcome(e)}" for e in entries)
    how = f"Bars: means over the replications with their 95 % intervals; the verdict rests on the pairs. {BOUNDARY}"
    figure = canvas(3.7, title, note(verdict, how))
    for axes, entry in zip(figure.subplots(1, max(len(entries), 1), squeeze=False)[0], entries, strict=False):
        minutes = f"{entry['from']} to {entry['to']}" if entry["from"] else ""
        axes.set_title(f"{entry['kpi']} {KPI_NAMES[entry['kpi']]}\n{minutes}", fontsize=8.5)
        absent = missing(entry, verdict)
        if absent:
            say(axes, absent)
            continue
        _draw_pair(axes, kpis[kpis["kpi"].eq(entry["kpi"]) & kpis["variant"].eq(entry["variant"])], entry)
    return figure


def _outcome(entry: dict[str, Any]) -> str:
    if entry["verdict"] == "not applicable":
        return "not applicable"
    moved = "no change" if entry["no_change"] else change(entry["reduction"])
    return f"{moved}: {entry['verdict']}" if moved else entry["verdict"]


def _draw_pair(axes: Axes, rows: pd.DataFrame, entry: dict[str, Any]) -> None:
    """Draw one KPI in both worlds, with the level that was promised."""
    values = [rows.loc[rows["world"].eq(world), "value"].to_numpy(dtype=float) for world in ARMS]
    means = [entry["before"], entry["after"]]
    halves = np.nan_to_num([half_width(v) for v in values])
    axes.bar(ARMS, means, color=[COLOURS[w] for w in ARMS], edgecolor=INK, linewidth=0.6, width=0.62)
    if halves.any():
        axes.errorbar(ARMS, means, yerr=halves, fmt="none", ecolor=INK, capsize=4, elinewidth=1.2)
    for x, (mean, ink) in enumerate(zip(means, ("white", "black"), strict=True)):
        back = {"facecolor": COLOURS[ARMS[x]], "edgecolor": "none", "pad": 1.0}  # whiskers may be long
        axes.text(x, 0.45 * mean, f"{mean:.0f} s", color=ink, ha="center", va="center", bbox=back, zorder=5)
    promised = entry["before"] * (1.0 - entry["target"])
    axes.hlines(promised, 0.6, 1.4, colors=INK, linestyles="--", linewidth=1.2)
    axes.annotate("target", (1.42, promised), (1, 0), textcoords="offset points", va="center", fontsize=7.5)
    axes.set(ylabel="time [s]", ylim=(0.0, 1.16 * max(m + h for m, h in zip(means, halves, strict=True)) or 1.0))
    axes.set_xlim(-0.5, 1.8)
    ends = f"\n({interval(entry)})" if interval(entry) else ""
    axes.set_xlabel(minus(f"change {change(entry['reduction'])}{ends}"))
    axes.grid(False, axis="x")
    sns.despine(ax=axes)
