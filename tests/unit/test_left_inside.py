"""Who is inside a junction when green ends leaves it before those who have green next come."""

import pytest

from sim.traffic.fleet import Departure
from tests.streets import US, crossroads, go, population, traffic_on, varied

CYCLE_S, CYCLES, NEXT_GREEN_S, GREEN_S = 75.0, 6, 45.0, 25.0
CLEARS_S = 12.0
"""[s] after the others' green begins, nobody is inside any more."""
STREAMS = {("wc", "cn"): 2.5, ("ec", "cw"): 1.1, ("sc", "cn"): 2.5, ("nc", "cs"): 2.5}


@pytest.mark.parametrize("dt", [0.5, 0.25])
@pytest.mark.parametrize("lanes", [2, 3])
def test_nobody_who_turns_is_left_inside_while_the_crossing_street_has_green(lanes, dt):
    departures = [
        Departure(10**5 * n + k, round(every_s * k / dt), way)
        for n, (way, every_s) in enumerate(STREAMS.items())
        for k in range(int(CYCLE_S * CYCLES / every_s))
    ]
    traffic = traffic_on(crossroads(lanes), varied(departures, 1), drivers=population(US), dt=dt)
    turns = [n for n, name in enumerate(traffic.layout.lane_names) if name == "left at c from wc to cn"]
    waited = 0
    while traffic.tick * dt < CYCLE_S * CYCLES:
        go(traffic, (traffic.tick + 1) * dt)
        inside = sum(traffic.lanes[n].count for n in turns)
        since = traffic.tick * dt % CYCLE_S - NEXT_GREEN_S
        waited += inside == 2 and since < 0.0
        assert inside == 0 or not CLEARS_S < since < GREEN_S
    assert waited > 0
