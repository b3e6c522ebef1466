"""Where lanes, berths and footways lie on the map: lines beside the centre line of a link."""

from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.scenario.network import Link, Network

BERTH_DEPTH_M = 2.6
"""[m] from the lane to the footway, where a berth lies beside it"""
FOOTWAY_M = 2.0
"""[m] beside the carriageway, or the berths, people walk"""
SHARPEST = 4.0
"""At a bend a line beside is shifted by no more than so many times its distance."""


@lru_cache(maxsize=8)
def lines_of(network: Network) -> "Lines":
    """Return what it takes to draw beside a network's links, worked out once."""
    return Lines(network)


class Lines:
    """A network with what it takes to draw a line beside any of its links."""

    def __init__(self, network: Network) -> None:
        """Know which links are directions of one street, and on which side lane 0 lies."""
        pairs = {(link.from_node, link.to_node) for link in network.links}
        self.network = network
        self.two_way = {link.id: (link.to_node, link.from_node) in pairs for link in network.links}
        self.side = 1.0 if network.traffic_side == "right" else -1.0
        self._drawn: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}

    def lane_m(self, link: Link, number: int, lanes: int) -> float:
        """Return how far [m] a lane's middle lies from the link's line, towards the curb, where it has so many lanes.

        A number of -1 is the strip for two-wheelers.
        """
        middle = lanes if self.two_way[link.id] else lanes / 2
        if number < 0:
            return middle * link.lane_width_m + 0.5 * link.strip_width_m
        return (middle - number - 0.5) * link.lane_width_m

    def edge_m(self, link: Link) -> float:
        """Return how far [m] the carriageway's edge lies from the link's line."""
        middle = link.lanes if self.two_way[link.id] else link.lanes / 2
        return middle * link.lane_width_m + link.strip_width_m

    def far_edge_m(self, link: Link) -> float:
        """Return how far [m] from its line, towards the curb, its other edge lies: 0 if it is two-way."""
        return 0.0 if self.two_way[link.id] else -0.5 * link.lanes * link.lane_width_m

    def beside(self, link: Link, from_m: float, to_m: float, aside_m: float) -> NDArray[np.float64]:
        """Return a line beside a link between two offsets [m]: rows (offset along the link, x, y), at least two."""
        line, at = self._line(link)
        inner = at[(at > from_m + 1e-6) & (at < to_m - 1e-6)]
        offsets = np.array([from_m, *inner, to_m])
        heading, stretch = self._bisectors(line, at, offsets)
        x, y = (np.interp(offsets, at, line[:, n]) for n in (0, 1))
        shift = self.side * aside_m * stretch
        return np.column_stack([offsets, x + shift * np.sin(heading), y - shift * np.cos(heading)])

    def point(self, link: Link, at_m: float, aside_m: float) -> tuple[float, float]:
        """Return the point [m, m] beside a link at an offset, moved to the link's nearer end if it lies beyond."""
        at_m = min(max(at_m, 0.0), self.network.length(link))
        _, x, y = self.beside(link, at_m, at_m, aside_m)[0]
        return float(x), float(y)

    def _line(self, link: Link) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return a link's centre line (n, 2), and the offsets [m] of its points, in metres of the link's own length."""
        if link.id in self._drawn:
            return self._drawn[link.id]
        points = [p for p, _ in groupby(self.network.points(link))]
        line = np.asarray(points if len(points) > 1 else [points[0], (points[0][0] + 1e-3, points[0][1])], dtype=float)
        drawn = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
        self._drawn[link.id] = line, drawn * self.network.length(link) / drawn[-1]
        return self._drawn[link.id]

    @staticmethod
    def _bisectors(
        line: NDArray[np.float64], at: NDArray[np.float64], offsets: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the heading [rad] at each offset, half-way between both at a bend, and how much further to shift."""
        steps = np.diff(line, axis=0)
        headings = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
        last = len(headings) - 1
        before = headings[np.clip(np.searchsorted(at, np.asarray(offsets) - 1e-6, side="right") - 1, 0, last)]
        after = headings[np.clip(np.searchsorted(at, np.asarray(offsets) + 1e-6, side="right") - 1, 0, last)]
        stretch = 1.0 / np.maximum(np.cos(0.5 * (after - before)), 1.0 / SHARPEST)
        return 0.5 * (before + after), stretch
