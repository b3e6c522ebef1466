"""VALIDATION row 5: saturation flow and start-up loss of a standing queue (HCM ch. 19 and 31; Shao 2011)."""

import pytest

from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import CHINA, US, go, population, red_then_green, street, traffic_on

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


@pytest.mark.parametrize("dt", [0.5, 0.25])
@pytest.mark.parametrize(("car", "flow"), [(US, 1900.0), (CHINA, 1800.0)], ids=["US", "China"])
def test_a_queue_discharges_at_the_handbooks_saturation_flow(car, flow, dt):
    found, loss = discharge(car, dt)
    assert found == pytest.approx(flow, rel=0.06)
    if car is US:
        assert loss == pytest.approx(2.0, abs=0.7)
