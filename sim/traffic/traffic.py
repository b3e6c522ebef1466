"""The road in motion: owns the kernel's arrays, and turns "reached the stop point" into SimPy events."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from sim.kernel import state as k
from sim.kernel.order import aim, aim_all, index_of, remove
from sim.kernel.step import advance
from sim.scenario.drivers import Drivers
from sim.scenario.routes import Router
from sim.traffic.fleet import Departure, muster, queues, shadows
from sim.traffic.layout import Layout

CRAWL_M_S = 0.5
"""Nobody expects traffic to be slower for long [assumption]."""
CLOSE_M = 1.5
"""[m] before the stop point, one who stands behind another vehicle has reached it [assumption]"""
SHORT_OF_END_M = 1.0
"""[m] before a link's or a piece's end no place is nearer: who waits at the line never comes to the end itself."""
V_ROW_M_S = 6.0
"""Whoever is slower at the curb may be part of a row that moves up [assumption]."""
PERSON_M = 0.75
"""[m] of a crossing's width that one person takes in a row [assumption]"""
PATIENCE_S = 60.0
"""[s] who finds no gap for so long does not turn round [assumption]"""
SAMPLE_S = 10.0
"""[s] between two counts of the queues."""


@dataclass(frozen=True)
class Walker:
    """A person who crosses at a zebra: when, how long it takes, and for whom it is told."""

    crossing: str
    due: int
    duration: int


@dataclass(eq=False)
class Deadlock(Exception):
    """Vehicles that stop each other for good."""

    at_s: float
    members: tuple[tuple[int, str, float], ...]
    """(vehicle, lane, position [m])"""


Orders = Generator[simpy.Event, Any, bool]
"""Orders that take more than one event; the value says whether they were carried out."""


class Traffic:
    """All vehicles on the road, advanced in one kernel call at a time.

    A vehicle is named by its row. Every order to a driver returns a SimPy event that succeeds, at the tick it
    happens, with what happened (`sim.kernel.state`: PASSED, STOPPED, TURNED_IN, MISSED, PULLED_OUT, LEFT, TURNING).
    """

    def __init__(
        self,
        env: simpy.Environment,
        layout: Layout,
        router: Router,
        drivers: Drivers,
        departures: Sequence[Departure],
        walkers: Sequence[Walker] = (),
        *,
        seed: int,
        slots: int,
        start_s: float,
        horizon: int,
    ) -> None:
        """Set out the road empty; `horizon` [ticks] is when the last count of queues is due at the latest."""
        self.env = env
        self.layout = layout
        self.router = router
        self.start_s = start_s
        self.dt = layout.road.dt
        self.tick = 0
        self.lost = 0
        self._every = max(1, round(SAMPLE_S / self.dt))
        road = layout.road
        self.desk = _desk(drivers, self.dt, seed)
        self.lanes = road.lanes.copy()
        self.order = np.full(int(road.lanes["order_end"].max(initial=0)), -1, dtype=np.int32)
        cars, self.route, self._free_leg = muster(layout, drivers, departures)
        self.everybody = np.concatenate([cars, shadows()]).view(np.recarray)
        self.vehicles = self.everybody[: cars.size]
        self._shadows = list(range(self.everybody.size - 1, cars.size - 1, -1))
        if self.vehicles.size:
            self.desk[0].least_gap = self.vehicles["s0"].min()
        self._rows, self._lane_rows, self._desk = k.plain(self.everybody), k.plain(self.lanes), k.plain(self.desk)[0]
        self._segment_rows = k.plain(road.segments)
        aim_all(self.vehicles, self.lanes, road.segments, road.net, self.route)
        self.entries, queue = queues(layout, self.vehicles, self.route)
        self.zebras, self.people, self.queue = self._zebras(walkers, queue)
        self.waiting = np.zeros((len(self.zebras), self.people.size), dtype=np.int32)
        self.passed = np.full((len(departures), slots), np.nan)
        self.pulling = np.zeros(len(departures) + 1, dtype=np.int32)
        self.stuck = np.zeros(64, dtype=np.int32)
        self.news = np.zeros((4 * len(departures) + self.people.size + 64, 2), dtype=np.int32)
        self.samples = np.zeros((horizon // self._every + 2, 4), dtype=np.int32)
        on_road = (self.everybody, self.lanes, self.order, road.segments, road.net)
        beside = (self.entries, self.queue, self.zebras, self.people, self.waiting, self.pulling, self.stuck)
        told = (self.news, self.samples, self.desk)
        self._road: Any = tuple(map(k.handed, on_road))
        self._rest: Any = tuple(map(k.handed, (road.conflicts, road.detectors, self.passed, *beside, *told)))
        self._awaited: dict[int, simpy.Event] = {}
        self._leaving: dict[int, simpy.Event] = {}
        self._crossing: dict[int, simpy.Event] = {}

    # ------------------------------------------------------------------ the clock

    def ticks(self, seconds: float) -> int:
        """Return a duration [s] in ticks, rounded up."""
        return max(0, int(np.ceil(seconds / self.dt - 1e-9)))

    def run(self, until: int) -> None:
        """Let the road run to tick `until` or to the first tick with news; raise Deadlock."""
        state: Any = (*self._road, self.route, *self._rest, self.tick, until, self._every)
        self.tick = int(advance(*state))
        if self._desk["stuck"]:
            raise self._deadlock()

    def tell(self) -> None:
        """Tell those who wait for it what happened in this tick, in the order of the vehicles."""
        n = int(self._desk["news"])
        self._desk["news"] = 0
        for who, kind in sorted((int(who), int(kind)) for kind, who in self.news[:n]):
            if kind == k.LOST:
                self._find_another_way(who)
                continue
            listeners = {k.LEFT: self._leaving, k.CROSSING: self._crossing}.get(kind, self._awaited)
            waiting = listeners.pop(who, None)
            if waiting is not None and not waiting.triggered:
                waiting.succeed(kind)

    def _deadlock(self) -> Deadlock:
        members = [int(i) for i in self.stuck[: int(self._desk["stuck"])]]
        lanes = [int(self._rows[i]["lane"]) for i in members]
        return Deadlock(
            self.start_s + self.tick * self.dt,
            tuple(
                (i, self.layout.lane_names[lane], round(float(self._rows[i]["x"]), 1))
                for i, lane in zip(members, lanes, strict=True)
            ),
        )

    # ------------------------------------------------------------------ orders to drivers

    def drive_to(self, vehicle: int, link: str, at_m: float) -> simpy.Event:
        """Tell when a vehicle passes an offset of a link on its route (PASSED), or misses it (MISSED)."""
        return self._target(vehicle, k.PASS, link, at_m, 0.0)

    def stop_at(self, vehicle: int, link: str, at_m: float, from_m: float | None = None) -> simpy.Event:
        """Stop in the curb lane at an offset: STOPPED, holding the lane, or MISSED.

        Who comes to a stand in the row before it, from offset `from_m` on, has stopped there.
        """
        return self._target(vehicle, k.STOP, link, at_m, 0.0, None if from_m is None else at_m - from_m)

    def turn_in(
        self, vehicle: int, link: str, at_m: float, speed_m_s: float, *, insists: bool | None = None
    ) -> simpy.Event:
        """Leave the curb lane at an offset, at that speed: TURNED_IN, off the lane, or MISSED.

        One who `insists` stops beside and waits for a gap rather than drive past; left out, buses do.
        """
        if insists is not None:
            self._rows[vehicle]["insists"] = insists
        return self._target(vehicle, k.TURN_IN, link, at_m, speed_m_s)

    def _target(
        self, vehicle: int, mode: int, link: str, at_m: float, speed: float, row_m: float | None = None
    ) -> simpy.Event:
        me = self._rows[vehicle]
        segment, x = self.layout.place(link, at_m)
        end = float(self._lane_rows[self._segment_rows[segment]["first_lane"]]["length"])
        me["target_segment"], me["target_x"] = segment, max(min(x, end - SHORT_OF_END_M), 0.0)
        me["target_from"] = me["target_x"] - (CLOSE_M if row_m is None else row_m)
        me["target_v"], me["target_mode"] = speed, mode
        if me["state"] == k.HELD:
            me["state"], me["standing"] = k.DRIVING, self.tick
        self._aim_again(vehicle)
        event = self._await(vehicle)
        ahead = self.route[self._next_leg(vehicle) : me["route_end"]]
        if me["state"] == k.DRIVING and me["target_segment"] not in ahead:
            me["target_mode"] = k.NO_TARGET  # it lies behind already
            event.succeed(k.MISSED)
        return event

    def _next_leg(self, vehicle: int) -> int:
        """Return the leg that a vehicle is on or, inside a junction, that it is about to enter."""
        me = self._rows[vehicle]
        inside = me["state"] in (k.DRIVING, k.HELD) and self._lane_rows[me["lane"]]["segment"] < 0
        return int(me["leg"]) + inside

    def _await(self, vehicle: int) -> simpy.Event:
        event = self._awaited[vehicle] = self.env.event()
        return event

    def _aim_again(self, vehicle: int) -> None:
        """Look anew for the lanes that lead on, unless the vehicle is in a berth or inside a junction."""
        me = self._rows[vehicle]
        on_link = me["state"] in (k.DRIVING, k.HELD) and self._lane_rows[me["lane"]]["segment"] >= 0
        if on_link or me["state"] == k.OUTSIDE:
            vehicles, lanes, _, segments, net = self._road
            aim(vehicles, lanes, segments, net, self.route, vehicle)

    def go_on(self, vehicle: int) -> None:
        """Let a vehicle that holds its lane drive on."""
        me = self._rows[vehicle]
        me["state"], me["standing"] = k.DRIVING, self.tick
        self._aim_again(vehicle)

    def clear_lane(self, vehicle: int) -> None:
        """Take a vehicle that holds the lane off it, into the berth beside."""
        lane = int(self._rows[vehicle]["lane"])
        remove(self.lanes, self.order, lane, index_of(self.lanes, self.order, lane, vehicle))
        self._rows[vehicle]["state"] = k.OFF_LANE

    def pull_out(self, vehicle: int, link: str, at_m: float) -> simpy.Event:
        """Wait beside the curb lane, front at an offset, for a gap: PULLED_OUT, driving again."""
        me = self._rows[vehicle]
        segment, x = self.layout.place(link, at_m)
        me["lane"] = self._segment_rows[segment]["first_lane"]
        end = float(self._lane_rows[me["lane"]]["length"])
        me["x"], me["v"] = max(min(max(x, float(me["length"]) + 0.1), end - 0.1), 0.0), 0.0
        me["state"], me["target_mode"] = k.PULLING_OUT, k.NO_TARGET
        self.pulling[self._desk["pulling"]] = vehicle
        self._desk["pulling"] += 1
        return self._await(vehicle)

    def can_turn_round(self, vehicle: int) -> bool:
        """Return whether a vehicle is on a street with one lane each way on which it may turn round."""
        return bool(self._segment_rows[self.route[self._next_leg(vehicle)]]["opposite"] >= 0)

    def turn_round(self, vehicle: int, path: Sequence[str], seconds: float) -> Orders:
        """Turn round in three points where the vehicle stands, holding its lane, and take a path from the other side.

        Waits until nobody comes on the opposite lane, no longer than PATIENCE_S; then both lanes are held for so many
        seconds. Returns whether it has turned; if not, it still holds its lane.
        """
        me = self._rows[vehicle]
        if not self._shadows:
            return False
        me["shadow"] = shadow = self._shadows.pop()
        self.pulling[self._desk["pulling"]] = vehicle
        self._desk["pulling"] += 1
        begins = self._await(vehicle)
        yield begins | self.env.timeout(self.ticks(PATIENCE_S))
        if not begins.triggered:
            waiting = self.pulling[: self._desk["pulling"]]
            self.pulling[: waiting.size - 1] = waiting[waiting != vehicle]
            self._desk["pulling"] -= 1
        else:
            yield self.env.timeout(self.ticks(seconds))
            self._face_about(vehicle, shadow, path)
        self._rows[shadow]["state"], me["shadow"] = k.GONE, -1
        self._shadows.append(shadow)
        return begins.triggered

    def _face_about(self, vehicle: int, shadow: int, path: Sequence[str]) -> None:
        """Put a vehicle in the place of its shadow, facing the other way."""
        me, there = self._rows[vehicle], self._rows[shadow]
        remove(self.lanes, self.order, int(me["lane"]), index_of(self.lanes, self.order, int(me["lane"]), vehicle))
        lane = int(there["lane"])
        at = int(self._lane_rows[lane]["order_at"]) + index_of(self.lanes, self.order, lane, shadow)
        self.order[at] = vehicle
        me["lane"], me["x"], me["v"], me["state"] = lane, there["x"], 0.0, k.DRIVING
        me["before"] = -1
        me["standing"] = me["changed"] = self.tick
        segments = self.layout.segments(path)
        begin = segments.index(int(self._lane_rows[lane]["segment"]))
        me["leg"], me["route_end"] = self._new_route(segments[begin:])
        self._aim_again(vehicle)

    def leaves(self, vehicle: int) -> simpy.Event:
        """Tell when a vehicle drives out of the area."""
        event = self._leaving[vehicle] = self.env.event()
        return event

    # ------------------------------------------------------------------ routes

    def where(self, vehicle: int) -> tuple[str, float]:
        """Return the link and the offset [m] of a vehicle; inside a junction, the link it came from and its end."""
        me = self._rows[vehicle]
        lane, x = self._lane_rows[me["lane"]], float(me["x"])
        if lane["segment"] < 0:
            lane = self._lane_rows[lane["from_lane"]]
            x = float(lane["length"])
        return self.layout.offset(int(lane["segment"]), x)

    def is_at_curb(self, vehicle: int) -> bool:
        """Return whether a vehicle is in the curb lane."""
        return bool(self._lane_rows[self._rows[vehicle]["lane"]]["number"] == 0)

    def row_tail_m(self, link: str, from_m: float) -> float:
        """Return where the row at the curb ends [m] that stands or moves up beyond an offset; infinity if none does."""
        tail = np.inf
        for piece in self.layout.pieces[link]:
            lane = self._lane_rows[self._segment_rows[piece.segment]["first_lane"]]
            on = self._rows[self.order[lane["order_at"] : lane["order_at"] + lane["count"]]]
            at = on["x"] + piece.from_m
            slow = (at > from_m) & (on["v"] < V_ROW_M_S)
            tail = min(tail, float((at - on["length"])[slow].min(initial=np.inf)))
        return tail

    def length_m(self, vehicle: int) -> float:
        """Return a vehicle's length [m]."""
        return float(self._rows[vehicle]["length"])

    def overshot_s(self, vehicle: int, speed_m_s: float) -> float:
        """Return for how long [s] a vehicle has been past its target, at that speed: it is told at the tick's end."""
        me = self._rows[vehicle]
        return float(min(max(me["x"] - me["target_x"], 0.0) / speed_m_s, self.dt))

    def stopping_distance(self, vehicle: int) -> float:
        """Return the distance [m] within which a driver can comfortably stop."""
        return self._stop_m(vehicle, float(self._rows[vehicle]["v"]))

    def longest_stop_m(self, vehicle: int, link: str) -> float:
        """Return the distance [m] in which a driver told in a tick's time stops from the speed wished for on a link."""
        me = self._rows[vehicle]
        v = min(self.router.network.link(link).speed_km_h / 3.6 * float(me["factor"]), float(me["top"]))
        return self._stop_m(vehicle, v) + v * self.dt

    def _stop_m(self, vehicle: int, v: float) -> float:
        return 0.5 * v * v / float(self._rows[vehicle]["b"]) + 0.5 * v * self.dt

    def set_path(self, vehicle: int, path: Sequence[str]) -> None:
        """Give a vehicle a new path of links from the one it is on (inside a junction: from the one it is entering)."""
        me = self._rows[vehicle]
        segments = self.layout.segments(path)
        leg = self._next_leg(vehicle)
        here = int(self.route[leg])
        if here not in segments:
            raise ValueError(f"the path does not start where vehicle {vehicle} is")
        segments = [*map(int, self.route[me["leg"] : leg]), *segments[segments.index(here) :]]
        me["leg"], me["route_end"] = self._new_route(segments)
        self._aim_again(vehicle)

    def _new_route(self, segments: Sequence[int]) -> tuple[int, int]:
        """Write a route into the table; return where it begins and ends."""
        begin, end = self._free_leg, self._free_leg + len(segments)
        if end > self.route.size:
            self.route = np.concatenate([self.route, np.zeros(self.route.size + len(segments), dtype=np.int32)])
        self.route[begin:end] = segments
        self._free_leg = end
        return begin, end

    def present_time_s(self, link: str, until_m: float | None = None, *, curb_lane: bool = False) -> float:
        """Return how long a link, or its first metres, takes [s] at the mean speed now driven there."""
        row = self.router.network.link(link)
        v = self.vehicles["v"][np.isin(self.vehicles["state"], (k.DRIVING, k.HELD)) & self._on(link, curb_lane)]
        length = self.router.network.length(row) if until_m is None else until_m
        return length / max(CRAWL_M_S, float(v.mean()) if v.size else row.speed_km_h / 3.6)

    def _on(self, link: str, curb_lane: bool) -> Any:
        """Return which vehicles are on a link, or on its curb lane."""
        segments = self.layout.road.segments
        lanes = [
            int(segments[p.segment].first_lane) + n
            for p in self.layout.pieces[link]
            for n in range(1 if curb_lane else int(segments[p.segment].lanes))
        ]
        return np.isin(self.vehicles["lane"], lanes)

    def lane_leads_to(self, vehicle: int, link: str) -> bool:
        """Return whether the lane that a vehicle is in leads to a link that follows its present one."""
        road = self.layout.road
        lane = self._lane_rows[self._rows[vehicle]["lane"]]
        if lane["segment"] < 0:
            lane = self._lane_rows[lane["to_lane"]]
        end = road.segments[self.layout.pieces[self.layout.link_of_segment[int(lane["segment"])]][-1].segment]
        nexts = [self.layout.link_of_segment[int(s)] for s in road.net[end.next_at : end.next_end]]
        return link in nexts and bool(
            road.net[self._lane_rows[end.first_lane + lane["number"]]["via_at"] + nexts.index(link)] >= 0
        )

    def path_round(self, vehicle: int, link: str, exit: str) -> tuple[str, ...]:
        """Return the quickest way off the present link to a link, or back to it, and out at an exit; or nothing."""
        path = self.router.round_to(self.path_left(vehicle)[0], link)
        home = self.router.path(link, exit)
        return (*path, *home[1:]) if path and home else ()

    def path_left(self, vehicle: int) -> tuple[str, ...]:
        """Return the links to the route's end, from the present one (inside a junction: from the one ahead)."""
        me = self._rows[vehicle]
        links: list[str] = []
        for s in self.route[self._next_leg(vehicle) : me["route_end"]]:
            link = self.layout.link_of_segment[int(s)]
            if not links or links[-1] != link:
                links.append(link)
        return tuple(links)

    def _find_another_way(self, vehicle: int) -> None:
        """Let a driver in the wrong lane for a turn, or before a full link, take the best way that the lane allows.

        Who rides in a strip is never in the wrong one, and keeps to the way: on few others strips lead on.
        """
        me, road = self._rows[vehicle], self.layout.road
        if me["kind"] == k.TWO_WHEELER:
            return
        here = road.segments[self.route[me["leg"]]]
        path = self.path_left(vehicle)
        goals = [path[-1]]
        if me["target_mode"] != k.NO_TARGET:
            goals.insert(0, self.layout.link_of_segment[int(me["target_segment"])])
        ways = []
        for n in range(int(here.next_end - here.next_at)):
            if road.net[self._lane_rows[me["lane"]]["via_at"] + n] < 0 or n == me["choice"]:
                continue
            first = self.layout.link_of_segment[int(road.net[here.next_at + n])]
            way: tuple[str, ...] = (first,)
            for goal in goals:
                way = (*way[:-1], *self.router.path(way[-1], goal)) if way else ()
            if way:
                ways.append(way)
            elif len(goals) == 1:  # on the way out: another exit, if need be
                out = self.router.nearest(first, self.router.network.exits())
                ways += [self.router.path(first, out)] if out else []
        if ways:
            self.lost += 1
            self.set_path(vehicle, (path[0], *min(ways, key=self.router.free_time_s)))
        elif me["target_mode"] != k.NO_TARGET and not me["insists"]:
            me["target_mode"] = k.NO_TARGET  # whoever sits at the wheel must think of something else
            self._aim_again(vehicle)
            self._awaited.pop(vehicle).succeed(k.MISSED)

    # ------------------------------------------------------------------ people on foot

    def _zebras(self, walkers: Sequence[Walker], queue: k.Ints) -> tuple[k.Records, k.Records, k.Ints]:
        """Return the zebras, their people (with room for those whom agents send), and the queue with their lanes."""
        names = sorted(self.layout.zebras, key=self.layout.zebras.__getitem__)
        by = [sorted((w.due, w.duration) for w in walkers if w.crossing == name) for name in names]
        known = sum(map(len, by))
        people = k.rows(k.PERSON, known + (4 * self.vehicles.size + 16 if names else 0))
        people["start"], people["reported"][known:] = -1, 1
        zebras = k.rows(k.ZEBRA, len(names))
        lanes: list[int] = []
        begin = 0
        for z, name in enumerate(names):
            crossing = self.router.network.crossing(name)
            over = np.flatnonzero(self.lanes["zebra"] == z).tolist()
            me = zebras[z]
            me.gap, me.yield_share = crossing.critical_gap_s, crossing.drivers_yielding
            me.marked = crossing.control == "zebra"
            me.abreast = max(1, int(crossing.width_m / PERSON_M))
            me.lane_at, me.lane_end = len(queue) + len(lanes), len(queue) + len(lanes) + len(over)
            lanes += over
            me.next, me.end = begin, begin + len(by[z])
            if by[z]:
                people["due"][begin : me.end], people["duration"][begin : me.end] = np.transpose(by[z])
            begin = int(me.end)
        self._next_person = known
        return zebras, people, np.concatenate([queue, np.asarray(lanes, dtype=np.int32)])

    def step_to_zebra(self, crossing: str, duration: int) -> simpy.Event:
        """Put a person at a zebra's curb now; the event tells when the person steps off."""
        z, person = self.layout.zebras[crossing], self._next_person
        self._next_person += 1
        self.people[person].due, self.people[person].duration = self.tick, duration
        self.waiting[z, self.zebras[z].waits] = person
        self.zebras[z].waits += 1
        event = self._crossing[person] = self.env.event()
        return event

    # ------------------------------------------------------------------ what is seen

    def everybody_left(self) -> bool:
        """Return whether every vehicle of the run has driven out of the area."""
        return bool((self.vehicles["state"] == k.GONE).all())

    def seconds(self, tick: float) -> float:
        """Return a tick as seconds after midnight."""
        return self.start_s + tick * self.dt

    def in_seconds(self, ticks: k.Floats) -> k.Floats:
        """Return ticks as seconds after midnight, to 1 ms."""
        return np.round(self.start_s + ticks * self.dt, 3)

    def facts(self) -> dict[str, float]:
        """Return what the road has counted."""
        return {
            "updates": float(self._desk["updates"]),
            "last_resort_stops": float(self._desk["clamps"]),
            "drivers_who_missed_a_turn": float(self.lost),
        }

    def counts(self) -> dict[str, Any]:
        """Return the sampled queues up to now."""
        rows = self.tick // self._every + 1
        return {"time_s": self.start_s + np.arange(rows) * self._every * self.dt, "counts": self.samples[:rows]}


def _desk(drivers: Drivers, dt: float, seed: int) -> k.Records:
    """Return the kernel's one record of how everybody drives."""
    changing = drivers.lane_changing
    desk = k.rows(k.DESK, 1)
    me = desk[0]
    me.dt, me.seed = dt, seed
    me.politeness, me.threshold = changing.politeness, changing.threshold_m_s2
    me.safe, me.mandatory = changing.safe_deceleration_m_s2, changing.mandatory_deceleration_m_s2
    me.courtesy, me.bus_courtesy = changing.courtesy_share, changing.bus_courtesy_share
    me.bus_priority = drivers.gaps.bus_priority_share
    me.keep_clear = drivers.gaps.keep_clear_share
    me.turns = drivers.gaps.take_turns_share
    return desk
