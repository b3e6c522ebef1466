"""The time step is a matter of accuracy: who goes first, and when, does not depend on it."""

from dataclasses import replace

import numpy as np
import pytest

from sim import load_scenario, simulate
from sim.kernel import state as k
from sim.kernel.gaps import LOOK, NOTICED, is_free
from sim.kernel.junctions import enters_before, sets_out, switch_lights, turns_green
from sim.scenario.network import CrossedLink, Crossing, Link, Network, Node
from sim.traffic.fleet import Departure, Temperament
from sim.traffic.layout import Detector
from tests.streets import go, population, red_then_green, street, times_s, traffic_on, varied

UNTIL_S = 2400.0


def starts_s(dt):
    """Return how long after green the first of a queue passes the stop line [s], mean of four cycles."""
    traffic = traffic_on(
        street(900.0, speed_km_h=40.0, crossings=[red_then_green(600.0, red_s=100.0, cycle_s=150.0)]),
        varied([Departure(n, round(6.0 * n / dt), ("ab",)) for n in range(120)], 1),
        detectors=[Detector("ab", 600.0, 0)],
        dt=dt,
    )
    go(traffic, 750.0)
    phase = times_s(traffic, 0) % 150.0 - 100.0
    return float(np.mean(phase[np.flatnonzero(np.diff(phase) < 0.0) + 1]))


@pytest.mark.parametrize("dt", [0.25, 0.125])
def test_a_queue_starts_at_green_at_the_same_moment_whatever_the_step(dt):
    assert starts_s(dt) == pytest.approx(starts_s(0.5), abs=0.08)


def test_nobody_misses_that_a_light_turns_green():
    lanes, lights, more = k.rows(k.LANE, 2), k.rows(k.LIGHT, 1), np.array([60, 70, 73], dtype=np.int32)
    lanes["switched"] = -1

    def turns(movement):
        found, again = [], 0
        lights[0].switches = 0
        for tick in range(1, 200):
            if tick > again:  # the state of the tick before counts
                again = switch_lights(lanes, lights, more, tick - 1)
            found += [tick] if turns_green(lanes, movement, tick) else []
        return found

    lights[0].cycle, lights[0].offset = 100, 7
    lights[0].green_from, lights[0].green_to, lights[0].amber_to = 30, 50, 53
    assert turns(0) == [38, 138]
    lights[0].more_end = 3  # a second green in each cycle
    assert turns(0) == [38, 68, 138, 168]
    assert turns(1) == []  # has no light


def merging():
    """Return a main street and a side street that share an exit, which jams behind a signal."""
    at = {"w": (-400.0, 0.0), "c": (0.0, 0.0), "e": (400.0, 0.0), "n": (0.0, -300.0)}
    return Network(
        nodes=tuple(Node(id=n, x_m=x, y_m=y, boundary=n != "c") for n, (x, y) in at.items()),
        links=tuple(
            Link(id=id, from_node=id[0], to_node=id[1], lanes=1, speed_km_h=40.0, priority=priority)
            for id, priority in (("wc", 3), ("ce", 3), ("nc", 1))
        ),
        crossings=(
            Crossing(
                id="signal",
                links=(CrossedLink(link="ce", at_m=200.0),),
                length_m=7.0,
                width_m=4.0,
                control="signal",
                cycle_s=55.0,
                walk_s=30.0,
                clearance_s=0.0,
            ),
        ),
    )


def different(departures, seed):
    """Return the same departures with drivers who differ as the ones of a school morning do."""
    rng = np.random.default_rng([seed, 2])
    speeds, headways, gaps = rng.normal(1.1, 0.1, 9999), rng.lognormal(0.0, 0.22, 9999), rng.lognormal(0.0, 0.18, 9999)
    return [
        replace(d, temper=Temperament(float(speeds[n]), float(headways[n]), float(gaps[n])))
        for n, d in enumerate(departures)
    ]


def from_the_side(dt, seeds):
    """Return the side street's share of what passes."""
    main = side = 0
    for seed in seeds:
        queues = [Departure(n, round(1.8 * n / dt), ("wc", "ce")) for n in range(1300)]
        queues += [Departure(10**6 + n, round((2.1 * n + 0.3) / dt), ("nc", "ce")) for n in range(1100)]
        deps = different(sorted(queues, key=lambda d: d.due), seed)
        drivers = population(right_s=3.5)
        traffic = traffic_on(merging(), deps, drivers=drivers, dt=dt, seed=seed, horizon_s=UNTIL_S)
        go(traffic, UNTIL_S)
        gone = (traffic.vehicles["state"] == k.GONE) & (traffic.vehicles["left"] * dt > 400.0)
        aside = traffic.vehicles["key"] >= 10**6
        side += int((gone & aside).sum())
        main += int((gone & ~aside).sum())
    return side / (side + main)


def test_two_queues_share_an_exit_alike_whatever_the_step():
    assert from_the_side(0.5, range(4)) == pytest.approx(from_the_side(0.125, range(4)), rel=0.1)


# ---------------------------------------------------------------- who is known to be free to go


@pytest.mark.parametrize("dt", [0.5, 0.25, 0.125])
def test_one_who_claimed_the_way_is_known_to_be_free_from_then_on(dt):
    vehicles, desk = k.rows(k.VEHICLE, 1), k.rows(k.DESK, 1)
    desk[0].dt = dt
    claimed = 1000
    found = claimed + round(LOOK / dt)  # looks again, and may go
    for tick in range(claimed, found + round(2.0 * NOTICED / dt)):
        vehicles[0].claims, vehicles[0].may_go = claimed, found if tick >= found else -1
        assert is_free(vehicles, desk, 0, tick)


@pytest.mark.parametrize("dt", [0.5, 0.25, 0.125])
def test_one_who_may_go_out_of_the_blue_is_noticed_later(dt):
    vehicles, desk = k.rows(k.VEHICLE, 1), k.rows(k.DESK, 1)
    desk[0].dt = dt
    vehicles[0].claims, vehicles[0].may_go = 0, 1000
    assert not is_free(vehicles, desk, 0, 1000)
    assert is_free(vehicles, desk, 0, 1000 + round(NOTICED / dt))


# ---------------------------------------------------------------- two who enter in the same tick


def two_at_the_line(mine, theirs, *, dt=0.5, yields=1):
    """Return whether 0 finds that 1 enters before: each (distance [m], speed [m/s], since which tick it goes)."""
    vehicles, lanes, desk = k.rows(k.VEHICLE, 2), k.rows(k.LANE, 3), k.rows(k.DESK, 1)
    desk[0].dt, desk[0].seed = dt, 1
    order = np.array([0, 1], dtype=np.int32)
    for i, (distance, v, since) in enumerate((mine, theirs)):
        lanes[i].length, lanes[i].count, lanes[i].order_at = 100.0, 1, i
        vehicles[i].x, vehicles[i].v, vehicles[i].may_go = 100.0 - distance, v, since
        vehicles[i].acceleration, vehicles[i].state, vehicles[i].key = 1.7, k.DRIVING, i
        vehicles[i].way = 2
    lanes[2].from_lane = 1
    return (
        sets_out(vehicles, lanes, 1, 1, dt) and enters_before(vehicles, lanes, order, 0, mine[0], 2, yields, desk) == 1
    )


def test_the_later_one_sees_the_earlier_one_enter_in_the_same_tick():
    assert two_at_the_line((0.5, 1.0, 4), (0.1, 1.0, 2))
    assert not two_at_the_line((0.1, 1.0, 4), (0.5, 1.0, 2))


def test_who_comes_at_the_same_moment_enters_by_right_of_way():
    assert two_at_the_line((0.25, 0.5, 4), (0.25, 0.5, 2), yields=1)
    assert not two_at_the_line((0.25, 0.5, 4), (0.25, 0.5, 2), yields=0)


def test_one_who_cannot_stop_any_more_enters_too():
    assert not two_at_the_line((0.9, 3.5, 4), (0.2, 1.0, 2))


def test_one_who_does_not_reach_the_line_in_this_tick_sees_those_who_enter_early_in_it():
    assert two_at_the_line((5.0, 1.0, 4), (0.1, 1.0, 2))
    assert not two_at_the_line((5.0, 1.0, 4), (0.4, 1.0, 2))


def test_nobody_waits_for_one_who_does_not_go():
    assert not two_at_the_line((0.5, 1.0, 4), (0.1, 1.0, -1))


@pytest.mark.parametrize("dt", [-0.5, 0.0, 0.51, 1.0, float("nan")])
def test_a_morning_asks_for_a_step_that_its_laws_hold_for(dt):
    with pytest.raises(ValueError, match=r"dt_s is .* expected a step above 0 and of 0.5 s at most"):
        simulate(load_scenario("school/baseline"), seed=1, dt_s=dt)
