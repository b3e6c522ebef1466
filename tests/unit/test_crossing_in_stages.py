"""Who has waited long crosses a wide street in stages: first to its middle, then on."""

from dataclasses import replace

import numpy as np
import pytest

from sim.scenario.junctions import movements
from sim.scenario.network import CrossedLink, Crossing, Link, Network, Node
from tests.streets import CHINA, go, poisson, population, traffic_on
from tests.watch import WatchedTraffic

FOR_S = 1800.0
LANE_M = 3.5


def crossroads(lanes=2):
    """Return a main street from west to east, crossed by a side street of one lane each way."""
    at = {"w": (-400.0, 0.0), "e": (400.0, 0.0), "s": (0.0, -300.0), "n": (0.0, 300.0)}
    ends = tuple(Node(id=n, x_m=x, y_m=y, boundary=True) for n, (x, y) in at.items())
    links = tuple(
        Link(id=a + b, from_node=a, to_node=b, lanes=wide, speed_km_h=40, priority=priority)
        for ends_at, wide, priority in (("we", lanes, 2), ("ns", 1, 1))
        for m in ends_at
        for a, b in ((m, "c"), ("c", m))
    )
    return Network(nodes=(Node(id="c", x_m=0.0, y_m=0.0), *ends), links=links)


def crossing(network, turn="through"):
    """Return the movement from the north that crosses the main street."""
    return next(m for m in movements(network) if m.from_link == "nc" and m.turn == turn)


def crossers(share, flow_veh_h=1100.0):
    """Return how long each took who came from the north [s], and who stood in the middle."""
    main = [d for n, path in enumerate((("wc", "ce"), ("ec", "cw"))) for d in poisson(flow_veh_h, FOR_S, n, path=path)]
    side = poisson(100.0, FOR_S, 7, path=("nc", "cs"))
    drivers = population(through_s=5.5, cross_in_stages_share=share)
    traffic = traffic_on(crossroads(), [*main, *side], drivers=drivers, kind=WatchedTraffic)
    row = traffic.layout.lane_names.index("through at c from nc to cs")
    point = crossing(crossroads()).wait_m
    stood: set[int] = set()
    while traffic.tick * traffic.dt < 4 * FOR_S and not (traffic.vehicles["left"] > 0.0).all():
        go(traffic, (traffic.tick + 1) * traffic.dt)
        v = traffic.vehicles
        inside = (v["lane"] == row) & (v["state"] == 1) & (v["v"] < 0.1) & (np.abs(v["x"] - point) < 1.0)
        stood.update(np.flatnonzero(inside).tolist())
    took = (traffic.vehicles["left"] - traffic.vehicles["due"])[len(main) :] * traffic.dt
    return took, stood


def test_the_middle_lies_between_the_two_directions_and_clear_of_other_paths():
    m = crossing(crossroads())
    assert m.halfway
    y = np.interp(m.wait_m, np.linspace(0.0, m.length_m, len(m.shape)), [p[1] for p in m.shape])
    assert 0.0 < y < LANE_M  # its front, short of the far lanes
    everybody = movements(crossroads())
    near = [c for c in m.conflicts if everybody[c.foe].from_link == "ec" and c.yields]
    assert all(c.from_m < m.wait_m for c in near if everybody[c.foe].turn == "through")


def test_nobody_waits_in_the_middle_of_a_narrow_street():
    assert crossing(crossroads(lanes=1)).wait_m == 0.0


@pytest.mark.parametrize("turn", ["through", "left"])
def test_a_car_has_room_between_the_stop_line_and_the_middle(turn):
    assert crossing(crossroads(), turn).wait_m > CHINA.length_m


def test_who_waits_long_crosses_in_stages_and_is_there_sooner():
    in_one_go, stood = crossers(0.0)
    assert not stood
    in_stages, stood = crossers(1.0)
    assert stood
    assert in_stages.mean() < 0.7 * in_one_go.mean()
    assert in_stages.max() < in_one_go.max()


def test_in_light_traffic_nobody_does():
    took, stood = crossers(1.0, flow_veh_h=150.0)
    assert not stood
    assert took.max() < 120.0


def test_nobody_goes_to_the_middle_while_the_queue_beyond_stands():
    over = (CrossedLink(link="cs", at_m=40.0),)
    shut = Crossing(id="shut", links=over, length_m=7.0, control="signal", cycle_s=600.0, walk_s=560.0)
    main = [d for n, path in enumerate((("wc", "ce"), ("ec", "cw"))) for d in poisson(1100.0, FOR_S, n, path=path)]
    side = poisson(300.0, FOR_S, 7, path=("nc", "cs"))
    drivers = population(through_s=5.5, cross_in_stages_share=1.0)
    traffic = traffic_on(replace(crossroads(), crossings=(shut,)), [*main, *side], drivers=drivers)
    names = traffic.layout.lane_names
    row = traffic.lanes[names.index("through at c from nc to cs")]
    beyond = traffic.lanes[next(n for n, lane in enumerate(names) if lane.startswith("cs lane"))]
    full_s, waits_s = 0.0, 0.0
    while traffic.tick * traffic.dt < FOR_S:
        go(traffic, (traffic.tick + 1) * traffic.dt)
        last = traffic.vehicles[traffic.order[beyond["order_at"] + beyond["count"] - 1]]
        stands = beyond["count"] > 0 and last["v"] < 0.1 and last["x"] < last["length"] + 6.0
        full_s = full_s + traffic.dt if stands else 0.0
        if full_s > 10.0:  # whoever was on his way has arrived in the middle, or beyond
            waits_s += traffic.dt
            if full_s <= 10.0 + traffic.dt:
                before = row["count"]
            assert row["count"] <= before
    assert waits_s > 0.3 * FOR_S
