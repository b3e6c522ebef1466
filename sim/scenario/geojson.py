"""Reads and writes a network as GeoJSON, so that a map program can show and edit it.

The coordinates are metres in the site's own plane, x to the east and y to the north, not degrees: `dropoff.units`
says so. The top-level member `dropoff` also holds what has no place on a map: the side of traffic and the turn bans.
A node's point and a link's line, drawn from node to node, are read; those of crossings and curb zones are for the eye
alone, because their offsets along the links say where they are. Everything else is in the properties, under the names
that the YAML has, and `kind` says what a feature is; a curb zone's own kind is `curb_kind`. A property without a value
(null) counts as left out, because map programs give every feature every column.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, replace
from math import hypot
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from sim.scenario.faults import BadInput, Fault, faults_of, near_miss
from sim.scenario.fields import STRICT
from sim.scenario.files import json_in
from sim.scenario.network import (
    Connection,
    Crossing,
    CurbZone,
    Link,
    Network,
    Node,
    Programme,
    Side,
    TurnBan,
    TurnLanes,
)

Thing = Node | Link | Crossing | CurbZone | Connection
Point = tuple[float, float]

KINDS: dict[str, type[Thing]] = {
    "node": Node,
    "link": Link,
    "crossing": Crossing,
    "curb_zone": CurbZone,
    "connection": Connection,
}
DRAWN = ("x_m", "y_m", "shape")
"""Fields that the geometry says."""
MEMBERS = ("type", "dropoff", "features", "name", "crs", "bbox")
FEATURE_MEMBERS = ("type", "properties", "geometry", "id", "bbox")
LARGEST_BYTES = 200_000_000
SNAP_M = 1.0
"""[m] a link's line ends at most this far from its nodes"""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Head:
    """The member `dropoff`: what belongs to the whole network."""

    schema: Literal[1]
    units: Literal["m"]
    traffic_side: Side
    turn_bans: tuple[TurnBan, ...] = ()
    turn_lanes: tuple[TurnLanes, ...] = ()
    programmes: tuple[Programme, ...] = ()


# ---------------------------------------------------------------------- writing


def network_to_geojson(network: Network) -> dict[str, Any]:
    """Return a network as a GeoJSON FeatureCollection in metres."""
    head = Head(schema=1, units="m", traffic_side=network.traffic_side, turn_bans=network.turn_bans,
                turn_lanes=network.turn_lanes, programmes=network.programmes)  # fmt: skip
    features = [_feature("node", node, "Point", (node.x_m, node.y_m)) for node in network.nodes]
    features += [_feature("link", link, "LineString", network.points(link)) for link in network.links]
    for crossing in network.crossings:
        at = crossing.links[0]
        features.append(_feature("crossing", crossing, "Point", network.position(at.link, at.at_m)))
    features += [_feature("curb_zone", z, "LineString", _stretch(network, z)) for z in network.curb_zones]
    features += [_feature("connection", c, "LineString", c.shape) for c in network.connections]
    return {"type": "FeatureCollection", "dropoff": _told(head), "features": features}


def _told(head: Head) -> dict[str, Any]:
    """Return the head; lanes of turns and programmes stand in it where there are any."""
    return {key: value for key, value in asdict(head).items() if key not in ("turn_lanes", "programmes") or value}


def _feature(kind: str, thing: Thing, geometry: str, coordinates: tuple[Any, ...]) -> dict[str, Any]:
    values = {_property(thing, key): value for key, value in asdict(thing).items() if value is not None}
    values = {key: value for key, value in values.items() if key not in DRAWN}
    return {
        "type": "Feature",
        "properties": {"kind": kind, **values},
        "geometry": {"type": geometry, "coordinates": coordinates},
    }


def _property(thing: Thing | type[Thing], field: str) -> str:
    """Return a field's name among the properties."""
    is_zone = thing is CurbZone or isinstance(thing, CurbZone)
    return "curb_kind" if is_zone and field == "kind" else field


def _stretch(network: Network, zone: CurbZone) -> tuple[Point, ...]:
    """Return the part of a link's line along which a curb zone lies."""
    link = network.link(zone.link)
    points = network.points(link)
    steps = [hypot(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(points)]
    scale = network.length(link) / sum(steps)
    at = [sum(steps[: n + 1]) * scale for n in range(len(steps))]
    inner = (p for p, m in zip(points[1:], at, strict=True) if zone.from_m < m < zone.to_m)
    return (network.position(link.id, zone.from_m), *inner, network.position(link.id, zone.to_m))


# ---------------------------------------------------------------------- reading


def network_from_geojson(path: Path) -> Network:
    """Return the network of a GeoJSON file; raises BadInput with every fault found in it."""
    content = _content(path)
    faults: list[Fault] = []
    things: list[tuple[int, Thing]] = []
    head = None
    try:
        head = _head(content)
    except BadInput as bad:
        faults += bad.faults
    for n, feature in enumerate(content["features"]):
        try:
            things.append((n, _thing(feature, f"features.{n}")))
        except BadInput as bad:
            faults += bad.faults
    if head is not None and not faults and not any(isinstance(thing, Connection) for _, thing in things):
        faults += _loose_ends(things, content["features"])
    if head is None or faults:
        raise BadInput(*(Fault(f"{path}: {f.where}", f.found, f.expected, f.near) for f in faults))
    connections = tuple(t for _, t in things if isinstance(t, Connection))
    links = tuple(t for _, t in things if isinstance(t, Link))
    return Network(
        nodes=tuple(t for _, t in things if isinstance(t, Node)),
        links=links if connections else tuple(replace(link, shape=link.shape[1:-1]) for link in links),
        connections=connections,
        programmes=head.programmes,
        crossings=tuple(t for _, t in things if isinstance(t, Crossing)),
        curb_zones=tuple(t for _, t in things if isinstance(t, CurbZone)),
        traffic_side=head.traffic_side,
        turn_bans=head.turn_bans,
        turn_lanes=head.turn_lanes,
    )


def _content(path: Path) -> dict[str, Any]:
    """Return the file's FeatureCollection; raises BadInput."""
    content = json_in(path, "a GeoJSON file", LARGEST_BYTES)
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        raise BadInput(Fault(f"{path}: type", _kind(content), "a FeatureCollection"))
    if not isinstance(content.get("features"), list):
        raise BadInput(Fault(f"{path}: features", _shown(content.get("features")), "a list of features"))
    return content


def _head(content: Mapping[str, Any]) -> Head:
    """Return the member `dropoff`; raises BadInput, also for members that are none."""
    faults = list(_unknown("", content, MEMBERS))
    head = content.get("dropoff")
    if not isinstance(head, dict):
        expected = 'a mapping such as {"schema": 1, "units": "m", "traffic_side": "right", "turn_bans": []}'
        raise BadInput(*faults, Fault("dropoff", _shown(head), expected))
    try:
        found = TypeAdapter(Head).validate_python(head)
    except ValidationError as error:
        raise BadInput(*faults, *_faults_of(error, "dropoff", Head)) from None
    if faults:
        raise BadInput(*faults)
    return found


def _thing(feature: Any, at: str) -> Thing:
    """Return what one feature describes; raises BadInput."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise BadInput(Fault(f"{at}.type", _kind(feature), "a Feature"))
    faults = list(_unknown(f"{at}.", feature, FEATURE_MEMBERS))
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise BadInput(*faults, Fault(f"{at}.properties", _shown(properties), "a mapping"))
    values = {key: value for key, value in properties.items() if value is not None}
    kind = KINDS.get(str(values.pop("kind", "")))
    if kind is None:
        found = properties.get("kind")
        near = near_miss(str(found), list(KINDS))
        raise BadInput(*faults, Fault(f"{at}.properties.kind", _shown(found), "one of " + ", ".join(KINDS), near))
    known = [_property(kind, f.name) for f in fields(kind) if f.name not in DRAWN]
    faults += _unknown(f"{at}.properties.", values, known)
    values = {"kind" if key == "curb_kind" else key: values[key] for key in known if key in values}
    try:
        values |= _drawn(kind, feature.get("geometry"), f"{at}.geometry")
    except BadInput as bad:
        faults += bad.faults
        values |= {"x_m": 0.0, "y_m": 0.0} if kind is Node else {}
    try:
        thing: Thing = TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        raise BadInput(*faults, *_faults_of(error, f"{at}.properties", kind)) from None
    if faults:
        raise BadInput(*faults)
    return thing


def _drawn(kind: type[Thing], geometry: Any, at: str) -> dict[str, Any]:
    """Return the fields that the geometry says; raises BadInput."""
    if kind is Node:
        ((x, y),) = _points(geometry, "Point", at)
        return {"x_m": x, "y_m": y}
    if kind in (Link, Connection):
        return {"shape": _points(geometry, "LineString", at)}
    return {}


def _points(geometry: Any, kind: str, at: str) -> list[Point]:
    """Return the points [m, m] of a Point or a LineString; raises BadInput."""
    if not isinstance(geometry, dict) or geometry.get("type") != kind:
        raise BadInput(Fault(at, _kind(geometry), f"a {kind}"))
    coordinates = geometry.get("coordinates")
    rows = [coordinates] if kind == "Point" else coordinates
    least = 1 if kind == "Point" else 2
    if not isinstance(rows, list) or len(rows) < least or not all(map(_is_point, rows)):
        expected = "[x, y] in metres" if kind == "Point" else "two or more points [x, y] in metres"
        raise BadInput(Fault(f"{at}.coordinates", _shown(coordinates), expected))
    return [(float(row[0]), float(row[1])) for row in rows]


def _is_point(row: Any) -> bool:
    """Return whether this is [x, y] or [x, y, height], within what a site may measure."""
    if not isinstance(row, list) or len(row) not in (2, 3):
        return False
    return all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) <= 1e7 for v in row[:2])


def _loose_ends(things: list[tuple[int, Thing]], features: list[Any]) -> Iterator[Fault]:
    """Yield the ends of links' lines that are not at their nodes; unknown nodes are for the site's check to name."""
    place = {thing.id: (thing.x_m, thing.y_m) for _, thing in things if isinstance(thing, Node)}
    for n, thing in things:
        if isinstance(thing, Link):
            line = features[n]["geometry"]["coordinates"]
            for end, node in ((0, thing.from_node), (-1, thing.to_node)):
                (x, y), (x0, y0) = line[end][:2], place.get(node, line[end][:2])
                if hypot(x - x0, y - y0) > SNAP_M:
                    at = f"features.{n}.geometry.coordinates.{end % len(line)}"
                    yield Fault(at, f"({x:g}, {y:g})", f"({x0:g}, {y0:g}), where node {node} is")


# ---------------------------------------------------------------------- what is wrong, in our words


def _unknown(before: str, found: Mapping[str, Any], known: list[str] | tuple[str, ...]) -> Iterator[Fault]:
    """Yield a fault for each key that is not known."""
    for key in found:
        if key not in known:
            expected = "nothing: the geometry says it" if key in DRAWN else "one of " + ", ".join(known)
            yield Fault(f"{before}{key}", "an unknown key", expected, near_miss(key, list(known)))


def _faults_of(error: ValidationError, at: str, kind: type[Any]) -> Iterator[Fault]:
    """Yield one fault for each thing that pydantic found wrong, fields by their names among the properties."""
    for fault in faults_of(error, at, kind, _shown):
        yield replace(fault, where=f"{at}.{_property(kind, fault.where.removeprefix(f'{at}: '))}")


def _kind(value: Any) -> str:
    """Return the type that a GeoJSON object names, or what stands in its place."""
    return _shown(value.get("type")) if isinstance(value, dict) else _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list | tuple):
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
