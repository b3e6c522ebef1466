"""From a network to the kernel's arrays: links are cut at crossings into segments, movements become short lanes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.kernel.state import CONFLICT, DETECTOR, FAR, LANE, RED, SEGMENT, STRIP, Ints, Records, rows
from sim.scenario.drivers import GapAcceptance
from sim.scenario.junctions import Movement, as_if_kept_right, setback_m
from sim.scenario.network import Crossing, CurbZone, Link, Network, Signal, Turn

TURN_SPEED_M_S: dict[Turn, float] = {"left": 7.0, "through": 50.0, "right": 5.0, "u_turn": 3.5}
"""Speeds in a turn [m/s], where traffic keeps right; assumption: 2 m/s2 sideways on radii of 24, 12 and 6 m."""
CROSSING_AMBER_S = 3.0
CROSSING_ALL_RED_S = 1.0
MIN_SPACING_M = 3.0
"""No lane ever holds more than one vehicle per so many metres."""
STRIP_SPACING_M = 0.5
"""And no strip more than one two-wheeler per so many."""
MIN_PIECE_M = 6.0
SAME_LENGTH_M = 1.0
"""Two directions of a street whose lengths differ by more are not beside each other."""
SEAM_M = 1.0
"""Length of the line over which a link goes on where a turn pocket opens."""


@dataclass(frozen=True)
class Detector:
    """A line across a link that notes in `Vehicles.passed[:, slot]` when each vehicle passes it."""

    link: str
    at_m: float
    slot: int


@dataclass(frozen=True)
class Piece:
    """One segment: the part of a link between two offsets [m]."""

    segment: int
    link: str
    from_m: float
    to_m: float


@dataclass(frozen=True)
class Road:
    """The kernel's arrays of what does not move."""

    dt: float
    lanes: Records
    segments: Records
    conflicts: Records
    detectors: Records
    net: Ints


@dataclass(frozen=True)
class Layout:
    """The road, and where the planner's links and offsets are found on it."""

    road: Road
    pieces: dict[str, tuple[Piece, ...]]
    zebras: dict[str, int]
    movement_rows: tuple[int, ...]
    lane_names: tuple[str, ...]
    link_of_segment: tuple[str, ...]
    strip_width_m: dict[str, float]
    """Width of the strip for two-wheelers, by link."""

    def place(self, link: str, at_m: float) -> tuple[int, float]:
        """Return the segment and the position on it [m] of an offset, moved to the nearest point of a segment."""
        best = min(self.pieces[link], key=lambda p: max(p.from_m - at_m, at_m - p.to_m, 0.0))
        x = min(max(at_m, best.from_m), best.to_m) - best.from_m
        return best.segment, round(x, 6)

    def offset(self, segment: int, x: float) -> tuple[str, float]:
        """Return the link and the offset on it [m] of a position on a segment."""
        link = self.link_of_segment[segment]
        piece = next(p for p in self.pieces[link] if p.segment == segment)
        return link, piece.from_m + x

    def segments(self, path: Iterable[str]) -> list[int]:
        """Return a path of links as a path of segments."""
        return [p.segment for link in path for p in self.pieces[link]]


@dataclass(frozen=True)
class _Light:
    """One signal group's programme [ticks]."""

    cycle: int = 0
    offset: int = 0
    green_from: int = 0
    green_to: int = 0
    amber_to: int = 0


@dataclass(frozen=True)
class _Lane:
    """A lane to be: of a segment, or a movement."""

    name: str
    length: float
    limit: float
    segment: int = -1
    number: int = 0
    spacing: float = MIN_SPACING_M
    from_lane: int = -1
    to_lane: int = -1
    light: _Light = _Light()
    zebra: int = -1
    box: int = 0
    gap: float = 0.0
    wait_x: float = 0.0


@dataclass(frozen=True)
class _Clock:
    """Signal times in ticks, the first tick at `start_s`."""

    dt: float
    start_s: float

    def light(self, cycle_s: float, offset_s: float, from_s: float, to_s: float, amber_s: float) -> _Light:
        """Return a group that is green from `from_s` to `to_s` after the offset in every cycle."""
        cycle = round(cycle_s / self.dt)
        return _Light(
            cycle,
            round(((offset_s - self.start_s) % cycle_s) / self.dt) % cycle,
            round(from_s / self.dt),
            round(to_s / self.dt),
            round((to_s + amber_s) / self.dt),
        )


def _cuts(
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


def _stages(signal: Signal, clock: _Clock) -> list[tuple[frozenset[str], frozenset[str], _Light]]:
    """Return (approaches, turns, light) of each stage of a signal."""
    found: list[tuple[frozenset[str], frozenset[str], _Light]] = []
    begin = 0.0
    for stage in signal.stages:
        end = begin + stage.green_s
        light = clock.light(signal.cycle_s, signal.offset_s, begin, end, stage.amber_s)
        found.append((frozenset(stage.approaches), frozenset(stage.turns), light))
        begin = end + stage.amber_s + stage.all_red_s
    return found


def _crossing_light(crossing: Crossing, clock: _Clock) -> _Light:
    """Return the vehicles' light at a crossing: green when nobody on foot has it."""
    if crossing.control != "signal":
        return _Light()
    end = crossing.cycle_s - CROSSING_AMBER_S - CROSSING_ALL_RED_S
    return clock.light(
        crossing.cycle_s, crossing.offset_s, crossing.walk_s + crossing.clearance_s, end, CROSSING_AMBER_S
    )


class _Draft:
    """The road while it is being laid out."""

    def __init__(self, network: Network, clock: _Clock) -> None:
        self.network = network
        self.clock = clock
        self.lanes: list[_Lane] = []
        self.first_lane: list[int] = []
        self.lane_counts: list[int] = []
        self.link_of: list[str] = []
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
        for crossing, at, beyond in [*_cuts(link, begin, end, self.network.crossings), (None, end, end)]:
            segment = len(self.first_lane)
            lanes = link.lanes_at_end if at == end else link.lanes
            self.first_lane.append(len(self.lanes))
            self.lane_counts.append(lanes)
            self.link_of.append(link.id)
            self.successors.append([])
            self.pieces[link.id].append(Piece(segment, link.id, begin, at))
            self.lanes += [
                _Lane(f"{link.id} lane {n} from {begin:.0f} m", at - begin, link.speed_km_h / 3.6, segment, n)
                for n in range(lanes)
            ]
            if link.strip_width_m > 0.0:
                self.strips[segment] = len(self.lanes)
                name = f"{link.id} strip from {begin:.0f} m"
                self.lanes.append(_Lane(name, at - begin, link.speed_km_h / 3.6, segment, STRIP, STRIP_SPACING_M))
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
        light = _Light() if crossing is None else _crossing_light(crossing, self.clock)
        name = "the way on" if crossing is None else f"crossing {crossing.id}"
        for n in range(-(link.strip_width_m > 0.0), link.lanes):
            self.lanes.append(
                _Lane(
                    f"{name} on {link.id} " + (f"lane {n}" if n >= 0 else "strip"),
                    width,
                    link.speed_km_h / 3.6,
                    number=n,
                    spacing=MIN_SPACING_M if n >= 0 else STRIP_SPACING_M,
                    from_lane=self.lane(segment, n),
                    to_lane=self.lane(segment + 1, n),
                    light=light,
                    zebra=-1 if crossing is None else self.zebras.get(crossing.id, -1),
                    box=int(crossing is not None and crossing.control != "unmarked"),
                )
            )

    def add_movement(self, m: Movement, light: _Light, gap_s: float) -> int:
        """Lay out a movement; return its row."""
        source, target = self.pieces[m.from_link][-1].segment, self.pieces[m.to_link][0].segment
        if target not in self.successors[source]:
            self.successors[source].append(target)
        limit = min(self.network.link(link).speed_km_h for link in (m.from_link, m.to_link)) / 3.6
        self.lanes.append(
            _Lane(
                f"{m.turn} at {m.node} from {m.from_link} to {m.to_link}",
                max(m.length_m, 1.0),
                min(limit, TURN_SPEED_M_S[as_if_kept_right(m.turn, self.network)]),
                spacing=MIN_SPACING_M if m.from_lane >= 0 else STRIP_SPACING_M,
                from_lane=self.lane(source, m.from_lane),
                to_lane=self.lane(target, m.to_lane),
                light=light,
                box=int(bool(m.conflicts) and not self.network.link(m.from_link).roundabout),
                gap=gap_s,
                wait_x=m.wait_m,
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
                self.lanes.append(_Lane(name, length, link.speed_km_h / 3.6, piece.segment, 1))
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

    def records(self) -> tuple[Records, Records, Ints]:
        """Return the lanes, the segments and the table of successors and feeders."""
        lanes, segments = rows(LANE, len(self.lanes)), rows(SEGMENT, len(self.first_lane))
        for name in ("limit", "segment", "number", "from_lane", "to_lane", "zebra", "box", "gap", "wait_x"):
            lanes[name] = [getattr(lane, name) for lane in self.lanes]
        for name in ("cycle", "offset", "green_from", "green_to", "amber_to"):
            lanes[name] = [getattr(lane.light, name) for lane in self.lanes]
        lanes["length"] = [round(lane.length, 6) for lane in self.lanes]
        lanes["tail_x"], lanes["tail_who"], lanes["light"] = FAR, -1, RED
        capacity = [int(lane.length / lane.spacing) + 6 for lane in self.lanes]
        lanes["order_end"] = np.cumsum(capacity)
        lanes["order_at"] = lanes["order_end"] - capacity
        segments["first_lane"], segments["lanes"] = self.first_lane, self.lane_counts
        segments["opposite"] = segments["over"] = segments["strip"] = -1
        for s, strip in self.strips.items():
            segments[s].strip = strip
        for s, other in self.opposite.items():
            here = next(p for p in self.pieces[self.link_of[s]] if p.segment == s)
            segments[s].opposite, segments[s].over = self.first_lane[other.segment], self.over[s]
            segments[s].mirror = round(
                self.network.length(self.network.link(here.link)) - here.from_m - other.from_m, 6
            )
        net: list[int] = []
        for s, successors in enumerate(self.successors):
            segments[s].next_at, segments[s].next_end = len(net), len(net) + len(successors)
            net += successors
        self._ways(lanes, net)
        return lanes, segments, np.asarray([*net, -1], dtype=np.int32)

    def _ways(self, lanes: Records, net: list[int]) -> None:
        """Append to the table which movements lead from each lane to each successor, and which feed it."""
        ways: dict[tuple[int, int], int] = {}
        feeds: dict[int, list[int]] = {}
        for row, lane in enumerate(self.lanes):
            if lane.to_lane >= 0:
                ways.setdefault((lane.from_lane, self.lanes[lane.to_lane].segment), row)
                feeds.setdefault(lane.to_lane, []).append(row)
        for row, lane in enumerate(self.lanes):
            lanes[row].via_at = len(net)
            if lane.segment >= 0:
                net += [ways.get((row, s), -1) for s in self.successors[lane.segment]]
            lanes[row].feed_at = len(net)
            net += feeds.get(row, [])
            lanes[row].feed_end = len(net)


def lay_out(
    network: Network,
    movements: Sequence[Movement],
    gaps: GapAcceptance,
    *,
    dt: float,
    start_s: float,
    detectors: Sequence[Detector] = (),
    watched: dict[str, tuple[int, float]] | None = None,
) -> Layout:
    """Return the road's arrays for steps of `dt` [s], the first tick at `start_s` [s after midnight].

    `watched`: links on which queues are counted, with the queue's number (1, 2) and up to which offset [m].
    """
    clock = _Clock(dt, start_s)
    draft = _Draft(network, clock)
    setbacks = setback_m(network)
    over: list[tuple[Link, Crossing | None, int, float]] = []
    for link in network.links:
        cut_start, cut_end = setbacks[link.id]
        over += draft.add_link(link, cut_start, network.length(link) - cut_end)
    for crossed in over:
        draft.add_crossing(*crossed)
    draft.add_over_lanes()
    stages = {n.id: _stages(n.signal, clock) for n in network.nodes if n.signal is not None}
    movement_rows = [draft.add_movement(m, _light_of(m, stages), _gap_s(network, m, gaps)) for m in movements]
    lanes, segments, net = draft.records()
    conflicts = _conflicts(lanes, movements, movement_rows)
    layout = Layout(
        Road(dt, lanes, segments, conflicts, rows(DETECTOR, 0), net),
        {link: tuple(pieces) for link, pieces in draft.pieces.items()},
        draft.zebras,
        tuple(movement_rows),
        tuple(lane.name for lane in draft.lanes),
        tuple(draft.link_of),
        {link.id: link.strip_width_m for link in network.links},
    )
    for zone in network.curb_zones:
        if zone.kind == "parking":
            _park_beside(layout, zone)
    for link_id, (code, until_m) in (watched or {}).items():
        for piece in layout.pieces[link_id]:
            if piece.from_m < until_m:
                segments[piece.segment].watch = code
    return replace(layout, road=replace(layout.road, detectors=_detectors(layout, detectors)))


def _gap_s(network: Network, m: Movement, gaps: GapAcceptance) -> float:
    """Return the critical gap [s] of a movement."""
    if network.link(m.to_link).roundabout and not network.link(m.from_link).roundabout:
        return gaps.roundabout_s
    turn = as_if_kept_right(m.turn, network)
    first = max(link.priority for link in network.links if link.to_node == m.node)
    gives_way = network.node(m.node).signal is None and network.link(m.from_link).priority < first
    left_s = gaps.side_left_s if gives_way else gaps.left_s
    return {"left": left_s, "through": gaps.through_s, "right": gaps.right_s, "u_turn": gaps.u_turn_s}[turn]


def _light_of(m: Movement, stages: dict[str, list[tuple[frozenset[str], frozenset[str], _Light]]]) -> _Light:
    """Return the light a movement obeys: that of the first stage that names its approach and turn."""
    for links, turns, light in stages.get(m.node, []):
        if m.from_link in links and (not turns or m.turn in turns):
            return light
    return _Light()


def _conflicts(lanes: Records, movements: Sequence[Movement], movement_rows: list[int]) -> Records:
    """Return the junctions' conflicts, and note in the lanes where each movement's begin and end."""
    found = rows(CONFLICT, sum(len(m.conflicts) for m in movements))
    n = 0
    for m, row in zip(movements, movement_rows, strict=True):
        lanes[row].conflict_at = n
        for c in m.conflicts:
            found[n].foe, found[n].yields = movement_rows[c.foe], int(c.yields)
            found[n].begin, found[n].there = c.from_m, c.foe_at_m
            n += 1
        lanes[row].conflict_end = n
    return found


def _park_beside(layout: Layout, zone: CurbZone) -> None:
    """Note in the lanes beside a zone of parking berths where cars are parked; several zones count as one stretch."""
    for piece in layout.pieces[zone.link]:
        lane = layout.road.lanes[layout.road.segments[piece.segment].first_lane]
        begin, end = max(zone.from_m, piece.from_m) - piece.from_m, min(zone.to_m, piece.to_m) - piece.from_m
        if begin < end:
            empty = lane.parked_to == 0.0
            lane.parked_from = begin if empty else min(begin, lane.parked_from)
            lane.parked_to = max(end, lane.parked_to)


def _detectors(layout: Layout, detectors: Sequence[Detector]) -> Records:
    """Return the detectors sorted by segment, and note in the segments where each one's begin and end."""
    placed = sorted((*layout.place(d.link, d.at_m), d.slot) for d in detectors)
    found = rows(DETECTOR, len(placed))
    segments = layout.road.segments
    for n, (segment, x, slot) in enumerate(placed):
        found[n].x, found[n].slot = x, slot
        if segments[segment].detector_end == 0:
            segments[segment].detector_at = n
        segments[segment].detector_end = n + 1
    return found
