"""Car following: the intelligent driver model, and where it stops."""

from math import sqrt

from numba import njit

from sim.kernel.state import B_EMERGENCY


@njit(cache=True, inline="always")
def free_acceleration(v: float, desired: float, a: float, b: float) -> float:
    """Return the IDM's free-road acceleration [m/s2], braking by at most b where the limit has just fallen."""
    r = v / desired
    free = a * (1.0 - r * r * r * r)
    return free if free > -b else -b


@njit(cache=True, inline="always")
def interaction(v: float, gap: float, approach: float, a: float, headway: float, s0: float, half_inverse: float) -> float:
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


@njit(cache=True, inline="always")
def idm(
    v: float, desired: float, gap: float, approach: float, a: float, b: float, headway: float, s0: float, half_inverse: float
) -> float:
    """Return the IDM acceleration [m/s2], never below full brakes."""
    wanted = free_acceleration(v, desired, a, b) + interaction(v, gap, approach, a, headway, s0, half_inverse)
    return wanted if wanted > -B_EMERGENCY else -B_EMERGENCY


@njit(cache=True, inline="always")
def approach_speed(distance: float, v_end: float, b: float) -> float:
    """Return the highest speed [m/s] from which braking by b reaches v_end within a distance [m]."""
    if distance <= 0.0:
        return v_end
    return sqrt(v_end * v_end + 2.0 * b * distance)


@njit(cache=True)
def equilibrium_gap(v: float, desired: float, headway: float, s0: float) -> float:
    """Return the gap [m] at which equal speeds v < desired persist: (s0 + vT) / sqrt(1 - (v/v0)^4)."""
    r = v / desired
    return (s0 + v * headway) / sqrt(1.0 - r * r * r * r)
