"""Move: everybody goes on by one tick, from lane to lane, past detectors, to targets and out of the area."""

from sim.kernel import compiled
from sim.kernel.junctions import no_room_behind
from sim.kernel.order import aim, fetch_soon, index_of, insert, last, list_busy, remove
from sim.kernel.state import (
    DETECTORS,
    DRIVING,
    FAR,
    GONE,
    HELD,
    LEFT,
    LOST,
    MIN_GAP,
    MISSED,
    NO_TARGET,
    NOT_PAST,
    OFF_LANE,
    PASS,
    PASSED,
    STOP,
    STOPPED,
    TAIL_LANES,
    TURN_IN,
    TURNED_IN,
    V_QUEUE,
    V_STANDING,
    Floats,
    Ints,
    Records,
)
from sim.kernel.taken import note

NEAR = 0.3  # [m] a stop point is reached this far before it
V_ROLLING = 3.0  # [m/s] who passes the stop point faster has missed it
PATIENCE = 4.0  # [s] a driver who cannot reach the lane for a turn drives on elsewhere [assumption]
INSISTS = 60.0  # [s] and so long does one whose way is given, or who is bound for the remote parking [assumption]
BUS_INSISTS = 120.0  # [s] and so long a bus before its stop [assumption]
BLOCKED = 60.0  # [s] and so does one who waits so long before a link with no room [assumption]


@compiled(inline=True)
def report(news: Ints, desk: Records, kind: int, who: int) -> None:
    """Write down something that Python must know."""
    n = desk[0].news
    news[n, 0] = kind
    news[n, 1] = who
    desk[0].news = n + 1


@compiled(inline=True)
def wished(vehicles: Records, lanes: Records, i: int, lane: int) -> float:
    """Return the speed [m/s] that a vehicle wishes for on a lane."""
    desired = lanes[lane].limit * vehicles[i].factor
    return desired if desired < vehicles[i].top else vehicles[i].top


@compiled(inline=True)
def note_held(lanes: Records, lane: int) -> None:
    """Note that somebody holds a lane from now on."""
    if lanes[lane].held == 0:
        lanes[lane].held = 2


@compiled(inline=True)
def settle(vehicles: Records, lanes: Records, i: int, lane: int) -> None:
    """Note what a lane means for a vehicle that has just come onto it: lane, and the speeds wished for."""
    me = vehicles[i]
    street = me.desired if me.street == 0.0 else float(me.street)
    wish = wished(vehicles, lanes, i, lane)
    if lanes[lane].segment >= 0:
        street = wish
    me.lane = lane
    me.rest = 0
    me.steers_to = 0.0
    me.desired = me.most if 0.0 < me.most < wish else wish
    me.street = street if me.desired < street else 0.0


@compiled(inline=True)
def forget_tail(vehicles: Records, i: int) -> None:
    """Note that a vehicle that has just come onto the road has no tail on a lane behind."""
    for hop in range(TAIL_LANES):
        vehicles[i].before[hop] = -1


@compiled(inline=True)
def detect(
    segments: Records, detectors: Records, passed: Floats, i: int, segment: int, x_from: float, x_to: float, tick: int
) -> None:
    """Note when a vehicle passed a detector during this tick, to the fraction of it."""
    for d in range(segments[segment].detector_at, segments[segment].detector_end):
        x = detectors[d].x
        if x_from < x <= x_to:
            passed[i, detectors[d].slot] = tick - (x_to - x) / (x_to - x_from)


@compiled(inline=True)
def reach_target(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    net: Ints,
    route: Records,
    news: Ints,
    desk: Records,
    i: int,
    lane: int,
) -> bool:
    """Act at the target; return whether the vehicle has left its lane.

    It is reached at its point, or by one who stands in the row before it, from `target_from` on. One that is only
    passed remains until Python has heard of it, or in that tick the driver would change lanes as if bound for nowhere.
    """
    mode = vehicles[i].target_mode
    x = vehicles[i].target_x
    if vehicles[i].x < x - NEAR and (vehicles[i].v >= V_STANDING or mode == PASS or lanes[lane].number > 0):
        return False
    if mode == PASS:
        if vehicles[i].x >= x:
            report(news, desk, PASSED, i)
        return False
    if lanes[lane].number == 0 and mode == STOP and vehicles[i].v < V_ROLLING:
        vehicles[i].target_mode = NO_TARGET
        vehicles[i].state = HELD
        vehicles[i].rest = 0
        vehicles[i].v = 0.0
        note_held(lanes, lane)
        if vehicles[i].x >= lanes[lane].length:
            vehicles[i].x = lanes[lane].length - 1e-6
        report(news, desk, STOPPED, i)
        return False
    if lanes[lane].number == 0 and mode == TURN_IN:
        vehicles[i].target_mode = NO_TARGET
        vehicles[i].state = OFF_LANE
        vehicles[i].v = 0.0
        remove(lanes, order, lane, index_of(lanes, order, lane, i))
        report(news, desk, TURNED_IN, i)
        return True
    if vehicles[i].x > x + NEAR:
        vehicles[i].target_mode = NO_TARGET
        aim(vehicles, lanes, segments, net, route, i)
        report(news, desk, MISSED, i)
    return False


@compiled(inline=True)
def advance_lane(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    net: Ints,
    route: Records,
    detectors: Records,
    passed: Floats,
    news: Ints,
    desk: Records,
    lane: int,
    tick: int,
) -> None:
    """Move the vehicles of one lane, the foremost first; nobody comes nearer than MIN_GAP to the one ahead."""
    dt = desk[0].dt
    here = lanes[lane]
    segment = here.segment
    wall = here.tail_x
    here.rears = 0
    seen = here.has & DETECTORS != 0
    desk[0].updates += here.count
    k = int(here.still)
    if k > 0:
        i = order[here.order_at + k - 1]
        wall = vehicles[i].x - vehicles[i].length
    while k < here.count:
        i = order[here.order_at + k]
        me = vehicles[i]
        if me.state == HELD:
            me.rest = 2
        elif me.rest != 0 and me.target_mode == NO_TARGET:
            me.rest = 2
            if me.standing < 0:
                me.standing = tick
            if me.x > wall - MIN_GAP:
                desk[0].clamps += 1
        else:
            v = me.v
            a = me.acceleration
            after = v + a * dt
            if after < 0.0:
                step = -0.5 * v * v / a
                after = 0.0
            else:
                step = 0.5 * (v + after) * dt
            before = me.x
            x = before + step
            if x > wall - MIN_GAP:
                x = wall - MIN_GAP
                if x < before:
                    x = before
                after = 0.0
                desk[0].clamps += 1
            if me.target_mode == STOP and me.target_segment == segment and here.number == 0 and after < V_ROLLING:
                point = me.target_x - NEAR
                if before < point < x:  # comes to a stand there, however far the tick reaches
                    x = point
            me.x = x
            me.v = after
            if me.rest != 0:
                me.rest = 2
            since = me.standing
            since = tick if since < 0 and after < V_STANDING else since
            me.standing = -1 if after >= V_QUEUE else since
            if seen:
                detect(segments, detectors, passed, i, segment, before, x, tick)
            if (
                me.target_mode != NO_TARGET
                and me.target_segment == segment
                and x >= me.target_from
                and reach_target(vehicles, lanes, order, segments, net, route, news, desk, i, lane)
            ):
                continue
        wall = me.x - me.length
        k += 1
    if wall < 0.0:
        here.rears = 1


@compiled(inline=True)
def note_tail(lanes: Records, desk: Records, lane: int, i: int, rear: float, v: float) -> None:
    """Note that vehicle i's rear end, at `rear` [m], is on a lane that its front has left."""
    if lanes[lane].tail_x == FAR:
        lanes[lane].next_tail = desk[0].tails
        desk[0].tails = lane
    lanes[lane].tail_x = rear
    lanes[lane].tail_v = v
    lanes[lane].tail_who = i


@compiled(inline=True)
def forget_tails(lanes: Records, desk: Records) -> None:
    """Forget all tails."""
    lane = desk[0].tails
    while lane >= 0:
        lanes[lane].tail_x = FAR
        lane = lanes[lane].next_tail
    desk[0].tails = -1


@compiled()
def leave(
    vehicles: Records, lanes: Records, order: Ints, news: Ints, desk: Records, i: int, lane: int, tick: int
) -> None:
    """Let the foremost vehicle of a lane drive out of the area."""
    beyond = vehicles[i].x - lanes[lane].length
    vehicles[i].left = tick - (beyond / vehicles[i].v / desk[0].dt if vehicles[i].v > 0.0 else 0.0)
    vehicles[i].state = GONE
    remove(lanes, order, lane, 0)
    if vehicles[i].reported == 1:
        report(news, desk, LEFT, i)


@compiled()
def hold_back(vehicles: Records, lanes: Records, order: Ints, lane: int, wall: float) -> None:
    """Keep the foremost vehicle of a lane before a wall, and those behind, who have moved by now, clear of it."""
    lanes[lane].rears = 1
    lanes[lane].still = 0
    for k in range(lanes[lane].order_at, lanes[lane].order_at + lanes[lane].count):
        me = vehicles[order[k]]
        if me.x < wall:
            return
        me.x = wall - 1e-6 if wall > 1e-6 else 0.0
        me.v = 0.0
        me.rest = 0
        wall = me.x - me.length


@compiled(inline=True)
def hand_over(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    net: Ints,
    route: Records,
    detectors: Records,
    passed: Floats,
    news: Ints,
    desk: Records,
    i: int,
    lane: int,
    ahead: int,
    tick: int,
) -> bool:
    """Move the foremost vehicle of a lane onto the next one; return whether there was room."""
    x = vehicles[i].x - lanes[lane].length
    j = last(lanes, order, ahead)
    wall = vehicles[j].x - vehicles[j].length if j >= 0 else lanes[ahead].tail_x
    if x > wall - MIN_GAP:
        x = wall - MIN_GAP
        desk[0].clamps += 1
        if x < 0.0:
            hold_back(vehicles, lanes, order, lane, lanes[lane].length)
            return False
        v_ahead = vehicles[j].v if j >= 0 else lanes[ahead].tail_v
        vehicles[i].v = v_ahead if v_ahead < vehicles[i].v else vehicles[i].v
    if not insert(lanes, order, ahead, lanes[ahead].count, i):
        hold_back(vehicles, lanes, order, lane, lanes[lane].length)
        return False
    remove(lanes, order, lane, 0)
    if (
        lanes[lane].segment >= 0
        and vehicles[i].target_mode != NO_TARGET
        and vehicles[i].target_segment == lanes[lane].segment
    ):
        if vehicles[i].target_mode != PASS or vehicles[i].x < vehicles[i].target_x:  # else it was passed in this tick
            report(news, desk, MISSED, i)
        vehicles[i].target_mode = NO_TARGET
    vehicles[i].x = x
    note_tail(lanes, desk, lane, i, lanes[lane].length + x - vehicles[i].length, vehicles[i].v)
    lanes[ahead].rears = 1
    for hop in range(TAIL_LANES - 1, 0, -1):
        vehicles[i].before[hop] = vehicles[i].before[hop - 1]
    vehicles[i].before[0] = lane
    settle(vehicles, lanes, i, ahead)
    segment = lanes[ahead].segment
    if segment >= 0:
        vehicles[i].leg += 1
        vehicles[i].defers = -1
        vehicles[i].by_stages = 0
        aim(vehicles, lanes, segments, net, route, i)
        if lanes[ahead].has & DETECTORS != 0:
            detect(segments, detectors, passed, i, segment, -1e-9, x, tick)
        if (
            vehicles[i].target_mode != NO_TARGET
            and vehicles[i].target_segment == segment
            and x >= vehicles[i].target_from
        ):
            reach_target(vehicles, lanes, order, segments, net, route, news, desk, i, ahead)
    return True


@compiled(inline=True)
def note_past(lanes: Records, desk: Records, lane: int) -> None:
    """Note that one who has come onto a lane in this tick is past its end already."""
    if lanes[lane].next_past == NOT_PAST:
        lanes[lane].next_past = desk[0].past
        desk[0].past = lane


@compiled(inline=True)
def gives_up(
    vehicles: Records, lanes: Records, order: Ints, net: Ints, desk: Records, i: int, lane: int, tick: int
) -> bool:
    """Return whether the foremost vehicle of a lane looks for another way: in the wrong lane, or before a full link.

    Whose way is given keeps to it before a full link, and insists for longer in the wrong lane.
    """
    me = vehicles[i]
    segment = lanes[lane].segment
    if segment < 0 or me.standing < 0 or me.state != DRIVING or lanes[lane].length - me.x > 5.0:
        return False
    stood = tick - me.standing
    movement = me.way
    if movement == -1:
        return stood > 0 and stood % int((INSISTS if me.foresight > 0.0 else PATIENCE) / desk[0].dt) == 0
    if me.foresight > 0.0 or movement < 0 or stood == 0 or stood % int(BLOCKED / desk[0].dt) != 0:
        return False
    return no_room_behind(vehicles, lanes, order, net, i, movement) >= 0


@compiled(inline=True)
def pass_ends(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    net: Ints,
    route: Records,
    detectors: Records,
    passed: Floats,
    news: Ints,
    desk: Records,
    lane: int,
    tick: int,
) -> None:
    """Hand the vehicles that are past a lane's end over to the next lane, or out of the area."""
    while lanes[lane].count > 0:
        i = order[lanes[lane].order_at]
        if vehicles[i].x < lanes[lane].length:
            if gives_up(vehicles, lanes, order, net, desk, i, lane, tick):
                report(news, desk, LOST, i)
            return
        ahead = lanes[lane].to_lane if lanes[lane].segment < 0 else vehicles[i].way
        if ahead == -2:
            leave(vehicles, lanes, order, news, desk, i, lane, tick)
            continue
        if ahead == -1:
            hold_back(vehicles, lanes, order, lane, lanes[lane].length)
            return
        if not hand_over(
            vehicles, lanes, order, segments, net, route, detectors, passed, news, desk, i, lane, ahead, tick
        ):
            return
        if vehicles[i].lane == ahead and vehicles[i].x >= lanes[ahead].length:
            note_past(lanes, desk, ahead)


@compiled(inline=True)
def note_tails(
    vehicles: Records, lanes: Records, order: Ints, desk: Records, busy: Ints, count: int, tick: int
) -> bool:
    """Note, for every lane, rear ends of vehicles whose fronts have left it; return whether anybody ran onto one.

    `busy` lists the lanes that somebody is on; no lane has a tail noted yet.
    """
    onto = False
    for b in range(count):
        lane = busy[b]
        if lanes[lane].segment < 0:
            note(lanes, order, lane, tick)
        if lanes[lane].rears == 0:
            continue
        at = lanes[lane].order_at
        for k in range(lanes[lane].count - 1, -1, -1):
            i = order[at + k]
            rear = vehicles[i].x - vehicles[i].length
            if rear >= 0.0:
                break
            for hop in range(TAIL_LANES):
                behind = vehicles[i].before[hop]
                if behind < 0 or rear >= 0.0:
                    break
                rear += lanes[behind].length
                if rear < lanes[behind].tail_x:
                    note_tail(lanes, desk, behind, i, rear, vehicles[i].v)
                    note(lanes, order, behind, tick)
                    if lanes[behind].count > 0 and vehicles[order[lanes[behind].order_at]].x > rear:
                        onto = True
    return onto


@compiled()
def keep_apart(vehicles: Records, lanes: Records, order: Ints, busy: Ints, count: int) -> bool:
    """Hold back those who ran onto a tail beyond, whose owner was stopped short after they had moved.

    Return whether anybody was: that may concern those behind them.
    """
    anybody = False
    for b in range(count):
        lane = busy[b]
        wall = lanes[lane].tail_x if lanes[lane].tail_x > 0.0 else 0.0
        if vehicles[order[lanes[lane].order_at]].x > wall:
            hold_back(vehicles, lanes, order, lane, wall)
            anybody = True
    return anybody


@compiled()
def move(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    net: Ints,
    route: Records,
    detectors: Records,
    passed: Floats,
    news: Ints,
    desk: Records,
    busy: Ints,
    count: int,
    tick: int,
) -> int:
    """Move every vehicle by one tick; `busy` lists the lanes they are on, anew afterwards: return how many."""
    patience = int(PATIENCE / desk[0].dt)
    ends = 0  # of `busy`, those whose foremost vehicle is past the end or waits before it
    for b in range(count):
        lane = busy[b]
        fetch_soon(vehicles, lanes, order, busy, count, b, 1)
        advance_lane(vehicles, lanes, order, segments, net, route, detectors, passed, news, desk, lane, tick)
        if lanes[lane].count == 0:
            continue
        head = vehicles[order[lanes[lane].order_at]]
        if head.x >= lanes[lane].length or (head.standing >= 0 and (tick - head.standing) % patience == 0):
            busy[ends] = lane
            ends += 1
    for b in range(ends):
        pass_ends(vehicles, lanes, order, segments, net, route, detectors, passed, news, desk, busy[b], tick)
    while desk[0].past >= 0:  # a lane shorter than what is driven in one tick
        lane = desk[0].past
        desk[0].past = lanes[lane].next_past
        lanes[lane].next_past = NOT_PAST
        if lanes[lane].count > 0 and vehicles[order[lanes[lane].order_at]].x >= lanes[lane].length:
            pass_ends(vehicles, lanes, order, segments, net, route, detectors, passed, news, desk, lane, tick)
    count = list_busy(lanes, order, busy)
    forget_tails(lanes, desk)
    while note_tails(vehicles, lanes, order, desk, busy, count, tick) and keep_apart(
        vehicles, lanes, order, busy, count
    ):
        forget_tails(lanes, desk)
    return count
