"""Ways on foot between the curb and the gate: along the footway, along a guardrail, over a crossing."""

from dataclasses import dataclass, replace
from math import hypot

from sim.scenario.network import Crossing
from sim.scenario.site import Site

AREA_REACH_M = 25.0
"""[m] a waiting area this far beyond the start or the gate still counts as on the way [assumption]"""
DETOUR = 1.3
"""Way on foot as a multiple of the straight line, where the footways are not known [assumption]"""


Spot = tuple[str, float]
"""A place on the footway: beside an offset [m] of a link."""


@dataclass(frozen=True)
class Walk:
    """One way on foot: metres on the footway and beside a guardrail, before and after a crossing if there is one."""

    start: Spot
    end: Spot

    before_m: float
    after_m: float = 0.0
    beside_rail_m: float = 0.0
    """Of the way before the crossing: between the row of vehicles and the rail."""
    crossing: str | None = None
    crossing_m: float = 0.0

    @property
    def metres(self) -> float:
        """The whole way [m]."""
        return self.before_m + self.beside_rail_m + self.crossing_m + self.after_m

    def seconds_before_crossing(self, speed_m_s: float, rail_factor: float) -> float:
        """Return the time [s] up to the crossing, or to the end where there is none."""
        return self.before_m / speed_m_s + self.beside_rail_m / (speed_m_s * rail_factor)

    def seconds_after_crossing(self, speed_m_s: float) -> float:
        """Return the time [s] from the far side of the crossing on; the way there is without a rail."""
        return self.after_m / speed_m_s

    def back(self) -> "Walk":
        """Return the way back; the stretch beside the rail counts on this side of the crossing."""
        back = replace(self, start=self.end, end=self.start)
        if self.crossing is None:
            return back
        return replace(back, before_m=self.after_m, after_m=self.before_m + self.beside_rail_m, beside_rail_m=0.0)


def way(site: Site, link: str, at_m: float, *, to_waiting_area: bool = False, unmarked: bool = False) -> Walk:
    """Return the quickest way from the curb beside an offset of a link to the gate.

    `to_waiting_area`: to the waiting area on the way that saves the adult most, where there is one.
    `unmarked`: also where no crossing is marked, if no guardrail stands there.
    """
    gate = site.gate
    if link == gate.link:
        return along(site, link, at_m, _goal(site, link, at_m, to_waiting_area))
    if link == gate.opposite_link:
        joining = [c for c in site.network.crossings if _joins(c, site)]
        open_ = [c for c in joining if c.control != "unmarked" or (unmarked and not _railed(site, c))]
        over = [_over(site, c, link, at_m, to_waiting_area) for c in open_]
        if over:
            return min(over, key=lambda w: w.metres)
    a, b = site.network.position(link, at_m), site.network.position(gate.link, gate.at_m)
    return Walk((link, at_m), (gate.link, gate.at_m), before_m=DETOUR * hypot(a[0] - b[0], a[1] - b[1]))


def along(site: Site, link: str, from_m: float, to_m: float) -> Walk:
    """Return the way along one side of a street, round the end of a guardrail where one stands in between."""
    rail = next((r for r in site.guardrails if r.link == link and r.from_m < from_m < r.to_m), None)
    start, goal = (link, from_m), (link, to_m)
    if rail is None:
        return Walk(start, goal, before_m=abs(to_m - from_m))
    factor = site.demand.times.rail_walk_factor
    ends = (rail.from_m, rail.to_m)
    ways = [Walk(start, goal, before_m=abs(to_m - end), beside_rail_m=abs(end - from_m)) for end in ends]
    return min(ways, key=lambda w: w.seconds_before_crossing(1.0, factor))


def _goal(site: Site, link: str, from_m: float, to_waiting_area: bool) -> float:
    """Return the offset [m] to walk to: the gate, or the waiting area nearest to the start between it and the gate."""
    gate_m = site.gate.at_m
    if not to_waiting_area:
        return gate_m
    areas = [w.at_m for w in site.waiting_areas if w.link == link]
    between = [m for m in areas if min(from_m, gate_m) - AREA_REACH_M <= m <= max(from_m, gate_m) + AREA_REACH_M]
    return min([gate_m, *between], key=lambda m: abs(m - from_m))


def _joins(crossing: Crossing, site: Site) -> bool:
    links = {c.link for c in crossing.links}
    return site.gate.link in links and site.gate.opposite_link in links


def _railed(site: Site, crossing: Crossing) -> bool:
    """Return whether a guardrail stands where a crossing meets one of its links."""
    return any(r.link == c.link and r.from_m < c.at_m < r.to_m for c in crossing.links for r in site.guardrails)


def _over(site: Site, crossing: Crossing, link: str, at_m: float, to_waiting_area: bool) -> Walk:
    """Return the way over one crossing."""
    here, there = crossing.stop_line_m(link), crossing.stop_line_m(site.gate.link)
    first = along(site, link, at_m, here)
    goal = _goal(site, site.gate.link, there, to_waiting_area)
    return Walk(
        (link, at_m),
        (site.gate.link, goal),
        before_m=first.before_m,
        beside_rail_m=first.beside_rail_m,
        crossing=crossing.id,
        crossing_m=crossing.length_m,
        after_m=abs(goal - there),
    )
