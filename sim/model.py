"""Wire a scenario into a running world; own the clock; run it until everybody is home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import cast

import simpy

from sim.agents.bus import Bus
from sim.agents.core import Agent, Model
from sim.agents.parent import Parent
from sim.demand import Travellers, draw
from sim.film import develop
from sim.kernel.chance import mixed
from sim.logbook import (
    GATE_IN,
    GATE_OUT,
    OPPOSITE_IN,
    OPPOSITE_OUT,
    SLOTS,
    crossing_to_gate_m,
    write_down,
)
from sim.memory import let_go
from sim.places.berths import Berths
from sim.places.disciplines import Discipline, any_free, free_behind, in_line
from sim.places.footway import Footway
from sim.places.world import World
from sim.records import Record
from sim.scenario.drivers import GapAcceptance
from sim.scenario.junctions import movements
from sim.scenario.movement import Movement
from sim.scenario.network import CurbZone, Network
from sim.scenario.policy import Policy
from sim.scenario.routes import Router
from sim.scenario.scenario import Scenario
from sim.scenario.site import Site, far_curb, gate_crossing, gate_offset_opposite
from sim.scenario.walking import Walk
from sim.traffic.fleet import Departure, muster
from sim.traffic.laying import lay_out
from sim.traffic.layout import Detector, Layout
from sim.traffic.people import Walker
from sim.traffic.traffic import Deadlock, Traffic

DT_S = 0.5
"""[s] one tick"""
CHECK_S = 60.0
"""[s] between two looks whether everybody is home"""


@lru_cache(maxsize=8)
def roads(network: Network) -> tuple[tuple[Movement, ...], Router]:
    """Return a network's movements and routes, worked out once."""
    found = movements(network)
    return found, Router(network, found)


@lru_cache(maxsize=8)
def laid_out(
    network: Network,
    gaps: GapAcceptance,
    dt_s: float,
    start_s: float,
    detectors: tuple[Detector, ...] = (),
    watched: tuple[tuple[str, tuple[int, float]], ...] = (),
) -> Layout:
    """Return a network's layout (`sim.traffic.laying`), worked out once: no run changes it."""
    found, _ = roads(network)
    return lay_out(network, found, gaps, dt=dt_s, start_s=start_s, detectors=detectors, watched=dict(watched))


class Clock(simpy.Environment):
    """SimPy's clock, which the road sets: what is due at a tick happens once the road has come to it."""

    def set_to(self, tick: int) -> None:
        """Set the clock to a tick before which nothing is due."""
        self._now = tick

    def catch_up(self) -> None:
        """Let all happen that is due now."""
        queue, step = self._queue, self.step
        while queue and queue[0][0] <= self._now:
            step()


class Running(Model):  # type: ignore[misc]
    """A world that runs: the one clock, of SimPy and the road, and what every agent may ask of it."""

    env: Clock
    traffic: Traffic
    dt_s: float
    last_tick: int
    failure: Deadlock | None = None

    def wait(self, seconds: float) -> simpy.Event:
        """Return an event after a duration [s], rounded up to the next tick."""
        return self.env.timeout(self.traffic.ticks(seconds))

    def now_s(self) -> float:
        """Return the time [s after midnight]."""
        return self.traffic.seconds(self.env.now)

    def step(self) -> None:
        """Go to the next tick at which anything happens, on the road or elsewhere, and let it happen."""
        env, traffic = self.env, self.traffic
        tick, due = traffic.tick, env.peek()
        until = min(tick - tick % self._check + self._check, self.last_tick)
        if due < until:
            until = int(due)
        if until > tick:
            traffic.run(until)
            env.set_to(traffic.tick)
            traffic.tell()
        env.catch_up()

    def is_over(self) -> bool:
        """Return whether the run has come to its end."""
        raise NotImplementedError

    def run_through(self) -> None:
        """Run to the end; a deadlock ends it and is kept as `failure`."""
        step = type(self).step  # Mesa would count the steps, and log each one
        try:
            while not self.is_over():
                step(self)
        except Deadlock as deadlock:
            self.failure = deadlock

    def forget(self) -> None:
        """Let go of this world: Mesa 3.3 numbers each model's agents in a table of all models, which would keep it."""
        getattr(Agent, "_ids", {}).pop(self, None)

    @cached_property
    def _check(self) -> int:
        return max(1, round(CHECK_S / self.dt_s))


class SchoolMorning(Running):
    """One replication of a scenario: the world that its agents live in."""

    def __init__(
        self, scenario: Scenario, *, seed: int, replication: int = 0, dt_s: float = DT_S, filmed: bool = False
    ) -> None:
        """Set the scene at the window's start: everybody is drawn, nobody is on the road yet."""
        super().__init__(rng=0)  # Mesa's generator is never asked: chance is keyed, see sim.kernel.chance
        self.arm = scenario  # Mesa keeps `scenario` for something of its own
        self.replication = replication
        self.dt_s = dt_s
        self.site: Site = scenario.site
        self.policy: Policy = scenario.policy
        self.start_s = self.site.demand.window.start
        self.env = Clock()
        self.filmed = filmed
        self.movements, router = roads(self.site.network)
        self.travellers: Travellers = draw(scenario, router, seed, replication)
        self.layout: Layout = laid_out(
            self.site.network,
            self.site.drivers.gaps,
            dt_s,
            self.start_s,
            tuple(section(self.site)),
            tuple(approaches(self.site, self.movements).items()),
        )
        self.departures = departures(self.travellers, self.site, router, self.start_s, dt_s)
        window = self.site.demand.window
        self.last_tick = round((window.end + window.patience_s - self.start_s) / dt_s)
        self.traffic = Traffic(
            self.env,
            self.layout,
            router,
            self.site.drivers,
            muster(self.layout, self.site.drivers, [d for _, d in self.departures]),
            walkers_at_zebras(self.travellers, self.site, self.start_s, dt_s),
            seed=mixed(seed, replication),
            slots=SLOTS,
            start_s=self.start_s,
            horizon=self.last_tick,
            filmed=filmed,
        )
        self.footway = Footway(self.env, self.site, self.traffic)
        self.berths: Mapping[str, Berths] = {
            z.id: Berths(self.env, z.berths, discipline_of(z))
            for z in self.site.network.curb_zones
            if z.users == "bus" or z.kind != "in_lane"
        }
        self._people()

    def _people(self) -> None:
        """Let parents and buses begin their stories."""
        world = cast(World, self)
        row_of = {name: row for row, (name, _) in enumerate(self.departures)}
        for family in self.travellers.families:
            Parent(world, family, row_of[family.name], curb_link(self.site, family.opposite))
        for bus in self.travellers.buses:
            line = next(b for b in self.site.demand.bus_lines if b.id == bus.line)
            stop = self.site.network.curb_zone(line.stop)
            Bus(world, bus.name, row_of[bus.name], bus.scheduled_s, stop, bus.dwell_s, bus.own_manoeuvre_s)
        for agent in self.agents:
            self.env.process(agent.live())

    def send_to_gate(self, way: Walk, speed_m_s: float, who: str) -> None:
        """Send a child along a way to the gate by itself."""
        self.env.process(self.footway.walk(way, speed_m_s, who))

    def is_over(self) -> bool:
        """Return whether everybody is home, or out of patience; asked once a minute, to end on the same tick."""
        if self.traffic.tick >= self.last_tick:
            return True
        end = self.site.demand.window.end - self.start_s
        if self.traffic.tick % self._check or self.traffic.tick * self.dt_s < end:
            return False
        return self.traffic.everybody_left() and all(a.finished for a in self.agents)

    def run(self) -> Record:
        """Run to the end and return what was written down; a deadlock ends it and is named in the record."""
        try:
            self.run_through()
            record = write_down(self)
        finally:
            self.forget()
        return replace(record, film=develop(self)) if self.filmed else record


def simulate(
    scenario: Scenario, *, seed: int, replication: int = 0, dt_s: float = DT_S, filmed: bool = False
) -> Record:
    """Run one replication of a resolved scenario and return its record, with a film of it if that is asked for.

    Raises ValueError unless 0 < `dt_s` <= 0.5 [s]: at longer steps drivers miss places that they could have stopped at.
    """
    if not 0.0 < dt_s <= DT_S:
        raise ValueError(f"dt_s is {dt_s}; expected a step above 0 and of {DT_S} s at most")
    record = SchoolMorning(scenario, seed=seed, replication=replication, dt_s=dt_s, filmed=filmed).run()
    let_go()
    return record


# ---------------------------------------------------------------------- from the site to the road


def discipline_of(zone: CurbZone) -> Discipline:
    """Return how the berths of a zone are entered; parents who stop in the lane have none, their row is the road's."""
    if zone.kind == "parking":
        return any_free
    if zone.kind == "in_lane":
        return in_line
    return free_behind


def curb_link(site: Site, opposite: bool) -> str:
    """Return the link along which a family looks for a place."""
    return (far_curb(site) if opposite else None) or site.gate.link


def section(site: Site) -> list[Detector]:
    """Return the detectors at the ends of the section past the gate, in both directions, as far as the links reach."""
    half = site.section_m / 2.0
    gate = site.gate
    found = [Detector(gate.link, gate.at_m - half, GATE_IN), Detector(gate.link, gate.at_m + half, GATE_OUT)]
    at_m = gate_offset_opposite(site)
    if at_m is not None and gate.opposite_link is not None:
        found.append(Detector(gate.opposite_link, at_m - half, OPPOSITE_IN))
        found.append(Detector(gate.opposite_link, at_m + half, OPPOSITE_OUT))
    return found


def approaches(site: Site, found: tuple[Movement, ...]) -> dict[str, tuple[int, float]]:
    """Return the links on which queues are counted: link -> (1 to the gate, 2 opposite; up to which offset [m])."""
    watched: dict[str, tuple[int, float]] = {}
    at_m = gate_offset_opposite(site)
    for code, link, until in ((2, site.gate.opposite_link, at_m or 0.0), (1, site.gate.link, site.gate.at_m)):
        if link is not None:
            for m in found:
                if m.to_link == link and m.turn == "through":
                    watched[m.from_link] = (code, 1e9)
            watched[link] = (code, until)
    return watched


def departures(
    travellers: Travellers, site: Site, router: Router, start_s: float, dt_s: float
) -> list[tuple[str, Departure]]:
    """Return everybody's vehicle by name, in order of scheduled time."""

    def due(scheduled_s: float) -> int:
        return max(0, -int(-(scheduled_s - start_s) // dt_s))

    found: list[tuple[float, int, str, Departure]] = []
    for family in travellers.families:
        curb = curb_link(site, family.opposite)
        path = (*router.path(family.entry, curb), *router.path(curb, family.exit)[1:])
        found.append(
            (
                family.scheduled_s,
                family.key,
                family.name,
                Departure(
                    family.key,
                    due(family.scheduled_s),
                    path,
                    temper=family.temper,
                    by_agent=True,
                    keeps_curb=family.waits,
                ),
            )
        )
    for bus in travellers.buses:
        found.append(
            (
                bus.scheduled_s,
                bus.key,
                bus.name,
                Departure(
                    bus.key,
                    due(bus.scheduled_s),
                    bus.path,
                    kind="bus",
                    temper=bus.temper,
                    by_agent=True,
                    keeps_curb=True,
                ),
            )
        )
    for p in travellers.through:
        found.append((p.scheduled_s, p.key, p.name, Departure(p.key, due(p.scheduled_s), p.path, p.kind, p.temper)))
    return [(name, d) for _, _, name, d in sorted(found, key=lambda f: f[:3])]


def walkers_at_zebras(travellers: Travellers, site: Site, start_s: float, dt_s: float) -> list[Walker]:
    """Return the pupils on foot, and the adults with them there and back, who cross at a zebra."""
    zebra = gate_crossing(site)
    if zebra is None or zebra.control != "zebra":
        return []
    to_gate = crossing_to_gate_m(site, zebra)
    here = site.gate.link
    there = next((c.link for c in zebra.links if c.link != here), here)
    found = []
    for w in travellers.walkers:
        if not w.crosses:
            continue
        across = zebra.length_m / w.walk_m_s
        due = -int(-(w.scheduled_s - start_s) // dt_s)
        found.append(Walker(zebra.id, due, across / dt_s, w.name, there))
        if w.escorted:
            # The way back is known beforehand but for the first wait, which shifts it by seconds.
            back_s = w.scheduled_s + across + 2.0 * to_gate / w.adult_walk_m_s + w.handover_s - start_s
            again = zebra.length_m / w.adult_walk_m_s / dt_s
            found.append(Walker(zebra.id, -int(-back_s // dt_s), again, beside=here))
    return found
