"""VALIDATION row 5: saturation flow and start-up loss of a standing queue (HCM ch. 19 and 31; Shao 2011)."""

from dataclasses import replace

import pytest

from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import CHINA, US, go, population, red_then_green, street, traffic_on
from tests.validation.table import Found, around

QUEUED, STOP_LINE_M, REAR_AXLE_M = 60, 800.0, 4.0


def discharge(car, dt):
    """Return saturation flow [veh/h] and start-up loss [s]; rear axles over the stop line, 5th to last vehicle."""
    traffic = traffic_on(
        street(1500.0, crossings=[red_then_green(STOP_LINE_M, red_s=300.0, width_m=REAR_AXLE_M)]),
        [Departure(n, int(3.0 * n / dt), ("ab",)) for n in range(QUEUED)],
        drivers=population(car),
        detectors=[Detector("ab", STOP_LINE_M + REAR_AXLE_M, 0)],
        dt=dt,
    )
    go(traffic, 298.0)
    assert (traffic.vehicles["v"] < 0.1).all()
    go(traffic, 590.0)
    passed = traffic.passed[:, 0] * dt - 300.0
    headway = (passed[-1] - passed[3]) / (QUEUED - 4)
    return 3600.0 / headway, passed[3] - 4.0 * headway


FLOW = {"US": (US, 1900.0, "HCM, ch. 31"), "China": (CHINA, 1800.0, "Shao 2011")}


@pytest.mark.parametrize("dt", [0.5, 0.25])
@pytest.mark.parametrize("drivers", FLOW)
def test_a_queue_discharges_at_the_handbooks_saturation_flow(table, drivers, dt):
    car, flow, source = FLOW[drivers]
    found, loss = discharge(car, dt)
    what, band = f"saturation flow, {drivers} drivers, dt {dt} s", around(flow, rel=0.06)
    table.hold("5", what, unit="veh/h", band=band, found=Found(found), tier="B", source=source)
    if drivers == "US":
        what, band = f"start-up loss, {drivers} drivers, dt {dt} s", around(2.0, abs=0.7)
        table.hold("5", what, unit="s", band=band, found=Found(loss), tier="B", source="HCM, ch. 31")


def test_a_longer_headway_shows_in_the_saturation_flow(table):
    found, band = Found(discharge(replace(US, headway_s=1.2), 0.5)[0]), around(1900.0, rel=0.06)
    what, breaks = "saturation flow, US drivers, dt 0.5 s", "drivers who keep a headway of 1.2 s"
    table.turns_red("5", what, unit="veh/h", band=band, found=found, breaks=breaks)


def test_sluggish_starting_shows_in_the_start_up_loss(table):
    sluggish = replace(US, acceleration_m_s2=1.0, deceleration_m_s2=1.5)
    found, band = Found(discharge(sluggish, 0.5)[1]), around(2.0, abs=0.7)
    what, breaks = "start-up loss, US drivers, dt 0.5 s", "drivers who accelerate by 1.0 m/s2"
    table.turns_red("5", what, unit="s", band=band, found=found, breaks=breaks)
