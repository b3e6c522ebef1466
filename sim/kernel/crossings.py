"""Zebra crossings: people step off when every approaching vehicle is far enough away or yields.

Who waits crosses in a group, row after row, two seconds apart. Each row looks for itself, so that n rows need the
critical gap and 2 (n - 1) s more (HCM 2010, ch. 19); where the gap is shorter the group is torn apart.
"""

from sim.kernel import compiled
from sim.kernel.chance import YIELD, uniform
from sim.kernel.gaps import accepts, lateness, looks, time_over
from sim.kernel.junctions import AT_LINE, B_YIELD, no_room_behind
from sim.kernel.moving import report
from sim.kernel.state import CROSSING, HELD, V_STANDING, Ints, Records

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
            waiting[c, zebras[c].waits] = zebras[c].next
            zebras[c].waits += 1
            zebras[c].next += 1
        if now >= zebras[c].next_row:
            zebras[c].in_row = 0
        row = zebras[c].abreast - zebras[c].in_row
        if row > zebras[c].waits:
            row = zebras[c].waits
        if row == 0 or not looks(c, now, desk[0].dt):
            continue
        zebras[c].asks = int(zebras[c].marked == 0 or not is_shut(vehicles, lanes, order, queue, zebras, c))
        safe = True
        late = lateness(desk[0].dt)
        for z in range(zebras[c].lane_at, zebras[c].lane_end):
            if not lane_is_safe(vehicles, lanes, order, net, zebras, desk, c, queue[z], late):
                safe = False
                break
        if not safe:
            continue
        for w in range(row):
            p = waiting[c, w]
            people[p].start = now
            if now + people[p].past_near > zebras[c].until:
                zebras[c].until = now + people[p].past_near
            if now + people[p].past_far > zebras[c].until_far:
                zebras[c].until_far = now + people[p].past_far
            if people[p].reported == 1:
                report(news, desk, CROSSING, p)
        if zebras[c].in_row == 0:
            zebras[c].next_row = now + int(ROW_S / desk[0].dt + 0.5)
        zebras[c].in_row += row
        zebras[c].waits -= row
        for w in range(zebras[c].waits):
            waiting[c, w] = waiting[c, w + row]
        if zebras[c].waits == 0:
            zebras[c].asks = 0
