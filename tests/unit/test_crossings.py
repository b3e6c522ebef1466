"""People on foot: in groups, row after row; and across the street where nothing is marked and no rail stops them."""

from dataclasses import replace

import numpy as np
import pytest

from sim.interventions import resolve
from sim.model import simulate
from sim.scenario.network import CrossedLink, Crossing
from sim.scenario.read import load_scenario
from sim.scenario.site import Guardrail
from sim.scenario.walking import way
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from sim.traffic.people import Walker
from tests.streets import go, poisson, street, times_s, traffic_on, two_way, varied


def zebra(**fields):
    return Crossing(id="z", links=(CrossedLink(link="ab", at_m=300.0),), length_m=7.0, width_m=3.0, **fields)


def stepping_off(people, flow_veh_h, seed=1, **fields):
    """Return when each of a group that comes at once steps off [s after it came]."""
    cars = poisson(flow_veh_h, 1200.0, seed) if flow_veh_h else []
    walkers = [Walker("z", 400, 12) for _ in range(people)]
    traffic = traffic_on(street(600.0, crossings=[zebra(**fields)]), cars, walkers=walkers)
    go(traffic, 1200.0)
    return np.sort(traffic.people.rows["start"][:people] - 400) * 0.5


def test_a_group_steps_off_row_after_row():
    # On 3 m four walk side by side; HCM 2010: two seconds from row to row.
    assert stepping_off(10, 0.0).tolist() == [0, 0, 0, 0, 2, 2, 2, 2, 4, 4]


def test_a_group_is_torn_apart_where_the_gap_is_too_short_for_all_its_rows():
    def last_row(people):
        return np.mean([stepping_off(people, 500.0, seed, yield_share=0.0)[-1] for seed in range(40)])

    assert last_row(20) > last_row(1) + 8.0 + 3.0  # five rows take 8 s; the rest is waiting for another gap


def driven_over_s(drives, walks_from, *, one_way=False):
    """Return when a car drives over a zebra [s] that somebody steps on at 10 s and takes 40 s to cross."""
    at = (CrossedLink(link="ab", at_m=300.0), CrossedLink(link="ba", at_m=294.0))
    network = street(600.0) if one_way else two_way(600.0)
    crossing = Crossing(id="z", links=at[:1] if one_way else at, length_m=7.0, width_m=6.0)
    traffic = traffic_on(
        replace(network, crossings=(crossing,)),
        [Departure(1, 0, (drives,))],
        detectors=[Detector(drives, 310.0, 0)],
        walkers=[Walker("z", 20, 80, beside=walks_from)],
    )
    go(traffic, 120.0)
    assert traffic.people.rows[0].start == 20
    return times_s(traffic, 0)[0]


@pytest.mark.parametrize("drives", ["ab", "ba"])
def test_one_drives_on_behind_somebody_who_has_left_this_half_of_the_street(drives):
    other = "ba" if drives == "ab" else "ab"
    assert driven_over_s(drives, drives) < 40.0  # it comes at 30 s, when half of the way is done
    assert driven_over_s(drives, other) > 50.0  # towards it one still walks
    assert driven_over_s("ab", "", one_way=True) > 50.0  # on a one-way street there are no halves


def test_few_drivers_yield_where_nothing_is_marked():
    def mean(control):
        return np.mean([stepping_off(1, 700.0, seed, control=control)[0] for seed in range(30)])

    assert mean("unmarked") > 1.5 * mean("zebra")


def school_with_unmarked(share):
    """Return the default morning, the railing in the middle gone and a place to cross opposite the stops there."""
    scenario = resolve(load_scenario("school/baseline"))
    site = scenario.site
    across = Crossing(
        id="short_cut",
        links=(CrossedLink(link="main_e2", at_m=260), CrossedLink(link="main_w2", at_m=196)),
        length_m=14,
        width_m=3,
        control="unmarked",
    )
    network = replace(
        site.network,
        links=tuple(replace(x, divided=False) for x in site.network.links),
        crossings=(*site.network.crossings, across),
    )
    choices = replace(site.demand.choices, unmarked_share=share)
    return replace(scenario, site=replace(site, network=network, demand=replace(site.demand, choices=choices)))


def test_a_guardrail_keeps_people_from_crossing_where_nothing_is_marked():
    site = school_with_unmarked(1.0).site
    railed = replace(site, guardrails=(Guardrail(id="r", link="main_w2", from_m=150, to_m=230),))
    assert way(site, "main_w2", 200.0, unmarked=True).crossing == "short_cut"
    assert way(site, "main_w2", 200.0).crossing == "at_gate"
    assert way(railed, "main_w2", 200.0, unmarked=True).crossing == "at_gate"


@pytest.mark.slow
def test_people_cross_between_the_cars_where_that_is_shorter():
    record = simulate(school_with_unmarked(1.0), seed=1)
    assert record.failure is None
    assert all(record.trips["finished"])


# ---------------------------------------------------------------- whatever the step

CYCLE_S = 60.0


def first_over_s(dt):
    """Return how long after people are off the first of each queue is over the line [s]; all drivers stop for them."""
    cars = [Departure(n, round(6.0 * n / dt), ("ab",)) for n in range(100)]
    walkers = [Walker("z", round((30.0 + CYCLE_S * n) / dt), 20.0 / dt) for n in range(9)]
    traffic = traffic_on(
        street(600.0, crossings=[zebra(yield_share=1.0)]),
        varied(cars, 1),
        detectors=[Detector("ab", 300.5, 0)],
        walkers=walkers,
        dt=dt,
    )
    go(traffic, 600.0)
    people = traffic.people.rows[: len(walkers)]
    off_s = (people["start"] + people["duration"]) * dt
    passed_s = times_s(traffic, 0)
    return float(np.mean([passed_s[np.searchsorted(passed_s, t)] - t for t in off_s]))


@pytest.mark.parametrize("dt", [0.25, 0.1])
def test_a_queue_starts_when_people_are_off_at_the_same_moment_whatever_the_step(dt):
    assert first_over_s(dt) == pytest.approx(first_over_s(0.5), abs=0.08)


def at_a_busy_zebra(dt, seeds, *, people_h=300.0, flow_veh_h=500.0, until_s=3600.0):
    """Return the mean delay of cars, and the mean wait of people [s], who come at random."""
    delays, waits = [], []
    for seed in seeds:
        rng = np.random.default_rng([seed, 7])
        come_s = np.sort(rng.uniform(60.0, until_s - 60.0, rng.poisson(people_h * until_s / 3600.0)))
        across_s = 7.0 / rng.normal(1.2, 0.15, come_s.size).clip(0.9, 1.5)
        walkers = [Walker("z", int(np.ceil(t / dt)), a / dt) for t, a in zip(come_s, across_s, strict=True)]
        cars = varied(poisson(flow_veh_h, until_s, seed, dt=dt), seed, sd=0.1)
        travel_s = []
        for there in (walkers, []):
            traffic = traffic_on(
                street(900.0, speed_km_h=44.0, crossings=[zebra(yield_share=0.5)]),
                cars,
                detectors=[Detector("ab", 20.0, 0), Detector("ab", 600.0, 1)],
                walkers=there,
                dt=dt,
                seed=seed,
            )
            go(traffic, until_s)
            travel_s.append(np.nanmean(traffic.passed[:, 1] - traffic.passed[:, 0]) * dt)
            if there:
                start = traffic.people.rows["start"]
                waits.append(start[start >= 0].mean() * dt - come_s[: int((start >= 0).sum())].mean())
        delays.append(travel_s[0] - travel_s[1])
    return float(np.mean(delays)), float(np.mean(waits))


def test_what_a_zebra_costs_hardly_hangs_on_the_step():
    (delay, wait), (fine_delay, fine_wait) = (at_a_busy_zebra(dt, range(40)) for dt in (0.5, 0.1))
    assert delay == pytest.approx(fine_delay, rel=0.04)
    assert wait == pytest.approx(fine_wait, rel=0.06)


def test_a_zebra_is_free_to_the_nearest_tick_after_the_last_one_is_off():
    def sets_out(duration):
        cars, walkers = [Departure(0, 0, ("ab",))], [Walker("z", 30, duration)]
        traffic = traffic_on(street(600.0, crossings=[zebra(yield_share=1.0)]), cars, walkers=walkers)
        speeds = []
        while traffic.tick < 150:
            traffic.run(traffic.tick + 1)
            speeds.append(float(traffic.vehicles[0].v))
        return max(n for n, v in enumerate(speeds) if v == 0.0)

    assert sets_out(60.0) == 30 + 60 - 1  # the last tick in which it stands
    assert [sets_out(d) - sets_out(60.0) for d in (59.6, 60.4, 60.6)] == [0, 0, 1]


def test_nobody_steps_off_before_coming_there():
    walkers = [Walker("z", due, 12.0) for due in (100, 200, 301)]
    traffic = traffic_on(street(600.0, crossings=[zebra()]), [], walkers=walkers)
    seen = []
    while traffic.tick < 310:
        traffic.run(traffic.tick + 1)
        seen.append(int((traffic.people.rows["start"] >= 0).sum()))
    assert [seen.index(n) for n in (1, 2, 3)] == [100, 200, 301]  # the tick that begins as they come, counted from 0
    assert traffic.people.rows["start"][:3].tolist() == [100, 200, 301]
