"""Movements: which lane leads to which across a junction, where their paths meet, and who gives way."""

from dataclasses import replace

from sim.scenario.conflicts import conflicts_among, waiting_point
from sim.scenario.junction_plan import Plan
from sim.scenario.movement import Movement
from sim.scenario.network import Connection, Network, Node

MIN_PIECE_M = 6.0
"""[m] of a link between its junctions and crossings, at least"""


def movements(network: Network) -> tuple[Movement, ...]:
    """Return all movements, by node, incoming link, outgoing link and lane; conflicts name foes by their index."""
    if network.connections:
        return _stated(network)
    plan = Plan(network)
    found: list[Movement] = []
    for node in network.nodes:
        if not node.boundary:
            begin = len(found)
            found += _with_conflicts(plan, node, plan.of_node(node), begin)
    return tuple(found)


def setback_m(network: Network) -> dict[str, tuple[float, float]]:
    """Return for each link how much [m] of its start and of its end belongs to the junctions there."""
    if network.connections:
        return {link.id: (0.0, 0.0) for link in network.links}
    return Plan(network).setbacks


def _stated(network: Network) -> tuple[Movement, ...]:
    """Return the movements that a network states; where their paths meet is worked out, who gives way is stated.

    Where neither of two gives way, the one that is stated first goes first.
    """
    end = {link.id: link.to_node for link in network.links}
    local: dict[str, list[Connection]] = {}
    for c in network.connections:
        local.setdefault(end[c.from_link], []).append(c)
    found: list[Movement] = []
    for node, ways in local.items():
        begin = len(found)
        ms = [
            Movement(
                node,
                c.from_link,
                c.from_lane,
                c.to_link,
                c.to_lane,
                c.turn,
                c.length_m,
                c.shape,
                wait_m=c.wait_m,
                stated=c,
            )
            for c in ways
        ]
        gives = [set(c.yields_to) for c in ways]

        def yields(a: int, b: int, ways: list[Connection] = ways, gives: list[set[str]] = gives) -> bool:
            stated = (ways[b].id in gives[a], ways[a].id in gives[b])
            return stated[0] if stated[0] != stated[1] else a > b

        found += [replace(m, conflicts=tuple(c)) for m, c in zip(ms, conflicts_among(ms, begin, yields), strict=True)]
    return tuple(found)


def _with_conflicts(plan: Plan, node: Node, local: list[Movement], begin: int) -> list[Movement]:
    """Return one junction's movements with the conflicts among them; `begin` is the first one's index."""
    approaches = {link.id: n for n, link in enumerate(plan.into[node.id])}
    ranks = [(*plan.rank(node, m, approaches[m.from_link]), -m.from_lane, -n) for n, m in enumerate(local)]
    found = conflicts_among(local, begin, lambda a, b: ranks[a] < ranks[b])
    return [
        replace(m, conflicts=tuple(c), wait_m=point, halfway=halfway)
        for m, c in zip(local, found, strict=True)
        for point, halfway in [waiting_point(plan, node, local, begin, m, c)]
    ]
