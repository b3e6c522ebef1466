"""The road while it is being drafted, lane by lane: the lanes of links, and the ways over crossings and junctions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.kernel.junctions import BOX_RING, BOX_TO_STAND
from sim.kernel.state import STRIP
from sim.scenario.junctions import MIN_PIECE_M
from sim.scenario.movement import Movement, as_if_kept_right
from sim.scenario.network import Crossing, Link, Network, Turn
from sim.traffic.layout import Piece
from sim.traffic.lights import NO_LIGHT, Clock, Light, crossing_light

TURN_SPEED_M_S: dict[Turn, float] = {"left": 7.0, "through": 50.0, "right": 5.0, "u_turn": 3.5}
"""Speeds in a turn [m/s], where traffic keeps right; assumption: 2 m/s2 sideways on radii of 24, 12 and 6 m."""
MIN_SPACING_M = 3.0
"""No lane ever holds more than one vehicle per so many metres."""
STRIP_SPACING_M = 0.5
"""And no strip more than one two-wheeler per so many."""
SAME_LENGTH_M = 1.0
"""Two directions of a street whose lengths differ by more are not beside each other."""
SEAM_M = 1.0
"""Length of the line over which a link goes on where a turn pocket opens."""


@dataclass(frozen=True)
class Lane:
    """A lane to be: of a segment, or a movement."""

    name: str
    length: float
    limit: float
    segment: int = -1
    number: int = 0
    spacing: float = MIN_SPACING_M
    from_lane: int = -1
    to_lane: int = -1
    light: Light = NO_LIGHT
    zebra: int = -1
    far_half: bool = False
    box: int = 0
    gap: float = 0.0
    wait_x: float = 0.0
    buses: int = 0
    ring: int = 0
    halfway: bool = False


class Draft:
    """The road while it is being laid out."""

    def __init__(self, network: Network, clock: Clock) -> None:
        self.network = network
        self.clock = clock
        self.lanes: list[Lane] = []
        self.first_lane: list[int] = []
        self.lane_counts: list[int] = []
        self.piece_of: list[Piece] = []
        self.successors: list[list[int]] = []
        self.pieces: dict[str, list[Piece]] = {}
        self.strips: dict[int, int] = {}
        """The lane for two-wheelers, by segment."""
        self.opposite: dict[int, Piece] = {}
        self.over: dict[int, int] = {}
        """The lane over the opposite one, by segment."""
        self.zebras = {c.id: n for n, c in enumerate(c for c in network.crossings if c.control != "signal")}

    def add_link(self, link: Link, begin: float, end: float) -> list[tuple[Link, Crossing | None, int, float]]:
        """Lay out a link's segments; return where they are cut: (link, crossing, segment before, width)."""
        over = []
        self.pieces[link.id] = []
        for crossing, at, beyond in [*cuts(link, begin, end, self.network.crossings), (None, end, end)]:
            segment = len(self.first_lane)
            lanes = link.lanes_at_end if at == end else link.lanes
            self.first_lane.append(len(self.lanes))
            self.lane_counts.append(lanes)
            self.successors.append([])
            self.piece_of.append(Piece(segment, link.id, begin, at))
            self.pieces[link.id].append(self.piece_of[segment])
            self.lanes += [
                Lane(
                    f"{link.id} lane {n} from {begin:.0f} m",
                    at - begin,
                    link.speed_km_h / 3.6,
                    segment,
                    n,
                    buses=int(n in link.bus_lanes),
                    ring=int(link.roundabout and bool(self.network.connections)),
                )
                for n in range(lanes)
            ]
            if link.strip_width_m > 0.0:
                self.strips[segment] = len(self.lanes)
                name = f"{link.id} strip from {begin:.0f} m"
                self.lanes.append(Lane(name, at - begin, link.speed_km_h / 3.6, segment, STRIP, STRIP_SPACING_M))
            if at < end:
                over.append((link, crossing, segment, beyond - at))
            begin = beyond
        return over

    def lane(self, segment: int, number: int) -> int:
        """Return a lane's row: of a segment's lanes, or of its strip."""
        return self.strips[segment] if number == STRIP else self.first_lane[segment] + number

    def add_crossing(self, link: Link, crossing: Crossing | None, segment: int, width: float) -> None:
        """Lay out the ways over a crossing, or over the line where a turn pocket opens, one per lane."""
        self.successors[segment].append(segment + 1)
        light = NO_LIGHT if crossing is None else crossing_light(crossing, self.clock)
        halves = None if crossing is None else self.network.halves(crossing)
        name = "the way on" if crossing is None else f"crossing {crossing.id}"
        for n in range(-(link.strip_width_m > 0.0), link.lanes):
            self.lanes.append(
                Lane(
                    f"{name} on {link.id} " + (f"lane {n}" if n >= 0 else "strip"),
                    width,
                    link.speed_km_h / 3.6,
                    number=n,
                    spacing=MIN_SPACING_M if n >= 0 else STRIP_SPACING_M,
                    from_lane=self.lane(segment, n),
                    to_lane=self.lane(segment + 1, n),
                    light=light,
                    zebra=-1 if crossing is None else self.zebras.get(crossing.id, -1),
                    far_half=halves is not None and link is halves[1],
                    box=int(crossing is not None and crossing.control != "unmarked"),
                )
            )

    def add_movement(self, m: Movement, light: Light, gap_s: float) -> int:
        """Lay out a movement; return its row."""
        source, target = self.pieces[m.from_link][-1].segment, self.pieces[m.to_link][0].segment
        if target not in self.successors[source]:
            self.successors[source].append(target)
        limit = min(self.network.link(link).speed_km_h for link in (m.from_link, m.to_link)) / 3.6
        limit = min(limit, TURN_SPEED_M_S[as_if_kept_right(m.turn, self.network)])
        length, keep_clear = max(m.length_m, 1.0), not self.network.link(m.from_link).roundabout
        if m.stated is not None:
            limit, length = m.stated.speed_km_h / 3.6, m.length_m
            keep_clear = keep_clear and m.stated.keep_clear
        self.lanes.append(
            Lane(
                f"{m.turn} at {m.node} from {m.from_link} to {m.to_link}",
                length,
                limit,
                spacing=MIN_SPACING_M if m.from_lane >= 0 else STRIP_SPACING_M,
                from_lane=self.lane(source, m.from_lane),
                to_lane=self.lane(target, m.to_lane),
                light=light,
                box=_box(m, self.network) if m.conflicts and keep_clear else 0,
                gap=gap_s,
                wait_x=m.wait_m,
                halfway=m.halfway,
                buses=int(m.stated is not None and m.stated.buses),
            )
        )
        return len(self.lanes) - 1

    def add_over_lanes(self) -> None:
        """Lay a lane for those who pass over the opposite one, where a street has one lane each way."""
        for here, there in self._opposite_pieces():
            for piece in (here, there):
                link = self.network.link(piece.link)
                name = f"over the opposite lane of {link.id} from {piece.from_m:.0f} m"
                length = piece.to_m - piece.from_m
                self.over[piece.segment] = len(self.lanes)
                self.lanes.append(Lane(name, length, link.speed_km_h / 3.6, piece.segment, 1))
            self.opposite[here.segment], self.opposite[there.segment] = there, here

    def _opposite_pieces(self) -> list[tuple[Piece, Piece]]:
        """Return the pieces of undivided streets that lie beside each other, one lane each, each with one other."""
        by_ends = {(link.from_node, link.to_node): link for link in self.network.links}
        found = []
        for link in self.network.links:
            back = by_ends.get((link.to_node, link.from_node))
            if back is None or link.from_node >= link.to_node or link.divided or back.divided:
                continue
            length, other = self.network.length(link), self.network.length(back)
            if abs(length - other) > SAME_LENGTH_M:
                continue
            near = [
                (min(a.to_m, length - b.from_m) - max(a.from_m, length - b.to_m), a, b)
                for a in self.pieces[link.id]
                for b in self.pieces[back.id]
                if self.lane_counts[a.segment] == self.lane_counts[b.segment] == 1
            ]
            taken: set[int] = set()
            for overlap, a, b in sorted(near, key=lambda n: (-n[0], n[1].segment, n[2].segment)):
                if overlap > 0.0 and not taken & {a.segment, b.segment}:
                    taken |= {a.segment, b.segment}
                    found.append((a, b))
        return found


def _box(m: Movement, network: Network) -> int:
    """Return by which rule a movement is kept clear (`sim.kernel.junctions`)."""
    if m.stated is None:
        return 1
    enters_ring = network.link(m.to_link).roundabout and not network.link(m.from_link).roundabout
    return BOX_RING if enters_ring else BOX_TO_STAND


def cuts(
    link: Link, start: float, end: float, crossings: Sequence[Crossing]
) -> list[tuple[Crossing | None, float, float]]:
    """Return the crossings of a link with the stretch [m, m] each takes, kept apart and inside the link.

    A last cut without a crossing is where a turn pocket opens.
    """
    found: list[tuple[Crossing | None, float, float]] = []
    floor = start + MIN_PIECE_M
    marks = sorted(
        ((c.at_m, crossing.id, crossing) for crossing in crossings for c in crossing.links if c.link == link.id),
        key=lambda mark: mark[:2],
    )
    for at_m, _, crossing in marks:
        at = max(at_m, floor)
        if at + crossing.width_m > end - MIN_PIECE_M:
            at = end - MIN_PIECE_M - crossing.width_m
        if at < floor:
            continue
        found.append((crossing, at, at + crossing.width_m))
        floor = at + crossing.width_m + MIN_PIECE_M
    if link.turn_pocket_m > 0.0:
        at = min(max(end - link.turn_pocket_m - SEAM_M, floor), end - MIN_PIECE_M - SEAM_M)
        if at >= floor:
            found.append((None, at, at + SEAM_M))
    return found
