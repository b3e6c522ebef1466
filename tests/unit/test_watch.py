"""The watch over the road sees what must not be."""

import pytest

from sim.kernel.order import remove
from sim.kernel.state import OFF_LANE
from sim.traffic.fleet import Departure
from tests.streets import go, street, traffic_on
from tests.watch import QUIET_S, WatchedTraffic


def two_cars() -> WatchedTraffic:
    return traffic_on(street(), [Departure(n, 8 * n, ("ab",)) for n in range(2)], kind=WatchedTraffic)


def overlap(traffic: WatchedTraffic) -> None:
    traffic.vehicles["x"][1], traffic.vehicles["v"][0] = traffic.vehicles["x"][0] - 1.0, 0.0


def vanish(traffic: WatchedTraffic) -> None:
    remove(traffic.lanes, traffic.order, 0, 1)


def be_in_two_places(traffic: WatchedTraffic) -> None:
    traffic.vehicles["state"][1] = OFF_LANE


def drive_backwards(traffic: WatchedTraffic) -> None:
    traffic.vehicles["v"][0] = -20.0


def fly(traffic: WatchedTraffic) -> None:
    traffic.vehicles["acceleration"][0] = traffic.vehicles["v"][0] = float("nan")


@pytest.mark.parametrize("wrong", [overlap, vanish, be_in_two_places, drive_backwards, fly])
def test_the_watch_sees(wrong):
    traffic = two_cars()
    go(traffic, 20.0)
    wrong(traffic)
    with pytest.raises(AssertionError, match="vehicle"):
        go(traffic, 30.0)


def test_traffic_that_stands_for_two_hours_is_an_unnamed_deadlock():
    traffic = two_cars()
    traffic.orders.stop_at(0, "ab", 500.0)
    go(traffic, QUIET_S)
    with pytest.raises(AssertionError, match="no deadlock was raised"):
        go(traffic, QUIET_S + 120.0)


def test_who_drives_as_usual_is_no_offence():
    traffic = two_cars()
    go(traffic, 120.0)
    assert traffic.everybody_left()
