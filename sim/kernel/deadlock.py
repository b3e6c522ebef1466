"""Deadlock: vehicles that stop each other in a circle and will never move again are found and named."""

from sim.kernel import compiled
from sim.kernel.state import DRIVING, Ints, Records

LONG = 180.0  # [s] standing for longer than any red light [assumption]
FOREVER = 3600.0  # [s] standing at the head of a queue for so long is a deadlock whatever the reason [assumption]


@compiled()
def find_deadlock(vehicles: Records, lanes: Records, order: Ints, stuck: Ints, desk: Records, tick: int) -> bool:
    """Write down the members of a circle of vehicles that stop each other; return whether there is one.

    Each blocked vehicle names one blocker, so the blockers form a functional graph, and walking it as many steps as
    there are vehicles ends in a circle if there is one.
    """
    for lane in range(lanes.size):
        if lanes[lane].count == 0:
            continue
        i = order[lanes[lane].order_at]
        if (
            vehicles[i].state != DRIVING
            or vehicles[i].standing < 0
            or (tick - vehicles[i].standing) * desk[0].dt < LONG
        ):
            continue
        if vehicles[i].blocker < 0 and (tick - vehicles[i].standing) * desk[0].dt >= FOREVER:
            stuck[0] = i
            desk[0].stuck = 1
            return True
        slow = i
        fast = i
        circle = False
        while True:
            for _ in range(2):
                fast = vehicles[fast].blocker
                if fast < 0 or vehicles[fast].state != DRIVING or vehicles[fast].standing < 0:
                    break
                if (tick - vehicles[fast].standing) * desk[0].dt < LONG:
                    fast = -1
                    break
            if fast < 0 or vehicles[fast].state != DRIVING or vehicles[fast].standing < 0:
                break
            slow = vehicles[slow].blocker
            if slow == fast:
                circle = True
                break
        if circle:
            n = 0
            j = slow
            while True:
                stuck[n] = j
                n += 1
                j = vehicles[j].blocker
                if j == slow or n >= stuck.size:
                    break
            desk[0].stuck = n
            return True
    return False
