"""Orders to drivers, each answered by a SimPy event when it is carried out."""

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import simpy

from sim.kernel import state as k
from sim.kernel.moving import BUS_INSISTS, INSISTS
from sim.kernel.order import index_of, remove
from sim.traffic.scene import Scene
from sim.traffic.ways import Ways

CLOSE_M = 1.5
"""[m] before the stop point, one who stands behind another vehicle has reached it [assumption]"""
SHORT_OF_END_M = 1.0
"""[m] before a link's or a piece's end no place is nearer: who waits at the line never comes to the end itself."""
PATIENCE_S = 60.0
"""[s] who finds no gap for so long does not turn round [assumption]"""


class Orders:
    """What drivers are told to do, and who waits to hear that they have done it.

    Every order returns an event that succeeds, at the tick it happens, with what happened (`sim.kernel.state`: PASSED,
    STOPPED, TURNED_IN, MISSED, PULLED_OUT, LEFT, TURNING).
    """

    def __init__(self, env: simpy.Environment, scene: Scene, ways: Ways, desk: Any) -> None:
        """Begin with nobody under orders; `desk` is the columns of the kernel's one record."""
        self.env = env
        self.scene = scene
        self.ways = ways
        self.pulling = np.zeros(scene.count + 1, dtype=np.int32)
        """Who waits beside the lane for a gap, or to turn round, in the order in which they began."""
        self.shadows = list(range(len(scene.vehicle.x) - 1, scene.count - 1, -1))
        """Rows of those who could hold the opposite lane for one who turns round."""
        self.missed_turns = 0
        self.beside: dict[int, list[int]] = {}
        """When a vehicle left its lane for a berth, and came back to it [ticks], in turns."""
        self._desk = desk
        self._awaited: dict[int, simpy.Event] = {}
        self._leaving: dict[int, simpy.Event] = {}

    def happened(self, vehicle: int, kind: int) -> None:
        """Tell whoever waits for it what has happened to a vehicle."""
        if kind == k.PASSED:
            self.scene.vehicle.target_mode[vehicle] = k.NO_TARGET
        if kind in (k.TURNED_IN, k.PULLED_OUT):
            self._note_beside(vehicle)
        waiting = (self._leaving if kind == k.LEFT else self._awaited).pop(vehicle, None)
        if waiting is not None and not waiting.triggered:
            waiting.succeed(kind)

    def _await(self, vehicle: int) -> simpy.Event:
        event = self._awaited[vehicle] = self.env.event()
        return event

    # ------------------------------------------------------------------ on the way

    def drive_to(self, vehicle: int, link: str, at_m: float) -> simpy.Event:
        """Tell when a vehicle passes an offset of a link on its route (PASSED), or misses it (MISSED)."""
        return self._target(vehicle, k.PASS, link, at_m, 0.0)

    def stop_at(
        self, vehicle: int, link: str, at_m: float, from_m: float | None = None, *, insists: bool | None = None
    ) -> simpy.Event:
        """Stop in the curb lane at an offset: STOPPED, holding the lane, or MISSED.

        Who comes to a stand in the row before it, from offset `from_m` on, has stopped there. `insists`: as in
        `turn_in`.
        """
        if insists is not None:
            self.scene.vehicle.insists[vehicle] = insists
        return self._target(vehicle, k.STOP, link, at_m, 0.0, None if from_m is None else at_m - from_m)

    def turn_in(
        self, vehicle: int, link: str, at_m: float, speed_m_s: float, *, insists: bool | None = None
    ) -> simpy.Event:
        """Leave the curb lane at an offset, at that speed: TURNED_IN, off the lane, or MISSED.

        One who `insists` stops beside and waits for a gap rather than drive past; left out, buses do.
        """
        if insists is not None:
            self.scene.vehicle.insists[vehicle] = insists
        return self._target(vehicle, k.TURN_IN, link, at_m, speed_m_s)

    def _target(
        self, vehicle: int, mode: int, link: str, at_m: float, speed: float, row_m: float | None = None
    ) -> simpy.Event:
        me, lanes = self.scene.vehicle, self.scene.lane
        segment, x = self.scene.layout.place(link, at_m)
        end = lanes.length[self.scene.segment.first_lane[segment]]
        me.target_segment[vehicle], target_x = segment, max(min(x, end - SHORT_OF_END_M), 0.0)
        me.target_x[vehicle] = target_x
        me.target_from[vehicle] = target_x - (CLOSE_M if row_m is None else row_m)
        me.target_v[vehicle], me.target_mode[vehicle] = speed, mode
        if me.state[vehicle] == k.HELD:
            self._drives(vehicle)
        self.ways.aim_again(vehicle)
        event = self._await(vehicle)
        if me.state[vehicle] == k.DRIVING and segment not in self.ways.ahead(vehicle).tolist():
            me.target_mode[vehicle] = k.NO_TARGET  # it lies behind already
            event.succeed(k.MISSED)
        return event

    def _drives(self, vehicle: int) -> None:
        self.scene.vehicle.state[vehicle], self.scene.vehicle.standing[vehicle] = k.DRIVING, int(self.env.now)

    def slow_down(self, vehicle: int, most_m_s: float) -> None:
        """Let a vehicle drive no faster than so many m/s, from now on until `speed_up`."""
        me = self.scene.vehicle
        me.most[vehicle] = most_m_s
        if me.desired[vehicle] > most_m_s:
            if not me.street[vehicle]:
                me.street[vehicle] = me.desired[vehicle]
            me.desired[vehicle] = most_m_s

    def speed_up(self, vehicle: int) -> None:
        """Let a vehicle drive as fast as its driver wishes, if it was slowed down."""
        me = self.scene.vehicle
        if me.most[vehicle]:
            me.most[vehicle] = me.street[vehicle] = 0.0
            limit = self.scene.lane.limit[me.lane[vehicle]]  # who was slowed down is on a lane, or was before its berth
            me.desired[vehicle] = min(limit * me.factor[vehicle], me.top[vehicle])

    def keep_curb(self, vehicle: int, *, keeps: bool) -> None:
        """Let a vehicle look for a place from the curb lane, from its next order on, or from whatever lane it is in."""
        self.scene.vehicle.keeps_curb[vehicle] = keeps

    def find_another_way(self, vehicle: int) -> None:
        """Let a driver in the wrong lane for a turn, or before a full link, take the best way that the lane allows.

        Who rides in a strip is never in the wrong one, and keeps to the way: on few others strips lead on.
        """
        me = self.scene.vehicle
        if me.kind[vehicle] == k.TWO_WHEELER:
            return
        path = self.ways.another(vehicle)
        insists = bool(me.insists[vehicle])
        if path:
            self.missed_turns += 1
            self.ways.set_path(vehicle, path)
        elif me.target_mode[vehicle] != k.NO_TARGET and (not insists or self._gives_in(vehicle)):
            me.target_mode[vehicle] = k.NO_TARGET  # whoever sits at the wheel must think of something else
            self.ways.aim_again(vehicle)
            self._awaited.pop(vehicle).succeed(k.LOST if insists else k.MISSED)

    def _gives_in(self, vehicle: int) -> bool:
        """Return whether one who insists has stood for long in a lane that leads elsewhere, and not to the target."""
        me = self.scene.vehicle
        if me.way[vehicle] >= 0 or me.foresight[vehicle] > 0.0 or self._is_at_target(vehicle):
            return False
        stood = int(self.env.now) - me.standing[vehicle]
        insists = BUS_INSISTS if me.kind[vehicle] == k.BUS else INSISTS
        return bool(stood >= self.scene.layout.road.ticks(insists)) and bool(self.ways.others(vehicle))

    def _is_at_target(self, vehicle: int) -> bool:
        """Return whether a vehicle is on the link on which its target lies."""
        there = self.scene.layout.link_of_segment[self.scene.vehicle.target_segment[vehicle]]
        return bool(there == self.scene.where(vehicle)[0])

    def leaves(self, vehicle: int) -> simpy.Event:
        """Tell when a vehicle drives out of the area."""
        event = self._leaving[vehicle] = self.env.event()
        return event

    # ------------------------------------------------------------------ at the curb

    def go_on(self, vehicle: int) -> None:
        """Let a vehicle that holds its lane drive on."""
        self._drives(vehicle)
        self.ways.aim_again(vehicle)

    def clear_lane(self, vehicle: int) -> None:
        """Take a vehicle that holds the lane off it, into the berth beside."""
        self._off_list(vehicle)
        self.scene.vehicle.state[vehicle] = k.OFF_LANE
        self._note_beside(vehicle)

    def _note_beside(self, vehicle: int) -> None:
        self.beside.setdefault(vehicle, []).append(int(self.env.now))

    def _off_list(self, vehicle: int) -> None:
        """Take a vehicle out of its lane's list."""
        _, lanes, order, _, _ = self.scene.arrays
        lane = self.scene.vehicle.lane[vehicle]
        remove(lanes, order, lane, index_of(lanes, order, lane, vehicle))

    def pull_out(self, vehicle: int, link: str, at_m: float) -> simpy.Event:
        """Wait beside the curb lane, front at an offset, for a gap: PULLED_OUT, driving again."""
        me = self.scene.vehicle
        segment, x = self.scene.layout.place(link, at_m)
        me.lane[vehicle] = lane = self.scene.segment.first_lane[segment]
        end = self.scene.lane.length[lane]
        me.x[vehicle], me.v[vehicle] = max(min(max(x, me.length[vehicle] + 0.1), end - 0.1), 0.0), 0.0
        me.state[vehicle], me.target_mode[vehicle] = k.PULLING_OUT, k.NO_TARGET
        return self._wait_for_gap(vehicle)

    def _wait_for_gap(self, vehicle: int) -> simpy.Event:
        self.pulling[self._desk.pulling[0]] = vehicle
        self._desk.pulling[0] += 1
        return self._await(vehicle)

    # ------------------------------------------------------------------ the three-point turn

    def can_turn_round(self, vehicle: int) -> bool:
        """Return whether a vehicle is on a street with one lane each way on which it may turn round."""
        return bool(self.scene.segment.opposite[self.ways.ahead(vehicle)[0]] >= 0)

    def turn_round(self, vehicle: int, path: Sequence[str], seconds: float) -> Generator[simpy.Event, Any, bool]:
        """Turn round in three points where the vehicle stands, holding its lane, and take a path from the other side.

        Waits until nobody comes on the opposite lane, no longer than PATIENCE_S; then both lanes are held for so many
        seconds. Returns whether it has turned; if not, it still holds its lane.
        """
        me = self.scene.vehicle
        if not self.shadows:
            return False
        me.shadow[vehicle] = shadow = self.shadows.pop()
        begins = self._wait_for_gap(vehicle)
        yield begins | self._after(PATIENCE_S)
        if begins.triggered:
            yield self._after(seconds)
            self._face_about(vehicle, shadow, path)
        else:
            waiting = self.pulling[: self._desk.pulling[0]]
            self.pulling[: waiting.size - 1] = waiting[waiting != vehicle]
            self._desk.pulling[0] -= 1
        me.state[shadow], me.shadow[vehicle] = k.GONE, -1
        self.shadows.append(shadow)
        return begins.triggered

    def _after(self, seconds: float) -> simpy.Event:
        return self.env.timeout(self.scene.layout.road.ticks(seconds))

    def _face_about(self, vehicle: int, shadow: int, path: Sequence[str]) -> None:
        """Put a vehicle in the place of its shadow, facing the other way."""
        me = self.scene.vehicle
        self._off_list(vehicle)
        _, lanes, order, _, _ = self.scene.arrays
        lane = me.lane[shadow]
        order[self.scene.lane.order_at[lane] + index_of(lanes, order, lane, shadow)] = vehicle
        me.lane[vehicle], me.x[vehicle], me.v[vehicle] = lane, me.x[shadow], 0.0
        self.scene.before[vehicle], me.steers_to[vehicle], me.rest[vehicle] = -1, 0.0, 0
        self._drives(vehicle)
        me.changed[vehicle] = int(self.env.now)
        segments = self.scene.layout.segments(path)
        self.ways.follow(vehicle, segments[segments.index(self.scene.lane.segment[lane]) :])
