"""Assumes the traffic of an imported site: how much enters by each street, where it goes, and what junctions carry."""

from dataclasses import dataclass, replace
from math import hypot

from sim.formats.osm_network import Layout
from sim.scenario.demand import ThroughFlow
from sim.scenario.network import Network, Node
from sim.scenario.routes import Router

LOADED = 0.6  # [1] through traffic takes at most this share of what a junction carries; assumption
LANE_VEH_H = 1600.0  # [veh/h] of a lane that flows; assumption
GIVE_WAY_VEH_H = 700.0  # [veh/h] of a lane that gives way to nobody else's traffic; assumption
GIVE_WAY_LOSS = 0.55  # [1] what each vehicle with priority takes from it; assumption
GIVE_WAY_LEAST_VEH_H = 60.0
LEAST_FLOW_VEH_H = 4.0  # smaller flows are left out
DETOUR = 2.2  # [1] nobody drives through the study area on a way so much longer than the straight line
SAME_STREET_M = 60.0  # entry and exit this near each other are two carriageways of one street
GATE_LEAST_VEH_H = 40.0  # traffic past the gate in each direction that is assumed at least, where any way leads there


@dataclass(frozen=True)
class Flow:
    """Through traffic from an entry to an exit over a path of links [veh/h]."""

    entry: str
    exit: str
    path: tuple[str, ...]
    veh_h: float


def weight(layout: Layout, link: str) -> float:
    """Return the peak-hour traffic [veh/h] that a link's class and lanes let one assume."""
    return layout.network.link(link).lanes * layout.edge(link).street.road_class.flow_veh_h


def through_flows(layout: Layout, network: Network, router: Router) -> tuple[Flow, ...]:
    """Return flows between all entries and exits: by class and lanes, shared among exits by their own weight."""
    flows = []
    for entry in network.entries():
        ways = {exit: _way(network, router, entry, exit) for exit in network.exits()}
        total = sum(weight(layout, exit) for exit, path in ways.items() if path)
        for exit, path in ways.items():
            if path:
                share = weight(layout, exit) / total
                flows.append(Flow(entry, exit, path, weight(layout, entry) * share))
    return tuple(flows)


def _way(network: Network, router: Router, entry: str, exit: str) -> tuple[str, ...]:
    """Return the path from an entry to an exit, empty where there is no sensible one."""
    start, end = network.node(network.link(entry).from_node), network.node(network.link(exit).to_node)
    straight = hypot(end.x_m - start.x_m, end.y_m - start.y_m)
    if straight < SAME_STREET_M:
        return ()
    path = router.path(entry, exit)
    driven = sum(network.length(network.link(link)) for link in path)
    return path if driven <= DETOUR * straight else ()


def bearable(network: Network, flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Return the flows, cut where they would load a junction beyond the assumed share of what it carries."""
    for _ in range(30):
        load = loads(flows)
        carried = capacities(network, load)
        excess = {link: load[link] / (LOADED * carried[link]) for link in load if link in carried}
        if max(excess.values(), default=0.0) <= 1.01:
            break
        flows = tuple(
            replace(f, veh_h=f.veh_h / max(1.0, max(excess.get(link, 0.0) for link in f.path) ** 0.7)) for f in flows
        )
    return flows


def loads(flows: tuple[Flow, ...]) -> dict[str, float]:
    """Return the traffic [veh/h] on each link that any flow uses."""
    load: dict[str, float] = {}
    for flow in flows:
        for link in flow.path:
            load[link] = load.get(link, 0.0) + flow.veh_h
    return load


def capacities(network: Network, load: dict[str, float]) -> dict[str, float]:
    """Return roughly what each link's end lets through [veh/h], given the loads; exits have no limit."""
    nodes = {node.id: node for node in network.nodes}
    into: dict[str, list[str]] = {}
    for link in network.links:
        into.setdefault(link.to_node, []).append(link.id)
    return {
        link.id: _capacity(network, nodes[link.to_node], link.id, into[link.to_node], load)
        for link in network.links
        if not nodes[link.to_node].boundary
    }


def _capacity(network: Network, node: Node, link: str, others: list[str], load: dict[str, float]) -> float:
    own = network.link(link)
    if node.signal is not None:
        green = max((s.green_s for s in node.signal.stages if link in s.approaches), default=0.0)
        return own.lanes * LANE_VEH_H * max(green, 1.0) / node.signal.cycle_s
    first = sum(load.get(o, 0.0) for o in others if network.link(o).priority > own.priority)
    equal = sum(load.get(o, 0.0) for o in others if o != link and network.link(o).priority == own.priority)
    if len(others) <= 2 and first == 0:
        return own.lanes * LANE_VEH_H
    against = first + (0.5 * equal if any(network.link(o).priority > own.priority for o in others) else 0.3 * equal)
    free = GIVE_WAY_VEH_H if first else LANE_VEH_H * 0.8
    return max(own.lanes * free - GIVE_WAY_LOSS * against, GIVE_WAY_LEAST_VEH_H)


def past_gate(flows: tuple[Flow, ...], link: str) -> tuple[Flow, ...]:
    """Return the flows with those over a link raised to the least traffic assumed there."""
    there = sum(f.veh_h for f in flows if link in f.path)
    if not 0.0 < there < GATE_LEAST_VEH_H:
        return flows
    factor = GATE_LEAST_VEH_H / there
    return tuple(replace(f, veh_h=f.veh_h * factor) if link in f.path else f for f in flows)


def written(flows: tuple[Flow, ...]) -> tuple[ThroughFlow, ...]:
    """Return the flows as a planner writes them: whole vehicles; what is trifling goes with the entry's others."""
    by_entry: dict[str, list[Flow]] = {}
    for flow in flows:
        by_entry.setdefault(flow.entry, []).append(flow)
    kept = []
    for own in by_entry.values():
        total = sum(f.veh_h for f in own)
        large = [f for f in own if f.veh_h >= LEAST_FLOW_VEH_H] or [max(own, key=lambda f: f.veh_h)]
        factor = total / sum(f.veh_h for f in large)
        kept += [ThroughFlow(entry=f.entry, exit=f.exit, flow_veh_h=float(round(f.veh_h * factor))) for f in large]
    return tuple(f for f in kept if f.flow_veh_h > 0)
