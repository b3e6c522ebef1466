"""Who may enter a junction or pass a crossing: lights, right of way, keeping clear, people on foot."""

from math import sqrt

from sim.kernel import compiled
from sim.kernel.areas import (
    B_LAST,
    SEEN_TO_WAIT,
    gone_before,
    occupant,
    stands_before,
    waiting_point,
    waits_for,
    waits_inside,
)
from sim.kernel.chance import KEEP_CLEAR, LOOKED, STAGES, YIELD, uniform
from sim.kernel.gaps import V_SLOW, comes_first, lateness, lets_first, looks
from sim.kernel.order import last
from sim.kernel.state import (
    AMBER,
    B_COURTESY,
    DRIVING,
    FAR,
    FAR_HALF,
    GREEN,
    HALFWAY,
    NEVER,
    RED,
    SIGNAL,
    V_WAITING,
    Ints,
    Records,
)
from sim.kernel.taken import foes_taken

B_AMBER = 3.0  # [m/s2] who can stop with this much braking stops at amber (ITE: 3.05)
B_YIELD = 2.5  # [m/s2] and for somebody waiting at a zebra [assumption]
B_AHEAD = 2.0  # [m/s2] traffic ahead that still moves is expected to stop no sooner than by this [assumption]
V_CLEARING = 6.0  # [m/s] nobody waits for room behind traffic that flows faster [assumption]
CLEARING_SHARE = 0.8  # or, in a turn, faster than so much of the turn's speed [assumption]
IMPATIENT_S = 30.0  # [s] waiting at the line; from here on the accepted gap shrinks [assumption]
SHORT_OF_LINE = 0.5  # [m] one who lets another go first comes to a stand so far before the line [assumption]
AT_LINE = 3.0  # [m] nearer than this one waits at the stop line [assumption]
V_AT_LINE = 3.0  # [m/s] and slower than this one counts as waiting there [assumption]
SLACK = 4.0  # times the room that one takes is left in a ring [assumption]
MOST_IN_RING = 200  # lanes and ways over junctions in a ring
BOX_TO_STAND = 2  # `box`: must be kept clear behind one who stands, where a network states its connections
BOX_RING = 3  # `box`: and it leads into the ring of a roundabout
DEFERS = -2  # in place of who prevents it: nobody, a driver lets another go first
STARTS_S = 1.5  # [s] who has decided to start from the line does not think again for so long [assumption]
HARDENED_S = 120.0  # [s] until here [assumption]
HARDENED = 0.6  # to this share of the critical gap [assumption]


@compiled(inline=True)
def ticks_until(mark: int, phase: int, cycle: int) -> int:
    """Return how many ticks after a phase of a cycle a mark in it comes next, at least one."""
    return (mark - phase - 1) % cycle + 1


@compiled()
def switch_lights(lanes: Records, lights: Records, net: Ints, tick: int) -> int:
    """Set the lights that switch by a tick; return the tick before which none switches again.

    Each notes when it does: they go through a run's ticks once, in their order.
    """
    soonest = NEVER
    for n in range(lights.size):
        if lights[n].switches <= tick:
            lights[n].switches = tick + switch(lanes, lights, net, n, tick)
        soonest = min(soonest, lights[n].switches)
    return soonest


@compiled()
def switch(lanes: Records, lights: Records, net: Ints, n: int, tick: int) -> int:
    """Set a light; return in how many ticks it may switch again."""
    me = lights[n]
    lane = lanes[me.lane]
    phase = (tick - me.offset) % me.cycle
    left = me.cycle - phase
    for mark in (me.green_from, me.green_to, me.amber_to):
        left = min(left, ticks_until(mark, phase, me.cycle))
    for more in range(me.more_at, me.more_end):
        left = min(left, ticks_until(net[more], phase, me.cycle))
    lane.switched = tick
    if me.green_from <= phase < me.green_to:
        lane.light = GREEN
    elif me.green_to <= phase < me.amber_to:
        lane.light = AMBER
    else:
        lane.light = RED
        for more in range(me.more_at, me.more_end, 3):
            if net[more] <= phase < net[more + 2]:
                lane.light = GREEN if phase < net[more + 1] else AMBER
    return left


@compiled(inline=True)
def turns_green(lanes: Records, movement: int, tick: int) -> bool:
    """Return whether a movement's light turns green in this tick; nobody misses that."""
    return lanes[movement].light == GREEN and lanes[movement].switched == tick - 1


@compiled(inline=True)
def stays_red(lanes: Records, desk: Records, movement: int, tick: int) -> bool:
    """Return whether a light is red as in the last tick, and nobody who stands there looks beyond it in this one.

    Who leaves no room beyond would stop them at green, too: a circle through a signal has no gap at red. It need not be
    known at once: nobody asks who stops one that has not stood for SEEN_TO_WAIT (`looks_beyond`).
    """
    here = lanes[movement]
    return here.light == RED and here.switched < tick - 1 and desk[0].looks_beyond == 0


@compiled(inline=True)
def stays_at_red(vehicles: Records, lanes: Records, desk: Records, i: int, lane: int, tick: int) -> bool:
    """Return whether the foremost vehicle of a lane, which has not moved since it decided, stands for red alone."""
    me = vehicles[i]
    if me.blocker >= 0 or me.way < 0 or lanes[lane].tail_x < FAR:
        return False
    return stays_red(lanes, desk, me.way, tick)


@compiled(inline=True)
def time_to(distance: float, v: float, a: float) -> float:
    """Return when [s] one who moves at speed v and keeps accelerating by a has gone a distance [m]."""
    if distance <= 0.0:
        return 0.0
    square = v * v + 2.0 * a * distance
    if square <= 0.0:
        return FAR
    return 2.0 * distance / (v + sqrt(square))


@compiled(inline=True)
def sets_out(vehicles: Records, lanes: Records, j: int, source: int, dt: float) -> bool:
    """Return whether the foremost vehicle of a lane may enter the junction, and perhaps does within this tick."""
    return vehicles[j].may_go >= 0 and lanes[source].length - vehicles[j].x <= 2.0 * vehicles[j].v * dt + 1.0


@compiled(inline=True)
def enters_before(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    i: int,
    distance: float,
    foe: int,
    yields: int,
    desk: Records,
) -> int:
    """Return who enters movement `foe` within this tick, before i is at its line `distance` [m] ahead; -1 if none.

    Both decide on the state at the tick's start; in a finer step the later one would see the other inside, and stop if
    he still could. Of two who set out in the same tick each looked at a moment of his own within it. Who is not at the
    line within the tick sees those who enter in its first half: on average that is neither late nor early.
    """
    source = lanes[foe].from_lane
    j = order[lanes[source].order_at]
    if j == i or vehicles[j].state != DRIVING or vehicles[j].way != foe:
        return -1
    dt = desk[0].dt
    to_go = lanes[source].length - vehicles[j].x
    v = vehicles[i].v
    a = vehicles[i].acceleration
    theirs = time_to(to_go, vehicles[j].v, vehicles[j].acceleration)
    mine = time_to(distance, v, a)
    if theirs >= dt or (mine >= dt and theirs >= 0.5 * dt):
        return -1
    since = vehicles[j].may_go
    if since == vehicles[i].may_go:
        theirs += dt * uniform(desk[0].seed, vehicles[j].key, LOOKED, since)
        theirs -= dt * uniform(desk[0].seed, vehicles[i].key, LOOKED, since)
    if theirs > mine or (theirs == mine and yields == 0):
        return -1
    then = distance - (v + 0.5 * a * theirs) * theirs
    v += a * theirs
    return -1 if v > V_WAITING and 0.5 * v * v >= B_LAST * (then if then > 0.1 else 0.1) else j


@compiled(inline=True)
def no_room_behind(vehicles: Records, lanes: Records, order: Ints, net: Ints, i: int, movement: int) -> int:
    """Return the vehicle that would leave no room for i beyond a movement, should it stop; -1 if there is room.

    Whoever is in the junction already on another way to the same lane, or waits there, comes first. One who comes to
    wait inside leaves room for those, too, who may enter, and does not count on what those ahead still roll.
    """
    to = lanes[movement].to_lane
    j = last(lanes, order, to)
    room = lanes[to].length
    slowest = FAR
    who = -1
    if j >= 0:
        room = vehicles[j].x - vehicles[j].length
        slowest = vehicles[j].v
        who = j
    elif lanes[to].tail_x < FAR and lanes[to].tail_who != i:
        room = lanes[to].tail_x
        slowest = lanes[to].tail_v
        who = lanes[to].tail_who
    elif lanes[movement].count == 0:
        return -1
    at = lanes[movement].order_at
    for k in range(lanes[movement].count):
        m = order[at + k]
        if m == i:
            break
        room -= vehicles[m].length + vehicles[m].s0
        if vehicles[m].v < slowest:
            slowest = vehicles[m].v
            who = m
    comes_to_wait = waiting_point(vehicles, lanes, movement, i) > 0.0 and vehicles[i].lane != movement
    clearing = CLEARING_SHARE * lanes[movement].limit
    if slowest > (clearing if clearing < V_CLEARING else V_CLEARING):
        return -1
    if slowest < FAR and not comes_to_wait:
        room += 0.5 * slowest * slowest / B_AHEAD
    room -= vehicles[i].length + vehicles[i].s0 + 0.5
    if room < 0.0:
        return who
    if vehicles[i].lane != movement:
        for f in range(lanes[to].feed_at, lanes[to].feed_end):
            other = net[f]
            if other == movement:
                continue
            for k in range(lanes[other].order_at, lanes[other].order_at + lanes[other].count):
                room -= vehicles[order[k]].length + vehicles[order[k]].s0
                if room < 0.0:
                    return order[k]
            source = lanes[other].from_lane
            if comes_to_wait and lanes[source].count > 0:
                j = order[lanes[source].order_at]
                if vehicles[j].may_go >= 0 and vehicles[j].way == other:
                    room -= vehicles[j].length + vehicles[j].s0
                    if room < 0.0:
                        return j
    return -1


@compiled(inline=True)
def no_room_to_stand(
    vehicles: Records, lanes: Records, order: Ints, net: Ints, route: Records, i: int, movement: int
) -> int:
    """Return the vehicle behind which there is no room for i beyond a movement; -1 if there is room.

    The room reaches to the last one that stands, over whatever short links lie between: those who move will move up to
    it. Nobody enters while somebody stands on the movement.
    """
    need = vehicles[i].length + vehicles[i].s0
    at = lanes[movement].order_at
    for k in range(lanes[movement].count):
        j = order[at + k]
        if j == i:
            break
        if vehicles[j].v < V_WAITING:
            return j
        need += vehicles[j].length + vehicles[j].s0
    lane = lanes[movement].to_lane
    if vehicles[i].lane != movement:
        for f in range(lanes[lane].feed_at, lanes[lane].feed_end):
            if net[f] != movement:
                for k in range(lanes[net[f]].order_at, lanes[net[f]].order_at + lanes[net[f]].count):
                    need += vehicles[order[k]].length + vehicles[order[k]].s0
    leg = vehicles[i].leg
    while True:
        for k in range(lanes[lane].count - 1, -1, -1):
            j = order[lanes[lane].order_at + k]
            if j == i:
                return -1
            if vehicles[j].v < V_WAITING:
                return -1 if vehicles[j].x - vehicles[j].length >= need else j
            need += vehicles[j].length + vehicles[j].s0
        if lanes[lane].tail_x < FAR and lanes[lane].tail_v < V_WAITING and lanes[lane].tail_who != i:
            return -1 if lanes[lane].tail_x >= need else lanes[lane].tail_who
        need -= lanes[lane].length
        if need <= 0.0:
            return -1
        if lanes[lane].segment < 0:
            lane = lanes[lane].to_lane
            continue
        while leg + 1 < vehicles[i].route_end and route[leg].segment != lanes[lane].segment:
            leg += 1
        onward = -1
        if leg + 1 < vehicles[i].route_end:
            for n in range(lanes[lane].via_at, lanes[lane].feed_at):
                if net[n] >= 0 and lanes[lanes[net[n]].to_lane].segment == route[leg + 1].segment:
                    onward = net[n]
                    break
        if onward < 0:
            return -1
        lane = onward


@compiled()
def ring_is_full(vehicles: Records, lanes: Records, order: Ints, net: Ints, i: int, movement: int) -> int:
    """Return who comes next in a ring that has no room for vehicle i and SLACK more besides; -1 if there is room.

    Everybody in the ring counts as if in one lane: all leave from the outer one. A ring in which some room is left
    cannot lock itself, for whoever is behind the gap moves on; so it is, too, in networks of computers (Carrion,
    Beivide, Gregorio, Vallejo 1997, bubble flow control).
    """
    start = lanes[movement].to_lane
    segment = lanes[start].segment
    free = -(1.0 + SLACK) * (vehicles[i].length + vehicles[i].s0)
    who = -1
    begin = start - lanes[start].number
    while begin < lanes.size and lanes[begin].segment == segment:
        lane = begin
        for _ in range(MOST_IN_RING):
            if begin == start:
                free += lanes[lane].length
            for k in range(lanes[lane].count - 1, -1, -1):
                j = order[lanes[lane].order_at + k]
                free -= vehicles[j].length + vehicles[j].s0
                who = j if who < 0 else who
            onward = lanes[lane].to_lane
            if lanes[lane].segment >= 0:
                onward = net[lanes[lane].feed_end]
                for f in range(lanes[lane].feed_at, lanes[lane].feed_end):  # those who are just coming in
                    if lanes[net[f]].box == BOX_RING:
                        for k in range(lanes[net[f]].order_at, lanes[net[f]].order_at + lanes[net[f]].count):
                            free -= vehicles[order[k]].length + vehicles[order[k]].s0
            lane = onward
            if lane < 0 and begin == start:
                return -1
            if lane < 0 or lanes[lane].segment == segment:
                break
        begin += 1
    return who if free < 0.0 else -1


@compiled(inline=True)
def no_room(vehicles: Records, lanes: Records, order: Ints, net: Ints, route: Records, i: int, movement: int) -> int:
    """Return who leaves no room for i beyond a movement, by the rule that holds there (`box`); -1 if there is room."""
    if lanes[movement].box == BOX_RING and vehicles[i].lane != movement:
        who = ring_is_full(vehicles, lanes, order, net, i, movement)
        if who >= 0:
            return who
    if lanes[movement].box >= BOX_TO_STAND:
        return no_room_to_stand(vehicles, lanes, order, net, route, i, movement)
    return no_room_behind(vehicles, lanes, order, net, i, movement)


@compiled(inline=True)
def near(distance: float, v: float) -> bool:
    """Return whether a stop line is near enough, 15 m or 4 s, to ask whether one may cross it."""
    return distance <= 15.0 or distance <= 4.0 * v


@compiled()
def who_waits(vehicles: Records, lanes: Records, order: Ints, foe: int, begin: float) -> int:
    """Return who waits for a gap on movement `foe`: halfway, if the common area lies beyond, or at the line; or -1."""
    if lanes[foe].has & SIGNAL != 0:
        return -1
    if lanes[foe].has & HALFWAY != 0 and lanes[foe].count > 0 and lanes[foe].wait_x < begin:
        j = order[lanes[foe].order_at]
        if vehicles[j].v < V_WAITING and waits_inside(vehicles, lanes, foe, j):
            return j
    source = lanes[foe].from_lane
    if lanes[source].count > 0:
        j = order[lanes[source].order_at]
        at_line = lanes[source].length - vehicles[j].x < AT_LINE and vehicles[j].state == DRIVING
        if at_line and vehicles[j].way == foe:
            return j
    return -1


@compiled()
def goes_halfway(vehicles: Records, lanes: Records, i: int, movement: int, tick: int, desk: Records) -> bool:
    """Return whether a driver, tired of waiting for one gap in all streams, will now go as far as the middle first.

    Only one whose vehicle fits between there and the stop line.
    """
    me = vehicles[i]
    waited = (tick - me.standing) * desk[0].dt
    if me.standing < 0 or waited < IMPATIENT_S or me.length > lanes[movement].wait_x:
        return False
    drawn = uniform(desk[0].seed, me.key, STAGES, movement)
    willing = drawn < desk[0].in_stages
    return willing and waited >= IMPATIENT_S + drawn / desk[0].in_stages * (HARDENED_S - IMPATIENT_S)


@compiled(inline=True)
def permit(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    route: Records,
    conflicts: Records,
    zebras: Records,
    desk: Records,
    i: int,
    movement: int,
    distance: float,
    tick: int,
) -> "tuple[bool, int]":
    """Return whether vehicle i may enter a movement whose stop line is `distance` [m] ahead, and who prevents it."""
    v = vehicles[i].v
    needed = 0.5 * v * v / (distance if distance > 0.1 else 0.1)
    light = lanes[movement].light
    if light == RED and v < V_WAITING:
        if lanes[movement].from_lane == vehicles[i].lane and stays_red(lanes, desk, movement, tick):
            return False, vehicles[i].blocker
        return False, no_room(vehicles, lanes, order, net, route, i, movement)
    if (light == RED and needed < B_LAST) or (light == AMBER and needed < B_AMBER):
        return False, -1
    if not near(distance, v):
        return True, -1
    if needed >= B_LAST and v > V_WAITING:
        return True, -1
    zebra = lanes[movement].zebra
    if zebra >= 0:
        near_half = lanes[movement].has & FAR_HALF == 0
        until = zebras[zebra].until if near_half else zebras[zebra].until_far
        if until > tick - 0.5:  # free from the tick on that begins nearest to it
            return False, -1
        if (
            (zebras[zebra].asks if near_half else zebras[zebra].asks_far) == 1
            and needed < B_YIELD
            and uniform(desk[0].seed, vehicles[i].key, YIELD, zebra) < zebras[zebra].yield_share
        ):
            return False, -1
    if lanes[movement].has & HALFWAY != 0 and vehicles[i].by_stages == 0:
        vehicles[i].by_stages = goes_halfway(vehicles, lanes, i, movement, tick, desk)
    if lanes[movement].box > 0:
        who = no_room(vehicles, lanes, order, net, route, i, movement)
        if who >= 0 and vehicles[i].by_stages == 1 and vehicles[who].v >= V_WAITING:
            who = -1  # it will have gone on before one goes on from the middle
        if who >= 0 and uniform(desk[0].seed, vehicles[i].key, KEEP_CLEAR, movement) < desk[0].keep_clear:
            return False, who
    to_wait = waiting_point(vehicles, lanes, movement, i) > 0.0
    return may_cross(vehicles, lanes, order, net, route, conflicts, i, movement, distance, to_wait, tick, desk)


@compiled(inline=True)
def may_cross(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    route: Records,
    conflicts: Records,
    i: int,
    movement: int,
    distance: float,
    to_wait: bool,
    tick: int,
    desk: Records,
) -> "tuple[bool, int]":
    """Return whether the paths that cross a movement are free, and who prevents it.

    `to_wait`: only those before the point inside the junction at which one gives way. To one who does not look again,
    it is whoever did.
    """
    v = vehicles[i].v
    point = waiting_point(vehicles, lanes, movement, i)
    since = vehicles[i].may_enter if to_wait or point == 0.0 else vehicles[i].may_go
    if lanes[movement].conflict_at == lanes[movement].conflict_end:  # a crossing: no gap to look for
        return True, -1
    if v < V_AT_LINE and since < 0 and not looks(i, tick, desk[0].dt) and not turns_green(lanes, movement, tick):
        return False, vehicles[i].blocker
    mine = distance / (v if v > V_AT_LINE else V_AT_LINE)
    decided = False
    if v < V_AT_LINE and distance < AT_LINE:
        mine = 0.0
        decided = since >= 0 and (tick - since) * desk[0].dt <= STARTS_S
    patience = 1.0
    if vehicles[i].by_stages == 1:
        patience = HARDENED
    elif vehicles[i].standing >= 0:
        waited = ((tick - vehicles[i].standing) * desk[0].dt - IMPATIENT_S) / (HARDENED_S - IMPATIENT_S)
        if waited > 0.0:
            patience = 1.0 - (1.0 - HARDENED) * (waited if waited < 1.0 else 1.0)
    x = (0.0 if to_wait else point) - distance
    since_red = tick - int(SEEN_TO_WAIT / desk[0].dt)
    leaves = lanes[movement].light == RED and not to_wait and x >= 0.0
    taken = foes_taken(lanes, order, movement)
    for c in range(lanes[movement].conflict_at, lanes[movement].conflict_end):
        if x > conflicts[c].begin:  # who is in a common area can only leave it
            continue
        if to_wait and conflicts[c].begin >= point:
            continue
        foe = conflicts[c].foe
        who = -1
        if taken >> conflicts[c].bit & 1:
            goes_first = x >= 0.0 and conflicts[c].yields == 0  # two inside who both stand before it
            who = occupant(vehicles, lanes, order, conflicts[c], i, not to_wait, goes_first, since_red)
            if who >= 0 and x >= 0.0 and stands_before(vehicles, conflicts[c], who):
                who = -1 if waits_for(vehicles, who, i, tick, desk[0].dt) else who
            if who >= 0 and conflicts[c].yields == 0:
                area = conflicts[c].begin - x
                if gone_before(vehicles, lanes, conflicts[c], who, i, movement, area):
                    who = -1
        if who >= 0:
            if conflicts[c].yields == 0 and vehicles[who].v >= V_WAITING:
                vehicles[i].claims = tick
            return False, who
        source = lanes[foe].from_lane
        if lanes[source].count > 0 and sets_out(vehicles, lanes, order[lanes[source].order_at], source, desk[0].dt):
            who = enters_before(vehicles, lanes, order, i, distance, foe, conflicts[c].yields, desk)
            if who >= 0:
                return False, who
        gap = lanes[movement].gap * vehicles[i].gap_factor * patience - lateness(desk[0].dt)
        if conflicts[c].yields == 0 and v < V_SLOW and 0.5 * v * v <= B_COURTESY * (distance - SHORT_OF_LINE):
            guest = who_waits(vehicles, lanes, order, foe, conflicts[c].foe_begin)
            if guest >= 0 and lets_first(vehicles, desk, i, guest, tick):
                if vehicles[i].defers < 0:
                    vehicles[i].defers = tick
                return False, DEFERS
        if leaves and lanes[foe].light == GREEN and lanes[foe].switched > lanes[movement].switched:
            continue  # those who have green since one's own light is red let one go
        if conflicts[c].yields == 1 and not decided:
            way = conflicts[c].end - (0.0 if to_wait else point) + vehicles[i].length
            top = lanes[movement].limit
            if comes_first(
                vehicles, lanes, order, net, route, desk, conflicts[c], i, distance, way, top, mine, gap, tick
            ):
                return False, -1
    return True, -1


@compiled()
def permit_inside(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    route: Records,
    conflicts: Records,
    i: int,
    movement: int,
    distance: float,
    tick: int,
    desk: Records,
) -> "tuple[bool, int]":
    """Return whether vehicle i may go on from the waiting point inside a junction, `distance` [m] ahead."""
    v = vehicles[i].v
    if 0.5 * v * v >= B_LAST * (distance if distance > 0.1 else 0.1):
        return True, -1
    who = no_room(vehicles, lanes, order, net, route, i, movement)
    if who >= 0 and who != i:
        return False, who
    return may_cross(vehicles, lanes, order, net, route, conflicts, i, movement, distance, False, tick, desk)
