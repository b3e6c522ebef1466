"""Decide: every vehicle's acceleration from the frozen state, before anybody moves."""

from sim.kernel import compiled
from sim.kernel.areas import (
    BEFORE_AREA,
    ROLLED_ON,
    SEEN_TO_WAIT,
    area_ahead,
    may_be_late,
    note_taken,
    settle_ties,
    too_late,
    waiting_point,
)
from sim.kernel.curb import V_OUT, V_OUT_BUS
from sim.kernel.following import (
    B_STOP,
    approach_speed,
    arrival_speed,
    behind,
    composed,
    following,
    free_acceleration,
    short_of,
)
from sim.kernel.junctions import AT_LINE, DEFERS, near, permit, permit_inside, stays_at_red
from sim.kernel.lean import fetch
from sim.kernel.order import MANY, SOON, fetch_soon, last, successor
from sim.kernel.passing import heed_passers
from sim.kernel.state import (
    B_COURTESY,
    B_EMERGENCY,
    BUS,
    FAR,
    HELD,
    MOST_STILL,
    NO_TARGET,
    OVER,
    PARKED,
    STOP,
    TIES,
    TURN_IN,
    V_WAITING,
    Ints,
    Records,
)
from sim.kernel.taken import forget_taken

HORIZON = 30.0  # [m] how far a driver looks beyond the braking distance [assumption]
STOP_SHORT = 0.5  # [m] how far before a stop line the front comes to rest [assumption]
TURN_ZONE = 60.0  # [m] before a turn, from here on a driver slows down for it [assumption]
V_AT_STOP = 0.4  # [m/s] at which a driver comes to the stop point, to stand there a tick later [assumption]
FRICTION = 1.4  # time gap beside parked cars: takes 10 % off a lane's saturation flow (HCM 2016, eq. 19-11)
WAITS_BESIDE = 0.8  # [m] before the stop point one who insists waits for a gap in the lane beside [assumption]
V_STILL = 0.01  # [m/s] who is slower and does not gain comes to a stand, but for a place to get to [assumption]
A_MOVES = 0.1  # [m/s2] and does not move off again for less, or for less than half of what he can [assumption]
V_SEARCH = 4.0  # [m/s] speed of one who looks for a gap beside the berth [assumption]


@compiled(inline=True)
def capped(v: float, allowed: float, dt: float, wanted: float) -> float:
    """Return the acceleration [m/s2] that keeps the next speed at or below an allowed one."""
    limit = (allowed - v) / dt
    return limit if limit < wanted else wanted


@compiled()
def heed_waiting_point(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    route: Records,
    conflicts: Records,
    desk: Records,
    i: int,
    lane: int,
    tick: int,
    wanted: float,
    blocker: int,
) -> "tuple[float, int, bool]":
    """Return vehicle i's acceleration [m/s2] on a movement, who stops it, and whether it waits inside the junction.

    Everybody looks anew there, not only the first of those who follow each other through.
    """
    me = vehicles[i]
    distance = lanes[lane].wait_x - me.x
    if distance < -ROLLED_ON:
        return wanted, blocker, False
    go, who = permit_inside(vehicles, lanes, order, net, route, conflicts, i, lane, distance, tick, desk)
    if go:
        if me.may_go < 0:
            me.may_go = tick
        return wanted, blocker, False
    me.may_go = -1
    tried = behind(vehicles, i, distance + me.s0, 0.0)
    if distance > 0.0:
        tried = short_of(vehicles, i, distance, desk[0].dt, tried)
    if tried < wanted:
        return tried, who, True
    return wanted, blocker, True


@compiled(inline=True)
def come_to_stand(v: float, a: float, dt: float, target_mode: int, wanted: float) -> float:
    """Return the acceleration [m/s2] of one slower than V_STILL: he comes to a stand in mid-tick, or stays at one.

    The IDM would come up to the gap it wishes for without ever reaching it.
    """
    least = A_MOVES if 0.5 * a > A_MOVES else 0.5 * a
    if target_mode == NO_TARGET and wanted < (least if v == 0.0 else 0.0):
        return -2.0 * v / dt
    return wanted


@compiled(inline=True)
def turn_limit(lanes: Records, net: Ints, lane: int, choice: int) -> float:
    """Return the speed limit [m/s] on the way to a successor from the lane beside that leads there; FAR: none does."""
    beside = lane - lanes[lane].number
    while beside < lanes.size and lanes[beside].segment == lanes[lane].segment:
        movement = net[lanes[beside].via_at + choice]
        if movement >= 0:
            return lanes[movement].limit
        beside += 1
    return FAR


@compiled(inline=True)
def look_ahead(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    net: Ints,
    route: Records,
    conflicts: Records,
    zebras: Records,
    desk: Records,
    i: int,
    lane: int,
    tick: int,
    wanted: float,
) -> "tuple[float, int]":
    """Return the acceleration [m/s2] of a lane's foremost vehicle, given all that lies beyond, and who stops it.

    Who does is noted once all is known: those who do not look again are told who did before.
    """
    me = vehicles[i]
    blocker = -1
    v = me.v
    dt = desk[0].dt
    distance = lanes[lane].length - me.x
    shut = False  # one who stands behind a rear end that is still on the lane cannot go, whoever would let him
    if lanes[lane].tail_x < FAR:
        shut = lanes[lane].tail_v < V_WAITING and lanes[lane].tail_x - me.x < AT_LINE
        tried = behind(vehicles, i, lanes[lane].tail_x - me.x, lanes[lane].tail_v)
        if tried < wanted:
            wanted = tried
            blocker = lanes[lane].tail_who
    reach = 0.5 * v * v / me.b + HORIZON
    legs = 0  # so many further on
    at_own_lane = True
    if lanes[lane].segment < 0 and waiting_point(vehicles, lanes, lane, i) > 0.0:
        wanted, blocker, waits = heed_waiting_point(
            vehicles, lanes, order, net, route, conflicts, desk, i, lane, tick, wanted, blocker
        )
        if waits:
            return wanted, blocker
    while distance < reach:
        if lanes[lane].segment < 0:
            ahead = lanes[lane].to_lane
            legs += 1
        else:
            if at_own_lane:
                ahead = me.way
            else:
                choice = successor(vehicles, segments, net, route, i, me.leg + legs)
                ahead = -2
                if choice >= 0:
                    ahead = net[lanes[lane].via_at + choice]
            if ahead == -2 or (ahead == -1 and not at_own_lane):
                break
            go = False
            who = -1
            stop = distance - STOP_SHORT
            line = distance
            if ahead >= 0:
                go, who = permit(vehicles, lanes, order, net, route, conflicts, zebras, desk, i, ahead, distance, tick)
            if go and waiting_point(vehicles, lanes, ahead, i) > 0.0:
                stop = distance + lanes[ahead].wait_x
                line = stop
                go, who = permit_inside(vehicles, lanes, order, net, route, conflicts, i, ahead, stop, tick, desk)
            if go and near(distance, v) and (v > 0.0 or wanted > 0.0):
                area, by = area_ahead(vehicles, lanes, order, net, route, conflicts, i, ahead, -distance)
                if by >= 0:
                    go = False
                    who = by
                    stop = area - BEFORE_AREA
                    line = area
            if at_own_lane:
                if shut or (not go and who != DEFERS):
                    me.may_go = -1
                elif me.may_go < 0:
                    me.may_go = tick
                if shut or (not go and who != DEFERS and stop < distance):
                    me.may_enter = -1
                elif me.may_enter < 0:
                    me.may_enter = tick
            if not go:
                tried = short_of(vehicles, i, line, dt, behind(vehicles, i, stop + me.s0, 0.0))
                if tried < wanted:
                    wanted = tried
                    blocker = who if who >= 0 else -1
                if stop < distance:
                    break
        at_own_lane = False
        if me.target_mode >= STOP and lanes[ahead].segment == me.target_segment and lanes[ahead].number == 0:
            v_there = me.target_v if me.target_mode == TURN_IN else V_AT_STOP
            wanted = capped(v, arrival_speed(v, distance + me.target_x, v_there, me.b, dt), dt, wanted)
        limit = lanes[ahead].limit * me.factor
        if limit < v:
            wanted = capped(v, approach_speed(distance, limit, me.b), dt, wanted)
        if lanes[ahead].segment >= 0 and distance + lanes[ahead].length < reach:
            choice = successor(vehicles, segments, net, route, i, me.leg + legs)
            if choice >= 0 and net[lanes[ahead].via_at + choice] < 0:  # a pocket leads on, into which one changes there
                limit = turn_limit(lanes, net, ahead, choice) * me.factor
                b = me.b if me.b < B_STOP else B_STOP
                wanted = capped(v, approach_speed(distance + lanes[ahead].length, limit, b), dt, wanted)
        j = last(lanes, order, ahead)
        if j >= 0:
            tried = behind(vehicles, i, distance + vehicles[j].x - vehicles[j].length, vehicles[j].v)
            if tried < wanted:
                wanted = tried
                blocker = j
            break
        if lanes[ahead].tail_x < FAR:
            tried = behind(vehicles, i, distance + lanes[ahead].tail_x, lanes[ahead].tail_v)
            if tried < wanted:
                wanted = tried
                blocker = lanes[ahead].tail_who
        distance += lanes[ahead].length
        lane = ahead
    return wanted, blocker


@compiled(inline=True)
def heed_target(vehicles: Records, lanes: Records, dt: float, i: int, lane: int, wanted: float) -> float:
    """Return the acceleration [m/s2] with which a driver comes to the stop point or turns into the bay."""
    mode = vehicles[i].target_mode
    distance = vehicles[i].target_x - vehicles[i].x
    if distance < -2.0:
        return wanted
    v = vehicles[i].v
    b = vehicles[i].b
    if lanes[lane].number != 0:
        if vehicles[i].insists == 1:
            return capped(v, arrival_speed(v, distance - WAITS_BESIDE, 0.0, b, dt), dt, wanted)
        return capped(v, arrival_speed(v, distance, V_SEARCH, b, dt), dt, wanted)
    if mode == TURN_IN:
        return capped(v, arrival_speed(v, distance, vehicles[i].target_v, b, dt), dt, wanted)
    return capped(v, arrival_speed(v, distance, V_AT_STOP, b, dt), dt, wanted)


@compiled(inline=True)
def foremost_goes(vehicles: Records, lanes: Records, order: Ints, lane: int) -> int:
    """Return the movement that the foremost vehicle of a lane takes at its end; below 0 if there is none."""
    return vehicles[order[lanes[lane].order_at]].way if lanes[lane].segment >= 0 else -1


@compiled(inline=True)
def fetch_ways_on(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    conflicts: Records,
    busy: Ints,
    count: int,
    b: int,
) -> None:
    """Have what lies beyond the ends of the lanes that a walk over `busy` comes to soon brought in, too."""
    if count <= MANY or b + SOON // 2 >= count:
        return
    m = foremost_goes(vehicles, lanes, order, busy[b + SOON // 2])
    if m >= 0:
        fetch(lanes, m, 0)
        fetch(lanes, m, 1)
    m = foremost_goes(vehicles, lanes, order, busy[b + SOON // 4])
    if m >= 0:
        fetch(lanes, lanes[m].to_lane, 0)
        c = lanes[m].conflict_at
        for line in range(3):
            fetch(conflicts, c, line)


@compiled()
def decide(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    net: Ints,
    route: Records,
    conflicts: Records,
    zebras: Records,
    desk: Records,
    busy: Ints,
    count: int,
    tick: int,
) -> None:
    """Set every driving vehicle's acceleration; `busy` lists the lanes that somebody is on, `count` of them."""
    dt = desk[0].dt
    desk[0].passing = 0
    desk[0].entering = -1
    forget_taken(lanes, order, tick)
    desk[0].looks_beyond = 1 if tick % max(int(SEEN_TO_WAIT / dt), 1) == 0 else 0
    for b in range(count):
        lane = busy[b]
        here = lanes[lane]
        fetch_soon(vehicles, lanes, order, busy, count, b, 2)
        fetch_ways_on(vehicles, lanes, order, conflicts, busy, count, b)
        segment = here.segment
        length = here.length
        inside = segment < 0 and here.conflict_at < here.conflict_end
        # The vehicle ahead on this lane: its rear end and speed.
        rear = 0.0
        v_ahead = 0.0
        ahead = -1
        still = False  # whether it has not moved since everybody decided last
        here.held = 0
        passers = here.has & OVER != 0
        if passers:
            there = lanes[segments[segment].opposite].segment
            passers = lanes[segments[segment].over].count + lanes[segments[there].over].count > 0
        if here.still > 0:
            if passers or not stays_at_red(vehicles, lanes, desk, order[here.order_at], lane, tick):
                here.still = 0
            else:
                ahead = order[here.order_at + here.still - 1]
                still = True
                rear = vehicles[ahead].x - vehicles[ahead].length
        for k in range(here.order_at + here.still, here.order_at + here.count):
            i = order[k]
            me = vehicles[i]
            x = me.x
            v = me.v
            rested = me.rest == 2
            if me.state == HELD:
                me.acceleration = 0.0
                me.blocker = -1
                here.held = 1
            elif (
                rested
                and me.yields_to < 0
                and not passers
                and (
                    (still and me.blocker == ahead)
                    or (ahead < 0 and stays_at_red(vehicles, lanes, desk, i, lane, tick))
                )
            ):
                # Nothing has changed for it.
                if here.order_at + here.still == k and me.target_mode == NO_TARGET and here.still < MOST_STILL:
                    here.still += 1
            else:
                free = free_acceleration(v, me.desired, me.a, me.b)
                if ahead >= 0:
                    headway = me.headway
                    if here.has & PARKED != 0 and segments[segment].parked_to > x >= segments[segment].parked_from:
                        headway *= FRICTION
                    wanted = following(me, free, rear - x, v_ahead, headway)
                    wanted = composed(wanted, v, rear - x, v_ahead, me.b, me.s0)
                    blocker = ahead
                    if segment < 0 and waiting_point(vehicles, lanes, lane, i) > 0.0:
                        wanted, blocker, _ = heed_waiting_point(
                            vehicles, lanes, order, net, route, conflicts, desk, i, lane, tick, wanted, blocker
                        )
                    if segment >= 0 and me.way >= 0 and here.length - x < TURN_ZONE:
                        limit = lanes[me.way].limit * me.factor
                        if limit < v:
                            wanted = capped(v, approach_speed(here.length - x, limit, me.b), dt, wanted)
                else:
                    wanted, blocker = look_ahead(
                        vehicles, lanes, order, segments, net, route, conflicts, zebras, desk, i, lane, tick, free
                    )
                me.blocker = blocker
                if inside and me.backed == 1 and wanted > 0.0:
                    wanted = 0.0
                if inside and (v > 0.0 or wanted > 0.0):
                    area, who = area_ahead(vehicles, lanes, order, net, route, conflicts, i, lane, x)
                    if who >= 0:
                        tried = behind(vehicles, i, area - BEFORE_AREA + me.s0, 0.0)
                        tried = short_of(vehicles, i, area, dt, tried)
                        if tried < wanted:
                            wanted = tried
                            me.blocker = who
                if passers:
                    wanted = heed_passers(vehicles, lanes, order, segments, dt, i, segment, here.number, wanted)
                if me.target_mode >= STOP and me.target_segment == segment and not (passers and here.number > 0):
                    wanted = heed_target(vehicles, lanes, dt, i, lane, wanted)
                if x < me.steers_to:
                    wanted = capped(v, V_OUT_BUS if me.kind == BUS else V_OUT, dt, wanted)
                if me.yields_to >= 0:
                    guest = vehicles[me.yields_to]
                    if tick > me.yields_until or lanes[guest.lane].segment != segment or guest.x < x:
                        me.yields_to = -1
                    else:
                        held = behind(vehicles, i, guest.x - guest.length - x, guest.v)
                        if held < -B_COURTESY:
                            held = -B_COURTESY
                        if held < wanted:
                            wanted = held
                me.rest = 0
                if v < V_STILL and segment >= 0 and not passers:
                    wanted = come_to_stand(v, me.a, dt, me.target_mode, wanted)
                    if v == 0.0 and (wanted < 0.0 or (wanted == 0.0 and me.target_mode == NO_TARGET)):
                        me.rest = 1
                me.acceleration = wanted if wanted > -B_EMERGENCY else -B_EMERGENCY
                enters = here.has & TIES != 0 and (v > 0.0 or wanted > 0.0)
                if may_be_late(v, me.acceleration, length - x, dt):
                    note_taken(vehicles, lanes, order, segments, net, i, lane, dt, tick)
                    if segment >= 0 and me.way >= 0 and too_late(vehicles, i, length - x, dt):
                        enters = lanes[me.way].has & TIES != 0
                if enters:
                    me.entering = desk[0].entering
                    desk[0].entering = i
            ahead = i
            still = rested
            rear = x - me.length
            v_ahead = v
        if passers or (here.held == 1 and here.has & OVER != 0):
            desk[0].passing = 1
    settle_ties(vehicles, lanes, order, net, route, conflicts, desk)
