"""Turns at a signal: what a lane of those who turn passes of what a lane straight on does (HCM 2016, ch. 19)."""

from functools import cache

import pytest

from sim.scenario.network import Link, Network, Node, Signal, Stage
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import CHINA, US, go, population, traffic_on
from tests.validation.table import Found, around

QUEUED, RED_S, CYCLE_S = 40, 150.0, 400.0
AT_M = {"w": (-600.0, 0.0), "e": (600.0, 0.0), "s": (0.0, -300.0), "n": (0.0, 300.0)}
TO = {"straight on": "ce", "near side": "cs", "far side": "cn"}
SHARES = {"near side": 1.0 / 1.18, "far side": 1.0 / 1.05}
"""The handbook's equivalents of turns that nobody opposes, E_R and E_L: 1.18 and 1.05 cars straight on."""
DRIVERS = {"US": US, "China": CHINA}


def junction(beyond_km_h=50.04):
    """Return two streets that cross at a signal, red for the western arm until RED_S, and where turns lead how fast."""
    stages = (
        Stage(approaches=("sc", "nc"), green_s=RED_S - 5.0),
        Stage(approaches=("wc", "ec"), green_s=CYCLE_S - RED_S - 5.0),
    )
    centre = Node(id="c", x_m=0.0, y_m=0.0, signal=Signal(cycle_s=CYCLE_S, stages=stages))
    ends = tuple(Node(id=n, x_m=x, y_m=y, boundary=True) for n, (x, y) in AT_M.items())
    ways = [(a, b) for n in AT_M for a, b in ((n, "c"), ("c", n))]
    return Network(
        nodes=(centre, *ends),
        links=tuple(
            Link(id=a + b, from_node=a, to_node=b, lanes=1, speed_km_h=beyond_km_h if b in "sn" else 50.04)
            for a, b in ways
        ),
    )


@cache
def flow(drivers, way, dt, beyond_km_h=50.04):
    """Return how many vehicles an hour a queue that turns discharges, from the fifth to the last."""
    traffic = traffic_on(
        junction(beyond_km_h),
        [Departure(n, int(3.0 * n / dt), ("wc", TO[way])) for n in range(QUEUED)],
        drivers=population(DRIVERS[drivers]),
        detectors=[Detector(TO[way], 1.0, 0)],
        dt=dt,
    )
    go(traffic, RED_S - 1.0)
    assert (traffic.vehicles["v"] < 0.1).all()
    go(traffic, CYCLE_S)
    passed = traffic.passed[:, 0] * dt
    return 3600.0 * (QUEUED - 5) / (passed[-1] - passed[4])


def share(drivers, way, dt, beyond_km_h=50.04):
    return Found(flow(drivers, way, dt, beyond_km_h) / flow(drivers, "straight on", dt))


def turning(drivers, way, dt):
    return f"saturation flow of a turn to the {way}, of that straight on, {drivers} drivers, dt {dt} s"


@pytest.mark.parametrize("dt", [0.5, 0.25])
@pytest.mark.parametrize("way", SHARES)
@pytest.mark.parametrize("drivers", DRIVERS)
def test_a_lane_of_those_who_turn_passes_what_the_handbook_says(table, drivers, way, dt):
    band, source = around(SHARES[way], rel=0.1), "HCM 2016, ch. 19: E_R 1.18, E_L 1.05"
    what = turning(drivers, way, dt)
    table.hold("turns", what, unit="1", band=band, found=share(drivers, way, dt), tier="B", source=source)


@pytest.mark.parametrize("way", SHARES)
def test_a_slow_street_beyond_shows_in_what_turns_into_it(table, way):
    found, band = share("US", way, 0.5, 15.0), around(SHARES[way], rel=0.1)
    breaks = "a limit of 15 km/h in the street beyond"
    table.turns_red("turns", turning("US", way, 0.5), unit="1", band=band, found=found, breaks=breaks)
