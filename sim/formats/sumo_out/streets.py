"""The names in SUMO of what the road is made of; every piece of a link is an edge.

Lengths are ours, from stop line to stop line, so that an offset on a link is a position on an edge. What netconvert
draws may be a few metres longer or shorter.
"""

import re
from collections import defaultdict

from sim.formats.sumo_out.plan import Piece, Plan, Way
from sim.scenario.lines import lines_of
from sim.scenario.network import CurbZone, Link

Point = tuple[float, float]

SAME_LENGTH_M = 1.0
"""Opposite pieces whose lengths differ by more are not beside each other."""
TWO_WHEELER = "bicycle"
"""SUMO's class for those who ride in strips."""


def sumo_name(text: str) -> str:
    """Return a name that SUMO reads: what is no letter, digit, "_", "-" or "." is written as its code between "~"."""
    return re.sub(r"[^\w.-]", lambda found: f"~{ord(found[0]):x}~", text)


def number(value: float) -> str:
    """Return a number to three decimals, as short as it gets."""
    return f"{round(value, 3):.10g}"


class Streets:
    """The network's pieces by the names that they bear in SUMO."""

    def __init__(self, plan: Plan) -> None:
        """Name every piece, and every point at which a link is cut."""
        self.plan = plan
        self.network = plan.scenario.site.network
        self.lines = lines_of(self.network)
        self._walked = {p.crossing for p in self.plan.pedestrians}
        self._back = {(link.to_node, link.from_node): link for link in reversed(self.network.links)}
        self.places: dict[str, Point] = {sumo_name(n.id): (n.x_m, n.y_m) for n in self.network.nodes}
        self.cut_nodes = self._cut_nodes()

    # ---------------------------------------------------------------- names and places

    def edge(self, link: str, n: int) -> str:
        """Return the name of a link's n-th piece."""
        count = len(self.plan.road.pieces[link])
        return f"{sumo_name(link)}#{n % count}" if count > 1 else sumo_name(link)

    def edges(self, path: tuple[str, ...]) -> str:
        """Return a path of links as SUMO writes it."""
        return " ".join(self.edge(link, n) for link in path for n in range(len(self.plan.road.pieces[link])))

    def lane(self, link: str, n: int, number: int) -> str:
        """Return the name of a lane of a link's n-th piece; 0 is at the curb, beside the strip if there is one."""
        return f"{self.edge(link, n)}_{self.index(link, number)}"

    def index(self, link: str, number: int) -> int:
        """Return SUMO's number of a lane: a strip is a lane, too, and -1 among ours."""
        return number + (self.network.link(link).strip_width_m > 0.0)

    def stretch(self, link: str, from_m: float, to_m: float) -> tuple[int, float, float]:
        """Return the piece on which most of a stretch of a link lies, and from where to where on it [m]."""
        pieces = self.plan.road.pieces[link]
        middle = (from_m + to_m) / 2.0

        def fit(n: int) -> tuple[float, float]:
            piece = pieces[n]
            off = max(piece.from_m - middle, middle - piece.to_m, 0.0)
            return min(to_m, piece.to_m) - max(from_m, piece.from_m), -off

        best = max(range(len(pieces)), key=fit)
        piece = pieces[best]
        length_m = self.length_m(self.network.link(link), best)
        begin, end = (min(max(at - piece.from_m, 0.0), length_m) for at in (from_m, to_m))
        return best, begin, end

    def zone(self, zone: CurbZone) -> tuple[str, float, float]:
        """Return the lane beside which a curb zone lies, and from where to where on it [m]."""
        n, begin, end = self.stretch(zone.link, zone.from_m, zone.to_m)
        return self.lane(zone.link, n, 0), begin, end

    def length_m(self, link: Link, n: int) -> float:
        """Return a piece's length [m]; two opposite pieces over which people pass are equally long in SUMO."""
        piece, facing = self.plan.road.pieces[link.id][n], self.opposite(link, n)
        if facing is None:
            return piece.to_m - piece.from_m
        return (piece.to_m - piece.from_m + facing.to_m - facing.from_m) / 2.0

    def opposite(self, link: Link, n: int) -> Piece | None:
        """Return the opposite piece over which one may pass a row: one lane each way, no railing, and no zebra.

        Who passes somebody that waits at a zebra meets those who come, and in SUMO neither ever gives way.
        """
        if self._walked & {piece.crossing for piece in self.plan.road.pieces[link.id][max(n - 1, 0) : n + 1]}:
            return None
        back = self._back.get((link.from_node, link.to_node))
        if back is None or link.divided or back.divided or link.strip_width_m or back.strip_width_m:
            return None
        there = self.plan.road.pieces[back.id]
        if len(there) != len(self.plan.road.pieces[link.id]):
            return None
        here, facing = self.plan.road.pieces[link.id][n], there[len(there) - 1 - n]
        longer_m = (here.to_m - here.from_m) - (facing.to_m - facing.from_m)
        alike = here.lanes == facing.lanes == 1 and abs(longer_m) <= SAME_LENGTH_M
        return facing if alike else None

    # ---------------------------------------------------------------- nodes

    def _cut_nodes(self) -> dict[tuple[str, int], str]:
        """Return the node at the end of each piece but the last; both directions of a street share a crossing's."""
        groups: dict[tuple[str | None, object], list[tuple[str, int]]] = defaultdict(list)
        for link in self.network.links:
            for n, piece in enumerate(self.plan.road.pieces[link.id][:-1]):
                where = link.id if piece.crossing is None else frozenset((link.from_node, link.to_node))
                groups[piece.crossing, where].append((link.id, n))
        found: dict[tuple[str, int], str] = {}
        met: dict[str, int] = defaultdict(int)
        for (crossing, _), cuts in groups.items():
            name = f"{sumo_name(cuts[0][0])}#pocket"
            if crossing is not None:
                name = f"{sumo_name(crossing)}#{met[crossing]}"
                met[crossing] += 1
            points = [self._cut_point(*cut) for cut in cuts]
            self.places[name] = sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)
            found |= dict.fromkeys(cuts, name)
        return found

    def _cut_point(self, link: str, n: int) -> Point:
        before, after = self.plan.road.pieces[link][n : n + 2]
        return self.network.position(link, (before.to_m + after.from_m) / 2.0)

    def ends(self, link: Link, n: int) -> tuple[str, str]:
        """Return the nodes between which a link's n-th piece lies."""
        begin = self.cut_nodes[link.id, n - 1] if n else sumo_name(link.from_node)
        return begin, self.cut_nodes.get((link.id, n), sumo_name(link.to_node))

    def line(self, link: Link, n: int) -> list[Point]:
        """Return a piece's course [m, m] from node to node."""
        piece = self.plan.road.pieces[link.id][n]
        inner = self.lines.beside(link, piece.from_m, piece.to_m, 0.0)[1:-1, 1:]
        begin, end = (self.places[node] for node in self.ends(link, n))
        return [begin, *((float(x), float(y)) for x, y in inner), end]


# ---------------------------------------------------------------------- connections


def along(streets: Streets, link: Link, n: int) -> list[dict[str, str]]:
    """Return the connections from a link's n-th piece to the next, in the order of the lanes."""
    before, after = streets.plan.road.pieces[link.id][n : n + 2]
    lanes = [(k, k) for k in range(streets.index(link.id, before.lanes))]
    lanes += [(lanes[-1][0], streets.index(link.id, k)) for k in range(before.lanes, after.lanes)]
    return [
        {
            "from": streets.edge(link.id, n),
            "to": streets.edge(link.id, n + 1),
            "fromLane": str(a),
            "toLane": str(b),
        }
        for a, b in lanes
    ]


def across(streets: Streets, way: Way) -> dict[str, str]:
    """Return what names the connection of a movement."""
    m = way.movement
    return {
        "from": streets.edge(m.from_link, -1),
        "to": streets.edge(m.to_link, 0),
        "fromLane": str(streets.index(m.from_link, m.from_lane)),
        "toLane": str(streets.index(m.to_link, m.to_lane)),
    }
