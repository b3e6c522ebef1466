"""How many vehicles a zebra lets pass, by hand: a planner is warned with it, and validation row 13 holds it."""

from math import exp

from sim.scenario.network import LANE_WIDTH_M

SATURATION_VEH_H = 1784.0
"""What a lane passes an hour where nobody stops it (validation row 5)."""
LOST_S = 2.4
"""[s] each time people have stopped it, until it flows again (validation row 5)."""


def passes_veh_h(lanes: int, people_h: float, walk_m_s: float) -> float:
    """Return what a lane passes over a zebra [veh/h] on a street of so many lanes each way, if its drivers yield.

    People come at random with rate p, and each shuts the lanes of a direction for a, overlapping; in between vehicles
    follow each other by h: p / ((exp(p a) - 1) (1 - exp(-p h)) + p h) (Griffiths 1981, as used by Marlow and Maycock
    1982, TRRL SR 724). From the near curb one shuts them until past them, from the far curb from a lane before them on.
    """
    p, h = people_h / 3600.0, 3600.0 / SATURATION_VEH_H
    if p == 0.0:
        return SATURATION_VEH_H
    a = (lanes + 0.5) * LANE_WIDTH_M / walk_m_s + LOST_S
    return 3600.0 * p / ((exp(p * a) - 1.0) * (1.0 - exp(-p * h)) + p * h)
