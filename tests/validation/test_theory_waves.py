"""Kinematic waves: how fast a queue starts, and when it spills back (Lighthill, Whitham 1955; Richards 1956).

States of traffic are the car-following model's own equilibrium: spacing = length + (s0 + vT) / sqrt(1 - (v/v0)^4).
"""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from sim.scenario.network import CrossedLink, Crossing, Link, Network, Node
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import CHINA, US, go, poisson, population, red_then_green, street, times_s, traffic_on
from tests.validation.table import Found, around, mean_of

V0 = 50.04 / 3.6
SOURCE = "Lighthill, Whitham 1955; Richards 1956"


@dataclass(frozen=True)
class Equilibrium:
    """The fundamental diagram of one vehicle class on a street of 50 km/h."""

    length_m: float
    gap_m: float
    headway_s: float

    def density(self, v):
        """Return vehicles per metre at equal speeds v [m/s]."""
        return 1.0 / (self.length_m + (self.gap_m + v * self.headway_s) / sqrt(1.0 - (v / V0) ** 4))

    @property
    def jam(self):
        """Vehicles per metre that stand."""
        return self.density(0.0)

    @property
    def best(self):
        """The speed [m/s] of the largest flow."""
        return minimize_scalar(lambda v: -v * self.density(v), bounds=(0.1, V0 - 0.1), method="bounded").x

    @property
    def start_wave(self):
        """The speed [m/s] of the wave between standing and capacity: q / (k_jam - k)."""
        k = self.density(self.best)
        return self.best * k / (self.jam - k)

    def free(self, flow):
        """Return vehicles per metre in traffic that flows freely [veh/s]."""
        v = brentq(lambda v: v * self.density(v) - flow, self.best, V0 - 1e-6)
        return self.density(v)

    def queue(self, flow):
        """Return vehicles per metre in a queue that moves with a flow [veh/s]."""
        v = brentq(lambda v: v * self.density(v) - flow, 1e-3, self.best)
        return self.density(v)


THEORY = {"US": Equilibrium(5.0, 2.0, 1.0), "China": Equilibrium(5.0, 2.0, 1.1)}

# ---------------------------------------------------------------- a queue starts

QUEUED, GREEN_S, STARTS_M_S, DT = 60, 300.0, 1.0, 0.5


def start_wave(car):
    """Return how fast [m/s] the start runs back through a standing queue, from the 5th vehicle to the last."""
    traffic = traffic_on(
        street(1500.0, crossings=[red_then_green(800.0, red_s=GREEN_S)]),
        [Departure(n, round(3.0 * n / DT), ("ab",)) for n in range(QUEUED)],
        drivers=population(car),
    )
    go(traffic, GREEN_S - 2.0)
    stood, started = traffic.vehicles["x"].copy(), np.full(QUEUED, np.nan)
    assert (traffic.vehicles["v"] < 0.1).all()
    while np.isnan(started).any():
        before = traffic.vehicles["v"].copy()
        go(traffic, (traffic.tick + 1) * DT)
        after = traffic.vehicles["v"]
        now = np.isnan(started) & (after >= STARTS_M_S)
        started[now] = (traffic.tick - (after[now] - STARTS_M_S) / (after[now] - before[now])) * DT
    return -np.polyfit(started[4:], stood[4:], 1)[0]


def starting(drivers):
    return f"wave that starts a standing queue, {drivers} drivers"


@pytest.mark.parametrize(("drivers", "car"), [("US", US), ("China", CHINA)], ids=["US", "China"])
def test_the_start_of_a_queue_runs_back_at_the_speed_of_the_wave(table, drivers, car):
    band, found = around(THEORY[drivers].start_wave, rel=0.10), Found(start_wave(car))
    table.hold("waves", starting(drivers), unit="m/s", band=band, found=found, tier="B", source=SOURCE)


@pytest.mark.parametrize(
    ("change", "breaks"),
    [
        ({"headway_s": 1.4}, "drivers who keep a headway of 1.4 s"),
        ({"standstill_gap_m": 3.5}, "drivers who stand 3.5 m apart"),
    ],
    ids=["headway", "gap"],
)
def test_other_headways_or_gaps_show_in_the_start_of_a_queue(table, change, breaks):
    band, found = around(THEORY["US"].start_wave, rel=0.10), Found(start_wave(replace(US, **change)))
    table.turns_red("waves", starting("US"), unit="m/s", band=band, found=found, breaks=breaks)


# ---------------------------------------------------------------- a queue spills back

LENGTH_M, NEAR_M, FAR_M, PIECE_M = 2000.0, 1500.0, 600.0, 10.0
NEAR, NEAR_BEYOND, FAR, FAR_BEYOND, OUT = range(5)
CYCLE_S = 60.0


def slow_link():
    """Return a street of 50 km/h that leads into one of 18 km/h."""
    ends = {"a": 0.0, "m": LENGTH_M, "b": LENGTH_M + 400.0}
    return Network(
        nodes=tuple(Node(id=n, x_m=x, y_m=0.0, boundary=n != "m") for n, x in ends.items()),
        links=(
            Link(id="am", from_node="a", to_node="m", lanes=1, speed_km_h=50.04),
            Link(id="mb", from_node="m", to_node="b", lanes=1, speed_km_h=18.0),
        ),
    )


def signal():
    """Return the same street with a signal before its end instead."""
    at = CrossedLink(link="am", at_m=LENGTH_M - 20.0)
    light = Crossing(id="x", links=(at,), length_m=7.0, control="signal", cycle_s=CYCLE_S, walk_s=30.0, clearance_s=3.0)
    return replace(
        slow_link(), links=tuple(replace(k, speed_km_h=50.04) for k in slow_link().links), crossings=(light,)
    )


def in_moving_queue(theory, flow):
    return theory.queue(flow)


def in_stop_and_go(theory, flow):
    """Return the mean density [veh/m] where vehicles stand or move at capacity in turn."""
    return theory.jam - flow / theory.start_wave


def over_the_shock(network, density, seed, flow_h, car=US):
    """Return how long the tail takes between two detectors, over what (q1 - q2) / (k1 - k2) says."""
    until = 3600.0
    traffic = traffic_on(
        network,
        poisson(flow_h, until, seed, path=("am", "mb")),
        drivers=population(car),
        detectors=[
            Detector("am", NEAR_M, NEAR),
            Detector("am", NEAR_M + PIECE_M, NEAR_BEYOND),
            Detector("am", FAR_M, FAR),
            Detector("am", FAR_M + PIECE_M, FAR_BEYOND),
            Detector("mb", 20.0, OUT),
        ],
        horizon_s=until,
    )
    go(traffic, until)
    near_s, far_s = (tail_s(traffic, slot) for slot in (NEAR, FAR))
    passed = times_s(traffic, OUT)
    passed = passed[(passed > near_s) & (passed < far_s)]
    inflow, out = flow_h / 3600.0, (passed.size - 1) / (passed[-1] - passed[0])
    shock = (inflow - out) / (density(THEORY["US"], out) - THEORY["US"].free(inflow))
    return (far_s - near_s) * shock / (NEAR_M - FAR_M)


def tail_s(traffic, slot):
    """Return when [s] the first vehicle crosses a detector at less than half of the free speed."""
    at, beyond = traffic.passed[:, slot] * traffic.dt, traffic.passed[:, slot + 1] * traffic.dt
    return np.nanmin(at[PIECE_M / (beyond - at) < 0.5 * V0])


BOTTLENECKS = {
    "a link of 18 km/h": (slow_link, in_moving_queue, 1500.0),
    "a signal": (signal, in_stop_and_go, 1200.0),
}


def spilling(where):
    return f"time until the queue before {where} has grown by 900 m, over that of the shock"


@pytest.mark.validation
@pytest.mark.parametrize("where", BOTTLENECKS)
def test_a_queue_spills_back_at_the_speed_of_the_shock(table, where):
    network, density, flow_h = BOTTLENECKS[where]
    found = mean_of([over_the_shock(network(), density, seed, flow_h) for seed in range(100 if table.full else 25)])
    band = around(1.0, rel=0.15)
    table.hold("waves", spilling(where), unit="1", band=band, found=found, tier="B", source=SOURCE)


@pytest.mark.validation
@pytest.mark.parametrize("where", BOTTLENECKS)
def test_drivers_who_stand_further_apart_show_in_the_spillback(table, where):
    network, density, flow_h = BOTTLENECKS[where]
    car, breaks = replace(US, standstill_gap_m=5.0), "drivers who stand 5 m apart"
    found = mean_of([over_the_shock(network(), density, seed, flow_h, car) for seed in range(12)])
    table.turns_red("waves", spilling(where), unit="1", band=around(1.0, rel=0.15), found=found, breaks=breaks)
