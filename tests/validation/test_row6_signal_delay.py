"""VALIDATION row 6: delay at a fixed-time signal, in a car (HCM, ch. 19) and on foot."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from sim.places.footway import Footway
from sim.scenario.network import CrossedLink, Crossing, Link, Network, Node, Signal, Stage
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import US, go, poisson, population, street, times_s, traffic_on
from tests.validation.table import Found, around, mean_of

CYCLE_S, EFFECTIVE_S, WINDOW_S = 90.0, 40.0, 900.0
AMBER_S, ALL_RED_S = 3.0, 2.0
V0 = 50.04 / 3.6
LENGTH_M, PATH = 800.0, ("wc", "ce")
DELAY_S = {0.5: 20.0, 0.8: 29.4, 0.9: 37.7}


def junction(green_s):
    """Return two one-way streets that cross at a signal; `green_s` [s] for the one from west to east."""
    at = {"w": (-LENGTH_M, 0.0), "e": (300.0, 0.0), "s": (0.0, -100.0), "n": (0.0, 100.0)}
    stages = (
        Stage(approaches=("wc",), green_s=green_s, amber_s=AMBER_S, all_red_s=ALL_RED_S),
        Stage(approaches=("sc",), green_s=CYCLE_S - green_s - 2 * (AMBER_S + ALL_RED_S)),
    )
    return Network(
        nodes=(
            *(Node(id=n, x_m=x, y_m=y, boundary=True) for n, (x, y) in at.items()),
            Node(id="c", x_m=0.0, y_m=0.0, signal=Signal(cycle_s=CYCLE_S, stages=stages)),
        ),
        links=tuple(
            Link(id=a + b, from_node=a, to_node=b, lanes=1, speed_km_h=50.04)
            for a, b in (("w", "c"), ("c", "e"), ("s", "c"), ("c", "n"))
        ),
    )


def run(green_s, departures, until_s, car=US):
    """Return the traffic after a run over the junction, with a detector just beyond it."""
    traffic = traffic_on(
        junction(green_s),
        departures,
        drivers=population(car),
        detectors=[Detector("ce", 10.0, 0)],
        horizon_s=until_s,
    )
    go(traffic, until_s)
    return traffic


@cache
def saturated(green_s, cycles=20):
    """Return the capacity [veh/h] and the effective green [s] of the approach, from a queue that never ends."""
    until, first = CYCLE_S * (cycles + 5), 5
    passed = times_s(run(green_s, poisson(2400.0, until, 1, path=PATH), until), 0)
    greens = [passed[passed // CYCLE_S == n] for n in range(first, first + cycles)]
    headway = np.mean([(g[-1] - g[3]) / (g.size - 4) for g in greens])
    per_cycle = np.mean([g.size for g in greens])
    return 3600.0 * per_cycle / CYCLE_S, per_cycle * headway


@cache
def shown_s():
    """Return the green shown [s] whose effective green comes nearest to 40 s."""
    return min(range(36, 46), key=lambda g: abs(saturated(g)[1] - EFFECTIVE_S))


@cache
def free_s():
    """Return how long [s] the way takes one who comes alone, at green."""
    due = round((CYCLE_S + 10.0 - LENGTH_M / V0) / 0.5)
    return times_s(run(shown_s(), [Departure(0, due, PATH)], 2 * CYCLE_S), 0)[0] - due * 0.5


def delay_s(departures, car=US):
    """Return the mean delay [s] of all who come in a window of 15 min that begins and ends without a queue."""
    traffic = run(shown_s(), departures, 2.0 * WINDOW_S, car)
    assert np.isfinite(traffic.passed[:, 0]).all()
    return np.mean(traffic.passed[:, 0] - traffic.vehicles["due"]) * traffic.dt - free_s()


def at_random(x, seed):
    """Return Poisson arrivals [veh] at a degree of saturation."""
    return poisson(x * saturated(shown_s())[0], WINDOW_S, seed, path=PATH)


def what_of(x):
    return f"delay a vehicle, cycle 90 s, green 40 s, X {x}"


@pytest.mark.validation
def test_the_approach_has_the_effective_green_that_the_row_is_for():
    assert saturated(shown_s())[1] == pytest.approx(EFFECTIVE_S, rel=0.02)


@pytest.mark.validation
@pytest.mark.parametrize("x", DELAY_S)
def test_vehicles_wait_at_a_signal_as_the_handbook_says(table, x):
    found = mean_of([delay_s(at_random(x, seed)) for seed in range(1000 if table.full else 100)])
    band = around(DELAY_S[x], rel=0.15)
    table.hold("6", what_of(x), unit="s", band=band, found=found, tier="B", source="HCM, ch. 19")


@pytest.mark.validation
def test_longer_headways_show_in_the_delay_at_a_signal(table):
    car, breaks = replace(US, headway_s=1.3), "drivers who keep a headway of 1.3 s"
    found = mean_of([delay_s(at_random(0.9, seed), car) for seed in range(20)])
    table.turns_red("6", what_of(0.9), unit="s", band=around(DELAY_S[0.9], rel=0.15), found=found, breaks=breaks)


@pytest.mark.validation
def test_arrivals_at_equal_headways_show_in_the_delay_at_a_signal(table):
    headway = 3600.0 / (0.9 * saturated(shown_s())[0])
    regular = [Departure(n, round(n * headway / 0.5), PATH) for n in range(int(WINDOW_S / headway))]
    found, breaks = Found(delay_s(regular)), "arrivals at equal headways"
    table.turns_red("6", what_of(0.9), unit="s", band=around(DELAY_S[0.9], rel=0.15), found=found, breaks=breaks)


WALK_S, WAIT_S = 40.0, 13.9
ON_FOOT = f"wait of a pedestrian, cycle 90 s, walk {WALK_S:.0f} s"


def waits_on_foot(seed, *, people=2_000, speed_m_s=1.4):
    """Return the mean wait [s] of people who come at random to the signal of a crossing."""
    crossing = Crossing(
        id="signal",
        links=(CrossedLink(link="ab", at_m=500.0),),
        length_m=7.0,
        control="signal",
        cycle_s=CYCLE_S,
        walk_s=WALK_S,
        clearance_s=10.0,
    )
    traffic = traffic_on(street(crossings=[crossing]), [], horizon_s=100 * CYCLE_S)
    footway = Footway(traffic.env, SimpleNamespace(), traffic)
    found = []

    def person(due):
        yield traffic.env.timeout(due)
        yield from footway.cross(crossing, speed_m_s, "person", ("ab", 0.0), ("ba", 0.0))
        found.append((traffic.env.now - due) * traffic.dt - crossing.length_m / speed_m_s)

    for due in np.random.default_rng(seed).integers(0, round(90 * CYCLE_S / traffic.dt), people):
        traffic.env.process(person(int(due)))
    go(traffic, 100 * CYCLE_S)
    assert len(found) == people
    return np.mean(found)


def test_people_wait_for_the_walk_signal_half_the_square_of_the_red_over_the_cycle(table):
    found = mean_of([waits_on_foot(seed) for seed in range(40 if table.full else 10)])
    source = "(C - g)^2 / 2C; HCM, ch. 19"
    table.hold("6", ON_FOOT, unit="s", band=around(WAIT_S, rel=0.03), found=found, tier="B", source=source)


def test_people_too_slow_for_the_clearance_show_in_the_wait_for_the_walk_signal(table):
    found = mean_of([waits_on_foot(seed, speed_m_s=0.5) for seed in range(4)])
    breaks = "people who take 4 s longer than the clearance"
    table.turns_red("6", ON_FOOT, unit="s", band=around(WAIT_S, rel=0.03), found=found, breaks=breaks)
