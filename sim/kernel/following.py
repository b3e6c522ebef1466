"""Car following: the intelligent driver model, and where it stops."""

from math import sqrt
from typing import Any

from sim.kernel import compiled
from sim.kernel.state import Records

SPARE = 0.25  # [m] between where one stops at the latest and the point that may not be passed [assumption]
B_STOP = 3.0  # [m/s2] before such a point nobody counts on braking harder later [assumption]
COARSE = 1.5  # [m/s] a driver whose braking takes off more than this in a tick reckons with the way driven in it
B_AHEAD = 4.0  # [m/s2] how hard the vehicle ahead is expected to brake at most [assumption]


@compiled(inline=True)
def free_acceleration(v: float, desired: float, a: float, b: float) -> float:
    """Return the IDM's free-road acceleration [m/s2], braking by at most b where the limit has just fallen."""
    r = v / desired
    free = a * (1.0 - r * r * r * r)
    return free if free > -b else -b


@compiled(inline=True)
def interaction(
    v: float, gap: float, approach: float, a: float, headway: float, s0: float, half_inverse: float
) -> float:
    """Return the IDM's braking [m/s2] (<= 0) for a gap [m] closing at `approach` [m/s].

    Treiber, Hennecke, Helbing 2000, Phys. Rev. E 62, 1805: -a (s*/s)^2 with s* = s0 + max(0, vT + v dv / 2 sqrt(ab)).
    """
    wished = v * headway + v * approach * half_inverse
    if wished < 0.0:
        wished = 0.0
    wished += s0
    if gap < 0.1:
        gap = 0.1
    ratio = wished / gap
    return -a * ratio * ratio


@compiled(inline=True)
def composed(wanted: float, v: float, gap: float, v_ahead: float, b: float, s0: float) -> float:
    """Return an acceleration [m/s2] with the IDM's overreaction to short gaps taken out.

    Just after a cut-in the IDM brakes with many times what safety asks for. A driver brakes harder than `b` only as
    far as stopping s0 behind the vehicle ahead requires, should that one brake with B_AHEAD (the idea of the enhanced
    IDM: Kesting, Treiber, Helbing 2010, Phil. Trans. R. Soc. A 368, 4585).
    """
    if wanted >= -b:
        return wanted
    room = gap - s0 + 0.5 * v_ahead * v_ahead / B_AHEAD
    needed = 0.5 * v * v / (room if room > 0.1 else 0.1)
    if needed < b:
        needed = b
    return wanted if wanted > -needed else -needed


@compiled(inline=True)
def following(me: Any, free: float, gap: float, v_ahead: float, headway: float) -> float:
    """Return a driver's IDM acceleration [m/s2] behind a vehicle, given the one on a free road.

    Who drives slower than he wishes to on the street, in a turn or by choice, keeps the gap that he keeps there: near
    the speed wished for the IDM's gap grows without bound, of which a turn knows nothing.
    """
    v = me.v
    braking = interaction(v, gap, v - v_ahead, me.a, headway, me.s0, me.half_inverse)
    if me.street > 0.0:
        kept = free_acceleration(v, float(me.street), me.a, me.b) + braking
        return kept if kept < free else free
    return free + braking


@compiled(inline=True)
def with_gap(vehicles: Records, i: int, gap: float, v_ahead: float) -> float:
    """Return vehicle i's IDM acceleration [m/s2] behind a vehicle at that gap and speed."""
    me = vehicles[i]
    return following(me, free_acceleration(me.v, me.desired, me.a, me.b), gap, v_ahead, me.headway)


@compiled(inline=True)
def behind(vehicles: Records, i: int, gap: float, v_ahead: float) -> float:
    """Return vehicle i's acceleration [m/s2] behind something at that gap and speed."""
    me = vehicles[i]
    return composed(with_gap(vehicles, i, gap, v_ahead), me.v, gap, v_ahead, me.b, me.s0)


@compiled(inline=True)
def approach_speed(distance: float, v_end: float, b: float) -> float:
    """Return the highest speed [m/s] from which braking by b reaches v_end within a distance [m]."""
    if distance <= 0.0:
        return v_end
    return sqrt(v_end * v_end + 2.0 * b * distance)


@compiled(inline=True)
def arrival_speed(v: float, distance: float, v_end: float, b: float, dt: float) -> float:
    """Return the highest next speed [m/s] with which one reaches v_end within a distance [m], braking by b.

    It is `approach_speed`, unless a tick's braking takes off more than COARSE: then the way of this tick counts,
    (v + v') dt / 2 + (v'^2 - v_end^2) / 2b = distance; else one would come to the point a tick too fast.
    """
    if b * dt <= COARSE:
        return approach_speed(distance, v_end, b)
    half = 0.5 * b * dt
    within = half * half - b * dt * v + 2.0 * b * distance + v_end * v_end
    after = sqrt(within) - half if within > 0.0 else 0.0
    return after if after > v_end else v_end


@compiled(inline=True)
def room_before(distance: float) -> float:
    """Return the room [m] to stop in before a point that may not be passed: a quarter of a metre short of it."""
    return distance - SPARE * (distance if distance < 1.0 else 1.0)


@compiled(inline=True)
def short_of(vehicles: Records, i: int, distance: float, dt: float, wanted: float) -> float:
    """Return the acceleration [m/s2] with which vehicle i stops before a point that may not be passed.

    The IDM with a long standstill gap, or a sluggish driver, rolls over it. The next speed v' is such that braking by
    b from then on is enough: (v + v') dt / 2 + v'^2 / 2b = room; braking harder than b only as far as it takes.
    """
    v = vehicles[i].v
    room = room_before(distance)
    b = vehicles[i].b if vehicles[i].b < B_STOP else B_STOP
    within = 0.25 * b * dt * dt - v * dt + 2.0 * room
    after = sqrt(b * within) - 0.5 * b * dt if within > 0.0 else 0.0
    needed = 0.5 * v * v / (room if room > 1e-6 else 1e-6)
    least = -needed if needed > b else -b
    limit = (after - v) / dt if after > 0.0 else -needed
    if limit < least:
        limit = least
    return limit if limit < wanted else wanted


@compiled()
def equilibrium_gap(v: float, desired: float, headway: float, s0: float) -> float:
    """Return the gap [m] at which equal speeds v < desired persist: (s0 + vT) / sqrt(1 - (v/v0)^4)."""
    r = v / desired
    return (s0 + v * headway) / sqrt(1.0 - r * r * r * r)
