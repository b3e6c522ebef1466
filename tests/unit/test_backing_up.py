"""Drivers who have locked each other in: one backs up and lets the others by, if there is room behind him."""

from dataclasses import replace

import numpy as np
import pytest

from sim.kernel.backing import LETS_BY, finds_way_back
from sim.kernel.deadlock import LONG
from sim.kernel.step import WATCH
from sim.kernel.taken import note
from sim.scenario.network import Link, Network, Node
from sim.traffic.fleet import Departure
from sim.traffic.traffic import Deadlock
from tests.streets import US, go, place, population, traffic_on
from tests.watch import WatchedTraffic

AT_M = {"w": (-200.0, 0.0), "e": (200.0, 0.0), "s": (0.0, -200.0), "n": (0.0, 200.0)}
WAYS = (("wc", "cn"), ("ec", "cw"), ("nc", "cs"))
"""A left turn, who is in the way of the one from the north, who is in the way of the one from the east, who is in the
way of the left turn."""


def crossing():
    """Return two streets of one lane each way that cross."""
    ends = tuple(Node(id=n, x_m=x, y_m=y, boundary=True) for n, (x, y) in AT_M.items())
    names = [f"{a}{b}" for end in AT_M for a, b in ((end, "c"), ("c", end))]
    links = tuple(Link(id=n, from_node=n[0], to_node=n[1], lanes=1, speed_km_h=40) for n in names)
    return Network(nodes=(Node(id="c", x_m=0.0, y_m=0.0), *ends), links=links)


def movement_of(traffic, way):
    """Return the lane number of a way over the junction."""
    names = traffic.layout.lane_names
    return next(n for n, name in enumerate(names) if f"from {way[0]} to {way[1]}" in name)


def conflict(traffic, mine, foe):
    """Return what two movements have in common."""
    here = traffic.lanes[mine]
    return next(c for c in traffic.layout.road.conflicts[here.conflict_at : here.conflict_end] if c.foe == foe)


def interlock(traffic, three):
    """Let three who are on the road, one on each of the ways, stand in each other's way; return their movements."""
    paths = [movement_of(traffic, way) for way in WAYS]
    for n, (i, lane) in enumerate(zip(three, paths, strict=True)):
        blocked, ahead = (conflict(traffic, lane, paths[(n + k) % 3]) for k in (2, 1))
        x = min(blocked.begin + 1.0, ahead.begin - 0.5)
        assert blocked.begin < x < ahead.begin
        assert traffic.everybody[i].state == 1
        place(traffic, i, lane, x)
        note(traffic.lanes, traffic.order, lane, traffic.tick)
    return paths


def stand_behind(traffic, i, leader, gap_m):
    """Let a vehicle on the link before the junction stand so far behind one that is in it."""
    me, ahead = traffic.everybody[i], traffic.everybody[leader]
    assert me.state == 1
    me.x, me.v = traffic.lanes[me.lane].length + ahead.x - ahead.length - gap_m, 0.0


def locked(followers=0):
    """Return the three in each other's way, and so many vehicles close behind each of them."""
    departures = [Departure(10 * n + k, 8 * k, way) for n, way in enumerate(WAYS) for k in range(1 + followers)]
    traffic = traffic_on(crossing(), departures, drivers=population(US))
    go(traffic, 4.0 * followers + 3.0)
    three = [n * (1 + followers) for n in range(3)]
    interlock(traffic, three)
    for i in three:
        for k in range(1, 1 + followers):
            stand_behind(traffic, i + k, i, 0.5 + 7.0 * (k - 1))
    return traffic


def test_who_stands_in_the_way_backs_up_and_all_come_free():
    traffic = locked()
    start = traffic.everybody["x"][:3].copy()
    go(traffic, LONG - WATCH)
    before = traffic.everybody["x"][:3].copy()
    assert (before - start < 1.0).all()  # nobody has come through
    go(traffic, LONG + WATCH + 2.0)
    moved = traffic.everybody["x"][:3] - before
    assert np.flatnonzero(moved < 0.0).size == 1
    go(traffic, LONG + 2 * WATCH + LETS_BY + 60.0)
    assert traffic.everybody_left()
    assert traffic.facts()["drivers_who_backed_up"] == 1.0


def test_with_somebody_close_behind_each_it_stays_a_deadlock():
    traffic = locked(followers=1)
    with pytest.raises(Deadlock) as raised:
        go(traffic, 600.0)
    assert sorted(i for i, _, _ in raised.value.members) == [0, 2, 4]
    assert traffic.facts()["drivers_who_backed_up"] == 0.0


LOOK_S = LONG + WATCH
"""[s] when the circle is found, and one begins to back up."""


def locked_and_one_comes(due, way, *, close_behind=()):
    """Return three short cars in each other's way, and one more who comes at a tick, from behind the one who backs up.

    Close behind some of the three stands somebody else.
    """
    three = [Departure(n, 0, each) for n, each in enumerate(WAYS)]
    followers = [Departure(10 + n, 8, WAYS[n]) for n in close_behind]
    short = population(replace(US, length_m=4.0))
    traffic = traffic_on(crossing(), [*three, *followers, Departure(20, due, way)], drivers=short, kind=WatchedTraffic)
    go(traffic, 7.0 if close_behind else 3.0)
    for n, lane in enumerate(interlock(traffic, range(3))):
        traffic.trace[n, :], traffic.trace[n, 0] = -1, traffic.lanes[lane].from_lane
    for k, n in enumerate(close_behind):
        stand_behind(traffic, 3 + k, n, 0.5)
    return traffic


def test_nobody_backs_into_one_who_stands_beside():
    traffic = locked_and_one_comes(400, ("nc", "ce"))
    go(traffic, LOOK_S - 1.0)
    beside = traffic.everybody[3]
    assert beside.v < 0.1  # on the way to the left, its tail still on the lane from which both came
    assert 0.0 < beside.x < beside.length
    go(traffic, LOOK_S + LETS_BY + 60.0)  # watched: nobody overlaps
    assert traffic.everybody["x"][2] >= 4.5  # so near behind the one from the north


@pytest.mark.parametrize("dt", [0.5, 0.125])
def test_who_waits_at_the_line_is_stopped_by_somebody_in_every_tick(dt):
    four = [Departure(n, 0, each) for n, each in enumerate((*WAYS, ("sc", "cn")))]
    traffic = traffic_on(crossing(), four, drivers=population(replace(US, length_m=4.0)), dt=dt)
    go(traffic, 3.0)
    interlock(traffic, range(3))
    go(traffic, 60.0)
    assert traffic.lanes[traffic.everybody[3].lane].segment >= 0
    for _ in range(round(2.0 / dt)):
        go(traffic, (traffic.tick + 1) * dt)
        assert traffic.everybody[3].v < 0.1
        assert traffic.everybody[3].blocker in range(3)


@pytest.mark.parametrize("way", [("nc", "cw"), ("nc", "cs"), ("nc", "ce")])
@pytest.mark.parametrize("due", range(436, 449))
def test_nobody_backs_into_the_way_of_one_who_comes(due, way):
    traffic = locked_and_one_comes(due, way)
    hardest = 0.0
    while traffic.tick * traffic.dt < LOOK_S + LETS_BY:
        go(traffic, (traffic.tick + 1) * traffic.dt)
        if traffic.tick * traffic.dt > LOOK_S:
            hardest = min(hardest, float(traffic.everybody[3].acceleration))
    assert traffic.facts()["last_resort_stops"] == 0.0
    assert hardest > -3.5
    assert traffic.facts()["drivers_who_backed_up"] == 1.0


def test_who_drives_by_at_that_moment_makes_it_no_deadlock():
    traffic = locked_and_one_comes(438, ("nc", "cw"), close_behind=(0, 1))
    go(traffic, LOOK_S - 1.0)
    passer = traffic.everybody[5]
    passer.x, passer.v = traffic.lanes[passer.lane].length - 0.1, 5.0
    road = traffic.layout.road
    here = (traffic.everybody, traffic.lanes, traffic.order, road.net, road.conflicts)
    traffic.desk[0].stuck = 3
    assert finds_way_back(*here, np.array([0, 1, 2], dtype=np.int32), traffic.desk, traffic.tick)
    assert traffic.desk[0].backs == 2
