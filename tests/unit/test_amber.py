"""At amber everybody stops who can, not only the foremost of a lane."""

import numpy as np
import pytest

from sim.kernel.junctions import B_AMBER
from sim.traffic.fleet import Departure
from tests.streets import US, crossroads, go, population, traffic_on, varied

CYCLE_S, GREEN_S, CYCLES = 75.0, 40.0, 6
CLEARLY = 0.8
"""Of B_AMBER: who needs no more than this to stop when amber begins stops, though he speeds up in that very tick."""


@pytest.mark.parametrize("dt", [0.5, 0.25])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_in_a_queue_that_flows_passes_at_amber_who_can_stop(seed, dt):
    departures = [Departure(k, round(1.9 * k / dt), ("ec", "cw")) for k in range(int(CYCLE_S * CYCLES / 1.9))]
    traffic = traffic_on(crossroads(1), varied(departures, seed), drivers=population(US), dt=dt)
    lane = traffic.layout.lane_names.index("ec lane 0 from 0 m")
    passed = 0
    for cycle in range(1, CYCLES):
        go(traffic, CYCLE_S * cycle + GREEN_S)
        me = traffic.vehicles
        here = np.flatnonzero((me["state"] == 1) & (me["lane"] == lane))
        needs = me["v"][here] ** 2 / (2.0 * (traffic.lanes[lane].length - me["x"][here]))
        go(traffic, CYCLE_S * cycle + GREEN_S + 10.0)
        gone = me["lane"][here] != lane
        assert not gone[needs < CLEARLY * B_AMBER].any()
        passed += gone.sum()
    assert passed > 0
