"""Backing up: of drivers who have locked each other in, one in a junction goes back and lets the others by."""

from sim.kernel import compiled
from sim.kernel.areas import BEFORE_AREA
from sim.kernel.gaps import FREE_AGAIN
from sim.kernel.order import index_of, way_on
from sim.kernel.state import FAR, MIN_GAP, Ints, Records

V_BACK = 1.0  # [m/s] backwards [assumption]
LETS_BY = 30.0  # [s] from when he begins, a driver who backs up lets others by [assumption]
MOST_BACKINGS = 50  # in a run; those who lock each other in time and again are a deadlock


@compiled()
def room_to_back(vehicles: Records, lanes: Records, order: Ints, net: Ints, i: int) -> float:
    """Return how far [m] a vehicle on a movement can go back before it comes to whoever is behind it."""
    lane = vehicles[i].lane
    rear = vehicles[i].x - vehicles[i].length
    n = index_of(lanes, order, lane, i) + 1
    source = lanes[lane].from_lane
    room = rear + lanes[source].length
    if n < lanes[lane].count:
        room = rear - vehicles[order[lanes[lane].order_at + n]].x
    elif lanes[source].count > 0:
        room -= vehicles[order[lanes[source].order_at]].x
    for beside in range(lanes[source].via_at, lanes[source].feed_at):
        other = net[beside]
        if other < 0 or other == lane:
            continue
        for k in range(lanes[other].order_at, lanes[other].order_at + lanes[other].count):
            gap = rear - vehicles[order[k]].x  # of one from the same lane, on another way
            if 0.0 <= gap < room:
                room = gap
    return room - MIN_GAP


@compiled()
def clears(lanes: Records, conflicts: Records, lane: int, rear: float, way: float, tick: int) -> bool:
    """Return whether a rear end on a movement, going back by `way` [m], comes into no area that others may be in."""
    for c in range(lanes[lane].conflict_at, lanes[lane].conflict_end):
        past = conflicts[c].end + FREE_AGAIN
        if rear >= past > rear - way and lanes[conflicts[c].foe].taken >= tick:
            return False
    return True


@compiled()
def way_back(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    conflicts: Records,
    i: int,
    guest: int,
    tick: int,
) -> float:
    """Return how far [m] a vehicle must back up to stand before the area that another one needs; FAR if it cannot."""
    lane = vehicles[i].lane
    x = vehicles[i].x
    rear = x - vehicles[i].length
    path = vehicles[guest].lane
    if lanes[path].segment >= 0:
        path = way_on(vehicles, lanes, net, guest, path)
    for c in range(lanes[lane].conflict_at, lanes[lane].conflict_end):
        if conflicts[c].foe != path or x <= conflicts[c].begin or rear >= conflicts[c].end + FREE_AGAIN:
            continue
        way = x - conflicts[c].begin + BEFORE_AREA
        if way >= x or way > room_to_back(vehicles, lanes, order, net, i):
            return FAR
        return way if clears(lanes, conflicts, lane, rear, way, tick) else FAR
    return FAR


@compiled()
def finds_way_back(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    conflicts: Records,
    stuck: Ints,
    desk: Records,
    tick: int,
) -> bool:
    """Let the member of a circle with the shortest way back up; return whether anybody can.

    `stuck` lists the members, each stopped by the next, or one whom nobody stops. The one that backs up stands in a
    junction, in an area that the one it stops needs: it goes back to before that area, never over the stop line, and
    waits there for LETS_BY.
    """
    if desk[0].backed >= MOST_BACKINGS:
        return False
    shortest = FAR
    for n in range(desk[0].stuck):
        guest = stuck[n]
        i = vehicles[guest].blocker
        if i < 0:
            continue
        way = way_back(vehicles, lanes, order, net, conflicts, i, guest, tick)
        if way < shortest:
            shortest = way
            desk[0].backs = i
    if shortest == FAR:
        return False
    desk[0].stuck = 0
    desk[0].backed += 1
    desk[0].backs_to = vehicles[desk[0].backs].x - shortest
    desk[0].backs_until = tick + int(LETS_BY / desk[0].dt)
    vehicles[desk[0].backs].backed = 1
    return True


@compiled()
def back_up(
    vehicles: Records, lanes: Records, order: Ints, net: Ints, conflicts: Records, desk: Records, tick: int
) -> None:
    """Move the one that backs up by a tick; once it has let others by, it drives on like everybody."""
    i = desk[0].backs
    if tick >= desk[0].backs_until:
        vehicles[i].backed = 0
        desk[0].backs = -1
        return
    step = vehicles[i].x - desk[0].backs_to
    if step > V_BACK * desk[0].dt:
        step = V_BACK * desk[0].dt
    room = room_to_back(vehicles, lanes, order, net, i)
    if step > room:
        step = room
    rear = vehicles[i].x - vehicles[i].length
    if step > 0.0 and clears(lanes, conflicts, vehicles[i].lane, rear, step, tick):
        vehicles[i].x -= step
