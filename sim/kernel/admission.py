"""Admission: who is due enters a link when there is room, and waits outside until then."""

from sim.kernel import compiled
from sim.kernel.deciding import V_AT_STOP
from sim.kernel.following import approach_speed
from sim.kernel.lean import fetch
from sim.kernel.moving import forget_tail, settle, wished
from sim.kernel.order import insert, last, note_way
from sim.kernel.state import DRIVING, FAR, LINE, NEVER, STOP, TURN_IN, VEHICLE, Ints, Records

LINES = VEHICLE.itemsize // LINE


@compiled()
def entry_speed(vehicles: Records, lanes: Records, order: Ints, i: int, lane: int) -> "tuple[float, float]":
    """Return the speed [m/s] at which a vehicle can enter a lane at its start, -1 without room, and the gap there [m].

    It comes at its desired speed where the gap to the last vehicle allows this with the driver's own time gap, and
    never so slowly that it would fall behind a queue that moves on, nor so fast that it could not stop at the lane's
    end, or at a target on it.
    """
    desired = wished(vehicles, lanes, i, lane)
    stops = approach_speed(lanes[lane].length, 0.0, vehicles[i].b)
    if vehicles[i].target_mode >= STOP and vehicles[i].target_segment == lanes[lane].segment:
        v_there = vehicles[i].target_v if vehicles[i].target_mode == TURN_IN else V_AT_STOP
        there = approach_speed(vehicles[i].target_x, v_there, vehicles[i].b)
        stops = there if there < stops else stops
    if desired > stops:
        desired = stops
    j = last(lanes, order, lane)
    gap = lanes[lane].tail_x
    v_ahead = lanes[lane].tail_v if gap < FAR else FAR
    if j >= 0 and vehicles[j].x - vehicles[j].length < gap:
        gap = vehicles[j].x - vehicles[j].length
        v_ahead = vehicles[j].v
    if gap >= FAR:
        return desired, gap
    allowed = (gap - vehicles[i].s0) / vehicles[i].headway
    slower = v_ahead if v_ahead < desired else desired
    if allowed < 0.9 * slower or gap < vehicles[i].s0:
        return -1.0, gap
    return allowed if allowed < desired else desired, gap


@compiled(inline=True)
def came_in(
    vehicles: Records, lanes: Records, desk: Records, i: int, lane: int, v: float, gap: float, tick: int
) -> float:
    """Return how far [m] a vehicle that had to wait has come since there was room, `gap` m now, within this tick."""
    if vehicles[i].due >= tick:
        return 0.0
    spare = gap - vehicles[i].s0 - vehicles[i].headway * v
    most = v * desk[0].dt
    if most > lanes[lane].length - 1e-6:
        most = lanes[lane].length - 1e-6
    return 0.0 if spare <= 0.0 else (spare if spare < most else most)


@compiled()
def admit(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    entries: Records,
    queue: Ints,
    desk: Records,
    tick: int,
) -> None:
    """Let those who are due in, in order of their scheduled times, as long as there is room.

    Outside they queue in lanes too: one whose lanes are full does not stop those who want another lane. Everybody
    outside knows the lanes that lead on (`aim`). Those who were found waiting for lanes that are still full are not
    looked at again, unless one of them has got other orders (`sim.traffic.ways`).
    """
    least = desk[0].least_gap
    for e in range(entries.size):
        if entries[e].due > tick:
            continue
        at = entries[e].next
        due = vehicles[queue[at]].due if at < entries[e].end else NEVER
        if due > tick:
            entries[e].due = due
            if due < NEVER:
                for line in range(LINES):
                    fetch(vehicles, queue[at], line)
            continue
        first = entries[e].first_lane
        count = entries[e].lanes
        full = 0  # the lanes, as bits, that have no room, or for which somebody who came before waits
        for n in range(count):
            j = last(lanes, order, first + n)
            if lanes[first + n].tail_x < least or (j >= 0 and vehicles[j].x - vehicles[j].length < least):
                full |= 1 << n
        wanted = 0
        while at < entries[e].end:
            if at < entries[e].looked and entries[e].wanted & ~full == 0:
                wanted |= entries[e].wanted
                at = entries[e].looked
                continue
            if full + 1 == 1 << count:
                break
            i = queue[at]
            if at >= entries[e].looked and vehicles[i].due > tick:  # those before were due when looked at
                break
            best = -1
            fastest = -1.0
            room = 0.0
            low = vehicles[i].low if count > 1 else 0
            high = vehicles[i].high if count > 1 else 0
            for n in range(low, high + 1):
                if full >> n & 1:
                    continue
                v, gap = entry_speed(vehicles, lanes, order, i, first + n)
                if v > fastest:
                    fastest = v
                    room = gap
                    best = first + n
            if best < 0 or not insert(lanes, order, best, lanes[best].count, i):
                for n in range(low, high + 1):
                    full |= 1 << n
                    wanted |= 1 << n
                at += 1
                continue
            came = came_in(vehicles, lanes, desk, i, best, fastest, room, tick)
            vehicles[i].x = came
            vehicles[i].v = fastest
            vehicles[i].state = DRIVING
            vehicles[i].entered = tick - (came / fastest / desk[0].dt if came > 0.0 else 0.0)
            forget_tail(vehicles, i)
            settle(vehicles, lanes, i, best)
            note_way(vehicles, lanes, net, i)
            for k in range(at, entries[e].next, -1):
                queue[k] = queue[k - 1]
            queue[entries[e].next] = i
            entries[e].next += 1
            at += 1
        entries[e].looked = at
        entries[e].wanted = wanted
