"""Where the vehicles were: what the kernel saw on the road, and what their agents tell of the rest."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.agents.bus import Bus
from sim.agents.parent import Parent
from sim.agents.traveller import Traveller
from sim.kernel import state as k
from sim.records import STATES, Words
from sim.scenario.walking import Spot

if TYPE_CHECKING:
    from sim.model import SchoolMorning

OUTSIDE, DRIVING, WAITING, MANOEUVRING, IN_BERTH, IN_LANE, DOUBLE_PARKED, PARKED_AWAY, TURNING, GONE = range(10)
"""Indices of sim.records.STATES."""
STOPPED = {"in_lane": IN_LANE, "double_parked": DOUBLE_PARKED, "remote": PARKED_AWAY}
"""What one does who has stopped, by the kind of place; anywhere else it is in a berth."""
ADMITTED_S = 1.0
"""[s] who is admitted no later than this has not waited outside"""

Row = tuple[int, int, int, int, int, int, bool]
"""(vehicle, time [s], lane, place [0.1 m], speed [0.1 m/s], state, whether off the lane)"""


def trajectories(world: SchoolMorning) -> dict[str, NDArray[Any] | Words]:
    """Return the columns of sim.records.TRAJECTORY_COLUMNS, sorted by vehicle and time."""
    traffic = world.traffic
    film = k.plain(traffic.film())
    few = len(traffic.vehicles) < 1 << 16  # small numbers are sorted faster
    order = np.argsort(film["vehicle"].astype(np.uint16 if few else np.int32), kind="stable")
    vehicle, tick, lane, x, v, kernel = (film[n][order] for n in ("vehicle", "tick", "lane", "x", "v", "state"))
    time_s = np.rint(traffic.seconds(tick)).astype(np.int32)
    state = np.full(vehicle.size, DRIVING, dtype=np.int32)
    begins = np.searchsorted(vehicle, np.arange(len(traffic.vehicles) + 1))
    told = _ends(world)
    for agent in world.agents:
        own = slice(begins[agent.vehicle], begins[agent.vehicle + 1])
        told += _Stay(world, agent).rows(kernel[own], time_s[own], lane[own], x[own], state[own])
    seen = (vehicle, time_s, lane, x, v, state, np.zeros_like(state))
    more = np.array(sorted(told), dtype=np.int32).reshape(-1, len(seen)).T
    places = np.searchsorted(_key(seen[0], seen[1]), _key(more[0], more[1]))
    vehicle, time_s, lane, x, v, state, off = (np.insert(c, places, m) for c, m in zip(seen, more, strict=True))
    return {
        "time_s": time_s,
        "traveller": Words(vehicle, tuple(name for name, _ in world.departures)),
        "lane": lane,
        "at_m": (x / 10.0).astype(np.float32),
        "speed_m_s": (v / 10.0).astype(np.float32),
        "state": Words(state.astype(np.int8), STATES),
        "off_lane": off.astype(bool),
    }


def _key(vehicle: NDArray[np.int32], time_s: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return a number by which rows are in order of vehicle and time."""
    return vehicle.astype(np.int64) << 32 | time_s


def _ends(world: SchoolMorning) -> list[Row]:
    """Return the rows of those who wait outside, and of all who are gone."""
    traffic, road, pieces = world.traffic, world.layout.road, world.layout.pieces
    entered, left = (traffic.in_seconds(traffic.vehicles[name]) for name in ("entered", "left"))
    due = traffic.in_seconds(traffic.vehicles["due"].astype(float))
    rows: list[Row] = []
    for i, (_, departure) in enumerate(world.departures):
        if not entered[i] - due[i] <= ADMITTED_S:
            entry = int(road.segments[pieces[departure.path[0]][0].segment].first_lane)
            rows.append((i, floor(due[i]), entry, 0, 0, OUTSIDE, False))
        if not np.isnan(left[i]):
            rows.append((i, ceil(left[i]), -1, 0, 0, GONE, False))
    return rows


class _Stay:
    """An agent's stay at the curb."""

    def __init__(self, world: SchoolMorning, agent: Traveller) -> None:
        self.vehicle = agent.vehicle
        self.parts = agent.parts
        self.kind, spot = _place(agent)
        self.dwells_s = next((at_s for at_s, part in agent.parts if part == "dwell"), np.inf)
        """When it stood, and the children got out [s after midnight]."""
        if spot is not None:
            segment, x = world.layout.place(*spot)
            self.beside = int(world.layout.road.segments[segment].first_lane), round(10.0 * x)

    def rows(self, kernel: k.Ints, time_s: k.Ints, lane: k.Ints, x: k.Ints, state: k.Ints) -> list[Row]:
        """Return the rows of when the agent did something else; note in `state` what it did where it held the lane."""
        for n in np.flatnonzero(kernel == k.HELD).tolist():
            state[n] = self.does(float(time_s[n]))
        found: dict[int, Row] = {}
        for at_s, part in self.parts:
            now = ceil(at_s)
            n = int(np.searchsorted(time_s, now))
            if part not in ("manoeuvre", "dwell", "escort_walk") or (n < time_s.size and time_s[n] == now):
                continue
            off = self.kind in ("bay", "remote") or (self.kind == "parking" and at_s >= self.dwells_s)
            where = self.beside if off else (int(lane[n - 1]), int(x[n - 1]))
            found[now] = (self.vehicle, now, *where, 0, self.does(now), off)
        return list(found.values())

    def does(self, at_s: float) -> int:
        """Return what a vehicle does that holds the lane or has left it, at a time [s after midnight]."""
        part = next((part for began, part in reversed(self.parts) if began <= at_s), "approach")
        if part in ("dwell", "escort_walk"):
            return STOPPED.get(self.kind, IN_BERTH)
        return {"manoeuvre": MANOEUVRING, "exit": TURNING}.get(part, WAITING)


def _place(agent: Traveller) -> tuple[str, Spot | None]:
    """Return of which kind the place is where an agent stopped, and where its front was."""
    if isinstance(agent, Parent) and agent.place is not None:
        return agent.place.kind, (agent.place.link, agent.place.stop_m)
    if isinstance(agent, Bus) and agent.berth >= 0:
        return agent.stop.kind, (agent.stop.link, agent.stop.berth_front_m(agent.berth))
    return "", None
