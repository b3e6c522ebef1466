"""Everybody at the wheel as rows: one per vehicle of the whole run, in order of scheduled time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

import numpy as np

from sim.kernel.state import BUS, DESK, ENTRY, GONE, LEG, TWO_WHEELER, VEHICLE, Floats, Ints, Records, joined, rows
from sim.scenario.drivers import Drivers, VehicleClass
from sim.scenario.network import FILE_M
from sim.traffic.layout import Layout

SPARE_LEGS = 64
"""Room for new routes, per vehicle that an agent drives."""


Kind = Literal["car", "bus", "heavy", "two_wheeler"]
KINDS: tuple[Kind, ...] = ("car", "bus", "heavy", "two_wheeler")
"""In the order of the kernel's codes."""
SHADOWS = 16
"""So many vehicles may turn round in mid-block at the same time."""


@dataclass(frozen=True)
class Temperament:
    """How one driver differs from the class, as factors of the limit, of the time gap and of all critical gaps."""

    speed: float = 1.0
    headway: float = 1.0
    gaps: float = 1.0


@dataclass(frozen=True)
class Departure:
    """One vehicle to come: who, when, by which links, and how it is driven."""

    key: int
    due: int
    """[ticks]"""
    path: tuple[str, ...]
    kind: Kind = "car"
    temper: Temperament = Temperament()
    by_agent: bool = False
    keeps_curb: bool = False
    """Comes in the curb lane to where its agent wants to look about."""
    own: VehicleClass | None = None
    """How it moves, where that is not as its kind does."""
    foresight_m: float = 0.0
    """Whose way is given keeps to it, and picks lanes so far ahead; 0: all others."""
    bus_lanes: bool | None = None
    """Whether it may use lanes for buses; left out: whether it is one."""


@dataclass(frozen=True)
class Fleet:
    """Everybody's vehicle, a row each, and the table of routes, whose part from leg `free` on is not used."""

    vehicles: Records
    route: Records
    free: int
    abreast: Ints
    """So many ride side by side in the narrowest strip on a two-wheeler's way; 1: all others."""

    def driven(self, speed: Floats, headway: Floats, gaps: Floats) -> "Fleet":
        """Return the same vehicles, driven by such tempers (n,)."""
        vehicles = joined(self.vehicles)
        vehicles["factor"], vehicles["gap_factor"] = speed, gaps
        vehicles["out_gap"] *= gaps
        vehicles["headway"] *= headway
        for name in ("length", "headway", "s0"):
            vehicles[name] /= self.abreast
        return replace(self, vehicles=vehicles)


def muster(layout: Layout, drivers: Drivers, departures: Sequence[Departure]) -> Fleet:
    """Return the fleet of these departures, in their order, as it is driven."""
    tempers = np.array([(d.temper.speed, d.temper.headway, d.temper.gaps) for d in departures]).reshape(-1, 3)
    return undriven(layout, drivers, departures).driven(*tempers.T)


def undriven(layout: Layout, drivers: Drivers, departures: Sequence[Departure]) -> Fleet:
    """Return the fleet of these departures, before it is known how each driver differs from the class."""
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
    vehicles["due"] = [d.due for d in departures]
    vehicles["foresight"] = [d.foresight_m for d in departures]
    vehicles["key"] = [d.key for d in departures]
    vehicles["reported"] = [d.by_agent for d in departures]
    kinds = np.array([KINDS.index(d.kind) for d in departures], dtype=np.int32)
    is_bus = kinds == BUS
    vehicles["kind"] = kinds
    vehicles["insists"] = is_bus | (vehicles["foresight"] > 0.0)
    vehicles["keeps_curb"] = [d.keeps_curb for d in departures]
    vehicles["bus_lanes"] = [d.kind == "bus" if d.bus_lanes is None else d.bus_lanes for d in departures]
    vehicles["out_gap"] = np.where(is_bus, drivers.gaps.bus_pull_out_s, drivers.gaps.pull_out_s)
    for code, kind in enumerate(KINDS):
        for name, value in _driving(getattr(drivers, kind)).items():
            vehicles[name][kinds == code] = value
    _own(vehicles, departures)
    waiting = ("blocker", "shadow", "yields_to", "standing", "defers", "may_go", "may_enter", "claims")
    for name in (*waiting, "target_segment", "choice", "way", "lane", "before"):
        vehicles[name] = -1
    vehicles["desired"], vehicles["changed"] = 1.0, -1_000_000
    vehicles["entered"] = vehicles["left"] = np.nan
    spare = SPARE_LEGS * sum(d.by_agent for d in departures) + SPARE_LEGS
    route = rows(LEG, len(table) + spare)
    route["segment"][: len(table)] = table
    return Fleet(vehicles, route, len(table), _abreast(layout, departures))


def _own(vehicles: Records, departures: Sequence[Departure]) -> None:
    """Let those vehicles move in their own way that have one."""
    rows_of: dict[VehicleClass, list[int]] = {}
    for row, d in enumerate(departures):
        if d.own is not None:
            rows_of.setdefault(d.own, []).append(row)
    for own, group in rows_of.items():
        for name, value in _driving(own).items():
            vehicles[name][group] = value


def shadows() -> Records:
    """Return rows for those who hold the opposite lane for a vehicle that turns round."""
    found = rows(VEHICLE, SHADOWS)
    found["state"], found["shadow"], found["blocker"], found["yields_to"], found["standing"] = GONE, -1, -1, -1, -1
    found["before"] = found["target_segment"] = found["may_go"] = found["may_enter"] = -1
    found["choice"], found["way"] = -1, -2
    return found


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


def _abreast(layout: Layout, departures: Sequence[Departure]) -> Ints:
    """Return how many two-wheelers ride abreast in the narrowest strip on their way, 1 for all others.

    A strip is one list in which order is kept: n files side by side are one file of riders 1/n as long. Raises
    ValueError for a way over a link without a strip.
    """
    found = np.ones(len(departures), dtype=np.int32)
    for row, d in enumerate(departures):
        if d.kind == "two_wheeler":
            narrowest = min(layout.strip_width_m[link] for link in d.path)
            if narrowest == 0.0:
                raise ValueError(f"the way of two-wheeler {d.key} leads over a link without a strip")
            found[row] = max(1, int(narrowest / FILE_M))
    return found


def queues(layout: Layout, vehicles: Records, route: Records) -> tuple[Records, Ints]:
    """Return the queues at the entries: one record per link entered, and per strip; the vehicles by scheduled time."""
    segments = layout.road.segments
    place = 2 * (route["segment"][vehicles["leg"]] if vehicles.size else np.zeros(0, dtype=np.int32))
    place += vehicles["kind"] == TWO_WHEELER
    order = np.lexsort((np.arange(place.size), vehicles["due"], place))
    places, counts = np.unique(place, return_counts=True)
    entries = rows(ENTRY, places.size)
    entries["end"] = np.cumsum(counts)
    entries["next"] = entries["end"] - counts
    for entry, (segment, strip) in zip(entries, (divmod(int(p), 2) for p in places), strict=True):
        entry.first_lane = segments[segment].strip if strip else segments[segment].first_lane
        entry.lanes = 1 if strip else segments[segment].lanes
    return entries, order.astype(np.int32)


def desk(drivers: Drivers, dt: float, seed: int) -> Records:
    """Return the kernel's one record of how everybody drives."""
    changing = drivers.lane_changing
    found = rows(DESK, 1)
    me = found[0]
    me.dt, me.seed = dt, seed
    me.politeness, me.threshold = changing.politeness, changing.threshold_m_s2
    me.safe, me.mandatory = changing.safe_deceleration_m_s2, changing.mandatory_deceleration_m_s2
    me.courtesy, me.bus_courtesy = changing.courtesy_share, changing.bus_courtesy_share
    me.bus_priority = drivers.gaps.bus_priority_share
    me.keep_clear = drivers.gaps.keep_clear_share
    me.turns = drivers.gaps.take_turns_share
    me.in_stages = drivers.gaps.cross_in_stages_share
    me.backs = me.tails = me.past = -1
    return found
