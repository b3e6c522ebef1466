"""Where the vehicles were: what the kernel saw on the road, and what their agents tell of the rest."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import ceil, inf, isnan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.agents.bus import SERVES_IN_LANE, Bus
from sim.agents.parent import Parent
from sim.agents.traveller import Traveller
from sim.kernel import filming
from sim.kernel import state as k
from sim.records import STATES, Words
from sim.scenario.walking import Spot

if TYPE_CHECKING:
    from sim.model import SchoolMorning

OUTSIDE, DRIVING, WAITING, MANOEUVRING, IN_BERTH, IN_LANE, DOUBLE_PARKED, PARKED_AWAY, TURNING, GONE = range(10)
"""Indices of sim.records.STATES."""
HELD = WAITING
"""Who the kernel has on the road drives or holds its lane, which are DRIVING and this (a test holds it)."""
COLUMNS = {
    "time_s": np.int32,
    "lane": np.int32,
    "at_m": np.float32,
    "speed_m_s": np.float32,
    "state": np.int8,
    "off_lane": np.int8,
}
"""In the order in which sim.kernel.filming takes them."""
STOPPED = {"in_lane": IN_LANE, "double_parked": DOUBLE_PARKED, "remote": PARKED_AWAY}
"""What one does who has stopped, by the kind of place; anywhere else it is in a berth."""
AT_CURB = ("manoeuvre", "dwell", "escort_walk")
"""The parts of a trip in which a vehicle does something other than drive without moving on."""
ADMITTED_S = 1.0
"""[s] who is admitted no later than this has not waited outside"""

Remark = tuple[int, int, int, int, int, bool]
"""What only agents know of a vehicle: (vehicle, time [s], lane, place [0.1 m], state, whether off the lane)"""


def trajectories(world: SchoolMorning) -> dict[str, NDArray[Any] | Words]:
    """Return the columns of sim.records.TRAJECTORY_COLUMNS, sorted by vehicle and time."""
    first_lanes = world.layout.road.segments["first_lane"].tolist()
    stays = [_Stay(world, agent, first_lanes) for agent in world.agents]
    columns = _arranged(world, _remarks(_ends(world), [remark for stay in stays for remark in stay.remarks()]))
    vehicle, state, time_s = columns["vehicle"], columns["state"], columns["time_s"]
    stay_of = {stay.vehicle: stay for stay in stays}
    held = np.flatnonzero(state == HELD)
    for n, i, at_s in zip(held.tolist(), vehicle[held].tolist(), time_s[held].tolist(), strict=True):
        state[n] = stay_of[i].does(at_s)
    return {
        "time_s": time_s,
        "traveller": Words(vehicle, tuple(name for name, _ in world.departures)),
        "lane": columns["lane"],
        "at_m": columns["at_m"],
        "speed_m_s": columns["speed_m_s"],
        "state": Words(state, STATES),
        "off_lane": columns["off_lane"].view(bool),
    }


def _arranged(world: SchoolMorning, remarks: k.Records) -> dict[str, NDArray[Any]]:
    """Return frames and remarks as columns, by vehicle and time; who holds the lane is HELD."""
    traffic = world.traffic
    reels = [k.handed(reel) for reel in traffic.film()]
    clock = (traffic.start_s, traffic.dt)
    vehicles = np.arange(len(traffic.vehicles))
    begins, ends = (np.searchsorted(remarks["vehicle"], vehicles, side).astype(np.int32) for side in ("left", "right"))
    told = k.handed(remarks)
    rows = np.concatenate(([0], ends - begins)).astype(np.int32)
    upcoming = begins.copy()
    for reel in reels:
        filming.count(reel, told, upcoming, ends, rows, *clock)
    places = np.cumsum(rows, dtype=np.int32)
    columns = {name: np.zeros(int(places[-1]), dtype=dtype) for name, dtype in COLUMNS.items()}
    vehicle = np.repeat(vehicles.astype(np.int32), rows[1:])
    upcoming = begins
    for reel in reels:
        filming.arrange(reel, told, upcoming, ends, places, *clock, *columns.values())
    filming.arrange_rest(told, upcoming, ends, places, *columns.values())
    return {**columns, "vehicle": vehicle}


def _remarks(arrays: Sequence[NDArray[np.int32]], more: Sequence[Remark]) -> k.Records:
    """Return remarks as records, by vehicle and time."""
    whole = np.concatenate([*arrays, np.array(more, dtype=np.int32).reshape(-1, 6)])
    whole = whole[np.lexsort((whole[:, 1], whole[:, 0]))]
    remarks = k.rows(k.REMARK, len(whole))
    for name, column in zip(k.REMARK.names or (), whole.T, strict=True):
        remarks[name] = column
    return remarks


def _ends(world: SchoolMorning) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return remarks on those who wait outside, and on all who are gone."""
    traffic, segments, pieces = world.traffic, world.layout.road.segments, world.layout.pieces
    entered = traffic.in_seconds(traffic.vehicles["entered"])
    left = traffic.start_s + traffic.vehicles["left"] * traffic.dt  # not rounded: it is on the road until then
    due = traffic.in_seconds(traffic.vehicles["due"].astype(float))
    waits = np.flatnonzero(~(entered - due <= ADMITTED_S))
    gone = np.flatnonzero(~np.isnan(left))
    entry = np.array([pieces[world.departures[i][1].path[0]][0].segment for i in waits.tolist()], dtype=np.int32)
    in_strip = traffic.vehicles["kind"][waits] == k.TWO_WHEELER
    lane = np.where(in_strip, segments["strip"][entry], segments["first_lane"][entry])
    return _alike(waits, np.floor(due[waits]), lane, OUTSIDE), _alike(gone, np.ceil(left[gone]), -1, GONE)


def _alike(who: NDArray[Any], time_s: NDArray[Any], lane: ArrayLike, state: int) -> NDArray[np.int32]:
    """Return remarks on vehicles that do the same, at the beginning of a lane."""
    rows = np.zeros((who.size, 6), dtype=np.int32)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 4] = who, time_s, lane, state
    return rows


class _Stay:
    """An agent's stay at the curb."""

    def __init__(self, world: SchoolMorning, agent: Traveller, first_lanes: list[int]) -> None:
        self.vehicle = agent.vehicle
        self.began_s, self.parts = zip(*agent.parts, strict=True)
        self.kind, spot = _place(agent)
        off = [world.traffic.seconds(tick) for tick in world.traffic.orders.beside.get(agent.vehicle, ())]
        self.off_s, self.on_s = (*off, inf, inf)[:2]
        """When it left its lane for a berth and was back on it [s after midnight]."""
        left = world.traffic.scene.vehicle.left[agent.vehicle]
        self.left_s = inf if isnan(left) else world.traffic.seconds(left)
        """When it left the area [s after midnight]; what it does beyond is not on the map."""
        self.beside = (-1, 0)
        """The lane beside the berth, and its place there [0.1 m]."""
        if spot is not None:
            segment, x = world.layout.place(*spot)
            self.beside = first_lanes[segment], round(10.0 * x)

    def remarks(self) -> list[Remark]:
        """Return what it did beside the lane, or on it without moving, from when on."""
        begun = {at_s for at_s, part in zip(self.began_s, self.parts, strict=True) if part in AT_CURB}
        seconds = {ceil(at_s) for at_s in (*begun, self.off_s, self.on_s) if at_s < self.left_s}
        as_before = (filming.AS_BEFORE, 0)
        return [
            (self.vehicle, at_s, *(self.beside if off else as_before), self.does(at_s), off)
            for at_s in seconds
            for off in (self.off_s <= at_s < self.on_s,)
        ]

    def does(self, at_s: float) -> int:
        """Return what a vehicle does that holds the lane or has left it, at a time [s after midnight]."""
        part = self.parts[max(bisect_right(self.began_s, at_s) - 1, 0)]
        if part in ("dwell", "escort_walk"):
            return STOPPED.get(self.kind, IN_BERTH)
        return {"manoeuvre": MANOEUVRING, "exit": TURNING}.get(part, WAITING)


def _place(agent: Traveller) -> tuple[str, Spot | None]:
    """Return of which kind the place is where an agent stopped, and where its front was."""
    if isinstance(agent, Parent) and agent.place is not None:
        return agent.place.kind, (agent.place.link, agent.place.stop_m)
    if isinstance(agent, Bus) and agent.berth >= 0:
        return agent.stop.kind, (agent.stop.link, agent.stop.berth_front_m(agent.berth))
    if isinstance(agent, Bus) and agent.berth == SERVES_IN_LANE:
        return "in_lane", (agent.stop.link, agent.stands_m)
    return "", None
