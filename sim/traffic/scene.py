"""Who is where on the road, as Python reads and writes it, and what is seen of it from the wheel or on a map."""

from typing import Any

import numpy as np

from sim.kernel import state as k
from sim.scenario.network import Network
from sim.traffic.layout import Layout

CRAWL_M_S = 0.5
"""Nobody expects traffic to be slower for long [assumption]."""
V_ROW_M_S = 6.0
"""Whoever is slower at the curb may be part of a row that moves up [assumption]."""


class Scene:
    """The kernel's records of the road and of everybody on it; a vehicle, a lane, a segment is named by its row."""

    def __init__(
        self,
        layout: Layout,
        network: Network,
        everybody: k.Records,
        vehicles: k.Records,
        lanes: k.Records,
        order: k.Ints,
    ) -> None:
        """See the memory of these arrays; `everybody` is the vehicles, then the shadows."""
        road = layout.road
        self.layout = layout
        self.network = network
        self.everybody, self.vehicles = k.plain(everybody), k.plain(vehicles)
        self.lanes, self.segments = k.plain(lanes), k.plain(road.segments)
        self.order = order
        self.arrays: Any = tuple(map(k.handed, (everybody, lanes, order, road.segments, road.net)))
        """The same as compiled functions take it."""

    # ------------------------------------------------------------------ one vehicle

    def lane_of(self, vehicle: int) -> Any:
        """Return the record of the lane that a vehicle is on or, in a berth, was on last."""
        return self.lanes[self.everybody[vehicle]["lane"]]

    def is_on_lane(self, vehicle: int) -> bool:
        """Return whether a vehicle drives on a lane or holds it."""
        return self.everybody[vehicle]["state"] in (k.DRIVING, k.HELD)

    def is_at_curb(self, vehicle: int) -> bool:
        """Return whether a vehicle is in the curb lane."""
        return bool(self.lane_of(vehicle)["number"] == 0)

    def where(self, vehicle: int) -> tuple[str, float]:
        """Return the link and the offset [m] of a vehicle; inside a junction, the link it came from and its end."""
        lane, x = self.lane_of(vehicle), float(self.everybody[vehicle]["x"])
        if lane["segment"] < 0:
            lane = self.lanes[lane["from_lane"]]
            x = float(lane["length"])
        return self.layout.offset(int(lane["segment"]), x)

    def length_m(self, vehicle: int) -> float:
        """Return a vehicle's length [m]."""
        return float(self.everybody[vehicle]["length"])

    def overshot_s(self, vehicle: int, speed_m_s: float) -> float:
        """Return for how long [s] a vehicle has been past its target, at that speed: it is told at the tick's end."""
        me = self.everybody[vehicle]
        return float(min(max(me["x"] - me["target_x"], 0.0) / speed_m_s, self.layout.road.dt))

    def stopping_distance(self, vehicle: int) -> float:
        """Return the distance [m] within which a driver can comfortably stop."""
        return self._stop_m(vehicle, float(self.everybody[vehicle]["v"]))

    def longest_stop_m(self, vehicle: int, link: str) -> float:
        """Return the distance [m] in which a driver told in a tick's time stops from the speed wished for on a link."""
        me = self.everybody[vehicle]
        v = min(self.network.link(link).speed_km_h / 3.6 * float(me["factor"]), float(me["top"]))
        return self._stop_m(vehicle, v) + v * self.layout.road.dt

    def _stop_m(self, vehicle: int, v: float) -> float:
        return 0.5 * v * v / float(self.everybody[vehicle]["b"]) + 0.5 * v * self.layout.road.dt

    # ------------------------------------------------------------------ all on a link

    def row_tail_m(self, link: str, from_m: float) -> float:
        """Return where the row at the curb ends [m] that stands or moves up beyond an offset; infinity if none does."""
        tail = np.inf
        for piece in self.layout.pieces[link]:
            lane = self.lanes[self.segments[piece.segment]["first_lane"]]
            on = self.everybody[self.order[lane["order_at"] : lane["order_at"] + lane["count"]]]
            at = on["x"] + piece.from_m
            slow = (at > from_m) & (on["v"] < V_ROW_M_S)
            tail = min(tail, float((at - on["length"])[slow].min(initial=np.inf)))
        return tail

    def present_time_s(self, link: str, until_m: float | None = None, *, curb_lane: bool = False) -> float:
        """Return how long a link, or its first metres, takes [s] at the mean speed now driven there."""
        row = self.network.link(link)
        v = self.vehicles["v"][np.isin(self.vehicles["state"], (k.DRIVING, k.HELD)) & self._on(link, curb_lane)]
        length = self.network.length(row) if until_m is None else until_m
        return length / max(CRAWL_M_S, float(v.mean()) if v.size else row.speed_km_h / 3.6)

    def _on(self, link: str, curb_lane: bool) -> Any:
        """Return which vehicles are on a link, or on its curb lane."""
        lanes = [
            int(self.segments[p.segment]["first_lane"]) + n
            for p in self.layout.pieces[link]
            for n in range(1 if curb_lane else int(self.segments[p.segment]["lanes"]))
        ]
        return np.isin(self.vehicles["lane"], lanes)
