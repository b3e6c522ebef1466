"""The lane beside one that is blocked for good carries nearly its saturation flow (HCM 2010, ch. 10: about 1,450)."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from sim.scenario.drivers import Drivers
from sim.scenario.read import population
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import go, poisson, street, times_s, traffic_on
from tests.validation.table import around, mean_of

CHINA = TypeAdapter(Drivers).validate_python(population("china"))
FROM_S, UNTIL_S = 600.0, 2400.0
WHAT, BAND = "flow past a car that stands for good in one of two lanes", around(1450.0, rel=0.15)


def flow(drivers, seed):
    """Return how much [veh/h] gets past a car that stands in the curb lane, while more would like to."""
    traffic = traffic_on(
        street(600.0, lanes=2, speed_km_h=30.0),
        [Departure(10**6, 0, ("ab",), by_agent=True), *poisson(3000, UNTIL_S, seed)],
        drivers=drivers,
        detectors=[Detector("ab", 550.0, 0)],
        seed=seed,
    )

    def stop():
        yield traffic.orders.stop_at(0, "ab", 400.0)
        yield traffic.env.timeout(10**6)

    traffic.env.process(stop())
    go(traffic, UNTIL_S)
    passed = times_s(traffic, 0)
    return 3600.0 * np.count_nonzero((passed > FROM_S) & (passed <= UNTIL_S)) / (UNTIL_S - FROM_S)


@pytest.mark.validation
def test_one_of_two_lanes_remains(table):
    found = mean_of([flow(CHINA, seed) for seed in range(10 if table.full else 3)])
    table.hold("merge", WHAT, unit="veh/h", band=BAND, found=found, tier="C", source="HCM 2010, ch. 10: about 1,450")


@pytest.mark.validation
def test_longer_headways_show_in_what_gets_past(table):
    slower = replace(CHINA, car=replace(CHINA.car, headway_s=2.0))
    found = mean_of([flow(slower, seed) for seed in range(2)])
    table.turns_red("merge", WHAT, unit="veh/h", band=BAND, found=found, breaks="drivers who keep a headway of 2.0 s")
