"""Filming: where everybody on the road is, written down every so often for those who want to watch."""

from sim.kernel import compiled
from sim.kernel.state import Ints, Records


@compiled()
def film(
    vehicles: Records, lanes: Records, order: Ints, frames: Records, seen: Records, desk: Records, tick: int
) -> None:
    """Write down everybody on the road whose lane, position or state is not as it was last written.

    To 0.1 m and 0.1 m/s. Rows beyond those of `seen`, which are no vehicles, are left out.
    """
    n = desk[0].filmed
    for lane in range(lanes.size):
        for k in range(lanes[lane].order_at, lanes[lane].order_at + lanes[lane].count):
            i = order[k]
            if i >= seen.size:
                continue
            x = int(10.0 * vehicles[i].x + 0.5)
            last = seen[i]
            if last.lane == lane and last.x == x and last.state == vehicles[i].state:
                continue
            last.lane = lane
            last.x = x
            last.state = vehicles[i].state
            frames[n].tick = tick
            frames[n].vehicle = i
            frames[n].lane = lane
            frames[n].x = x
            frames[n].v = int(10.0 * vehicles[i].v + 0.5)
            frames[n].state = vehicles[i].state
            n += 1
    desk[0].filmed = n
