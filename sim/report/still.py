"""A still picture of a recorded pair: both worlds at one second, for papers and tests."""

import json
import sys
import textwrap
from itertools import pairwise
from math import atan2, ceil, degrees, hypot
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from sim.report.films import ARMS, Filmed
from sim.report.look import INK, look, save_as
from sim.report.moment import WIDTH_M, Moment, moment
from sim.report.plan import Plan, Points, band
from sim.scenario.faults import BadInput, Fault

WIDTH_IN, HEIGHT_IN = 7.0, 8.6
"""[in] the column, and the tallest picture"""
KINDS = ("png", "svg")
LANGUAGES = ("en", "zh")
GROUND, FOOTWAY, ASPHALT, PAINT = "#F4F2EC", "#E4E0D6", "#C3C7CC", "#FFFFFF"
BERTH, TAKEN, WAITING = "#B9E0D2", "#A9B4BD", "#CC79A7"
LIGHTS = {"green": "#009E73", "amber": "#F0B400", "red": "#D42A2A"}
EDGES = {
    "in_berth": "#009E73",
    "in_lane": "#0072B2",
    "double_parked": "#D42A9A",
    "manoeuvring": "#56B4E9",
    "waiting_for_berth": "#6B3E00",
    "turning_round": "#000000",
}
"""Around the body of one that does something else than drive."""
DELAY = LinearSegmentedColormap.from_list("delay", [mpl.colormaps["inferno_r"](x) for x in np.linspace(0.04, 0.92, 64)])
LABEL_PT = 110.0
"""[pt] within which a label may reach another one"""
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
    words = json.loads(Path(__file__).with_name("still_words.json").read_text(encoding="utf-8"))[lang]
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


# ---------------------------------------------------------------------- the page


def _outlines(plan: Plan) -> list[shapely.Polygon]:
    """Return the ground that each link takes, footways included."""
    return [shapely.Polygon(link["outline"]).buffer(0) for link in plan.ground["links"]]


def _window(plan: Plan, around: str, radius_m: float) -> Window:
    """Return what is to be seen: the streets within a radius of the gate, or all."""
    points = np.vstack([np.asarray(link["outline"], dtype=float) for link in plan.ground["links"]])
    gate = np.asarray(plan.ground["gate"]["point"], dtype=float)
    if around == "gate":
        disc = shapely.Point(gate).buffer(radius_m)
        seen = shapely.union_all(_outlines(plan))
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
    near = shapely.union_all(_outlines(plan)).buffer(0.06 * wide)
    corners = [(x, y) for x in (window[0] + 0.02 * wide, window[1] - 0.02 * wide - length - label) for y in
               (window[2] + 0.05 * high, window[3] - 0.05 * high)]  # fmt: skip
    boxes = [shapely.box(x, y - 0.03 * high, x + length + label, y + 0.03 * high) for x, y in corners]
    x, y = corners[min(range(len(corners)), key=lambda n: boxes[n].intersection(near).area)]
    axes.plot([x, x + length], [y, y], color=INK, linewidth=1.6, solid_capstyle="butt", zorder=9)
    axes.annotate(words["metres"].format(n=length), (x + length, y), (3, 0), textcoords="offset points",
                  va="center", fontsize=6.5, zorder=9)  # fmt: skip


# ---------------------------------------------------------------------- what stands still


def _panel(
    axes: Axes, film: Filmed, plan: Plan, now: Moment, words: dict[str, str], norm: Normalize, points_m: float
) -> None:
    """Draw one world; `points_m`: how many points (1/72 in) a metre takes."""
    axes.set_aspect("equal", adjustable="box")
    _streets(axes, plan, points_m)
    bodies = _bodies(film, plan, now)
    _curb(axes, plan, bodies, points_m)
    _beside(axes, plan, now, words)
    _vehicles(axes, now, bodies, norm, points_m)
    _lights(axes, plan, now, points_m)
    if len(now.people):
        size = max(1.6, min(0.7 * points_m, 3.0)) ** 2
        axes.scatter(
            now.people[:, 0], now.people[:, 1], s=size, color="#7A1FA2", edgecolor="white", linewidth=0.25, zorder=7
        )
    _outside(axes, plan, now, words, points_m)
    _queue(axes, plan, now, words, points_m)
    _names(axes, plan)


def _streets(axes: Axes, plan: Plan, points_m: float) -> None:
    """Draw footways, asphalt, junctions and lane markings."""
    links = _outlines(plan)
    wide = [
        shapely.LineString(line[:, 1:]).buffer(lane.get("width_m", 3.5) / 2, cap_style="flat")
        for lane, line in zip(plan.lanes, plan.lines, strict=True)
        if lane["kind"] in ("lane", "strip")
    ]
    ways = shapely.union_all([
        shapely.LineString(line[:, 1:]).buffer(1.75, cap_style="flat")
        for lane, line in zip(plan.lanes, plan.lines, strict=True)
        if lane["kind"] == "movement" and hypot(*(line[-1, 1:] - line[0, 1:])) > 0.01
    ])  # fmt: skip
    junctions = shapely.union_all([part.convex_hull for part in shapely.get_parts(ways)])
    asphalt = shapely.union_all([*links, *wide, junctions])
    _fill(axes, asphalt.buffer(4.6), FOOTWAY, 1)
    _fill(axes, asphalt, ASPHALT, 2)
    thin = max(0.3, min(0.14 * points_m, 0.7))
    dashed, solid = [], []
    by_segment: dict[int, list[int]] = {}
    for row, lane in enumerate(plan.lanes):
        if lane["kind"] in ("lane", "strip"):
            by_segment.setdefault(lane["segment"], []).append(row)
    for rows in by_segment.values():
        lanes = sorted((r for r in rows if plan.lanes[r]["kind"] == "lane"), key=lambda r: plan.lanes[r]["number"])
        dashed += [0.5 * (plan.lines[a] + plan.lines[b])[:, 1:] for a, b in pairwise(lanes)]
        strips = [r for r in rows if plan.lanes[r]["kind"] == "strip"]
        solid += [plan.lines[lanes[0]][:, 1:] * (s := _share(plan, lanes[0], r)) + plan.lines[r][:, 1:] * (1 - s)
                  for r in strips if lanes]  # fmt: skip
    axes.add_collection(LineCollection(dashed, colors=PAINT, linewidths=thin, linestyles=(0, (6, 5)), zorder=3))
    axes.add_collection(LineCollection(solid, colors=PAINT, linewidths=thin, zorder=3))
    middles = []
    inner = {
        link["id"]: np.asarray(link["outline"][: len(link["outline"]) // 2], dtype=float)
        for link in plan.ground["links"]
    }
    ends = {(*np.round(line[0], 1), *np.round(line[-1], 1)) for line in inner.values()}
    for line in inner.values():
        if (*np.round(line[-1], 1), *np.round(line[0], 1)) in ends and len(line) > 1:
            seen = shapely.LineString(line).difference(junctions.buffer(0.5))
            middles += [np.asarray(part.coords) for part in shapely.get_parts(seen) if part.geom_type == "LineString"]
    axes.add_collection(LineCollection(middles, colors="#E8B93C", linewidths=1.4 * thin, zorder=3))


def inner_edge(link: dict[str, Any]) -> Points:
    """Return the edge of a link's area (n, 2) away from the curb: the street's middle, if it is two-way."""
    return np.asarray(link["outline"][: len(link["outline"]) // 2], dtype=float)


def _share(plan: Plan, lane: int, strip: int) -> float:
    """Return how near to the strip's middle its border to a lane is, from 0 at the middle to 1 at the lane's."""
    width, strip_width = float(plan.lanes[lane]["width_m"]), float(plan.lanes[strip]["width_m"])
    return strip_width / (width + strip_width)


def _fill(axes: Axes, area: Any, colour: str, zorder: float) -> None:
    for part in shapely.get_parts(area):
        rings = [part.exterior, *part.interiors]
        whole = Outline.make_compound_path(*(Outline(np.asarray(ring.coords), closed=True) for ring in rings))
        axes.add_patch(PathPatch(whole, facecolor=colour, edgecolor="none", zorder=zorder))


def _curb(axes: Axes, plan: Plan, bodies: list[Points], points_m: float) -> None:
    """Draw berths, free or taken, places in the lane, crossings and guardrails."""
    standing = shapely.STRtree([shapely.Polygon(body).buffer(0) for body in bodies])
    for zone in plan.ground["zones"]:
        for berth in zone["berths"]:
            area = shapely.Polygon(berth).buffer(0)
            taken = any(
                standing.geometries[n].intersection(area).area > 0.35 * standing.geometries[n].area
                for n in standing.query(area)
            )
            if zone["kind"] == "in_lane":
                style: dict[str, Any] = {"facecolor": "none", "edgecolor": EDGES["in_lane"], "linestyle": (0, (3, 2))}
            else:
                style = {"facecolor": TAKEN if taken else BERTH, "edgecolor": PAINT}
            axes.fill(*np.asarray(berth).T, linewidth=max(0.3, min(0.15 * points_m, 0.6)), zorder=3.2, **style)
    stripes: list[Points] = []
    for crossing in plan.ground["crossings"]:
        for area in crossing["areas"]:
            stripes += _stripes(np.asarray(area, dtype=float), marked=crossing["control"] != "unmarked")
    axes.add_collection(PolyCollection(stripes, facecolors=PAINT, edgecolors="none", zorder=3.4))
    rails = [np.asarray(rail["line"], dtype=float) for rail in plan.ground["guardrails"]]
    axes.add_collection(LineCollection(rails, colors=INK, linewidths=1.6, linestyles=(0, (1.2, 0.5)), zorder=4))


def _stripes(area: Points, *, marked: bool) -> list[Points]:
    """Return the stripes of a crossing along the way that cars take; where it is not marked, two dotted edges."""
    half = len(area) // 2
    inner, outer = area[[0, half - 1]], area[[-1, half]]
    count = max(int(hypot(*(outer[0] - inner[0])) / 1.1), 1)
    found = []
    for n in range(count):
        low, high = (n + 0.25) / count, (n + 0.75) / count
        a, b = inner + low * (outer - inner), inner + high * (outer - inner)
        if marked:
            found.append(np.array([a[0], a[1], b[1], b[0]]))
        else:
            found += [np.array([p, q, q + 0.06 * s, p + 0.06 * s]) for p, q, s in
                      ((a[0], b[0], a[1] - a[0]), (a[1], b[1], a[0] - a[1]))]  # fmt: skip
    return found


def _beside(axes: Axes, plan: Plan, now: Moment, words: dict[str, str]) -> None:
    """Draw the gate, waiting areas and the remote parking, each beside its link."""
    gate = plan.ground["gate"]
    _sign(axes, plan, gate, words["gate"], marker="s", colour="#222222", size=6)
    for area in plan.ground["waiting_areas"]:
        _sign(axes, plan, area, "", marker="D", colour=WAITING, size=4)
    for parking in plan.ground["remote_parking"]:
        label = words["away"].format(n=now.away.get(parking["link"], 0))
        _sign(axes, plan, parking, label, marker="s", colour="#0072B2", size=5)


def _sign(axes: Axes, plan: Plan, spot: dict[str, Any], label: str, *, marker: str, colour: str, size: float) -> None:
    """Draw a sign at a place on the footway, and its label outwards of the street."""
    x, y = spot["point"]
    rows = [n for n, lane in enumerate(plan.lanes) if lane.get("link") == spot["link"]]
    nearest = min((plan.lines[n][:, 1:] for n in rows), key=lambda line: _distance(line, (x, y)))
    on = shapely.LineString(nearest).interpolate(shapely.LineString(nearest).project(shapely.Point(x, y)))
    away = np.array([x - on.x, y - on.y])
    dx, dy = away / max(hypot(*away), 1e-9)
    axes.plot(x, y, marker=marker, color=colour, markersize=size, markeredgecolor="white", markeredgewidth=0.6,
              zorder=6, clip_on=True, linestyle="none")  # fmt: skip
    if label and axes.viewLim.contains(x, y):
        sideways = abs(dx) > abs(dy)
        axes.annotate(
            label, (x, y), (8 * dx, 8 * dy), textcoords="offset points", fontsize=6.5, zorder=8, annotation_clip=True,
            ha="center" if not sideways else "left" if dx > 0 else "right",
            va="center" if sideways else "bottom" if dy > 0 else "top",
            path_effects=[withStroke(linewidth=1.6, foreground="white")],
        )  # fmt: skip


def _distance(line: Points, point: tuple[float, float]) -> float:
    return float(shapely.LineString(line).distance(shapely.Point(point)))


# ---------------------------------------------------------------------- who is there


def _bodies(film: Filmed, plan: Plan, now: Moment) -> list[Points]:
    """Return each vehicle's outline (n, 2), its nose narrower: on its lane and those before, or in the berth beside."""
    rows = film.trajectories
    rows = rows[(rows["time_s"] <= now.at_s) & (rows["time_s"] > now.at_s - 300)]
    been: dict[str, list[int]] = {
        str(who): lanes.tolist() for who, lanes in rows.groupby("traveller", observed=True)["lane"]
    }
    found = []
    for who, v in now.vehicles.iterrows():
        line = plan.back(v["lane"], v["at_m"], v["length_m"], been.get(str(who), [])[-30:])
        if v["off_lane"]:
            line = line + plan.aside(v["lane"], v["at_m"])
        if v["state"] == "turning_round":
            middle, along = line.mean(axis=0), line[0] - line[-1]
            across = np.array([-along[1], along[0]]) * plan.side
            line = np.array([middle + 0.5 * across, middle - 0.5 * across])
        found.append(_nosed(line, WIDTH_M.get(v["kind"], 1.8)))
    return found


def _nosed(line: Points, width_m: float) -> Points:
    """Return the outline of a body whose front end tapers, along its middle line from front to rear."""
    step = line[1] - line[0]
    length = hypot(*step)
    nose = min(0.5 * width_m, 0.45 * length)
    shoulder = line[0] + step * nose / max(length, 1e-9)
    outline = band(np.vstack([shoulder, line[1:]]), width_m)
    across = 0.28 * width_m * np.array([step[1], -step[0]]) / max(length, 1e-9)
    return np.vstack([line[0] - across, line[0] + across, outline])


def _vehicles(axes: Axes, now: Moment, bodies: list[Points], norm: Normalize, points_m: float) -> None:
    """Draw everybody on the map, coloured by delay, with an edge that says what they do and a dot on families' cars."""
    if not bodies:
        return
    v = now.vehicles
    faces = DELAY(norm(v["delay_s"].fillna(0.0).to_numpy() / 60.0))
    special = v["state"].isin(tuple(EDGES)).to_numpy()
    edges = [EDGES.get(state, INK) for state in v["state"]]
    thick = max(0.5, min(0.45 * points_m, 1.2))
    thin = max(0.15, min(0.1 * points_m, 0.4))
    axes.add_collection(
        PolyCollection(bodies, facecolors="none", edgecolors=INK, zorder=4.9,
                       linewidths=np.where(special, thick + 0.5, 0.0))
    )  # fmt: skip
    widths = np.where(special, thick, thin)
    axes.add_collection(PolyCollection(bodies, facecolors=faces, edgecolors=edges, linewidths=widths, zorder=5))
    roofs = np.array([body[2:].mean(axis=0) for body in bodies])
    family = v["family"].to_numpy(dtype=bool)
    if points_m > 0.7 and family.any():
        size = max(0.9, min(0.75 * points_m, 2.4)) ** 2
        axes.scatter(
            roofs[family, 0], roofs[family, 1], s=size, color="white", edgecolor=INK, linewidth=0.3, zorder=5.5
        )


def _lights(axes: Axes, plan: Plan, now: Moment, points_m: float) -> None:
    """Draw the lights at the stop lines: a bar across each lane, in parts where its ways have different lights."""
    bars, colours = [], []
    at_line: dict[tuple[float, float], list[int]] = {}
    for row in now.lights:
        at_line.setdefault((round(plan.lines[row][0, 1], 1), round(plan.lines[row][0, 2], 1)), []).append(row)
    for rows in at_line.values():
        shown = [now.lights[row] for row in rows]
        shown = shown[:1] if len(set(shown)) == 1 else shown
        x, y = plan.heading(rows[0], 0.0)
        middle, across = plan.lines[rows[0]][0, 1:], 1.6 * np.array([y, -x])
        marks = np.linspace(-1.0, 1.0, len(shown) + 1)
        bars += [np.array([middle + a * across, middle + b * across]) for a, b in pairwise(marks)]
        colours += [LIGHTS[light] for light in shown]
    width = max(1.0, min(0.8 * points_m, 2.4))
    axes.add_collection(LineCollection(bars, colors="white", linewidths=width + 0.7, zorder=5.8))
    axes.add_collection(LineCollection(bars, colors=colours, linewidths=width, zorder=6))


def _outside(axes: Axes, plan: Plan, now: Moment, words: dict[str, str], points_m: float) -> None:
    """Write at each entry how many wait outside, beside the street where the curb is."""
    by_link: dict[str, tuple[int, int]] = {}
    for lane, n in now.outside.items():
        link = plan.lanes[lane]["link"]
        by_link[link] = (lane, by_link.get(link, (lane, 0))[1] + n)
    for lane, n in by_link.values():
        x, y = plan.lines[lane][0, 1:]
        if not axes.viewLim.contains(x, y):
            continue
        dx, dy = plan.heading(lane, 0.0)
        right, up = plan.side * dy, -plan.side * dx
        gap = 6.4 * points_m + 2.0
        axes.annotate(
            words["outside"].format(n=n), (x, y), (gap * right, gap * up), textcoords="offset points", fontsize=6.5,
            ha="left" if max(right, dx, key=abs) > 0 else "right",
            va="bottom" if up > 0.5 else "top" if up < -0.5 else "center", zorder=9,
            bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "#D42A2A", "linewidth": 0.6},
        )  # fmt: skip


def _queue(axes: Axes, plan: Plan, now: Moment, words: dict[str, str], points_m: float) -> None:
    """Mark the end of the queue before the gate, or say in a corner how far away it is."""
    queue = now.queue
    if queue is None:
        return
    key = "beyond" if queue.past_junction_m >= 1.0 else "queue"
    label = words[key].format(metres=round(queue.length_m), past=round(queue.past_junction_m))
    halo = [withStroke(linewidth=1.8, foreground="white")]
    x, y = queue.tail
    if axes.viewLim.contains(x, y):
        ways = [np.asarray(parking["point"]) - (x, y) for parking in plan.ground["remote_parking"]]
        reach = LABEL_PT / points_m
        signed = any(way @ queue.inwards > 0.0 and hypot(*way) < reach for way in ways)  # what stands there is passed
        aside = (max(15.0 * points_m, 14.0) + 11.0 * signed) * queue.inwards
        axes.plot(x, y, marker="v", color="#D42A2A", markersize=5, markeredgecolor="white", markeredgewidth=0.6,
                  zorder=8)  # fmt: skip
        share = (x - axes.viewLim.x0) / axes.viewLim.width
        across = abs(aside[0]) > abs(aside[1])
        axes.annotate(
            label, (x, y), tuple(aside), textcoords="offset points", fontsize=6.5, zorder=9, path_effects=halo,
            ha=("left" if aside[0] > 0 else "right") if across else _towards_middle(share),
            va="center" if across else "bottom" if aside[1] > 0 else "top",
            arrowprops={"arrowstyle": "-", "color": "#D42A2A", "linewidth": 0.7, "shrinkB": 2, "shrinkA": 0},
        )  # fmt: skip
        return
    box = axes.viewLim
    cx, cy = 0.5 * (box.x0 + box.x1), 0.5 * (box.y0 + box.y1)
    share = 0.97 * min(0.5 * box.width / max(abs(x - cx), 1e-9), 0.5 * box.height / max(abs(y - cy), 1e-9))
    px, py = cx + share * (x - cx), cy + share * (y - cy)
    angle = degrees(atan2(y - cy, x - cx))
    axes.plot(px, py, marker=(3, 0, angle - 90), color="#D42A2A", markersize=6, zorder=9)
    right = px > cx
    dx, dy = max(15.0 * points_m, 14.0) * queue.inwards
    axes.annotate(label, (px, py), (dx + (-4 if right else 4), dy), textcoords="offset points", fontsize=6.5, zorder=9,
                  ha="right" if right else "left", va="center", path_effects=halo)  # fmt: skip


def _towards_middle(share: float) -> str:
    """Return how to align a label at a share of the panel's width so that it stays inside."""
    return "left" if share < 0.15 else "right" if share > 0.85 else "center"


def _names(axes: Axes, plan: Plan) -> None:
    """Write the streets' names along them, each where it is seen longest, and away from the gate."""
    gate = shapely.Point(plan.ground["gate"]["point"])
    box = shapely.box(*axes.viewLim.extents)
    longest: dict[str, Any] = {}
    for link in plan.ground["links"]:
        middle = shapely.LineString(inner_edge(link)).intersection(box)
        for part in shapely.get_parts(middle):
            if link["name"] and part.geom_type == "LineString":
                known = longest.get(link["name"])
                longest[link["name"]] = part if known is None or part.length > known.length else known
    for name, line in longest.items():
        if line.length < 0.12 * axes.viewLim.width:
            continue
        share = max((0.3, 0.7), key=lambda at: line.interpolate(at, normalized=True).distance(gate))
        a, b = (line.interpolate(at, normalized=True) for at in (share, share + 0.04))
        angle = (degrees(atan2(b.y - a.y, b.x - a.x)) + 90) % 180 - 90
        axes.text(a.x, a.y, name, fontsize=6, rotation=angle, rotation_mode="anchor", ha="center", va="center",
                  color="#4A4A4A", zorder=6.5,
                  path_effects=[withStroke(linewidth=1.6, foreground="white")])  # fmt: skip


# ---------------------------------------------------------------------- the key


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
