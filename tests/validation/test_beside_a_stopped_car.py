"""The lane beside one that is blocked for good carries nearly its saturation flow (HCM 2010, ch. 10: about 1,450)."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from sim.scenario.drivers import Drivers
from sim.scenario.read import population
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import go, poisson, street, traffic_on


@pytest.mark.validation
def test_one_of_two_lanes_remains():
    traffic = traffic_on(
        street(600.0, lanes=2, speed_km_h=30.0),
        [Departure(10**6, 0, ("ab",), by_agent=True), *poisson(3000, 2400.0, 3)],
        drivers=TypeAdapter(Drivers).validate_python(population("china")),
        detectors=[Detector("ab", 550.0, 0)],
    )

    def stop():
        yield traffic.stop_at(0, "ab", 400.0)
        yield traffic.env.timeout(10**6)

    traffic.env.process(stop())
    go(traffic, 2400.0)
    passed = traffic.passed[:, 0] * traffic.dt
    flow = 3600.0 * np.count_nonzero((passed > 600.0) & (passed <= 2400.0)) / 1800.0
    assert flow == pytest.approx(1450.0, rel=0.15)
