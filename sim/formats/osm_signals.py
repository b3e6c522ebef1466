"""Gives signalled junctions a fixed-time programme, assumed from the streets that meet there."""

from dataclasses import replace
from math import acos, atan2, degrees, hypot, pi

from sim.formats.osm_graph import Point, direction
from sim.formats.osm_network import Layout
from sim.formats.osm_tags import CLASSES
from sim.scenario.junctions import movements
from sim.scenario.network import Link, Network, Node, Signal, Stage, Turn

CYCLES_S = {1: 60.0, 2: 90.0, 3: 110.0, 4: 120.0}  # [s] by the number of stages; assumption
AMBER_S, ALL_RED_S = 3.0, 2.0
MIN_GREEN_S = 12.0
LEFT_STAGE_LANES = 3  # from so many lanes on, left turns have a stage of their own; assumption
LEFT_STAGE_WEIGHT = 0.4  # [1] of the green of the same approaches' other turns; assumption
SIGNALLED_PRIORITY = CLASSES["secondary_link"].priority  # where two such streets cross there is a signal; assumption
CROSSING_ANGLE = 35.0  # [degrees] streets at a smaller angle merge rather than cross
OPPOSITE = 50.0  # [degrees] approaches that face each other this closely go together
HEADING_M = 25.0  # [m] the stretch before the junction over which an approach's direction is taken


def assumed_signals(layout: Layout, tagged: frozenset[int]) -> frozenset[int]:
    """Return the nodes where main streets cross without a tagged signal: they would not work without one."""
    found = set()
    for key in layout.graph.nodes:
        arms = [e if e.a == key else e.reversed() for e in layout.graph.edges if key in (e.a, e.b)]
        main = [e for e in arms if e.street.priority >= SIGNALLED_PRIORITY]
        if key in tagged or any(e.street.roundabout for e in arms) or len(main) < 3:
            continue
        coming, going = sum(e.street.backward > 0 for e in main), sum(e.street.forward > 0 for e in main)
        if min(coming, going) >= 2 and _cross([_heading(e.points) for e in main]):
            found.add(key)
    return frozenset(found)


def _cross(headings: list[Point]) -> bool:
    """Tell whether any two of these directions, taken as lines, meet at a real angle."""
    angles = [degrees(acos(min(abs(u[0] * v[0] + u[1] * v[1]), 1.0))) for u in headings for v in headings]
    return max(angles) > CROSSING_ANGLE


def _heading(points: tuple[Point, ...]) -> Point:
    """Return the direction in which a polyline sets out."""
    for point in points[1:]:
        if hypot(point[0] - points[0][0], point[1] - points[0][1]) >= HEADING_M:
            return direction(points[0], point)
    return direction(points[0], points[-1])


def with_signals(layout: Layout, nodes: frozenset[int]) -> Network:
    """Return the network with a programme at each of these nodes where more than one stage is needed."""
    turns: dict[str, set[Turn]] = {}
    for movement in movements(layout.network):
        turns.setdefault(movement.from_link, set()).add(movement.turn)
    names = {layout.node_ids[key] for key in nodes}
    changed = tuple(_with_signal(node, layout, turns) if node.id in names else node for node in layout.network.nodes)
    return replace(layout.network, nodes=changed)


def _with_signal(node: Node, layout: Layout, turns: dict[str, set[Turn]]) -> Node:
    stages: list[tuple[Stage, float]] = []
    approaches = [link for link in layout.network.links if link.to_node == node.id and turns.get(link.id)]
    for group in _pairs(approaches, layout.network):
        stages += _stages(group, turns, layout)
    if len(stages) < 2:
        return node
    cycle = CYCLES_S.get(len(stages), 30.0 * len(stages))
    green = cycle - len(stages) * (AMBER_S + ALL_RED_S)
    return replace(node, signal=Signal(cycle_s=cycle, stages=_timed(stages, green)))


def _pairs(approaches: list[Link], network: Network) -> list[tuple[Link, ...]]:
    """Return the approaches in groups that share a green: those that face each other, else each alone."""
    heading = {link.id: _heading(network.points(link)[::-1]) for link in approaches}
    left = sorted(approaches, key=lambda link: (-link.priority, link.id))
    groups: list[tuple[Link, ...]] = []
    while left:
        first = left.pop(0)
        facing = [(abs(pi - _angle(heading[first.id], heading[other.id])), i) for i, other in enumerate(left)]
        if facing and degrees(min(facing)[0]) < OPPOSITE:
            groups.append((first, left.pop(min(facing)[1])))
        else:
            groups.append((first,))
    return groups


def _angle(u: Point, v: Point) -> float:
    """Return the angle between two directions, 0 to pi."""
    return abs(atan2(u[0] * v[1] - u[1] * v[0], u[0] * v[0] + u[1] * v[1]))


def _stages(group: tuple[Link, ...], turns: dict[str, set[Turn]], layout: Layout) -> list[tuple[Stage, float]]:
    """Return the stages of approaches that share a green, each with its weight in the cycle."""
    ids = tuple(link.id for link in group)
    weight = max(layout.edge(id).street.road_class.flow_veh_h for id in ids)
    crossed = [link.id for link in group if "left" in turns[link.id] and link.lanes >= LEFT_STAGE_LANES]
    if len(group) < 2 or len(crossed) < 2:
        return [(_stage(ids, ()), weight)]
    return [(_stage(ids, ("through", "right")), weight), (_stage(ids, ("left", "u_turn")), weight * LEFT_STAGE_WEIGHT)]


def _stage(ids: tuple[str, ...], turns: tuple[Turn, ...]) -> Stage:
    return Stage(approaches=ids, green_s=0.0, amber_s=AMBER_S, all_red_s=ALL_RED_S, turns=turns)


def _timed(stages: list[tuple[Stage, float]], green_s: float) -> tuple[Stage, ...]:
    """Share the green among the stages by their weights, none below the least green, to the full second."""
    spare = green_s - MIN_GREEN_S * len(stages)
    total = sum(weight for _, weight in stages)
    greens = [float(round(MIN_GREEN_S + spare * weight / total)) for _, weight in stages]
    greens[0] += green_s - sum(greens)
    return tuple(replace(stage, green_s=green) for (stage, _), green in zip(stages, greens, strict=True))
