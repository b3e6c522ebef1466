"""Finds what controls traffic: turn restrictions, where there are signals, and crossings between junctions."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot

from sim.formats.osm_graph import Graph, Point, along
from sim.formats.osm_network import Layout, turns
from sim.formats.osm_read import Extract, Relation
from sim.scenario.network import LANE_WIDTH_M, CrossedLink, Crossing, TurnBan

SIGNAL_REACH_M = 30.0  # a signal this near a junction belongs to it
CROSSING_REACH_M = 18.0  # a crossing this near a junction is part of it
ONE_CROSSING_M = 30.0  # crossings this near each other, on one street, are one
CROSSING_WIDTH_M = 6.0


@dataclass(frozen=True)
class Restrictions:
    """Turn bans, and how many restrictions the file holds that could not be read."""

    bans: tuple[TurnBan, ...]
    skipped: int


def turn_bans(layout: Layout, extract: Extract) -> Restrictions:
    """Return the bans that the file's turn restrictions mean; those over a via way are skipped."""
    home = {ref: key for key, refs in layout.graph.members.items() for ref in refs}
    leaving, entering = _ends(layout)
    onward = turns(layout.network)
    bans: set[tuple[str, str]] = set()
    skipped = 0
    for relation in extract.relations.values():
        if relation.tags.get("type") != "restriction" or "restriction" not in relation.tags:
            continue
        if not any(m.kind == "way" and m.ref in extract.ways for m in relation.members):
            continue
        found = _banned(relation, home, leaving, entering, onward)
        if found is None:
            skipped += _touches(relation, layout)
        else:
            bans |= found
    return Restrictions(tuple(TurnBan(from_link=a, to_link=b) for a, b in sorted(bans)), skipped)


def _ends(layout: Layout) -> tuple[dict[tuple[int, int], list[str]], dict[tuple[int, int], list[str]]]:
    """Return the links that leave a node on a way, and those that enter it, by (node, way)."""
    leaving: dict[tuple[int, int], list[str]] = defaultdict(list)
    entering: dict[tuple[int, int], list[str]] = defaultdict(list)
    for link in layout.sources:
        edge = layout.edge(link)
        leaving[edge.a, edge.ways[0]].append(link)
        entering[edge.b, edge.ways[-1]].append(link)
    return leaving, entering


def _banned(
    relation: Relation,
    home: dict[int, int],
    leaving: dict[tuple[int, int], list[str]],
    entering: dict[tuple[int, int], list[str]],
    onward: dict[str, set[str]],
) -> set[tuple[str, str]] | None:
    """Return the pairs of links that one restriction bans, or None if it cannot be placed."""
    kind = relation.tags["restriction"]
    via = [m for m in relation.members if m.role == "via"]
    if len(via) != 1 or via[0].kind != "node" or via[0].ref not in home or not kind.startswith(("no_", "only_")):
        return None
    node = home[via[0].ref]
    ways_in = [m.ref for m in relation.members if m.role == "from"]
    ways_out = [m.ref for m in relation.members if m.role == "to"]
    come = [link for way in ways_in for link in entering[node, way]]
    go = [link for way in ways_out for link in leaving[node, way]]
    if not come or not go:
        return None
    if kind.startswith("no_"):
        return {(a, b) for a in come for b in go if b in onward[a]}
    if not any(b in onward[a] for a in come for b in go):
        return None
    return {(a, b) for a in come for b in onward[a] if b not in go}


def _touches(relation: Relation, layout: Layout) -> bool:
    """Tell whether a restriction is about a street of the network at all."""
    ways = {way for edge in layout.graph.edges for way in edge.ways}
    return all(m.ref in ways for m in relation.members if m.role in ("from", "to") and m.kind == "way")


@dataclass(frozen=True)
class Features:
    """What the file says about signals and crossings, placed on the graph."""

    signalled: frozenset[int]
    """Nodes of the graph with a signal."""
    crossings: tuple[tuple[int, float, str, bool], ...]
    """Between junctions: (number of the edge, offset from its `a` [m], node id, has a signal)."""
    near_junctions: int
    """Crossings left out because they are part of a junction."""


def features(graph: Graph, extract: Extract) -> Features:
    """Return the signals and crossings that the extract's nodes speak of."""
    count = graph.degrees()
    junctions = {node for node, n in count.items() if n >= 3}
    signalled: set[int] = set()
    for node in junctions:
        signalled |= {node} if any(_is_signal(extract.tags.get(ref, {})) for ref in graph.members[node]) else set()
    crossings = []
    near = sum(_is_crossing(extract.tags.get(ref, {})) for node in junctions for ref in graph.members[node])
    for number, edge in enumerate(graph.edges):
        total = edge.length_m
        for ref, at in _offsets(edge.refs, edge.points):
            tags = extract.tags.get(ref, {})
            if not (_is_signal(tags) or _is_crossing(tags)):
                continue
            owner = _owner(tags, ((edge.a, at), (edge.b, total - at)), junctions)
            if _is_signal(tags) and owner is not None:
                signalled.add(owner)
            elif min(at if edge.a in junctions else total, total - at if edge.b in junctions else total) < (
                CROSSING_REACH_M
            ):
                near += 1
            else:
                crossings.append((number, at, str(ref), _has_signal(tags)))
    return Features(frozenset(signalled), tuple(crossings), near)


def _owner(tags: dict[str, str], ends: tuple[tuple[int, float], ...], junctions: set[int]) -> int | None:
    """Return the junction to which a signal before it belongs, heeding the direction it is tagged for."""
    facing = tags.get("traffic_signals:direction")
    if facing in ("forward", "backward") and _is_signal(tags):
        ends = ends[1:] if facing == "forward" else ends[:1]
    near = [(far, node) for node, far in ends if node in junctions and far <= SIGNAL_REACH_M]
    return min(near)[1] if near else None


def _offsets(refs: tuple[int, ...], points: tuple[Point, ...]) -> Iterator[tuple[int, float]]:
    """Yield the inner nodes of an edge with their offsets [m]."""
    at = 0.0
    for i in range(1, len(refs) - 1):
        at += hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1])
        yield refs[i], at


def _is_signal(tags: dict[str, str]) -> bool:
    return "traffic_signals" in tags.get("highway", "").split(";")


def _is_crossing(tags: dict[str, str]) -> bool:
    kind = tags.get("crossing", "")
    return kind not in ("no", "unmarked") and ("crossing" in tags.get("highway", "").split(";") or bool(kind))


def _has_signal(tags: dict[str, str]) -> bool:
    return _is_signal(tags) or tags.get("crossing") == "traffic_signals" or tags.get("crossing:signals") == "yes"


def crossings(layout: Layout, found: Features) -> tuple[Crossing, ...]:
    """Return the crossings between junctions; several nodes of one crossing count once."""
    of_edge: dict[int, list[str]] = defaultdict(list)
    for link, (number, _) in layout.sources.items():
        of_edge[number].append(link)
    groups: list[list[tuple[int, float, str, bool]]] = []
    where = {each[2]: along(layout.graph.edges[each[0]].points, each[1]) for each in found.crossings}
    for each in found.crossings:
        x, y = where[each[2]]
        for group in groups:
            if any(hypot(where[o[2]][0] - x, where[o[2]][1] - y) < ONE_CROSSING_M for o in group):
                group.append(each)
                break
        else:
            groups.append([each])
    built = (_crossing(layout, group, of_edge) for group in groups)
    return tuple(crossing for crossing in built if crossing is not None)


def _crossing(
    layout: Layout, group: list[tuple[int, float, str, bool]], of_edge: dict[int, list[str]]
) -> Crossing | None:
    first = {number: (at, ref) for number, at, ref, _ in reversed(group)}
    crossed = []
    lanes = 0
    for number, (at, _) in first.items():
        for link in of_edge[number]:
            stop_line = place_on(layout, link, at)
            if stop_line is not None:
                crossed.append(CrossedLink(link=link, at_m=stop_line))
                lanes += layout.network.link(link).lanes
    if not crossed:
        return None
    return Crossing(
        id=f"c{group[0][2]}",
        links=tuple(crossed),
        length_m=min(max(lanes, 1) * LANE_WIDTH_M, 60.0),
        width_m=CROSSING_WIDTH_M,
        control="signal" if any(each[3] for each in group) else "zebra",
    )


def place_on(layout: Layout, link: str, along_edge_m: float) -> float | None:
    """Return the stop line's offset [m] on a link for a crossing at an offset of its edge, or None without room."""
    _, forward = layout.sources[link]
    edge = layout.edge(link)
    at = along_edge_m if forward else edge.length_m - along_edge_m
    length = layout.network.length(layout.network.link(link))
    stop_line = at / edge.length_m * length - CROSSING_WIDTH_M / 2
    room = CROSSING_REACH_M - CROSSING_WIDTH_M / 2
    return round(stop_line, 1) if room <= stop_line <= length - room - CROSSING_WIDTH_M else None
