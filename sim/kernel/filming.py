"""Filming: where everybody on the road is, written down every so often for those who want to watch, and put in order.

What the kernel saw are *frames*, in order of time; what only others know are *remarks* (`sim.film.vehicles`), in order
of vehicle and time. Both become rows in order of vehicle and time.
"""

import numpy as np

from sim.kernel import compiled
from sim.kernel.state import DRIVING, Floats, Ints, Records

AS_BEFORE = -2  # in place of a remark's lane: where the vehicle was last seen


@compiled()
def film(
    vehicles: Records, lanes: Records, order: Ints, frames: Records, seen: Records, desk: Records, tick: int
) -> None:
    """Write down everybody on the road whose lane, position or state is not as it was last written, or who was away.

    To 0.1 m and 0.1 m/s. Who comes out of a berth may do so where it was last seen before it. Rows beyond those of
    `seen`, which are no vehicles, are left out.
    """
    n = desk[0].filmed
    for lane in range(lanes.size):
        for k in range(lanes[lane].order_at, lanes[lane].order_at + lanes[lane].count):
            i = order[k]
            if i >= seen.size:
                continue
            x = int(10.0 * vehicles[i].x + 0.5)
            last = seen[i]
            was_here = last.tick == tick - desk[0].film_every
            last.tick = tick
            if was_here and last.lane == lane and last.x == x and last.state == vehicles[i].state:
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


@compiled()
def count(frames: Records, remarks: Records, upcoming: Ints, ends: Ints, rows: Ints, start_s: float, dt: float) -> None:
    """Add to `rows[i + 1]` a row for each frame of vehicle i, less one for each remark on the same second.

    `upcoming[i]` is the vehicle's first remark that is not passed yet, `ends[i]` the first that is another's.
    """
    for n in range(frames.size):
        i = frames[n].vehicle
        rows[i + 1] += 1
        now = int(start_s + frames[n].tick * dt + 0.5)
        while upcoming[i] < ends[i] and remarks[upcoming[i]].time_s <= now:
            rows[i + 1] -= remarks[upcoming[i]].time_s == now
            upcoming[i] += 1


@compiled()
def write(
    remarks: Records,
    n: int,
    at: int,
    time_s: Ints,
    lane: Ints,
    at_m: Floats,
    speed_m_s: Floats,
    state: Ints,
    off_lane: Ints,
) -> None:
    """Write a remark into row `at`; one that says no place tells what a vehicle does that holds its lane."""
    time_s[at] = remarks[n].time_s
    speed_m_s[at] = 0.0
    off_lane[at] = remarks[n].off_lane
    if remarks[n].lane == AS_BEFORE:
        lane[at], at_m[at] = lane[at - 1], at_m[at - 1]
        drives = state[at - 1] == DRIVING or off_lane[at - 1]
        state[at] = DRIVING if drives else remarks[n].state
    else:
        lane[at], at_m[at] = remarks[n].lane, np.float32(remarks[n].x) / np.float32(10.0)
        state[at] = remarks[n].state


@compiled()
def arrange(
    frames: Records,
    remarks: Records,
    upcoming: Ints,
    ends: Ints,
    places: Ints,
    start_s: float,
    dt: float,
    time_s: Ints,
    lane: Ints,
    at_m: Floats,
    speed_m_s: Floats,
    state: Ints,
    off_lane: Ints,
) -> None:
    """Put frames, and the remarks before them, into rows; where both tell of a second, the remark is right.

    `places[i]` is where the next row of vehicle i stands; `off_lane` is 0 before. A remark of no place of its own says
    nothing new there.
    """
    for n in range(frames.size):
        i = frames[n].vehicle
        now = int(start_s + frames[n].tick * dt + 0.5)
        told = False
        while upcoming[i] < ends[i] and remarks[upcoming[i]].time_s <= now:
            known = remarks[upcoming[i]].time_s == now
            if not known or remarks[upcoming[i]].lane != AS_BEFORE:
                write(remarks, upcoming[i], places[i], time_s, lane, at_m, speed_m_s, state, off_lane)
                places[i] += 1
                told = known
            upcoming[i] += 1
        if told:
            continue
        at = places[i]
        places[i] += 1
        time_s[at] = now
        lane[at] = frames[n].lane
        at_m[at] = np.float32(frames[n].x) / np.float32(10.0)
        speed_m_s[at] = np.float32(frames[n].v) / np.float32(10.0)
        state[at] = frames[n].state


@compiled()
def arrange_rest(
    remarks: Records,
    upcoming: Ints,
    ends: Ints,
    places: Ints,
    time_s: Ints,
    lane: Ints,
    at_m: Floats,
    speed_m_s: Floats,
    state: Ints,
    off_lane: Ints,
) -> None:
    """Put the remarks after the last frame of each vehicle into rows."""
    for i in range(ends.size):
        for n in range(upcoming[i], ends[i]):
            write(remarks, n, places[i], time_s, lane, at_m, speed_m_s, state, off_lane)
            places[i] += 1
