"""Networks as GeoJSON, for drawing them in a GIS: one feature for each node, link, crossing and curb zone.

Coordinates are the site's own plane, in metres. A link's LineString runs from its first node to its last; a
crossing's and a curb zone's geometry is only for show, their properties say where they are.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sim.scenario.faults import BadInput, Fault, near_miss
from sim.scenario.network import Network

GROUPS = {"node": "nodes", "link": "links", "crossing": "crossings", "curb_zone": "curb_zones"}
KIND = "feature"
"""The property that says what a feature is; the others are the fields of `sim.scenario.network`."""


def network_to_geojson(network: Network) -> dict[str, Any]:
    """Return a network as a FeatureCollection; `network_from_geojson` reads it back unchanged."""
    plain = TypeAdapter(Network).dump_python(network, mode="json")
    features = []
    for kind, group in GROUPS.items():
        for n, properties in enumerate(plain[group]):
            thing = getattr(network, group)[n]
            kept = {k: v for k, v in properties.items() if v is not None and k not in ("x_m", "y_m", "shape")}
            features.append(
                {"type": "Feature", "geometry": _geometry(network, kind, thing), "properties": {KIND: kind, **kept}}
            )
    head = {"traffic_side": plain["traffic_side"], "turn_bans": plain["turn_bans"], "units": "metres, local plane"}
    return {"type": "FeatureCollection", "dropoff": head, "features": features}


def _geometry(network: Network, kind: str, thing: Any) -> dict[str, Any]:
    if kind == "node":
        return {"type": "Point", "coordinates": [thing.x_m, thing.y_m]}
    if kind == "link":
        return {"type": "LineString", "coordinates": [list(p) for p in network.points(thing)]}
    if kind == "crossing":
        at = network.position(thing.links[0].link, thing.links[0].at_m)
        return {"type": "Point", "coordinates": [round(c, 2) for c in at]}
    ends = [network.position(thing.link, m) for m in (thing.from_m, thing.to_m)]
    return {"type": "LineString", "coordinates": [[round(c, 2) for c in p] for p in ends]}


def network_from_geojson(path: Path) -> Network:
    """Return the network of a GeoJSON file; raises BadInput with every fault."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(Fault(str(path), "no such file", "a GeoJSON file")) from None
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadInput(Fault(str(path), f"broken GeoJSON: {error}", "valid GeoJSON")) from None
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        raise BadInput(Fault(str(path), "no features", "a GeoJSON FeatureCollection"))
    head = content.get("dropoff")
    head = head if isinstance(head, dict) else {}
    given: dict[str, Any] = {group: [] for group in GROUPS.values()}
    given |= {k: v for k, v in head.items() if k in ("traffic_side", "turn_bans")}
    origin: dict[str, list[int]] = {group: [] for group in GROUPS.values()}
    faults = []
    for n, feature in enumerate(content["features"]):
        try:
            kind, properties = _properties(feature)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            found = str(error).strip("'") or "no proper feature"
            known = list(GROUPS)
            faults.append(Fault(f"{path}: features.{n}", found, "a feature: " + ", ".join(known), near_miss(found, known)))
            continue
        given[GROUPS[kind]].append(properties)
        origin[GROUPS[kind]].append(n)
    if faults:
        raise BadInput(*faults)
    try:
        return TypeAdapter(Network).validate_python(given)
    except ValidationError as error:
        raise BadInput(*(_fault(e, path, origin) for e in error.errors())) from None


def _properties(feature: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    properties = dict(feature["properties"])
    kind = properties.pop(KIND)
    if kind not in GROUPS:
        raise ValueError(str(kind))
    if kind == "node":
        properties["x_m"], properties["y_m"] = feature["geometry"]["coordinates"][:2]
    if kind == "link":
        properties["shape"] = [tuple(p[:2]) for p in feature["geometry"]["coordinates"][1:-1]]
    return kind, properties


def _fault(error: Any, path: Path, origin: dict[str, list[int]]) -> Fault:
    loc = error["loc"]
    at = ".".join(map(str, loc))
    if len(loc) > 1 and loc[0] in origin:
        at = f"features.{origin[loc[0]][loc[1]]}.properties." + ".".join(map(str, loc[2:]))
    found = "an unknown key" if error["type"] == "unexpected_keyword_argument" else repr(error["input"])[:60]
    return Fault(f"{path}: {at}", found, error["msg"].removeprefix("Input should be "))


def as_text(network: Network) -> str:
    """Return a network as GeoJSON text, one feature a line."""
    content = network_to_geojson(network)
    lines = ",\n".join(json.dumps(f, ensure_ascii=False) for f in content["features"])
    head = json.dumps(content["dropoff"], ensure_ascii=False)
    return f'{{"type": "FeatureCollection", "dropoff": {head}, "features": [\n{lines}\n]}}\n'


