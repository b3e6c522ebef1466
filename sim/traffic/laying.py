"""From a network to the road: a draft of its lanes, numbered (`sim.traffic.numbering`) into the kernel's arrays."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

import numpy as np

from sim.kernel.state import CONFLICT, DETECTOR, DETECTORS, PARKED, SPOT, TIES, Records, rows
from sim.kernel.taken import BITS_A_WORD
from sim.scenario.drivers import GapAcceptance
from sim.scenario.junctions import setback_m
from sim.scenario.movement import Movement, as_if_kept_right
from sim.scenario.network import Crossing, CurbZone, Link, Network
from sim.traffic.draft import Draft
from sim.traffic.layout import Detector, Layout, Road
from sim.traffic.lights import Clock, Light, group_lights, light_of, stage_lights
from sim.traffic.numbering import in_order, numbered


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
    clock = Clock(dt, start_s)
    draft = Draft(network, clock)
    setbacks = setback_m(network)
    over: list[tuple[Link, Crossing | None, int, float]] = []
    links, numbers = in_order(network, movements)
    for link in links:
        cut_start, cut_end = setbacks[link.id]
        over += draft.add_link(link, cut_start, network.length(link) - cut_end)
    for crossed in over:
        draft.add_crossing(*crossed)
    draft.add_over_lanes()
    stages = {n.id: stage_lights(n.signal, clock) for n in network.nodes if n.signal is not None}
    groups = {p.id: group_lights(p, clock) for p in network.programmes}

    def light(m: Movement) -> Light:
        if m.stated is None or m.stated.programme is None:
            return light_of(m, stages.get(m.node, []))
        return groups[m.stated.programme][m.stated.group]

    movement_rows = [-1] * len(movements)
    for n in numbers:
        m = movements[n]
        movement_rows[n] = draft.add_movement(m, light(m), _gap_s(network, m, gaps))
    lanes, lights, segments, net = numbered(draft)
    conflicts = _conflicts(lanes, movements, movement_rows)
    layout = Layout(
        Road(dt, lanes, lights, segments, conflicts, rows(DETECTOR, 0), net),
        {link: tuple(pieces) for link, pieces in draft.pieces.items()},
        draft.zebras,
        tuple(movement_rows),
        tuple(lane.name for lane in draft.lanes),
        tuple(draft.piece_of),
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
    if m.stated is not None:
        gives_way = m.stated.programme is None and bool(m.stated.yields_to)
    else:
        first = max(link.priority for link in network.links if link.to_node == m.node)
        gives_way = network.node(m.node).signal is None and network.link(m.from_link).priority < first
    left_s = gaps.side_left_s if gives_way else gaps.left_s
    return {"left": left_s, "through": gaps.through_s, "right": gaps.right_s, "u_turn": gaps.u_turn_s}[turn]


def _conflicts(lanes: Records, movements: Sequence[Movement], movement_rows: Sequence[int]) -> Records:
    """Return the junctions' conflicts, and note in the lanes where each movement's begin and end."""
    found = rows(CONFLICT, sum(len(m.conflicts) for m in movements))
    n = 0
    for row, m in sorted(zip(movement_rows, movements, strict=True), key=itemgetter(0)):
        lanes[row].conflict_at = n
        for c in m.conflicts:
            found[n].foe, found[n].yields = movement_rows[c.foe], int(c.yields)
            found[n].begin, found[n].end = c.from_m, c.at_m
            found[n].foe_begin, found[n].foe_end = c.foe_from_m, c.foe_at_m
            n += 1
        lanes[row].conflict_end = n
        lanes[row].has |= TIES * any(c.yields for c in m.conflicts)
    _note_spots(lanes, found, [(m.node, row) for row, m in zip(movement_rows, movements, strict=True)])
    return found


def _note_spots(lanes: Records, conflicts: Records, placed: Sequence[tuple[str, int]]) -> None:
    """Give the movements of each node their bits in one word, and all other lanes a word that nobody reads.

    The words follow the lists of the lanes (`sim.kernel.taken`); conflicts are between movements of one node.
    """
    of = np.repeat(np.arange(lanes.size), lanes["conflict_end"] - lanes["conflict_at"])
    lanes["spot"] = lanes["order_end"].max(initial=0) << SPOT
    words: dict[str, int] = {}
    members: Counter[str] = Counter()
    for node, row in sorted(placed, key=itemgetter(1)):
        word = words.setdefault(node, 2 * len(words) + 2)
        lanes[row].spot += (word << SPOT) + members[node] % BITS_A_WORD
        members[node] += 1
    conflicts["bit"] = lanes["spot"][conflicts["foe"]] % (1 << SPOT)
    np.bitwise_or.at(lanes["foes"], of, 1 << conflicts["bit"].astype(np.int32))


def _park_beside(layout: Layout, zone: CurbZone) -> None:
    """Note in the lanes beside a zone of parking berths where cars are parked; several zones count as one stretch."""
    for piece in layout.pieces[zone.link]:
        segment = layout.road.segments[piece.segment]
        begin, end = max(zone.from_m, piece.from_m) - piece.from_m, min(zone.to_m, piece.to_m) - piece.from_m
        if begin < end:
            empty = segment.parked_to == 0.0
            segment.parked_from = begin if empty else min(begin, segment.parked_from)
            segment.parked_to = max(end, segment.parked_to)
            layout.road.lanes[segment.first_lane].has |= PARKED


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
    lanes = layout.road.lanes
    lanes["has"][np.isin(lanes["segment"], [segment for segment, _, _ in placed])] |= DETECTORS
    return found
