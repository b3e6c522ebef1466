"""Ways on foot between the curb and the gate: how long they are, and the wait at the crossing."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.scenario.network import Crossing
from sim.scenario.site import Site
from sim.scenario.walking import Walk, way
from sim.traffic.traffic import Traffic


class Footway:
    """The footways of a site, with its crossings."""

    def __init__(self, env: simpy.Environment, site: Site, traffic: Traffic) -> None:
        """Know the ways of the site after the interventions."""
        self.env = env
        self.site = site
        self.traffic = traffic
        self._ways: dict[tuple[str, float, bool, bool], Walk] = {}

    def way(self, link: str, at_m: float, *, with_child: bool = False, unmarked: bool = False) -> Walk:
        """Return the way from the curb at an offset to the gate or, with a child, to where it is handed over.

        `unmarked`: also where no crossing is marked.
        """
        key = (link, round(at_m, 1), with_child, unmarked)
        if key not in self._ways:
            self._ways[key] = way(self.site, link, at_m, to_waiting_area=with_child, unmarked=unmarked)
        return self._ways[key]

    def remote(self, link: str) -> Walk:
        """Return the way from the remote parking on a link to the gate."""
        return Walk(before_m=next(p.walk_m for p in self.site.remote_parking if p.link == link))

    def walk(self, way: Walk, speed_m_s: float) -> Generator[simpy.Event, Any, None]:
        """Go along a way, waiting at the crossing where there is one."""
        factor = self.site.demand.times.rail_walk_factor
        yield self._after(way.seconds_before_crossing(speed_m_s, factor))
        if way.crossing is not None:
            yield from self.cross(self.site.network.crossing(way.crossing), speed_m_s)
        yield self._after(way.seconds_after_crossing(speed_m_s, factor))

    def cross(self, crossing: Crossing, speed_m_s: float) -> Generator[simpy.Event, Any, None]:
        """Wait at the curb until it is possible to cross, then cross."""
        across_s = crossing.length_m / speed_m_s
        if crossing.control == "signal":
            yield self._after(wait_for_walk_s(crossing, self.traffic.seconds(self.env.now), across_s))
        else:
            yield self.traffic.people.step_to_zebra(crossing.id, self.traffic.ticks(across_s))
        yield self._after(across_s)

    def _after(self, seconds: float) -> simpy.Event:
        return self.env.timeout(self.traffic.ticks(seconds))


def wait_for_walk_s(crossing: Crossing, now_s: float, across_s: float) -> float:
    """Return how long [s] a person waits at a signal: steps off only who gets across before the vehicles' green.

    The window is `walk_s`, shortened where the clearance is too short for this person.
    """
    window = min(crossing.walk_s, max(crossing.walk_s + crossing.clearance_s - across_s, 1.0))
    phase = (now_s - crossing.offset_s) % crossing.cycle_s
    return 0.0 if phase < window else crossing.cycle_s - phase
