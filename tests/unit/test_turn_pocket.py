"""A turn pocket: a lane of its own at the link's end, for the turn across oncoming traffic."""

from dataclasses import replace

import numpy as np

from sim.scenario.junctions import movements
from sim.scenario.network import Link, Network, Node
from sim.scenario.read import load_scenario
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import go, traffic_on

PATHS = {"through": ("main_e2", "main_e3"), "left": ("main_e2", "cross2_n_out"), "oncoming": ("main_w1", "main_w2")}


def school(pocket_m: float) -> Network:
    """Return the default school's streets, with a pocket of that length before the signal."""
    network = load_scenario("school/baseline").site.network
    links = tuple(replace(x, turn_pocket_m=pocket_m) if x.id == "main_e2" else x for x in network.links)
    return replace(network, links=links)


def lanes_of(network: Network, turn: str) -> set[int]:
    return {m.from_lane for m in movements(network) if m.from_link == "main_e2" and m.turn == turn}


def test_the_pocket_is_for_left_turns_alone_and_takes_them_all():
    assert (lanes_of(school(60), "left"), lanes_of(school(60), "through")) == ({2}, {0, 1})
    assert (lanes_of(school(0), "left"), lanes_of(school(0), "through")) == ({1}, {0, 1})


def test_traffic_keeps_left_has_it_on_the_other_side():
    mirrored = replace(school(60), traffic_side="left")
    assert lanes_of(mirrored, "right") == {2}
    assert lanes_of(mirrored, "left") == {0}


def straight_on_in_an_hour(pocket_m: float) -> int:
    """Return how many get straight on at the signal while every fifth turns left against dense oncoming traffic."""
    rng = np.random.default_rng(4)
    plan = [("oncoming", t) for t in np.sort(rng.uniform(0, 3600, 1000))]
    plan += [("left" if rng.uniform() < 0.2 else "through", t) for t in np.sort(rng.uniform(0, 3600, 2200))]
    plan.sort(key=lambda each: each[1])
    departures = [Departure(n, int(2 * t), PATHS[what]) for n, (what, t) in enumerate(plan)]
    traffic = traffic_on(school(pocket_m), departures, detectors=[Detector("main_e3", 20.0, 0)])
    go(traffic, 3600.0)
    return int(np.isfinite(traffic.passed[:, 0]).sum())


def test_left_turns_that_wait_do_not_hold_up_the_others():
    assert straight_on_in_an_hour(60) > 1.15 * straight_on_in_an_hour(0)


def street_end(pocket_m: float) -> Network:
    """Return a fast street of one lane with a pocket for those who turn round at its end, where a slow one goes on."""
    pocket = {"ab": pocket_m}
    return Network(
        nodes=tuple(
            Node(id=n, x_m=x, y_m=0.0, boundary=n != "b", u_turn=n == "b")
            for n, x in (("a", 0.0), ("b", 200.0), ("c", 300.0))
        ),
        links=tuple(
            Link(id=a + b, from_node=a, to_node=b, lanes=1, speed_km_h=kmh, turn_pocket_m=pocket.get(a + b, 0.0))
            for a, b, kmh in (("a", "b", 60.0), ("b", "a", 60.0), ("b", "c", 15.0), ("c", "b", 15.0))
        ),
    )


def test_one_who_turns_from_a_short_pocket_slows_down_before_it():
    traffic = traffic_on(street_end(9.0), [Departure(0, 0, ("ab", "ba"))])
    names, into = traffic.layout.lane_names, 0.0
    while not traffic.everybody_left():
        go(traffic, (traffic.tick + 1) * traffic.dt)
        me = traffic.vehicles[0]
        if names[me["lane"]].startswith("ab lane") and not names[me["lane"]].endswith("from 0 m"):
            into = max(into, float(me["v"]))
    assert 0.0 < into < 8.5  # at 2 m/s2 it can still be as slow as the turn wants
