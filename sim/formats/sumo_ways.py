"""Where vehicles of a class may drive in a SUMO network: which links join, and which way is the quickest."""

import itertools
from collections.abc import Sequence
from functools import cache

from sim.formats.sumo_network import SumoNetwork
from sim.formats.sumo_reader import Reader, name_of
from sim.formats.sumo_xml import Element
from sim.scenario.junctions import movements
from sim.scenario.movement import Movement
from sim.scenario.routes import Router


class Ways:
    """The ways of each class of vehicles."""

    def __init__(self, sumo: SumoNetwork) -> None:
        """Work out the ways of a class when the first of its vehicles comes."""
        self.network = sumo.network
        self.movements = movements(sumo.network)
        self.access = sumo.access
        self.edge_of = {name_of(id): edge for id, edge in sumo.edges.items()}
        self.open_to = cache(self._open_to)
        self.joined = cache(self._joined)
        self.router = cache(self._router)
        self.told: set[str] = set()
        """Missing connections and edges that are shut, each of which is told for the first vehicle that needs it."""

    def is_open(self, reader: Reader, at: Element, path: Sequence[str], kind: str) -> bool:
        """Return whether a class may drive a path of links; if not, note why for the first that it happens to."""
        if not self._are_streets(reader, at, path):
            return False
        joined = self.joined(kind)
        gap = next((pair for pair in itertools.pairwise(path) if pair not in joined), None)
        shut = next((link for link in path if not self._admits(link, kind)), None)
        if gap is not None:
            found, expected = f"no connection from {gap[0]} to {gap[1]} for class {kind}", "one"
        elif shut is not None:
            found, expected = f"the edge {shut}, which does not admit class {kind}", "one that does"
        else:
            return True
        self._tell(reader, at, found, expected)
        return False

    def quickest(self, reader: Reader, at: Element, marks: Sequence[str], kind: str) -> tuple[str, ...]:
        """Return the quickest way from link to link; empty, with a fault, if there is none."""
        if not self._are_streets(reader, at, marks):
            return ()
        path = tuple(marks[:1])
        for mark in marks[1:]:
            onward = self.router(kind).path(path[-1], mark)
            if not onward:
                reader.fault(at, f"no way from {path[-1]} to {mark}", "one")
                return ()
            path += onward[1:]
        return path

    def _are_streets(self, reader: Reader, at: Element, links: Sequence[str]) -> bool:
        """Return whether all links have a lane for motor vehicles; if not, note the first that has none."""
        dropped = next((link for link in links if link not in self.edge_of), None)
        if dropped is not None:
            self._tell(reader, at, f"the edge {dropped}, which has no lane for motor vehicles", "one that has")
        return dropped is None

    def _tell(self, reader: Reader, at: Element, found: str, expected: str) -> None:
        """Note what is missing, unless another vehicle has missed it."""
        if found not in self.told:
            reader.fault(at, found, expected)
        self.told.add(found)

    def _admits(self, link: str, kind: str) -> bool:
        return any(lane.admits(kind) for lane in self.edge_of[link].lanes.values())

    def _open_to(self, kind: str) -> list[Movement]:
        """Return the movements that admit a class, from a lane to a lane which do, too."""
        lanes = {(link, n.number) for link, e in self.edge_of.items() for n in e.lanes.values() if n.admits(kind)}
        return [
            m
            for m in self.movements
            if {(m.from_link, m.from_lane), (m.to_link, m.to_lane)} <= lanes
            and (m.stated is None or all(access.admits(kind) for access in self.access[m.stated.id]))
        ]

    def _joined(self, kind: str) -> set[tuple[str, str]]:
        """Return the pairs of links that a class may drive from one to the other."""
        return {(m.from_link, m.to_link) for m in self.open_to(kind)}

    def _router(self, kind: str) -> Router:
        return Router(self.network, self.open_to(kind))
