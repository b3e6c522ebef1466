"""The map: what stands still while everybody moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.film.on_foot import footways_of
from sim.kernel.state import STRIP, plain
from sim.scenario.lines import BERTH_DEPTH_M, Lines, lines_of
from sim.scenario.movement import Movement
from sim.scenario.network import Crossing, CurbZone, Link, Network
from sim.traffic.layout import Layout

if TYPE_CHECKING:
    from sim.model import SchoolMorning

SCHEMA = 1
Json = dict[str, Any]


def ground(world: SchoolMorning) -> Json:
    """Return the map in metres: lanes by their row in the kernel, curb zones with their berths, crossings, the gate.

    A lane's `line` has rows [distance from the lane's start, x, y].
    """
    site, network = world.site, world.site.network
    lines, footways = lines_of(network), footways_of(network)

    def spots(things: Any) -> list[Json]:
        return [{"link": t.link, "at_m": t.at_m, "point": footways.point((t.link, t.at_m))} for t in things]

    return {
        "schema": SCHEMA,
        "site": site.name,
        "title": site.title,
        "scenario": world.arm.name,
        "traffic_side": network.traffic_side,
        "start_s": world.start_s,
        "end_s": world.traffic.seconds(world.traffic.tick),
        "bell_s": site.demand.pupils.bell,
        "gate": {**spots([site.gate])[0], "opposite_link": site.gate.opposite_link},
        **_roads(_Roads(network, world.layout, world.movements)),
        "zones": [_zone(lines, network.link(zone.link), zone) for zone in network.curb_zones],
        "crossings": [_crossing(lines, crossing) for crossing in network.crossings],
        "guardrails": [{"id": r.id, "line": _rail(lines, network.link(r.link), r)} for r in site.guardrails],
        "waiting_areas": spots(site.waiting_areas),
        "remote_parking": spots(site.remote_parking),
        "vehicles": {
            "traveller": [name for name, _ in world.departures],
            "kind": [departure.kind for _, departure in world.departures],
            "length_m": np.round(world.traffic.vehicles["length"], 2).tolist(),
            "speed_factor": np.round(world.traffic.vehicles["factor"], 3).tolist(),
        },
    }


def _points(line: NDArray[np.float64]) -> list[list[float]]:
    return [[round(float(v), 2) for v in row] for row in line]


# ---------------------------------------------------------------------- lanes


@dataclass(frozen=True)
class _Roads:
    """A network and, told by it, how it is laid out."""

    network: Network
    layout: Layout = field(compare=False)
    movements: Sequence[Movement] = field(compare=False)


@lru_cache(maxsize=8)
def _roads(roads: _Roads) -> Json:
    """Return lanes and links, drawn once for each network."""
    lines = lines_of(roads.network)
    return {"lanes": _lanes(roads, lines), "links": [_link(lines, link) for link in roads.network.links]}


def _lanes(roads: _Roads, lines: Lines) -> list[Json]:
    """Return all lanes: of links, strips, over the opposite lane, over crossings and through junctions."""
    layout = roads.layout
    rows = plain(layout.road.lanes)
    shapes = {row: m.shape for row, m in zip(layout.movement_rows, roads.movements, strict=True)}
    found: list[Json] = []
    for row in range(rows.size):
        length = float(rows[row]["length"])
        if rows[row]["segment"] >= 0:
            lane = _of_link(layout, lines, row)
        elif row in shapes:
            lane = {"kind": "movement", "line": _along(np.asarray(shapes[row]), length)}
        else:
            lane = {"kind": "crossing", "line": []}
        told = {"segment": int(rows[row]["segment"]), "number": int(rows[row]["number"]), "length_m": round(length, 2)}
        found.append({**lane, **told, "limit_m_s": round(float(rows[row]["limit"]), 2)})
    for row, lane in enumerate(found):
        if lane["kind"] == "crossing":
            before, after = found[int(rows[row]["from_lane"])]["line"][-1], found[int(rows[row]["to_lane"])]["line"][0]
            lane["line"] = [[0.0, *before[1:]], [lane["length_m"], *after[1:]]]
    return found


def _of_link(layout: Layout, lines: Lines, row: int) -> Json:
    """Return a lane of a link, between two crossings or junctions."""
    me = layout.road.lanes[row]
    piece = layout.piece_of_segment[int(me.segment)]
    link = lines.network.link(piece.link)
    lanes = int(layout.road.segments[piece.segment].lanes)
    line = lines.beside(link, piece.from_m, piece.to_m, lines.lane_m(link, int(me.number), lanes))
    line[:, 0] -= piece.from_m
    kind = "strip" if me.number == STRIP else "over" if me.number >= lanes else "lane"
    width = link.strip_width_m if kind == "strip" else link.lane_width_m
    return {"kind": kind, "link": link.id, "from_m": round(piece.from_m, 2), "width_m": width, "line": _points(line)}


def _along(shape: NDArray[np.float64], length: float) -> list[list[float]]:
    """Return a drawn line with the distances [m] of its points, in metres of a lane of a given length."""
    at = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(shape, axis=0).T))))
    return _points(np.column_stack([at * length / at[-1], shape]))


def _link(lines: Lines, link: Link) -> Json:
    """Return a link as the area between its line, or its far edge where it is one-way, and the curb."""
    network, edge = lines.network, lines.edge_m(link)
    far = lines.far_edge_m(link)
    length = network.length(link)
    return {
        "id": link.id,
        "name": link.name,
        "outline": _outline(lines, link, 0.0, length, far, edge),
        "entry": network.node(link.from_node).boundary,
        "exit": network.node(link.to_node).boundary,
    }


def _outline(lines: Lines, link: Link, from_m: float, to_m: float, inner: float, outer: float) -> list[list[float]]:
    """Return the area beside a link between two offsets and two distances from its line."""
    there, back = (lines.beside(link, from_m, to_m, aside)[:, 1:] for aside in (inner, outer))
    return _points(np.vstack([there, back[::-1]]))


# ---------------------------------------------------------------------- at the curb


def _zone(lines: Lines, link: Link, zone: CurbZone) -> Json:
    """Return a curb zone and the areas of its berths: beside the lane or, where one stops in the lane, on it."""
    edge = lines.edge_m(link)
    inner, outer = (edge - link.lane_width_m, edge) if zone.kind == "in_lane" else (edge, edge + BERTH_DEPTH_M)
    fronts = [zone.berth_front_m(n) for n in range(zone.berths)]
    return {
        "id": zone.id,
        "link": link.id,
        "kind": zone.kind,
        "users": zone.users,
        "berths": [_outline(lines, link, at - zone.berth_length_m, at, inner, outer) for at in fronts],
        "aside_m": round(0.5 * (link.lane_width_m + BERTH_DEPTH_M) + link.strip_width_m, 2),
    }


def _crossing(lines: Lines, crossing: Crossing) -> Json:
    """Return a crossing as an area over each carriageway that it crosses."""
    areas = []
    for crossed in crossing.links:
        link = lines.network.link(crossed.link)
        far = lines.far_edge_m(link)
        begin, end = crossed.at_m, min(crossed.at_m + crossing.width_m, lines.network.length(link))
        areas.append(_outline(lines, link, begin, end, far, lines.edge_m(link)))
    return {"id": crossing.id, "control": crossing.control, "areas": areas}


def _rail(lines: Lines, link: Link, rail: Any) -> list[list[float]]:
    return _points(lines.beside(link, rail.from_m, rail.to_m, lines.edge_m(link) + BERTH_DEPTH_M + 0.5)[:, 1:])
