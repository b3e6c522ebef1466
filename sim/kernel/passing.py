"""Passing over the opposite lane, where a street has one lane each way and somebody holds ours.

Who passes drives on a lane of its own that lies on the opposite one (`SEGMENT.over`), in the coordinates of its own
direction. Nobody sets out unless the opposite lane is clear for as long as it takes and there is room to come back;
once out, those oncoming stop short of where it comes back, and those beside let it in. So nobody meets head-on.
"""

from math import sqrt

from sim.kernel import compiled
from sim.kernel.following import B_AHEAD, behind, short_of
from sim.kernel.gaps import first_behind
from sim.kernel.moving import note_held, settle
from sim.kernel.order import insert, note_way, position_of, remove
from sim.kernel.state import DRIVING, HELD, STOP, V_STANDING, Ints, Records

ROOM = 2.0  # [m] between the row and the rear end of one who has passed it [assumption]
SHORT = 1.0  # [m] those oncoming stop short of where one comes back [assumption]
CLEAR = 1.1  # [m] behind where one comes back everybody stands, a little more than the room it wants there
NEAR = 25.0  # [m] behind the row one sets out to pass it [assumption]
HOLE = 15.0  # [m] beyond a vehicle's own length: a shorter gap in a row is passed, too [assumption]
END = 10.0  # [m] before a junction or crossing everybody is back [assumption]
START = 30.0  # [m] from where those oncoming come into the street, nobody comes back nearer [assumption]
V_PASSING = 8.0  # [m/s] nobody passes faster [assumption]
V_ONCOMING = 4.0  # [m/s] slower traffic may come as fast as that [assumption]
SPARE = 3.0  # [s] between coming back and the next one oncoming [assumption] 2-4 s


@compiled(inline=True)
def passing_time(v: float, a: float, v_most: float, distance: float) -> float:
    """Return how long [s] it takes to go a distance [m] from speed v, gaining speed by a up to v_most."""
    if v > v_most:
        v = v_most
    gaining = 0.5 * (v_most * v_most - v * v) / a
    if gaining >= distance:
        return (sqrt(v * v + 2.0 * a * distance) - v) / a
    return (v_most - v) / a + (distance - gaining) / v_most


@compiled(inline=True)
def stays(vehicles: Records, j: int, segment: int) -> bool:
    """Return whether a vehicle belongs to a row: it holds the lane, or stands and waits to stop there."""
    him = vehicles[j]
    if him.state == HELD:
        return True
    return him.v < V_STANDING and him.target_mode >= STOP and him.target_segment == segment


@compiled()
def end_of_row(
    vehicles: Records, lanes: Records, order: Ints, lane: int, k: int, hole: float
) -> "tuple[int, float, float]":
    """Return the index of the foremost of the row ahead of index k, its front and where the room beyond ends [m].

    The index is k if nobody ahead belongs to a row. A gap shorter than `hole` [m] before the next who stays is none.
    """
    at = lanes[lane].order_at
    segment = lanes[lane].segment
    head = k
    room_end = lanes[lane].length - END
    front = 0.0
    for n in range(k - 1, -1, -1):
        j = order[at + n]
        rear = vehicles[j].x - vehicles[j].length
        if (head < k and rear - front > hole) or not stays(vehicles, j, segment):
            return head, front, rear if rear < room_end else room_end
        head = n
        front = vehicles[j].x
    return head, front, lanes[lane].tail_x if lanes[lane].tail_x < room_end else room_end


@compiled()
def is_clear(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    segments: Records,
    i: int,
    segment: int,
    returns_x: float,
    lasts: float,
    at_least: float,
) -> bool:
    """Return whether the opposite lane is free from behind vehicle i to where it comes back, for `lasts` s.

    That place must be `at_least` so far [m] from where the opposite lane begins.
    """
    here = segments[segment]
    opposite = here.opposite
    other = segments[lanes[opposite].segment]
    far = here.mirror - returns_x - SHORT
    near = here.mirror - vehicles[i].x + vehicles[i].length
    if far < at_least or near > lanes[opposite].length or lanes[other.over].count > 0:
        return False
    if lanes[opposite].tail_x < near + SHORT:
        return False
    at = lanes[opposite].order_at
    for k in range(lanes[opposite].count):
        j = order[at + k]
        if vehicles[j].x <= far:
            break
        if vehicles[j].x - vehicles[j].length < near + SHORT:
            return False
    j, distance = first_behind(vehicles, lanes, order, net, opposite, far)
    if j < 0 or vehicles[j].state == HELD:
        return True
    v = vehicles[j].v
    return distance >= (lasts + SPARE) * (v if v > V_ONCOMING else V_ONCOMING)


@compiled()
def can_turn_round(vehicles: Records, lanes: Records, order: Ints, net: Ints, segments: Records, i: int) -> bool:
    """Hold the opposite lane for a vehicle that turns round in three points, if nobody comes there; return whether.

    While it lasts the vehicle stands across both lanes: it holds its own, and its shadow holds the opposite one.
    """
    me = vehicles[i]
    segment = lanes[me.lane].segment
    opposite = segments[segment].opposite
    x = segments[segment].mirror - me.x + me.length
    if x - me.length < SHORT or x + SHORT > lanes[opposite].length or lanes[segments[segment].over].count > 0:
        return False
    if not is_clear(vehicles, lanes, order, net, segments, i, segment, me.x, me.out_gap - SPARE, SHORT):
        return False
    shadow = me.shadow
    k = position_of(vehicles, lanes, order, opposite, x)
    if not insert(lanes, order, opposite, k, shadow):
        return False
    vehicles[shadow].x = x
    vehicles[shadow].v = 0.0
    vehicles[shadow].acceleration = 0.0
    vehicles[shadow].length = me.length
    vehicles[shadow].state = HELD
    vehicles[shadow].rest = 0
    note_held(lanes, opposite)
    vehicles[shadow].lane = opposite
    return True


@compiled()
def set_out(
    vehicles: Records, lanes: Records, order: Ints, net: Ints, segments: Records, lane: int, k: int, tick: int
) -> bool:
    """Let the vehicle at index k set out to pass the row ahead, if it may; return whether it has left its lane."""
    i = order[lanes[lane].order_at + k]
    me = vehicles[i]
    segment = lanes[lane].segment
    if me.state != DRIVING or me.x < me.length:
        return False
    head, front, room_end = end_of_row(vehicles, lanes, order, lane, k, me.length + HOLE)
    if head == k:
        return False
    ahead = vehicles[order[lanes[lane].order_at + k - 1]]
    if ahead.x - ahead.length - me.x > NEAR:
        return False
    over = segments[segment].over
    at = lanes[over].order_at
    returns_x = front + ROOM + me.length
    for n in range(lanes[over].count):  # those who passed before need room, too
        j = order[at + n]
        if vehicles[j].x - vehicles[j].length < me.x + me.s0 + me.v or vehicles[j].returns_x < returns_x - SHORT:
            return False  # too near, or it comes back first, into the row that was to be passed
        room_end -= vehicles[j].length + ROOM
    if returns_x + me.s0 + SHORT > room_end:
        return False
    v_most = me.desired if me.desired < V_PASSING else V_PASSING
    stops_x = returns_x + SHORT + 0.5 * v_most * v_most / me.b
    if me.target_mode >= STOP and me.target_segment == segment and me.target_x < stops_x:
        return False  # it wants to stop before it could
    lasts = passing_time(me.v, me.a, v_most, returns_x - me.x)
    if not is_clear(vehicles, lanes, order, net, segments, i, segment, returns_x, lasts, START):
        return False
    if not insert(lanes, order, over, lanes[over].count, i):
        return False
    remove(lanes, order, lane, k)
    me.returns_x = returns_x
    me.changed = tick
    settle(vehicles, lanes, i, over)
    note_way(vehicles, lanes, net, i)
    if me.desired > v_most:
        if me.street == 0.0:
            me.street = me.desired
        me.desired = v_most
    return True


@compiled()
def come_back(
    vehicles: Records, lanes: Records, order: Ints, net: Ints, segments: Records, segment: int, tick: int
) -> None:
    """Let those who are past the row back into their lane where there is room, the foremost first."""
    lane = segments[segment].first_lane
    over = segments[segment].over
    k = 0
    while k < lanes[over].count:
        i = order[lanes[over].order_at + k]
        me = vehicles[i]
        n = position_of(vehicles, lanes, order, lane, me.x)
        at = lanes[lane].order_at
        there = me.x >= me.returns_x or me.v < V_STANDING  # who cannot go on takes any room that there is
        free = there and lanes[lane].tail_x > me.x + SHORT
        if n > 0:
            ahead = vehicles[order[at + n - 1]]
            free = free and ahead.x - ahead.length > me.x + SHORT
        if n < lanes[lane].count:
            free = free and vehicles[order[at + n]].x < me.x - me.length - SHORT
        if not (free and insert(lanes, order, lane, n, i)):
            k += 1
            continue
        remove(lanes, order, over, k)
        me.changed = tick
        settle(vehicles, lanes, i, lane)
        note_way(vehicles, lanes, net, i)


@compiled()
def takes_room(
    vehicles: Records, lanes: Records, order: Ints, segments: Records, segment: int, rear: float, front: float
) -> bool:
    """Return whether somebody who passes needs the stretch of the lane from `rear` to `front` [m]."""
    here = segments[segment]
    if here.over < 0:
        return False
    at = lanes[here.over].order_at
    for n in range(lanes[here.over].count):
        him = vehicles[order[at + n]]
        if him.x - him.length < front and rear < him.returns_x + ROOM:
            return True
    other = segments[lanes[here.opposite].segment]
    at = lanes[other.over].order_at
    for n in range(lanes[other.over].count):
        him = vehicles[order[at + n]]
        if other.mirror - him.returns_x - SHORT < front and rear < other.mirror - him.x + him.length:
            return True
    return False


@compiled()
def pass_rows(
    vehicles: Records, lanes: Records, order: Ints, net: Ints, segments: Records, every: int, tick: int
) -> None:
    """Let drivers behind a row pass it over the opposite lane, each thinking of it once in `every` ticks."""
    for segment in range(segments.size):
        here = segments[segment]
        if here.over < 0:
            continue
        if lanes[here.over].count > 0:
            come_back(vehicles, lanes, order, net, segments, segment, tick)
        lane = here.first_lane
        if lanes[lane].held != 1:
            continue
        k = 1
        while k < lanes[lane].count:
            i = order[lanes[lane].order_at + k]
            if (tick + i) % every != 0 or not set_out(vehicles, lanes, order, net, segments, lane, k, tick):
                k += 1


@compiled()
def heed_return(vehicles: Records, lanes: Records, order: Ints, dt: float, i: int, lane: int, wanted: float) -> float:
    """Return the acceleration [m/s2] of one who passes: not into the vehicle beyond the place to which it comes back.

    While that place is taken it does not go beyond it either: those oncoming may stand just short of it.
    """
    me = vehicles[i]
    back = me.x if me.x > me.returns_x else me.returns_x
    at = lanes[lane].order_at
    k = position_of(vehicles, lanes, order, lane, back - me.length)
    taken = k < lanes[lane].count and vehicles[order[at + k]].x > back - me.length - SHORT
    if k > 0:
        ahead = vehicles[order[at + k - 1]]
        rear = ahead.x - ahead.length
        taken = taken or rear < back + SHORT
        tried = behind(vehicles, i, rear - me.x, ahead.v)
        if tried < wanted:
            wanted = tried
            me.blocker = order[at + k - 1]
    if taken:
        tried = behind(vehicles, i, back - me.x + me.s0, 0.0)
        tried = short_of(vehicles, i, back - me.x + 0.5 * SHORT, dt, tried)
        if tried < wanted:
            wanted = tried
    return wanted


@compiled()
def heed_passers(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    dt: float,
    i: int,
    segment: int,
    number: int,
    wanted: float,
) -> float:
    """Return the acceleration [m/s2] of one who passes, is passed, or comes towards those who pass."""
    me = vehicles[i]
    here = segments[segment]
    lane = here.first_lane
    if number > 0:
        return heed_return(vehicles, lanes, order, dt, i, lane, wanted)
    at = lanes[here.over].order_at
    for n in range(lanes[here.over].count):  # is being passed: not into where they come back
        him = vehicles[order[at + n]]
        back = him.x if him.x > him.returns_x else him.returns_x
        gap = back - him.length - me.x
        if gap > 0.0:
            room = gap - SHORT
            if me.s0 < CLEAR:  # one who stands nearer than that leaves no room to come back
                gap -= CLEAR - me.s0
            v_there = him.v if him.x >= him.returns_x else 0.0
            tried = behind(vehicles, i, gap, v_there)
            if room > 0.0:
                tried = short_of(vehicles, i, room + 0.5 * v_there * v_there / B_AHEAD, dt, tried)
            if tried < wanted:
                wanted = tried
                me.blocker = order[at + n]
    other = segments[lanes[here.opposite].segment]
    at = lanes[other.over].order_at
    for n in range(lanes[other.over].count):  # comes towards them: not further than where they come back
        him = vehicles[order[at + n]]
        back = him.x if him.x > him.returns_x else him.returns_x
        wall = other.mirror - back - SHORT
        if me.x < wall + SHORT:  # one who stands there has not come past it by rolling on a little
            tried = behind(vehicles, i, wall - me.x + me.s0, 0.0)
            tried = short_of(vehicles, i, wall - me.x + 0.5 * SHORT, dt, tried)
            if tried < wanted:
                wanted = tried
                me.blocker = order[at + n]
    return wanted
