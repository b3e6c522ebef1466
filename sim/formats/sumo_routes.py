"""SUMO's routes, by name or within a vehicle, and distributions from which each vehicle draws one."""

import itertools
from collections.abc import Callable, Set
from dataclasses import dataclass

from sim.formats.sumo_mix import Mix, chosen, listed, weight
from sim.formats.sumo_reader import Reader, name_of, named_as
from sim.formats.sumo_xml import Element

MOST_LINKS = 100_000
"""Edges of one route, its repetitions counted."""


@dataclass(frozen=True)
class Route:
    """Links one after the other, and the stops on the way; `shared`: it has a name, and many may take it."""

    links: tuple[str, ...]
    stops: tuple[Element, ...]
    shared: bool = True


NOWHERE = Route((), ())


class Routes:
    """The routes of a demand while they are read."""

    def __init__(self, edges: Set[str], dropped: Set[str], note: Callable[[str], None]) -> None:
        """Begin with none; `dropped`: edges without a lane for motor vehicles; `note`: takes what is to be told."""
        self.edges = edges
        self.dropped = dropped
        self.note = note
        self.all: dict[str, Route] = {}
        self.mixes: dict[str, Mix] = {}
        self._missed: set[str] = set()
        """Routes that are nowhere, each of which is told for the first vehicle that is to take it."""

    def define(self, reader: Reader, e: Element) -> None:
        """Take in a route that has a name."""
        id = reader.text(e, "id")
        if id in self.all:
            reader.fault(e, "a route that stands twice", "names that stand once")
        self.all[id] = self._route(reader, e)

    def define_mix(self, reader: Reader, e: Element) -> None:
        """Take in a distribution that has a name, of routes which are all defined."""
        id = reader.text(e, "id")
        if id in self.all or id in self.mixes:
            reader.fault(e, "a route or distribution that stands twice", "names that stand once")
        self._add_mix(reader, e, id)

    def of(self, reader: Reader, vehicle: Element, id: str) -> Route | None:
        """Return a vehicle's route, `id` drawing from distributions; None if it only says from where to where."""
        inner = next(vehicle.all("route"), None)
        if "route" in vehicle.given:
            return self._named(reader, vehicle, chosen(vehicle.given["route"], self.mixes, id))
        if inner is not None:
            return self._route(reader, named_as(inner, vehicle), shared=False)
        if mix := next(vehicle.all("routeDistribution"), None):
            name = f"!{vehicle.given.get('id', '')}"
            if name not in self.mixes:
                self._add_mix(reader, named_as(mix, vehicle), name)
            return self._named(reader, vehicle, chosen(name, self.mixes, id))
        return None

    def links(self, reader: Reader, e: Element, key: str = "edges") -> tuple[str, ...]:
        """Return the links of a list of edges, each of which must be there; empty, with a fault, if one is not.

        Edges which are left out are among them: whether a class may drive there is for its vehicles to ask.
        """
        told = reader.text(e, key).split()
        unknown = [edge for edge in dict.fromkeys(told) if edge not in self.edges and edge not in self.dropped]
        for edge in unknown if e.given.get(key) else ():
            reader.fault(e, f"the edge {edge}", "one of the network's", edge, self.edges)
        if not told:
            reader.fault(e, "no edge", "at least one")
        return () if unknown else tuple(map(name_of, told))

    def _named(self, reader: Reader, vehicle: Element, name: str) -> Route:
        if name not in self.all and name not in self._missed:
            known = itertools.chain(self.all, self.mixes)
            reader.fault(vehicle, f'route="{name}"', "a route that is defined", name, known)
            self._missed.add(name)
        return self.all.get(name, NOWHERE)

    def _route(self, reader: Reader, e: Element, *, shared: bool = True) -> Route:
        """Return what a route's element says, again and again if it says so."""
        links, stops = self.links(reader, e), tuple(e.all("stop"))
        if shared and not self.dropped.isdisjoint(e.given.get("edges", "").split()):
            self.note("routes over edges without a lane for motor vehicles left out")
        again = reader.whole(e, "repeat", 0)
        if again and stops:
            self.note("routes that are to be driven again (repeat), but have stops, are driven once")
            again = 0
        if (again + 1) * len(links) > MOST_LINKS:
            reader.fault(e, f'repeat="{again}"', f"a way of at most {MOST_LINKS} edges")
            again = 0
        return Route(links * (again + 1), stops, shared)

    def _add_mix(self, reader: Reader, e: Element, id: str) -> None:
        """Take in a distribution: the routes that it lists, refers to (refId), or states itself."""
        mix = listed(reader, e, "routes", lambda _: 1.0)
        for n, child in enumerate(e.all("route")):
            name = child.given.get("refId", f"{id}#{n}")
            if "refId" not in child.given:
                self.all[name] = self._route(reader, child, shared=not id.startswith("!"))
            mix.append((name, weight(reader, child)))
        for name in dict.fromkeys(name for name, _ in mix if name not in self.all):
            reader.fault(e, f"the route {name}", "a route that is defined", name, self.all)
        if sum(its for _, its in mix) <= 0.0:
            reader.fault(e, "no route that can be drawn", "one with a probability above 0")
        self.mixes[id] = mix
