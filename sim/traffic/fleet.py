"""Everybody at the wheel as rows: one per vehicle of the whole run, in order of scheduled time."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from sim.kernel.state import ENTRY, VEHICLE, Ints, Records, rows
from sim.scenario.drivers import Drivers, VehicleClass
from sim.traffic.layout import Layout

SPARE_LEGS = 64
"""Room for new routes, per vehicle that an agent drives."""


@dataclass(frozen=True)
class Departure:
    """One vehicle to come: who, when, by which links, and how it is driven."""

    key: int
    due: int
    """[ticks]"""
    path: tuple[str, ...]
    bus: bool = False
    speed_factor: float = 1.0
    by_agent: bool = False
    keeps_curb: bool = False
    """Comes in the curb lane to where its agent wants to look about."""


def muster(layout: Layout, drivers: Drivers, departures: Sequence[Departure]) -> tuple[Records, Ints, int]:
    """Return the vehicles' rows in the order of `departures`, the table of routes, and where its free part begins."""
    vehicles = rows(VEHICLE, len(departures))
    routes: dict[tuple[str, ...], tuple[int, int]] = {}
    table: list[int] = []
    for d in departures:
        if d.path not in routes:
            begin = len(table)
            table += layout.segments(d.path)
            routes[d.path] = (begin, len(table))
    vehicles["leg"] = [routes[d.path][0] for d in departures]
    vehicles["route_end"] = [routes[d.path][1] for d in departures]
    vehicles["factor"] = [d.speed_factor for d in departures]
    vehicles["due"] = [d.due for d in departures]
    vehicles["key"] = [d.key for d in departures]
    vehicles["reported"] = [d.by_agent for d in departures]
    is_bus = np.asarray([d.bus for d in departures], dtype=bool)
    vehicles["insists"], vehicles["keeps_curb"] = is_bus, [d.keeps_curb for d in departures]
    vehicles["out_gap"] = np.where(is_bus, drivers.gaps.bus_pull_out_s, drivers.gaps.pull_out_s)
    for chosen, kind in ((is_bus, drivers.bus), (~is_bus, drivers.car)):
        for name, value in _driving(kind).items():
            vehicles[name][chosen] = value
    waiting = ("blocker", "yields_to", "standing", "defers", "may_go", "claims")
    for name in (*waiting, "target_segment", "choice", "lane", "before0", "before1"):
        vehicles[name] = -1
    vehicles["desired"], vehicles["changed"] = 1.0, -1_000_000
    vehicles["entered"] = vehicles["left"] = np.nan
    spare = SPARE_LEGS * sum(d.by_agent for d in departures) + SPARE_LEGS
    return vehicles, np.asarray(table + [0] * spare, dtype=np.int32), len(table)


def _driving(kind: VehicleClass) -> dict[str, float]:
    """Return a vehicle class as the kernel's fields."""
    a, b = kind.acceleration_m_s2, kind.deceleration_m_s2
    return {
        "length": kind.length_m,
        "a": a,
        "b": b,
        "half_inverse": 1.0 / (2.0 * sqrt(a * b)),
        "headway": kind.headway_s,
        "s0": kind.standstill_gap_m,
        "top": kind.top_speed_m_s,
    }


def queues(vehicles: Records, route: Ints) -> tuple[Records, Ints]:
    """Return the queues at the entries: one record per segment entered, and the vehicles by scheduled time."""
    first = route[vehicles["leg"]] if vehicles.size else np.zeros(0, dtype=np.int32)
    order = np.lexsort((np.arange(first.size), vehicles["due"], first))
    segments, counts = np.unique(first, return_counts=True)
    entries = rows(ENTRY, segments.size)
    entries["segment"], entries["end"] = segments, np.cumsum(counts)
    entries["next"] = entries["end"] - counts
    return entries, order.astype(np.int32)
