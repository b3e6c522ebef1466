"""Random small networks, populations and demands: Hypothesis strategies for whatever the scenario format allows.

A street type is a function that draws into a `Sketch`; one more entry in STREETS, and it is tested like the others.
What single vehicles do follows from a drawn seed and the vehicle's number: a shrunken case keeps its first vehicles.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from math import cos, pi, sin
from random import Random
from typing import Any

import hypothesis.strategies as st
from hypothesis import assume

from sim.model import roads
from sim.scenario import check
from sim.scenario.drivers import Drivers, GapAcceptance, LaneChanging, VehicleClass
from sim.scenario.network import CrossedLink, Crossing, Link, Network, Node, Signal, Stage, TurnBan
from sim.scenario.routes import Router
from sim.traffic.fleet import KINDS, Departure, Kind, Temperament
from sim.traffic.people import Walker

Point = tuple[float, float]
Ways = dict[Kind, list[tuple[str, ...]]]

MANNERS = ("in_lane", "row", "bay", "parking", "turn")
"""How a vehicle stops: at a point, behind others in a row, in a bay, beside the lane with a manoeuvre that blocks it,
at a point to turn round there."""
SPEEDS_KM_H = (15.0, 30.0, 40.0, 60.0, 80.0)
MIXES: tuple[tuple[Kind, ...], ...] = (
    ("car",),
    ("car", "car", "car", "car", "car", "bus"),
    ("car", "bus"),
    ("car", "car", "heavy", "two_wheeler"),
    ("bus", "heavy"),
)
LONGEST_S = 1200.0
"""[s] of demand."""
FROM_DEMAND_S = 90.0
"""[s] within which all vehicles come at least: far above capacity."""


@dataclass(frozen=True)
class Place:
    """Where some vehicles stop, and how."""

    manner: str
    link: str
    at_m: float
    row_m: float
    longest_s: float
    notice_m: float
    """The order to stop comes so far before the place; 0: at the trip's beginning."""


@dataclass(frozen=True)
class Stop:
    """One vehicle's stop, and by which links it goes on afterwards (empty: by those that it came for)."""

    vehicle: int
    place: Place
    dwell_s: float
    onward: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A small world: streets, drivers, and what they do."""

    street: str
    network: Network
    drivers: Drivers
    departures: tuple[Departure, ...]
    walkers: tuple[Walker, ...]
    stops: tuple[Stop, ...]
    dt: float
    seed: int


# ---------------------------------------------------------------------- streets


class Sketch:
    """A network while it is drawn."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw
        self.nodes: dict[str, dict[str, Any]] = {}
        self.links: list[dict[str, Any]] = []
        self.left_hand = draw(st.booleans())

    def node(self, id: str, at: Point, **more: Any) -> str:
        self.nodes[id] = {"id": id, "x_m": at[0], "y_m": at[1], **more}
        return id

    def at(self, id: str) -> Point:
        return self.nodes[id]["x_m"], self.nodes[id]["y_m"]

    def link(self, a: str, b: str, lanes: int, **more: Any) -> None:
        self.links.append({"id": f"{a}-{b}", "from_node": a, "to_node": b, "lanes": lanes, **more})

    def street(self, a: str, b: str, lanes: tuple[int, int], *, priority: int = 1) -> None:
        """Draw both directions of a street; no lanes, no link."""
        more = {
            "priority": priority,
            "speed_km_h": self.draw(st.sampled_from(SPEEDS_KM_H)),
            "strip_width_m": self.draw(st.sampled_from((0.0, 0.0, 1.0, 2.5))),
            "divided": self.draw(st.sampled_from((False, False, True))),
        }
        for start, end, count in ((a, b, lanes[0]), (b, a, lanes[1])):
            if count:
                self.link(start, end, count, **more)

    def arm(self, centre: str, n: int, angle: float, *, priority: int = 1) -> None:
        """Draw a street from a node to the area's end."""
        x, y = self.at(centre)
        reach = self.draw(st.sampled_from((20.0, 35.0, 80.0, 200.0)))
        end = self.node(f"{centre}{n}", (x + reach * cos(angle), y + reach * sin(angle)), boundary=True)
        self.street(end, centre, self.draw(BOTH_WAYS), priority=priority)

    def signal(self, node: str) -> None:
        """Draw a programme: approaches take turns, alone or in two groups, with or without a stage for far turns."""
        into = [link["id"] for link in self.links if link["to_node"] == node]
        groups = [into[::2], into[1::2]] if self.draw(st.booleans()) else [[link] for link in into]
        far = "right" if self.left_hand else "left"
        rest = tuple(t for t in ("left", "through", "right") if t != far)
        stages = []
        for group in filter(None, groups):
            green = self.draw(st.sampled_from((5.0, 12.0, 30.0)))
            if self.draw(st.integers(0, 3)):
                stages.append(Stage(approaches=tuple(group), green_s=green))
            else:
                stages.append(Stage(approaches=tuple(group), green_s=green, turns=rest))
                stages.append(Stage(approaches=tuple(group), green_s=6.0, turns=(far, "u_turn")))
        cycle = sum(stage.green_s + stage.amber_s + stage.all_red_s for stage in stages)
        self.nodes[node]["signal"] = Signal(cycle_s=max(cycle, 10.0), stages=tuple(stages))

    def finished(self) -> Network:
        """Draw pockets, bans and crossings, and return it all."""
        pockets = self.draw(
            st.dictionaries(st.integers(0, len(self.links) - 1), st.sampled_from((8.0, 30.0)), max_size=2)
        )
        links = [Link(**link) for link in self.links]
        bare = Network(
            nodes=tuple(Node(**node) for node in self.nodes.values()),
            links=tuple(links),
            traffic_side="left" if self.left_hand else "right",
        )
        inner = {id for id, node in self.nodes.items() if not node.get("boundary")}
        for n, pocket in pockets.items():
            if links[n].to_node in inner:
                links[n] = Link(**self.links[n], turn_pocket_m=min(pocket, bare.length(links[n])))
        pairs = [TurnBan(from_link=a.id, to_link=b.id) for a in links for b in links if a.to_node == b.from_node]
        bans = self.draw(st.lists(st.sampled_from(pairs), max_size=2)) if len(pairs) > 3 else []
        network = replace(bare, links=tuple(links), turn_bans=tuple(bans))
        for n in range(self.draw(st.integers(0, 2))):
            more = replace(network, crossings=(*network.crossings, self.crossing(bare, n)))
            network = network if faults(more) else more
        return network

    def crossing(self, network: Network, n: int) -> Crossing:
        """Draw a crossing of one street, wherever it may be."""
        link = self.draw(st.sampled_from(network.links))
        at, width = network.length(link) * self.draw(SHARES), self.draw(st.sampled_from((3.0, 6.0)))
        over = [CrossedLink(link=link.id, at_m=at)]
        back = f"{link.to_node}-{link.from_node}"
        if back in {x.id for x in network.links}:
            over.append(CrossedLink(link=back, at_m=max(network.length(link) - at - width, 0.0)))
        return Crossing(
            id=f"crossing{n}",
            links=tuple(over),
            length_m=7.0,
            width_m=width,
            control=self.draw(
                st.sampled_from(("zebra", "signal") if link.divided else ("zebra", "signal", "unmarked"))
            ),
            cycle_s=60.0,
            critical_gap_s=self.draw(st.sampled_from((2.0, 6.0))),
            yield_share=self.draw(SHARES),
        )


SHARES = st.sampled_from((0.0, 1.0)) | st.floats(0.0, 1.0)
BOTH_WAYS = st.sampled_from(((1, 1), (1, 1), (2, 2), (1, 2), (2, 1), (3, 1), (1, 0), (0, 1)))
"""Lanes there and back."""


def plain(there: int, back: int) -> Callable[[Sketch], None]:
    """Return a street of so many lanes, short or long, bare or with nodes on the way."""

    def draw(s: Sketch) -> None:
        pieces = s.draw(st.lists(st.sampled_from((15.0, 40.0, 150.0, 400.0)), min_size=1, max_size=3))
        x = 0.0
        names = [s.node("n0", (0.0, 0.0), boundary=True)]
        for n, length in enumerate(pieces, 1):
            x += length
            ends = n == len(pieces)
            more = {"boundary": True} if ends else {"u_turn": s.draw(st.booleans())}
            bend = 0.0 if ends else s.draw(st.sampled_from((0.0, 10.0)))
            names.append(s.node(f"n{n}", (x, bend), **more))
        for a, b in pairwise(names):
            s.street(a, b, (there, back))

    return draw


def uneven(s: Sketch) -> None:
    """Draw a street whose lanes become fewer and more on the way."""
    names = [s.node(f"n{n}", (100.0 * n, 0.0), boundary=n in (0, 3)) for n in range(4)]
    for a, b in pairwise(names):
        s.street(a, b, (s.draw(st.integers(1, 3)), s.draw(st.integers(0, 3))))


def dead_end(s: Sketch) -> None:
    """Draw a street that leads nowhere: everybody turns at its end."""
    names = [s.node(f"n{n}", (s.draw(st.sampled_from((25.0, 120.0))) * n, 0.0), boundary=n == 0) for n in range(3)]
    lanes = s.draw(st.sampled_from(((1, 1), (2, 2), (1, 2), (2, 1))))
    for a, b in pairwise(names):
        s.street(a, b, lanes)


def junction(control: str, *angles: float) -> Callable[[Sketch], None]:
    """Return a junction of arms in these directions [degrees]; none: drawn, acute ones too."""

    def draw(s: Sketch) -> None:
        centre = s.node("c", (0.0, 0.0), u_turn=s.draw(st.booleans()))
        odd = st.lists(st.integers(0, 14), min_size=3, max_size=4, unique=True)
        for n, angle in enumerate(angles or [25.0 * k for k in s.draw(odd)]):
            s.arm(centre, n, angle * pi / 180.0, priority=2 if control == "priority" and n < 2 else 1)
        if control == "signal" and any(link["to_node"] == centre for link in s.links):
            s.signal(centre)

    return draw


def grid(rows: int, columns: int, *spacings_m: float) -> Callable[[Sketch], None]:
    """Return blocks: streets between junctions, and arms all round."""

    def draw(s: Sketch) -> None:
        dx, dy = s.draw(st.sampled_from(spacings_m)), s.draw(st.sampled_from(spacings_m))
        lanes = st.sampled_from(((1, 1), (1, 1), (2, 2), (1, 0), (0, 1), (2, 1)))
        across, along = [s.draw(lanes) for _ in range(rows)], [s.draw(lanes) for _ in range(columns)]
        for r in range(rows):
            for c in range(columns):
                s.node(f"g{r}{c}", (dx * c, dy * r))
        for r in range(rows):
            for c in range(columns):
                here = f"g{r}{c}"
                if c + 1 < columns:
                    s.street(here, f"g{r}{c + 1}", across[r], priority=2)
                if r + 1 < rows:
                    s.street(here, f"g{r + 1}{c}", along[c])
                outward = [k for k, there in enumerate((c + 1 == columns, r + 1 == rows, c == 0, r == 0)) if there]
                for k in outward:
                    if len(outward) == 1 or s.draw(st.booleans()):
                        s.arm(here, k, k * pi / 2, priority=2 - k % 2)
        for node in [id for id in s.nodes if not s.nodes[id].get("boundary")]:
            if s.draw(st.integers(0, 2)) == 2:
                s.signal(node)

    return draw


def ring(s: Sketch) -> None:
    """Draw a roundabout: one-way links round a centre, which go first, and an arm at each node."""
    count, radius = s.draw(st.integers(3, 4)), s.draw(st.sampled_from((10.0, 15.0, 25.0)))
    turn = -1.0 if s.left_hand else 1.0
    angles = [turn * 2.0 * pi * n / count for n in range(count)]
    names = [s.node(f"r{n}", (radius * cos(a), radius * sin(a))) for n, a in enumerate(angles)]
    lanes, speed, known = s.draw(st.integers(1, 2)), s.draw(st.sampled_from((15.0, 30.0))), s.draw(st.booleans())
    for n, a in enumerate(angles):
        bow = [a + turn * pi * k / (2.0 * count) for k in (1, 2, 3)]
        s.link(
            names[n],
            names[(n + 1) % count],
            lanes,
            speed_km_h=speed,
            priority=3,
            roundabout=known,
            shape=tuple((radius * cos(b), radius * sin(b)) for b in bow),
        )
        s.arm(names[n], n, a)


STREETS: dict[str, Callable[[Sketch], None]] = {
    "1+1": plain(1, 1),
    "2+2": plain(2, 2),
    "1+2": plain(1, 2),
    "one-way, 1 lane": plain(1, 0),
    "one-way, 2 lanes": plain(2, 0),
    "one-way, 3 lanes": plain(3, 0),
    "lanes drop": uneven,
    "dead end": dead_end,
    "T, equal": junction("equal", 0, 180, 90),
    "T, priority": junction("priority", 0, 180, 90),
    "T, signal": junction("signal", 0, 180, 90),
    "X, equal": junction("equal", 0, 180, 90, 270),
    "X, priority": junction("priority", 0, 180, 90, 270),
    "X, signal": junction("signal", 0, 180, 90, 270),
    "odd angles": junction("priority"),
    "two junctions, near": grid(1, 2, 15.0, 25.0, 40.0),
    "block": grid(2, 2, 25.0, 60.0, 150.0),
    "two blocks": grid(2, 3, 40.0, 100.0),
    "ring": ring,
}


@st.composite
def networks(draw: Any) -> tuple[str, Network]:
    """Draw a street type and a network of it that the scenario format accepts."""
    kind = draw(st.sampled_from(list(STREETS)))
    sketch = Sketch(draw)
    STREETS[kind](sketch)
    assume(any(sketch.nodes[x["from_node"]].get("boundary") for x in sketch.links))
    network = sketch.finished()
    assume(network.entries() and network.exits())
    assert not faults(network), faults(network)
    return kind, network


def faults(network: Network) -> list[Any]:
    """Return what the scenario format has against a network."""
    parts = (check._roads, check._network_names, check._signals, check._crossings)
    return [fault for part in parts for fault in part(network)]


# ---------------------------------------------------------------------- drivers


def vehicle_classes(shortest_m: float, longest_m: float) -> st.SearchStrategy[VehicleClass]:
    """Draw how one class of vehicles moves: sluggish or nimble, close or far apart."""
    return st.builds(
        VehicleClass,
        length_m=st.floats(shortest_m, longest_m),
        acceleration_m_s2=st.floats(0.4, 5.0),
        deceleration_m_s2=st.floats(0.8, 6.0),
        headway_s=st.floats(0.2, 3.0),
        standstill_gap_m=st.floats(0.5, 5.0),
        top_speed_m_s=st.sampled_from((5.0, 40.0)),
    )


def drivers() -> st.SearchStrategy[Drivers]:
    """Draw a population."""
    gap, brake = st.floats(0.5, 10.0), st.floats(0.5, 6.0)
    changing = st.builds(
        LaneChanging,
        politeness=SHARES,
        threshold_m_s2=st.floats(0.0, 1.0),
        safe_deceleration_m_s2=brake,
        mandatory_deceleration_m_s2=brake,
        courtesy_share=SHARES,
        bus_courtesy_share=SHARES,
    )
    names = [field.name for field in fields(GapAcceptance)]
    times = {name: gap for name in names if name.endswith("_s")}
    shares = {name: SHARES for name in names if name.endswith("_share")}
    gaps = st.builds(GapAcceptance, **times, **shares)
    return st.builds(
        Drivers,
        name=st.just("random"),
        car=vehicle_classes(2.0, 8.0),
        bus=vehicle_classes(8.0, 20.0),
        heavy=vehicle_classes(6.0, 16.0),
        two_wheeler=vehicle_classes(1.5, 2.5),
        lane_changing=changing,
        gaps=gaps,
    )


# ---------------------------------------------------------------------- what they do


def routes(router: Router) -> list[tuple[str, ...]]:
    """Return the quickest ways from every entry to every exit, and some detours."""
    ends = [(a, b) for a in router.network.entries() for b in router.network.exits()]
    direct = [router.path(a, b) for a, b in ends if router.reachable(a, b)]
    found = [path for path in direct if path]
    for path in list(found)[:6]:
        round_again = router.round_to(path[0], path[-1])
        if round_again and len(path) > 1:
            found.append(round_again)
    return list(dict.fromkeys(found))


def strip_on(network: Network) -> Callable[[str], bool]:
    """Return the question whether a link has a strip for two-wheelers."""
    return lambda link: network.link(link).strip_width_m > 0.0


def places(network: Network) -> st.SearchStrategy[Place]:
    """Draw a place to stop: anywhere, or close to a crossing or a link's end."""

    def near(link: Link) -> st.SearchStrategy[float]:
        length = network.length(link)
        marks = [0.0, length, *(c.at_m for x in network.crossings for c in x.links if c.link == link.id)]
        close = st.builds(lambda mark, by: mark + by, st.sampled_from(marks), st.floats(-12.0, 12.0))
        return (close | st.floats(0.0, length)).map(lambda at: round(min(max(at, 0.0), length), 1))

    return st.sampled_from(network.links).flatmap(
        lambda link: st.builds(
            Place,
            manner=st.sampled_from(MANNERS),
            link=st.just(link.id),
            at_m=near(link),
            row_m=st.sampled_from((0.0, 10.0, 40.0)),
            longest_s=st.sampled_from((5.0, 30.0, 120.0)),
            notice_m=st.sampled_from((0.0, 0.0, 10.0, 40.0)),
        )
    )


def departure(n: int, ways: Ways, within: int, mix: tuple[Kind, ...], seed: int) -> Departure:
    """Return vehicle `n`, which comes within so many ticks."""
    chance = Random(1000 * seed + n)
    kind = chance.choice(mix)
    return Departure(
        key=n,
        due=chance.randrange(within),
        path=chance.choice(ways[kind] or ways["car"]),
        kind=kind if ways[kind] else "car",
        temper=Temperament(*(round(chance.uniform(0.7, 1.4), 2) for _ in range(3))),
        by_agent=True,
        keeps_curb=chance.random() < 0.5,
    )


def opposite(network: Network, link: str) -> str:
    """Return the other direction of a street, nothing if there is none."""
    here = network.link(link)
    there = (here.to_node, here.from_node)
    return next((x.id for x in network.links if (x.from_node, x.to_node) == there), "")


def stop(d: Departure, where: list[Place], share: float, router: Router, seed: int) -> Stop | None:
    """Return where a vehicle stops, if it passes one of the places and is one of those who do."""
    chance = Random(1000 * seed + d.key + 500_000)
    here = [place for place in where if place.link in d.path]
    if d.kind == "two_wheeler" or not here or chance.random() >= share:
        return None
    place = chance.choice(here)
    dwell = round(chance.uniform(1.0, place.longest_s), 1)
    begin = opposite(router.network, place.link) if place.manner == "turn" else place.link
    exits = [b for b in router.network.exits() if begin and router.reachable(begin, b)]
    goes_elsewhere = place.manner == "turn" or chance.random() < 0.3
    onward = router.path(begin, chance.choice(exits)) if exits and goes_elsewhere else ()
    return Stop(d.key, place, dwell, onward)


def walkers(network: Network, count: int, within: int, dt: float, seed: int) -> list[Walker]:
    """Return people at the crossings without signal."""
    zebras = [c.id for c in network.crossings if c.control != "signal"]
    chance = Random(seed)
    return [
        Walker(chance.choice(zebras), chance.randrange(within), int(chance.uniform(3.0, 15.0) / dt))
        for _ in range(count if zebras else 0)
    ]


@st.composite
def cases(draw: Any, *, stopping: bool) -> Case:
    """Draw a world, with vehicles that stop on the way or without."""
    street, network = draw(networks())
    _, router = roads(network)
    strips = [way for way in routes(router.strips) if all(map(strip_on(network), way))]
    ways: Ways = dict.fromkeys(KINDS, routes(router)) | {"two_wheeler": strips}
    assume(ways["car"])
    dt, seed = draw(st.sampled_from((0.25, 0.5, 1.0))), draw(st.integers(0, 9999))
    within = int(draw(st.sampled_from((FROM_DEMAND_S, 300.0, LONGEST_S))) / dt)
    count = draw(st.integers(1, 10) | st.integers(30, 140) | st.integers(90, 140))
    mix = draw(st.sampled_from(MIXES))
    coming = [departure(n, ways, within, mix, seed) for n in range(count)]
    stops: list[Stop | None] = []
    if stopping:
        used = sorted({link for d in coming for link in d.path})
        where = draw(st.lists(places(network).filter(lambda p: p.link in used), min_size=1, max_size=5))
        share = draw(st.sampled_from((0.2, 0.6, 1.0)))
        stops = [stop(d, where, share, router, seed) for d in coming]
    people = walkers(network, draw(st.sampled_from((0, 5, 60))), within, dt, seed)
    return Case(
        street,
        network,
        draw(drivers()),
        tuple(coming),
        tuple(people),
        tuple(s for s in stops if s is not None),
        dt,
        seed,
    )
