"""One replication as it is drawn, with the road and its lights: what the files for SUMO are made of."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from sim.demand import BusTrip, Family, Passage, Travellers, draw
from sim.formats.sumo_out import (
    NO_LIGHT,
    LightTimes,
    Pedestrian,
    Piece,
    Plan,
    Road,
    Stop,
    Vehicle,
    Way,
    Written,
    check_target,
    write_sumo,
)
from sim.kernel.chance import MOST_SEED
from sim.model import DT_S, curb_link, roads, walkers_at_zebras
from sim.scenario.demand import BusLine
from sim.scenario.faults import BadInput, Fault
from sim.scenario.junctions import setback_m
from sim.scenario.movement import Movement, as_if_kept_right
from sim.scenario.network import CurbZone, Network
from sim.scenario.routes import Router
from sim.scenario.scenario import Scenario
from sim.scenario.site import Site
from sim.scenario.walking import Walk, way
from sim.traffic.draft import TURN_SPEED_M_S, cuts
from sim.traffic.lights import Clock, Light, crossing_light, light_of, stage_lights


def export_sumo(scenario: Scenario, *, seed: int, out: Path, replication: int = 0) -> Written:
    """Write a resolved scenario and its demand in one replication as files for SUMO.

    Raises BadInput for a seed that is out of range or a folder that is not free, and OSError.
    """
    if not 0 <= seed <= MOST_SEED:
        raise BadInput(Fault("--seed", str(seed), f"from 0 to {MOST_SEED}"))
    check_target(out)
    return write_sumo(plan_of(scenario, seed, replication), out)


def plan_of(scenario: Scenario, seed: int, replication: int = 0) -> Plan:
    """Return the road, its lights and everybody who drives in one replication of a resolved scenario."""
    site = scenario.site
    _, router = roads(site.network)
    lines = {line.id: line for line in site.demand.bus_lines}
    travellers = draw(scenario, router, seed, replication)
    found = [
        *_Families(scenario, router).vehicles(travellers.families),
        *(_bus(bus, lines) for bus in travellers.buses),
        *(_through(passage) for passage in travellers.through),
    ]
    found.sort(key=lambda v: (v.depart_s, v.name))
    return Plan(
        scenario=scenario,
        seed=seed,
        replication=replication,
        step_s=DT_S,
        road=road_of(site.network, site.demand.window.start),
        vehicles=tuple(v for v in found if v.path),
        onward=_onward(site, router),
        on_foot=len(travellers.walkers),
        pedestrians=tuple(_pedestrians(scenario, travellers)),
        left_out=tuple(v.name for v in found if not v.path),
    )


def _pedestrians(scenario: Scenario, travellers: Travellers) -> Iterator[Pedestrian]:
    """Yield who crosses at the zebra before the gate: pupils, and the adults with them, on their way back, too."""
    site, start_s = scenario.site, scenario.site.demand.window.start
    length_m = {c.id: c.length_m for c in site.network.crossings}
    for n, w in enumerate(walkers_at_zebras(travellers, site, start_s, DT_S)):
        speed_m_s = round(length_m[w.crossing] / (w.duration * DT_S), 3)
        yield Pedestrian(w.who or f"back {n}", w.crossing, start_s + w.due * DT_S, speed_m_s, from_gate=not w.who)


# ---------------------------------------------------------------------- the road and its lights


def road_of(network: Network, start_s: float) -> Road:
    """Return a network as it is laid out, with the lights of a simulation that begins at `start_s` [s]."""
    clock = Clock(DT_S, start_s)
    stages = {n.id: stage_lights(n.signal, clock) for n in network.nodes if n.signal is not None}
    return Road(
        pieces=_pieces(network),
        ways=tuple(
            Way(m, _speed_m_s(network, m), _seconds(light_of(m, stages.get(m.node, [])), clock))
            for m in roads(network)[0]
        ),
        crossing_lights={
            c.id: _seconds(crossing_light(c, clock), clock) for c in network.crossings if c.control == "signal"
        },
    )


def _pieces(network: Network) -> dict[str, tuple[Piece, ...]]:
    """Return the pieces into which the road's layout cuts each link."""
    setbacks = setback_m(network)
    found = {}
    for link in network.links:
        begin, end = setbacks[link.id][0], network.length(link) - setbacks[link.id][1]
        pieces = []
        for crossing, at, beyond in cuts(link, begin, end, network.crossings):
            pieces.append(Piece(link.id, begin, at, link.lanes, None if crossing is None else crossing.id))
            begin = beyond
        found[link.id] = (*pieces, Piece(link.id, begin, end, link.lanes_at_end))
    return found


def _seconds(light: Light, clock: Clock) -> LightTimes:
    """Return a light in seconds, its offset from midnight."""
    if light.cycle == 0:
        return NO_LIGHT
    cycle_s = light.cycle * clock.dt
    return LightTimes(
        cycle_s=cycle_s,
        offset_s=(clock.start_s + light.offset * clock.dt) % cycle_s,
        green_from_s=light.green_from * clock.dt,
        green_to_s=light.green_to * clock.dt,
        amber_to_s=light.amber_to * clock.dt,
    )


def _speed_m_s(network: Network, m: Movement) -> float:
    """Return how fast a movement is driven [m/s]."""
    limit = min(network.link(link).speed_km_h for link in (m.from_link, m.to_link)) / 3.6
    return min(limit, TURN_SPEED_M_S[as_if_kept_right(m.turn, network)])


def _onward(site: Site, router: Router) -> dict[str, tuple[int, ...]]:
    """Return for each link with berths of the school the remote parkings that lie on a way home from there."""
    links = {z.link: None for z in site.network.curb_zones if z.users == "school"}
    open_ = [n for n, p in enumerate(site.remote_parking) if router.nearest(p.link, site.network.exits())]
    reached = {link: tuple(n for n in open_ if router.reachable(link, site.remote_parking[n].link)) for link in links}
    return {link: parkings for link, parkings in reached.items() if parkings}


# ---------------------------------------------------------------------- everybody who drives


class _Families:
    """Where each family stops, and for how long."""

    def __init__(self, scenario: Scenario, router: Router) -> None:
        self.site = scenario.site
        self.warden = scenario.policy.warden
        self.router = router
        self.sent: dict[str, int] = defaultdict(int)
        """How many were sent to each zone."""

    def vehicles(self, families: Iterable[Family]) -> Iterator[Vehicle]:
        """Yield the families' vehicles, sent in order of their scheduled time to the zones of their side in turn."""
        for family in sorted(families, key=lambda f: (f.scheduled_s, f.key)):
            link = curb_link(self.site, family.opposite)
            zones = [z for z in self.site.network.curb_zones if z.link == link and z.users == "school"]
            stop = self._remote(family, link)
            if zones:
                zone = min(zones, key=lambda z: ((self.sent[z.id] + 1) / z.berths, z.from_m))
                self.sent[zone.id] += 1
                stop = Stop(self._duration_s(family, zone), zone.id)
            elif stop is not None:
                link = self.site.remote_parking[stop.remote].link
            path = self.router.path(family.entry, link)
            path += self.router.way_out(link, family.exit)[1:] if path else ()
            yield Vehicle(
                family.name, "family", family.scheduled_s, path, family.temper.speed, family.temper.headway, stop
            )

    def _remote(self, family: Family, link: str) -> Stop | None:
        """Return a stop in the remote parking that is reached soonest past a link, if any is."""
        parkings = {p.link: n for n, p in reversed(list(enumerate(self.site.remote_parking)))}
        nearest = self.router.nearest(link, parkings) if self.router.reachable(family.entry, link) else None
        if nearest is None:
            return None
        walk_s = self._walk_s(family, Walk(("", 0.0), ("", 0.0), self.site.remote_parking[parkings[nearest]].walk_m))
        return Stop(round(family.dwell_s + walk_s + family.own_manoeuvre_s, 3), remote=parkings[nearest])

    def _duration_s(self, family: Family, zone: CurbZone) -> float:
        """Return how long a family stops in a zone [s], the walk of one who escorts included."""
        dwell, own = family.dwell_s, family.own_manoeuvre_s
        warden = self.warden
        if warden is not None and zone.id in warden.zones and family.obeys < warden.compliance:
            dwell, own = dwell * warden.dwell_factor, own * warden.own_manoeuvre_factor
        if zone.max_stay_s is not None:
            dwell = min(dwell, zone.max_stay_s)
        walk = 0.0
        if zone.escort and family.escorts:
            middle_m = (zone.from_m + zone.to_m) / 2.0
            there = way(self.site, zone.link, middle_m, to_waiting_area=True, unmarked=family.crosses_unmarked)
            walk = self._walk_s(family, there)
        return round(dwell + walk + own, 3)

    def _walk_s(self, family: Family, there: Walk) -> float:
        """Return how long the walk there and back takes [s], with the farewell, the wait at a crossing left out."""
        factor = self.site.demand.times.rail_walk_factor
        with_child = min(family.child_walk_m_s, family.adult_walk_m_s)
        return (
            _seconds_on(there, with_child, factor)
            + family.handover_s
            + _seconds_on(there.back(), family.adult_walk_m_s, factor)
        )


def _seconds_on(walk: Walk, speed_m_s: float, rail_factor: float) -> float:
    """Return how long a way takes on foot [s] where nobody waits."""
    across = walk.crossing_m / speed_m_s
    return walk.seconds_before_crossing(speed_m_s, rail_factor) + across + walk.seconds_after_crossing(speed_m_s)


def _bus(bus: BusTrip, lines: dict[str, BusLine]) -> Vehicle:
    stop = Stop(round(bus.dwell_s + bus.own_manoeuvre_s, 3), lines[bus.line].stop)
    return Vehicle(bus.name, "bus", bus.scheduled_s, bus.path, bus.temper.speed, bus.temper.headway, stop)


def _through(p: Passage) -> Vehicle:
    return Vehicle(p.name, p.kind, p.scheduled_s, p.path, p.temper.speed, p.temper.headway)
