"""Backing up: of drivers who have locked each other in, one in a junction goes back and lets the others by."""

from sim.kernel import compiled
from sim.kernel.areas import BEFORE_AREA, occupant
from sim.kernel.gaps import FREE_AGAIN
from sim.kernel.moving import note_tail
from sim.kernel.order import index_of
from sim.kernel.state import FAR, MIN_GAP, NEVER, V_STANDING, Ints, Records
from sim.kernel.taken import foes_taken

V_BACK = 1.0  # [m/s] backwards [assumption]
LETS_BY = 30.0  # [s] from when he begins, a driver who backs up lets others by [assumption]
MOST_BACKINGS = 50  # in a run; those who lock each other in time and again are a deadlock


@compiled()
def stops_at(vehicles: Records, lanes: Records, order: Ints, lane: int, v_most: float) -> float:
    """Return where [m] the foremost of a lane comes to a stand if it brakes with comfort, its time gap from now.

    -FAR if there is none that counts: see `room_to_back`.
    """
    if lanes[lane].count == 0:
        return -FAR
    me = vehicles[order[lanes[lane].order_at]]
    return -FAR if me.v > v_most else me.x + me.v * me.headway + 0.5 * me.v * me.v / me.b


@compiled()
def room_to_back(vehicles: Records, lanes: Records, order: Ints, net: Ints, i: int, v_most: float) -> float:
    """Return how far [m] a vehicle on a movement can go back before it comes to whoever is behind it.

    Who comes is left room to stop; who is on another way from the same lane is gone by, or stands beside. Who drives
    faster than `v_most` does not count.
    """
    lane = vehicles[i].lane
    rear = vehicles[i].x - vehicles[i].length
    n = index_of(lanes, order, lane, i) + 1
    source = lanes[lane].from_lane
    room = rear + lanes[source].length
    if n < lanes[lane].count:
        room = rear - vehicles[order[lanes[lane].order_at + n]].x
    else:
        gap = room - stops_at(vehicles, lanes, order, source, v_most)
        room = gap if gap < room else room
    for f in range(lanes[source].feed_at, lanes[source].feed_end):
        gap = rear + lanes[source].length + lanes[net[f]].length - stops_at(vehicles, lanes, order, net[f], v_most)
        room = gap if gap < room else room
    for beside in range(lanes[source].via_at, lanes[source].feed_at):
        other = net[beside]
        if other < 0 or other == lane:
            continue
        for k in range(lanes[other].order_at, lanes[other].order_at + lanes[other].count):
            gap = rear - vehicles[order[k]].x
            if 0.0 <= gap < room and vehicles[order[k]].v <= v_most:
                room = gap
    if lanes[source].tail_x < FAR and lanes[source].tail_who != i and lanes[source].tail_v <= v_most and rear < room:
        room = rear
    return room - MIN_GAP


@compiled()
def clears(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    conflicts: Records,
    i: int,
    way: float,
    v_most: float,
) -> bool:
    """Return whether a vehicle on a movement, going back by `way` [m], comes into no area that others may be in.

    Who drives faster than `v_most`, or comes too fast to stop, does not count: see `room_to_back`.
    """
    lane = vehicles[i].lane
    taken = foes_taken(lanes, order, lane)
    rear = vehicles[i].x - vehicles[i].length
    for c in range(lanes[lane].conflict_at, lanes[lane].conflict_end):
        past = conflicts[c].end + FREE_AGAIN
        if rear < past or past <= rear - way or not taken >> conflicts[c].bit & 1:
            continue
        who = occupant(vehicles, lanes, order, conflicts[c], i, False, False, NEVER)
        if (vehicles[who].v if who >= 0 else FAR) <= v_most:
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
) -> float:
    """Return how far [m] a vehicle must back up to stand before the area that another one needs; FAR if it cannot.

    Who drives by will be gone, and does not count.
    """
    lane = vehicles[i].lane
    x = vehicles[i].x
    rear = x - vehicles[i].length
    path = vehicles[guest].lane
    if lanes[path].segment >= 0:
        path = vehicles[guest].way
    for c in range(lanes[lane].conflict_at, lanes[lane].conflict_end):
        if conflicts[c].foe != path or x <= conflicts[c].begin or rear >= conflicts[c].end + FREE_AGAIN:
            continue
        way = x - conflicts[c].begin + BEFORE_AREA
        if way >= x or way > room_to_back(vehicles, lanes, order, net, i, V_STANDING):
            return FAR
        return way if clears(vehicles, lanes, order, conflicts, i, way, V_STANDING) else FAR
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
        way = way_back(vehicles, lanes, order, net, conflicts, i, guest)
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
    room = room_to_back(vehicles, lanes, order, net, i, FAR)
    if step > room:
        step = room
    if step <= 0.0 or not clears(vehicles, lanes, order, conflicts, i, step, FAR):
        return
    vehicles[i].x -= step
    source = lanes[vehicles[i].lane].from_lane
    rear = vehicles[i].x - vehicles[i].length
    if rear < 0.0:  # those who come see at once where it ends
        note_tail(lanes, desk, source, i, rear + lanes[source].length, 0.0)
