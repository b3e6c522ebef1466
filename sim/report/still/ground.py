"""What stands still: streets, berths and crossings, the gate and what stands beside the street."""

from itertools import pairwise
from math import atan2, degrees, hypot
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from sim.report.look import INK
from sim.report.moment import Moment
from sim.report.plan import Plan, Points
from sim.report.still.colours import ASPHALT, BERTH, EDGES, FOOTWAY, PAINT, TAKEN, WAITING


def outlines(plan: Plan) -> list[shapely.Polygon]:
    """Return the ground that each link takes, footways included."""
    return [shapely.Polygon(link["outline"]).buffer(0) for link in plan.ground["links"]]


def draw_streets(axes: Axes, plan: Plan, points_m: float) -> None:
    """Draw footways, asphalt, junctions and lane markings."""
    links = outlines(plan)
    wide = [
        shapely.LineString(line[:, 1:]).buffer(lane["width_m"] / 2, cap_style="flat")
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
    inner = [inner_edge(link) for link in plan.ground["links"]]
    ends = {(*np.round(line[0], 1), *np.round(line[-1], 1)) for line in inner}
    for line in inner:
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


def draw_curb(axes: Axes, plan: Plan, bodies: list[Points], points_m: float) -> None:
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


def draw_beside(axes: Axes, plan: Plan, now: Moment, words: dict[str, str]) -> None:
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


def draw_names(axes: Axes, plan: Plan) -> None:
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
