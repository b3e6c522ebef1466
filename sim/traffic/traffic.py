"""The road in motion: owns the kernel's arrays, lets them run, and tells what has happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from sim.kernel import Straight
from sim.kernel import state as k
from sim.kernel.order import empty
from sim.kernel.step import advance
from sim.scenario.drivers import Drivers
from sim.scenario.routes import Router
from sim.traffic.fleet import Fleet, desk, queues, shadows
from sim.traffic.layout import Layout
from sim.traffic.orders import Orders
from sim.traffic.people import People, Walker
from sim.traffic.scene import Scene
from sim.traffic.ways import AIM, Ways

SAMPLE_S = 10.0
"""[s] between two counts of the queues."""
PICTURE_S = 1.0
"""[s] between two pictures of the road, where it is filmed."""
REEL = 1 << 16
"""Room for so many frames before Python takes them out, and for two pictures at least."""

ADVANCE = Straight(advance)


@dataclass(eq=False)
class Deadlock(Exception):
    """Vehicles that stop each other for good."""

    at_s: float
    members: tuple[tuple[int, str, float], ...]
    """(vehicle, lane, position [m])"""


class Traffic:
    """All vehicles on the road, advanced in one kernel call at a time.

    A vehicle is named by its row. Drivers get their `orders` and follow their `ways`, `people` cross, and the `scene`
    is what can be seen of it all.
    """

    def __init__(
        self,
        env: simpy.Environment,
        layout: Layout,
        router: Router,
        drivers: Drivers,
        fleet: Fleet,
        walkers: Sequence[Walker] = (),
        *,
        seed: int,
        slots: int,
        start_s: float,
        horizon: int,
        filmed: bool = False,
    ) -> None:
        """Set out the road empty; `horizon` [ticks] is when the last count of queues is due at the latest.

        `filmed`: write down once a second where everybody is.
        """
        road = layout.road
        self.env = env
        self.layout = layout
        self.router = router
        self.start_s = start_s
        self.dt = road.dt
        self.filmed = filmed
        self.tick = 0
        self._every = max(1, round(SAMPLE_S / self.dt))
        self.lanes, self.lights = k.joined(road.lanes), k.joined(road.lights)
        self.order = empty(self.lanes)
        count, route = fleet.vehicles.size, k.joined(fleet.route)
        self.everybody = k.joined(fleet.vehicles, shadows())
        self.vehicles = self.everybody[:count]
        self.desk = desk(drivers, self.dt, seed)
        if self.vehicles.size:
            self.desk[0].least_gap = self.vehicles["s0"].min()
        self._desk = k.columns(self.desk)
        vehicles, lanes, segments, net, legs = map(
            k.handed, (self.everybody, self.lanes, road.segments, road.net, route)
        )
        AIM.call(vehicles, lanes, segments, net, legs, 0, count)
        entries, queue = queues(layout, self.vehicles, route)
        self.scene = Scene(layout, router.network, self.everybody, count, self.lanes, self.order)
        self.ways = Ways(self.scene, router, route, fleet.free, entries)
        self.orders = Orders(env, self.scene, self.ways, self._desk)
        spare = 4 * count + 16
        self.people = People(env, layout, router.network, walkers, spare=spare, queue_at=len(queue))
        self.passed = np.full((count, slots), np.nan)
        self.stuck = np.zeros(64, dtype=np.int32)
        self.news = np.zeros((4 * count + self.people.rows.size + 64, 2), dtype=np.int32)
        self.samples = np.zeros((horizon // self._every + 2, 4), dtype=np.int32)
        beside = (entries, np.concatenate([queue, self.people.lanes]), *self.people.arrays)
        waiting = (self.orders.pulling, np.zeros(self.lanes.size, dtype=np.int32), self.stuck)
        self._frames = k.rows(k.FRAME, max(REEL, 2 * count) if filmed else 0)
        self._desk.film_every[0] = max(1, round(PICTURE_S / self.dt)) if filmed else 0
        self._room = self._frames.size - count
        """With more frames than this there is no room for another picture."""
        self._film: list[k.Records] = []
        seen = k.rows(k.SEEN, count if filmed else 0)
        seen["lane"] = -1
        told = (self.news, self.samples, self._frames, seen, self.desk)
        self._rest: Any = tuple(
            map(k.handed, (road.conflicts, self.lights, road.detectors, self.passed, *beside, *waiting, *told))
        )
        ADVANCE.check(*self.scene.arrays, self.ways.route, *self._rest)

    # ------------------------------------------------------------------ the clock

    def ticks(self, seconds: float) -> int:
        """Return a duration [s] in ticks, rounded up."""
        return self.layout.road.ticks(seconds)

    def seconds(self, tick: float) -> float:
        """Return a tick as seconds after midnight."""
        return self.start_s + tick * self.dt

    def in_seconds(self, ticks: k.Floats) -> k.Floats:
        """Return ticks as seconds after midnight, to 1 ms."""
        return np.round(self.start_s + ticks * self.dt, 3)

    def run(self, until: int) -> None:
        """Let the road run to tick `until` or to the first tick with news; raise Deadlock."""
        state: Any = (*self.scene.arrays, self.ways.route, *self._rest, self.tick, until, self._every)
        self.tick = ADVANCE.call(*state)
        if self.filmed and self._desk.filmed[0] > self._room:
            self._take_out()
        if self._desk.stuck[0]:
            raise self._deadlock()

    def _take_out(self) -> None:
        """Take the frames out of the kernel's hands."""
        self._film.append(self._frames[: self._desk.filmed[0]].copy())
        self._desk.filmed[0] = 0

    def film(self) -> list[k.Records]:
        """Hand over a frame for each second in which a vehicle on the road moved or changed, in order of time."""
        self._take_out()
        film, self._film = self._film, []
        return film

    def _deadlock(self) -> Deadlock:
        members = self.stuck[: self._desk.stuck[0]].tolist()
        lanes = [self.scene.vehicle.lane[i] for i in members]
        return Deadlock(
            self.start_s + self.tick * self.dt,
            tuple(
                (i, self.layout.lane_names[lane], round(self.scene.vehicle.x[i], 1))
                for i, lane in zip(members, lanes, strict=True)
            ),
        )

    # ------------------------------------------------------------------ what has happened

    def tell(self) -> None:
        """Tell those who wait for it what happened in this tick, in the order of the vehicles."""
        n = self._desk.news[0]
        if n == 0:
            return
        self._desk.news[0] = 0
        news = [(who, kind) for kind, who in self.news[:n].tolist()]
        for who, kind in sorted(news) if n > 1 else news:
            if kind == k.LOST:
                self.orders.find_another_way(who)
            elif kind == k.CROSSING:
                self.people.steps_off(who)
            else:
                self.orders.happened(who, kind)

    def everybody_left(self) -> bool:
        """Return whether every vehicle of the run has driven out of the area."""
        return bool((self.vehicles["state"] == k.GONE).all())

    def facts(self) -> dict[str, float]:
        """Return what the road has counted."""
        return {
            "updates": float(self._desk.updates[0]),
            "last_resort_stops": float(self._desk.clamps[0]),
            "drivers_who_backed_up": float(self._desk.backed[0]),
            "drivers_who_missed_a_turn": float(self.orders.missed_turns),
        }

    def counts(self) -> dict[str, Any]:
        """Return the sampled queues up to now."""
        rows = self.tick // self._every + 1
        return {"time_s": self.start_s + np.arange(rows) * self._every * self.dt, "counts": self.samples[:rows]}
