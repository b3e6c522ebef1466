"""Who walked where."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.places.footway import wait_for_walk_s
from sim.records import Words
from sim.scenario.lines import BERTH_DEPTH_M, FOOTWAY_M, lines_of
from sim.scenario.network import Network
from sim.scenario.site import gate_crossing
from sim.scenario.walking import Spot

if TYPE_CHECKING:
    from sim.model import SchoolMorning

Leg = tuple[str, float, float, Spot, Spot]
"""(who, from [s], to [s], from where, to where)"""


@lru_cache(maxsize=8)
def footways_of(network: Network) -> Footways:
    """Return where places on a network's footways are, worked out once."""
    return Footways(network)


class Footways:
    """Where places on the footway are on the map."""

    def __init__(self, network: Network) -> None:
        self.lines = lines_of(network)
        self.network = network
        self.crossings = {(c.link, c.at_m): 0.5 * x.width_m for x in network.crossings for c in x.links}
        """From the stop line to the middle of a crossing [m]."""
        self._known: dict[Spot, tuple[float, float]] = {}

    def point(self, spot: Spot) -> tuple[float, float]:
        """Return the point [m, m] of a place on the footway."""
        if spot not in self._known:
            link = self.network.link(spot[0])
            at_m = spot[1] + self.crossings.get(spot, 0.0)
            x, y = self.lines.point(link, at_m, self.lines.edge_m(link) + BERTH_DEPTH_M + FOOTWAY_M)
            self._known[spot] = (round(x, 2), round(y, 2))
        return self._known[spot]


def walks(world: SchoolMorning) -> dict[str, NDArray[Any] | Words]:
    """Return the columns of sim.records.WALK_COLUMNS, by time."""
    traffic, footways = world.traffic, footways_of(world.site.network)
    legs: list[Leg] = [
        (leg.who, traffic.seconds(leg.begin), traffic.seconds(leg.end), leg.start, leg.goal)
        for leg in world.footway.legs
    ]
    legs = sorted(leg for leg in (*legs, *_pupils_on_foot(world)) if leg[2] > leg[1])
    legs.sort(key=lambda leg: leg[1])
    number = {who: n for n, who in enumerate(dict.fromkeys(who for who, *_ in legs))}
    ends = np.array([(*footways.point(a), *footways.point(b)) for *_, a, b in legs], dtype=np.float32).reshape(-1, 4)
    return {
        "who": Words(np.array([number[who] for who, *_ in legs], dtype=np.int32), tuple(number)),
        "from_s": np.array([begin for _, begin, *_ in legs], dtype=np.float32),
        "to_s": np.array([end for _, _, end, *_ in legs], dtype=np.float32),
        **{name: ends[:, n] for n, name in enumerate(("from_x_m", "from_y_m", "to_x_m", "to_y_m"))},
    }


def _pupils_on_foot(world: SchoolMorning) -> Iterator[Leg]:
    """Yield the ways of the pupils who come on foot from the crossing on, as they crossed or the logbook reckons it."""
    site, people = world.site, world.traffic.people
    gate: Spot = (site.gate.link, site.gate.at_m)
    crossing = gate_crossing(site)
    if crossing is None:
        return
    near = (gate[0], crossing.stop_line_m(gate[0]))
    far = next(((x.link, x.at_m) for x in crossing.links if x.link != gate[0]), near)
    to_gate_m = abs(near[1] - gate[1])
    crossed = iter(people.crossed(crossing.id)) if crossing.id in world.layout.zebras else None
    for w in world.travellers.walkers:
        speed = w.walk_m_s
        at_s = w.scheduled_s
        if w.crosses and crossed is None:
            across_s = crossing.length_m / speed
            steps_s = at_s + wait_for_walk_s(crossing, at_s, across_s)
            yield w.name, at_s, steps_s, far, far
            yield w.name, steps_s, steps_s + across_s, far, near
            at_s = steps_s + across_s
        if not w.crosses or crossed is None:
            yield w.name, at_s, at_s + to_gate_m / speed, near, gate
    for who, due, start, end in crossed or ():
        begin_s, start_s, end_s = (world.traffic.seconds(t) for t in (due, start, end))
        yield who, begin_s, start_s, far, far
        yield who, start_s, end_s, far, near
        yield who, end_s, end_s + to_gate_m * (end_s - start_s) / crossing.length_m, near, gate
