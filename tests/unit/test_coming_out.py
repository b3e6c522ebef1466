"""Out of a berth one steers into the lane slowly, before one drives off."""

import pytest

from sim.kernel.curb import OUT, OUT_BUS, V_OUT, V_OUT_BUS
from sim.traffic.fleet import Departure
from tests.streets import go, street, traffic_on

BERTH_M = 100.0


def seen_coming_out(kind: str) -> list[tuple[float, float]]:
    """Return where [m] and how fast [m/s] one is at every tick after it has pulled out."""
    traffic = traffic_on(street(400.0), [Departure(0, 0, ("ab",), kind=kind, by_agent=True)])
    out = []

    def story():
        yield traffic.orders.stop_at(0, "ab", BERTH_M)
        traffic.orders.clear_lane(0)
        out.append((yield traffic.orders.pull_out(0, "ab", BERTH_M)))

    traffic.env.process(story())
    while not out:
        go(traffic, traffic.tick * traffic.dt + traffic.dt)
    seen = []
    while not traffic.everybody_left():
        seen.append((float(traffic.vehicles["x"][0]), float(traffic.vehicles["v"][0])))
        go(traffic, traffic.tick * traffic.dt + traffic.dt)
    return seen


@pytest.mark.parametrize(("kind", "way_m", "v_most"), [("car", OUT, V_OUT), ("bus", OUT_BUS, V_OUT_BUS)])
def test_who_comes_out_of_a_berth_steers_out_slowly_and_then_drives_off(kind, way_m, v_most):
    seen = seen_coming_out(kind)
    steering = [v for x, v in seen if x < BERTH_M + way_m]
    assert max(steering) == pytest.approx(v_most)
    assert max(v for _, v in seen) > 2.0 * v_most
