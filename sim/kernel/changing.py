"""Lane changes: to where the route or the curb demands it, and for comfort (MOBIL)."""

from typing import Any

from sim.kernel import compiled
from sim.kernel.curb import PERIOD, can_stop_behind, drop_back, let_in
from sim.kernel.following import free_acceleration, with_gap
from sim.kernel.gaps import has_stood
from sim.kernel.moving import settle
from sim.kernel.order import fetch_soon, insert, is_open, note_way, remove
from sim.kernel.state import BUS, DRIVING, FAR, HELD, INNER, NO_TARGET, OUTER, PASS, STOP, Ints, Records

ROOM = 1.0  # [m] to the vehicles ahead and behind, at least [assumption]
MOMENT = 0.4  # [s] time gap that one who must change lanes accepts at equal speeds [assumption]
MANDATORY_ZONE = 200.0  # [m] per lane to cross: from here on a driver makes for the right lane [assumption]
COMES_BACK = 50.0  # [m] more than that he needs to come back from a lane beside [assumption]
FITTING_IN = 60.0  # [m] who has so little left drops back behind the vehicle beside to get in [assumption]
STUCK = 25.0  # [m] behind one who has stopped for good a driver pushes into the lane beside [assumption]
PUSHES = 20.0  # [s] once he has stood for so long [assumption]
ROLLING = 1.0  # [m/s] nobody waits beside a slower queue to get to the curb [assumption]
PASSING = 30.0  # [m] a driver leaves the right lane to pass only if so much is left beyond [assumption]
SHORT = 2.0  # times its own length: on so short a link a vehicle changes lanes while its tail still comes in
SETTLED = 3.0  # [s] between two changes for comfort [assumption]
GAIN = 0.56  # of the speed wished for: expecting so much more counts like the way at the last moment [assumption]
ENOUGH = 0.365  # so strong must the wish for a lane be to go there: 0.2 of the speed wished for
SWAYED = 0.577  # up to so strong a wish to be where the way leads speed counts in full
RESOLVED = 0.788  # and from here on not at all
BUS_LOOKS = 36.0  # [m] so far before its stop at least a bus looks for a berth, in whatever lane [assumption]
NO_REASON, MUST, MAY, SHUT = 0, 1, 2, 3
SIGHT = 60.0  # [m] how far ahead a driver sees that a vehicle has stopped for good [assumption]


@compiled(inline=True)
def held_ahead(vehicles: Records, lanes: Records, order: Ints, lane: int, k: int, x: float, until: float) -> float:
    """Return where [m] the next held vehicle of a lane ends, counting forward from index k; FAR if none is in sight."""
    at = lanes[lane].order_at
    for n in range(k - 1, -1, -1):
        j = order[at + n]
        rear = vehicles[j].x - vehicles[j].length
        if rear > x + SIGHT or rear > until:
            return FAR
        if vehicles[j].state == HELD:
            return vehicles[j].x
    return FAR


@compiled(inline=True)
def expected(vehicles: Records, lanes: Records, order: Ints, lane: int, k: int, x: float, desired: float) -> float:
    """Return the speed [m/s] that a driver at x expects of a lane, of which k vehicles are ahead.

    The speed of the one in sight that holds one up the most, the further off the less (Schakel, Knoop, van Arem 2012).
    """
    at = lanes[lane].order_at
    slowest = desired
    for n in range(k - 1, -1, -1):
        j = order[at + n]
        gap = vehicles[j].x - vehicles[j].length - x
        if gap > SIGHT:
            break
        share = gap / SIGHT if gap > 0.0 else 0.0
        v = vehicles[j].v + share * (desired - vehicles[j].v)
        if v < slowest:
            slowest = v
    return slowest


@compiled(inline=True)
def upstream(vehicles: Records, lanes: Records, order: Ints, net: Ints, lane: int, rear: float) -> "tuple[int, float]":
    """Return who comes next onto a lane from the movements that feed it, and the gap [m] to a rear end on it."""
    found = -1
    nearest = FAR
    for f in range(lanes[lane].feed_at, lanes[lane].feed_end):
        movement = net[f]
        if lanes[movement].count > 0:
            j = order[lanes[movement].order_at]
            gap = rear + lanes[movement].length - vehicles[j].x
        else:
            source = lanes[movement].from_lane
            if lanes[source].count == 0:
                continue
            j = order[lanes[source].order_at]
            if vehicles[j].may_go < 0 or vehicles[j].way != movement:
                continue
            gap = rear + lanes[movement].length + lanes[source].length - vehicles[j].x
        if gap < nearest:
            nearest = gap
            found = j
    return found, nearest


@compiled(inline=True)
def wide_enough(v: float, v_ahead: float, b: float) -> float:
    """Return the gap [m] that one who must change lanes accepts: a moment's reaction, and braking by b."""
    need = ROOM + MOMENT * v
    if v > v_ahead:
        need += 0.5 * (v * v - v_ahead * v_ahead) / b
    return need


@compiled()
def ask(
    vehicles: Records, lanes: Records, order: Ints, desk: Records, lane: int, k: int, guest: int, tick: int
) -> None:
    """Ask the first driver of the lane beside who is still behind and can stop, from index k on, to make room."""
    rear = vehicles[guest].x - vehicles[guest].length
    while k < lanes[lane].count:
        host = order[lanes[lane].order_at + k]
        if rear - vehicles[host].x > SIGHT:
            return
        if vehicles[host].state == DRIVING and can_stop_behind(vehicles, host, guest):
            let_in(vehicles, lanes, desk, host, guest, tick)
            return
        k += 1


@compiled()
def try_change(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    desk: Records,
    lane: int,
    k: int,
    to: int,
    k_to: int,
    tick: int,
    why: int,
) -> bool:
    """Change lanes if it is safe and, if it only may be, worth it (Kesting, Treiber, Helbing 2007, eq. 2-4)."""
    must = why == MUST
    at = lanes[lane].order_at
    i = order[at + k]
    x = vehicles[i].x
    rear = x - vehicles[i].length
    gap_ahead = lanes[to].tail_x - x
    v_ahead = lanes[to].tail_v if gap_ahead < FAR / 2 else vehicles[i].v
    if k_to > 0:
        ahead = order[lanes[to].order_at + k_to - 1]
        gap_ahead = vehicles[ahead].x - vehicles[ahead].length - x
        v_ahead = vehicles[ahead].v
    behind = -1
    gap_behind = FAR
    if k_to < lanes[to].count:
        behind = order[lanes[to].order_at + k_to]
        gap_behind = rear - vehicles[behind].x
    elif rear < SIGHT:
        behind, gap_behind = upstream(vehicles, lanes, order, net, to, rear)
    if must:
        b = desk[0].mandatory
        safe = gap_ahead >= wide_enough(vehicles[i].v, v_ahead, b)
        if behind >= 0:
            safe = safe and gap_behind >= wide_enough(vehicles[behind].v, vehicles[i].v, b)
    if must and not safe:
        ask(vehicles, lanes, order, desk, to, k_to, i, tick)
        return False
    if not must:
        mine_after = with_gap(vehicles, i, gap_ahead, v_ahead)
        theirs_after = 0.0
        if behind >= 0 and vehicles[behind].state != HELD:
            theirs_after = with_gap(vehicles, behind, gap_behind, vehicles[i].v)
        if gap_ahead < ROOM or gap_behind < ROOM or theirs_after <= -desk[0].safe or mine_after <= -desk[0].safe:
            return False
    if why == MAY:
        mine_before = vehicles[i].acceleration
        theirs_before = vehicles[behind].acceleration if behind >= 0 else 0.0
        gain_old = 0.0
        if k + 1 < lanes[lane].count:
            old = order[at + k + 1]
            if vehicles[old].state != HELD:
                if k > 0:
                    j = order[at + k - 1]
                    old_after = with_gap(
                        vehicles, old, vehicles[j].x - vehicles[j].length - vehicles[old].x, vehicles[j].v
                    )
                else:
                    old_after = free_acceleration(
                        vehicles[old].v, vehicles[old].desired, vehicles[old].a, vehicles[old].b
                    )
                gain_old = old_after - vehicles[old].acceleration
        gain = mine_after - mine_before + desk[0].politeness * (theirs_after - theirs_before + gain_old)
        if gain <= desk[0].threshold:
            return False
    if not insert(lanes, order, to, k_to, i):
        return False
    remove(lanes, order, lane, k)
    vehicles[i].changed = tick
    settle(vehicles, lanes, i, to)
    note_way(vehicles, lanes, net, i)
    return True


@compiled(inline=True)
def goes_to_curb(me: Any, here: Any) -> bool:
    """Return whether a driver has a target at the curb of this link."""
    return me.target_mode >= STOP and me.target_segment == here.segment


@compiled(inline=True)
def curb_at(me: Any, lanes: Records, here: Any) -> float:
    """Return where [m] a driver must be at the curb for a target there, on this lane or the next; FAR if nowhere.

    A bus that has yet to look for a berth must be there no sooner than its stop begins.
    """
    if goes_to_curb(me, here):
        return me.target_x
    if me.target_mode == NO_TARGET or (me.target_mode == PASS and me.keeps_curb == 0):
        return FAR
    looks = me.kind == BUS and me.target_mode == PASS
    at = me.target_x + (BUS_LOOKS if looks else 0.0)
    if me.target_segment == here.segment:
        return at if looks else FAR
    if me.way >= 0 and lanes[lanes[me.way].to_lane].segment == me.target_segment:
        return here.length + lanes[me.way].length + at
    return FAR


@compiled(inline=True)
def good_until(curb: float, here: Any) -> float:
    """Return by where [m] a driver must be in a good lane: for a target at the curb, or at the lane's end."""
    return curb if curb < FAR else here.length


@compiled(inline=True)
def weighs_speed(me: Any, curb: float) -> bool:
    """Return whether a driver weighs speed against the way to where he must be at the curb.

    Not one whose way is given: past the queue for his place he would only stand beside it, and shut that lane, too.
    """
    return curb < FAR and me.foresight == 0.0


@compiled(inline=True)
def wish(gain: float, desired: float, left: float) -> float:
    """Return how much a driver wishes for a lane that promises `gain` [m/s] more, from which the way leads back.

    `left` [m] are left to come back in. The nearer, the less speed counts (Schakel, Knoop, van Arem 2012).
    """
    route = 1.0 - left / MANDATORY_ZONE
    if route < 0.0:
        route = 0.0
    if route >= RESOLVED:
        return -route
    share = 1.0 if route <= SWAYED else (RESOLVED - route) / (RESOLVED - SWAYED)
    return share * gain / (GAIN * desired) - route


@compiled(inline=True)
def looks_at_curb(me: Any, here: Any) -> bool:
    """Return whether a driver looks for a place at the curb of this link, or is about to, and does so from its lane."""
    return me.high == 0 and me.target_mode == PASS and me.target_segment == here.segment and me.kind != BUS


@compiled(inline=True)
def reason(vehicles: Records, lanes: Records, order: Ints, desk: Records, lane: int, k: int, tick: int) -> int:
    """Return why a driver may change lanes, whatever the lanes beside are like: NO_REASON, MUST or MAY.

    Who need not change may do so behind somebody in sight who is slower or near, or where in sight somebody has
    stopped for good. With its tail in the junction nobody changes but one who must and has no other chance.
    """
    here = lanes[lane]
    at = here.order_at
    me = vehicles[order[at + k]]
    x = me.x
    if me.state != DRIVING or me.changed == tick:
        return NO_REASON
    right = me.low <= here.number <= me.high
    if x < me.length and (right or (here.length >= SHORT * me.length and me.standing < 0)):
        return NO_REASON
    if not right:
        shift = me.low - here.number if here.number < me.low else here.number - me.high
        # Who looks for a place at the curb does so from there on.
        until = me.target_x if looks_at_curb(me, here) else good_until(curb_at(me, lanes, here), here)
        if until - x < MANDATORY_ZONE * shift:
            return MUST
    if k == 0 or (tick - me.changed) * desk[0].dt < SETTLED:
        return NO_REASON
    if looks_at_curb(me, here):
        return NO_REASON  # who looks for a place at the curb stays in the row there
    good_beside = me.low <= here.number + 1 <= me.high or me.low <= here.number - 1 <= me.high
    curb = curb_at(me, lanes, here)
    until = good_until(curb, here)
    if here.held == 0 and not good_beside and is_too_near(me, until - x, k) and not weighs_speed(me, curb):
        return NO_REASON
    ahead = vehicles[order[at + k - 1]]
    gap = ahead.x - ahead.length - x
    if gap > SIGHT:
        return NO_REASON
    if ahead.state == HELD or is_held_up(me, ahead, gap):
        return MAY
    return MAY if here.held != 0 and held_ahead(vehicles, lanes, order, lane, k, x, until) < FAR else NO_REASON


@compiled(inline=True)
def is_too_near(me: Any, distance: float, k: int) -> bool:
    """Return whether a driver is too near to where he must be in a good lane, `distance` [m], to go into another.

    For one whose way is given the queue, of `k` ahead of him, begins sooner.
    """
    if distance < MANDATORY_ZONE + COMES_BACK:
        return True
    return me.foresight > 0.0 and distance - k * (me.length + me.s0) < MANDATORY_ZONE + COMES_BACK


@compiled(inline=True)
def is_held_up(me: Any, ahead: Any, gap: float) -> bool:
    """Return whether one `gap` [m] behind another is slower for it than he wishes, or nearer."""
    return ahead.v < me.desired or gap <= me.s0 + me.v * me.headway


@compiled(inline=True)
def consider(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    desk: Records,
    lane: int,
    k: int,
    k_inner: int,
    k_curb: int,
    must: bool,
    tick: int,
) -> bool:
    """Let a driver who has a `reason` think about changing lanes; return whether the lane was changed.

    Who need not change never does without a gain of one's own; whose way is given does not leave the right lane for
    one when its queue is near. `k_inner` and `k_curb` count the vehicles at or ahead of this one in the lanes beside.
    """
    here = lanes[lane]
    me = vehicles[order[here.order_at + k]]
    number = here.number
    x = me.x
    to_curb = goes_to_curb(me, here)
    curb = curb_at(me, lanes, here)
    until, weighs = good_until(curb, here), weighs_speed(me, curb)
    if must:
        inwards = number < me.low
        to = lane + 1 if inwards else lane - 1
        k_to = k_inner if inwards else k_curb
        beyond = held_ahead(vehicles, lanes, order, to, k_to, x, until)
        if beyond < FAR and (to_curb or until - beyond > PASSING):
            return False
        if not inwards and weighs:
            loss = expected(vehicles, lanes, order, lane, k, x, me.desired)
            loss -= expected(vehicles, lanes, order, to, k_to, x, me.desired)
            if wish(loss, me.desired, (until - x) / (number - me.high)) > 0.0:
                return False  # there is time yet
        changed = try_change(vehicles, lanes, order, net, desk, lane, k, to, k_to, tick, MUST)
        # Who could as well go on in this lane, and change later, does not hold it up.
        needed = to_curb or me.way < 0
        looking = me.target_mode == PASS and me.target_segment == here.segment
        if not changed and k_to > 0 and until - x < FITTING_IN and needed and not looking:
            beside = order[lanes[to].order_at + k_to - 1]
            if vehicles[beside].state == DRIVING and vehicles[beside].v > ROLLING:
                drop_back(vehicles, lanes, desk, order[here.order_at + k], beside, tick)
        return changed
    ahead = vehicles[order[here.order_at + k - 1]]
    gap = ahead.x - ahead.length - x
    inner = here.has & INNER != 0 and is_open(vehicles, lanes, order[here.order_at + k], lane + 1)
    if ahead.state == HELD and gap < STUCK and inner and has_stood(me, PUSHES, desk[0].dt, tick):
        beyond = held_ahead(vehicles, lanes, order, lane + 1, k_inner, x, until)
        room = until - ahead.x - (me.length + ROOM if to_curb else PASSING)
        if beyond >= FAR and (number + 1 <= me.high or room > 0.0):
            return try_change(vehicles, lanes, order, net, desk, lane, k, lane + 1, k_inner, tick, MUST)
    blocked = held_ahead(vehicles, lanes, order, lane, k, x, until) if here.held != 0 else FAR
    held_up = is_held_up(me, ahead, gap)
    if blocked >= FAR and not held_up:
        return False
    for side in range(2):
        to = lane + 1 if side == 0 else lane - 1
        n = number + 1 if side == 0 else number - 1
        there = INNER if side == 0 else OUTER
        if here.has & there == 0 or not is_open(vehicles, lanes, order[here.order_at + k], to):
            continue
        k_to = k_inner if side == 0 else k_curb
        nearer = False  # whether somebody nearer and no faster is ahead there
        if k_to > 0:
            beside = vehicles[order[lanes[to].order_at + k_to - 1]]
            nearer = beside.v <= ahead.v and beside.x - beside.length - x <= gap
        out = (n < me.low or n > me.high) and is_too_near(me, until - x, k)
        if nearer and blocked >= FAR and not (out and weighs):
            continue  # nobody changes without a gain of one's own
        if lanes[to].held != 0 and held_ahead(vehicles, lanes, order, to, k_to, x, until) < FAR:
            continue
        gain = 0.0
        if blocked < FAR or (out and weighs):
            gain = expected(vehicles, lanes, order, to, k_to, x, me.desired)
            gain -= expected(vehicles, lanes, order, lane, k, x, me.desired)
        faster = out and weighs and wish(gain, me.desired, until - x) > ENOUGH
        if out and not faster:
            # Out of the right lane only to pass one who has stopped, and only with room to come back.
            if blocked >= FAR or until - blocked < PASSING:
                continue
            if to_curb and until - blocked < me.length + 6.0:
                continue
        if (faster or (blocked < FAR and gain > ENOUGH * GAIN * me.desired)) and try_change(
            vehicles, lanes, order, net, desk, lane, k, to, k_to, tick, SHUT
        ):
            return True
        if held_up and not nearer and try_change(vehicles, lanes, order, net, desk, lane, k, to, k_to, tick, MAY):
            return True
    return False


@compiled(inline=True)
def count_ahead(vehicles: Records, lanes: Records, order: Ints, lane: int, k: int, x: float) -> int:
    """Return how many vehicles of a lane stand at or ahead of x, given that at least k do."""
    while k < lanes[lane].count and vehicles[order[lanes[lane].order_at + k]].x >= x:
        k += 1
    return k


@compiled()
def change_lanes(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    desk: Records,
    busy: Ints,
    count: int,
    tick: int,
) -> None:
    """Let the drivers of every lane whose turn it is think about changing lanes, once a PERIOD; lanes take turns."""
    every = int(PERIOD / desk[0].dt + 0.5)
    if every < 1:
        every = 1
    for b in range(count):
        lane = busy[b]
        fetch_soon(vehicles, lanes, order, busy, count, b, 1)
        if lanes[lane].has & (INNER | OUTER) == 0 or (tick + lane) % every != 0 or lanes[lane].count == 0:
            continue
        has_curb = lanes[lane].has & OUTER != 0
        has_inner = lanes[lane].has & INNER != 0
        k_inner = 0
        k_curb = 0
        k = 0
        while k < lanes[lane].count:
            why = reason(vehicles, lanes, order, desk, lane, k, tick)
            if why != NO_REASON:
                x = vehicles[order[lanes[lane].order_at + k]].x
                if has_inner:
                    k_inner = count_ahead(vehicles, lanes, order, lane + 1, k_inner, x)
                if has_curb:
                    k_curb = count_ahead(vehicles, lanes, order, lane - 1, k_curb, x)
                if consider(vehicles, lanes, order, net, desk, lane, k, k_inner, k_curb, why == MUST, tick):
                    continue
            k += 1
