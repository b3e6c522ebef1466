"""Common areas of two paths that cross or merge: nobody enters one in which a part of another's body is.

Right of way says who goes first (`sim.kernel.junctions`); here it says only who brakes, if both would enter at once.
"""

from typing import Any

from sim.kernel import compiled
from sim.kernel.following import room_before, short_of
from sim.kernel.gaps import FREE_AGAIN, NOTICED, clears_in, has_stood
from sim.kernel.order import goes_on
from sim.kernel.state import B_EMERGENCY, FAR, HALFWAY, HELD, NEVER, RED, V_WAITING, Ints, Records
from sim.kernel.taken import foes_taken, note

B_LAST = 6.0  # [m/s2] nobody enters who can stop with this much [assumption]
BEFORE_AREA = 0.5  # [m] short of a path that somebody is on, one stops inside a junction [assumption]
UNSEEN = 60.0  # [m] over a longer lane nobody comes too fast to stop from beyond it [assumption]
SEEN_TO_WAIT = 5.0  # [s] standing for so long inside a junction, one is seen to be held up [assumption]
MOST_BETWEEN = 8  # vehicles between two who wait for each other, as far as one can see [assumption]
ROLLED_ON = 0.1  # [m] beyond the waiting point inside a junction one still waits there


@compiled(inline=True)
def waiting_point(vehicles: Records, lanes: Records, movement: int, i: int) -> float:
    """Return where [m] vehicle i gives way inside a junction; 0: only at the stop line."""
    return lanes[movement].wait_x if lanes[movement].has & HALFWAY == 0 or vehicles[i].by_stages == 1 else 0.0


@compiled(inline=True)
def waits_inside(vehicles: Records, lanes: Records, movement: int, who: int) -> bool:
    """Return whether a vehicle inside the junction gives way, or still can, at its waiting point."""
    room = waiting_point(vehicles, lanes, movement, who) + ROLLED_ON - vehicles[who].x
    v = vehicles[who].v
    return vehicles[who].lane == movement and room >= 0.0 and 0.5 * v * v <= B_LAST * (room + 0.1)


@compiled(inline=True)
def leaves_at_red(vehicles: Records, lanes: Records, movement: int, who: int, since: int) -> bool:
    """Return whether a vehicle that waits inside the junction may go on, or will, its light having turned red.

    Those who have green since then let it go first (Uniform Vehicle Code, 11-202); one that has found no way until
    SEEN_TO_WAIT after, whose light turned red before the tick `since`, is held up by others.
    """
    return lanes[movement].light == RED and (vehicles[who].may_go >= 0 or lanes[movement].switched > since)


@compiled(inline=True)
def stands_before(vehicles: Records, conflict: Any, j: int) -> bool:
    """Return whether a vehicle on the foe's movement stands before the common area."""
    return vehicles[j].v < V_WAITING and vehicles[j].lane == conflict.foe and vehicles[j].x <= conflict.foe_begin


@compiled(inline=True)
def waits_for(vehicles: Records, j: int, i: int, tick: int, dt: float) -> bool:
    """Return whether vehicle j has stood for a while because of i, or of others who stand because of i.

    Who has the way and does not take it because of the very one who gives way is nobody to wait for.
    """
    for _ in range(MOST_BETWEEN):
        if j < 0 or not has_stood(vehicles[j], SEEN_TO_WAIT, dt, tick):
            return False
        j = vehicles[j].blocker
        if j == i:
            return True
    return False


@compiled(inline=True)
def occupant(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    conflict: Any,
    i: int,
    passes: bool,
    goes_first: bool,
    since: int,
) -> int:
    """Return a vehicle on the foe's movement that is not yet past the common area, -1 if none.

    One who waits inside the junction short of that area counts only if it leaves at red (`since`), or if vehicle i
    itself may come to a stand in it (not `passes`): two who wait for each other's rear ends would wait for good. One
    who stands before it, wherever, does not count for who `goes_first`, and one who has backed up for nobody.
    """
    foe = conflict.foe
    waits = lanes[foe].wait_x > 0.0 and passes and lanes[foe].wait_x <= conflict.foe_begin
    at = lanes[foe].order_at
    for k in range(lanes[foe].count - 1, -1, -1):
        j = order[at + k]
        if vehicles[j].x - vehicles[j].length >= conflict.foe_end + FREE_AGAIN:
            break
        if waits and waits_inside(vehicles, lanes, foe, j) and not leaves_at_red(vehicles, lanes, foe, j, since):
            continue
        if vehicles[j].backed == 1 and vehicles[j].x <= conflict.foe_begin:
            continue
        if not (goes_first and stands_before(vehicles, conflict, j)):
            return j
    if lanes[foe].tail_x < conflict.foe_end + FREE_AGAIN and lanes[foe].tail_who != i:
        return lanes[foe].tail_who
    return -1


@compiled(inline=True)
def gone_before(
    vehicles: Records, lanes: Records, conflict: Any, j: int, i: int, movement: int, distance: float
) -> bool:
    """Return whether vehicle j, which crosses, is out of a common area NOTICED before i can be there, `distance` m on.

    Expected of one who does not slow down: that it speeds up as it can. Behind one who merges others slow down anyway,
    and one who leaves at red is not expected to be fast.
    """
    other = vehicles[j]
    foe = conflict.foe
    if lanes[foe].light == RED and waits_inside(vehicles, lanes, foe, j):
        return False
    if other.v < V_WAITING or other.acceleration < 0.0 or lanes[foe].to_lane == lanes[movement].to_lane:
        return False
    rest = conflict.foe_end + FREE_AGAIN
    if lanes[foe].tail_who == j and lanes[foe].tail_x < FAR:
        rest -= lanes[foe].tail_x
    elif other.may_go < 0:
        return False
    elif other.lane == foe:
        rest += other.length - other.x
    elif other.lane == lanes[foe].from_lane:
        rest += lanes[other.lane].length + other.length - other.x
    else:
        return False
    out = clears_in(rest, other.v, other.a, lanes[foe].limit * other.factor)
    me = vehicles[i]
    return out + NOTICED <= clears_in(distance, me.v, me.a, me.desired)


@compiled(inline=True)
def too_late(vehicles: Records, j: int, distance: float, soon: float) -> bool:
    """Return whether a vehicle can no longer stop within a distance [m], `soon` s from now (0, or this tick)."""
    v = vehicles[j].v
    if soon > 0.0:
        after = v + vehicles[j].acceleration * soon
        if after < 0.0:
            return 0.5 * v * v >= -vehicles[j].acceleration * distance
        distance -= 0.5 * (v + after) * soon
        v = after
    return distance <= 0.0 or 0.5 * v * v >= B_LAST * distance


@compiled(inline=True)
def may_be_late(v: float, acceleration: float, distance: float, dt: float) -> bool:
    """Return whether one may, after this tick, be too late to stop within a distance [m] from here."""
    after = v + acceleration * dt
    if after < 0.0:
        after = 0.0
    return 0.5 * after * after >= B_LAST * (distance - 0.5 * (v + after) * dt)


@compiled(inline=True)
def note_taken(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    net: Ints,
    i: int,
    lane: int,
    dt: float,
    tick: int,
) -> None:
    """Note the movements onto which vehicle i may come too fast to stop."""
    me = vehicles[i]
    here = lanes[lane]
    distance = here.length - me.x
    beyond = here.to_lane
    if here.segment >= 0:
        m = me.way
        if m < 0:
            return
        note(lanes, order, m, tick)
        distance += lanes[m].length
        beyond = lanes[m].to_lane
    if may_be_late(me.v, me.acceleration, distance + lanes[beyond].length, dt):
        segment = segments[lanes[beyond].segment]
        for choice in range(segment.next_end - segment.next_at):
            m = net[lanes[beyond].via_at + choice]
            if m >= 0:
                note(lanes, order, m, tick)


@compiled(inline=True)
def comes_over(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    route: Records,
    foe: int,
    begin: float,
    soon: float,
) -> int:
    """Return who comes to the foe's path over the junction or crossing before, and can no longer stop; -1 if nobody.

    The common area is `begin` m from where the lane before that path begins.
    """
    source = lanes[foe].from_lane
    for f in range(lanes[source].feed_at, lanes[source].feed_end):
        distance = begin
        lane = net[f]
        for _ in range(2):
            distance += lanes[lane].length
            if lanes[lane].count > 0:
                j = order[lanes[lane].order_at]
                if vehicles[j].state == HELD or not too_late(vehicles, j, distance - vehicles[j].x, soon):
                    break
                if goes_on(vehicles, route, j, lanes[source].segment, lanes[lanes[foe].to_lane].segment):
                    return j
            lane = lanes[lane].from_lane
    return -1


@compiled(inline=True)
def taker(
    vehicles: Records, lanes: Records, order: Ints, net: Ints, route: Records, conflict: Any, i: int, soon: float
) -> int:
    """Return who, but i, is in a common area on the foe's path, or can no longer stop before it; -1 if nobody.

    `soon`: in so many seconds; 0, or this tick, once everybody has decided. Bodies count up to their rear ends.
    """
    foe = conflict.foe
    at = lanes[foe].order_at
    for k in range(lanes[foe].count - 1, -1, -1):
        j = order[at + k]
        if vehicles[j].x - vehicles[j].length >= conflict.foe_end + FREE_AGAIN:
            break
        if too_late(vehicles, j, conflict.foe_begin - vehicles[j].x, soon):
            return j
    if lanes[foe].tail_x < conflict.foe_end + FREE_AGAIN and lanes[foe].tail_who != i:
        return lanes[foe].tail_who
    source = lanes[foe].from_lane
    begin = lanes[source].length + conflict.foe_begin
    at = lanes[source].order_at
    for k in range(lanes[source].count):
        j = order[at + k]
        if vehicles[j].state == HELD or not too_late(vehicles, j, begin - vehicles[j].x, soon):
            return -1
        if vehicles[j].way == foe:
            return j
    return comes_over(vehicles, lanes, order, net, route, foe, begin, soon) if begin < UNSEEN else -1


@compiled(inline=True)
def area_ahead(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    route: Records,
    conflicts: Records,
    i: int,
    movement: int,
    x: float,
) -> "tuple[float, int]":
    """Return how far [m] ahead of vehicle i, at x of a movement, a common area begins that is taken, and by whom.

    Right of way is no matter, only who is in the area, or can no longer stop before it. Who is in it himself, or
    cannot stop, is not asked; (FAR, -1): nobody takes any. Who is on the movement, but in no common area yet, waits
    before the first while anybody with the right of way is on his way through: those who wait in an area may wait in a
    circle. One who stands before the area that the two have in common is not on his way.
    """
    nearest = FAR
    who = -1
    taken = foes_taken(lanes, order, movement)
    if taken == 0:
        return nearest, who
    v = vehicles[i].v
    first = FAR
    leader = -1
    enters = x >= 0.0
    point = waiting_point(vehicles, lanes, movement, i)
    for c in range(lanes[movement].conflict_at, lanes[movement].conflict_end):
        distance = conflicts[c].begin - x
        if distance <= 0.0:
            enters = enters and x - vehicles[i].length >= conflicts[c].end
            continue
        counts = enters and (x > point or conflicts[c].begin < point)
        if counts and distance < first:
            first = distance
        if not taken >> conflicts[c].bit & 1:
            continue
        if counts and leader < 0 and conflicts[c].yields == 1:
            leader = occupant(vehicles, lanes, order, conflicts[c], i, True, True, NEVER)
        if distance >= nearest or 0.5 * v * v >= B_EMERGENCY * room_before(distance):
            continue
        j = taker(vehicles, lanes, order, net, route, conflicts[c], i, 0.0)
        if j < 0 or (conflicts[c].yields == 0 and gone_before(vehicles, lanes, conflicts[c], j, i, movement, distance)):
            continue
        nearest = distance
        who = j
    if enters and leader >= 0 and first < nearest and 0.5 * v * v < B_EMERGENCY * room_before(first):
        return first, leader
    return nearest, who


@compiled(inline=True)
def tie_ahead(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    route: Records,
    conflicts: Records,
    i: int,
    movement: int,
    x: float,
    dt: float,
) -> "tuple[float, int]":
    """Return the same as `area_ahead`, of areas before which both would be too late to stop after this tick.

    Only the one who gives way is asked.
    """
    nearest = FAR
    who = -1
    taken = foes_taken(lanes, order, movement)
    if taken == 0:
        return nearest, who
    v = vehicles[i].v
    for c in range(lanes[movement].conflict_at, lanes[movement].conflict_end):
        distance = conflicts[c].begin - x
        if (
            conflicts[c].yields == 0
            or not 0.0 < distance < nearest
            or 0.5 * v * v >= B_EMERGENCY * room_before(distance)
            or not taken >> conflicts[c].bit & 1
            or not too_late(vehicles, i, distance, dt)
        ):
            continue
        j = taker(vehicles, lanes, order, net, route, conflicts[c], i, dt)
        if j >= 0:
            nearest = distance
            who = j
    return nearest, who


@compiled()
def settle_ties(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    route: Records,
    conflicts: Records,
    desk: Records,
) -> None:
    """Brake, once everybody has decided, those who give way and would be in an area at the same time as another.

    Looked at are those who were noted while they decided, as `entering`: who moves within a junction, and who can no
    longer stop before one after this tick.
    """
    i = desk[0].entering
    while i >= 0:
        lane = vehicles[i].lane
        m = lane
        x = vehicles[i].x
        if lanes[lane].segment >= 0:
            m = vehicles[i].way
            x -= lanes[lane].length
        area, who = tie_ahead(vehicles, lanes, order, net, route, conflicts, i, m, x, desk[0].dt)
        if who >= 0:
            vehicles[i].acceleration = short_of(vehicles, i, area, desk[0].dt, vehicles[i].acceleration)
            vehicles[i].blocker = who
            if x < 0.0:
                vehicles[i].may_go = -1
        i = vehicles[i].entering
