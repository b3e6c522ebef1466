"""Who goes first at a line where the main road stands: the one who has stood longer, if drivers take turns."""

import numpy as np
import pytest

from sim.kernel import state as k
from sim.kernel.gaps import HESITATES, WAITED, has_held_back, lets_first

DT = 0.5
TICK = 1000


def two(host_stands_s, guest_stands_s, *, share=1.0, defers_s=None):
    vehicles, desk = k.rows(k.VEHICLE, 2), k.rows(k.DESK, 1)
    desk[0].dt, desk[0].turns, desk[0].seed = DT, share, 7
    for row, stood in ((0, host_stands_s), (1, guest_stands_s)):
        vehicles[row].standing = -1 if stood is None else TICK - int(stood / DT)
        vehicles[row].key = row
    vehicles[0].defers = -1 if defers_s is None else TICK - int(defers_s / DT)
    return lets_first(vehicles, desk, 0, 1, TICK)


def test_who_has_stood_longer_goes_first():
    assert two(1.0, 5.0)
    assert not two(5.0, 1.0)
    assert not two(5.0, 5.0)


def test_one_who_crawls_lets_one_go_first_who_has_waited_long():
    assert two(None, WAITED)
    assert not two(None, WAITED - DT)


def test_nobody_who_moves_is_let():
    assert not two(1.0, None)
    assert not two(None, None)


def test_the_offer_ends():
    assert two(1.0, 5.0, defers_s=0.5 * HESITATES - DT)
    assert not two(1.0, 5.0, defers_s=1.5 * HESITATES)


@pytest.mark.parametrize("dt", [0.5, 0.25, 0.125])
def test_the_offer_lasts_as_long_on_average_whatever_the_step(dt):
    vehicles, desk = k.rows(k.VEHICLE, 4000), k.rows(k.DESK, 1)
    desk[0].dt, desk[0].seed, vehicles["key"], vehicles["defers"] = dt, 7, range(4000), TICK
    until = TICK + round(2.0 * HESITATES / dt)
    held = [sum(not has_held_back(vehicles, desk, i, t) for t in range(TICK, until)) for i in range(4000)]
    assert (np.mean(held) + 0.5) * dt == pytest.approx(HESITATES, rel=0.01)  # it begins half a tick late


def test_a_share_of_the_drivers_does():
    assert not two(1.0, 5.0, share=0.0)
