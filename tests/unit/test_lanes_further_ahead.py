"""Drivers pick lanes by all they see ahead, not by the next vehicle alone, and weigh speed against the way to stops."""

from dataclasses import replace

import numpy as np
import pytest

from sim.kernel import changing
from sim.kernel import state as k
from sim.scenario.network import CurbZone
from sim.traffic.fleet import Departure
from tests.curbside import Curb
from tests.streets import go, place, poisson, red_then_green, street, traffic_on

BAY = CurbZone(
    id="bay", link="ab", kind="bay", from_m=360.0, to_m=373.3, berths=1, users="bus", taper_in_m=15.0, taper_out_m=20.0
)
A_BUS = Departure(0, 0, ("ab",), kind="bus", by_agent=True, keeps_curb=True)


def test_one_expects_of_a_lane_the_speed_of_whoever_holds_one_up_most_in_sight_the_further_the_less():
    traffic = traffic_on(street(600.0, lanes=2), [Departure(n, 20 * n, ("ab",), by_agent=True) for n in range(2)])
    go(traffic, 15.0)
    for n, x in ((0, 200.0), (1, 150.0)):
        place(traffic, n, 0, x)
    traffic.vehicles["v"][:2] = 0.0, 9.0

    def expected(x, ahead=2):
        return changing.expected(traffic.everybody, traffic.lanes, traffic.order, 0, ahead, x, 12.0)

    standing, driving = 200.0 - traffic.vehicles["length"][0], 150.0 - traffic.vehicles["length"][1]
    assert expected(standing - 30.0, 1) == pytest.approx(6.0)
    assert expected(driving - 30.0) == pytest.approx(10.5)  # the one who stands is out of sight
    assert expected(driving - 1.0) == pytest.approx(min(9.0 + 3.0 / 60.0, 12.0 * (standing - driving + 1.0) / 60.0))
    assert expected(driving - 61.0) == expected(210.0, 0) == 12.0


def test_speed_counts_less_the_nearer_one_must_be_where_the_way_leads():
    gain = 0.3 * 12.0
    far, near = (changing.wish(gain, 12.0, left) for left in (250.0, 120.0))
    assert far == pytest.approx(0.3 / changing.GAIN)
    assert near == pytest.approx(0.3 / changing.GAIN - 0.4)
    assert far > changing.ENOUGH > near > 0.0
    assert changing.wish(12.0, 12.0, 60.0) == pytest.approx((0.788 - 0.7) / (0.788 - 0.577) / 0.56 - 0.7)
    assert changing.wish(12.0, 12.0, 40.0) == pytest.approx(-0.8)
    assert changing.wish(0.0, 12.0, 250.0) == 0.0


def past_a_row(seed):
    """Return the mean time [s] past three cars that stand in one of two lanes, and how many come in between them."""
    stand_m = (400.0, 340.0, 280.0)
    cars = [Departure(10**6 + n, 0, ("ab",), by_agent=True) for n in range(3)]
    traffic = traffic_on(street(600.0, lanes=2, speed_km_h=40.0), [*cars, *poisson(1200.0, 1800.0, seed)], seed=seed)
    for n, x in enumerate(stand_m):
        traffic.orders.stop_at(n, "ab", x)
    came_between = 0
    for second in range(120, 1800, 5):
        go(traffic, float(second))
        lane = traffic.lanes[0]
        row = traffic.order[lane.order_at : lane.order_at + lane.count].tolist()
        came_between += sum(stand_m[2] < traffic.vehicles[i].x < stand_m[0] and i > 2 for i in row)
    go(traffic, 3600.0)
    times = (traffic.vehicles["left"] - traffic.vehicles["due"])[3:] * traffic.dt
    assert (traffic.vehicles["state"][3:] == k.GONE).all()
    return times.mean(), came_between


def test_nobody_goes_in_between_those_who_have_stopped_in_sight_and_all_get_past_sooner():
    times, between = zip(*(past_a_row(seed) for seed in range(3)), strict=True)
    assert sum(between) == 0
    assert np.mean(times) < 72.0


def test_a_bus_bound_for_a_bay_beyond_a_crossing_passes_a_row_before_it():
    road = street(600.0, lanes=2, speed_km_h=40.0, crossings=[red_then_green(300.0, red_s=10.0, cycle_s=60.0)])
    cars = [Departure(1 + n, 0, ("ab",), by_agent=True, keeps_curb=True) for n in range(2)]
    world = Curb(replace(road, curb_zones=(BAY,)), [replace(A_BUS, due=120), *cars])
    for n, x in ((1, 285.0), (2, 278.0)):
        world.traffic.orders.stop_at(n, "ab", x)
    (line,) = world.add_buses("bay", {0: 20.0})
    world.run(200.0)
    assert line.finished
    assert world.traffic.vehicles["state"][1:].tolist() == [k.HELD, k.HELD]


@pytest.mark.parametrize(("from_m", "passes"), [(60.0, True), (280.0, False)])
def test_a_bus_passes_somebody_slow_in_the_curb_lane_only_far_from_its_stop(from_m, passes):
    road = replace(street(600.0, lanes=2, speed_km_h=40.0), curb_zones=(BAY,))
    world = Curb(road, [A_BUS, Departure(1, 0, ("ab",), by_agent=True, keeps_curb=True)])
    traffic = world.traffic
    (line,) = world.add_buses("bay", {0: 20.0})
    world.run(3.0)
    traffic.orders.drive_to(1, "ab", 590.0)
    traffic.orders.slow_down(1, 3.0)
    place(traffic, 1, 0, from_m + 30.0)
    place(traffic, 0, 0, from_m)
    world.run(22.0)
    line_m, slow_m = (traffic.scene.where(i)[1] for i in range(2))
    assert (line_m > slow_m) == passes
    world.run(120.0)
    assert line.finished or line.part in ("dwell", "exit")
