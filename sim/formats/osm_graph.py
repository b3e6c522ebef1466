"""The streets as a graph of edges between nodes, and how it is made simple enough to drive on.

An *edge* is a stretch of street with both its directions; edges become links later. Nodes keep OpenStreetMap's
ids; where the study area's edge cuts a street, the new node's id is negative, and below any in the file.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot

from sim.formats.osm_arrows import Marks
from sim.formats.osm_tags import Street
from sim.scenario.network import path_length

Point = tuple[float, float]

SAME_JUNCTION_M = 15.0  # an edge this short between two junctions lies within one physical junction
CARRIAGEWAYS_M = 36.0  # the same for an edge from one carriageway of a street across to the other
JUNCTION_EXTENT_M = 55.0  # a physical junction is no larger than this
ABSORBED_M = 30.0  # a stretch this short takes its lanes and speed from the longer neighbour
STUB_M = 30.0  # a dead end this short is nobody's way to anywhere
SHORT_ENTRY_M = 20.0  # and an entry this short has no room for a queue
LOOP_M = 120.0  # a street that comes back to the junction it left is dropped below this length


@dataclass(frozen=True)
class Edge:
    """A stretch of street from node `a` to node `b`; `street` tells its lanes in this direction and against it."""

    a: int
    b: int
    refs: tuple[int, ...]
    points: tuple[Point, ...]
    ways: tuple[int, ...]
    """The way of each segment between two points."""
    street: Street

    @property
    def length_m(self) -> float:
        """Return the length along the points [m]."""
        return path_length(self.points)

    def reversed(self) -> "Edge":
        """Return the same stretch as seen from its other end."""
        return Edge(self.b, self.a, self.refs[::-1], self.points[::-1], self.ways[::-1], self.street.reversed())


@dataclass(frozen=True)
class Graph:
    """Edges, the nodes' positions [m], and which nodes the streets go on beyond."""

    edges: tuple[Edge, ...]
    nodes: dict[int, Point]
    open_ends: frozenset[int]
    members: dict[int, frozenset[int]]
    """The OpenStreetMap nodes that were merged into a node; itself included."""

    def degrees(self) -> dict[int, int]:
        """Return the number of edge ends at each node."""
        count: dict[int, int] = defaultdict(int)
        for edge in self.edges:
            count[edge.a] += 1
            count[edge.b] += 1
        return count

    def boundary(self) -> frozenset[int]:
        """Return the nodes at which a street leaves the study area."""
        return frozenset(node for node, degree in self.degrees().items() if degree == 1 and node in self.open_ends)


def simplified(graph: Graph) -> Graph:
    """Return the graph with physical junctions made one node, bends dissolved, and stubs and small loops gone.

    Stretches that lead nowhere one way are closed that way.
    """
    while True:
        before = len(graph.edges)
        graph = dissolved(opened(closed(trimmed(merged(dissolved(graph))))))
        if len(graph.edges) == before:
            return graph


def dissolved(graph: Graph) -> Graph:
    """Join the two edges at a node where nothing else meets, unless lanes or speed really change there."""
    edges = dict(enumerate(graph.edges))
    at: dict[int, set[int]] = defaultdict(set)
    for key, edge in edges.items():
        at[edge.a].add(key)
        at[edge.b].add(key)
    for node in list(at):
        keys = at[node]
        if len(keys) != 2:
            continue
        first, second = sorted(keys)
        joined = _joined(edges[first], edges[second], node)
        if joined is None:
            continue
        del edges[second]
        edges[first] = joined
        at[node] = set()
        for end in (joined.a, joined.b):
            at[end] = (at[end] - {second}) | {first}
    return _with_edges(graph, edges.values())


def _joined(first: Edge, second: Edge, node: int) -> Edge | None:
    """Return one edge through the node, or None where the two must stay apart."""
    if first.a == first.b or second.a == second.b or {first.a, first.b} == {second.a, second.b}:
        return None
    one = first if first.b == node else first.reversed()
    two = second if second.a == node else second.reversed()
    longer = one if one.length_m >= two.length_m else two
    same_ways = (one.street.forward > 0, one.street.backward > 0) == (two.street.forward > 0, two.street.backward > 0)
    short = min(one.length_m, two.length_m) < ABSORBED_M
    if not same_ways or not (short or _like(one.street, two.street)):
        return None
    street = replace(
        longer.street,
        marks_forward=_marks_at_end(one, two),
        marks_backward=_marks_at_end(two.reversed(), one.reversed()),
    )
    return Edge(one.a, two.b, one.refs + two.refs[1:], one.points + two.points[1:], one.ways + two.ways, street)


def _marks_at_end(before: Edge, last: Edge) -> Marks:
    """Return the marks on the lanes at the end of two edges in a row: the last one's, if it has any or is not short."""
    return last.street.marks_forward or (before.street.marks_forward if last.length_m < ABSORBED_M else ())


def _like(one: Street, two: Street) -> bool:
    def kept(street: Street) -> tuple[object, ...]:
        return (
            street.forward,
            street.backward,
            street.speed_forward_km_h,
            street.speed_backward_km_h,
            street.priority,
            street.tunnel,
        )

    return kept(one) == kept(two)


def merged(graph: Graph) -> Graph:
    """Make one node of the nodes of one physical junction, and drop the short edges inside it."""
    degrees = graph.degrees()
    axes = _one_way_axes(graph)
    home = {node: node for node in graph.nodes}
    groups = {node: {node} for node in graph.nodes}

    def root(node: int) -> int:
        while home[node] != node:
            node = home[node]
        return node

    for edge in sorted(graph.edges, key=lambda e: (e.length_m, e.refs)):
        a, b = root(edge.a), root(edge.b)
        if a == b or min(degrees[edge.a], degrees[edge.b]) < 3:
            continue
        limit = CARRIAGEWAYS_M if _joins_carriageways(edge, axes) else SAME_JUNCTION_M
        both = groups[a] | groups[b]
        if edge.length_m >= limit or _extent([graph.nodes[node] for node in both]) > JUNCTION_EXTENT_M:
            continue
        keep, gone = min(a, b), max(a, b)
        home[gone] = keep
        groups[keep] = both
    kept = []
    for edge in graph.edges:
        a, b = root(edge.a), root(edge.b)
        inside = a == b and (edge.a != edge.b or edge.length_m < LOOP_M)
        if not (inside and edge.length_m < max(LOOP_M, CARRIAGEWAYS_M)):
            kept.append(replace(edge, a=a, b=b))
    members = {
        node: frozenset().union(*(graph.members[one] for one in groups[node])) | _inside(graph, groups[node], kept)
        for node in graph.nodes
        if root(node) == node
    }
    nodes = {node: _middle([graph.nodes[one] for one in groups[node]]) for node in members}
    return _with_edges(Graph(tuple(kept), nodes, graph.open_ends, members), kept)


def _inside(graph: Graph, group: set[int], kept: list[Edge]) -> frozenset[int]:
    """Return the OpenStreetMap nodes on edges that vanished within a junction."""
    if len(group) == 1:
        return frozenset()
    alive = {edge.refs for edge in kept}
    return frozenset(
        ref for e in graph.edges if e.a in group and e.b in group and e.refs not in alive for ref in e.refs
    )


def _one_way_axes(graph: Graph) -> dict[int, list[Point]]:
    """Return, for each node, the directions [unit vectors] in which one-way streets pass it."""
    axes: dict[int, list[Point]] = defaultdict(list)
    for edge in graph.edges:
        if edge.street.two_way:
            continue
        along = edge if edge.street.forward else edge.reversed()
        axes[along.a].append(direction(along.points[0], along.points[1]))
        axes[along.b].append(direction(along.points[-2], along.points[-1]))
    return axes


def _joins_carriageways(edge: Edge, axes: dict[int, list[Point]]) -> bool:
    """Tell whether one-way traffic passes the two ends in opposite directions, across the edge."""
    across = direction(edge.points[0], edge.points[-1])
    for u in axes.get(edge.a, ()):
        for v in axes.get(edge.b, ()):
            if _dot(u, v) < -0.8 and abs(_dot(u, across)) < 0.55 and abs(_dot(v, across)) < 0.55:
                return True
    return False


def trimmed(graph: Graph) -> Graph:
    """Drop dead ends that are too short to matter, and loops that come back at once.

    A stub at the study area's edge is dropped too, where the file held no more of it; the street then leaves the
    study area at the stub's inner end.
    """
    degrees = graph.degrees()
    kept = []
    open_ends = set(graph.open_ends)
    for edge in graph.edges:
        ends = [node for node in (edge.a, edge.b) if degrees[node] == 1]
        leaves = [node for node in ends if node in graph.open_ends]
        if len(ends) == 1 and edge.length_m < (SHORT_ENTRY_M if leaves else STUB_M):
            open_ends |= {edge.a, edge.b} if leaves else set()
        elif edge.a != edge.b or edge.length_m >= LOOP_M:
            kept.append(edge)
    return _with_edges(replace(graph, open_ends=frozenset(open_ends)), kept)


def closed(graph: Graph) -> Graph:
    """Close short stretches in the direction in which they lead to no street but their own other direction.

    Such a stretch lies between where a one-way street ends and the junction to which it leads.
    """
    leaving: dict[int, set[tuple[int, ...]]] = defaultdict(set)
    for edge in graph.edges:
        for node, lanes in ((edge.a, edge.street.forward), (edge.b, edge.street.backward)):
            if lanes > 0:
                leaving[node].add(edge.refs)
    degrees = graph.degrees()

    def one_way(edge: Edge) -> Edge:
        ends = [n for n in (edge.a, edge.b) if degrees[n] > 1 and leaving[n] == {edge.refs}]
        if not edge.street.two_way or edge.length_m >= STUB_M or len(ends) != 1:
            return edge
        street = replace(edge.street, forward=0) if ends[0] == edge.b else replace(edge.street, backward=0)
        return replace(edge, street=street)

    return _with_edges(graph, map(one_way, graph.edges))


def opened(graph: Graph) -> Graph:
    """Cut each loop that starts and ends at one junction in two, so that every edge joins two nodes."""
    edges: list[Edge] = []
    nodes, members = dict(graph.nodes), dict(graph.members)
    for edge in graph.edges:
        middle = len(edge.refs) // 2
        if edge.a != edge.b or len(edge.refs) < 3:
            edges.append(edge)
            continue
        cut = edge.refs[middle]
        nodes[cut], members[cut] = edge.points[middle], frozenset({cut})
        edges.append(
            Edge(edge.a, cut, edge.refs[: middle + 1], edge.points[: middle + 1], edge.ways[:middle], edge.street)
        )
        edges.append(Edge(cut, edge.b, edge.refs[middle:], edge.points[middle:], edge.ways[middle:], edge.street))
    return _with_edges(Graph(tuple(edges), nodes, graph.open_ends, members), edges)


def _with_edges(graph: Graph, edges: Iterable[Edge]) -> Graph:
    """Return the graph with these edges and only the nodes that they touch."""
    listed = tuple(edge for edge in edges if not (edge.a == edge.b and len(edge.refs) < 3))
    used = {node for edge in listed for node in (edge.a, edge.b)}
    nodes = {node: at for node, at in graph.nodes.items() if node in used}
    members = {node: who for node, who in graph.members.items() if node in used}
    return Graph(listed, nodes, graph.open_ends & used, members)


def direction(a: Point, b: Point) -> Point:
    """Return the unit vector from one point to another; east where they coincide."""
    length = hypot(b[0] - a[0], b[1] - a[1])
    return ((b[0] - a[0]) / length, (b[1] - a[1]) / length) if length else (1.0, 0.0)


def _dot(u: Point, v: Point) -> float:
    return u[0] * v[0] + u[1] * v[1]


def _middle(points: list[Point]) -> Point:
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def _extent(points: list[Point]) -> float:
    return max(hypot(a[0] - b[0], a[1] - b[1]) for a in points for b in points)


def along(points: tuple[Point, ...], at_m: float) -> Point:
    """Return the point at an offset [m] on a polyline, clipped to its ends."""
    for a, b in pairwise(points):
        step = hypot(b[0] - a[0], b[1] - a[1])
        if at_m <= step and step > 0:
            t = max(at_m, 0.0) / step
            return a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])
        at_m -= step
    return points[-1]


@dataclass(frozen=True)
class Foot:
    """Where a point falls on a polyline: how far off [m], at which offset [m], on which side (+1 left, -1 right)."""

    off_m: float
    at_m: float
    side: int
    heading: Point
    """Unit vector along the polyline there."""


def foot(points: tuple[Point, ...], p: Point) -> Foot:
    """Return the nearest place on a polyline to a point."""
    best: tuple[float, float, Point, Point] | None = None
    walked = 0.0
    for a, b in pairwise(points):
        dx, dy = b[0] - a[0], b[1] - a[1]
        step = hypot(dx, dy)
        t = min(max(((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (step * step), 0.0), 1.0) if step else 0.0
        off = hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy)
        if step and (best is None or off < best[0]):
            best = (off, walked + t * step, a, b)
        walked += step
    if best is None:
        return Foot(hypot(p[0] - points[0][0], p[1] - points[0][1]), 0.0, 0, (1.0, 0.0))
    off, at, a, b = best
    cross = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return Foot(off, at, (cross > 0) - (cross < 0), direction(a, b))
