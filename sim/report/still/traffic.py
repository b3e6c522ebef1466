"""Who is there: vehicles by their delay, the lights before them, who waits outside, and where the queue ends."""

from itertools import pairwise
from math import atan2, degrees, hypot

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize
from matplotlib.patheffects import withStroke

from sim.report.films import Filmed
from sim.report.look import INK
from sim.report.moment import WIDTH_M, Moment
from sim.report.plan import Plan, Points, band
from sim.report.still.colours import DELAY, EDGES, LIGHTS

LABEL_PT = 110.0
"""[pt] within which a label may reach another one"""


def bodies_of(film: Filmed, plan: Plan, now: Moment) -> list[Points]:
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


def draw_vehicles(axes: Axes, now: Moment, bodies: list[Points], norm: Normalize, points_m: float) -> None:
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


def draw_lights(axes: Axes, plan: Plan, now: Moment, points_m: float) -> None:
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


def draw_outside(axes: Axes, plan: Plan, now: Moment, words: dict[str, str], points_m: float) -> None:
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


def draw_queue(axes: Axes, plan: Plan, now: Moment, words: dict[str, str], points_m: float) -> None:
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
