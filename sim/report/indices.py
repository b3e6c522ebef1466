"""The figure of a sensitivity study: which assumption moves the reductions how much."""

from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from sim.report.look import AFTER, BEFORE, COLOURS, INK, canvas, look, save, say
from sim.verdict import KPI_NAMES

SHOWN = 12
"""Parameters in a panel, the weightiest; the table has all."""
HOW = {
    "morris": "Bars: mu*, the mean size of the change over the parameter's range, with its 95 % interval; dots: sigma, "
    "large where the effect is curved or hangs on others; dotted: what chance alone gives on average.",
    "sobol": "S1: share of the variance due to the parameter alone; ST: with what it shares with others; 95 % "
    "intervals; dotted: the ST that chance alone gives on average.",
}


def draw_indices(indices: pd.DataFrame, method: str, read: str, folder: Path) -> list[Path]:
    """Draw the indices of both reductions into `folder` as PNG and PDF, and return their paths.

    `indices` is `sim.sensitivity.Sensitivity.indices`, `read` says what was simulated. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weight = "mu_star" if method == "morris" else "ST"
    rows = indices[indices["of"].eq("reduction")]
    rows = rows.assign(parameter=rows["parameter"].str.removeprefix("demand."))
    count = min(SHOWN, rows["parameter"].nunique())
    with look():
        figure = canvas(2.4 + 0.5 * count, "Which assumptions the reductions hang on", f"{HOW[method]} {read}")
        for axes, kpi in zip(figure.subplots(2, 1), ("M1", "M2"), strict=True):
            axes.set_title(f"{kpi} {KPI_NAMES[kpi]}", fontsize=8.5)
            top = rows[rows["kpi"].eq(kpi)].sort_values(weight, ascending=False, kind="stable").head(SHOWN)
            if top[weight].isna().all():
                say(axes, "no index: too few points gave a value, or it never changed")
                continue
            (_draw_morris if method == "morris" else _draw_sobol)(axes, top)
            scale = 100.0 if method == "morris" else 1.0
            if top["chance"].notna().all():
                axes.axvline(scale * top["chance"].iloc[0], color=INK, linestyle=":", linewidth=1.2)
            axes.set_ylabel("")
            axes.grid(False, axis="y")
            sns.despine(ax=axes)
        return save(figure, folder, "sensitivity")


def _draw_morris(axes: Axes, rows: pd.DataFrame) -> None:
    shown = rows.assign(**{name: 100.0 * rows[name] for name in ("mu_star", "mu_star_conf", "sigma")})
    sns.barplot(shown, x="mu_star", y="parameter", color=COLOURS[BEFORE], edgecolor=INK, linewidth=0.6, ax=axes)
    axes.errorbar(shown["mu_star"], range(len(shown)), xerr=shown["mu_star_conf"], fmt="none", ecolor=INK, capsize=3)
    sns.scatterplot(shown, x="sigma", y="parameter", color=COLOURS[AFTER], edgecolor=INK, ax=axes, zorder=3)
    axes.set_xlabel("percentage points of the reduction")


def _draw_sobol(axes: Axes, rows: pd.DataFrame) -> None:
    long = rows.melt(id_vars="parameter", value_vars=["S1", "ST"], var_name="index", value_name="share")
    colours = {"S1": COLOURS[AFTER], "ST": COLOURS[BEFORE]}
    sns.barplot(long, x="share", y="parameter", hue="index", palette=colours, edgecolor=INK, linewidth=0.6, ax=axes)
    for shift, name in ((-0.2, "S1"), (0.2, "ST")):
        places = [n + shift for n in range(len(rows))]
        axes.errorbar(rows[name], places, xerr=rows[f"{name}_conf"], fmt="none", ecolor=INK, capsize=2)
    axes.legend(title=None, frameon=False, loc="lower right")
    axes.set_xlabel("share of the reduction's variance")
