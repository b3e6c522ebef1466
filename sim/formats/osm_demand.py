"""Assumes who comes to an imported site: pupils by the school's size, buses by its routes, times and choices of people.

Every number is the one of the default school site (an assumption there too) unless the map says otherwise.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from sim.formats.osm_curb import BusZone
from sim.formats.osm_flows import SAME_STREET_M, Flow, written
from sim.scenario.demand import (
    BusLine,
    CarDeparture,
    CarOrigin,
    Choices,
    Demand,
    Drawn,
    Modes,
    ProfilePoint,
    Pupils,
    Times,
    Window,
)
from sim.scenario.network import Network
from sim.scenario.routes import Router
from sim.scenario.site import Gate

PUPILS = 900  # where neither the planner nor the map tells
BUSES_PER_ROUTE_H = 6.0  # [buses/h] of one route in one direction
BUSES_H = 6.0  # [buses/h] at a stop of which no route is known
MOST_BUSES_H = {1: 15.0, 2: 40.0, 3: 60.0}  # [buses/h] by lanes: more would block a stop in the lane
MAIN_STREET_VEH_H = 350.0  # an entry this busy counts as half as far as a quiet one
OPPOSITE_SHARE = 0.8  # of the parents who come from the other side, those who stop there and cross
ACROSS_GAIN = 0.8  # the other side is theirs if its curb is reached in less than this share of the time

TIMES = Times(
    dwell=Drawn(mean_s=26.5, sd_s=13.25, low_s=2.0, high_s=55.0),
    own_manoeuvre=Drawn(mean_s=8.0, sd_s=3.0),
    parking_manoeuvre=Drawn(mean_s=12.0, sd_s=4.0),
    handover=Drawn(mean_s=8.0, sd_s=4.0),
    child_walk_m_s=1.1,
    adult_walk_m_s=1.15,
    walk_sd_m_s=0.15,
    rail_walk_factor=0.5,
)
CHOICES = Choices(
    willing_full_m=60.0,
    willing_zero_m=150.0,
    sight_m=40.0,
    search_km_h=20.0,
    double_park_share=0.25,
    double_park_though_free_share=0.085,
    double_park_within_m=60.0,
    double_park_dwell_s=30.0,
    wait_share=0.5,
    rounds=2,
)
MODES = Modes(walk=0.38, car=0.26, taxi=0.03, bus=0.20, rail=0.08, two_wheeler=0.05)
ARRIVAL_MEAN_S, GATE_OPENS_S, BELL_S = 28_980.0, 27_600.0, 30_000.0  # 8:03, 7:40, 8:20
WINDOW = Window(start=26_400.0, measured_from=27_000.0, measured_to=31_200.0, end=33_600.0)  # 7:20, 7:30, 8:40, 9:20
PROFILE = ((26_400.0, 0.8), (27_600.0, 1.0), (31_200.0, 0.85))  # from 7:20, 7:40 and 8:40 on
BUS_DWELL = Drawn(mean_s=28.0, sd_s=14.0, low_s=5.0, high_s=120.0)


@dataclass(frozen=True)
class Ways:
    """The streets by which parents come and go, with their weights [veh/h]."""

    entries: dict[str, float]
    exits: dict[str, float]


def demand(
    network: Network,
    gate: Gate,
    ways: Ways,
    router: Router,
    flows: tuple[Flow, ...],
    lines: tuple[BusLine, ...],
    enrolment: int,
) -> Demand:
    """Return the whole morning's demand of a school of that many pupils."""
    stops_across = any(z.link == gate.opposite_link and z.users == "school" for z in network.curb_zones)
    origins = []
    for (entry, _), share in zip(ways.entries.items(), shares(list(ways.entries.values())), strict=True):
        across = OPPOSITE_SHARE if stops_across and _from_across(router, gate, entry) else 0.0
        origins.append(CarOrigin(entry=entry, share=share, opposite_share=across))
    departures = tuple(
        CarDeparture(exit=exit, share=share)
        for exit, share in zip(ways.exits, shares(list(ways.exits.values())), strict=True)
    )
    pupils = Pupils(
        enrolment=enrolment,
        modes=MODES,
        pupils_per_car=1.25,
        arrival_mean=ARRIVAL_MEAN_S,
        arrival_sd_s=600.0,
        gate_opens=GATE_OPENS_S,
        bell=BELL_S,
        origins=tuple(origins),
        departures=departures,
        crossing_share=0.2 if gate.opposite_link is not None else 0.0,
    )
    profile = tuple(ProfilePoint(at=at, share=share) for at, share in PROFILE)
    return Demand(
        window=WINDOW,
        pupils=pupils,
        times=TIMES,
        choices=CHOICES,
        through=written(flows),
        profile=profile,
        bus_lines=lines,
    )


def shares(weights: list[float]) -> list[float]:
    """Return shares in proportion to the weights, in whole percents (finer for many), that sum to 1."""
    parts = 100
    while parts < 4 * len(weights):
        parts *= 10
    total = sum(weights)
    exact = [parts * weight / total for weight in weights]
    rounded = [max(round(each), 1) for each in exact]
    while sum(rounded) != parts:
        step = 1 if sum(rounded) < parts else -1
        gaps = [step * (x - n) if n + step > 0 else -1e9 for x, n in zip(exact, rounded, strict=True)]
        rounded[gaps.index(max(gaps))] += step
    return [n / parts for n in rounded]


def _from_across(router: Router, gate: Gate, entry: str) -> bool:
    """Tell whether who comes over this entry is sooner on the far side of the street."""
    if gate.opposite_link is None:
        return False
    far, near = router.path(entry, gate.opposite_link), router.path(entry, gate.link)
    if not far:
        return False
    return not near or router.free_time_s(far) < ACROSS_GAIN * router.free_time_s(near)


def bus_flow(routes: int, lanes: int) -> float:
    """Return the buses an hour at a stop of so many routes beside so many lanes [buses/h]."""
    wanted = BUSES_PER_ROUTE_H * routes if routes else BUSES_H
    return min(wanted, MOST_BUSES_H[min(lanes, 3)])


def bus_berths(buses_h: float) -> int:
    """Return the berths of a stop for so many buses an hour."""
    return 1 if buses_h <= 12 else 2 if buses_h <= 40 else 3


def bus_lines(
    network: Network, router: Router, zones: tuple[BusZone, ...], weights: dict[str, float]
) -> tuple[BusLine, ...]:
    """Return one line for each bus stop, over the main streets that lead to it and on from it to another street."""
    lines = []
    for each in zones:
        zone = each.zone
        before = {entry: router.path(entry, zone.link) for entry in network.entries()}
        after = {exit: router.path(zone.link, exit) for exit in network.exits()}
        options = [
            (
                _turns_back(network, router, (*before[entry], *after[exit][1:])),
                _unlikely_s(router, before[entry], weights[entry]) + _unlikely_s(router, after[exit], weights[exit]),
                entry,
                exit,
            )
            for entry in before
            for exit in after
            if before[entry] and after[exit] and network.link(entry).from_node != network.link(exit).to_node
        ]
        if options:
            _, _, entry, exit = min(options)
            flow = bus_flow(len(each.stop.routes), network.link(zone.link).lanes)
            lines.append(
                BusLine(
                    id=f"line_{zone.id}",
                    entry=entry,
                    exit=exit,
                    stop=zone.id,
                    flow_bus_h=flow,
                    headway_cv=0.6,
                    dwell=BUS_DWELL,
                )
            )
    return tuple(lines)


def _unlikely_s(router: Router, path: tuple[str, ...], veh_h: float) -> float:
    """Return how long [s] a way takes, more where it is over a quiet street."""
    return router.free_time_s(path) * (1.0 + MAIN_STREET_VEH_H / veh_h)


def _turns_back(network: Network, router: Router, path: tuple[str, ...]) -> bool:
    """Tell whether a bus on that path turns round or leaves by the street on which it came, as no line does."""
    start, end = network.node(network.link(path[0]).from_node), network.node(network.link(path[-1]).to_node)
    back = hypot(end.x_m - start.x_m, end.y_m - start.y_m) < SAME_STREET_M
    return back or any(router.turn(a, b) == "u_turn" for a, b in pairwise(path))
