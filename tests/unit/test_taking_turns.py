"""Who goes first at a line where the main road stands: the one who has stood longer, if drivers take turns."""

from sim.kernel import state as k
from sim.kernel.gaps import HESITATES, WAITED, lets_first

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
    assert two(1.0, 5.0, defers_s=HESITATES - DT)
    assert not two(1.0, 5.0, defers_s=HESITATES)


def test_a_share_of_the_drivers_does():
    assert not two(1.0, 5.0, share=0.0)
