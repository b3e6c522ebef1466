"""The road as a planner describes it: nodes, links, turn bans, signals, crossings and curb zones.

Words. A *link* is one direction of a street between two nodes, with lanes numbered from 0 at the curb. Offsets
(`at_m`, `from_m`, `to_m`) run along the link in its driving direction, from 0 at its start. A node with
`boundary` is where the study area ends: links out of it are entries, links into it are exits.

A network either leaves its junctions to be worked out (`sim.scenario.junctions`), or states every way over them in
`connections`, as a map from another program does. Then its links' lines and lengths are their own, from where a link
begins to its stop line, and not those from node to node (docs/decisions/0010).
"""

import itertools
from collections.abc import Iterable
from functools import cached_property
from math import hypot
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from sim.scenario.fields import STRICT, Coordinate, Metres, Name, Seconds, Share, SpeedKmH, Text, Unit

LANE_WIDTH_M = 3.5
"""[m] where nobody says otherwise [assumption]"""
FILE_M = 1.0
"""Width of a strip that one file of two-wheelers takes (Chinese code for urban roads CJJ 37-2012: 1.0 m)."""
ZEBRA_YIELD_SHARE = 0.5
"""[assumption] 0.3-0.7; Xi'an measured 0.04 to 0.69, without and with enforcement"""
UNMARKED_YIELD_SHARE = 0.05
"""[assumption] 0-0.2"""
LONGEST_WAY_M = 1_000
"""[m] of a way over a junction: a longer one is a slip of the pen"""

Turn = Literal["left", "through", "right", "u_turn"]
CurbKind = Literal["in_lane", "bay", "parking"]
Side = Literal["right", "left"]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Stage:
    """One green of a fixed-time signal: these approach links go, for these turns (empty: all turns)."""

    approaches: tuple[Name, ...]
    green_s: Seconds
    amber_s: Seconds = 3.0
    all_red_s: Seconds = 2.0
    turns: tuple[Turn, ...] = ()


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Signal:
    """A fixed-time programme; the stages follow each other and fill the cycle from `offset_s` after the hour."""

    cycle_s: Annotated[float, Field(ge=10, le=600), Unit("s")]
    stages: tuple[Stage, ...]
    offset_s: Seconds = 0.0


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Node:
    """A junction, a bend or, with `boundary`, an end of the study area."""

    id: Name
    x_m: Coordinate
    y_m: Coordinate
    boundary: bool = False
    u_turn: bool = False
    signal: Signal | None = None


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Link:
    """One direction of a street between two nodes; `priority` ranks streets where they meet (higher goes first)."""

    id: Name
    from_node: Name
    to_node: Name
    lanes: Annotated[int, Field(ge=1, le=8)]
    speed_km_h: SpeedKmH
    priority: Annotated[int, Field(ge=0, le=20)] = 1
    length_m: Annotated[float, Field(gt=0, le=100_000), Unit("m")] | None = None
    shape: tuple[tuple[Coordinate, Coordinate], ...] = ()
    lane_width_m: Annotated[float, Field(ge=2, le=8), Unit("m")] = LANE_WIDTH_M
    turn_pocket_m: Annotated[float, Field(ge=0, le=1_000), Unit("m")] = 0.0
    """Length of a lane of its own, at the link's end, for the turn across oncoming traffic; 0: there is none."""
    strip_width_m: Annotated[float, Field(ge=0, le=6), Unit("m")] = 0.0
    """Width of a strip of its own for two-wheelers, between lane 0 and the curb; 0: there is none."""
    roundabout: bool = False
    """Part of a roundabout's ring, a one-way circle of links: who circulates goes before who enters."""
    divided: bool = False
    """A railing or an island in the middle: nobody passes or turns round over the opposite lanes."""
    name: Text = ""
    bus_lanes: tuple[Annotated[int, Field(ge=0, le=7)], ...] = ()
    """Lanes for buses alone, and for those who may use them (`VehicleType.bus_lanes`)."""

    @property
    def lanes_at_end(self) -> int:
        """How many lanes come to the stop line, a turn pocket included."""
        return self.lanes + (self.turn_pocket_m > 0.0)


@dataclass(config=STRICT, frozen=True, kw_only=True)
class TurnBan:
    """No movement from one link to the other."""

    from_link: Name
    to_link: Name


@dataclass(config=STRICT, frozen=True, kw_only=True)
class TurnLanes:
    """One gets from one link to the other from these lanes alone, numbered from 0 at the curb."""

    from_link: Name
    to_link: Name
    lanes: Annotated[tuple[Annotated[int, Field(ge=0, le=8)], ...], Field(min_length=1)]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class CrossedLink:
    """Where a crossing meets a link: `at_m` is the stop line's offset."""

    link: Name
    at_m: Metres


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Crossing:
    """A mid-block crossing: all the links it crosses, and who yields.

    A `signal` crossing shows pedestrians green for `walk_s` at `offset_s` after each multiple of `cycle_s`,
    followed by `clearance_s` in which both sides wait. At a `zebra` pedestrians accept a gap of `critical_gap_s`
    and drivers yield with probability `yield_share` (left out: 0.5). At an `unmarked` place people cross because it
    saves them a way, unless a guardrail stands there; few drivers yield (left out: 0.05) or keep it clear.
    """

    id: Name
    links: Annotated[tuple[CrossedLink, ...], Field(min_length=1)]
    length_m: Annotated[float, Field(gt=0, le=60), Unit("m")]
    width_m: Annotated[float, Field(gt=0, le=20), Unit("m")] = 6.0
    control: Literal["signal", "zebra", "unmarked"] = "zebra"
    cycle_s: Annotated[float, Field(ge=10, le=600), Unit("s")] = 110.0
    walk_s: Seconds = 25.0
    clearance_s: Seconds = 5.0
    offset_s: Seconds = 0.0
    critical_gap_s: Annotated[float, Field(gt=0, le=60), Unit("s")] = 6.0
    yield_share: Share | None = None

    def stop_line_m(self, link: str) -> float:
        """Return the offset [m] of the stop line on a link that it crosses."""
        return next(crossed.at_m for crossed in self.links if crossed.link == link)

    @property
    def drivers_yielding(self) -> float:
        """The share of drivers who stop for somebody who waits."""
        if self.yield_share is not None:
            return self.yield_share
        return UNMARKED_YIELD_SHARE if self.control == "unmarked" else ZEBRA_YIELD_SHARE


@dataclass(config=STRICT, frozen=True, kw_only=True)
class CurbZone:
    """Places to stop beside the curb lane (lane 0) of a link, between two offsets, served by `users`.

    `in_lane`: a stopped vehicle blocks the lane. `bay`: off the lane, entered and left through a taper.
    `parking`: off the lane, but the parallel manoeuvre blocks the lane while it lasts. `escort`: may a parent
    leave the vehicle and walk the child to the gate? `max_stay_s`: the longest stay that is tolerated.
    """

    id: Name
    link: Name
    kind: CurbKind
    from_m: Metres
    to_m: Metres
    berths: Annotated[int, Field(ge=1, le=500)]
    users: Literal["school", "bus"] = "school"
    escort: bool = False
    max_stay_s: Seconds | None = None
    taper_in_m: Metres = 0.0
    taper_out_m: Metres = 0.0

    @property
    def berth_length_m(self) -> float:
        """The length of one berth [m]."""
        return (self.to_m - self.from_m) / self.berths

    def berth_front_m(self, berth: int) -> float:
        """Return the offset [m] of a berth's front end; berth 0 is the rear-most, reached first."""
        return self.from_m + (berth + 1) * self.berth_length_m


def _lights(text: str) -> str:
    if set(text) - set("Gyr"):
        raise ValueError("expected a letter for each group: G, y or r")
    return text


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Phase:
    """A stretch of a programme in which no light changes: one letter for each group, G green, y amber, r red."""

    duration_s: Annotated[float, Field(gt=0, le=3600), Unit("s")]
    lights: Annotated[str, Field(min_length=1), AfterValidator(_lights)]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Programme:
    """A fixed-time signal by its groups; the phases follow each other again and again from `offset_s` on."""

    id: Name
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    offset_s: Annotated[float, Field(ge=-86_400, le=86_400), Unit("s")] = 0.0


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Connection:
    """A way over a junction, from a lane of one link to a lane of the next, as another program states it.

    `yields_to`: the connections whose users go first where both paths meet. `wait_m`: where one who gives way waits
    inside the junction, 0: at the stop line. `programme` and `group`: the light that it obeys. `buses`: for buses, and
    for those who may use their lanes, alone.
    """

    id: Name
    from_link: Name
    from_lane: Annotated[int, Field(ge=0, le=7)]
    to_link: Name
    to_lane: Annotated[int, Field(ge=0, le=7)]
    turn: Turn
    length_m: Annotated[float, Field(ge=0.1, le=LONGEST_WAY_M), Unit("m")]
    speed_km_h: SpeedKmH
    shape: Annotated[tuple[tuple[Coordinate, Coordinate], ...], Field(min_length=2)]
    yields_to: tuple[Name, ...] = ()
    wait_m: Metres = 0.0
    keep_clear: bool = True
    buses: bool = False
    programme: Name | None = None
    group: Annotated[int, Field(ge=0, le=500)] = 0


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Turning:
    """Shares of the traffic on these approach links that turn left, go through and turn right."""

    links: tuple[Name, ...]
    left: Share
    through: Share
    right: Share


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Network:
    """A street or a district: everything the road is made of, before it becomes arrays."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    traffic_side: Side = "right"
    turn_bans: tuple[TurnBan, ...] = ()
    turn_lanes: tuple[TurnLanes, ...] = ()
    """What is marked on lanes; where nothing is, the lanes of a turn are worked out."""
    crossings: tuple[Crossing, ...] = ()
    curb_zones: tuple[CurbZone, ...] = ()
    connections: tuple[Connection, ...] = ()
    programmes: tuple[Programme, ...] = ()

    def node(self, id: str) -> Node:
        """Return the node of that id; raise KeyError if there is none."""
        return self._nodes[id]

    def link(self, id: str) -> Link:
        """Return the link of that id; raise KeyError if there is none."""
        return self._links[id]

    def crossing(self, id: str) -> Crossing:
        """Return the crossing of that id; raise KeyError if there is none."""
        return self._crossings[id]

    def halves(self, crossing: Crossing) -> tuple[Link, Link] | None:
        """Return the two directions of the street that a crossing leads over; None if it is not one street of two."""
        links = [self.link(crossed.link) for crossed in crossing.links]
        if len(links) != 2 or (links[0].from_node, links[0].to_node) != (links[1].to_node, links[1].from_node):
            return None
        return links[0], links[1]

    def curb_zone(self, id: str) -> CurbZone:
        """Return the curb zone of that id; raise KeyError if there is none."""
        return self._curb_zones[id]

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        return _by_id(self.nodes)

    @cached_property
    def _links(self) -> dict[str, Link]:
        return _by_id(self.links)

    @cached_property
    def _crossings(self) -> dict[str, Crossing]:
        return _by_id(self.crossings)

    @cached_property
    def _curb_zones(self) -> dict[str, CurbZone]:
        return _by_id(self.curb_zones)

    def points(self, link: Link) -> tuple[tuple[float, float], ...]:
        """Return the link's centre line [m, m], node to node unless the network states its connections."""
        if self.connections:
            return link.shape
        a, b = self.node(link.from_node), self.node(link.to_node)
        return ((a.x_m, a.y_m), *link.shape, (b.x_m, b.y_m))

    def length(self, link: Link) -> float:
        """Return the link's length [m]: as declared, else along its centre line."""
        if link.length_m is not None:
            return link.length_m
        return path_length(self.points(link))

    def position(self, link_id: str, at_m: float) -> tuple[float, float]:
        """Return the point [m, m] on a link's centre line at an offset [m], clipped to its ends."""
        link = self.link(link_id)
        p = self.points(link)
        drawn = path_length(p)
        left = min(max(at_m, 0.0), self.length(link)) * drawn / self.length(link)
        for a, b in itertools.pairwise(p):
            step = hypot(b[0] - a[0], b[1] - a[1])
            if left <= step and step > 0:
                return a[0] + (b[0] - a[0]) * left / step, a[1] + (b[1] - a[1]) * left / step
            left -= step
        return p[-1]

    def entries(self) -> tuple[str, ...]:
        """Return the links that lead into the study area."""
        ends = {n.id for n in self.nodes if n.boundary}
        return tuple(link.id for link in self.links if link.from_node in ends)

    def exits(self) -> tuple[str, ...]:
        """Return the links that lead out of the study area."""
        ends = {n.id for n in self.nodes if n.boundary}
        return tuple(link.id for link in self.links if link.to_node in ends)


_Thing = TypeVar("_Thing", Node, Link, Crossing, CurbZone)


def _by_id(things: tuple[_Thing, ...]) -> dict[str, _Thing]:
    """Return each thing under its id; of two with the same one, which is a fault that is told elsewhere, the first."""
    return {thing.id: thing for thing in reversed(things)}


def path_length(points: Iterable[tuple[float, float]]) -> float:
    """Return the length [m] of a line through points."""
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(points))
