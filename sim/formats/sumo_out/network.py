"""The road as SUMO's nodes, edges and connections."""

import itertools
from xml.etree.ElementTree import Element, SubElement

from sim.formats.sumo_out.footways import add_crossings, add_edges, add_nodes
from sim.formats.sumo_out.plan import Way
from sim.formats.sumo_out.signals import crossing_program, programs
from sim.formats.sumo_out.streets import TWO_WHEELER, Streets, across, along, number, sumo_name


def nodes(streets: Streets) -> Element:
    """Return the junctions, the crossings, and where turn pockets open."""
    root = Element("nodes")
    signals = programs(streets)
    crossings = {name: streets.plan.road.pieces[link][n].crossing for (link, n), name in streets.cut_nodes.items()}
    by_name = {sumo_name(node.id): node for node in streets.network.nodes}
    for name, (x, y) in streets.places.items():
        crossing = crossings.get(name)
        lit = name in signals or (crossing is not None and crossing_program(crossing) in signals)
        element = SubElement(root, "node", id=name, x=number(x), y=number(y))
        if lit:
            element.set("type", "traffic_light")
            element.set("tl", name if crossing is None else crossing_program(crossing))
        elif name in by_name and by_name[name].boundary:
            element.set("type", "dead_end")
        else:
            element.set("type", "priority")
            element.set("rightOfWay", "edgePriority")
    add_nodes(root, streets)
    return root


def edges(streets: Streets) -> Element:
    """Return the pieces of links."""
    root = Element("edges")
    for link in streets.network.links:
        for n, piece in enumerate(streets.plan.road.pieces[link.id]):
            begin, end = streets.ends(link, n)
            element = SubElement(
                root,
                "edge",
                {
                    "id": streets.edge(link.id, n),
                    "from": begin,
                    "to": end,
                    "numLanes": str(streets.index(link.id, piece.lanes)),
                    "speed": number(link.speed_km_h / 3.6),
                    "priority": str(link.priority),
                    "length": number(streets.length_m(link, n)),
                    "width": number(link.lane_width_m),
                    "spreadType": "right" if streets.lines.two_way[link.id] else "center",
                    "shape": " ".join(f"{number(x)},{number(y)}" for x, y in streets.line(link, n)),
                },
            )
            if link.name:
                element.set("name", link.name)
            if (facing := streets.opposite(link, n)) is not None:
                there = streets.plan.road.pieces[facing.link].index(facing)
                SubElement(SubElement(element, "lane", index="0"), "neigh", lane=streets.lane(facing.link, there, 0))
            if link.strip_width_m > 0.0:
                SubElement(element, "lane", index="0", allow=TWO_WHEELER, width=number(link.strip_width_m))
                for index in range(1, piece.lanes + 1):
                    SubElement(element, "lane", index=str(index), disallow=TWO_WHEELER)
    add_edges(root, streets)
    for ring in _rings(streets):
        SubElement(root, "roundabout", ring)
    return root


def connections(streets: Streets) -> Element:
    """Return which lane leads to which: along each link, and across the junctions."""
    root = Element("connections")
    for link in streets.network.links:
        for n, (before, after) in enumerate(itertools.pairwise(streets.plan.road.pieces[link.id])):
            over = {"length": number(after.from_m - before.to_m)}
            for attributes in along(streets, link, n):
                SubElement(root, "connection", attributes | over)
    for way in streets.plan.road.ways:
        attributes = across(streets, way)
        attributes["length"] = number(way.movement.length_m)
        attributes["speed"] = number(way.speed_m_s)
        SubElement(root, "connection", attributes)
    for attributes in _prohibitions(streets):
        SubElement(root, "prohibition", attributes)
    going = {way.movement.from_link for way in streets.plan.road.ways}
    for link in streets.network.links:
        if link.id not in going:  # else netconvert guesses where it might lead to
            SubElement(root, "connection", {"from": streets.edge(link.id, -1)})
    add_crossings(root, streets)
    return root


def _prohibitions(streets: Streets) -> list[dict[str, str]]:
    """Return who goes first where no signal stands: netconvert's own order leaves equal streets waiting in a circle."""
    ways = streets.plan.road.ways
    unlit = {node.id for node in streets.network.nodes if node.signal is None}
    found: dict[tuple[str, str], None] = {}
    for way in ways:
        for conflict in way.movement.conflicts if way.movement.node in unlit else ():
            if conflict.yields:
                found[_joined(streets, ways[conflict.foe]), _joined(streets, way)] = None
    return [{"prohibitor": first, "prohibited": second} for first, second in found]


def _joined(streets: Streets, way: Way) -> str:
    return f"{streets.edge(way.movement.from_link, -1)}->{streets.edge(way.movement.to_link, 0)}"


def _rings(streets: Streets) -> list[dict[str, str]]:
    """Return the nodes and edges of each roundabout."""
    rings: list[tuple[set[str], list[str]]] = []
    for link in streets.network.links:
        if not link.roundabout:
            continue
        count = len(streets.plan.road.pieces[link.id])
        nodes = {node for n in range(count) for node in streets.ends(link, n)}
        edges = [streets.edge(link.id, n) for n in range(count)]
        for ring in [r for r in rings if r[0] & nodes]:
            rings.remove(ring)
            nodes, edges = nodes | ring[0], [*ring[1], *edges]
        rings.append((nodes, edges))
    return [{"nodes": " ".join(sorted(nodes)), "edges": " ".join(edges)} for nodes, edges in rings]
