"""Draw how long the queues are over the morning."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from sim.report.look import ARMS, BEFORE, COLOURS, Verdict, canvas, note, say

PANELS = {
    "queue_gate_veh": "queue on the approach to the gate",
    "outside_veh": "waiting outside for admission",
    "school_veh": "stopped for the school, berths included",
}
MINUTE_S = 60.0
Curves = dict[str, tuple["pd.Series[float]", "pd.Series[float]", "pd.Series[float]", int]]
"""For each world: mean, lower and upper end of the band, and the number of replications."""


def draw_queues(series: pd.DataFrame, verdict: Verdict) -> Figure:
    """Return the figure of queues over time: at the gate, outside where anybody waits there, and at the curb."""
    means = {column: _by_minute(series, column) for column in PANELS}
    panels = [c for c in PANELS if c != "outside_veh" or any(m.max() > 1.0 for m, *_ in means[c].values())]
    how = "Lines: mean over the replications, by the minute; bands: from the 10th to the 90th percentile of them."
    figure = canvas(1.5 + 1.5 * len(panels), _peak(means, panels), note(verdict, how))
    for axes, column in zip(figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0], panels, strict=True):
        for world, (mean, low, high, mornings) in means[column].items():
            if mornings > 1:
                axes.fill_between(mean.index, low, high, color=COLOURS[world], alpha=0.22, linewidth=0)
            axes.plot(mean.index, mean, color=COLOURS[world], ls="-" if world == BEFORE else "--", lw=1.8, label=world)
        axes.set(title=PANELS[column], ylabel="vehicles", ylim=(0.0, None))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        sns.despine(ax=axes)
    if means["queue_gate_veh"]:
        figure.axes[0].legend(loc="upper left", frameon=True)
        _clock(figure.axes[-1], means)
    else:
        for axes in figure.axes:
            say(axes, "no replication to show")
    return figure


def _by_minute(series: pd.DataFrame, column: str) -> Curves:
    """Return for each world mean, 10th and 90th percentile over the replications, by the minute, and their number.

    A replication ends when everybody is home: from then on it counts with nobody, not as missing.
    """
    curves: Curves = {}
    if series.empty:
        return curves
    minute = series["time_s"] // MINUTE_S * MINUTE_S
    every = np.arange(minute.min(), minute.max() + 1.0, MINUTE_S)
    for world in ARMS:
        rows = series["world"].eq(world)
        if rows.any():
            keys = [minute[rows].rename("minute"), series.loc[rows, "replication"]]
            wide = series.loc[rows, column].astype("float64").groupby(keys).mean().unstack()
            wide = wide.reindex(every).fillna(0.0)
            low, high = wide.quantile(0.1, axis=1), wide.quantile(0.9, axis=1)
            curves[world] = wide.mean(axis=1), low, high, wide.shape[1]
    return curves


def _peak(means: dict[str, Curves], panels: list[str]) -> str:
    """Return as a title the longest queue at the gate and, where anybody waits there, outside."""
    told = []
    for column, place in (("queue_gate_veh", "at the gate"), ("outside_veh", "outside")):
        if column in panels and len(means[column]) == len(ARMS):
            before, after = (means[column][w][0].max() for w in ARMS)
            told.append(f"{place} {before:.0f} before, {after:.0f} after")
    return f"Most vehicles in queue: {'; '.join(told)}" if told else "Queues over the morning"


def _clock(axes: Axes, means: dict[str, Curves]) -> None:
    """Show the time of day, as long as anything is going on."""
    busy = [m.index[h.gt(0.0)] for curves in means.values() for m, _, h, _ in curves.values()]
    ends = [(index.min(), index.max()) for index in busy if len(index)]
    if ends:
        start, end = min(e[0] for e in ends), max(e[1] for e in ends)
        axes.set_xlim(start, max(end, start + MINUTE_S))
        axes.xaxis.set_major_locator(MultipleLocator(900.0 if end - start < 9000.0 else 3600.0))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda s, _: f"{int(s // 3600):d}:{int(s % 3600 // 60):02d}"))
    axes.set_xlabel("time of day [h:mm]")
