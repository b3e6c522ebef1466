"""Lanes as ordered lists of vehicles: foremost first, in one flat array."""

from sim.kernel import compiled
from sim.kernel.state import PASS, STOP, Ints, Records

LOOK_THROUGH = 200.0  # [m] a driver picks the lane for the junction after next if that link is shorter [assumption]


@compiled(inline="always")
def last(lanes: Records, order: Ints, lane: int) -> int:
    """Return the rearmost vehicle of a lane, -1 if it is empty."""
    n = lanes[lane].count
    return order[lanes[lane].order_at + n - 1] if n > 0 else -1


@compiled()
def position_of(vehicles: Records, lanes: Records, order: Ints, lane: int, x: float) -> int:
    """Return how many vehicles of a lane stand at or ahead of x: the index at which x would be inserted."""
    at = lanes[lane].order_at
    k = lanes[lane].count
    while k > 0 and vehicles[order[at + k - 1]].x < x:
        k -= 1
    return k


@compiled()
def insert(lanes: Records, order: Ints, lane: int, k: int, vehicle: int) -> bool:
    """Put a vehicle at index k of a lane; return False if the lane's list is full."""
    at = lanes[lane].order_at
    n = lanes[lane].count
    if at + n >= lanes[lane].order_end:
        return False
    for j in range(n, k, -1):
        order[at + j] = order[at + j - 1]
    order[at + k] = vehicle
    lanes[lane].count = n + 1
    return True


@compiled()
def remove(lanes: Records, order: Ints, lane: int, k: int) -> None:
    """Take the vehicle at index k out of a lane."""
    at = lanes[lane].order_at
    n = lanes[lane].count - 1
    for j in range(k, n):
        order[at + j] = order[at + j + 1]
    lanes[lane].count = n


@compiled()
def index_of(lanes: Records, order: Ints, lane: int, vehicle: int) -> int:
    """Return a vehicle's index in its lane."""
    at = lanes[lane].order_at
    k = 0
    while order[at + k] != vehicle:
        k += 1
    return k


@compiled(inline="always")
def goes_on(vehicles: Records, route: Ints, j: int, segment: int, to: int) -> bool:
    """Return whether a vehicle's route leads over one segment, which comes next, to another."""
    leg = vehicles[j].leg + 1
    return leg + 1 < vehicles[j].route_end and route[leg] == segment and route[leg + 1] == to


@compiled()
def successor(vehicles: Records, segments: Records, net: Ints, route: Ints, vehicle: int, leg: int) -> int:
    """Return which successor of route[leg] is route[leg + 1]; -1 at the route's end."""
    if leg + 1 >= vehicles[vehicle].route_end:
        return -1
    here = route[leg]
    there = route[leg + 1]
    for j in range(segments[here].next_at, segments[here].next_end):
        if net[j] == there:
            return j - segments[here].next_at
    return -1


@compiled()
def changes_to(lanes: Records, segments: Records, net: Ints, segment: int, number: int, choice: int) -> int:
    """Return how many lanes of a segment lie between one and the nearest that leads to a successor."""
    fewest = segments[segment].lanes
    for n in range(segments[segment].lanes):
        if net[lanes[segments[segment].first_lane + n].via_at + choice] >= 0:
            apart = number - n if number > n else n - number
            if apart < fewest:
                fewest = apart
    return fewest


@compiled()
def aim(vehicles: Records, lanes: Records, segments: Records, net: Ints, route: Ints, i: int) -> None:
    """Set which lanes of its present segment lead a vehicle on: `choice`, `low`, `high`.

    A lane that leads to the next segment is good; where that one is short (200 m), the lanes that lead nearest to
    those that lead on from there are better. A target at the curb makes lane 0 the only good one.
    """
    me = vehicles[i]
    leg = me.leg
    here = route[leg]
    count = segments[here].lanes
    first = segments[here].first_lane
    choice = successor(vehicles, segments, net, route, i, leg)
    me.choice = choice
    me.low = 0
    me.high = count - 1
    wants_curb = me.target_mode >= STOP or (me.target_mode == PASS and me.keeps_curb == 1)
    if wants_curb and me.target_segment == here:
        me.high = 0
        return
    if choice >= 0:
        there = route[leg + 1]
        later = successor(vehicles, segments, net, route, i, leg + 1)
        at_curb = wants_curb and me.target_segment == there and me.target_x < LOOK_THROUGH
        near = at_curb or lanes[segments[there].first_lane].length < LOOK_THROUGH
        best = 1 << 20
        low = 0
        high = count - 1
        for n in range(count):
            via = net[lanes[first + n].via_at + choice]
            if via < 0:
                continue
            number = lanes[lanes[via].to_lane].number
            changes = 0
            if near and at_curb:
                changes = number
            elif near and later >= 0:
                changes = changes_to(lanes, segments, net, there, number, later)
            if changes < best:
                best = changes
                low = n
                high = n
            elif changes == best:
                high = n
        me.low = low
        me.high = high


@compiled()
def aim_all(vehicles: Records, lanes: Records, segments: Records, net: Ints, route: Ints) -> None:
    """Set for everybody which lanes of the first segment lead on."""
    for i in range(vehicles.size):
        aim(vehicles, lanes, segments, net, route, i)


@compiled()
def way_on(vehicles: Records, lanes: Records, net: Ints, i: int, lane: int) -> int:
    """Return the movement a vehicle takes at the end of its segment's lane: -1 none, -2 its route ends."""
    choice = vehicles[i].choice
    if choice < 0:
        return -2 if vehicles[i].leg + 1 >= vehicles[i].route_end else -1
    return net[lanes[lane].via_at + choice]
