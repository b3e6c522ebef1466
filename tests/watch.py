"""A road under watch: after every tick, all that must hold of everybody is looked at, in compiled code."""

from typing import Any

import numpy as np
from numba import njit

from sim.kernel import state as k
from sim.kernel.backing import V_BACK
from sim.kernel.order import bit_of, successor, word_of
from sim.kernel.step import advance
from sim.kernel.taken import foes_taken
from sim.traffic.traffic import Traffic

OUTSIDE, DRIVING, HELD, OFF_LANE, PULLING_OUT, GONE = k.OUTSIDE, k.DRIVING, k.HELD, k.OFF_LANE, k.PULLING_OUT, k.GONE
QUIET_S = 7200.0
"""[s] in which nobody moves, though somebody is on the way: a deadlock, and an unnamed one unless it is raised."""
SLACK_M = 1e-6
HOPS = 8
"""Lanes that a vehicle can pass in one tick, or have its tail on."""
DONE, LISTED, NUMBER, BEHIND, OVERLAP, TAIL, TWO_TAILS, JUMP, SPEED, STATE, QUIET, HEAD_ON, BUSY, WAY, TAKEN = range(15)
FAULTS = (
    "",
    "is not in the list of its lane, and of no other",
    "has a speed or position that is none",
    "is not on its lane",
    "overlaps the one ahead",
    "overlaps the tail of one beyond the lane's end",
    "drove past the lane's end though another's tail is still there",
    "moved further, or elsewhere, than it could",
    "sped up more than it can",
    "came from or went where nobody can",
    "stands, as everybody does, for two hours, and no deadlock was raised",
    "passes over the opposite lane through one who is there",
    "is on a lane that is told to be empty, or is told to be on one that is",
    "takes another movement than the lanes that lead it on say",
    "has a part of its body on a movement that is told to be free",
)


@njit(cache=True)
def listed(vehicles, lanes, order, seen):
    """Look whether everybody on the road is in one lane's list, in order, apart, and at a proper speed."""
    on_road = 0
    for i in range(vehicles.size):
        seen[i].lists = 0
        on_road += vehicles[i].state == DRIVING or vehicles[i].state == HELD
    for lane in range(lanes.size):
        at, wall = lanes[lane].order_at, lanes[lane].length
        if (order[word_of(lanes, order, lane)] & bit_of(lane) != 0) != (lanes[lane].count > 0):
            return BUSY, order[at] if lanes[lane].count > 0 else 0
        for n in range(lanes[lane].count):
            i = order[at + n]
            me = vehicles[i]
            seen[i].lists += 1
            on_road -= 1
            if me.lane != lane or seen[i].lists > 1 or (me.state != DRIVING and me.state != HELD):
                return LISTED, i
            if not (np.isfinite(me.x) and np.isfinite(me.v) and me.x >= 0.0 and me.v >= 0.0):
                return NUMBER, i
            if me.x >= wall:
                return BEHIND if n == 0 else OVERLAP, i
            wall = me.x - me.length
    for i in range(vehicles.size):
        if (vehicles[i].state == DRIVING or vehicles[i].state == HELD) != (seen[i].lists == 1):
            return LISTED, i
    return (LISTED if on_road != 0 else DONE), 0


@njit(cache=True)
def tails(vehicles, lanes, order, seen, trace, ends):
    """Look whether the tails that still lie beyond lanes' ends are clear of those who come behind."""
    for lane in range(lanes.size):
        ends[lane].who = -1
    for i in range(vehicles.size):
        if seen[i].lists == 0:
            continue
        rear = vehicles[i].x - vehicles[i].length
        for n in range(HOPS):
            lane = trace[i, n]
            if rear >= 0.0 or lane < 0:
                break
            if ends[lane].who >= 0:
                return TWO_TAILS, i
            rear += lanes[lane].length
            ends[lane].who, ends[lane].rear = i, rear
            if lanes[lane].count > 0:
                head = order[lanes[lane].order_at]
                if vehicles[head].x > rear + SLACK_M:
                    return TAIL, head
    return DONE, 0


@njit(cache=True)
def head_on(vehicles, lanes, order, segments):
    """Look whether those who pass over the opposite lane are clear of those who are on it."""
    for s in range(segments.size):
        over = segments[s].over
        if over < 0 or lanes[over].count == 0:
            continue
        opposite = segments[s].opposite
        for n in range(lanes[over].count):
            i = order[lanes[over].order_at + n]
            front = segments[s].mirror - vehicles[i].x  # in the coordinates of those oncoming
            rear = front + vehicles[i].length
            if lanes[opposite].tail_x < rear:
                return HEAD_ON, i
            for m in range(lanes[opposite].count):
                j = order[lanes[opposite].order_at + m]
                if vehicles[j].x > front and vehicles[j].x - vehicles[j].length < rear:
                    return HEAD_ON, i
    return DONE, 0


@njit(cache=True)
def ways(vehicles, lanes, net, seen):
    """Look whether everybody on a link takes the movement to which its lane and its choice lead."""
    for i in range(vehicles.size):
        me = vehicles[i]
        if seen[i].lists == 0 or lanes[me.lane].segment < 0:
            continue
        way = -2 if me.leg + 1 >= me.route_end else -1
        if me.choice >= 0:
            way = net[lanes[me.lane].via_at + me.choice]
        if me.way != way:
            return WAY, i
    return DONE, 0


@njit(cache=True)
def taken(lanes, order, conflicts, ends):
    """Look whether those that are in conflict with a movement see that a part of somebody is on it."""
    for lane in range(lanes.size):
        bits = foes_taken(lanes, order, lane)
        for c in range(lanes[lane].conflict_at, lanes[lane].conflict_end):
            foe = conflicts[c].foe
            if bits >> conflicts[c].bit & 1:
                continue
            if lanes[foe].count > 0:
                return TAKEN, order[lanes[foe].order_at]
            if ends[foe].who >= 0:
                return TAKEN, ends[foe].who
    return DONE, 0


@njit(cache=True)
def in_area(vehicles, lanes, order, ends, lane, begin, end):
    """Return who has a part of its body, be it the tail, between two points of a movement, -1 if nobody."""
    at = lanes[lane].order_at
    for n in range(lanes[lane].count):
        i = order[at + n]
        if vehicles[i].x > begin + SLACK_M and vehicles[i].x - vehicles[i].length < end - SLACK_M:
            return i
    return ends[lane].who if ends[lane].who >= 0 and ends[lane].rear < end - SLACK_M else -1


@njit(cache=True)
def across(vehicles, lanes, order, conflicts, seen, ends, tick):
    """Write down who, and on which path, first had a part of its body where a crossing or merging path had another."""
    for lane in range(lanes.size):
        if lanes[lane].count == 0 and ends[lane].who < 0:
            continue
        for c in range(lanes[lane].conflict_at, lanes[lane].conflict_end):
            foe = conflicts[c].foe
            if foe < lane or (lanes[foe].count == 0 and ends[foe].who < 0):
                continue  # each pair once
            i = in_area(vehicles, lanes, order, ends, lane, conflicts[c].begin, conflicts[c].end)
            j = in_area(vehicles, lanes, order, ends, foe, conflicts[c].foe_begin, conflicts[c].foe_end)
            if i < 0 or j < 0 or i == j:
                continue
            if seen[i].met < 0:
                seen[i].met, seen[i].met_at, seen[i].met_on = j, tick, lane
            if seen[j].met < 0:
                seen[j].met, seen[j].met_at, seen[j].met_on = i, tick, foe


@njit(cache=True)
def is_beside(lanes, a, b):
    """Return whether one lane change leads from a lane to another, or none is needed."""
    if a == b:
        return True
    if lanes[a].segment < 0 or lanes[a].segment != lanes[b].segment:
        return False
    apart = lanes[a].number - lanes[b].number
    return -1 <= apart <= 1 and lanes[a].number != k.STRIP and lanes[b].number != k.STRIP


@njit(cache=True)
def went(vehicles, lanes, segments, net, route, seen, trace, i):
    """Return how far [m] a vehicle drove in this tick along its route, -1 if that does not lead to where it is."""
    me, was = vehicles[i], seen[i]
    lane, leg = was.lane, was.leg
    driven = -was.x
    for _ in range(HOPS):
        if me.state != GONE and is_beside(lanes, lane, me.lane):
            return driven + me.x
        driven += lanes[lane].length
        if lanes[lane].segment < 0:
            ahead = lanes[lane].to_lane
            leg += 1
        else:
            choice = successor(vehicles, segments, net, route, i, leg)
            if choice < 0:
                return driven if me.state == GONE and leg + 1 >= me.route_end else -1.0
            ahead = net[lanes[lane].via_at + choice]
            if ahead < 0:
                return -1.0
        for n in range(HOPS - 1, 0, -1):
            trace[i, n] = trace[i, n - 1]
        trace[i, 0] = lane
        lane = ahead
    return -1.0


@njit(cache=True)
def moves(vehicles, lanes, segments, net, route, seen, trace, dt, count):
    """Look whether each of the first `count`, who are no shadows, is where the last tick can have led."""
    for i in range(count):
        me, was = vehicles[i], seen[i]
        state = me.state
        if was.state in (OUTSIDE, PULLING_OUT):
            trace[i, :] = -1
            if state != was.state:
                driven = me.x - (0.0 if was.state == OUTSIDE else was.x)
                if state != DRIVING or driven < 0.0 or driven > me.v * dt + SLACK_M:
                    return STATE, i
        elif was.state == OFF_LANE or was.state == GONE:
            if state != was.state:
                return STATE, i
        elif was.state == HELD:
            if state != HELD or me.x != was.x or me.v != 0.0:
                return STATE, i
        elif state in (OUTSIDE, PULLING_OUT):
            return STATE, i
        elif state != OFF_LANE:
            driven = went(vehicles, lanes, segments, net, route, seen, trace, i)
            furthest = (was.v + 0.5 * me.a * dt) * dt + SLACK_M
            back = V_BACK * dt if me.backed == 1 else 0.0
            if driven < -back - 2.0 * SLACK_M or driven > furthest:
                return JUMP, i
            if state == DRIVING and me.v > was.v + me.a * dt + SLACK_M:
                return SPEED, i
    return DONE, 0


@njit(cache=True)
def remember(vehicles, seen, tick):
    """Keep everybody's place for the next look; return whether anybody moved, or waits for nothing but time."""
    alive = False
    for i in range(vehicles.size):
        me, was = vehicles[i], seen[i]
        if me.state != was.state or me.lane != was.lane or me.x > was.x + 1e-3:
            alive = True
        if me.state == OFF_LANE or (me.state == OUTSIDE and me.due > tick):
            alive = True
        was.x, was.v, was.lane, was.leg, was.state = me.x, me.v, me.lane, me.leg, me.state
    return alive


@njit(cache=True)
def run(road, route, rest, seen, trace, ends, about, tick, until, every):
    """Advance tick by tick like the kernel, and look after each.

    `about`: [what is wrong, with whom, when anybody moved last, how many vehicles are no shadows].
    """
    vehicles, lanes, order, segments, net = road
    desk = rest[-1]
    dt = desk[0].dt
    while tick < until:
        remember(vehicles, seen, tick)  # agents may have given orders since
        tick = advance(*road, route, *rest, tick, tick + 1, every)
        fault, who = listed(vehicles, lanes, order, seen)
        if fault == DONE:
            fault, who = moves(vehicles, lanes, segments, net, route, seen, trace, dt, about[3])
        if fault == DONE:
            fault, who = tails(vehicles, lanes, order, seen, trace, ends)
        if fault == DONE:
            fault, who = head_on(vehicles, lanes, order, segments)
        if fault == DONE:
            fault, who = ways(vehicles, lanes, net, seen)
        if fault == DONE:
            fault, who = taken(lanes, order, rest[0], ends)
        if fault == DONE:
            across(vehicles, lanes, order, rest[0], seen, ends, tick)
            if remember(vehicles, seen, tick):
                about[2] = tick
            if (tick - about[2]) * dt > QUIET_S:
                fault = QUIET
        about[0], about[1] = fault, who
        if fault != DONE or desk[0].news > 0 or desk[0].stuck > 0:
            break
    return tick


SEEN = np.dtype(
    [("x", "f8"), ("v", "f8")]
    + [(name, "i4") for name in ("lane", "leg", "state", "lists", "met", "met_at", "met_on")],
    align=True,
)
ENDS = np.dtype([("rear", "f8"), ("who", "i4")], align=True)


class WatchedTraffic(Traffic):
    """Traffic that looks after every tick whether all that must hold does; raise AssertionError if not."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        count = len(self.everybody)
        self.seen = k.handed(k.rows(SEEN, count))
        self.trace = np.full((count, HOPS), -1, dtype=np.int32)
        self.seen["met"] = -1
        self.ends = k.handed(k.rows(ENDS, len(self.lanes)))
        self.about = np.array([DONE, 0, 0, len(self.vehicles)], dtype=np.int64)

    def run(self, until: int) -> None:
        look = (self.seen, self.trace, self.ends, self.about)
        self.tick = int(run(self.scene.arrays, self.ways.route, self._rest, *look, self.tick, until, self._every))
        if self.about[0]:
            raise AssertionError(self.fault())
        if self._desk.stuck[0]:
            raise self._deadlock()

    def fault(self) -> str:
        """Return what is wrong, with whom and where."""
        what, who = FAULTS[self.about[0]], int(self.about[1])
        me, was = self.everybody[who], self.seen[who]
        now = f"{self.layout.lane_names[me.lane]} at {me.x:.3f} m, {me.v:.2f} m/s, state {me.state}"
        before = f"{self.layout.lane_names[was['lane']]} at {was['x']:.3f} m, {was['v']:.2f} m/s, state {was['state']}"
        return f"tick {self.tick}: vehicle {who} {what}: now {now}; before: {before}"
