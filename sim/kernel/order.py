"""Lanes as ordered lists of vehicles: foremost first, in one flat array `order`.

Behind the lists it holds the bits of movements that are taken (`sim.kernel.taken`), and at its end one bit for each
lane, LANES_A_WORD in a word: whether anybody is on it.
"""

import numpy as np

from sim.kernel import compiled
from sim.kernel.lean import fetch, lean, lowest
from sim.kernel.state import BUSES, PASS, RING, SPOT, STOP, Ints, Records

LOOK_THROUGH = 200.0  # [m] a driver picks the lane for the junction after next if that link is shorter [assumption]
ROOM_IN_RING = 5.0  # [m] on so short a link of a ring drivers still change lanes [assumption]
NO_WAY = 1 << 10  # lane changes to where no lane leads
NONE = 1 << 20  # and more than any
AT_CURB, NOTED = 1, 2
WORD = 4
LANES_A_WORD = 1 << WORD
MANY = 1024  # lanes do not fit the cache with all that is on them; a walk over more fetches what it comes to
SOON = 8  # lanes further on: their foremost vehicles


def empty(lanes: Records) -> Ints:
    """Return `order` for lanes that nobody is on."""
    lists = np.full(int(lanes["order_end"].max(initial=0)), -1, dtype=np.int32)
    taken = max(int(lanes["spot"].max(initial=0) >> SPOT) + 2 - lists.size, 0)
    return np.concatenate([lists, np.zeros(taken + words(lanes.size), dtype=np.int32)])


@compiled(inline=True)
def words(lanes: int) -> int:
    """Return how many words tell of so many lanes whether anybody is on them."""
    return (lanes + LANES_A_WORD - 1) >> WORD


@compiled(inline=True)
def first_word(lanes: Records, order: Ints) -> int:
    """Return where in `order` the words begin that tell of the lanes whether anybody is on them."""
    return order.size - words(lanes.size)


@compiled(inline=True)
def word_of(lanes: Records, order: Ints, lane: int) -> int:
    """Return where in `order` the word stands that tells of a lane, with its `bit_of`, whether anybody is on it."""
    return first_word(lanes, order) + (lane >> WORD)


@compiled(inline=True)
def bit_of(lane: int) -> int:
    """Return a lane's bit in its word."""
    return 1 << (lane & LANES_A_WORD - 1)


@compiled(inline=True)
def list_busy(lanes: Records, order: Ints, busy: Ints) -> int:
    """List the lanes that somebody is on, and return how many there are."""
    begin = first_word(lanes, order)
    count = 0
    for n in range(order.size - begin):
        bits = int(order[begin + n])
        while bits != 0:
            busy[count] = (n << WORD) + lowest(bits)
            bits &= bits - 1
            count += 1
    return count


@compiled(inline=True)
def last(lanes: Records, order: Ints, lane: int) -> int:
    """Return the rearmost vehicle of a lane, -1 if it is empty."""
    n = lanes[lane].count
    return order[lanes[lane].order_at + n - 1] if n > 0 else -1


@compiled(inline=True)
def fetch_soon(vehicles: Records, lanes: Records, order: Ints, busy: Ints, count: int, b: int, lines: int) -> None:
    """Have the first line of the lanes that a walk over `busy` comes to soon brought in, and of all on them `lines`.

    Of the foremost, who looks beyond the lane, one more.
    """
    if count <= MANY:
        return
    if b + 3 * SOON < count:
        fetch(lanes, busy[b + 3 * SOON], 0)
    if b + 2 * SOON < count:
        fetch(order, lanes[busy[b + 2 * SOON]].order_at, 0)
    if b + SOON < count:
        soon = lanes[busy[b + SOON]]
        fetch(vehicles, order[soon.order_at], lines)
        for k in range(soon.order_at + soon.still, soon.order_at + soon.count):
            for line in range(lines):
                fetch(vehicles, order[k], line)


@compiled(inline=True)
def position_of(vehicles: Records, lanes: Records, order: Ints, lane: int, x: float) -> int:
    """Return how many vehicles of a lane stand at or ahead of x: the index at which x would be inserted."""
    at = lanes[lane].order_at
    k = lanes[lane].count
    while k > 0 and vehicles[order[at + k - 1]].x < x:
        k -= 1
    return k


@compiled(inline=True)
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
    if k < lanes[lane].still:
        lanes[lane].still = 0
    order[word_of(lanes, order, lane)] |= bit_of(lane)
    return True


@compiled(inline=True)
def remove(lanes: Records, order: Ints, lane: int, k: int) -> None:
    """Take the vehicle at index k out of a lane."""
    at = lanes[lane].order_at
    n = lanes[lane].count - 1
    for j in range(k, n):
        order[at + j] = order[at + j + 1]
    lanes[lane].count = n
    if k < lanes[lane].still:
        lanes[lane].still = 0
    order[word_of(lanes, order, lane)] &= ~(bit_of(lane) if n == 0 else 0)


@compiled(inline=True)
def index_of(lanes: Records, order: Ints, lane: int, vehicle: int) -> int:
    """Return a vehicle's index in its lane."""
    at = lanes[lane].order_at
    k = 0
    while order[at + k] != vehicle:
        k += 1
    return k


@compiled(inline=True)
def goes_on(vehicles: Records, route: Records, j: int, segment: int, to: int) -> bool:
    """Return whether a vehicle's route leads over one segment, which comes next, to another."""
    leg = vehicles[j].leg + 1
    return leg + 1 < vehicles[j].route_end and route[leg].segment == segment and route[leg + 1].segment == to


@compiled(inline=True)
def successor(vehicles: Records, segments: Records, net: Ints, route: Records, vehicle: int, leg: int) -> int:
    """Return which successor of a leg's segment is the next leg's; -1 at the route's end."""
    if leg + 1 >= vehicles[vehicle].route_end:
        return -1
    here = route[leg].segment
    there = route[leg + 1].segment
    for j in range(segments[here].next_at, segments[here].next_end):
        if net[j] == there:
            return j - segments[here].next_at
    return -1


@compiled(inline=True)
def is_open(vehicles: Records, lanes: Records, i: int, lane: int) -> bool:
    """Return whether a vehicle may use a lane, or a way over a junction."""
    return lanes[lane].has & BUSES == 0 or vehicles[i].bus_lanes == 1


@compiled(inline=True)
def choice_end(segments: Records, net: Ints, route: Records, leg: int, choice: int) -> int:
    """Return one past the last of the choices that lead to the same successor: from one lane to several lanes there."""
    end = choice
    if choice >= 0:
        here = segments[route[leg].segment]
        while here.next_at + end < here.next_end and net[here.next_at + end] == route[leg + 1].segment:
            end += 1
    return end


@compiled()
def last_leg(vehicles: Records, lanes: Records, segments: Records, route: Records, i: int) -> int:
    """Return the leg for whose end a driver picks the lanes already: the next, or the last within the foresight."""
    leg = vehicles[i].leg + 1
    looked = lanes[segments[route[leg].segment].first_lane].length
    while leg + 2 < vehicles[i].route_end and looked < vehicles[i].foresight:
        leg += 1
        looked += lanes[segments[route[leg].segment].first_lane].length
    return leg


@compiled()
def note_changes(
    vehicles: Records, lanes: Records, segments: Records, net: Ints, route: Records, i: int, leg: int, last: int
) -> None:
    """Note in the lanes from one leg to another, `last`, how many lie between each and where the route leads."""
    for at in range(last, leg - 1, -1):
        here = segments[route[at].segment]
        choice = successor(vehicles, segments, net, route, i, at)
        end = choice_end(segments, net, route, at, choice)
        for n in range(here.lanes):
            fewest = NO_WAY
            for m in range(here.lanes):
                lane = here.first_lane + m
                if not is_open(vehicles, lanes, i, lane):
                    continue
                apart = n - m if n > m else m - n
                if apart == 1 and lanes[lane].has & RING != 0 and lanes[lane].length >= ROOM_IN_RING:
                    apart = 0  # on the way round there is more than one place to change lanes
                if choice < 0:
                    fewest = apart if apart < fewest else fewest
                for c in range(choice, end):
                    via = net[lanes[lane].via_at + c]
                    if via >= 0 and is_open(vehicles, lanes, i, via):
                        changes = apart + (lanes[lanes[via].to_lane].changes if at < last else 0)
                        fewest = changes if changes < fewest else fewest
            lanes[here.first_lane + n].changes = fewest


@compiled()
def lanes_by(
    vehicles: Records, lanes: Records, segments: Records, net: Ints, i: int, here: int, choice: int, after: int
) -> "tuple[int, int, int, int]":
    """Return for one choice the fewest lane changes beyond it, how many lanes lead there so, the first and the last.

    `after` says what lies beyond: AT_CURB, the changes noted in the lanes there (NOTED), or nothing that matters.
    """
    fewest = NONE
    count = 0
    low = vehicles[i].low
    high = vehicles[i].high
    first = segments[here].first_lane
    for n in range(segments[here].lanes):
        via = net[lanes[first + n].via_at + choice]
        if via < 0 or not is_open(vehicles, lanes, i, first + n) or not is_open(vehicles, lanes, i, via):
            continue
        to = lanes[via].to_lane
        if after == AT_CURB:
            changes = lanes[to].number
        elif after == NOTED:
            changes = lanes[to].changes
        else:
            changes = 0 if is_open(vehicles, lanes, i, to) else 1
        if changes < fewest:
            fewest = changes
            count = 0
            low = n
        if changes == fewest:
            count += 1
            high = n
    return fewest, count, low, high


@compiled(inline=True)
def note_way(vehicles: Records, lanes: Records, net: Ints, i: int) -> None:
    """Note which movement a vehicle takes at the end of its segment's lane: -1 none, -2 its route ends."""
    me = vehicles[i]
    me.way = -1
    if me.choice >= 0:
        way = net[lanes[me.lane].via_at + me.choice]
        me.way = way if way < 0 or is_open(vehicles, lanes, i, way) else -1
    elif me.leg + 1 >= me.route_end:
        me.way = -2


@compiled()
def aim(vehicles: Records, lanes: Records, segments: Records, net: Ints, route: Records, i: int) -> None:
    """Set which lanes of its present segment lead a vehicle on, `choice`, `low`, `high`, and its `way` from its own.

    A lane that leads to the next segment is good; where that one is short (200 m), or as far as the driver's foresight
    reaches, the lanes from which the fewest changes follow are better. A target at the curb makes lane 0 the only good
    one. Where several ways lead from one lane to the next segment, it takes the one to which most lanes lead, and
    those to which as many do in turns.

    What was found for another on the same leg holds for all who may use the same lanes and see as far, unless a
    target is near or they take turns.
    """
    pick_lanes(vehicles, lanes, segments, net, route, i)
    lane = vehicles[i].lane
    if lane >= 0 and lanes[lane].segment == route[vehicles[i].leg].segment:  # else it is outside
        note_way(vehicles, lanes, net, i)


@compiled(inline=True)
def pick_lanes(vehicles: Records, lanes: Records, segments: Records, net: Ints, route: Records, i: int) -> None:
    """Set which lanes of its present segment lead a vehicle on: `aim` without its `way`."""
    me = vehicles[i]
    leg = route[me.leg]
    here = leg.segment
    follows = me.leg + 1 < me.route_end
    wants_curb = me.target_mode >= STOP or (me.target_mode == PASS and me.keeps_curb == 1)
    near = wants_curb and (me.target_segment == here or (follows and me.target_segment == route[me.leg + 1].segment))
    if not near and leg.aimed > 0:
        other = vehicles[leg.aimed - 1]
        if other.bus_lanes == me.bus_lanes and other.foresight == me.foresight:
            me.choice = leg.choice
            me.low = leg.low
            me.high = leg.high
            return
    first = segments[here].first_lane
    choice = successor(vehicles, segments, net, route, i, me.leg)
    me.choice = choice
    me.low = 0
    me.high = segments[here].lanes - 1
    while me.low < me.high and not is_open(vehicles, lanes, i, first + me.low):
        me.low += 1
    while me.low < me.high and not is_open(vehicles, lanes, i, first + me.high):
        me.high -= 1
    if wants_curb and me.target_segment == here:
        me.low = 0
        me.high = 0
        return
    in_turns = choice >= 0 and pick(vehicles, lanes, segments, net, route, i, near)
    if not near and not in_turns:
        leg.aimed = i + 1
        leg.choice = me.choice
        leg.low = me.low
        leg.high = me.high


@compiled()
def pick(
    vehicles: Records, lanes: Records, segments: Records, net: Ints, route: Records, i: int, at_curb: bool
) -> bool:
    """Set which lanes lead a vehicle on by the best way to the next segment; return whether several are as good.

    Told before: `choice`, the first of these ways, and, as `low` and `high`, the lanes it may use. `at_curb`: it has a
    target at the curb there.
    """
    me = vehicles[i]
    there = route[me.leg + 1].segment
    after = 0
    if at_curb and me.target_x < LOOK_THROUGH:
        after = AT_CURB
    elif me.leg + 2 < me.route_end and (me.foresight > 0.0 or lanes[segments[there].first_lane].length < LOOK_THROUGH):
        after = NOTED
        until = last_leg(vehicles, lanes, segments, route, i)
        note_changes(vehicles, lanes, segments, net, route, i, me.leg + 1, until)
    best = NONE
    most = 0
    choice = me.choice
    ways = choice_end(segments, net, route, me.leg, choice) - choice
    as_good = 0
    low = me.low
    high = me.high
    for turn in range(ways):
        c = choice + (turn + i) % ways
        fewest, count, c_low, c_high = lanes_by(vehicles, lanes, segments, net, i, route[me.leg].segment, c, after)
        if fewest < best or (fewest == best and count > most):
            best = fewest
            most = count
            as_good = 0
            me.choice = c
            low = c_low
            high = c_high
        as_good += fewest == best and count == most
    me.low = low
    me.high = high
    return as_good > 1


@compiled()
def aim_those(
    vehicles: Records, lanes: Records, segments: Records, net: Ints, route: Records, first: int, end: int
) -> None:
    """Aim each vehicle from `first` to before `end`: what Python calls, with arrays as they are there."""
    vehicles = lean(vehicles)  # as in `advance`, so that `aim` is compiled once
    lanes = lean(lanes)
    segments = lean(segments)
    net = lean(net)
    route = lean(route)
    for i in range(first, end):
        aim(vehicles, lanes, segments, net, route, i)
