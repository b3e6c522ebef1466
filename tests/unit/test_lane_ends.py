"""Where lanes end and others begin: short ones, long vehicles, and those who are stopped short there."""

from dataclasses import replace

from sim.kernel import state as k
from sim.scenario.network import CrossedLink, Crossing, Link, Network, Node
from sim.traffic.fleet import Departure
from tests.streets import go, red_then_green, street, traffic_on
from tests.watch import WatchedTraffic


def zebras(*at_m: float, link: str = "ab", width_m: float = 3.0) -> list[Crossing]:
    return [
        Crossing(id=f"z{n}", links=(CrossedLink(link=link, at_m=at),), length_m=7.0, width_m=width_m)
        for n, at in enumerate(at_m)
    ]


def watched(network: Network, departures: list[Departure], **how) -> WatchedTraffic:
    return traffic_on(network, departures, kind=WatchedTraffic, **how)


def coming(*paths: tuple[str, ...], kind: str = "car", apart: int = 8) -> list[Departure]:
    return [Departure(n, apart * n, path, kind=kind, by_agent=True) for n, path in enumerate(paths)]


def test_who_stops_at_the_very_end_of_a_link_stands_there():
    traffic = watched(street(150.0), coming(("ab",)))
    stood = traffic.stop_at(0, "ab", 150.0)
    go(traffic, 60.0)
    assert (stood.value, traffic.vehicles["state"][0]) == (k.STOPPED, k.HELD)
    traffic.go_on(0)
    go(traffic, 70.0)
    assert traffic.everybody_left()
