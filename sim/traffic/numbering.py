"""The numbers of lanes, lights and segments in the kernel's arrays, and the table of which leads to which."""

from collections.abc import Sequence

import numpy as np

from sim.kernel.order import MANY
from sim.kernel.state import (
    BUSES,
    FAR,
    FAR_HALF,
    HALFWAY,
    INNER,
    LANE,
    LIGHT,
    NOT_PAST,
    OUTER,
    OVER,
    RED,
    RING,
    SEGMENT,
    SIGNAL,
    Ints,
    Records,
    rows,
)
from sim.scenario.movement import Movement
from sim.scenario.network import Link, Network
from sim.traffic.draft import Draft


def in_order(network: Network, movements: Sequence[Movement]) -> tuple[Sequence[Link], Sequence[int]]:
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
    ends = [row[link.from_node] for link in network.links], [row[link.to_node] for link in network.links]
    beside = coo_array((np.ones(len(network.links)), ends), shape=(len(row), len(row)))
    place = dict(zip(row, np.argsort(reverse_cuthill_mckee(beside.tocsr())).tolist(), strict=True))
    links = sorted(network.links, key=lambda link: (place[link.to_node], place[link.from_node]))
    return links, sorted(numbers, key=lambda n: place[movements[n].node])


def numbered(draft: Draft) -> tuple[Records, Records, Records, Ints]:
    """Return the lanes, the lights, the segments and the table of successors and feeders."""
    lanes = rows(LANE, len(draft.lanes))
    for name in ("limit", "segment", "number", "from_lane", "to_lane", "zebra", "box", "gap", "wait_x"):
        lanes[name] = [getattr(lane, name) for lane in draft.lanes]
    lanes["length"] = [round(lane.length, 6) for lane in draft.lanes]
    lanes["tail_x"], lanes["tail_who"], lanes["switched"], lanes["next_past"] = FAR, -1, -1, NOT_PAST
    lanes["has"] = [
        SIGNAL * (lane.light.cycle > 0)
        + BUSES * lane.buses
        + RING * lane.ring
        + HALFWAY * lane.halfway
        + FAR_HALF * lane.far_half
        for lane in draft.lanes
    ]
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
    lanes["has"][row] |= (OVER * (of["over"] >= 0) + INNER * inner + OUTER * outer).astype(lanes["has"].dtype)


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
