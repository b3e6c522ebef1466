"""How fast the kernel moves vehicles: the school's street, and that street sixteen times over.

An update is one vehicle on a lane moved by one tick; vehicles in berths, bays and queues outside do not count. Time is
measured around the kernel's calls alone, after it has been compiled, on one core.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from sim.model import SchoolMorning
from sim.scenario.demand import Demand, ThroughFlow
from sim.scenario.network import CrossedLink, Network, Turning
from sim.scenario.read import load_scenario
from sim.scenario.scenario import Scenario

TILES = 16
ROUNDS = 3
"""The best of so many runs counts: others disturb, nobody speeds up."""


@dataclass(frozen=True)
class Measured:
    """One case: updates a second, vehicles on the road on average, and seconds for one tick."""

    case: str
    updates_per_s: float
    vehicles: int
    step_s: float


class _Timed:
    """Runs a morning and adds up the time inside the kernel."""

    def __init__(self, scenario: Scenario) -> None:
        self.model = SchoolMorning(scenario, seed=1)
        self.kernel_s = 0.0
        traffic: Any = self.model.traffic
        advance = traffic.run

        def timed(until: int) -> None:
            begin = perf_counter()
            try:
                advance(until)
            finally:
                self.kernel_s += perf_counter() - begin

        traffic.run = timed

    def run(self, case: str) -> Measured:
        """Run the whole morning."""
        self.model.run()
        updates, ticks = float(self.model.traffic.facts()["updates"]), self.model.traffic.tick
        return Measured(case, updates / self.kernel_s, round(updates / ticks), self.kernel_s / ticks)


def measure() -> Iterator[Measured]:
    """Yield the cases."""
    school = load_scenario("school/baseline")
    for case, scenario in (("school_street", school), (f"school_street_x{TILES}", tiled(school, TILES))):
        _Timed(scenario).run(case)  # compiles
        yield max((_Timed(scenario).run(case) for _ in range(ROUNDS)), key=lambda m: m.updates_per_s)


def lines(*, as_json: bool) -> Iterator[str]:
    """Yield one line a case, as JSON or for people."""
    for m in measure():
        if as_json:
            yield json.dumps(vars(m))
        else:
            speed = f"{m.updates_per_s / 1e6:6.2f} M updates/s"
            yield f"{m.case:20} {speed}, {m.vehicles} vehicles, {m.step_s * 1e6:.0f} us a tick"


def tiled(scenario: Scenario, count: int) -> Scenario:
    """Return the scenario with its streets and through traffic `count` times, side by side, unconnected."""
    site = scenario.site
    demand = site.demand
    through = tuple(_copied(f, n, f.exit) for n in range(count) for f in demand.through)
    turning = tuple(
        Turning(links=tuple(_id(x, n) for x in t.links), left=t.left, through=t.through, right=t.right)
        for n in range(count)
        for t in demand.turning
    )
    more: Demand = replace(demand, through=through, turning=turning)
    return replace(scenario, site=replace(site, network=_network(site.network, count), demand=more))


def _id(id: str, tile: int) -> str:
    """Return an id in a tile; the first tile keeps its names."""
    return id if tile == 0 else f"{id}.{tile}"


def _copied(flow: ThroughFlow, tile: int, exit: str | None) -> ThroughFlow:
    return replace(flow, entry=_id(flow.entry, tile), exit=None if exit is None else _id(exit, tile))


def _network(network: Network, count: int) -> Network:
    tiles = range(count)

    def stages(node: Any, n: int) -> Any:
        if node.signal is None:
            return None
        moved = (replace(s, approaches=tuple(_id(a, n) for a in s.approaches)) for s in node.signal.stages)
        return replace(node.signal, stages=tuple(moved))

    return replace(
        network,
        nodes=tuple(
            replace(x, id=_id(x.id, n), y_m=x.y_m + 1000.0 * n, signal=stages(x, n))
            for n in tiles
            for x in network.nodes
        ),
        links=tuple(
            replace(x, id=_id(x.id, n), from_node=_id(x.from_node, n), to_node=_id(x.to_node, n))
            for n in tiles
            for x in network.links
        ),
        crossings=tuple(
            replace(x, id=_id(x.id, n), links=tuple(CrossedLink(link=_id(c.link, n), at_m=c.at_m) for c in x.links))
            for n in tiles
            for x in network.crossings
        ),
        curb_zones=tuple(replace(x, id=_id(x.id, n), link=_id(x.link, n)) for n in tiles for x in network.curb_zones),
    )
