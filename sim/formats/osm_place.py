"""Finds the school or hospital in an OpenStreetMap file: by name or id, with its outline and its centre."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import pairwise
from math import hypot
from typing import Any, NamedTuple

from sim.formats.osm_read import Member, OsmFile, Plane, relation
from sim.scenario.faults import BadInput, Fault
from sim.scenario.fields import CONTROL

NAME_KEYS = ("name", "name:en", "name:zh", "alt_name", "official_name", "short_name", "old_name")
FACILITIES = frozenset({"school", "kindergarten", "college", "university", "hospital"})
SAME_PLACE_M = 150.0  # two objects of one name no further apart are one place, mapped twice
SHOWN = 8  # candidates listed in a fault


class Key(NamedTuple):
    """What identifies an object: "node", "way" or "relation", and its id."""

    kind: str
    id: int

    def __str__(self) -> str:
        """Return the key as OpenStreetMap writes it: "way/123"."""
        return f"{self.kind}/{self.id}"


@dataclass(frozen=True)
class Place:
    """An object of the file as the centre of a study: its tags, its rings of node ids, and where it is."""

    key: Key
    tags: dict[str, str]
    rings: tuple[tuple[int, ...], ...] = ()
    members: tuple[Member, ...] = ()
    positions: dict[int, tuple[float, float]] = field(default_factory=dict, repr=False)
    """Degrees by node id, of the rings' nodes as far as the file holds them."""
    lon: float = 0.0
    lat: float = 0.0

    @property
    def label(self) -> str:
        """Return the name, or the key where it has none."""
        return next((CONTROL.sub("", self.tags[k]) for k in NAME_KEYS if self.tags.get(k)), str(self.key))

    @property
    def is_hospital(self) -> bool:
        """Tell a hospital from a school."""
        return self.tags.get("amenity") == "hospital"


def is_facility(tags: Any) -> bool:
    """Tell whether tags are those of a school, a hospital or the like."""
    return tags.get("amenity") in FACILITIES or tags.get("building") in ("school", "hospital")


def names(tags: Any) -> list[str]:
    """Return every name in the tags; "a;b" counts as two."""
    found = [part.strip() for key in NAME_KEYS for part in tags.get(key, "").split(";")]
    return [name for name in dict.fromkeys(found) if name]


LONGEST_ID = 19
"""Digits: what is longer does not fit into OpenStreetMap's 64 bits."""


def find_place(file: OsmFile, around: str) -> Place:
    """Return the place of that name or id ("way/123", "node/123", "relation/123" or "123"; negative: not yet uploaded).

    Raises BadInput if there is none (with near misses), if several could be meant, or if the file does not hold
    its position.
    """
    where = f"{file.path}: --around"
    wanted = around.strip()
    by_id = re.fullmatch(r"(?:(node|way|relation)/)?(-?\d+)", wanted)
    found = _with_id(file, by_id[1], int(by_id[2])) if by_id and len(by_id[2]) < LONGEST_ID else []
    if not found:
        found = _with_name(file, wanted, where)
    located = [_locate(file, place) for place in found[:SHOWN]]
    known = [place for place in located if place is not None]
    if not known:
        raise BadInput(Fault(where, f'"{around}", of which the file holds no position', "a place inside the file"))
    if len(found) > len(located) or not _one_place(known):
        listed = ", ".join(f"{place.label} ({place.key})" for place in known)
        raise BadInput(Fault(where, f'"{around}", which fits {len(found)} places: {listed}', "one place: give its id"))
    return max(known, key=lambda place: (len(place.rings) > 0, "amenity" in place.tags, _extent(place)))


def _with_id(file: OsmFile, kind: str | None, id: int) -> list[Place]:
    """Return the objects with that id; a school or hospital goes before anything else of the same number."""
    kinds = {"node": "n", "way": "w", "relation": "r", None: "nwr"}[kind]
    found = [_place(raw) for raw in file.by_id(kinds, [id])]
    return [place for place in found if is_facility(place.tags)] or found


def _with_name(file: OsmFile, wanted: str, where: str) -> list[Place]:
    """Return the facilities named exactly so, else those whose name holds it, else any object named exactly so."""
    facilities: list[Place] = []
    others: list[Place] = []
    all_names: set[str] = set()
    for raw in file.tagged("nwr"):
        called = names(raw.tags)
        if is_facility(raw.tags):
            facilities.append(_place(raw))
        elif called:
            all_names.update(called)
            if wanted in called:
                others.append(_place(raw))
    exact = [place for place in facilities if _plain(wanted) in map(_plain, names(place.tags))]
    partly = [place for place in facilities if any(_plain(wanted) in _plain(n) for n in names(place.tags))]
    found = exact or (partly if wanted else []) or others
    if not found:
        raise BadInput(_not_found(wanted, where, facilities, all_names))
    return found


def _not_found(wanted: str, where: str, facilities: list[Place], all_names: set[str]) -> Fault:
    here = sorted({name for place in facilities for name in names(place.tags)})
    near = get_close_matches(wanted, here, n=3, cutoff=0.5) or get_close_matches(wanted, sorted(all_names), n=3)
    some = "; ".join(here[:SHOWN]) + ("; ..." if len(here) > SHOWN else "")
    expected = f"a school or hospital by its name or id; the file names {len(here)}" + (f": {some}" if here else "")
    return Fault(where, f'"{wanted}"', expected, " or ".join(near))


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _place(raw: Any) -> Place:
    """Return osmium's object as a place still without positions."""
    kind = {"n": "node", "w": "way", "r": "relation"}[raw.type_str()]
    rings: tuple[tuple[int, ...], ...] = ()
    if kind == "way":
        rings = (tuple(each.ref for each in raw.nodes),)
    elif kind == "relation":
        return Place(Key(kind, raw.id), dict(raw.tags), members=relation(raw).members)
    elif raw.location.valid():
        return Place(Key(kind, raw.id), dict(raw.tags), lon=raw.location.lon, lat=raw.location.lat)
    return Place(Key(kind, raw.id), dict(raw.tags), rings)


def _locate(file: OsmFile, place: Place) -> Place | None:
    """Return the place with its rings' positions and its centre, or None where the file holds none of it."""
    if place.key.kind == "node":
        return place if (place.lon, place.lat) != (0.0, 0.0) else None
    outer = {m.ref for m in place.members if m.kind == "way" and m.role != "inner"}
    lone = {m.ref for m in place.members if m.kind == "node"}
    rings = place.rings
    if outer:
        rings = tuple(tuple(each.ref for each in way.nodes) for way in file.by_id("w", outer))
    wanted = {ref for ring in rings for ref in ring} | lone
    positions = {
        node.id: (node.location.lon, node.location.lat)
        for node in (file.by_id("n", wanted) if wanted else ())
        if node.location.valid()
    }
    if not positions:
        return None
    lon, lat = _centre([[positions[ref] for ref in ring if ref in positions] for ring in rings], positions.values())
    return replace(place, rings=rings, positions=positions, lon=lon, lat=lat)


def _centre(rings: list[list[tuple[float, float]]], points: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Return the centroid [degrees] of the largest closed ring, else the mean of all points."""
    best, area = None, 0.0
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:
            continue
        x0, y0 = ring[0]
        pairs = [(a[0] - x0, a[1] - y0, b[0] - x0, b[1] - y0) for a, b in pairwise(ring)]
        twice = sum(ax * by - bx * ay for ax, ay, bx, by in pairs)
        if abs(twice) > area:
            area = abs(twice)
            best = (
                x0 + sum((ax + bx) * (ax * by - bx * ay) for ax, ay, bx, by in pairs) / (3 * twice),
                y0 + sum((ay + by) * (ax * by - bx * ay) for ax, ay, bx, by in pairs) / (3 * twice),
            )
    if best is not None:
        return best
    known = list(points)
    return sum(p[0] for p in known) / len(known), sum(p[1] for p in known) / len(known)


def _one_place(places: list[Place]) -> bool:
    """Tell whether all of them lie within reach of each other: one place, mapped more than once."""
    plane = Plane(places[0].lon, places[0].lat)
    return all(hypot(*plane.xy(place.lon, place.lat)) <= SAME_PLACE_M for place in places)


def _extent(place: Place) -> float:
    """Return the diagonal [degrees] of what the place covers."""
    if not place.positions:
        return 0.0
    lons, lats = zip(*place.positions.values(), strict=True)
    return hypot(max(lons) - min(lons), max(lats) - min(lats))
