"""Turns across oncoming traffic that leaves no gap: how many go when green ends (HCM 2016, ch. 31: 2 in a cycle)."""

from dataclasses import replace

import pytest

from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import US, VehicleClass, crossroads, go, population, traffic_on, varied
from tests.validation.table import Found, around

CYCLE_S, CYCLES, FIRST = 75.0, 10, 2
STREAMS = {("wc", "cn"): 2.5, ("sc", "cn"): 2.5, ("nc", "cs"): 2.5}
"""Headways [s] of those who turn left from the west, and of those who have green next."""
ONCOMING_S = 2.2


def turned(lanes: int, dt: float, car: VehicleClass = US) -> Found:
    """Return how many turn left in a cycle, where the oncoming queue lasts all green, and the crossing one, too."""
    ways = [*STREAMS.items(), *[(("ec", "cw"), ONCOMING_S)] * lanes]
    departures = [
        Departure(10**5 * n + k, round(every_s * k / dt), way)
        for n, (way, every_s) in enumerate(ways)
        for k in range(int(CYCLE_S * CYCLES / every_s))
    ]
    seen = Detector("cn", 1.0, 0)
    traffic = traffic_on(crossroads(lanes), varied(departures, 1), drivers=population(car), detectors=[seen], dt=dt)
    go(traffic, CYCLE_S * CYCLES)
    turning = traffic.passed[traffic.vehicles["key"] < 10**5, 0] * dt
    return Found(float((turning > CYCLE_S * FIRST).sum()) / (CYCLES - FIRST))


def what(lanes: int, dt: float) -> str:
    return f"turns to the far side when green ends, {lanes} lanes each way, no gap before, dt {dt} s"


BAND = around(2.0, rel=0.15)


@pytest.mark.parametrize("dt", [0.5, 0.25])
@pytest.mark.parametrize(("lanes", "tier"), [(1, "C"), (2, "B"), (3, "B")])
def test_as_many_turn_when_green_ends_as_the_handbook_says(table, lanes, tier, dt):
    source = "HCM 2016, ch. 31: sneakers"
    table.hold("turns", what(lanes, dt), unit="veh/cycle", band=BAND, found=turned(lanes, dt), tier=tier, source=source)


def test_longer_vehicles_show_in_how_many_turn_when_green_ends(table):
    found = turned(2, 0.5, replace(US, length_m=10.0))
    breaks = "vehicles 10 m long"
    table.turns_red("turns", what(2, 0.5), unit="veh/cycle", band=BAND, found=found, breaks=breaks)
