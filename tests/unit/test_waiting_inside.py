"""A turn across oncoming traffic waits inside the junction, and everybody who turns looks for a gap there."""

from dataclasses import replace

import numpy as np
import pytest

from sim import load_scenario
from sim.scenario.junctions import movements
from sim.scenario.network import Link, Network, Node
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import US, go, population, times_s, traffic_on

LONG = replace(US, length_m=6.0)  # the rear end of one who waits inside is still on the link
HEADWAY_S, ENTERS_S = 2.4, 20.0  # shorter than what the impatient accept, 0.6 of 4.6 s
AT_M = {"w": (-600.0, 0.0), "e": (600.0, 0.0), "s": (0.0, -200.0)}


def junction():
    """Return a main street from west to east, and a side street to the south."""
    ends = tuple(Node(id=n, x_m=x, y_m=y, boundary=True) for n, (x, y) in AT_M.items())
    return Network(
        nodes=(Node(id="c", x_m=0.0, y_m=0.0), *ends),
        links=tuple(
            Link(id=id, from_node=id[0], to_node=id[1], lanes=1, speed_km_h=50, priority=1 if "s" in id else 2)
            for id in ("wc", "cw", "ec", "ce", "sc", "cs")
        ),
    )


def meeting(oncoming_s, turning, dt=0.5):
    """Return when the oncoming and those who turn left are through [s], and the slowest oncoming speed [m/s]."""
    oncoming = [Departure(n, round(t / dt), ("wc", "ce")) for n, t in enumerate(oncoming_s)]
    turn = [Departure(1000 + n, round((ENTERS_S + 2.0 * n) / dt), ("ec", "cs")) for n in range(turning)]
    traffic = traffic_on(
        junction(),
        [*oncoming, *turn],
        drivers=population(US, left_s=4.6),
        detectors=[Detector("ce", 15.0, 0), Detector("cs", 15.0, 1)],
        dt=dt,
    )
    slowest = np.inf
    while traffic.tick * dt < oncoming_s[-1] + 90.0:
        go(traffic, (traffic.tick + 1) * dt)
        v = traffic.vehicles[: len(oncoming)]
        slowest = min(slowest, v["v"][v["state"] == 1].min(initial=np.inf))
    return times_s(traffic, 0), times_s(traffic, 1), slowest


@pytest.mark.parametrize("dt", [0.5, 0.25, 0.1])
def test_one_who_turns_waits_until_a_gap_is_long_enough(dt):
    through, turned, slowest = meeting(np.arange(0.0, 80.0, HEADWAY_S), 1, dt)
    assert turned[0] > through[-1]
    assert slowest > 9.5


@pytest.mark.parametrize("dt", [0.5, 0.25, 0.1])
@pytest.mark.parametrize(("gap_s", "both"), [(11.0, False), (14.0, True)])
def test_the_second_who_turns_looks_for_a_gap_as_well(dt, gap_s, both):
    row = np.arange(0.0, 45.0, HEADWAY_S)  # over before anybody is impatient
    through, turned, slowest = meeting(np.concatenate([row, row + row[-1] + gap_s]), 2, dt)
    before, after = through[row.size - 1 : row.size + 1]
    assert before < turned[0] < after
    assert (turned[1] < after) == both
    assert both or turned[1] > through[-1]
    assert slowest > 12.0  # who comes after the gap sees that the one who turns will be gone


def creeping_s(dt):
    """Return for how long the second of three who turn left creeps on the link before the line [s]."""
    row = np.arange(0.0, 120.0, HEADWAY_S)
    oncoming = [Departure(n, round(t / dt), ("wc", "ce")) for n, t in enumerate(row[(row < 60.0) | (row > 75.0)])]
    turn = [Departure(1000 + n, round((ENTERS_S + 2.0 * n) / dt), ("ec", "cs")) for n in range(3)]
    traffic = traffic_on(junction(), [*oncoming, *turn], drivers=population(US, left_s=4.2), dt=dt)
    creeps, second = 0, len(oncoming) + 1
    while traffic.tick * dt < 140.0:
        go(traffic, (traffic.tick + 1) * dt)
        me = traffic.vehicles[second]
        creeps += bool(0.0 < me["v"] < 2.0 and traffic.layout.lane_names[me["lane"]].startswith("ec "))
    return creeps * dt


@pytest.mark.parametrize("dt", [0.5, 0.25, 0.125])
def test_one_who_starts_from_the_line_to_wait_inside_does_not_falter_whatever_the_step(dt):
    assert 1.0 < creeping_s(dt) < 5.0


def test_two_who_turn_towards_each_other_do_not_wait_for_those_who_stand_behind_them():
    sides = tuple(
        replace(link, from_node=a, to_node=b, id=a + b)
        for link, (a, b) in zip(junction().links[4:], (("n", "c"), ("c", "n")), strict=True)
    )
    main = tuple(replace(link, lanes=2) for link in junction().links[:4])
    north = Node(id="n", x_m=0.0, y_m=200.0, boundary=True)
    nodes, links = (*junction().nodes, north), (*main, *junction().links[4:], *sides)
    on = [("wc", "ce"), ("ec", "cw")]
    ways = [*on * 5, ("wc", "cn"), ("ec", "cs"), *on * 60]
    drivers = population(LONG, take_turns_share=0.0)
    departures = [Departure(n, n, way) for n, way in enumerate(ways)]
    traffic = traffic_on(replace(junction(), nodes=nodes, links=links), departures, drivers=drivers)
    go(traffic, 300.0)
    assert traffic.everybody_left()


def test_no_path_of_others_begins_where_one_waits():
    """Who stands with the front in a path by a hair is in everybody's way on it, and three locked each other so."""
    waiting = [m for m in movements(load_scenario("school/baseline").site.network) if m.wait_m > 0.0]
    assert waiting
    for m in waiting:
        assert not [c for c in m.conflicts if abs(c.from_m - m.wait_m) < 0.5], (m.node, m.from_link, m.to_link)
