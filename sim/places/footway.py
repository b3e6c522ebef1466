"""Ways on foot between the curb and the gate: how long they are, and the wait at the crossing."""

from collections.abc import Generator
from typing import Any, NamedTuple

import simpy

from sim.scenario.network import Crossing
from sim.scenario.site import Site
from sim.scenario.walking import Spot, Walk, way
from sim.traffic.traffic import Traffic


class Leg(NamedTuple):
    """A part of somebody's way on foot: from tick to tick, straight on or, where both ends are the same, waiting."""

    who: str
    begin: float
    end: float
    start: Spot
    goal: Spot


class Footway:
    """The footways of a site, with its crossings."""

    def __init__(self, env: simpy.Environment, site: Site, traffic: Traffic) -> None:
        """Know the ways of the site after the interventions."""
        self.env = env
        self.site = site
        self.traffic = traffic
        self.legs: list[Leg] = []
        """All that was walked, in the order in which it was done."""
        self._ways: dict[tuple[str, float, bool, bool], Walk] = {}

    def way(self, link: str, at_m: float, *, with_child: bool = False, unmarked: bool = False) -> Walk:
        """Return the way from the curb at an offset to the gate or, with a child, to where it is handed over.

        `unmarked`: also where no crossing is marked.
        """
        key = (link, round(at_m, 1), with_child, unmarked)
        if key not in self._ways:
            self._ways[key] = way(self.site, link, at_m, to_waiting_area=with_child, unmarked=unmarked)
        return self._ways[key]

    def remote(self, link: str, at_m: float) -> Walk:
        """Return the way to the gate from the remote parking at an offset of a link, or from where none is declared."""
        parking = next((p for p in self.site.remote_parking if (p.link, p.at_m) == (link, at_m)), None)
        if parking is None:
            return self.way(link, at_m)
        gate = self.site.gate
        return Walk((link, parking.at_m), (gate.link, gate.at_m), before_m=parking.walk_m)

    def walk(self, way: Walk, speed_m_s: float, who: str) -> Generator[simpy.Event, Any, None]:
        """Go along a way, waiting at the crossing where there is one."""
        factor = self.site.demand.times.rail_walk_factor
        here, now = way.start, self.env.now
        beside = way.end if way.crossing is None else self.curb_at(way.crossing, way.start[0])
        yield self._after(way.seconds_before_crossing(speed_m_s, factor))
        self.legs.append(Leg(who, now, self.env.now, here, beside))
        beyond = beside
        if way.crossing is not None:
            beyond = self.curb_at(way.crossing, way.end[0])
            yield from self.cross(self.site.network.crossing(way.crossing), speed_m_s, who, beside, beyond)
        now = self.env.now
        yield self._after(way.seconds_after_crossing(speed_m_s))
        self.legs.append(Leg(who, now, self.env.now, beyond, way.end))

    def curb_at(self, crossing: str, link: str) -> Spot:
        """Return where a crossing comes to the footway beside a link."""
        return link, self.site.network.crossing(crossing).stop_line_m(link)

    def cross(
        self, crossing: Crossing, speed_m_s: float, who: str, near: Spot, far: Spot
    ) -> Generator[simpy.Event, Any, None]:
        """Wait at the curb until it is possible to cross, then cross."""
        across_s = crossing.length_m / speed_m_s
        now = self.env.now
        if crossing.control == "signal":
            yield self._after(wait_for_walk_s(crossing, self.traffic.seconds(self.env.now), across_s))
            begins = self.env.now
        else:  # one hears of it at the end of the tick that begins with it
            begins = yield self.traffic.people.step_to_zebra(crossing.id, across_s / self.traffic.dt, near[0])
        yield self.env.timeout(begins + self.traffic.ticks(across_s) - self.env.now)
        self.legs += (Leg(who, now, begins, near, near), Leg(who, begins, self.env.now, near, far))

    def _after(self, seconds: float) -> simpy.Event:
        return self.env.timeout(self.traffic.ticks(seconds))


def wait_for_walk_s(crossing: Crossing, now_s: float, across_s: float) -> float:
    """Return how long [s] a person waits at a signal: steps off only who gets across before the vehicles' green.

    The window is `walk_s`, shortened where the clearance is too short for this person.
    """
    window = min(crossing.walk_s, max(crossing.walk_s + crossing.clearance_s - across_s, 1.0))
    phase = (now_s - crossing.offset_s) % crossing.cycle_s
    return 0.0 if phase < window else crossing.cycle_s - phase
