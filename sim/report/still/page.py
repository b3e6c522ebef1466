"""The page of a still picture: both worlds above or beside each other, with a title, a scale and a key."""

import json
import sys
import textwrap
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.report.films import ARMS, Filmed
from sim.report.look import INK, look, save_as
from sim.report.moment import Moment, moment
from sim.report.plan import Plan
from sim.report.still.colours import BERTH, DELAY, EDGES, GROUND, TAKEN, WAITING
from sim.report.still.ground import draw_beside, draw_curb, draw_names, draw_streets, outlines
from sim.report.still.traffic import bodies_of, draw_lights, draw_outside, draw_queue, draw_vehicles
from sim.scenario.faults import BadInput, Fault

WIDTH_IN, HEIGHT_IN = 7.0, 8.6
"""[in] the column, and the tallest picture"""
KINDS = ("png", "svg")
SCALES_S = (60, 120, 300, 600, 900, 1200, 1800, 2700, 3600)
"""[s] ends of the scale of delays"""
MARGIN_M = 14.0
"""[m] around the streets, at least"""
MARGIN = 0.05
"""Around the streets, as a share of what is seen of them: room for what is written beside them."""
CHINESE = (
    *("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("Microsoft YaHei", "SimHei", "PingFang SC", "Noto Sans CJK JP", "Noto Serif CJK SC", "Noto Serif CJK JP"),
)
"""Fonts with Chinese characters, the best first."""
Window = tuple[float, float, float, float]
"""(x from, x to, y from, y to) [m]"""


def draw_still(
    films: dict[str, Filmed],
    *,
    pair: int,
    at_s: int,
    out: Path,
    lang: str = "en",
    around: str = "gate",
    radius_m: float = 150.0,
) -> Path:
    """Draw both arms of a pair at a second of the day, as PNG or SVG by the suffix of `out`; return its path.

    `around="gate"`: the streets within `radius_m` of it; "all": the whole map. The same content gives the same bytes.
    Raises BadInput for a time outside the film or an unknown suffix, and OSError if `out` cannot be written.
    """
    if out.suffix.lower() not in {f".{kind}" for kind in KINDS}:
        raise BadInput(Fault("--out", out.name, "a name that ends in .png or .svg"))
    words = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))[lang]
    plans = {arm: Plan(film.map) for arm, film in films.items()}
    begin, end = (pick(film.map[name] for film in films.values()) for pick, name in ((max, "start_s"), (min, "end_s")))
    if not begin <= at_s <= end:
        raise BadInput(Fault("--at", clock(at_s), f"a time within the recording, {clock(begin)} to {clock(end)}"))
    moments = {arm: moment(film, plans[arm], at_s) for arm, film in films.items()}
    with look(), mpl.rc_context({"font.family": _fonts(lang), "svg.hashsalt": "dropoff", "axes.grid": False}):
        figure = _figure(films, plans, moments, _window(plans[ARMS[0]], around, radius_m), pair, words)
        save_as(figure, out)
    return out


def clock(at_s: float) -> str:
    """Return a time of day as HH:MM:SS."""
    at = int(at_s)
    return f"{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}"


def _fonts(lang: str) -> list[str]:
    """Return the fonts to try in turn; where none has Chinese characters and they are asked for, say so in one line."""
    known = set(font_manager.get_font_names())
    if not known.intersection(CHINESE):  # matplotlib's list may be older than the font
        for file in font_manager.findSystemFonts():
            if any(word in file for word in ("CJK", "wqy", "SourceHan")):
                font_manager.fontManager.addfont(file)
        known = set(font_manager.get_font_names())
    chinese = [name for name in CHINESE if name in known][:1]
    if not chinese and lang == "zh":
        print("dropoff: no font with Chinese characters is installed (fonts-noto-cjk has one)", file=sys.stderr)
    return [*chinese, "DejaVu Sans"] if lang == "zh" else ["DejaVu Sans", *chinese]


def _window(plan: Plan, around: str, radius_m: float) -> Window:
    """Return what is to be seen: the streets within a radius of the gate, or all."""
    points = np.vstack([np.asarray(link["outline"], dtype=float) for link in plan.ground["links"]])
    gate = np.asarray(plan.ground["gate"]["point"], dtype=float)
    if around == "gate":
        disc = shapely.Point(gate).buffer(radius_m)
        seen = shapely.union_all(outlines(plan))
        parts = shapely.get_parts(disc.intersection(seen.buffer(0.5)))
        street = min(parts, key=lambda part: part.distance(shapely.Point(gate)))  # not one beyond the houses
        x0, y0, x1, y1 = shapely.union(street, shapely.Point(gate)).bounds
    else:
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    margin = max(MARGIN_M, MARGIN * max(x1 - x0, y1 - y0))
    x0, x1, y0, y1 = x0 - margin, x1 + margin, y0 - margin, y1 + margin
    wide, high = x1 - x0, y1 - y0
    short = max(0.2 * max(wide, high) - min(wide, high), 0.0) / 2.0
    return (x0, x1, y0 - short, y1 + short) if wide > high else (x0 - short, x1 + short, y0, y1)


def _figure(
    films: dict[str, Filmed],
    plans: dict[str, Plan],
    moments: dict[str, Moment],
    window: Window,
    pair: int,
    words: dict[str, str],
) -> Figure:
    """Return the figure: both worlds above or beside each other, whichever shows them larger."""
    wide, high = window[1] - window[0], window[3] - window[2]
    top, title, bottom = 0.3, 0.2, 0.8
    room = HEIGHT_IN - top - bottom
    above, beside = min(6.9 / wide, (room / 2 - title) / high), min(3.42 / wide, (room - title) / high)
    stacked = above > 1.15 * beside
    scale = above if stacked else beside
    rows, columns = (2, 1) if stacked else (1, 2)
    height = top + bottom + rows * (scale * high + title) + 0.05 * rows
    figure = Figure(figsize=(WIDTH_IN, height))
    ground = films[ARMS[0]].map
    name = " ".join(str(ground["title"] or ground["site"]).split())
    heading = words["title"].format(site=textwrap.shorten(name, 70, placeholder=" …"), clock=clock(_at(moments)))
    figure.text(0.05 / WIDTH_IN, 1 - 0.05 / height, heading, va="top", fontsize=9.5, fontweight="bold")
    told = words["pair"].format(pair=pair)
    figure.text(1 - 0.05 / WIDTH_IN, 1 - 0.05 / height, told, va="top", ha="right", fontsize=8)
    norm = Normalize(0.0, _scale_s(moments) / 60.0)
    for n, arm in enumerate(ARMS):
        row, column = divmod(n, columns)
        left = (column + 0.5) * WIDTH_IN / columns - scale * wide / 2
        base = height - top - (row + 1) * (scale * high + title + 0.05) + 0.05
        axes = figure.add_axes(
            (left / WIDTH_IN, base / height, scale * wide / WIDTH_IN, scale * high / height), facecolor=GROUND
        )
        axes.set(xlim=window[:2], ylim=window[2:], xticks=[], yticks=[])
        for side in axes.spines.values():
            side.set_linewidth(0.5)
        _panel(axes, films[arm], plans[arm], moments[arm], words, norm, 72 * scale)
        called, most = str(films[arm].map["scenario"]), 60 if stacked else 40
        called = called if len(called) <= most else f"{called[: most - 1]}…"
        axes.set_title(f"{words[('before', 'after')[n]]}: {called}", fontsize=8, pad=3, loc="left")
        if stacked:
            axes.set_title(_counts(moments[arm], words), fontsize=7, pad=3, loc="right")
        else:
            axes.set_xlabel(_counts(moments[arm], words), fontsize=6.5, labelpad=3)
        if n == 0:
            _scale_bar(axes, plans[arm], window, words)
    _key(figure, norm, moments, plans, words, height)
    return figure


def _at(moments: dict[str, Moment]) -> int:
    return next(iter(moments.values())).at_s


def _counts(now: Moment, words: dict[str, str]) -> str:
    return words["counts"].format(driving=len(now.vehicles), outside=sum(now.outside.values()), people=len(now.people))


def _scale_s(moments: dict[str, Moment]) -> float:
    """Return the end of the scale of delays [s]: one of a few, above nearly all of them."""
    delays = np.concatenate([m.vehicles["delay_s"].dropna().to_numpy() for m in moments.values()])
    high = float(np.quantile(delays, 0.97)) if delays.size else 0.0
    return float(next((s for s in SCALES_S if s >= high), SCALES_S[-1]))


def _scale_bar(axes: Axes, plan: Plan, window: Window, words: dict[str, str]) -> None:
    """Draw it into the corner that streets, and what is written beside them, leave freest."""
    wide, high = window[1] - window[0], window[3] - window[2]
    length = next(m for m in (500, 200, 100, 50, 20, 10, 5) if m <= 0.22 * wide)
    label = 0.08 * wide
    near = shapely.union_all(outlines(plan)).buffer(0.06 * wide)
    corners = [(x, y) for x in (window[0] + 0.02 * wide, window[1] - 0.02 * wide - length - label) for y in
               (window[2] + 0.05 * high, window[3] - 0.05 * high)]  # fmt: skip
    boxes = [shapely.box(x, y - 0.03 * high, x + length + label, y + 0.03 * high) for x, y in corners]
    x, y = corners[min(range(len(corners)), key=lambda n: boxes[n].intersection(near).area)]
    axes.plot([x, x + length], [y, y], color=INK, linewidth=1.6, solid_capstyle="butt", zorder=9)
    axes.annotate(words["metres"].format(n=length), (x + length, y), (3, 0), textcoords="offset points",
                  va="center", fontsize=6.5, zorder=9)  # fmt: skip


def _panel(
    axes: Axes, film: Filmed, plan: Plan, now: Moment, words: dict[str, str], norm: Normalize, points_m: float
) -> None:
    """Draw one world; `points_m`: how many points (1/72 in) a metre takes."""
    axes.set_aspect("equal", adjustable="box")
    draw_streets(axes, plan, points_m)
    bodies = bodies_of(film, plan, now)
    draw_curb(axes, plan, bodies, points_m)
    draw_beside(axes, plan, now, words)
    draw_vehicles(axes, now, bodies, norm, points_m)
    draw_lights(axes, plan, now, points_m)
    if len(now.people):
        size = max(1.6, min(0.7 * points_m, 3.0)) ** 2
        axes.scatter(
            now.people[:, 0], now.people[:, 1], s=size, color="#7A1FA2", edgecolor="white", linewidth=0.25, zorder=7
        )
    draw_outside(axes, plan, now, words, points_m)
    draw_queue(axes, plan, now, words, points_m)
    draw_names(axes, plan)


def _key(
    figure: Figure,
    norm: Normalize,
    moments: dict[str, Moment],
    plans: dict[str, Plan],
    words: dict[str, str],
    height: float,
) -> None:
    """Draw the scale of delays and the legend, of what is there to be seen alone."""
    bar = figure.add_axes((0.03, 0.36 / height, 0.2, 0.1 / height))
    colours = mpl.cm.ScalarMappable(norm, DELAY)
    scale = figure.colorbar(colours, cax=bar, orientation="horizontal", extend="max")
    scale.set_label(words["delay"], fontsize=7, labelpad=1)
    scale.ax.tick_params(labelsize=6.5, length=2, pad=1)
    scale.ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5, integer=(norm.vmax or 0.0) > 2.0))
    states = {state for m in moments.values() for state in m.vehicles["state"]}
    grounds = [plan.ground for plan in plans.values()]
    zones = {zone["kind"] for ground in grounds for zone in ground["zones"]}
    light = mpl.colors.to_hex(DELAY(0.12))
    items: list[Any] = [
        Line2D(
            [],
            [],
            marker="o",
            color="white",
            markeredgecolor=INK,
            markersize=4,
            label=words["family"],
            linestyle="none",
        )
    ]
    items += [Patch(facecolor=light, edgecolor=EDGES[s], linewidth=1.3, label=words[s]) for s in EDGES if s in states]
    if zones - {"in_lane"}:
        items += [
            Patch(facecolor=BERTH, edgecolor="#888888", linewidth=0.4, label=words["free_berth"]),
            Patch(facecolor=TAKEN, edgecolor="#888888", linewidth=0.4, label=words["taken_berth"]),
        ]
    if "in_lane" in zones:
        items.append(Patch(facecolor="none", edgecolor=EDGES["in_lane"], linestyle=(0, (2, 1)), linewidth=0.8,
                           label=words["place_in_lane"]))  # fmt: skip
    items.append(Line2D([], [], marker="o", color="#7A1FA2", markeredgecolor="white", markeredgewidth=0.3,
                        markersize=4, label=words["person"], linestyle="none"))  # fmt: skip
    if any(ground["guardrails"] for ground in grounds):
        items.append(Line2D([], [], color=INK, linewidth=1.6, linestyle=(0, (1.2, 0.5)), label=words["guardrail"]))
    if any(m.queue for m in moments.values()):
        items.append(Line2D([], [], marker="v", color="#D42A2A", markersize=5, label=words["tail"], linestyle="none"))
    if any(ground["waiting_areas"] for ground in grounds):
        label = words["waiting_area"]
        items.append(Line2D([], [], marker="D", color=WAITING, markersize=4, label=label, linestyle="none"))
    if any(ground["remote_parking"] for ground in grounds):
        items.append(Line2D([], [], marker="s", color="#0072B2", markersize=5, label=words["remote"], linestyle="none"))
    figure.legend(
        handles=items, loc="lower right", bbox_to_anchor=(0.995, 0.01 / height), ncols=min(4, ceil(len(items) / 3)),
        fontsize=6.5, frameon=False, handlelength=1.5, columnspacing=1.0, handletextpad=0.5, labelspacing=0.45,
    )  # fmt: skip
