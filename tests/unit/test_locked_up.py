"""Inside a junction: whose body is in the way counts wherever others stand, and nobody waits for who waits for him."""

import numpy as np
import pytest

from sim.kernel import state as k
from sim.kernel.areas import SEEN_TO_WAIT, occupant, waits_for

BEGIN, END = 7.5, 13.5


def foe(*fronts, wait_x=8.5, speeds=None):
    """Return vehicles on the foe's movement, the foremost first, its lane, their order, and the conflict with it."""
    vehicles, lanes, conflicts = k.rows(k.VEHICLE, len(fronts) + 1), k.rows(k.LANE, 1), k.rows(k.CONFLICT, 1)
    vehicles["x"][1:], vehicles["length"] = fronts, 4.8
    if speeds:
        vehicles["v"][1:] = speeds
    lanes[0].count, lanes[0].wait_x, lanes[0].tail_x = len(fronts), wait_x, k.FAR
    conflicts[0].foe_begin, conflicts[0].foe_end = BEGIN, END
    return vehicles, lanes, np.arange(1, len(fronts) + 1, dtype=np.int32), conflicts[0]


@pytest.mark.parametrize(
    ("fronts", "wait_x", "goes_first", "expected"),
    [
        ((8.5, 1.7), 8.5, True, 1),  # the one in the area, not the one who stands behind
        ((8.5, 1.7), 8.5, False, 2),
        ((1.7,), 8.5, True, -1),
        ((1.7,), 8.5, False, 1),
        ((6.0,), 6.0, False, -1),  # waits inside, short of the area
        ((20.0, 1.7), 8.5, True, -1),  # past it
        ((17.0, 1.7), 8.5, True, 1),  # its rear end is not
    ],
)
def test_one_in_the_area_is_found_whoever_stands_behind(fronts, wait_x, goes_first, expected):
    assert occupant(*foe(*fronts, wait_x=wait_x), 0, True, goes_first, k.NEVER) == expected


def test_one_who_moves_towards_the_area_counts_for_everybody():
    assert occupant(*foe(8.5, 1.7, speeds=(0.0, 2.0)), 0, True, True, k.NEVER) == 2


@pytest.mark.parametrize(
    ("light", "may_go", "switched", "expected"),
    [
        (k.GREEN, 50, 100, -1),  # waits for a gap
        (k.RED, 50, 10, 1),  # has a way, and leaves
        (k.RED, -1, 100, 1),  # will have one: its light has just turned red
        (k.RED, -1, 10, -1),  # has found none since
    ],
)
def test_one_who_waits_inside_counts_once_its_light_is_red_for_as_long_as_it_may_leave(
    light, may_go, switched, expected
):
    vehicles, lanes, order, conflict = foe(6.0, wait_x=6.0)
    lanes[0].light, lanes[0].switched, vehicles[1].may_go = light, switched, may_go
    assert occupant(vehicles, lanes, order, conflict, 0, True, False, 90) == expected


def standing(blockers, since=0):
    """Return vehicles that have stood since a tick, each stopped by another one."""
    vehicles = k.rows(k.VEHICLE, len(blockers))
    vehicles["standing"], vehicles["blocker"] = since, blockers
    return vehicles


LATER = int(SEEN_TO_WAIT / 0.5)


@pytest.mark.parametrize(
    ("blockers", "since", "expected"),
    [
        ((1, 0), 0, True),
        ((1, 2, 0), 0, True),
        ((1, 2, -1), 0, False),
        ((1, 2, 1), 0, False),  # they wait for each other, not for 0
        ((1, 0), 1, False),  # not for long enough to be seen
        ((1, 0), -1, False),  # it moves
    ],
)
def test_who_waits_for_me_is_seen_over_those_between(blockers, since, expected):
    assert waits_for(standing(blockers, since), 1, 0, LATER, 0.5) == expected
