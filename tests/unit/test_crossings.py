"""People on foot: in groups, row after row; and across the street where nothing is marked and no rail stops them."""

from dataclasses import replace

import numpy as np
import pytest

from sim.interventions import resolve
from sim.kernel.state import FAR_HALF
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


def wide(lanes=2, **fields):
    """Return a street of lanes each way with a zebra whose lanes are 3.5 m wide."""
    at = (CrossedLink(link="ab", at_m=300.0), CrossedLink(link="ba", at_m=294.0))
    street_of_two = two_way(600.0)
    return replace(
        street_of_two,
        links=tuple(replace(link, lanes=lanes) for link in street_of_two.links),
        crossings=(Crossing(id="z", links=at, length_m=7.0 * lanes, width_m=6.0, **fields),),
    )


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_one_stops_for_somebody_who_comes_when_he_is_within_a_lane_of_this_half(lanes):
    def drives_over_s(due_s):
        traffic = traffic_on(
            wide(lanes, yield_share=1.0),
            [Departure(1, round(due_s * 2), ("ab",))],
            detectors=[Detector("ab", 300.5, 0)],
            walkers=[Walker("z", 100, 40 * lanes, beside="ba")],
        )
        go(traffic, 300.0)
        assert traffic.people.rows[0].start == 100
        return times_s(traffic, 0)[0]

    # He steps off at 50 s and takes 10 s a lane and direction; within a lane of the near half from the last of the far.
    from_s = 50.0 + 10.0 * (lanes - 1)
    alone_s = drives_over_s(200.0) - 200.0
    seen = [drives_over_s(at - alone_s) for at in (from_s - 1.0, from_s + 6.0)]
    assert seen[0] == pytest.approx(from_s - 1.0, abs=1.0)
    assert seen[1] > 50.0 + 20.0 * lanes


@pytest.mark.parametrize(("lanes", "steps_off"), [(1, False), (2, True)])
def test_over_a_wide_street_one_looks_at_the_near_half_alone(lanes, steps_off):
    # In the far half comes one after the other, 3 s apart; in the near one nobody.
    cars = [Departure(n, 6 * n, ("ba",)) for n in range(100)]
    walkers = [Walker("z", 200 + 7 * n, 20 * lanes, beside="ab") for n in range(20)]
    traffic = traffic_on(wide(lanes, yield_share=0.0), cars, walkers=walkers)
    go(traffic, 180.0)
    people = traffic.people.rows[: len(walkers)]
    assert (people["start"] == people["due"]).all() == steps_off


def meetings(lanes, *, cars_h=700.0, people_h=300.0, until_s=900.0, seed=1):
    """Return how many people have a vehicle on the zebra in the very lane in which they walk."""
    rng = np.random.default_rng(seed)
    cars = [c for n in range(2) for c in poisson(cars_h * lanes, until_s, seed + n, path=(("ab", "ba")[n],))]
    cars = [replace(c, key=n) for n, c in enumerate(sorted(cars, key=lambda c: c.due))]
    dues = np.sort(rng.integers(60, int(until_s * 2) - 60, int(people_h * until_s / 3600.0)))
    walkers = [Walker("z", int(due), 14.0 * lanes, beside=("ab", "ba")[n % 2]) for n, due in enumerate(dues)]
    traffic = traffic_on(wide(lanes), varied(cars, seed), walkers=walkers)
    over = np.flatnonzero(traffic.lanes["zebra"] == 0)
    number = traffic.lanes["number"][traffic.lanes["from_lane"][over]]  # from the curb of ab on: its lanes, then ba's
    place = np.where(traffic.lanes["has"][over] & FAR_HALF == 0, number, 2 * lanes - 1 - number)
    met = set()
    while traffic.tick < 2 * until_s:
        traffic.run(traffic.tick + 1)
        busy = (traffic.lanes["count"][over] > 0) | (traffic.lanes["tail_x"][over] < traffic.lanes["length"][over])
        people = traffic.people.rows[: len(walkers)]
        for p in np.flatnonzero((people["start"] >= 0) & (people["start"] + people["duration"] > traffic.tick)):
            x = 2 * lanes * (traffic.tick - people["start"][p]) / people["duration"][p]
            x = x if walkers[p].beside == "ab" else 2 * lanes - x
            if (busy & (place + 0.1 < x) & (x < place + 0.9)).any():
                met.add(p)
    assert (people["start"] >= 0).sum() > 0.9 * len(walkers)
    return len(met)


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_nobody_is_driven_over_on_a_zebra(lanes):
    assert meetings(lanes) == 0


def test_somebody_would_be_if_drivers_stopped_only_for_those_already_in_their_half(monkeypatch):
    monkeypatch.setattr("sim.traffic.people.NEAR_LANES", -0.5)
    assert meetings(2) > 0


def test_where_nothing_is_marked_one_looks_at_all_lanes_however_wide_the_street():
    cars = [Departure(n, 6 * n, ("ba",)) for n in range(100)]
    walkers = [Walker("z", 200, 40, beside="ab")]
    traffic = traffic_on(wide(2, control="unmarked", yield_share=0.0), cars, walkers=walkers)
    go(traffic, 180.0)
    assert traffic.people.rows[0].start < 0


@pytest.mark.parametrize(("walks_from", "asked"), [("ab", (1, 0)), ("ba", (0, 1))])
def test_on_a_wide_street_those_who_yield_do_so_for_people_at_their_own_curb(walks_from, asked):
    def asks(lanes):
        cars = [Departure(n, 6 * n, (walks_from,)) for n in range(100)]
        walkers = [Walker("z", 150, 20 * lanes, beside=walks_from)]
        traffic = traffic_on(wide(lanes, yield_share=0.0), cars, walkers=walkers)
        go(traffic, 80.0)
        assert traffic.people.rows[0].start < 0
        return int(traffic.people.zebras[0].asks), int(traffic.people.zebras[0].asks_far)

    assert asks(2) == asked
    assert asks(1) == (1, 1)


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
