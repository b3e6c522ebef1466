"""Lays out the curb of an imported site: bus stops where they are mapped, places to stop near the gate."""

from collections import defaultdict
from dataclasses import dataclass
from math import ceil, floor

from sim.formats.osm_graph import foot
from sim.formats.osm_network import Layout
from sim.formats.osm_read import Extract
from sim.formats.osm_stops import Stop
from sim.formats.osm_tags import curb_parking
from sim.scenario.junctions import setback_m
from sim.scenario.network import LANE_WIDTH_M, CrossedLink, Crossing, CurbKind, CurbZone, Network
from sim.scenario.site import Gate

END_M = 18.0  # zones keep this far from a link's ends, or further where the junction reaches further
APART_M = 2.0  # and from each other
BERTH_M = 6.0  # [m] of a car's berth; assumption
TOLERATED_BERTHS = 6  # vehicles that stop in the lane before the gate, and across; assumption
PARKING_BERTHS = 6  # the most berths taken over from a tagged parking lane
BUS_M = 13.3  # [m] of a bus's berth: 10.8 m and 2.5 m apart
SCHOOL_REACH_M = 120.0  # zones for the school end at most this far from the gate
BUS_SHIFT_M = 60.0  # a bus stop may be moved this far to find room
CROSSING_NEAR_M = 60.0  # a crossing this near the gate is the school's
CROSSING_BEFORE_GATE_M = 18.0  # an assumed one lies this far before it
CROSSING_WIDTH_M = 6.0
SIGNAL_LANES = 4  # a street of so many lanes has a signalised crossing
TAPER_IN_M, TAPER_OUT_M = 15.0, 20.0


@dataclass(frozen=True)
class BusZone:
    """A curb zone for buses, and the stop that it is."""

    zone: CurbZone
    stop: Stop


class Curb:
    """The curb's free stretches, link by link, as zones take them up."""

    def __init__(self, network: Network) -> None:
        """Start with everything free but crossings and the links' ends."""
        self.network = network
        self._setbacks = setback_m(network)
        self._taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for crossing in network.crossings:
            for crossed in crossing.links:
                self.take(crossed.link, crossed.at_m - 4.0, crossed.at_m + crossing.width_m + APART_M)

    def take(self, link: str, from_m: float, to_m: float) -> None:
        """Mark a stretch [m, m] as used."""
        self._taken[link].append((from_m, to_m))

    def between_ends(self, link: str) -> tuple[float, float]:
        """Return from where to where [m, m] a link has a curb, in whole decimetres where a junction ends it."""
        length, (start, end) = self.network.length(self.network.link(link)), self._setbacks[link]
        return max(END_M, ceil(10.0 * start) / 10.0), min(length - END_M, floor(10.0 * (length - end)) / 10.0)

    def free(self, link: str) -> list[tuple[float, float]]:
        """Return the free stretches [m, m] of a link, in driving order."""
        begin, end = self.between_ends(link)
        spans = []
        for low, high in sorted(self._taken[link]):
            if low - begin > 0:
                spans.append((begin, min(low, end)))
            begin = max(begin, high)
        spans.append((begin, end))
        return [(low, high) for low, high in spans if high > low]

    def fit(self, link: str, front_m: float, berth_m: float, berths: int, shift_m: float) -> tuple[float, float, int]:
        """Return from, to [m] and berths of a zone whose front comes nearest to a point; 0 berths: no room.

        As many of the wished berths as fit on one free stretch, the front at most `shift_m` [m] from the point.
        """
        options = []
        for low, high in self.free(link):
            n = min(berths, int((high - low + 1e-9) // berth_m))
            if n:
                to_m = min(max(front_m, low + n * berth_m), high)
                if abs(to_m - front_m) <= shift_m:
                    options.append((-n, abs(to_m - front_m), to_m))
        if not options:
            return 0.0, 0.0, 0
        fewest, _, to_m = min(options)
        return round(to_m + fewest * berth_m, 1), round(to_m, 1), -fewest


def bus_zones(curb: Curb, stops: tuple[Stop, ...], berths: dict[str, int]) -> tuple[BusZone, ...]:
    """Return a zone for each stop that finds room at its curb; `berths` by stop key."""
    zones = []
    for number, stop in enumerate(stops, start=1):
        before, after = (TAPER_IN_M, TAPER_OUT_M) if stop.bay else (0.0, 0.0)
        from_m, to_m, n = curb.fit(stop.link, stop.at_m + 5.0, BUS_M, berths[stop.key], BUS_SHIFT_M)
        if not n:
            continue
        curb.take(stop.link, from_m - APART_M - before, to_m + APART_M + after)
        zone = CurbZone(
            id=f"bus{number}",
            link=stop.link,
            kind="bay" if stop.bay else "in_lane",
            from_m=from_m,
            to_m=to_m,
            berths=n,
            users="bus",
            taper_in_m=before,
            taper_out_m=after,
        )
        zones.append(BusZone(zone, stop))
    return tuple(zones)


def gate_crossing(network: Network, curb: Curb, gate: Gate) -> Crossing | None:
    """Return a crossing assumed before the gate, or None if there is one already or no room for one."""
    sides = {gate.link, gate.opposite_link}
    joined = [c for c in network.crossings if sides <= {link.link for link in c.links}]
    offsets = [link.at_m for c in joined for link in c.links if link.link == gate.link]
    near = [at_m for at_m in offsets if abs(at_m - gate.at_m) <= CROSSING_NEAR_M]
    if near or gate.opposite_link is None:
        return None
    at_m = _crossing_place(curb, gate)
    across = _beside(curb, gate.link, gate.opposite_link, at_m) if at_m is not None else None
    if at_m is None or across is None:
        return None
    lanes = network.link(gate.link).lanes + network.link(gate.opposite_link).lanes
    crossed = (CrossedLink(link=gate.link, at_m=at_m), CrossedLink(link=gate.opposite_link, at_m=across))
    for each in crossed:
        curb.take(each.link, each.at_m - 4.0, each.at_m + CROSSING_WIDTH_M + APART_M)
    return Crossing(
        id="gate_crossing",
        links=crossed,
        length_m=lanes * LANE_WIDTH_M,
        width_m=CROSSING_WIDTH_M,
        control="signal" if lanes >= SIGNAL_LANES else "zebra",
    )


def _crossing_place(curb: Curb, gate: Gate) -> float | None:
    """Return the stop line's offset [m] of a crossing just before the gate, else just after it."""
    for at_m in (gate.at_m - CROSSING_BEFORE_GATE_M, gate.at_m + 4.0):
        for low, high in curb.free(gate.link):
            if low <= at_m and at_m + CROSSING_WIDTH_M <= high:
                return round(at_m, 1)
    return None


def _beside(curb: Curb, link: str, other: str, at_m: float) -> float | None:
    """Return the stop line [m] on the other direction of the street for a crossing at an offset of this one."""
    here = curb.network.position(link, at_m + CROSSING_WIDTH_M / 2)
    line = curb.network.points(curb.network.link(other))
    at = foot(line, here).at_m - CROSSING_WIDTH_M / 2
    begin, end = curb.between_ends(other)
    return round(at, 1) if begin <= at <= end - CROSSING_WIDTH_M else None


def school_zones(curb: Curb, layout: Layout, gate: Gate, extract: Extract) -> tuple[CurbZone, ...]:
    """Return the places to stop near the gate: tolerated in the lane, and parking where it is tagged."""
    zones: list[CurbZone] = []
    for link, prefix in ((gate.link, "gate"), (gate.opposite_link, "across")):
        if link is None:
            continue
        front = gate.at_m - BERTH_M if link == gate.link else _opposite_m(curb.network, gate)
        tolerated: CurbKind = "in_lane" if curb.network.link(link).lanes > 1 else "bay"
        kinds: list[tuple[CurbKind, str, int]] = [(tolerated, "tolerated", TOLERATED_BERTHS)]
        if parking_tag(layout, link, extract) == "parking":
            kinds.append(("parking", "parking", PARKING_BERTHS))
        for kind, name, wished in kinds:
            from_m, to_m, n = curb.fit(link, front, BERTH_M, wished, SCHOOL_REACH_M)
            if n:
                curb.take(link, from_m - APART_M, to_m + APART_M)
                zone = CurbZone(
                    id=f"{prefix}_{name}",
                    link=link,
                    kind=kind,
                    from_m=from_m,
                    to_m=to_m,
                    berths=n,
                    escort=kind == "parking",
                )
                zones.append(zone)
    return tuple(zones)


def _opposite_m(network: Network, gate: Gate) -> float:
    """Return the offset [m] on the opposite link just past the point across from the gate."""
    assert gate.opposite_link is not None
    line = network.points(network.link(gate.opposite_link))
    return foot(line, network.position(gate.link, gate.at_m)).at_m + BERTH_M * TOLERATED_BERTHS


def parking_tag(layout: Layout, link: str, extract: Extract) -> str:
    """Return what the tags say of parking at a link's curb: "parking", "banned" or nothing."""
    edge = layout.edge(link)
    curb = layout.network.traffic_side
    drawn_ahead = layout.sources[link][1]
    side = curb if drawn_ahead else ("left" if curb == "right" else "right")
    told = [curb_parking(extract.ways[way].tags, side) for way in edge.ways]
    return max(sorted(set(told)), key=told.count)
