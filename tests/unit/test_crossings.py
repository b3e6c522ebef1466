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
from tests.streets import go, poisson, street, times_s, traffic_on, two_way


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
