"""Cuts the streets out of an extract: those within the study area, split where they meet."""

from collections import Counter
from dataclasses import dataclass
from itertools import count, pairwise
from math import hypot, sqrt

from sim.formats.osm_graph import Edge, Graph, Point
from sim.formats.osm_read import Extract, Plane
from sim.formats.osm_tags import MAIN_STREET, Street, read_street
from sim.scenario.network import path_length

ENTRY_M = 60.0  # a street is followed at least so far beyond the last junction inside, for room to queue
BOX_EDGE_M = 30.0  # a dead end this near the file's own edge was cut off there


@dataclass(frozen=True)
class _Run:
    """Consecutive known nodes of one way, and whether the way goes on at either end."""

    refs: tuple[int, ...]
    points: tuple[Point, ...]
    goes_on_before: bool
    goes_on_after: bool


def street_graph(extract: Extract, plane: Plane, radius_m: float, classes: frozenset[str]) -> Graph:
    """Return the streets of these classes within the circle around the plane's centre, split where they meet."""
    streets = {way.id: street for way in extract.ways.values() if (street := read_street(way, classes))}
    uses = Counter(ref for id in streets for ref in extract.ways[id].refs)
    cut_ids = count(min([0, *uses, *extract.positions]) - 1, -1)
    nodes: dict[int, Point] = {}
    open_ends: set[int] = set()
    edges: list[Edge] = []
    for id, street in streets.items():
        for run in _runs(extract.ways[id].refs, extract, plane):
            for refs, points, ends in _inside(run, radius_m, uses, cut_ids):
                open_ends |= ends
                for edge in _split(refs, points, uses, id, street):
                    edges.append(edge)
                    nodes[edge.a], nodes[edge.b] = edge.points[0], edge.points[-1]
    open_ends |= {node for node in nodes if _at_box_edge(node, extract, plane)} | _broken_off(edges)
    members = {node: frozenset({node}) for node in nodes}
    return Graph(tuple(edges), nodes, frozenset(open_ends & set(nodes)), members)


def _runs(refs: tuple[int, ...], extract: Extract, plane: Plane) -> list[_Run]:
    """Return the stretches of a way whose nodes the file holds; a gap cuts the way."""
    runs: list[list[int]] = [[]]
    for ref in refs:
        if ref not in extract.positions:
            runs.append([])
        elif not runs[-1] or runs[-1][-1] != ref:
            runs[-1].append(ref)
    known = [run for run in runs if len(run) >= 2]
    return [
        _Run(
            tuple(run), tuple(plane.xy(*extract.positions[ref]) for ref in run), run[0] != refs[0], run[-1] != refs[-1]
        )
        for run in known
    ]


def _inside(
    run: _Run, radius_m: float, uses: Counter[int], cut_ids: "count[int]"
) -> list[tuple[list[int], list[Point], set[int]]]:
    """Return the parts of a run within the circle, as node ids, points, and the ends at which the street goes on."""
    at = [0.0]
    for a, b in pairwise(run.points):
        at.append(at[-1] + hypot(b[0] - a[0], b[1] - a[1]))
    junctions = [s for s, ref in zip(at, run.refs, strict=True) if uses[ref] > 1 or s in (0.0, at[-1])]
    parts = []
    for low, high in _merged([_with_room(*span, junctions, at[-1]) for span in _spans(run.points, at, radius_m)]):
        refs = [ref for s, ref in zip(at, run.refs, strict=True) if low < s < high]
        points = [p for s, p in zip(at, run.points, strict=True) if low < s < high]
        ends: set[int] = set()
        for s, place, first in ((low, 0, True), (high, len(refs) + 1, False)):
            whole = s == (0.0 if first else at[-1])
            ref = (run.refs[0] if first else run.refs[-1]) if whole else next(cut_ids)
            point = _point_at(run.points, at, s)
            refs.insert(place, ref)
            points.insert(place, point)
            goes_on = run.goes_on_before if first else run.goes_on_after
            if not whole or goes_on or hypot(*point) > radius_m:
                ends.add(ref)
        if path_length(points) > 0.0:
            parts.append((refs, points, ends))
    return parts


def _spans(points: tuple[Point, ...], at: list[float], radius_m: float) -> list[tuple[float, float]]:
    """Return the stretches [m, m] along a polyline that lie within the circle."""
    cuts = [0.0, at[-1]]
    for (ax, ay), (bx, by), s0, s1 in zip(points, points[1:], at, at[1:], strict=False):
        dx, dy = bx - ax, by - ay
        a, b, c = dx * dx + dy * dy, 2 * (ax * dx + ay * dy), ax * ax + ay * ay - radius_m * radius_m
        if a == 0 or b * b - 4 * a * c <= 0:
            continue
        half = sqrt(b * b - 4 * a * c)
        cuts += [s0 + t * (s1 - s0) for t in ((-b - half) / (2 * a), (-b + half) / (2 * a)) if 0 < t < 1]
    cuts = sorted(set(cuts))
    spans = pairwise(cuts)
    return [(low, high) for low, high in spans if hypot(*_point_at(points, at, (low + high) / 2)) <= radius_m]


def _with_room(low: float, high: float, junctions: list[float], total: float) -> tuple[float, float]:
    """Return the stretch, longer where its last junction lies too near the cut for a queue."""
    inside = [s for s in junctions if low <= s <= high]
    if inside and low > 0:
        low = max(min(low, inside[0] - ENTRY_M), 0.0)
    if inside and high < total:
        high = min(max(high, inside[-1] + ENTRY_M), total)
    return low, high


def _merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for low, high in spans:
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _point_at(points: tuple[Point, ...], at: list[float], s: float) -> Point:
    for (ax, ay), (bx, by), s0, s1 in zip(points, points[1:], at, at[1:], strict=False):
        if s0 <= s <= s1 and s1 > s0:
            t = (s - s0) / (s1 - s0)
            return ax + t * (bx - ax), ay + t * (by - ay)
    return points[-1]


def _split(refs: list[int], points: list[Point], uses: Counter[int], way: int, street: Street) -> list[Edge]:
    """Return the edges between one shared node and the next."""
    stops = [0, *(i for i in range(1, len(refs) - 1) if uses[refs[i]] > 1), len(refs) - 1]
    return [
        Edge(refs[i], refs[j], tuple(refs[i : j + 1]), tuple(points[i : j + 1]), (way,) * (j - i), street)
        for i, j in pairwise(stops)
    ]


def _broken_off(edges: list[Edge]) -> set[int]:
    """Return the dead ends of main streets: such a street goes on, even if the file does not tell where."""
    ends = Counter(node for edge in edges for node in (edge.a, edge.b))
    main = [edge for edge in edges if edge.street.priority >= MAIN_STREET]
    return {node for edge in main for node in (edge.a, edge.b) if ends[node] == 1}


def _at_box_edge(node: int, extract: Extract, plane: Plane) -> bool:
    if extract.box is None or node not in extract.positions:
        return False
    west, south, east, north = extract.box
    x, y = plane.xy(*extract.positions[node])
    (x0, y0), (x1, y1) = plane.xy(west, south), plane.xy(east, north)
    return min(x - x0, x1 - x, y - y0, y1 - y) < BOX_EDGE_M
