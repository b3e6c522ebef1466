"""Finds the gate: the place on a public street that the school's frontage, or its mapped entrance, looks at."""

from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from sim.formats.osm_graph import Edge, Foot, Point, along, foot
from sim.formats.osm_network import Layout
from sim.formats.osm_place import Place, names
from sim.formats.osm_read import Extract, Plane
from sim.formats.osm_tags import CLASSES
from sim.scenario.site import Gate

STREET_WITHIN_M = 80.0  # a public street this near is preferred to a nearer service road
TOO_FAR_M = 400.0  # a street further off than this is not the school's
ENTRANCE_WITHIN_M = 80.0  # a mapped entrance counts if the street is this near
ENTRANCE_WORTH_M = 1000.0  # and then it outweighs everything else
FRONTAGE_M = 15.0  # the outline faces a street where it is at most this much further than at its nearest
FRONTAGE_WORTH = 0.1  # a metre of frontage outweighs this many metres of distance; at most 100 m count
SAMPLE_M = 5.0  # spacing of points on the outline
CLEAR_M = 45.0  # the gate keeps this far from a link's ends where the link is long enough
ACROSS_M = 50.0  # the other carriageway of the street is at most this far
THROUGH_TRAFFIC_ONLY = CLASSES["trunk_link"].priority  # no school opens on such a street if there is another
THROUGH_PENALTY_M = 120.0
UNNAMED_M = 15.0  # an unnamed street counts as so much further off: it is rarely the school's address
LIVING_STREET_M = 5.0  # and a living street as so much
NAMESAKE_M = 25.0  # a street that gave the school its name counts as so much nearer
WRONG_SIDE_M = 20.0  # and a one-way street with its curb lane on the far side counts as so much further off
SHORT_LINK_M = 100.0  # a street shorter than this between junctions has little curb for a school
SHORT_WORTH = 0.3  # a metre less of it outweighs this many metres of distance


@dataclass(frozen=True)
class Found:
    """The gate, how far the street is from the school [m], and what told so."""

    gate: Gate
    off_m: float
    source: str
    curb_side: bool
    """Does the school lie on the curb side of the gate's link?"""


@dataclass(frozen=True)
class _Candidate:
    score: float
    link_pair: tuple[str, ...]
    at: Foot
    side: int
    """On which side of the edge the school lies: +1 left, -1 right."""
    source: str


def find_gate(layout: Layout, place: Place, extract: Extract, plane: Plane) -> Found | None:
    """Return the gate on the network, or None if no street is near the place."""
    pairs: dict[int, list[str]] = {}
    for link, (number, _) in layout.sources.items():
        pairs.setdefault(number, []).append(link)
    outline = [[plane.xy(*place.positions[ref]) for ref in ring if ref in place.positions] for ring in place.rings]
    entrances = [plane.xy(*place.positions[ref]) for ref in _entrances(place, extract)]
    candidates = []
    for number, links in pairs.items():
        edge = layout.graph.edges[number]
        if edge.street.tunnel:
            continue
        penalty = _penalty(edge, place)
        centre = plane.xy(place.lon, place.lat)
        seen = [foot(edge.points, p) for p in entrances]
        near = [each for each in seen if each.off_m <= ENTRANCE_WITHIN_M]
        if near:
            nearest = min(near, key=lambda each: each.off_m)
            side = _side(edge, nearest, centre)
            score = nearest.off_m + penalty - ENTRANCE_WORTH_M
            candidates.append(_Candidate(score, tuple(links), nearest, side, "mapped entrance"))
        facing, worth = _facing(edge, outline, centre)
        side = _side(edge, facing, centre)
        candidates.append(_Candidate(facing.off_m + penalty - worth, tuple(links), facing, side, "nearest frontage"))
    candidates = [each for each in candidates if each.at.off_m <= TOO_FAR_M]
    if not candidates:
        return None
    found = [_gate(layout, each) for each in candidates]
    scores = [c.score + (0.0 if f.curb_side else WRONG_SIDE_M) for c, f in zip(candidates, found, strict=True)]
    return min(zip(scores, found, strict=True), key=lambda each: (each[0], each[1].gate.link))[1]


def _entrances(place: Place, extract: Extract) -> list[int]:
    """Return the outline's nodes that are gates or entrances."""
    refs = dict.fromkeys(ref for ring in place.rings for ref in ring if ref in place.positions)
    tags = {ref: extract.tags.get(ref, {}) for ref in refs}
    main = [ref for ref in refs if tags[ref].get("entrance") == "main"]
    return main or [
        ref
        for ref in refs
        if tags[ref].get("barrier") in ("gate", "lift_gate", "sliding_gate", "entrance", "swing_gate")
        or tags[ref].get("entrance") in ("yes", "school")
    ]


def _penalty(edge: Edge, place: Place) -> float:
    """Return how many metres further off [m] a street counts, as the address of a school."""
    street = edge.street
    penalty = SHORT_WORTH * max(SHORT_LINK_M - edge.length_m, 0.0)
    if street.highway == "service":
        return penalty + STREET_WITHIN_M
    if street.road_class.priority >= THROUGH_TRAFFIC_ONLY:
        penalty += THROUGH_PENALTY_M
    if not street.name:
        penalty += UNNAMED_M
    elif any(street.name in name for name in names(place.tags)):
        penalty -= NAMESAKE_M
    return penalty + (LIVING_STREET_M if street.highway == "living_street" else 0.0)


def _facing(edge: Edge, outline: list[list[Point]], centre: Point) -> tuple[Foot, float]:
    """Return where on an edge the middle of the frontage falls, and what the frontage's length is worth [m]."""
    seen = [foot(edge.points, p) for ring in outline for p in _sampled(ring)]
    if not seen:
        return foot(edge.points, centre), 0.0
    nearest = min(each.off_m for each in seen)
    front = sorted((each for each in seen if each.off_m <= nearest + FRONTAGE_M), key=lambda each: each.at_m)
    middle = front[len(front) // 2]
    return Foot(nearest, middle.at_m, middle.side, middle.heading), FRONTAGE_WORTH * min(
        front[-1].at_m - front[0].at_m, 100.0
    )


def _sampled(ring: list[Point]) -> list[Point]:
    """Return points along a ring, no further apart than the sampling distance."""
    points = list(ring[:1])
    for a, b in pairwise(ring):
        steps = int(hypot(b[0] - a[0], b[1] - a[1]) / SAMPLE_M) + 1
        points += [(a[0] + (b[0] - a[0]) * i / steps, a[1] + (b[1] - a[1]) * i / steps) for i in range(1, steps + 1)]
    return points


def _side(edge: Edge, at: Foot, centre: Point) -> int:
    """Return the side of an edge on which the school's centre lies, seen from where the gate is."""
    x, y = along(edge.points, at.at_m)
    cross = at.heading[0] * (centre[1] - y) - at.heading[1] * (centre[0] - x)
    return 1 if cross > 0 else -1


def _gate(layout: Layout, chosen: _Candidate) -> Found:
    """Return the gate on the direction whose curb looks at the school."""
    curb = -1 if layout.network.traffic_side == "right" else 1
    facing = {link: chosen.side * (1 if layout.sources[link][1] else -1) == curb for link in chosen.link_pair}
    link = max(chosen.link_pair, key=lambda each: (facing[each], layout.sources[each][1]))
    edge = layout.edge(link)
    length = layout.network.length(layout.network.link(link))
    at = chosen.at.at_m if layout.sources[link][1] else edge.length_m - chosen.at.at_m
    clear = min(CLEAR_M, length / 2)
    at_m = round(min(max(at / edge.length_m * length, clear), length - clear), 1)
    others = [each for each in chosen.link_pair if each != link]
    opposite = others[0] if others else other_carriageway(layout, link, at_m)
    gate = Gate(link=link, at_m=at_m, opposite_link=opposite)
    return Found(gate, chosen.at.off_m, chosen.source, facing[link])


def other_carriageway(layout: Layout, link: str, at_m: float) -> str | None:
    """Return the one-way link that runs the other way beside a one-way link, if the street has one."""
    here = layout.network.position(link, at_m)
    centre_line = layout.network.points(layout.network.link(link))
    ahead = foot(centre_line, here).heading
    inner = 1 if layout.network.traffic_side == "right" else -1
    best: tuple[float, str] | None = None
    for other in layout.network.links:
        edge = layout.edge(other.id)
        if other.id == link or edge.street.two_way:
            continue
        there = foot(layout.network.points(other), here)
        against = ahead[0] * there.heading[0] + ahead[1] * there.heading[1] < -0.8
        inside = 1.0 < there.at_m < layout.network.length(other) - 1.0
        beside = foot(centre_line, layout.network.position(other.id, there.at_m)).side == inner
        if against and inside and beside and there.off_m <= ACROSS_M and (best is None or there.off_m < best[0]):
            best = (there.off_m, other.id)
    return best[1] if best else None
