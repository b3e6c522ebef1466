"""Assumes the traffic of an imported site: how much enters by each street, where it goes, and what junctions carry."""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp, hypot

from sim.formats.osm_network import Layout
from sim.scenario.demand import ThroughFlow
from sim.scenario.movement import Movement
from sim.scenario.network import Network, Turn
from sim.scenario.routes import Router

LOADED = 0.5  # [1] through traffic takes at most this share of what an approach carries; assumption
SPREAD = 0.7  # damps the cutting of flows, which depend on each other
LANE_VEH_H = 1600.0  # [veh/h] of a lane that flows; assumption
GAPS_S: dict[Turn, float] = {"left": 5.0, "through": 6.5, "right": 6.2, "u_turn": 6.5}
"""Critical gaps [s] in traffic that goes first; assumption, by the handbook's values."""
FOLLOW_UP = 0.55  # [1] follow-up time as a share of the critical gap; assumption
LEAST_FLOW_VEH_H = 4.0  # smaller flows are left out
DETOUR = 2.2  # [1] nobody drives through the study area on a way so much longer than the straight line
SAME_STREET_M = 60.0  # entry and exit this near each other are two carriageways of one street
GATE_LEAST_VEH_H = 40.0  # traffic past the gate in each direction that is assumed at least, where any way leads there

Pair = tuple[str, str]
"""A turn: from one link to another."""


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


def bearable(flows: tuple[Flow, ...], junctions: "Junctions") -> tuple[Flow, ...]:
    """Return the flows, cut where they would load an approach beyond the assumed share of what it carries."""
    for _ in range(60):
        loaded = junctions.saturation(flows)
        excess = {link: x / LOADED for link, x in loaded.items() if x > 1.01 * LOADED}
        if not excess:
            break
        flows = tuple(
            replace(f, veh_h=f.veh_h / max(1.0, max(excess.get(link, 0.0) for link in f.path) ** SPREAD)) for f in flows
        )
    return flows


def loads(flows: tuple[Flow, ...]) -> dict[str, float]:
    """Return the traffic [veh/h] on each link that any flow uses."""
    load: dict[str, float] = {}
    for flow in flows:
        for link in flow.path:
            load[link] = load.get(link, 0.0) + flow.veh_h
    return load


class Junctions:
    """What the approaches to a network's junctions carry, by gap acceptance and greens."""

    def __init__(self, network: Network, moves: tuple[Movement, ...]) -> None:
        """Know who gives way to whom."""
        self.network = network
        self.turn: dict[Pair, Turn] = {}
        self.lanes: dict[Pair, set[int]] = {}
        self.first: dict[Pair, set[Pair]] = {}
        for move in moves:
            pair = (move.from_link, move.to_link)
            self.turn[pair] = move.turn
            self.lanes.setdefault(pair, set()).add(move.from_lane)
            foes = (moves[c.foe] for c in move.conflicts if c.yields)
            before = {(foe.from_link, foe.to_link) for foe in foes if foe.from_link != move.from_link}
            self.first.setdefault(pair, set()).update(before)
        self.green = {pair: self._green(pair) for pair in self.turn}

    def _green(self, pair: Pair) -> tuple[float, frozenset[int]]:
        """Return the share of time in which a turn is free to go, and the stages; 1 without signal."""
        signal = self.network.node(self.network.link(pair[0]).to_node).signal
        if signal is None:
            return 1.0, frozenset()
        stages = [i for i, s in enumerate(signal.stages) if pair[0] in s.approaches]
        own = frozenset(i for i in stages if not signal.stages[i].turns or self.turn[pair] in signal.stages[i].turns)
        return max(sum(signal.stages[i].green_s for i in own) / signal.cycle_s, 0.01), own

    def saturation(self, flows: tuple[Flow, ...]) -> dict[str, float]:
        """Return how far the traffic uses what each approach carries [1]; 1 is all of it."""
        turning: dict[Pair, float] = {}
        for flow in flows:
            for pair in pairwise(flow.path):
                turning[pair] = turning.get(pair, 0.0) + flow.veh_h
        lane_use: dict[str, float] = {}
        worst: dict[str, float] = {}
        for pair, veh_h in turning.items():
            used = veh_h / self._carried(pair, turning)
            lane_use[pair[0]] = lane_use.get(pair[0], 0.0) + used
            worst[pair[0]] = max(worst.get(pair[0], 0.0), used / len(self.lanes[pair]))
        return {link: max(worst[link], use / self.network.link(link).lanes) for link, use in lane_use.items()}

    def _carried(self, pair: Pair, turning: dict[Pair, float]) -> float:
        """Return what one lane lets make a turn [veh/h]: by the gaps in the traffic that goes first (HCM ch. 20)."""
        green, stages = self.green[pair]
        first = [foe for foe in self.first[pair] if not stages or stages & self.green[foe][1]]
        against = sum(turning.get(foe, 0.0) for foe in first) / green / 3600.0
        if against <= 0.0:
            return green * LANE_VEH_H
        gap = GAPS_S[self.turn[pair]]
        found = 3600.0 * against * exp(-against * gap) / (1.0 - exp(-against * gap * FOLLOW_UP))
        return green * min(found, LANE_VEH_H)


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
