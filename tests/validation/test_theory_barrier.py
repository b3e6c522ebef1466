"""A barrier with a constant service time is the queue M/D/1: W = rho s / (2 (1 - rho)) (Pollaczek, Khinchine)."""

from functools import cache

import numpy as np
import pytest

from sim.places.disciplines import any_free
from sim.traffic.fleet import Departure
from tests.streets import go, poisson, street, traffic_on, waits_at_berths, waits_in_line
from tests.validation.table import around, mean_of

SERVICE_S, SOURCE = 7.5, "Pollaczek, Khinchine"
LOADS = (0.5, 0.8)


def wait_s(load, service_s):
    """Return the mean wait [s] before a server whose service is constant."""
    return load * service_s / (2.0 * (1.0 - load))


def constant(_, n):
    return np.full(n, SERVICE_S)


def exponential(rng, n):
    return rng.exponential(SERVICE_S, n)


# ---------------------------------------------------------------- A: one berth alone


def drawn(load, seed, service=constant, arrivals=20_000):
    """Return headways and services [s] of Poisson arrivals."""
    rng = np.random.default_rng(seed)
    return rng.exponential(SERVICE_S / load, arrivals), service(rng, arrivals)


def wait_at_berth(load, seed, service=constant):
    """Return the mean wait [s] for one berth."""
    return np.mean(waits_at_berths(*drawn(load, seed, service), 1, any_free))


def at_berth(load):
    return f"wait for one berth, service {SERVICE_S} s, load {load}"


def test_everybody_waits_for_one_berth_as_long_as_before_a_server():
    of = drawn(0.8, 0)
    np.testing.assert_array_equal(waits_at_berths(*of, 1, any_free), waits_in_line(*of, 1))


@pytest.mark.validation
@pytest.mark.parametrize("load", LOADS)
def test_one_berth_is_an_m_d_1_queue(table, load):
    found = mean_of([wait_at_berth(load, seed) for seed in range(40 if table.full else 2)])
    band = around(wait_s(load, SERVICE_S), rel=0.05)
    table.hold("barrier", at_berth(load), unit="s", band=band, found=found, tier="A", source=SOURCE)


@pytest.mark.validation
def test_services_that_vary_show_in_the_wait_for_one_berth(table):
    found, band = mean_of([wait_at_berth(0.8, seed, exponential) for seed in range(3)]), wait_s(0.8, SERVICE_S)
    breaks = "services of the same mean that vary"
    table.turns_red("barrier", at_berth(0.8), unit="s", band=around(band, rel=0.05), found=found, breaks=breaks)


# ---------------------------------------------------------------- B: vehicles at a barrier

LENGTH_M, BARRIER_M = 800.0, 700.0


def through(departures, services):
    """Return when each vehicle has left the street [s], having stopped at the barrier for its service [s]."""
    traffic = traffic_on(street(LENGTH_M, speed_km_h=30.0), departures, horizon_s=10.0)

    def driver(vehicle, service):
        yield traffic.orders.stop_at(vehicle, "ab", BARRIER_M)
        yield traffic.env.timeout(traffic.ticks(service))
        traffic.orders.go_on(vehicle)

    for vehicle, service in enumerate(services):
        traffic.env.process(driver(vehicle, service))
    last = departures[-1].due * traffic.dt
    while not traffic.everybody_left():
        last += 600.0
        go(traffic, last)
    return traffic.vehicles["left"] * traffic.dt


def agents(departures):
    return [Departure(d.key, d.due, d.path, by_agent=True) for d in departures]


@cache
def saturated_s():
    """Return the time per vehicle [s] at the barrier before which a queue stands."""
    left = through([Departure(n, 0, ("ab",), by_agent=True) for n in range(120)], [SERVICE_S] * 120)
    return np.diff(np.sort(left))[20:].mean()


@cache
def alone_s():
    """Return how long [s] the way takes one who finds nobody at the barrier."""
    return through([Departure(0, 0, ("ab",), by_agent=True)], [SERVICE_S])[0]


def wait_at_barrier(load, seed, service=constant, hours=4.0):
    """Return by how much longer [s] vehicles take than one who comes alone."""
    departures = agents(poisson(3600.0 * load / saturated_s(), hours * 3600.0, seed))
    left = through(departures, service(np.random.default_rng([seed, 1]), len(departures)))
    return np.mean(left - np.array([d.due for d in departures]) * 0.5) - alone_s()


def at_barrier(load):
    return f"wait of real vehicles before a barrier, service {SERVICE_S} s, load {load} of its capacity"


@pytest.mark.validation
@pytest.mark.parametrize("load", LOADS)
def test_vehicles_wait_before_a_barrier_as_in_an_m_d_1_queue(table, load):
    found = mean_of([wait_at_barrier(load, seed) for seed in range(60 if table.full else 12)])
    band = around(wait_s(load, saturated_s()), rel=0.15)
    table.hold("barrier", at_barrier(load), unit="s", band=band, found=found, tier="B", source=SOURCE)


@pytest.mark.validation
def test_services_that_vary_show_in_the_wait_before_a_barrier(table):
    found = mean_of([wait_at_barrier(0.8, seed, exponential) for seed in range(8)])
    band, breaks = around(wait_s(0.8, saturated_s()), rel=0.15), "services of the same mean that vary"
    table.turns_red("barrier", at_barrier(0.8), unit="s", band=band, found=found, breaks=breaks)
