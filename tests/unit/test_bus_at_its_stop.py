"""Where a bus waits for its bay, and where it leaves the lane."""

from dataclasses import replace

import pytest

from sim.scenario.network import CurbZone
from sim.traffic.fleet import Departure
from tests.curbside import Curb
from tests.streets import street

BAY = CurbZone(
    id="bay",
    link="ab",
    kind="bay",
    from_m=500.0,
    to_m=513.3,
    berths=1,
    users="bus",
    taper_in_m=15.0,
    taper_out_m=20.0,
)


@pytest.mark.parametrize("speed_km_h", [30.0, 50.0, 80.0])
def test_a_bus_waits_before_the_taper_however_fast_it_came(speed_km_h):
    road = replace(street(1000.0, speed_km_h=speed_km_h), curb_zones=(BAY,))
    buses = [Departure(n, 60 * n, ("ab",), kind="bus", by_agent=True, keeps_curb=True) for n in range(2)]
    world = Curb(road, buses)
    first, second = world.add_buses("bay", {0: 200.0, 1: 10.0})
    world.run(200.0)
    assert first.part == "dwell"
    assert second.part == "queue"
    assert world.traffic.scene.where(1)[1] <= BAY.from_m - BAY.taper_in_m
    world.run(600.0)
    assert first.finished
    assert second.finished


def left_lane_m(others: tuple[int, ...]) -> float:
    """Return where a bus leaves the lane for the foremost berth of three, some of the others being taken."""
    bay = replace(BAY, to_m=539.9, berths=3)
    road = replace(street(1000.0, speed_km_h=40.0), curb_zones=(bay,))
    world = Curb(road, [Departure(0, 0, ("ab",), kind="bus", by_agent=True, keeps_curb=True)])
    for berth in others:
        world.berths["bay"].take(berth)
    (bus,) = world.add_buses("bay", {0: 30.0})
    while bus.arrives is None or not bus.arrives.triggered:
        world.run(world.traffic.tick * 0.5 + 0.5)
    return world.traffic.scene.where(0)[1]


def test_a_bus_leaves_the_lane_over_the_free_berths_behind_its_own():
    all_free, rear_taken = left_lane_m(()), left_lane_m((0,))
    assert BAY.from_m < all_free < BAY.to_m
    assert rear_taken == pytest.approx(all_free + 13.3, abs=2.5)
