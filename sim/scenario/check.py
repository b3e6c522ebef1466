"""What types cannot say of a site: names that lead nowhere, places off their link, ways that do not exist."""

from collections.abc import Iterator
from dataclasses import replace

from sim.scenario.check_demand import demand_names, demand_numbers, demand_routes, repeated, unknown
from sim.scenario.faults import Fault, near_miss
from sim.scenario.junctions import MIN_PIECE_M, movements, setback_m
from sim.scenario.movement import Movement
from sim.scenario.network import FILE_M, CurbZone, Link, Network, Node
from sim.scenario.routes import Router
from sim.scenario.site import Site

LEAST_LINK_M = 1.0
"""[m] a shorter link is a slip of the pen"""
LEAST_BERTH_M = {"school": 5.0, "bus": 11.0}
"""[m] of curb that a berth takes at least, by users"""
LEAST_STAY_S = 2.0
"""[s] in which a child may get out, at least, where the stay is limited [assumption]"""
LEAST_GREEN_S = 10.0
"""[s] what a signal crossing leaves to vehicles at least, amber included [assumption]"""
SLACK_M = 1e-6
"""[m] by which a stretch may overlap another: what arithmetic leaves over"""


def check_site(site: Site, where: str = "") -> list[Fault]:
    """Return every fault of a site that its types let pass; `where` is the file, put before each key's path."""
    roads = list(_roads(site.network))
    names = [*_network_names(site.network), *_site_names(site), *demand_names(site)]
    faults = [*roads, *names, *_signals(site.network), *demand_numbers(site.demand)]
    if not roads:
        faults += [
            *_crossings(site.network),
            *_zones(site.network),
            *_offsets(site),
            *_somewhere_to_stop(site),
            *_of_use(site),
        ]
    if not roads and not names:
        moves = movements(site.network)
        faults += [*_turn_lanes(site.network, moves), *demand_routes(site, Router(site.network, moves))]
    return [replace(fault, where=f"{where}: {fault.where}") for fault in faults] if where else faults


# ---------------------------------------------------------------------- the streets


def _roads(network: Network) -> Iterator[Fault]:
    """Yield what keeps the streets from being laid out at all."""
    nodes = [node.id for node in network.nodes]
    yield from repeated("network.nodes", nodes)
    yield from repeated("network.links", (link.id for link in network.links))
    for key in ("connections", "programmes"):
        if getattr(network, key):
            yield Fault(f"network.{key}", "stated", "none; only sites of given trips have them")
    for n, link in enumerate(network.links):
        if link.bus_lanes:
            yield Fault(f"network.links.{n}.bus_lanes", "stated", "none; only sites of given trips have them")
        ends = {"from_node": link.from_node, "to_node": link.to_node}
        for key, node in ends.items():
            yield from unknown(f"network.links.{n}.{key}", node, nodes, "a node")
        if set(ends.values()) <= set(nodes) and network.length(link) < LEAST_LINK_M:
            found = f"{network.length(link):g} m from {link.from_node} to {link.to_node}"
            yield Fault(f"network.links.{n}", found, f"a link of at least {LEAST_LINK_M:g} m")
        elif set(ends.values()) <= set(nodes) and link.turn_pocket_m > network.length(link):
            expected = f"at most {network.length(link):.1f} m, the length of {link.id}"
            yield Fault(f"network.links.{n}.turn_pocket_m", f"{link.turn_pocket_m:g} m", expected)
        yield from _strip(f"network.links.{n}", link)
    if all({link.from_node, link.to_node} <= set(nodes) for link in network.links):
        yield from _rings(network)
    yield from _ends(network)


def _strip(path: str, link: Link) -> Iterator[Fault]:
    if 0.0 < link.strip_width_m < FILE_M:
        yield Fault(f"{path}.strip_width_m", f"{link.strip_width_m:g} m", f"0, or at least {FILE_M:g} m")


def _rings(network: Network) -> Iterator[Fault]:
    """Yield links of a roundabout that are driven in both directions."""
    lines = {network.points(link)[::-1] for link in network.links}
    for n, link in enumerate(network.links):
        if link.roundabout and network.points(link) in lines:
            found = f"true on {link.id}, a street in both directions"
            yield Fault(f"network.links.{n}.roundabout", found, "true on one-way links alone")


def _ends(network: Network) -> Iterator[Fault]:
    """Yield faults of the study area's ends: none at all, or one in the middle of a street."""
    if not network.entries():
        yield Fault("network", "no entry", "a link out of a node with boundary: true")
    if not network.exits():
        yield Fault("network", "no exit", "a link into a node with boundary: true")
    for n, node in enumerate(network.nodes):
        if node.boundary:
            at = [link for link in network.links if node.id in (link.from_node, link.to_node)]
            beyond = sorted({id for link in at for id in (link.from_node, link.to_node)} - {node.id})
            if len(beyond) > 1:
                found = f"true, with streets to {', '.join(beyond)}"
                yield Fault(f"network.nodes.{n}.boundary", found, "one street: nobody drives on across the area's end")


def _network_names(network: Network) -> Iterator[Fault]:
    """Yield ids that stand twice and links that are none."""
    links = [link.id for link in network.links]
    yield from repeated("network.crossings", (crossing.id for crossing in network.crossings))
    yield from repeated("network.curb_zones", (zone.id for zone in network.curb_zones))
    for n, ban in enumerate(network.turn_bans):
        yield from unknown(f"network.turn_bans.{n}.from_link", ban.from_link, links, "a link")
        yield from unknown(f"network.turn_bans.{n}.to_link", ban.to_link, links, "a link")
    for n, marked in enumerate(network.turn_lanes):
        yield from unknown(f"network.turn_lanes.{n}.from_link", marked.from_link, links, "a link")
        yield from unknown(f"network.turn_lanes.{n}.to_link", marked.to_link, links, "a link")
    for n, crossing in enumerate(network.crossings):
        for k, crossed in enumerate(crossing.links):
            yield from unknown(f"network.crossings.{n}.links.{k}.link", crossed.link, links, "a link")
    for n, zone in enumerate(network.curb_zones):
        yield from unknown(f"network.curb_zones.{n}.link", zone.link, links, "a link")


def _turn_lanes(network: Network, moves: tuple[Movement, ...]) -> Iterator[Fault]:
    """Yield marked lanes that are not there, are for no turn that there is, or leave a lane without a way on."""
    ways = {(m.from_link, m.to_link) for m in moves}
    seen: set[tuple[str, str]] = set()
    for n, marked in enumerate(network.turn_lanes):
        pair, last = (marked.from_link, marked.to_link), network.link(marked.from_link).lanes_at_end - 1
        if pair in seen or pair not in ways:
            expected = "each turn once" if pair in seen else "a turn that one may make there"
            yield Fault(f"network.turn_lanes.{n}", " to ".join(pair), expected)
        if max(marked.lanes) > last:
            expected = f"0, at the curb, to {last}, the innermost lane of {marked.from_link}"
            yield Fault(f"network.turn_lanes.{n}.lanes", str(max(marked.lanes)), expected)
        seen.add(pair)
    leading = {(m.from_link, m.from_lane) for m in moves}
    for link in sorted({marked.from_link for marked in network.turn_lanes}):
        for lane in range(network.link(link).lanes_at_end):
            if (link, lane) not in leading:
                yield Fault("network.turn_lanes", f"lane {lane} of {link} for no turn", "a way on from every lane")


def _signals(network: Network) -> Iterator[Fault]:
    for n, node in enumerate(network.nodes):
        if node.signal is not None:
            yield from _signal(
                f"network.nodes.{n}.signal", node, [link.id for link in network.links if link.to_node == node.id]
            )


def _signal(path: str, node: Node, into: list[str]) -> Iterator[Fault]:
    """Yield what is wrong with one node's signal; `into` are the links that end there."""
    assert node.signal is not None
    for n, stage in enumerate(node.signal.stages):
        for k, link in enumerate(stage.approaches):
            expected = f"a link that ends at {node.id}: {', '.join(into)}"
            yield from unknown(f"{path}.stages.{n}.approaches.{k}", link, into, expected)
    told = {link for stage in node.signal.stages for link in stage.approaches}
    missed = [link for link in into if link not in told]
    if missed:
        expected = "a stage for every link that ends here"
        yield Fault(
            f"{path}.stages", f"none for {', '.join(missed)}", expected, near_miss(missed[0], sorted(told - {*into}))
        )
    total = sum(stage.green_s + stage.amber_s + stage.all_red_s for stage in node.signal.stages)
    if total > node.signal.cycle_s + SLACK_M:
        yield Fault(f"{path}.stages", f"{total:g} s in all", f"no more than the cycle's {node.signal.cycle_s:g} s")


# ---------------------------------------------------------------------- places along the links


def _crossings(network: Network) -> Iterator[Fault]:
    lengths, setbacks = _lengths(network), setback_m(network)
    taken = {link: sum(setbacks[link]) + MIN_PIECE_M for link in lengths}
    for n, crossing in enumerate(network.crossings):
        path = f"network.crossings.{n}"
        for k, crossed in enumerate(crossing.links):
            yield from _beyond(f"{path}.links.{k}.at_m", crossed.at_m, crossed.link, lengths)
            if crossed.link in taken:
                taken[crossed.link] += crossing.width_m + MIN_PIECE_M
                if taken[crossed.link] > lengths[crossed.link]:
                    needed = f"a longer link, {taken[crossed.link]:.1f} m with the room before and after its crossings"
                    yield Fault(f"{path}.links.{k}.link", f"{crossed.link}, {lengths[crossed.link]:.1f} m long", needed)
            at = [link for link in network.links if link.id == crossed.link and link.divided]
            if at and crossing.control == "unmarked":
                yield Fault(f"{path}.control", f"unmarked over {at[0].id}, which is divided", "signal or zebra")
        on_foot = crossing.walk_s + crossing.clearance_s
        if crossing.control == "signal" and on_foot > crossing.cycle_s - LEAST_GREEN_S:
            expected = (
                f"with clearance_s at most {crossing.cycle_s - LEAST_GREEN_S:g} s of the cycle's {crossing.cycle_s:g} s"
            )
            yield Fault(f"{path}.walk_s", f"{crossing.walk_s:g} s", expected)


def _zones(network: Network) -> Iterator[Fault]:
    """Yield curb zones that are too short, off their link, or in the way of something else."""
    lengths, setbacks = _lengths(network), setback_m(network)
    for n, zone in enumerate(network.curb_zones):
        path = f"network.curb_zones.{n}"
        if zone.from_m >= zone.to_m:
            yield Fault(f"{path}.to_m", f"{zone.to_m:g} m", f"more than from_m, {zone.from_m:g} m")
            continue
        least = LEAST_BERTH_M[zone.users]
        if zone.berth_length_m < least - SLACK_M:
            found = f"{zone.berths} on {zone.to_m - zone.from_m:g} m"
            yield Fault(f"{path}.berths", found, f"berths of at least {least:g} m")
        if zone.link in lengths:
            yield from _zone_on_link(path, zone, lengths[zone.link], setbacks[zone.link])
            yield from _zone_clear(path, zone, network, network.curb_zones[:n])


def _zone_on_link(path: str, zone: CurbZone, length: float, setbacks: tuple[float, float]) -> Iterator[Fault]:
    """Yield ends of a zone beyond its link or in a junction."""
    first, last = setbacks[0], length - setbacks[1]
    for key, at in (("from_m", zone.from_m), ("to_m", zone.to_m)):
        if at > length + SLACK_M:
            yield Fault(f"{path}.{key}", f"{at:g} m", f"at most {length:.1f} m, the length of {zone.link}")
        elif not first - SLACK_M <= at <= last + SLACK_M:
            yield Fault(
                f"{path}.{key}", f"{at:g} m", f"{first:.1f} to {last:.1f} m, clear of the junctions of {zone.link}"
            )


def _zone_clear(path: str, zone: CurbZone, network: Network, before: tuple[CurbZone, ...]) -> Iterator[Fault]:
    """Yield what a zone overlaps: a crossing, or with its tapers another zone of those `before` it in the list."""
    found = f"{zone.from_m:g} to {zone.to_m:g} m on {zone.link}"
    for crossing in network.crossings:
        for crossed in crossing.links:
            beyond = crossed.at_m + crossing.width_m
            if crossed.link == zone.link and zone.from_m < beyond - SLACK_M and zone.to_m > crossed.at_m + SLACK_M:
                yield Fault(
                    path, found, f"a stretch clear of the crossing {crossing.id}, {crossed.at_m:g} to {beyond:g} m"
                )
    begin, end = _with_tapers(zone)
    for other in before:
        from_m, to_m = _with_tapers(other)
        if other.link == zone.link and begin < to_m - SLACK_M and end > from_m + SLACK_M:
            tapers = f" ({begin:g} to {end:g} m with tapers)" if (begin, end) != (zone.from_m, zone.to_m) else ""
            yield Fault(
                path, found + tapers, f"a stretch clear of {other.id}, {from_m:g} to {to_m:g} m with its tapers"
            )


def _with_tapers(zone: CurbZone) -> tuple[float, float]:
    return zone.from_m - zone.taper_in_m, zone.to_m + zone.taper_out_m


def _lengths(network: Network) -> dict[str, float]:
    return {link.id: network.length(link) for link in network.links}


def _beyond(path: str, at_m: float, link: str, lengths: dict[str, float]) -> Iterator[Fault]:
    """Yield a fault for an offset beyond a link's end."""
    if link in lengths and at_m > lengths[link] + SLACK_M:
        yield Fault(path, f"{at_m:g} m", f"at most {lengths[link]:.1f} m, the length of {link}")


# ---------------------------------------------------------------------- the gate and what stands beside it


def _site_names(site: Site) -> Iterator[Fault]:
    """Yield ids that stand twice and links that are none."""
    links = [link.id for link in site.network.links]
    yield from repeated("guardrails", (rail.id for rail in site.guardrails))
    yield from repeated("waiting_areas", (area.id for area in site.waiting_areas))
    yield from unknown("gate.link", site.gate.link, links, "a link")
    if site.gate.opposite_link is not None:
        others = [link for link in links if link != site.gate.link]
        yield from unknown(
            "gate.opposite_link", site.gate.opposite_link, others, "another link, the street's other direction"
        )
    for key in ("guardrails", "waiting_areas", "remote_parking"):
        for n, thing in enumerate(getattr(site, key)):
            yield from unknown(f"{key}.{n}.link", thing.link, links, "a link")


def _offsets(site: Site) -> Iterator[Fault]:
    """Yield what stands beyond the end of its link."""
    lengths = _lengths(site.network)
    yield from _beyond("gate.at_m", site.gate.at_m, site.gate.link, lengths)
    for n, rail in enumerate(site.guardrails):
        if rail.from_m >= rail.to_m:
            yield Fault(f"guardrails.{n}.to_m", f"{rail.to_m:g} m", f"more than from_m, {rail.from_m:g} m")
        yield from _beyond(f"guardrails.{n}.to_m", rail.to_m, rail.link, lengths)
    for n, area in enumerate(site.waiting_areas):
        yield from _beyond(f"waiting_areas.{n}.at_m", area.at_m, area.link, lengths)
    for n, parking in enumerate(site.remote_parking):
        yield from _beyond(f"remote_parking.{n}.at_m", parking.at_m, parking.link, lengths)


def _somewhere_to_stop(site: Site) -> Iterator[Fault]:
    here = [zone for zone in site.network.curb_zones if zone.link == site.gate.link and zone.users == "school"]
    if not here and not site.remote_parking:
        yield Fault("remote_parking", "none, and no curb zone for the school on the gate's link", "somewhere to stop")


def _of_use(site: Site) -> Iterator[Fault]:
    """Yield zones for parents where no parent looks for a place, or stays for long enough."""
    sides = [link for link in (site.gate.link, site.gate.opposite_link) if link]
    elsewhere = {link.id for link in site.network.links} - {*sides}
    for n, zone in enumerate(site.network.curb_zones):
        if zone.users == "school" and zone.link in elsewhere:
            expected = f"{' or '.join(sides)}, past the gate: nobody looks for a place elsewhere"
            yield Fault(f"network.curb_zones.{n}.link", f"{zone.link}, for the school", expected)
        if zone.max_stay_s is not None and zone.max_stay_s < LEAST_STAY_S:
            found = f"{zone.max_stay_s:g} s"
            yield Fault(f"network.curb_zones.{n}.max_stay_s", found, f"{LEAST_STAY_S:g} s or more, to get out in")
