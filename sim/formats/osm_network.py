"""Turns the graph of streets into the planner's network: nodes, links in both directions, entries and exits."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import atan2, degrees, hypot

from sim.formats.osm_graph import Edge, Graph, Point
from sim.scenario.junctions import movements
from sim.scenario.network import Link, Network, Node, Side, path_length

APPROACH_M = 60.0  # a carriageway bends towards the middle of a merged junction over this length
OFF_CENTRE_M = 2.0  # an edge whose end lies this near the node's middle needs no bending
ID_DIGITS = 2  # decimals of coordinates [m]


@dataclass(frozen=True)
class Layout:
    """A network and where its parts come from: the graph, the edge and direction of each link, the node's ids."""

    network: Network
    graph: Graph
    sources: dict[str, tuple[int, bool]]
    """By link: its edge's number, and whether the link runs from the edge's `a` to its `b`."""
    node_ids: dict[int, str]

    def edge(self, link: str) -> Edge:
        """Return the edge of a link, seen in the link's direction."""
        number, forward = self.sources[link]
        return self.graph.edges[number] if forward else self.graph.edges[number].reversed()


def lay_out(graph: Graph, side: Side) -> Layout:
    """Return the network of a graph, without signals, crossings and turn bans; one turns round where a street ends."""
    boundary = graph.boundary()
    count = graph.degrees()
    node_ids = _node_ids(graph, boundary)
    nodes = tuple(
        Node(
            id=node_ids[key],
            x_m=_round(at[0]),
            y_m=_round(at[1]),
            boundary=key in boundary,
            u_turn=count[key] == 1 and key not in boundary,
        )
        for key, at in sorted(graph.nodes.items(), key=lambda item: node_ids[item[0]])
    )
    links: list[Link] = []
    sources: dict[str, tuple[int, bool]] = {}
    serial: dict[int, int] = defaultdict(int)
    for number in sorted(range(len(graph.edges)), key=lambda i: (graph.edges[i].ways[0], graph.edges[i].refs)):
        edge = graph.edges[number]
        serial[edge.ways[0]] += 1
        for forward, lanes in ((True, edge.street.forward), (False, edge.street.backward)):
            if lanes:
                id = f"w{edge.ways[0]}.{serial[edge.ways[0]]}{'f' if forward else 'b'}"
                links.append(_link(id, edge if forward else edge.reversed(), graph, node_ids))
                sources[id] = (number, forward)
    return Layout(Network(nodes=nodes, links=tuple(links), traffic_side=side), graph, sources, node_ids)


def _node_ids(graph: Graph, boundary: frozenset[int]) -> dict[int, str]:
    """Return names: the study area's edges numbered clockwise from north, all others by OpenStreetMap's id."""
    ids = {key: f"n{key}" for key in graph.nodes}
    clockwise = sorted(boundary, key=lambda key: (degrees(atan2(*graph.nodes[key])) % 360, key))
    return ids | {key: f"edge{i}" for i, key in enumerate(clockwise, start=1)}


def _link(id: str, edge: Edge, graph: Graph, node_ids: dict[int, str]) -> Link:
    """Return the link that runs along an edge from its `a` to its `b`."""
    points = approached(edge.points, graph.nodes[edge.a], graph.nodes[edge.b])
    return Link(
        id=id,
        from_node=node_ids[edge.a],
        to_node=node_ids[edge.b],
        lanes=edge.street.forward,
        speed_km_h=edge.street.speed_forward_km_h,
        priority=edge.street.priority,
        roundabout=edge.street.roundabout and not edge.street.two_way,
        shape=tuple((_round(x), _round(y)) for x, y in points[1:-1]),
        name=edge.street.name,
    )


def approached(points: tuple[Point, ...], start: Point, end: Point) -> tuple[Point, ...]:
    """Return a polyline bent so that it starts and ends at the given points, without kinks near its ends."""
    reach = min(APPROACH_M, 0.4 * path_length(points))
    points = _bent(points, start, reach)
    return _bent(points[::-1], end, reach)[::-1]


def _bent(points: tuple[Point, ...], start: Point, reach_m: float) -> tuple[Point, ...]:
    if hypot(points[0][0] - start[0], points[0][1] - start[1]) <= OFF_CENTRE_M:
        return (start, *points[1:])
    walked = 0.0
    for i, (a, b) in enumerate(pairwise(points)):
        step = hypot(b[0] - a[0], b[1] - a[1])
        if walked + step >= reach_m and step > 0:
            t = (reach_m - walked) / step
            return (start, (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])), *points[i + 1 :])
        walked += step
    return (start, points[-1])


def _round(value: float) -> float:
    return round(value, ID_DIGITS) + 0.0


def turns(network: Network) -> dict[str, set[str]]:
    """Return, for each link, the links one may turn into."""
    onward: dict[str, set[str]] = {link.id: set() for link in network.links}
    for movement in movements(network):
        onward[movement.from_link].add(movement.to_link)
    return onward


def reached(starts: Iterable[str], onward: dict[str, set[str]]) -> set[str]:
    """Return the links that can be reached from any of the starts, these included."""
    seen = set(starts)
    ahead = list(seen)
    while ahead:
        for link in onward[ahead.pop()] - seen:
            seen.add(link)
            ahead.append(link)
    return seen


def inverted(onward: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return, for each link, the links from which one may turn into it."""
    back: dict[str, set[str]] = {link: set() for link in onward}
    for link, others in onward.items():
        for other in others:
            back[other].add(link)
    return back


def usable(network: Network) -> set[str]:
    """Return the links that lie on a way from some entry to some exit."""
    onward = turns(network)
    return reached(network.entries(), onward) & reached(network.exits(), inverted(onward))


def kept(layout: Layout, links: set[str]) -> Graph:
    """Return the layout's graph with only the directions of these links."""
    edges = []
    open_to = {layout.sources[link] for link in links}
    for number, edge in enumerate(layout.graph.edges):
        forward = edge.street.forward if (number, True) in open_to else 0
        backward = edge.street.backward if (number, False) in open_to else 0
        if forward or backward:
            edges.append(replace(edge, street=replace(edge.street, forward=forward, backward=backward)))
    used = {node for edge in edges for node in (edge.a, edge.b)}
    return Graph(
        tuple(edges),
        {node: at for node, at in layout.graph.nodes.items() if node in used},
        layout.graph.open_ends & used,
        {node: who for node, who in layout.graph.members.items() if node in used},
    )


def around(graph: Graph, node: int) -> Graph:
    """Return the part of a graph that hangs together with a node."""
    neighbours: dict[int, set[int]] = defaultdict(set)
    for edge in graph.edges:
        neighbours[edge.a].add(edge.b)
        neighbours[edge.b].add(edge.a)
    seen, ahead = {node}, [node]
    while ahead:
        for other in neighbours[ahead.pop()] - seen:
            seen.add(other)
            ahead.append(other)
    return Graph(
        tuple(edge for edge in graph.edges if edge.a in seen),
        {key: at for key, at in graph.nodes.items() if key in seen},
        graph.open_ends & seen,
        {key: who for key, who in graph.members.items() if key in seen},
    )
