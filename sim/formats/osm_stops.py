"""Finds bus stops and the curb that they lie at, and which bus routes call there."""

from collections import defaultdict
from dataclasses import dataclass, replace
from math import hypot

from sim.formats.osm_graph import Foot, Point, foot
from sim.formats.osm_network import Layout
from sim.formats.osm_read import Extract, Plane

NEAR_LANE_M = 30.0  # a stop further from every lane is not placed
ON_LINE_M = 2.0  # a stop this near the centre line says nothing about its side
SAME_STOP_M = 35.0  # a stop position and a platform this near each other, on one link, are one stop
OTHER_MODES = ("tram", "subway", "train", "light_rail", "ferry", "railway", "aerialway", "monorail")


@dataclass(frozen=True)
class Stop:
    """A bus stop on a link: its OpenStreetMap id, name, offset of the flag [m], routes, and whether it is a bay."""

    key: str
    name: str
    link: str
    at_m: float
    routes: frozenset[int]
    bay: bool


@dataclass(frozen=True)
class Stops:
    """The stops that lie at a link, and how many of the area's stops lie at none."""

    placed: tuple[Stop, ...]
    far: int


def bus_stops(layout: Layout, extract: Extract, plane: Plane, radius_m: float) -> Stops:
    """Return the bus stops within the study area, each at the curb on its own side of the street."""
    calls = _calls(extract)
    placed: list[Stop] = []
    far = 0
    for key, tags, at in sorted(_mapped(extract, plane), key=lambda each: each[0]):
        if hypot(*at) > radius_m:
            continue
        found = _snapped(layout, at)
        if not found:
            far += 1
        for link, where in found:
            routes = frozenset(calls.get(key, ())) or _passing(layout, extract, link)
            bay = "bay" in tags.get("bus_bay", "") or tags.get("lay_by") == "yes" or _bay(layout, extract, link)
            placed.append(Stop(key, tags.get("name", ""), link, where, routes, bay))
    return Stops(_once(placed), far)


def _mapped(extract: Extract, plane: Plane) -> list[tuple[str, dict[str, str], Point]]:
    """Return every bus stop of the extract with its tags and its position [m]."""
    found = [
        (f"node/{ref}", tags, plane.xy(*extract.positions[ref])) for ref, tags in extract.tags.items() if _is_stop(tags)
    ]
    for way in extract.ways.values():
        known = [plane.xy(*extract.positions[ref]) for ref in way.refs if ref in extract.positions]
        if _is_stop(way.tags) and known:
            middle = (sum(p[0] for p in known) / len(known), sum(p[1] for p in known) / len(known))
            found.append((f"way/{way.id}", way.tags, middle))
    return found


def _is_stop(tags: dict[str, str]) -> bool:
    if tags.get("highway") == "bus_stop":
        return True
    if tags.get("public_transport") not in ("platform", "stop_position"):
        return False
    return tags.get("bus") == "yes" or not any(tags.get(mode) for mode in OTHER_MODES)


def _snapped(layout: Layout, at: Point) -> list[tuple[str, float]]:
    """Return the link whose curb a point lies at, with the offset [m]; both directions for a point on the line."""
    feet = [(foot(edge.points, at), number) for number, edge in enumerate(layout.graph.edges) if not edge.street.tunnel]
    near = [each for each in feet if each[0].off_m <= NEAR_LANE_M]
    if not near:
        return []
    nearest, number = min(near, key=lambda each: (each[0].off_m, each[1]))
    links = [link for link, (edge, _) in layout.sources.items() if edge == number]
    curb = -1 if layout.network.traffic_side == "right" else 1
    if len(links) > 1 and nearest.off_m > ON_LINE_M:
        links = [link for link in links if nearest.side * (1 if layout.sources[link][1] else -1) == curb]
    return [(link, _offset(layout, link, nearest)) for link in links]


def _offset(layout: Layout, link: str, at: Foot) -> float:
    edge = layout.edge(link)
    along = at.at_m if layout.sources[link][1] else edge.length_m - at.at_m
    return along / edge.length_m * layout.network.length(layout.network.link(link))


def _calls(extract: Extract) -> dict[str, set[int]]:
    """Return the bus routes that name each stop."""
    calls: dict[str, set[int]] = defaultdict(set)
    for relation in extract.relations.values():
        if relation.tags.get("type") == "route":
            for member in relation.members:
                calls[f"{member.kind}/{member.ref}"].add(relation.id)
    return calls


def _passing(layout: Layout, extract: Extract, link: str) -> frozenset[int]:
    """Return the bus routes that run over a link's street."""
    ways = set(layout.edge(link).ways)
    return frozenset(
        relation.id
        for relation in extract.relations.values()
        if relation.tags.get("type") == "route" and any(m.kind == "way" and m.ref in ways for m in relation.members)
    )


def _bay(layout: Layout, extract: Extract, link: str) -> bool:
    return any(extract.ways[way].tags.get("bus_bay", "no") not in ("no", "") for way in set(layout.edge(link).ways))


def _once(stops: list[Stop]) -> tuple[Stop, ...]:
    """Return the stops with those that were mapped twice (platform and stop position) joined."""
    kept: list[Stop] = []
    for stop in stops:
        for i, other in enumerate(kept):
            if other.link == stop.link and abs(other.at_m - stop.at_m) <= SAME_STOP_M:
                routes, bay = other.routes | stop.routes, other.bay or stop.bay
                kept[i] = replace(other, name=other.name or stop.name, routes=routes, bay=bay)
                break
        else:
            kept.append(stop)
    return tuple(kept)
