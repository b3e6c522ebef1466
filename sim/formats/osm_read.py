"""Reads an OpenStreetMap file (XML or PBF) with osmium, in passes, keeping only what lies near the study area.

Words are OpenStreetMap's here and nowhere above: a *way* is a polyline of *node* references, a *relation* a list
of members. A file may be clipped: ways and relations may refer to objects that it does not hold.
"""

import bz2
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import cos, radians
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

from sim.scenario.faults import BadInput, Fault

METRES_PER_DEGREE = 111_320.0  # [m] of latitude, and of longitude at the equator; good to 0.6 %
EXPECTED = "an OpenStreetMap file (.osm, .osm.xml, .osm.gz or .osm.pbf)"
XML: dict[str, Callable[..., Any]] = {"osm": open, "osm.gz": gzip.open, "osm.bz2": bz2.open}
"""How a file is opened, by osmium's names of the formats that are XML."""


class Member(NamedTuple):
    """One member of a relation: "node", "way" or "relation", its id and its role."""

    kind: str
    ref: int
    role: str


@dataclass(frozen=True)
class Way:
    """A polyline of node references."""

    id: int
    refs: tuple[int, ...]
    tags: dict[str, str]


@dataclass(frozen=True)
class Relation:
    """A list of members."""

    id: int
    members: tuple[Member, ...]
    tags: dict[str, str]


@dataclass(frozen=True)
class Extract:
    """What a file holds near a point: node positions and tags by id [degrees], ways and relations by id."""

    positions: dict[int, tuple[float, float]]
    tags: dict[int, dict[str, str]]
    ways: dict[int, Way]
    relations: dict[int, Relation]
    box: tuple[float, float, float, float] | None
    """West, south, east, north of the whole file [degrees], where its header says so."""


@dataclass(frozen=True)
class Plane:
    """Local metres east and north of a centre; within 20 km the error stays below 1 %."""

    lon: float
    lat: float

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        """Return metres [m, m] for degrees."""
        east = (lon - self.lon) * METRES_PER_DEGREE * cos(radians(self.lat))
        return east, (lat - self.lat) * METRES_PER_DEGREE


class OsmFile:
    """An OpenStreetMap file that can be streamed again and again, without what is deleted in it.

    Raises BadInput where the file is missing, no OpenStreetMap file, or broken off in the middle.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._format = _sniff(path)

    def objects(self, kinds: str, *filters: Any) -> Iterator[Any]:
        """Yield the objects of these kinds ("nwr": nodes, ways, relations) that pass osmium's filters."""
        import osmium

        bits = {"n": osmium.osm.NODE, "w": osmium.osm.WAY, "r": osmium.osm.RELATION}
        entities = osmium.osm.NOTHING
        for kind in kinds:
            entities |= bits[kind]
        processor = osmium.FileProcessor(osmium.io.File(str(self.path), self._format), entities)
        for each in filters:
            processor.with_filter(each)
        try:
            yield from filter(self._is_there, processor)
        except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
            raise BadInput(Fault(str(self.path), f"an unreadable file ({error})", f"{EXPECTED}, whole")) from None

    def tagged(self, kinds: str) -> Iterator[Any]:
        """Yield the objects of these kinds that carry any tag."""
        import osmium

        return self.objects(kinds, osmium.filter.EmptyTagFilter())

    def by_id(self, kinds: str, ids: Iterable[int]) -> Iterator[Any]:
        """Yield the objects of these kinds with these ids; those not yet uploaded have negative ones."""
        import osmium

        wanted = set(ids)
        if min(wanted, default=0) < 0:  # osmium's filter takes none
            return (each for each in self.objects(kinds) if each.id in wanted)
        return self.objects(kinds, osmium.filter.IdFilter(sorted(wanted)))

    def _is_there(self, each: Any) -> bool:
        return each.visible and not (self._deleted and (each.type_str(), each.id) in self._deleted)

    @cached_property
    def _deleted(self) -> set[tuple[str, int]]:
        """The kinds and ids of what is marked as deleted in an editor's file, which osmium does not look at."""
        deleted: set[tuple[str, int]] = set()

        def begin(tag: str, given: dict[str, str]) -> None:
            if given.get("action") == "delete":
                deleted.add((tag[0], int(given["id"])))

        parser = expat.ParserCreate()
        parser.StartElementHandler = begin
        with suppress(expat.ExpatError, EOFError, OSError, zlib.error, KeyError, ValueError):  # osmium tells of it
            if self._format in XML:
                with XML[self._format](self.path, "rb") as stream:
                    parser.ParseFile(stream)
        return deleted

    def box(self) -> tuple[float, float, float, float] | None:
        """Return west, south, east, north [degrees] from the file's header, where it has one."""
        import osmium

        box = osmium.FileProcessor(osmium.io.File(str(self.path), self._format)).header.box()
        if not box.valid():
            return None
        return box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat


def _sniff(path: Path) -> str:
    """Return osmium's name of the format, told by the first bytes rather than by the file's name."""
    if not path.exists():
        raise BadInput(Fault(str(path), "no such file", EXPECTED))
    if not path.is_file():
        raise BadInput(Fault(str(path), "a folder", EXPECTED))
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise BadInput(Fault(str(path), f"an unreadable file ({error.strerror})", EXPECTED)) from None
    if not head:
        raise BadInput(Fault(str(path), "an empty file", EXPECTED))
    if head.startswith(b"\x1f\x8b"):
        return "osm.gz"
    if head.startswith(b"BZh"):
        return "osm.bz2"
    if b"OSMHeader" in head:
        return "pbf"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "osm"
    raise BadInput(Fault(str(path), "another kind of file", EXPECTED))


def read_extract(file: OsmFile, lon: float, lat: float, reach_m: float) -> Extract:
    """Read what lies within `reach_m` [m] east, west, north and south of a point [degrees].

    Ways are kept whole if one of their nodes is; their other nodes stay unknown. Relations are kept if they
    are turn restrictions or bus routes.
    """
    plane = Plane(lon, lat)
    positions: dict[int, tuple[float, float]] = {}
    tags: dict[int, dict[str, str]] = {}
    for node in file.objects("n"):
        if not node.location.valid():
            continue
        x, y = plane.xy(node.location.lon, node.location.lat)
        if abs(x) <= reach_m and abs(y) <= reach_m:
            positions[node.id] = (node.location.lon, node.location.lat)
            if len(node.tags):
                tags[node.id] = dict(node.tags)
    ways: dict[int, Way] = {}
    for way in file.tagged("w"):
        refs = tuple(each.ref for each in way.nodes)
        if any(ref in positions for ref in refs):
            ways[way.id] = Way(way.id, refs, dict(way.tags))
    relations = {each.id: each for each in map(relation, file.tagged("r")) if _useful(each)}
    return Extract(positions, tags, ways, relations, file.box())


def relation(raw: Any) -> Relation:
    """Return osmium's relation as one that outlives the iteration."""
    kinds = {"n": "node", "w": "way", "r": "relation"}
    members = tuple(Member(kinds[each.type], each.ref, each.role) for each in raw.members)
    return Relation(raw.id, members, dict(raw.tags))


def _useful(each: Relation) -> bool:
    kind = each.tags.get("type")
    return kind == "restriction" or (kind == "route" and each.tags.get("route") in ("bus", "trolleybus"))
