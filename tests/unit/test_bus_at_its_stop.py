"""Where a bus waits for its bay, and where it leaves the lane."""

from dataclasses import replace

import pytest

from sim.agents.bus import SERVES_IN_LANE
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


def test_a_bus_beside_a_full_bay_serves_there_as_nobody_gets_out_of_it_otherwise(monkeypatch):
    road = replace(street(1000.0, speed_km_h=40.0), curb_zones=(BAY,))
    buses = [Departure(n, 60 * n, ("ab",), kind="bus", by_agent=True, keeps_curb=True) for n in range(2)]
    world = Curb(road, buses)
    first, second = world.add_buses("bay", {0: 90.0, 1: 60.0})
    monkeypatch.setattr(second, "waits_at_m", lambda here_m: BAY.from_m + 6.0)  # it could not stop before
    world.run(130.0)
    assert (first.part, second.part, second.berth) == ("dwell", "dwell", SERVES_IN_LANE)
    assert second.stands_m == pytest.approx(BAY.from_m + 6.0, abs=1.0)
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


IN_LANE = replace(BAY, id="stop", kind="in_lane", to_m=539.9, berths=3, taper_in_m=0.0, taper_out_m=0.0)


def on_the_way(dwells: tuple[float, ...], apart_s: float = 30.0) -> tuple:
    """Return a world of buses that stop in the lane, when the last of them has just been given a berth, and them."""
    road = replace(street(1000.0, speed_km_h=40.0), curb_zones=(IN_LANE,))
    apart = int(2 * apart_s)
    buses = [Departure(n, apart * n, ("ab",), kind="bus", by_agent=True, keeps_curb=True) for n in range(len(dwells))]
    world = Curb(road, buses)
    agents = world.add_buses("stop", dict(enumerate(dwells)))
    while agents[-1].part != "manoeuvre":
        world.run(world.traffic.tick * 0.5 + 0.5)
    return world, agents


def test_a_bus_pulls_up_to_the_berth_that_comes_free_while_it_is_on_the_way():
    world, (first, second) = on_the_way((20.0, 60.0))
    assert (first.part, first.berth, second.berth) == ("manoeuvre", 2, 1)
    world.run(world.now_s() + 20.0)
    assert first.part == "exit"
    assert (second.part, second.berth) == ("dwell", 2)
    assert world.traffic.scene.where(1)[1] == pytest.approx(IN_LANE.berth_front_m(2), abs=1.5)


def test_a_bus_behind_one_that_serves_at_the_stop_serves_where_it_stands():
    world, (bus,) = on_the_way((60.0,))
    assert bus.berth == 2
    berths = world.berths["stop"]
    berths.take(1)
    berths.standing.add(1)
    world.run(world.now_s() + 20.0)
    assert (bus.part, bus.berth) == ("dwell", 0)
    assert berths.taken == [True, True, False]
    assert world.traffic.scene.where(0)[1] == pytest.approx(IN_LANE.berth_front_m(0), abs=1.5)


def test_of_two_buses_on_the_way_the_one_ahead_has_the_berth_ahead():
    world, (first, second) = on_the_way((60.0, 60.0), apart_s=3.0)
    assert (first.part, first.berth, second.berth) == ("manoeuvre", 2, 1)
    world.berths["stop"].coming = {1: first, 2: second}
    first.berth, second.berth = 1, 2
    world.run(world.now_s() + 20.0)
    assert (first.part, first.berth) == ("dwell", 2)
    assert (second.part, second.berth) == ("dwell", 1)
    assert not world.berths["stop"].coming
