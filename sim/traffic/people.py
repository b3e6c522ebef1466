"""People on foot where they cross without lights: rows for the kernel, and the event that one steps off."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import simpy

from sim.kernel import state as k
from sim.scenario.network import Network
from sim.traffic.layout import Layout

PERSON_M = 0.75
"""[m] of a crossing's width that one person takes in a row [assumption]"""
NEAR_LANES = 1
"""Nearer than so many lanes to their half of the street drivers stop for one who comes (Washington, RCW 46.61.235)."""


@dataclass(frozen=True)
class Walker:
    """A person who crosses at a zebra: the tick of coming there, how many ticks it takes, and for whom it is told."""

    crossing: str
    due: int
    duration: float
    who: str = ""
    beside: str = ""
    """The link from whose curb this person steps off; left out: the first that the crossing names."""


class People:
    """The zebras, and everybody who crosses there: who is known beforehand, and whom agents send."""

    def __init__(
        self,
        env: simpy.Environment,
        layout: Layout,
        network: Network,
        walkers: Sequence[Walker],
        *,
        spare: int,
        queue_at: int,
    ) -> None:
        """Leave `spare` rows for those whom agents send; `queue_at` is where `lanes` begin in the kernel's queue."""
        self.env = env
        self.layout = layout
        names = sorted(layout.zebras, key=layout.zebras.__getitem__)
        by = [sorted((w.due, w.duration, w.who, w.beside) for w in walkers if w.crossing == name) for name in names]
        known = self._next = sum(map(len, by))
        self.rows = k.rows(k.PERSON, known + (spare if names else 0))
        self.rows["start"], self.rows["reported"][known:] = -1, 1
        self.zebras = k.rows(k.ZEBRA, len(names))
        self.waiting = np.zeros((len(names), 2, self.rows.size), dtype=np.int32)
        """At each zebra those at the curb, and those on it who still come to a half of it."""
        self._halves = {name: network.halves(network.crossing(name)) for name in names}
        lanes: list[int] = []
        begin = 0
        for z, name in enumerate(names):
            crossing = network.crossing(name)
            over = np.flatnonzero(layout.road.lanes["zebra"] == z).tolist()
            me = self.zebras[z]
            me.gap, me.yield_share = crossing.critical_gap_s, crossing.drivers_yielding
            me.marked = crossing.control == "zebra"
            me.abreast = max(1, int(crossing.width_m / PERSON_M))
            me.lane_at, me.lane_end = queue_at + len(lanes), queue_at + len(lanes) + len(over)
            lanes += over
            me.next, me.end = begin, begin + len(by[z])
            if by[z]:
                self.rows["due"][begin : me.end] = [due for due, _, _, _ in by[z]]
                for row, (_, duration, _, beside) in zip(self.rows[begin : me.end], by[z], strict=True):
                    self._set_walk(row, name, duration, beside)
            begin = int(me.end)
        self.lanes = np.asarray(lanes, dtype=np.int32)
        """The lanes over each zebra, one zebra after the other."""
        self.arrays = (self.zebras, self.rows, self.waiting)
        """In the order in which the kernel takes them."""
        self._crossing: dict[int, simpy.Event] = {}
        self._known = {name: [who for _, _, who, _ in of] for name, of in zip(names, by, strict=True)}

    def _set_walk(self, row: k.Records, crossing: str, duration: float, beside: str) -> None:
        """Note how long somebody is on a crossing [ticks], and from when to when in each of its halves, or near it."""
        row["duration"] = row["past_near"] = row["past_far"] = duration
        row["at_near"] = row["at_far"] = 0.0
        halves = self._halves[crossing]
        if halves is not None:
            near, far = halves
            first, past, at = (far, "past_far", "at_near") if beside == far.id else (near, "past_near", "at_far")
            lane = duration / (near.lanes + far.lanes)
            row[past] = lane * first.lanes
            if self.zebras[self.layout.zebras[crossing]].marked:
                row[at] = lane * (first.lanes - NEAR_LANES)

    def crossed(self, crossing: str) -> list[tuple[str, int, int, float]]:
        """Return the named people who crossed a zebra: who, and the ticks of coming there, stepping off, being over."""
        end = int(self.zebras[self.layout.zebras[crossing]].end)
        rows = self.rows[end - len(self._known[crossing]) : end]
        return [
            (who, int(row.due), int(row.start), float(row.start + row.duration))
            for who, row in zip(self._known[crossing], rows, strict=True)
            if who and row.start >= 0
        ]

    def step_to_zebra(self, crossing: str, duration: float, beside: str) -> simpy.Event:
        """Put a person who crosses in so many ticks at a zebra's curb, `beside` a link; tell the tick it steps off."""
        z, person = self.layout.zebras[crossing], self._next
        self._next += 1
        self.rows[person].due = self.env.now
        self._set_walk(self.rows[person], crossing, duration, beside)
        self.waiting[z, 0, self.zebras[z].waits] = person
        self.zebras[z].waits += 1
        event = self._crossing[person] = self.env.event()
        return event

    def steps_off(self, person: int) -> None:
        """Tell whoever waits for it that a person steps off."""
        waiting = self._crossing.pop(person, None)
        if waiting is not None and not waiting.triggered:
            waiting.succeed(int(self.rows[person].start))
