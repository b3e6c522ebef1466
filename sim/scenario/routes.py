"""Quickest ways through a network, link by link, over the movements that its junctions allow."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.scenario.movement import STRIP, Movement, as_if_kept_right
from sim.scenario.network import Network, Turn

TURN_S: dict[Turn, float] = {"through": 0.0, "right": 2.0, "left": 4.0, "u_turn": 8.0}
"""[s] what a turn costs in route choice, beside the way itself [assumption]"""
TIE_S = 1e-7
"""[s] added per link's index, so that equally quick ways are always told apart in the same way"""


class Router:
    """Shortest paths in free-flow time on the graph whose nodes are links and whose edges are movements."""

    def __init__(self, network: Network, movements: Sequence[Movement]) -> None:
        """Know the network's links and the turns between them."""
        self.network = network
        self._movements = movements
        self._ids = [link.id for link in network.links]
        self._index = {id: n for n, id in enumerate(self._ids)}
        self._time = [network.length(link) / (link.speed_km_h / 3.6) for link in network.links]
        self._turns: dict[tuple[str, str], Turn] = {}
        for m in movements:
            self._turns.setdefault((m.from_link, m.to_link), m.turn)
        self._rows: dict[int, tuple[NDArray[np.float64], NDArray[np.int32]]] = {}
        self._paths: dict[tuple[str, str], tuple[str, ...]] = {}

    @cached_property
    def strips(self) -> "Router":
        """The ways of two-wheelers: over movements from strip to strip alone."""
        return Router(self.network, [m for m in self._movements if m.from_lane == STRIP])

    @cached_property
    def exits(self) -> tuple[str, ...]:
        """The links from which no way leads on: out of the area, or where a network of given trips ends."""
        on = {a for a, _ in self._turns}
        return tuple(link for link in self._ids if link not in on)

    @cached_property
    def _graph(self) -> Any:
        """The time [s] from each link's end to the next one's, as a sparse matrix."""
        from scipy.sparse import csr_matrix  # given trips need no routes: SciPy's graphs load for others only

        pairs = [
            (self._index[a], self._index[b], TURN_S[as_if_kept_right(t, self.network)])
            for (a, b), t in self._turns.items()
        ]
        n = len(self._ids)
        cost = [self._time[b] + s + TIE_S * (b + 1) for _, b, s in pairs]
        return csr_matrix((cost, ([p[0] for p in pairs], [p[1] for p in pairs])), shape=(n, n))

    def _from(self, source: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        if source not in self._rows:
            from scipy.sparse.csgraph import dijkstra

            self._rows[source] = dijkstra(self._graph, indices=source, return_predecessors=True)
        return self._rows[source]

    def reachable(self, a: str, b: str) -> bool:
        """Return whether there is a way from the end of one link to another; every link reaches itself."""
        return bool(np.isfinite(self._from(self._index[a])[0][self._index[b]]))

    def path(self, a: str, b: str) -> tuple[str, ...]:
        """Return the quickest way from one link to another, both included; empty if there is none."""
        if (a, b) not in self._paths:
            self._paths[a, b] = self._path(a, b)
        return self._paths[a, b]

    def _path(self, a: str, b: str) -> tuple[str, ...]:
        distance, before = self._from(self._index[a])
        here = self._index[b]
        if not np.isfinite(distance[here]):
            return ()
        way = [here]
        while way[-1] != self._index[a]:
            way.append(int(before[way[-1]]))
        return tuple(self._ids[n] for n in reversed(way))

    def round_to(self, here: str, link: str) -> tuple[str, ...]:
        """Return the quickest way that leaves a link and comes to another, or back to it; empty if there is none."""
        ways = [(here, *self.path(n, link)) for n in self.next_links(here) if self.reachable(n, link)]
        return min(ways, key=lambda way: (self.free_time_s(way), way), default=())

    def way_out(self, link: str, exit: str) -> tuple[str, ...]:
        """Return the quickest way to an exit; where it cannot be reached, to the nearest one."""
        out = exit if self.reachable(link, exit) else self.nearest(link, self.network.exits())
        return self.path(link, out) if out is not None else ()

    def nearest(self, link: str, targets: Iterable[str]) -> str | None:
        """Return the target that is reached soonest; None if none is."""
        distance = self._from(self._index[link])[0]
        found = [(float(distance[self._index[t]]), t) for t in targets if np.isfinite(distance[self._index[t]])]
        return min(found)[1] if found else None

    def free_time_s(self, path: Sequence[str]) -> float:
        """Return the time [s] that the links of a path take at their speed limits."""
        return float(sum(self._time[self._index[link]] for link in path))

    def next_links(self, link: str) -> tuple[str, ...]:
        """Return the links that can be entered from the end of a link."""
        return tuple(b for a, b in self._turns if a == link)

    def turn(self, from_link: str, to_link: str) -> Turn | None:
        """Return the turn from one link to another; None if there is no movement."""
        return self._turns.get((from_link, to_link))
