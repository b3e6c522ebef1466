"""Zebra crossings: people step off when every approaching vehicle is far enough away or yields.

Who waits crosses in a group, row after row, two seconds apart. Each row looks for itself, so that n rows need the
critical gap and 2 (n - 1) s more (HCM 2010, ch. 19); where the gap is shorter the group is torn apart. Over a street of
two lanes or more each way one looks at the first half alone, for drivers of the second stop once one is near it.
"""

from sim.kernel import compiled
from sim.kernel.chance import YIELD, uniform
from sim.kernel.gaps import accepts, lateness, looks, time_over
from sim.kernel.junctions import AT_LINE, B_YIELD, no_room_behind
from sim.kernel.moving import report
from sim.kernel.state import CROSSING, FAR_HALF, HELD, V_STANDING, Ints, Records

ROW_S = 2.0  # [s] between two rows of a group (HCM 2010, ch. 19)


@compiled()
def lane_is_safe(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    zebras: Records,
    desk: Records,
    zebra: int,
    lane: int,
    late: float,
) -> bool:
    """Return whether nobody on this lane over the crossing would hit a pedestrian stepping off now, seen `late` [s].

    At a zebra who has stopped stays; where nothing is marked one who stands there and could go on goes first, unless
    that driver yields.
    """
    marked = zebras[zebra].marked == 1
    source = lanes[lane].from_lane
    if lanes[lane].count > 0:
        j = order[lanes[lane].order_at]
        return not marked and vehicles[j].v < V_STANDING  # one walks round a car that stands on one's way
    if lanes[lane].tail_x < lanes[lane].length:
        return not marked and lanes[lane].tail_v < V_STANDING
    at = lanes[source].order_at
    for k in range(lanes[source].count):
        j = order[at + k]
        distance = lanes[source].length - vehicles[j].x
        v = vehicles[j].v
        if vehicles[j].state == HELD:
            return True
        if vehicles[j].way != lane:
            continue
        wants_on = not marked and v < V_STANDING and distance < AT_LINE
        if wants_on and no_room_behind(vehicles, lanes, order, net, j, lane) >= 0:
            return True
        if not wants_on and accepts(time_over(distance, v) + late, zebras[zebra].gap):
            return True
        stops = 0.5 * v * v < B_YIELD * (distance if distance > 0.1 else 0.1)
        return stops and uniform(desk[0].seed, vehicles[j].key, YIELD, zebra) < zebras[zebra].yield_share
    for f in range(lanes[source].feed_at, lanes[source].feed_end):
        movement = net[f]
        if lanes[movement].count > 0:
            j = order[lanes[movement].order_at]
            distance = lanes[source].length + lanes[movement].length - vehicles[j].x
            if not accepts(time_over(distance, vehicles[j].v) + late, zebras[zebra].gap):
                return False
    return True


@compiled()
def is_shut(vehicles: Records, lanes: Records, order: Ints, queue: Ints, zebras: Records, zebra: int) -> bool:
    """Return whether a vehicle stands on a zebra: nobody crosses, and no driver waits for those who cannot."""
    for z in range(zebras[zebra].lane_at, zebras[zebra].lane_end):
        lane = queue[z]
        if lanes[lane].count > 0 and vehicles[order[lanes[lane].order_at]].v < V_STANDING:
            return True
        if lanes[lane].tail_x < lanes[lane].length and lanes[lane].tail_v < V_STANDING:
            return True
    return False


@compiled(inline=True)
def heeded(people: Records, p: int, half: int) -> bool:
    """Return whether drivers of a half (0 or FAR_HALF) heed a person at the curb, who is in it at once or nearly so."""
    return (people[p].at_near if half == 0 else people[p].at_far) <= 0.0


@compiled(inline=True)
def waits_before(zebras: Records, people: Records, waiting: Ints, c: int, half: int) -> int:
    """Return 1 if anybody waits whom drivers of a half of zebra c heed."""
    for w in range(zebras[c].waits):
        if heeded(people, waiting[c, 0, w], half):
            return 1
    return 0


@compiled()
def half_is_safe(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    zebras: Records,
    desk: Records,
    queue: Ints,
    c: int,
    half: int,
    late: float,
) -> bool:
    """Return whether all lanes of a half (0 or FAR_HALF) of zebra c are safe (`lane_is_safe`)."""
    for z in range(zebras[c].lane_at, zebras[c].lane_end):
        lane = queue[z]
        if lanes[lane].has & FAR_HALF == half and not lane_is_safe(
            vehicles, lanes, order, net, zebras, desk, c, lane, late
        ):
            return False
    return True


@compiled(inline=True)
def shut_halves(zebras: Records, people: Records, c: int, p: int, now: int) -> bool:
    """Shut the halves of a zebra that a person is in, or so near that drivers stop; return whether one follows later.

    From the tick on that begins nearest to it.
    """
    since = now + 0.5 - people[p].start
    if people[p].at_near <= since and people[p].start + people[p].past_near > zebras[c].until:
        zebras[c].until = people[p].start + people[p].past_near
    if people[p].at_far <= since and people[p].start + people[p].past_far > zebras[c].until_far:
        zebras[c].until_far = people[p].start + people[p].past_far
    return people[p].at_near > since or people[p].at_far > since


@compiled()
def cross(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    net: Ints,
    zebras: Records,
    people: Records,
    queue: Ints,
    waiting: Ints,
    news: Ints,
    desk: Records,
    tick: int,
) -> None:
    """Let pedestrians arrive at the zebras and step off in rows.

    They look at the state that the drivers decide on in this tick, as it was when the tick began: who steps off does so
    then, and nobody is there who comes only later in the tick. Drivers heed who waits once that one has looked, so that
    both see it at the same moment whatever the step.
    """
    now = tick - 1
    for c in range(zebras.size):
        while zebras[c].next < zebras[c].end and people[zebras[c].next].due <= now:
            waiting[c, 0, zebras[c].waits] = zebras[c].next
            zebras[c].waits += 1
            zebras[c].next += 1
        w = 0
        while w < zebras[c].comes:
            if shut_halves(zebras, people, c, waiting[c, 1, w], now):
                w += 1
            else:
                zebras[c].comes -= 1
                waiting[c, 1, w] = waiting[c, 1, zebras[c].comes]
        if now >= zebras[c].next_row:
            zebras[c].in_row = 0
        row = zebras[c].abreast - zebras[c].in_row
        if row > zebras[c].waits:
            row = zebras[c].waits
        if row == 0 or not looks(c, now, desk[0].dt):
            continue
        shut = is_shut(vehicles, lanes, order, queue, zebras, c)
        asks = int(zebras[c].marked == 0 or not shut)
        zebras[c].asks = asks * waits_before(zebras, people, waiting, c, 0)
        zebras[c].asks_far = asks * waits_before(zebras, people, waiting, c, FAR_HALF)
        late = lateness(desk[0].dt)
        safe = half_is_safe(vehicles, lanes, order, net, zebras, desk, queue, c, 0, late)
        safe_far = half_is_safe(vehicles, lanes, order, net, zebras, desk, queue, c, FAR_HALF, late)
        if not safe and not safe_far:
            continue
        off = 0
        for w in range(zebras[c].waits):
            p = waiting[c, 0, w]
            near, far = heeded(people, p, 0), heeded(people, p, FAR_HALF)
            goes = (safe or not near) and (safe_far or not far) and (asks == 1 or (near and far))
            if off == row or not goes:
                waiting[c, 0, w - off] = p
                continue
            off += 1
            people[p].start = now
            if shut_halves(zebras, people, c, p, now):
                waiting[c, 1, zebras[c].comes] = p
                zebras[c].comes += 1
            if people[p].reported == 1:
                report(news, desk, CROSSING, p)
        if off > 0 and zebras[c].in_row == 0:
            zebras[c].next_row = now + int(ROW_S / desk[0].dt + 0.5)
        zebras[c].in_row += off
        zebras[c].waits -= off
        zebras[c].asks *= waits_before(zebras, people, waiting, c, 0)
        zebras[c].asks_far *= waits_before(zebras, people, waiting, c, FAR_HALF)
