"""Finds the ways to which each marked lane leads at its link's end, and tells where the map's marks do not fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import degrees

from sim.formats.osm_arrows import REVERSE, Marks, lanes_of_ways, spread, unread
from sim.formats.osm_network import Layout
from sim.formats.osm_read import Extract
from sim.formats.osm_tags import one_way
from sim.scenario.fields import CONTROL
from sim.scenario.junction_plan import Plan
from sim.scenario.network import Link, Side, Turn, TurnLanes

LONGEST = 20
"""So many letters are shown of a word that is no arrow."""
SHOWN = 4
"""So many links or ways are named in a note."""


@dataclass(frozen=True)
class Marked:
    """The lanes of turns at the ends of so many links, and what did not fit, a line for each kind."""

    lanes: tuple[TurnLanes, ...]
    links: int
    notes: tuple[str, ...]


def turn_lanes(layout: Layout, extract: Extract) -> Marked:
    """Return what the marks on lanes mean; a way's hold where it ends, not where other streets meet it before."""
    network, plan = layout.network, Plan(layout.network)
    found: list[TurnLanes] = []
    amiss: dict[str, list[str]] = {kind: [] for kind in NOTES}
    for way in sorted({way for edge in layout.graph.edges for way in edge.ways}):
        keys, words = unread(extract.ways[way].tags, one_way(extract.ways[way].tags))
        amiss["unread"] += [f"{key} of w{way}" for key in sorted(keys)]
        amiss["words"] += [f"{CONTROL.sub('', word)[:LONGEST]} on w{way}" for word in sorted(words)]
    links = 0
    for link in network.links:
        marks = layout.edge(link.id).street.marks_forward
        turns = {} if link.to_node in plan.boundary else plan.turns(network.node(link.to_node), link)
        ways = {
            id: (degrees(plan.deflection(link, network.link(id))), kind)
            for id, kind in turns.items()
            if kind != "u_turn"
        }
        if not marks or min(len(ways), link.lanes) < 2 or _goes_on(layout, link, turns):
            continue
        told = _one_way_back(spread(marks, link.lanes), network.traffic_side)
        read = lanes_of_ways(told, ways)
        further = {arrow for id, kind in turns.items() if kind == "through" for arrow in _arrows(layout, id)}
        nowhere = ((read.nowhere | {REVERSE}) & _arrows(layout, link.id)) - further
        amiss["count"] += [link.id] * (len(marks) != link.lanes)
        if not read.lanes:
            amiss["cross"].append(link.id)
            continue
        amiss["nowhere"] += [f"{arrow.replace('_', ' ')} on {link.id}" for arrow in sorted(nowhere)]
        amiss["unmarked"] += [f"from {link.id} to {id}" for id in sorted(read.unmarked) if all(told)]
        links += 1
        for id, lanes in read.lanes.items():
            numbers = lanes if network.traffic_side == "left" else [link.lanes - 1 - lane for lane in lanes]
            found.append(TurnLanes(from_link=link.id, to_link=id, lanes=tuple(sorted(numbers))))
    return Marked(tuple(found), links, tuple(_notes(amiss)))


def _goes_on(layout: Layout, link: Link, turns: dict[str, Turn]) -> bool:
    """Tell whether the way on which the link ends goes straight on."""
    way = layout.edge(link.id).ways[-1]
    return any(kind == "through" and layout.edge(id).ways[0] == way for id, kind in turns.items())


def _arrows(layout: Layout, link: str) -> frozenset[str]:
    return frozenset[str]().union(*layout.edge(link).street.marks_forward)


def _one_way_back(marks: Marks, side: Side) -> Marks:
    """Return the marks with an arrow that leads back taken for a sharp turn across oncoming traffic."""
    sharp = "sharp_left" if side == "right" else "sharp_right"
    return tuple(frozenset(sharp if arrow == REVERSE else arrow for arrow in mark) for mark in marks)


NOTES = {
    "unread": "turn:lanes are read only where they tell a direction, and one that is open",
    "words": "turn:lanes hold words that are no arrows: they count as none",
    "count": "turn:lanes tell more or fewer lanes than there are: each lane has the arrows of all that it overlaps",
    "nowhere": "turn:lanes name turns that are not there, or back: these lanes lead to the nearest turn",
    "unmarked": "turn:lanes name no lane for turns that are there: they are made from the nearest lane",
    "cross": "turn:lanes are not read where ways from them would cross",
}


def _notes(amiss: dict[str, list[str]]) -> Iterator[str]:
    """Yield a line for each kind of what did not fit."""
    for kind, where in amiss.items():
        if where:
            more = f" and {len(where) - SHOWN} more" if len(where) > SHOWN else ""
            yield f"{NOTES[kind]} ({', '.join(where[:SHOWN])}{more})"
