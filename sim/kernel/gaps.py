"""Gap acceptance: when is the next vehicle here, and is that late enough?"""

from math import sqrt
from typing import Any

from sim.kernel import compiled
from sim.kernel.chance import HESITATION, TURNS, uniform
from sim.kernel.order import goes_on, position_of
from sim.kernel.state import FAR, HELD, RED, V_STANDING, V_WAITING, Ints, Records

V_SLOW = 5.0  # [m/s] in slower traffic some let one in who waits at the side [assumption]
WAITED = 5.0  # [s] who has waited so long is let in by one who drives in slow traffic [assumption]
HESITATES = 2.0  # [s] who lets another go first holds back so long on average; then he goes himself [assumption]
NOTICED = 0.5  # [s] what one may do by now, others take into account so much later [assumption]
FREE_AGAIN = 0.5  # [m] a foe's rear must be this far past the point where the paths meet
LEAST_LAG = 1.0  # [s] nobody goes when the next is nearer than that [assumption]
LOOK = 0.5  # [s] who stands and waits for a gap looks again so often [assumption]
DECIDED = 2.0  # [s] before the stop line; later nobody stops for that any more [assumption]


@compiled(inline=True)
def accepts(time_to_next: float, critical_gap: float) -> bool:
    """Return whether a gap or lag [s] is at least the critical one.

    Who looks every LOOK s sees a gap half that time late, on average; callers in the kernel add it (`lateness`).
    """
    return time_to_next >= critical_gap


@compiled(inline=True)
def looks(i: int, tick: int, dt: float) -> bool:
    """Return whether a driver who stands and waits looks again in this tick: as often whatever the step.

    When does not go with the row, which goes with the time of arrival: of two queues one would always look first.
    """
    every = int(LOOK / dt + 0.5)
    return every <= 1 or (tick + (int(i) * 40503 >> 5)) % every == 0


@compiled(inline=True)
def lateness(dt: float) -> float:
    """Return how late [s] one who looks every now and then sees a gap, on average."""
    return 0.5 * (dt if dt > LOOK else LOOK)


@compiled(inline=True)
def time_over(distance: float, v: float) -> float:
    """Return how long [s] a vehicle at speed v needs for a distance [m]; a standing one never comes."""
    if v < V_STANDING:
        return FAR
    return distance / v


@compiled(inline=True)
def first_behind(vehicles: Records, lanes: Records, order: Ints, net: Ints, lane: int, x: float) -> "tuple[int, float]":
    """Return who comes next to point x of a lane, and from how far [m]: (-1, FAR) if nobody is near.

    Looks back over one junction; there the soonest of those who are on their way here counts. Who faces a red
    light does not come.
    """
    k = position_of(vehicles, lanes, order, lane, x)
    if k < lanes[lane].count:
        j = order[lanes[lane].order_at + k]
        return j, x - vehicles[j].x
    found = -1
    distance = FAR
    soonest = FAR
    for f in range(lanes[lane].feed_at, lanes[lane].feed_end):
        movement = net[f]
        j = -1
        d = x + lanes[movement].length
        if lanes[movement].count > 0:
            j = order[lanes[movement].order_at]
            d -= vehicles[j].x
        else:
            source = lanes[movement].from_lane
            if lanes[movement].light == RED:
                continue
            if lanes[source].count > 0:
                j = order[lanes[source].order_at]
                d += lanes[source].length - vehicles[j].x
                if vehicles[j].way != movement:
                    j = -1
        if j >= 0:
            time = time_over(d, vehicles[j].v)
            if found < 0 or time < soonest:
                found = j
                distance = d
                soonest = time
    return found, distance


@compiled(inline=True)
def is_free(vehicles: Records, desk: Records, j: int, tick: int) -> bool:
    """Return whether the others have noticed that one may enter the junction, or will as soon as it is clear."""
    since = vehicles[j].may_go
    if since < 0:
        return (tick - vehicles[j].claims) * desk[0].dt <= NOTICED
    return (tick - since) * desk[0].dt >= NOTICED or (since - vehicles[j].claims) * desk[0].dt <= NOTICED


@compiled(inline=True)
def has_stood(vehicle: Any, seconds: float, dt: float, tick: int) -> bool:
    """Return whether a vehicle has stood for so long [s]."""
    return vehicle.standing >= 0 and (tick - vehicle.standing) * dt >= seconds


@compiled(inline=True)
def kind_to(vehicles: Records, desk: Records, host: int, guest: int, tick: int) -> bool:
    """Return whether a driver is of a mind to let one in who has waited long."""
    other = vehicles[guest]
    return (
        has_stood(other, WAITED, desk[0].dt, tick)
        and uniform(desk[0].seed, vehicles[host].key, TURNS, other.key) < desk[0].turns
    )


@compiled(inline=True)
def has_held_back(vehicles: Records, desk: Records, host: int, tick: int) -> bool:
    """Return whether one who lets others go first has held back for as long as he has a mind to.

    That is drawn evenly from half of HESITATES to one and a half: a number of seconds that is the same for all would be
    a number of ticks, and who gets in would hang on it. He begins half a tick late, on average, and ends as much early.
    """
    me = vehicles[host]
    if me.defers < 0:
        return False
    drawn = HESITATES * (0.5 + uniform(desk[0].seed, me.key, HESITATION, me.leg))
    return (tick - me.defers + 1) * desk[0].dt >= drawn


@compiled(inline=True)
def lets_first(vehicles: Records, desk: Records, host: int, guest: int, tick: int) -> bool:
    """Return whether one who has the right of way, in traffic that stands or crawls, lets one go first at the line.

    In a queue drivers take turns (in China by law: Road Traffic Safety Law, art. 45): who stands, with one who has
    stood longer; who crawls, with one who has waited long; both with one who crosses in stages. Once a junction, and
    for no longer than one has a mind to (`has_held_back`).
    """
    me = vehicles[host]
    since = vehicles[guest].standing
    if since < 0 or has_held_back(vehicles, desk, host, tick):
        return False
    if me.standing < 0 or vehicles[guest].by_stages == 1:
        return kind_to(vehicles, desk, host, guest, tick)
    return since < me.standing and uniform(desk[0].seed, me.key, TURNS, vehicles[guest].key) < desk[0].turns


@compiled(inline=True)
def speed_on(lane: Any, vehicle: Any) -> float:
    """Return how fast [m/s] one who comes will be on a lane: as now, but no faster than it wishes to be there."""
    wished = lane.limit * vehicle.factor
    return vehicle.v if vehicle.v < wished else wished


@compiled(inline=True)
def clears_in(distance: float, v: float, a: float, top: float) -> float:
    """Return when [s] one at speed v, who speeds up by a [m/s2] to `top` [m/s], has gone a distance [m].

    One who is faster than that goes on as fast.
    """
    most = top if top > v else v
    square = v * v + 2.0 * a * distance
    if square <= most * most:
        return (sqrt(square) - v) / a
    return (most - v) / a + (square - most * most) / (2.0 * a * most)


@compiled(inline=True)
def late_enough(
    arrives: float, mine: float, gap: float, passes: float, guest: Any, ahead: float, way: float, top: float
) -> bool:
    """Return whether one who `arrives` in so many s leaves the guest, at its line in `mine` s, time to go first.

    What is left of a headway of `gap` s once one has passed in `passes` s is enough. One who starts from rest is over
    the `way` [m] some time before it ends, and that may be left, too, by one who comes rolling, `ahead` m before the
    line; but LEAST_LAG at least. Nobody drives faster there than `top` m/s.
    """
    left = gap - passes
    if arrives >= mine + (left if left > LEAST_LAG else LEAST_LAG):
        return True
    v = guest.v if guest.v < top else top
    if v < V_WAITING:
        return False
    spare = arrives - clears_in(ahead + way, v, guest.a, top)
    return spare >= LEAST_LAG and spare >= left - clears_in(way, 0.0, guest.a, top)


@compiled(inline=True)
def comes_first(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    route: Records,
    desk: Records,
    conflict: Any,
    guest: int,
    ahead: float,
    way: float,
    top: float,
    mine: float,
    gap: float,
    tick: int,
) -> bool:
    """Return whether the turn of somebody who comes keeps `guest` from going over the path of a conflict now.

    The guest reaches its stop line, `ahead` m before it, in `mine` s. Critical gaps are headways, front to front (HCM
    2016, ch. 20): what is left of one once the vehicle before is past must do. A vehicle is in the way if it reaches
    the point where the paths meet within `gap` less that time, unless it is gone before. One that stands and cannot
    enter itself is nobody's reason to wait, nor is one in slow traffic who lets the guest in. `way`, `top`: see
    `late_enough`.
    """
    foe = conflict.foe
    there = conflict.foe_end
    if lanes[foe].light == RED:
        return False
    source = lanes[foe].from_lane
    at = lanes[source].order_at
    horizon = gap + mine
    for k in range(lanes[source].count):
        j = order[at + k]
        distance = lanes[source].length - vehicles[j].x + there
        v = vehicles[j].v
        if vehicles[j].state == HELD:
            return False
        if v < V_WAITING:
            if k > 0 or not is_free(vehicles, desk, j, tick):
                return False
            if vehicles[j].way == foe:
                return not lets_first(vehicles, desk, j, guest, tick)
            continue
        if distance > horizon * v and distance > horizon * 15.0:
            return False
        if vehicles[j].way != foe:
            continue
        then = speed_on(lanes[foe], vehicles[j])
        arrives = (distance - there) / v + there / then
        passes = (vehicles[j].length + FREE_AGAIN) / then
        if late_enough(arrives, mine, gap, passes, vehicles[guest], ahead, way, top):
            return False
        if arrives + vehicles[j].length / then + 0.5 < mine:
            continue
        lets_in = (
            v < V_SLOW
            and lanes[source].length - vehicles[j].x >= DECIDED * v
            and kind_to(vehicles, desk, j, guest, tick)
        )
        return not lets_in
    # The lane is too short or too empty to tell: look back over the junction before it.
    length = lanes[source].length
    if length > horizon * 15.0:
        return False
    segment = lanes[source].segment
    to = lanes[lanes[foe].to_lane].segment
    for f in range(lanes[source].feed_at, lanes[source].feed_end):
        movement = net[f]
        for hop in range(2):
            lane = movement if hop == 0 else lanes[movement].from_lane
            if hop == 1 and lanes[movement].light == RED:
                break
            if lanes[lane].count == 0:
                continue
            j = order[lanes[lane].order_at]
            v = vehicles[j].v
            if v < 2.0 or (hop == 1 and vehicles[j].way != movement):
                continue
            if not goes_on(vehicles, route, j, segment, to):
                continue
            then = speed_on(lanes[foe], vehicles[j])
            arrives = (lanes[lane].length - vehicles[j].x) / v
            if hop == 1:
                arrives += lanes[movement].length / speed_on(lanes[movement], vehicles[j])
            arrives += length / speed_on(lanes[source], vehicles[j]) + there / then
            passes = (vehicles[j].length + FREE_AGAIN) / then
            if arrives + vehicles[j].length / then + 0.5 < mine:
                continue
            if not late_enough(arrives, mine, gap, passes, vehicles[guest], ahead, way, top):
                return True
    return False
