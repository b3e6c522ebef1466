"""Draw who gains and who pays: the change of every KPI and variant."""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from sim.records import COMPONENTS
from sim.report.look import BEFORE, COLOURS, INK, Verdict, canvas, minus, note, say
from sim.verdict import KPI_NAMES
from sim.verdict.words import change, confidence, variant_name


def draw_changes(verdict: Verdict) -> Figure:
    """Return the figure of all changes with their intervals, headlines and variants beneath each other."""
    shown = [e for e in verdict["targets"] if e["reduction"] is not None and e["same_people"]]
    shown = [e for e in shown if not e["variant"].startswith(("mode_", "car_")) and e["variant"] not in COMPONENTS]
    how = f"Points: change of the mean over the pairs, with its {confidence(verdict)} interval (Fieller). "
    how += "Grey: what was promised."
    spans = [_span(entry) for entry in shown]
    least, most = _limits(spans, [-100.0 * entry["target"] for entry in shown if entry["headline"]])
    if any(low < least or high > most for low, _, high in spans):
        how += " Arrows: the interval goes on."
    if not all(map(_has_interval, shown)):
        how += " Hollow: no interval can be given."
    figure = canvas(1.6 + 0.24 * max(len(shown), 4), _extremes(shown), note(verdict, how))
    axes = figure.subplots()
    if not shown:
        say(axes, "no change can be given")
        return figure
    for y, (entry, (low, middle, high)) in enumerate(zip(shown, spans, strict=True)):
        marker, size = ("D", 6.0) if entry["headline"] else ("o", 4.5)
        spread = [[middle - low], [high - middle]]
        colour = COLOURS[BEFORE]
        face = colour if _has_interval(entry) else "white"
        axes.errorbar(middle, y, xerr=spread, fmt=marker, ms=size, color=colour, mfc=face, capsize=3, elinewidth=1.4)
        for end, arrow, goes_on in ((least, "<", low < least), (most, ">", high > most)):
            if goes_on:
                axes.plot(end, y, arrow, color=colour, ms=6.0, clip_on=False)
        if entry["headline"]:
            axes.plot([-100.0 * entry["target"]] * 2, [y - 0.4, y + 0.4], color="#888888", linewidth=3, zorder=1)
    axes.axvline(0.0, color=INK, linewidth=0.9)
    for label, entry in zip(axes.set_yticks(range(len(shown)), [_label(e) for e in shown]), shown, strict=True):
        label.label1.set_fontweight("bold" if entry["headline"] else "normal")
    axes.set(ylim=(len(shown) - 0.5, -0.5), xlim=(least, most), xlabel="change of time [%], to the left is better")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: minus(f"{x:+g}") if x else "0"))
    sns.despine(ax=axes, left=True)
    return figure


def _has_interval(entry: dict[str, Any]) -> bool:
    """Return whether chance is told: by the ends of an interval, or because nothing changed."""
    return entry["low"] is not None or bool(entry["no_change"])


def _span(entry: dict[str, Any]) -> tuple[float, float, float]:
    """Return a change and the ends of its interval [%], the change itself where there is none."""
    middle = -100.0 * entry["reduction"]
    low, high = (-100.0 * entry[end] if entry[end] is not None else middle for end in ("high", "low"))
    return low, middle, high


def _limits(spans: list[tuple[float, float, float]], promised: list[float]) -> tuple[float, float]:
    """Return how far the axis goes [%]: to what was `promised`, and to all changes and the ends of their intervals.

    But no time falls by more than all of it, and few pairs may leave all open.
    """
    lows, middles, highs = zip(*spans or [(0.0, 0.0, 0.0)], strict=True)
    least = max(min(0.0, *lows, *promised), -100.0)
    most = min(max(0.0, *highs), max(100.0, 1.5 * max(middles)))
    room = 0.05 * (most - least) or 1.0
    return least - room, most + room


def _label(entry: dict[str, Any]) -> str:
    return f"{entry['kpi']} {KPI_NAMES[entry['kpi']] if entry['headline'] else variant_name(entry['variant'])}"


def _extremes(shown: list[dict[str, Any]]) -> str:
    """Return as a title how far the changes reach: whether chance made them is not said here."""
    if not shown:
        return "No change can be given"
    if all(e["no_change"] for e in shown):
        return "Exactly no change for anybody"
    best, worst = (pick(shown, key=lambda e: e["reduction"]) for pick in (max, min))
    names = (
        e["kpi"] if e["headline"] else f"{e['kpi']} {variant_name(e['variant']).partition(' (')[0]}"
        for e in (best, worst)
    )
    ends = (f"{change(e['reduction'])} ({name})" for name, e in zip(names, (best, worst), strict=True))
    return f"Changes from {' to '.join(ends)}"
