"""Zebras as SUMO's crossings, and who crosses there on foot: a stub of a footway on each side, and the way over."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from sim.formats.sumo_out.plan import Pedestrian, Plan
from sim.formats.sumo_out.streets import Point, Streets, number, sumo_name
from sim.scenario.network import Crossing

ON_FOOT = "pedestrian"
"""SUMO's class for people on foot."""
STUB_M = 5.0
"""[m] of footway drawn on each side, from whose end people set out."""


@dataclass(frozen=True)
class Zebra:
    """A zebra at a node: the edges that it crosses, and its footways on the gate's side and on the far one."""

    crossing: Crossing
    node: str
    edges: tuple[str, ...]
    sides: tuple[str, str]
    ends: tuple[Point, Point]


def zebras(streets: Streets) -> dict[str, Zebra]:
    """Return the zebras over which somebody walks, by the crossing's id; none where it cuts two roads apart."""
    used = {p.crossing for p in streets.plan.pedestrians}
    found = {}
    for crossing in streets.network.crossings:
        cuts = [cut for cut in streets.cut_nodes if streets.plan.road.pieces[cut[0]][cut[1]].crossing == crossing.id]
        names = {streets.cut_nodes[cut] for cut in cuts}
        if crossing.id in used and len(names) == 1:
            found[crossing.id] = _zebra(streets, crossing, names.pop(), cuts)
    return found


def _zebra(streets: Streets, crossing: Crossing, node: str, cuts: list[tuple[str, int]]) -> Zebra:
    gate = streets.plan.scenario.site.gate.link
    link = streets.network.link(gate)
    at_m = next(c.at_m for c in crossing.links if c.link == gate)
    aside_m = crossing.length_m / 2.0 + STUB_M
    near, far = (streets.lines.point(link, at_m, side * aside_m) for side in (1.0, -1.0))
    x, y = streets.places[node]
    dx, dy = (near[0] - far[0]) / 2.0, (near[1] - far[1]) / 2.0
    arm = [n if streets.network.link(name).from_node == link.from_node else n + 1 for name, n in cuts]
    return Zebra(
        crossing,
        node,
        tuple(streets.edge(name, n) for (name, _), n in zip(cuts, arm, strict=True)),
        (f"{node}#gate", f"{node}#far"),
        ((x + dx, y + dy), (x - dx, y - dy)),
    )


def add_nodes(root: Element, streets: Streets) -> None:
    """Add where the footways begin."""
    for zebra in zebras(streets).values():
        for name, (x, y) in zip(zebra.sides, zebra.ends, strict=True):
            SubElement(root, "node", id=name, x=number(x), y=number(y), type="dead_end")


def add_edges(root: Element, streets: Streets) -> None:
    """Add the footways, and keep people on foot off the road: else SUMO takes every lane for a footway."""
    found = zebras(streets).values()
    for e in root.iter("edge") if found else ():
        for part in (e, *(lane for lane in e.iter("lane") if "disallow" in lane.attrib)):
            part.set("disallow", f"{part.get('disallow', '')} {ON_FOOT}".strip())
    for zebra in found:
        for name in zebra.sides:
            ends = {"from": name, "to": zebra.node}
            edge = SubElement(root, "edge", {"id": name, **ends, "numLanes": "1", "length": number(STUB_M)})
            SubElement(edge, "lane", index="0", allow=ON_FOOT, width=number(zebra.crossing.width_m))


def add_crossings(root: Element, streets: Streets) -> None:
    """Add the zebras, where drivers give way."""
    for zebra in zebras(streets).values():
        width = number(zebra.crossing.width_m)
        SubElement(root, "crossing", node=zebra.node, edges=" ".join(zebra.edges), priority="true", width=width)


def people(streets: Streets) -> Iterator[tuple[float, Element]]:
    """Yield everybody who crosses at a zebra, with the time [s] of setting out beside it."""
    known = zebras(streets)
    for p in streets.plan.pedestrians:
        if p.crossing in known:
            yield p.at_s, _person(p, known[p.crossing])


def _person(p: Pedestrian, zebra: Zebra) -> Element:
    """Return somebody who walks from one footway to the other, both ends of which lie at the zebra."""
    sides = zebra.sides if p.from_gate else zebra.sides[::-1]
    at_zebra = number(STUB_M - 0.5)
    person = Element("person", id=sumo_name(p.name.replace(" ", "_")), depart=number(p.at_s), departPos=at_zebra)
    SubElement(person, "walk", edges=" ".join(sides), arrivalPos=at_zebra, speed=number(p.speed_m_s))
    return person


def notes(plan: Plan) -> Iterator[str]:
    """Yield who walks here and is not there, or walks otherwise."""
    site, known = plan.scenario.site, zebras(Streets(plan))
    there = sum(p.crossing in known for p in plan.pedestrians)
    yield (
        f"people on foot: {plan.on_foot} pupils on foot, and the walks of the others, are left out"
        + (f"; only over zebras {there} walks of pupils, and of adults with them, are written" if there else "")
    )
    control = {c.id: c.control for c in site.network.crossings}
    if lit := [id for id, of in control.items() if of == "signal" and id in plan.road.crossing_lights]:
        yield f"crossings with signal ({', '.join(lit)}): the vehicles' lights alone"
    if known:
        shares = ", ".join(f"{id}: {zebra.crossing.drivers_yielding:g}" for id, zebra in known.items())
        yield f"zebras: all drivers give way there, here a share of them ({shares}); families' escorts do not cross"
    if free := [id for id, of in control.items() if of != "signal" and id not in known]:
        yield f"crossings without signal ({', '.join(free)}): nobody crosses, nobody yields"
