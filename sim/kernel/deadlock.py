"""Deadlock: vehicles that stop each other in a circle and will never move again are found and named."""

from sim.kernel import compiled
from sim.kernel.changing import ROOM
from sim.kernel.gaps import has_stood
from sim.kernel.state import DRIVING, Ints, Records

LONG = 180.0  # [s] standing for longer than any red light [assumption]
FOREVER = 3600.0  # [s] standing at the head of a queue for so long is a deadlock whatever the reason [assumption]


@compiled()
def stands_beside(vehicles: Records, lanes: Records, order: Ints, i: int) -> int:
    """Return who is beside a vehicle at its lane's end, in the lane that it must change to; -1 if nobody is."""
    me = vehicles[i]
    here = lanes[me.lane]
    if here.segment < 0 or me.way != -1 or me.low <= here.number <= me.high:
        return -1
    to = me.lane + 1 if here.number < me.low else me.lane - 1
    for k in range(lanes[to].order_at, lanes[to].order_at + lanes[to].count):
        other = vehicles[order[k]]
        if other.x - other.length < me.x + ROOM and me.x - me.length < other.x + ROOM:
            return order[k]
    return lanes[to].tail_who if lanes[to].tail_x < me.x + ROOM else -1


@compiled(inline=True)
def stopper(vehicles: Records, lanes: Records, order: Ints, i: int) -> int:
    """Return who stops a vehicle: whom it names or, if nobody, who stands beside it where it must go; -1 if nobody."""
    j = vehicles[i].blocker
    return j if j >= 0 else stands_beside(vehicles, lanes, order, i)


@compiled(inline=True)
def stopped_by(vehicles: Records, lanes: Records, order: Ints, i: int, dt: float, tick: int) -> int:
    """Return who stops a vehicle and has stood for long himself; -1 if nobody."""
    j = stopper(vehicles, lanes, order, i)
    if j < 0 or vehicles[j].state != DRIVING or not has_stood(vehicles[j], LONG, dt, tick):
        return -1
    return j


@compiled()
def find_deadlock(vehicles: Records, lanes: Records, order: Ints, stuck: Ints, desk: Records, tick: int) -> bool:
    """Write down the members of a circle of vehicles that stop each other; return whether there is one.

    Each blocked vehicle names one blocker, so the blockers form a functional graph, and walking it as many steps as
    there are vehicles ends in a circle if there is one.
    """
    dt = desk[0].dt
    for lane in range(lanes.size):
        if lanes[lane].count == 0:
            continue
        i = order[lanes[lane].order_at]
        if vehicles[i].state != DRIVING or not has_stood(vehicles[i], LONG, dt, tick):
            continue
        if vehicles[i].blocker < 0 and has_stood(vehicles[i], FOREVER, dt, tick):
            stuck[0] = i
            desk[0].stuck = 1
            return True
        slow = i
        fast = i
        while True:
            for _ in range(2):
                fast = stopped_by(vehicles, lanes, order, fast, dt, tick) if fast >= 0 else -1
            if fast < 0:
                break
            slow = stopper(vehicles, lanes, order, slow)
            if slow == fast:
                n = 0
                while n == 0 or (slow != fast and n < stuck.size):
                    stuck[n] = slow
                    n += 1
                    slow = stopper(vehicles, lanes, order, slow)
                desk[0].stuck = n
                return True
    return False
