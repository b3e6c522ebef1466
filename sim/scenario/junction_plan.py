"""What junctions need of a network: how streets meet, where stop lines lie, which lane leads where, who goes first.

A node is a point where links meet; the stop lines lie back from it by half the crossing street, and a movement is the
curve from one stop line to where the next link begins.
"""

import itertools
from collections.abc import Sequence
from math import atan2, hypot, pi

import numpy as np

from sim.scenario.movement import STRIP, Movement, Point
from sim.scenario.network import Link, Network, Node, Turn, path_length

STRAIGHT = 40 * pi / 180
"""[rad] up to this deflection a movement goes through"""
BACK = 150 * pi / 180
"""[rad] from this deflection on it is a U-turn"""
CLEARANCE_M = 4.0
"""[m] between the crossing street's edge and the stop line, without signal [assumption]"""
SIGNAL_CLEARANCE_M = 7.0
"""[m] the same at a signal: stop line, 4 m of crossing on foot, 2 m of margin [assumption]"""
BEND_M = 1.0
"""[m] cut from each link at a bend"""
LARGEST_CUT = 0.4
"""No setback takes more than this share of a link."""
FAR_RADIUS_M = 12.0
"""[m] a turn to the far side is no wider: who makes it drives straight on before (AASHTO: control radius of cars)"""


class Plan:
    """A network with what its junctions need to know at hand."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.into: dict[str, list[Link]] = {n.id: [] for n in network.nodes}
        self.out: dict[str, list[Link]] = {n.id: [] for n in network.nodes}
        for link in network.links:
            self.into[link.to_node].append(link)
            self.out[link.from_node].append(link)
        place = {n.id: (n.x_m, n.y_m) for n in network.nodes}
        self.line = {
            link.id: _distinct((place[link.from_node], *link.shape, place[link.to_node])) for link in network.links
        }
        pairs = {(link.from_node, link.to_node) for link in network.links}
        self.two_way = {link.id: (link.to_node, link.from_node) in pairs for link in network.links}
        self.banned = {(b.from_link, b.to_link) for b in network.turn_bans}
        self.marked = {(t.from_link, t.to_link): sorted(set(t.lanes)) for t in network.turn_lanes}
        self.boundary = {n.id for n in network.nodes if n.boundary}
        self.side = 1.0 if network.traffic_side == "right" else -1.0
        self.near: Turn = "right" if network.traffic_side == "right" else "left"
        self.setbacks = {link.id: self._setbacks(link) for link in network.links}

    # ---------------------------------------------------------------- directions and turns

    def heading_out(self, link: Link) -> float:
        """Return the direction [rad] in which a link starts."""
        a, b = self.line[link.id][:2]
        return atan2(b[1] - a[1], b[0] - a[0])

    def heading_in(self, link: Link) -> float:
        """Return the direction [rad] in which a link ends."""
        a, b = self.line[link.id][-2:]
        return atan2(b[1] - a[1], b[0] - a[0])

    def deflection(self, link: Link, onto: Link) -> float:
        """Return by how much [rad] a driver turns left from the end of one link onto another."""
        return (self.heading_out(onto) - self.heading_in(link) + pi) % (2 * pi) - pi

    def turns(self, node: Node, link: Link) -> dict[str, Turn]:
        """Return the turn to each link that may be entered from a link at its end."""
        back = [o for o in self.out[node.id] if o.to_node == link.from_node and abs(self.deflection(link, o)) > pi / 2]
        onward = [o for o in self.out[node.id] if o not in back and (link.id, o.id) not in self.banned]
        found: dict[str, Turn] = {}
        straight = min(onward, key=lambda o: (abs(self.deflection(link, o)), o.id), default=None)
        for o in onward:
            angle = self.deflection(link, o)
            if o is straight and (abs(angle) <= STRAIGHT or len(onward) == 1):
                found[o.id] = "through"
            elif abs(angle) >= BACK:
                found[o.id] = "u_turn"
            else:
                found[o.id] = "left" if angle > 0 else "right"
        if node.u_turn or not onward:
            found |= {o.id: "u_turn" for o in back if (link.id, o.id) not in self.banned}
        return found

    # ---------------------------------------------------------------- geometry

    def half_width(self, link: Link) -> float:
        """Return how far [m] a link's carriageway reaches from its line."""
        lanes = link.lanes_at_end * link.lane_width_m
        return lanes * (1.0 if self.two_way[link.id] else 0.5) + link.strip_width_m

    def _setbacks(self, link: Link) -> tuple[float, float]:
        longest = LARGEST_CUT * self.network.length(link)
        return (
            min(self._cut(link.from_node, self.heading_out(link), link), longest),
            min(self._cut(link.to_node, self.heading_in(link) + pi, link), longest),
        )

    def _cut(self, node: str, heading: float, link: Link) -> float:
        """Return how far [m] from a node the stop line of an arm lies: clear of every street that crosses it."""
        if node in self.boundary:
            return 0.0
        widest = 0.0
        for other in (*self.into[node], *self.out[node]):
            if other is link or {other.from_node, other.to_node} == {link.from_node, link.to_node}:
                continue
            away = self.heading_out(other) if other.from_node == node else self.heading_in(other) + pi
            angle = abs((away - heading + pi) % (2 * pi) - pi)
            if pi / 6 < angle < 5 * pi / 6:
                widest = max(widest, self.half_width(other))
        arms = {n for x in (*self.into[node], *self.out[node]) for n in (x.from_node, x.to_node)} - {node}
        clearance = CLEARANCE_M if self.network.node(node).signal is None else SIGNAL_CLEARANCE_M
        if link.roundabout:
            clearance = 0.0  # nobody stops in the ring
        return widest + clearance if widest and len(arms) > 2 else BEND_M

    def lane_point(self, link: Link, lane: int, *, at_end: bool) -> tuple[Point, float]:
        """Return where a lane ends (or starts) and its direction there [rad]."""
        start, end = self.setbacks[link.id]
        line = self.line[link.id]
        drawn = path_length(line)
        scale = drawn / self.network.length(link)
        point, heading = _along(line, drawn - end * scale if at_end else start * scale)
        lanes = link.lanes_at_end if at_end else link.lanes  # a turn pocket shifts the others towards the curb
        middle = lanes if self.two_way[link.id] else lanes / 2
        offset = (middle - lane - 0.5) * link.lane_width_m
        if lane == STRIP:
            offset = middle * link.lane_width_m + 0.5 * link.strip_width_m
        right = heading - pi / 2
        return (
            (point[0] + self.side * offset * np.cos(right), point[1] + self.side * offset * np.sin(right)),
            heading,
        )

    # ---------------------------------------------------------------- lanes

    def of_node(self, node: Node) -> list[Movement]:
        """Return the movements over a node, approach by approach."""
        ways = {link.id: self.turns(node, link) for link in self.into[node.id]}
        return [m for link in self.into[node.id] for m in self.of_approach(node, link, ways)]

    def of_approach(self, node: Node, link: Link, ways: dict[str, dict[str, Turn]]) -> list[Movement]:
        """Return the movements from the end of one link; `ways`: the turns of all links that end there."""
        found = []
        for to_id, turn in ways[link.id].items():
            onto = self.network.link(to_id)
            lanes = list(self.lanes_of(link, to_id, ways[link.id]))
            if turn == "through":
                targets = self._joined(link, lanes, onto, ways)
            else:
                targets = [_target_lane(turn, n, len(lanes), onto.lanes, self.near) for n in range(len(lanes))]
            if turn in ("through", self.near) and link.strip_width_m > 0.0 and onto.strip_width_m > 0.0:
                lanes.append(STRIP)
                targets.append(STRIP)
            for lane, to_lane in zip(lanes, targets, strict=True):
                shape = self._path(link, lane, onto, to_lane, turn)
                length = path_length(shape)
                found.append(Movement(node.id, link.id, lane, to_id, to_lane, turn, round(max(length, 2.0), 3), shape))
        return found

    def _room(self, turns: dict[str, Turn]) -> dict[Turn, int]:
        """Return for each kind of turn the lanes of the widest link to which it leads."""
        room: dict[Turn, int] = {}
        for to_id, turn in turns.items():
            room[turn] = max(room.get(turn, 0), self.network.link(to_id).lanes)
        return room

    def lanes_of(self, link: Link, onto: str, turns: dict[str, Turn]) -> Sequence[int]:
        """Return the lanes that lead from a link's end to another link: as marked, else by the kind of turn."""
        return self.marked.get((link.id, onto)) or self.lanes_for(turns[onto], link, self._room(turns))

    def lanes_for(self, turn: Turn, link: Link, room: dict[Turn, int]) -> range:
        """Return the lanes from which a turn is made; a pocket is for the turns across oncoming traffic alone."""
        kinds = set(room)
        far = kinds - {"through", self.near}
        if link.turn_pocket_m > 0.0 and far and far != kinds:
            if turn in far:
                return range(link.lanes, link.lanes + 1)
            return _lanes_for(turn, link.lanes, {kind: room[kind] for kind in kinds - far}, self.near)
        return _lanes_for(turn, link.lanes_at_end, room, self.near)

    def _joined(self, link: Link, lanes: Sequence[int], onto: Link, ways: dict[str, dict[str, Turn]]) -> list[int]:
        """Return to which lanes those that go straight on lead: where several links do, side by side as they come."""
        before, after = 0, 0
        mine = (self.side * self.deflection(link, onto), link.id)
        for other in self.into[link.to_node]:
            if other is not link and ways[other.id].get(onto.id) == "through":
                count = len(self.lanes_of(other, onto.id, ways[other.id]))
                if (self.side * self.deflection(other, onto), other.id) < mine:
                    before += count
                else:
                    after += count
        room = onto.lanes - len(lanes) - after
        at_curb, inside = lanes[0], link.lanes_at_end - 1 - lanes[-1]  # lanes beside them that do not go on
        first = max(room if at_curb > inside else min(before, room), 0)
        return [min(first + n, onto.lanes - 1) for n in range(len(lanes))]

    def _path(self, link: Link, lane: int, onto: Link, to_lane: int, turn: Turn) -> tuple[Point, ...]:
        """Return the way from a lane's stop line to where the next lane begins: a cubic.

        Before and behind one to the far side it is straight as far as the radius of FAR_RADIUS_M leaves room.
        """
        start, h0 = self.lane_point(link, lane, at_end=True)
        end, h1 = self.lane_point(onto, to_lane, at_end=False)
        bend = abs((h1 - h0 + pi) % (2 * pi) - pi)
        if turn in ("through", "u_turn", self.near) or not pi / 6 < bend < BACK:
            return _cubic(start, h0, end, h1, 3.0 if bend > BACK else 0.0)
        (x0, y0), (x1, y1) = start, end
        across = np.sin(h1 - h0)
        arc = FAR_RADIUS_M * np.tan(bend / 2)
        before = max(((x1 - x0) * np.sin(h1) - (y1 - y0) * np.cos(h1)) / across - arc, 0.0)
        behind = max(((x1 - x0) * -np.sin(h0) + (y1 - y0) * np.cos(h0)) / across - arc, 0.0)
        leaves = (x0 + before * np.cos(h0), y0 + before * np.sin(h0))
        comes = (x1 - behind * np.cos(h1), y1 - behind * np.sin(h1))
        curve = _cubic(leaves, h0, comes, h1, 0.0)
        return (*([start] if before > 0.0 else []), *curve, *([end] if behind > 0.0 else []))

    # ---------------------------------------------------------------- right of way

    def rank(self, node: Node, m: Movement, order: int) -> tuple[int, int, int, int, int]:
        """Return a movement's place in the order of precedence at its junction; the higher goes first.

        U-turns come last; in a roundabout, whoever circulates comes first. Without signal the street of higher
        priority comes first; on equal streets, and at signals, straight on before near-side turn before far-side
        turn. What is still equal is settled by a fixed order of the approaches, so that nobody ever waits in a circle.
        """
        circulates = int(self.network.link(m.from_link).roundabout)
        turn = 3 if m.turn == "through" else 0 if m.turn == "u_turn" else 2 if m.turn == self.near else 1
        street = 0 if node.signal is not None else self.network.link(m.from_link).priority
        return (int(turn > 0 or circulates), circulates, street, turn, -order)


def _cubic(start: Point, h0: float, end: Point, h1: float, least_m: float) -> tuple[Point, ...]:
    """Return a cubic from a point and direction [rad] to others; its handles are no shorter than `least_m` [m]."""
    (x0, y0), (x1, y1) = start, end
    reach = max(0.4 * hypot(x1 - x0, y1 - y0), least_m)
    t = np.linspace(0.0, 1.0, 13)[:, None]
    p = np.array(
        [
            (x0, y0),
            (x0 + reach * np.cos(h0), y0 + reach * np.sin(h0)),
            (x1 - reach * np.cos(h1), y1 - reach * np.sin(h1)),
            (x1, y1),
        ]
    )
    curve = (1 - t) ** 3 * p[0] + 3 * (1 - t) ** 2 * t * p[1] + 3 * (1 - t) * t**2 * p[2] + t**3 * p[3]
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in curve)


def _distinct(line: Sequence[Point]) -> list[Point]:
    kept = [line[0]]
    for p in line[1:]:
        if hypot(p[0] - kept[-1][0], p[1] - kept[-1][1]) > 1e-6:
            kept.append(p)
    return kept if len(kept) > 1 else [line[0], (line[0][0] + 1e-3, line[0][1])]


def _along(line: Sequence[Point], at: float) -> tuple[Point, float]:
    """Return the point at a distance [m] along a line, and the direction there [rad]."""
    for a, b in itertools.pairwise(line):
        step = hypot(b[0] - a[0], b[1] - a[1])
        if at <= step or b is line[-1]:
            share = min(max(at / step, 0.0), 1.0)
            heading = atan2(b[1] - a[1], b[0] - a[0])
            return (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])), heading
        at -= step
    raise AssertionError("a line has at least two points")


def _lanes_for(turn: Turn, lanes: int, room: dict[Turn, int], near: Turn) -> range:
    """Return the lanes from which a turn is made; `room`: the lanes to which each kind of turn leads."""
    kinds = set(room)
    if len(kinds - {"u_turn"}) <= 1 and turn != "u_turn":
        return range(lanes)
    if "through" in kinds or turn == "u_turn":
        curb, inner = _turning_lanes(lanes, room, near)
        if turn == "through":
            return range(curb, lanes - inner)
        if turn == "u_turn":
            return range(lanes - 1, lanes)
        return range(max(curb, 1)) if turn == near else range(lanes - max(inner, 1), lanes)
    middle = (lanes + 1) // 2
    if turn == near:
        return range(middle)
    return range(min(middle, lanes - 1), lanes)


def _turning_lanes(lanes: int, room: dict[Turn, int], near: Turn) -> tuple[int, int]:
    """Return how many lanes at the curb and at the inner side are for turns alone.

    Those that do not go on beyond: the inner side has the first of them, if there is a turn that takes it, the curb the
    second, and so on.
    """
    surplus = max(lanes - room.get("through", lanes), 0)
    to_far = room.get("left" if near == "right" else "right", 0)
    inner = min(to_far, (surplus + 1) // 2)
    curb = min(room.get(near, 0), surplus - inner)
    return curb, min(to_far, surplus - curb)


def _target_lane(turn: Turn, lane: int, lanes: int, onto: int, near: Turn) -> int:
    """Return the lane that a turn leads to, from lane number `lane` of the so many `lanes` from which it is made."""
    if turn == near:
        return min(lane, onto - 1)
    return max(onto - (lanes - lane), 0)
