"""Pulling out of a berth: into the curb lane, when the gap is long enough or somebody lets one in."""

from sim.kernel import compiled
from sim.kernel.chance import BUS_LAW, COURTESY, uniform
from sim.kernel.gaps import accepts, first_behind, kind_to, lateness, looks, time_over
from sim.kernel.moving import forget_tail, report, settle
from sim.kernel.order import aim, insert, position_of
from sim.kernel.passing import can_turn_round, takes_room
from sim.kernel.state import B_COURTESY, BUS, DRIVING, HELD, PULLED_OUT, TURNING, Ints, Records

ROOM = 1.0  # [m] to the vehicles ahead and behind [assumption]
V_COURTESY = 5.0  # [m/s] nobody lets a car in at a higher speed [assumption]
V_TURNS = 8.0  # [m/s] nor one who has stood long beside a blocked lane at a higher speed than this [assumption]
OUT = 8.0  # [m] the way out of a berth onto the middle of the lane: 2.9 m sideways on two arcs of 6 m
V_OUT = 3.5  # [m/s] on that way, 2 m/s2 sideways
OUT_BUS = 16.0  # [m] and of a bus, as its way in [assumption]
V_OUT_BUS = 4.5  # [m/s] [assumption]
PERIOD = 1.0  # [s] how often a driver thinks of changing lanes [assumption]


@compiled()
def drop_back(vehicles: Records, lanes: Records, desk: Records, host: int, guest: int, tick: int) -> None:
    """Let a driver make room behind another, until both have thought about it again."""
    lanes[vehicles[host].lane].still = 0
    vehicles[host].yields_to = guest
    vehicles[host].yields_until = tick + int(PERIOD / desk[0].dt + 0.5)


@compiled(inline=True)
def can_stop_behind(vehicles: Records, host: int, guest: int) -> bool:
    """Return whether a driver can comfortably come to a stand behind another's rear end."""
    v = vehicles[host].v
    room = vehicles[guest].x - vehicles[guest].length - vehicles[host].x - ROOM
    return room >= 0.0 and 0.5 * v * v <= B_COURTESY * room


@compiled()
def let_in(vehicles: Records, lanes: Records, desk: Records, host: int, guest: int, tick: int) -> bool:
    """Return whether a driver makes room for another who wants to get in ahead; if so, the host drops back."""
    if not can_stop_behind(vehicles, host, guest):
        return False
    share = desk[0].bus_courtesy
    if (
        vehicles[guest].state != DRIVING
        and vehicles[guest].kind == BUS
        and uniform(desk[0].seed, vehicles[host].key, BUS_LAW, vehicles[guest].key) < desk[0].bus_priority
    ):
        drop_back(vehicles, lanes, desk, host, guest, tick)
        return True
    if (
        vehicles[guest].state == DRIVING
        and vehicles[host].v < V_TURNS
        and kind_to(vehicles, desk, host, guest, tick)
        and vehicles[guest].yields_to < 0
    ):
        drop_back(vehicles, lanes, desk, host, guest, tick)
        return True
    if vehicles[guest].insists == 0 or vehicles[guest].state != DRIVING:
        if vehicles[host].v > V_COURTESY:
            return False
        share = desk[0].courtesy
    if uniform(desk[0].seed, vehicles[host].key, COURTESY, vehicles[guest].key) >= share:
        return False
    drop_back(vehicles, lanes, desk, host, guest, tick)
    return True


@compiled()
def can_pull_out(
    vehicles: Records, lanes: Records, order: Ints, segments: Records, net: Ints, desk: Records, i: int, tick: int
) -> bool:
    """Return whether the curb lane is free beside a berth, and nobody comes within the critical gap or all give way.

    The first who is still behind the berth may make room, even while others stand beside it.
    """
    lane = vehicles[i].lane
    at = lanes[lane].order_at
    x = vehicles[i].x
    rear = x - vehicles[i].length
    free = lanes[lane].tail_x - ROOM >= x
    free = free and not takes_room(vehicles, lanes, order, segments, lanes[lane].segment, rear - ROOM, x + ROOM)
    k = position_of(vehicles, lanes, order, lane, x + ROOM)
    if k > 0:
        ahead = order[at + k - 1]
        free = free and vehicles[ahead].x - vehicles[ahead].length - ROOM >= x
    while k < lanes[lane].count and vehicles[order[at + k]].x > rear - ROOM:
        free = False
        k += 1
    if k < lanes[lane].count:
        j = order[at + k]
        if free and accepts(time_over(rear - vehicles[j].x, vehicles[j].v) + lateness(desk[0].dt), vehicles[i].out_gap):
            return True
        return vehicles[j].state != HELD and let_in(vehicles, lanes, desk, j, i, tick) and free
    if not free:
        return False
    j, distance = first_behind(vehicles, lanes, order, net, lane, x)
    distance -= vehicles[i].length
    return j < 0 or (
        distance >= ROOM and accepts(time_over(distance, vehicles[j].v) + lateness(desk[0].dt), vehicles[i].out_gap)
    )


@compiled()
def pull_out(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    net: Ints,
    route: Records,
    pulling: Ints,
    news: Ints,
    desk: Records,
    tick: int,
) -> None:
    """Let those who wait to pull out, or to turn round, do so, in the order in which they began to wait."""
    n = 0
    for w in range(desk[0].pulling):
        i = pulling[w]
        lane = vehicles[i].lane
        if vehicles[i].shadow >= 0:
            if can_turn_round(vehicles, lanes, order, net, segments, i):
                report(news, desk, TURNING, i)
            else:
                pulling[n] = i
                n += 1
            continue
        if (
            looks(i, tick, desk[0].dt)
            and can_pull_out(vehicles, lanes, order, segments, net, desk, i, tick)
            and insert(lanes, order, lane, position_of(vehicles, lanes, order, lane, vehicles[i].x), i)
        ):
            vehicles[i].state = DRIVING
            vehicles[i].v = 0.0
            vehicles[i].acceleration = 0.0
            vehicles[i].standing = tick
            vehicles[i].changed = tick
            forget_tail(vehicles, i)
            settle(vehicles, lanes, i, lane)
            vehicles[i].steers_to = vehicles[i].x + (OUT_BUS if vehicles[i].kind == BUS else OUT)
            aim(vehicles, lanes, segments, net, route, i)
            report(news, desk, PULLED_OUT, i)
        else:
            pulling[n] = i
            n += 1
    desk[0].pulling = n
