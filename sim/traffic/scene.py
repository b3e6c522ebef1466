"""Who is where on the road, as Python reads and writes it, and what is seen of it from the wheel or on a map."""

from math import inf
from typing import Any

import numpy as np

from sim.kernel import state as k
from sim.scenario.network import Network
from sim.traffic.layout import Layout

CRAWL_M_S = 0.5
"""Nobody expects traffic to be slower for long [assumption]."""
V_ROW_M_S = 4.0
"""Whoever is slower at the curb may be part of a row that moves up; who is faster drives away from one who gets in from
the lane beside (V_SEARCH of the kernel), and so does who looks for a place there [assumption]."""
ROW_SHARE = 0.72
"""And nobody is part of a row who drives faster than this share of the speed that is wished for: at 20 km/h 4 m/s, and
less where one looks for a place more slowly [assumption]."""


class Scene:
    """The kernel's records of the road and of everybody on it; a vehicle, a lane, a segment is named by its row."""

    def __init__(
        self,
        layout: Layout,
        network: Network,
        everybody: k.Records,
        count: int,
        lanes: k.Records,
        order: k.Ints,
    ) -> None:
        """See the memory of these arrays; `everybody` is so many vehicles, then the shadows."""
        road = layout.road
        self.layout = layout
        self.network = network
        self.count = count
        """Rows from here on are shadows."""
        self.vehicle, self.lane, self.segment = k.columns(everybody), k.columns(lanes), k.columns(road.segments)
        self.before = everybody["before"]
        self.order = order.data
        self.arrays: Any = tuple(map(k.handed, (everybody, lanes, order, road.segments, road.net)))
        """The same, as compiled functions take it."""

    # ------------------------------------------------------------------ one vehicle

    def is_on_lane(self, vehicle: int) -> bool:
        """Return whether a vehicle drives on a lane or holds it."""
        return self.vehicle.state[vehicle] in (k.DRIVING, k.HELD)

    def is_at_curb(self, vehicle: int) -> bool:
        """Return whether a vehicle is in the curb lane or, in a berth, was on it last."""
        return bool(self.lane.number[self.vehicle.lane[vehicle]] == 0)

    def is_in_junction(self, vehicle: int) -> bool:
        """Return whether a vehicle is on a movement: inside a junction, or on a crossing."""
        return bool(self.lane.segment[self.vehicle.lane[vehicle]] < 0)

    def where(self, vehicle: int) -> tuple[str, float]:
        """Return the link and the offset [m] of a vehicle; inside a junction, the link it came from and its end."""
        row, lane = self.vehicle.lane[vehicle], self.lane
        if lane.segment[row] >= 0:
            return self.layout.offset(lane.segment[row], self.vehicle.x[vehicle])
        row = lane.from_lane[row]
        return self.layout.offset(lane.segment[row], lane.length[row])

    def length_m(self, vehicle: int) -> float:
        """Return a vehicle's length [m]."""
        return float(self.vehicle.length[vehicle])

    def overshot_s(self, vehicle: int, speed_m_s: float) -> float:
        """Return for how long [s] a vehicle has been past its target, at that speed: it is told at the tick's end."""
        beyond_m = self.vehicle.x[vehicle] - self.vehicle.target_x[vehicle]
        return float(min(max(beyond_m, 0.0) / speed_m_s, self.layout.road.dt))

    def stopping_distance(self, vehicle: int) -> float:
        """Return the distance [m] within which a driver can comfortably stop."""
        return self._stop_m(vehicle, self.vehicle.v[vehicle])

    def tick_m(self, vehicle: int) -> float:
        """Return how far [m] a vehicle drives in a tick, which it may be past a point once told that it is there."""
        return float(self.vehicle.v[vehicle] * self.layout.road.dt)

    def longest_stop_m(self, vehicle: int, link: str) -> float:
        """Return the distance [m] in which a driver told in a tick's time stops from the speed wished for on a link."""
        v = self._wished(vehicle, link)
        return self._stop_m(vehicle, v) + v * self.layout.road.dt

    def slowing_distance(self, vehicle: int, link: str, speed_m_s: float) -> float:
        """Return the distance [m] in which a driver comfortably slows down from the speed wished for on a link."""
        v = self._wished(vehicle, link)
        return max(self._stop_m(vehicle, v) - self._stop_m(vehicle, speed_m_s), 0.0)

    def _wished(self, vehicle: int, link: str) -> float:
        me = self.vehicle
        street = float(min(self.network.link(link).speed_km_h / 3.6 * me.factor[vehicle], me.top[vehicle]))
        return min(street, float(me.most[vehicle]) or street)

    def _stop_m(self, vehicle: int, v: float) -> float:
        return float(0.5 * v * v / self.vehicle.b[vehicle] + 0.5 * v * self.layout.road.dt)

    # ------------------------------------------------------------------ all on a link

    def row_tail_m(self, link: str, from_m: float) -> float:
        """Return where the row at the curb ends [m] that stands or moves up beyond an offset; infinity if none does."""
        length = self.vehicle.length
        return next((at - length[i] for i, at in reversed(self._at_curb(link, from_m)) if self._is_in_row(i)), inf)

    def _is_in_row(self, vehicle: int) -> bool:
        """Return whether a vehicle at the curb stands, or is slow enough to be part of a row that moves up."""
        me = self.vehicle
        return bool(me.v[vehicle] < min(V_ROW_M_S, ROW_SHARE * me.desired[vehicle]))

    def row_stands(self, link: str, from_m: float, to_m: float, *, but: int) -> bool:
        """Return whether anybody but one vehicle stands in the curb lane, or creeps, between two offsets of a link."""
        v = self.vehicle.v
        return any(at < to_m and v[i] < k.V_QUEUE and i != but for i, at in self._at_curb(link, from_m))

    def room_at_curb(self, link: str, from_m: float, to_m: float) -> list[tuple[float, float]]:
        """Return the stretches [m, m] of a link between two offsets beside which no row stands or moves up."""
        found: list[tuple[float, float]] = []
        for i, at in self._at_curb(link, from_m):
            rear = at - self.vehicle.length[i]
            if rear >= to_m or not self._is_in_row(i):
                continue
            if at < to_m:
                found.append((at, to_m))
            to_m = rear
            if to_m <= from_m:
                return found
        return [*found, (from_m, to_m)]

    def _at_curb(self, link: str, from_m: float) -> list[tuple[int, float]]:
        """Return who is in the curb lane beyond an offset of a link, and its front's offset [m]; the foremost first."""
        x = self.vehicle.x
        found: list[tuple[int, float]] = []
        for piece in reversed(self.layout.pieces[link]):
            for i in self._on_lane(self.segment.first_lane[piece.segment]):
                at = x[i] + piece.from_m
                if at <= from_m:
                    return found
                found.append((i, at))
        return found

    def present_time_s(self, link: str, until_m: float | None = None, *, curb_lane: bool = False) -> float:
        """Return how long a link, or its first metres, takes [s] at the mean speed now driven there."""
        row = self.network.link(link)
        v = np.array([self.vehicle.v[i] for i in self._on(link, curb_lane)])
        length = self.network.length(row) if until_m is None else until_m
        return length / max(CRAWL_M_S, float(v.mean()) if v.size else row.speed_km_h / 3.6)

    def _on(self, link: str, curb_lane: bool) -> list[int]:
        """Return which vehicles are on a link, or on its curb lane, in the order of their rows."""
        found: list[int] = []
        for piece in self.layout.pieces[link]:
            first = self.segment.first_lane[piece.segment]
            for lane in range(first, first + (1 if curb_lane else self.segment.lanes[piece.segment])):
                found += self._on_lane(lane)
        return sorted(i for i in found if i < self.count and self.is_on_lane(i))

    def _on_lane(self, lane: int) -> list[int]:
        """Return who is on a lane, the foremost first."""
        at = self.lane.order_at[lane]
        return self.order[at : at + self.lane.count[lane]].tolist()
