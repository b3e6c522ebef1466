"""Advance the road, tick by tick, until a given tick or until something happens that Python must know."""

from sim.kernel import compiled
from sim.kernel.admission import admit
from sim.kernel.backing import back_up, finds_way_back
from sim.kernel.changing import change_lanes
from sim.kernel.crossings import cross
from sim.kernel.curb import PERIOD, pull_out
from sim.kernel.deadlock import find_deadlock
from sim.kernel.deciding import decide
from sim.kernel.filming import film
from sim.kernel.junctions import switch_lights
from sim.kernel.lean import lean
from sim.kernel.moving import move
from sim.kernel.order import list_busy
from sim.kernel.passing import pass_rows
from sim.kernel.state import STRIP, V_QUEUE, Floats, Ints, Records

WATCH = 60.0  # [s] between two looks for a deadlock


@compiled()
def sample(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    entries: Records,
    queue: Ints,
    samples: Ints,
    row: int,
    tick: int,
) -> None:
    """Count queues: towards the gate, towards it from the other side, outside, and everybody on the road."""
    for lane in range(lanes.size):
        n = lanes[lane].count
        samples[row, 3] += n
        segment = lanes[lane].segment
        if n == 0 or segment < 0 or lanes[lane].number == STRIP or segments[segment].watch == 0:
            continue
        for k in range(n):
            if vehicles[order[lanes[lane].order_at + k]].v < V_QUEUE:
                samples[row, segments[segment].watch - 1] += 1
    for e in range(entries.size):
        for n in range(entries[e].next, entries[e].end):
            if vehicles[queue[n]].due > tick:
                break
            samples[row, 2] += 1


@compiled()
def quiet_until(vehicles: Records, lanes: Records, entries: Records, queue: Ints, tick: int, until: int) -> int:
    """Return the last tick, `until` at most, before anybody is due on an empty road; `tick` if somebody is there."""
    for lane in range(lanes.size):
        if lanes[lane].count > 0:
            return tick
    last = until
    for e in range(entries.size):
        if entries[e].next < entries[e].end and vehicles[queue[entries[e].next]].due <= last:
            last = vehicles[queue[entries[e].next]].due - 1
    return last if last > tick else tick


@compiled()
def advance(
    vehicles: Records,
    lanes: Records,
    order: Ints,
    segments: Records,
    net: Ints,
    route: Records,
    conflicts: Records,
    lights: Records,
    detectors: Records,
    passed: Floats,
    entries: Records,
    queue: Ints,
    zebras: Records,
    people: Records,
    waiting: Ints,
    pulling: Ints,
    busy: Ints,
    stuck: Ints,
    news: Ints,
    samples: Ints,
    frames: Records,
    seen: Records,
    desk: Records,
    tick: int,
    until: int,
    every: int,
) -> int:
    """Advance from `tick` to `until`, or to the first tick with news; return the tick reached.

    Everybody decides on the frozen state of the last tick, then everybody moves. Queues are sampled every `every`
    ticks. Ticks in which nothing can happen are left out. A deadlock that nobody can back out of ends the advance, its
    members in `stuck`; so does lack of room for another picture in `frames`.
    """
    # What drivers hand on as they decide and move; the rest goes by once in a tick.
    vehicles = lean(vehicles)
    lanes = lean(lanes)
    order = lean(order)
    segments = lean(segments)
    net = lean(net)
    route = lean(route)
    conflicts = lean(conflicts)
    detectors = lean(detectors)
    zebras = lean(zebras)
    desk = lean(desk)
    watch = int(WATCH / desk[0].dt)
    every_driver = max(int(PERIOD / desk[0].dt + 0.5), 1)
    film_every = desk[0].film_every
    while tick < until:
        tick += 1
        if tick > desk[0].switches:  # what is decided in this tick begins where the last one ended
            desk[0].switches = switch_lights(lanes, lights, net, tick - 1)
        if zebras.size > 0:
            cross(vehicles, lanes, order, net, zebras, people, queue, waiting, news, desk, tick)
        count = list_busy(lanes, order, busy)
        decide(vehicles, lanes, order, segments, net, route, conflicts, zebras, desk, busy, count, tick)
        count = move(vehicles, lanes, order, segments, net, route, detectors, passed, news, desk, busy, count, tick)
        if desk[0].pulling > 0:
            pull_out(vehicles, lanes, order, segments, net, route, pulling, news, desk, tick)
        change_lanes(vehicles, lanes, order, net, desk, busy, count, tick)
        if desk[0].passing == 1:
            pass_rows(vehicles, lanes, order, net, segments, every_driver, tick)
        admit(vehicles, lanes, order, net, entries, queue, desk, tick)
        if tick % every == 0 and tick // every < samples.shape[0]:
            sample(vehicles, lanes, order, segments, entries, queue, samples, tick // every, tick)
        if film_every > 0 and tick % film_every == 0:
            film(vehicles, lanes, order, frames, seen, desk, tick)
            if frames.size - desk[0].filmed < seen.size:
                break
        if desk[0].backs >= 0:
            back_up(vehicles, lanes, order, net, conflicts, desk, tick)
        elif (
            tick % watch == 0
            and find_deadlock(vehicles, lanes, order, stuck, desk, tick)
            and not finds_way_back(vehicles, lanes, order, net, conflicts, stuck, desk, tick)
        ):
            break
        if desk[0].news > 0:
            break
        if count == 0 and film_every == 0 and zebras.size == 0 and desk[0].pulling == 0:
            tick = quiet_until(vehicles, lanes, entries, queue, tick, until)
    return tick
