"""From a network to the road: a draft of its lanes, numbered into the kernel's arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from sim.kernel.order import MANY
from sim.kernel.state import (
    BUSES,
    CONFLICT,
    DETECTOR,
    DETECTORS,
    FAR,
    INNER,
    LANE,
    LIGHT,
    NOT_PAST,
    OUTER,
    OVER,
    PARKED,
    RED,
    RING,
    SEGMENT,
    SIGNAL,
    Ints,
    Records,
    rows,
)
from sim.scenario.drivers import GapAcceptance
from sim.scenario.junctions import Movement, as_if_kept_right, setback_m
from sim.scenario.network import Crossing, CurbZone, Link, Network
from sim.traffic.draft import Draft
from sim.traffic.layout import Detector, Layout, Road
from sim.traffic.lights import Clock, Light, group_lights, light_of, stage_lights


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
    links, numbers = _in_order(network, movements)
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
    lanes, lights, segments, net = _numbered(draft)
    conflicts = _conflicts(lanes, movements, movement_rows, numbers)
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


def _in_order(network: Network, movements: Sequence[Movement]) -> tuple[Sequence[Link], Sequence[int]]:
    """Return the links, and the movements by their numbers, in the order in which their lanes are numbered.

    That is the order of the network, unless its lanes are too many for the processor's caches. There junctions that are
    near each other follow each other, by the reverse of Cuthill and McKee's numbers (1969, Proc. 24th ACM Nat. Conf.,
    157), and with each the links that lead to it: what drivers look at there has been brought in for those before them.
    """
    numbers = range(len(movements))
    if sum(link.lanes_at_end for link in network.links) + len(movements) <= MANY:
        return network.links, numbers
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    row = {node.id: n for n, node in enumerate(network.nodes)}
    ends = np.array([(row[link.from_node], row[link.to_node]) for link in network.links])
    beside = coo_array((np.ones(len(ends)), (ends.min(axis=1), ends.max(axis=1))), shape=(len(row), len(row)))
    place = np.argsort(reverse_cuthill_mckee((beside + beside.T).tocsr(), symmetric_mode=True))
    links = sorted(network.links, key=lambda link: (place[row[link.to_node]], place[row[link.from_node]]))
    comes_to = {link.id: place[row[link.to_node]] for link in links}
    return links, sorted(numbers, key=lambda n: comes_to[movements[n].from_link])


def _numbered(draft: Draft) -> tuple[Records, Records, Records, Ints]:
    """Return the lanes, the lights, the segments and the table of successors and feeders."""
    lanes = rows(LANE, len(draft.lanes))
    for name in (
        "limit",
        "segment",
        "number",
        "from_lane",
        "to_lane",
        "zebra",
        "box",
        "gap",
        "wait_x",
        "halfway",
    ):
        lanes[name] = [getattr(lane, name) for lane in draft.lanes]
    lanes["length"] = [round(lane.length, 6) for lane in draft.lanes]
    lanes["tail_x"], lanes["tail_who"], lanes["switched"], lanes["next_past"] = FAR, -1, -1, NOT_PAST
    lanes["has"] = [SIGNAL * (lane.light.cycle > 0) + BUSES * lane.buses + RING * lane.ring for lane in draft.lanes]
    capacity = [int(lane.length / lane.spacing) + 6 for lane in draft.lanes]
    lanes["order_end"] = np.cumsum(capacity)
    lanes["order_at"] = lanes["order_end"] - capacity
    segments = _segments(draft)
    _note_beside(lanes, segments)
    net: list[int] = []
    _add_ways(draft, lanes, segments, net)
    lights = _lights(draft, lanes, net)
    return lanes, lights, segments, np.asarray([*net, -1], dtype=np.int32)


def _lights(draft: Draft, lanes: Records, net: list[int]) -> Records:
    """Return the lights in the order of the lanes that obey them, all red; append to the table their further greens."""
    lit = {row: lane.light for row, lane in enumerate(draft.lanes) if lane.light.cycle > 0}
    lights = rows(LIGHT, len(lit))
    lights["lane"] = list(lit)
    lanes["light"][lights["lane"]] = RED
    for name in ("cycle", "offset", "green_from", "green_to", "amber_to"):
        lights[name] = [getattr(light, name) for light in lit.values()]
    marks = np.array([len(light.more) for light in lit.values()], dtype=np.int32)
    lights["more_end"] = len(net) + np.cumsum(marks)
    lights["more_at"] = lights["more_end"] - marks
    net += [mark for light in lit.values() for mark in light.more]
    return lights


def _way_round(draft: Draft, row: int, ways: Sequence[int]) -> int:
    """Return which of the ways from a ring's lane leads on in it, in the same lane if one does; -1: none."""
    onward = -1
    for way in ways:
        to = draft.lanes[draft.lanes[way].to_lane] if way >= 0 else None
        if to is not None and to.ring and (onward < 0 or to.number == draft.lanes[row].number):
            onward = way
    return onward


def _segments(draft: Draft) -> Records:
    """Return the segments, with the lanes that lie beside, over and opposite to each."""
    network = draft.network
    segments = rows(SEGMENT, len(draft.first_lane))
    segments["first_lane"], segments["lanes"] = draft.first_lane, draft.lane_counts
    segments["opposite"] = segments["over"] = segments["strip"] = -1
    for s, strip in draft.strips.items():
        segments[s].strip = strip
    for s, other in draft.opposite.items():
        here = draft.piece_of[s]
        segments[s].opposite, segments[s].over = draft.first_lane[other.segment], draft.over[s]
        segments[s].mirror = round(network.length(network.link(here.link)) - here.from_m - other.from_m, 6)
    return segments


def _note_beside(lanes: Records, segments: Records) -> None:
    """Note in each lane of a segment which lanes are beside it, and whether it is passed over the opposite one."""
    row = np.flatnonzero((lanes["segment"] >= 0) & (lanes["number"] >= 0))
    of, number = segments[lanes["segment"][row]], lanes["number"][row]
    inner, outer = number + 1 < of["lanes"], (number > 0) & (number < of["lanes"])
    lanes["has"][row] |= (OVER * (of["over"] >= 0) + INNER * inner + OUTER * outer).astype(np.uint8)


def _add_ways(draft: Draft, lanes: Records, segments: Records, net: list[int]) -> None:
    """Append to the table each segment's successors, the movements from each lane to them, and those that feed it.

    A successor stands there as often as the most movements lead to it from one lane; a lane with fewer has its last one
    again.
    """
    ways: dict[tuple[int, int], list[int]] = {}
    feeds: dict[int, list[int]] = {}
    most: dict[tuple[int, int], int] = {}
    for row, lane in enumerate(draft.lanes):
        if lane.to_lane >= 0:
            source, target = draft.lanes[lane.from_lane].segment, draft.lanes[lane.to_lane].segment
            ways.setdefault((lane.from_lane, target), []).append(row)
            feeds.setdefault(lane.to_lane, []).append(row)
            most[source, target] = max(most.get((source, target), 0), len(ways[lane.from_lane, target]))
    choices = [[(to, n) for to in of for n in range(most[s, to])] for s, of in enumerate(draft.successors)]
    for s, of in enumerate(choices):
        segments[s].next_at, segments[s].next_end = len(net), len(net) + len(of)
        net += [to for to, _ in of]
    for row, lane in enumerate(draft.lanes):
        lanes[row].via_at = len(net)
        if lane.segment >= 0:
            for to, n in choices[lane.segment]:
                found = ways.get((row, to), [-1])
                net.append(found[min(n, len(found) - 1)])
        lanes[row].feed_at = len(net)
        net += feeds.get(row, [])
        lanes[row].feed_end = len(net)
        if lane.segment >= 0:
            net.append(_way_round(draft, row, net[lanes[row].via_at : lanes[row].feed_at]) if lane.ring else -1)


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


def _conflicts(
    lanes: Records, movements: Sequence[Movement], movement_rows: Sequence[int], numbers: Iterable[int]
) -> Records:
    """Return the junctions' conflicts, and note in the lanes where each movement's begin and end."""
    found = rows(CONFLICT, sum(len(m.conflicts) for m in movements))
    n = 0
    for m, row in ((movements[number], movement_rows[number]) for number in numbers):
        lanes[row].conflict_at = n
        for c in m.conflicts:
            found[n].foe, found[n].yields = movement_rows[c.foe], int(c.yields)
            found[n].begin, found[n].end = c.from_m, c.at_m
            found[n].foe_begin, found[n].foe_end = c.foe_from_m, c.foe_at_m
            n += 1
        lanes[row].conflict_end = n
        lanes[row].ties = any(c.yields for c in m.conflicts)
    return found


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
        layout.road.lanes["has"][layout.road.lanes["segment"] == segment] |= DETECTORS
    return found
