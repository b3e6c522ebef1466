"""Draw everybody of a replication. Only the site's demand and network are read, never what an intervention changes."""

import itertools
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
from scipy.special import gammaincinv

from sim.demand import purposes as of
from sim.demand.draws import Draws, Floats, keys_of
from sim.demand.travellers import BusTrip, Family, Passage, Travellers, Walker
from sim.demand.ways import RandomWalk
from sim.kernel.chance import mixed
from sim.scenario.demand import BusLine, Demand, Pupils, ThroughFlow
from sim.scenario.drivers import Drivers
from sim.scenario.routes import Router
from sim.scenario.scenario import Scenario
from sim.traffic.fleet import Kind


def draw(scenario: Scenario, router: Router, seed: int, replication: int) -> Travellers:
    """Draw everybody of one replication."""
    demand, drivers = scenario.site.demand, scenario.site.drivers
    base = mixed(seed, replication)
    families = _families(base, demand, drivers)
    return Travellers(
        families=families,
        walkers=_walkers(base, demand, demand.pupils.enrolment - sum(f.pupils for f in families)),
        through=tuple(
            p
            for n, flow in enumerate(demand.through)
            for p in _passages(base, demand, drivers, router if flow.vehicle == "car" else router.strips, flow, n)
        ),
        buses=tuple(b for line in demand.bus_lines for b in _buses(base, demand, drivers, router, line)),
    )


def car_count(pupils: Pupils) -> int:
    """Return how many cars and taxis bring pupils."""
    if pupils.cars is not None:
        return pupils.cars
    return round(pupils.enrolment * (pupils.modes.car + pupils.modes.taxi) / pupils.pupils_per_car)


def _records(kind: type[Any], columns: dict[str, Any]) -> Iterator[Any]:
    """Yield one record per row of the columns, in the order of the record's fields."""
    names = [f.name for f in fields(kind)]
    lists = [c.tolist() if isinstance(c, np.ndarray) else c for c in (columns[name] for name in names)]
    for row in zip(*lists, strict=True):
        yield kind(*row)


def _families(base: int, demand: Demand, drivers: Drivers) -> tuple[Family, ...]:
    pupils, times, choices, window = demand.pupils, demand.times, demand.choices, demand.window
    n = car_count(pupils)
    d = Draws(base, keys_of(of.FAMILY, range(n)))
    origin = d.chosen(of.ORIGIN, [o.share for o in pupils.origins])
    opposite = d.uniform(of.SIDE) < np.array([o.opposite_share for o in pupils.origins])[origin]
    near = d.chosen(of.EXIT, [e.share for e in pupils.departures])
    far = d.chosen(of.EXIT, [e.share if e.opposite is None else e.opposite for e in pupils.departures])
    out = np.where(opposite, far, near)
    grade = (d.uniform(of.GRADE) * 6.0).astype(np.int64) + 1
    mean = pupils.pupils_per_car
    count = np.floor(mean).astype(int) + (d.uniform(of.PUPILS) < mean - np.floor(mean)).astype(int)
    motorised = pupils.modes.car + pupils.modes.taxi
    taxi = d.uniform(of.MODE) < (pupils.modes.taxi / motorised if motorised else 0.0)
    escort = np.asarray(pupils.escort_shares)[(grade - 1) // 2]
    willing = choices.willing_zero_m - (choices.willing_zero_m - choices.willing_full_m) * d.uniform(of.WILLING)
    return tuple(
        _records(
            Family,
            {
                "name": [f"family {i}" for i in range(n)],
                "key": d.keys,
                "mode": ["taxi" if t else "car" for t in taxi],
                "scheduled_s": np.round(
                    d.normal(of.ARRIVAL, pupils.arrival_mean, pupils.arrival_sd_s, window.start, window.end), 3
                ),
                "entry": [pupils.origins[i].entry for i in origin],
                "exit": [pupils.departures[i].exit for i in out],
                "opposite": opposite,
                "pupils": count,
                "grade": grade,
                "escorts": (d.uniform(of.ESCORT) < escort) & ~taxi,
                "dwell_s": d.drawn(of.DWELL, times.dwell),
                "own_manoeuvre_s": d.drawn(of.OWN, times.own_manoeuvre),
                "parking_manoeuvre_s": d.drawn(of.PARKING, times.parking_manoeuvre),
                "handover_s": d.drawn(of.HANDOVER, times.handover),
                "child_walk_m_s": d.walk(of.CHILD_SPEED, times.child_walk_m_s, times.walk_sd_m_s),
                "adult_walk_m_s": d.walk(of.ADULT_SPEED, times.adult_walk_m_s, times.walk_sd_m_s),
                "willing_m": np.round(willing, 3),
                "double_parks": d.uniform(of.DOUBLE) < choices.double_park_share,
                "double_parks_though_free": d.uniform(of.DOUBLE_FREE) < choices.double_park_though_free_share,
                "waits": d.uniform(of.WAIT) < choices.wait_share,
                "obeys": d.uniform(of.OBEY),
                "crosses_unmarked": d.uniform(of.UNMARKED) < choices.unmarked_share,
                "turns_round": d.uniform(of.ROUND) < choices.three_point_share,
                "temper": d.tempers(drivers.car, drivers.gaps),
            },
        )
    )


def _walkers(base: int, demand: Demand, count: int) -> tuple[Walker, ...]:
    """Return the pupils who are in no car: all the others of the enrolment."""
    pupils, times, window = demand.pupils, demand.times, demand.window
    n = max(0, count)
    d = Draws(base, keys_of(of.WALKER, range(n)))
    modes = ("walk", "rail", "two_wheeler", "bus")
    grade = (d.uniform(of.GRADE) * 6.0).astype(np.int64) + 1
    escort = np.asarray(pupils.escort_shares)[(grade - 1) // 2]
    shares = [getattr(pupils.modes, m) for m in modes]
    chosen = d.chosen(of.MODE, shares if sum(shares) > 0 else [1.0] * 4)
    return tuple(
        _records(
            Walker,
            {
                "name": [f"pupil {i}" for i in range(n)],
                "key": d.keys,
                "mode": [modes[i] for i in chosen],
                "grade": grade,
                "scheduled_s": np.round(
                    d.normal(of.ARRIVAL, pupils.arrival_mean, pupils.arrival_sd_s, window.start, window.end), 3
                ),
                "crosses": d.uniform(of.CROSS) < pupils.crossing_share,
                "escorted": d.uniform(of.ESCORT) < escort,
                "child_walk_m_s": d.walk(of.CHILD_SPEED, times.child_walk_m_s, times.walk_sd_m_s),
                "adult_walk_m_s": d.walk(of.ADULT_SPEED, times.adult_walk_m_s, times.walk_sd_m_s),
                "handover_s": d.drawn(of.HANDOVER, times.handover),
            },
        )
    )


def _passages(
    base: int, demand: Demand, drivers: Drivers, router: Router, flow: ThroughFlow, number: int
) -> tuple[Passage, ...]:
    """Return one flow: a Poisson stream whose rate follows the profile of the day."""
    times, expected = _profile(demand, flow.flow_veh_h)
    count = int(expected[-1] + 8.0 * np.sqrt(expected[-1]) + 20.0)
    first = number << 20
    d = Draws(base, keys_of(of.THROUGH, range(first, first + count)))
    passed = np.cumsum(-np.log1p(-d.uniform(of.HEADWAY)))
    n = int(np.searchsorted(passed, expected[-1]))
    scheduled = np.round(np.interp(passed[:n], expected, times), 3)
    kinds: list[Kind] = ["heavy" if u < flow.heavy_share else "car" for u in d.uniform(of.CLASS)[:n]]
    if flow.vehicle == "two_wheeler":
        kinds = ["two_wheeler"] * n
    tempers = {kind: d.tempers(getattr(drivers, kind), drivers.gaps) for kind in sorted(set(kinds))}
    if flow.exit is not None:
        paths = [router.path(flow.entry, flow.exit)] * n
    else:
        chances = [d.uniform(of.TURN, hop)[:n] for hop in range(4)]
        walk = RandomWalk(demand, router)
        paths = [walk.path(flow.entry, [float(c[i]) for c in chances]) for i in range(n)]

    def name(i: int) -> str:
        return f"{'through' if flow.vehicle == 'car' else 'two-wheeler'} {number}/{i}"

    return tuple(
        Passage(name(i), int(d.keys[i]), float(scheduled[i]), paths[i], kinds[i], tempers[kinds[i]][i])
        for i in range(n)
    )


def _profile(demand: Demand, flow_veh_h: float) -> tuple[Floats, Floats]:
    """Return times [s] and the number of vehicles expected up to each."""
    window = demand.window
    points = sorted((p.at, p.share) for p in demand.profile)
    inner = [t for t, _ in points if window.start < t < window.end]
    times = np.array([window.start, *inner, window.end])

    def share(t: float) -> float:
        before = [s for at, s in points if at <= t]
        return before[-1] if before else (points[0][1] if points else 1.0)

    steps = [flow_veh_h / 3600.0 * share(a) * (b - a) for a, b in itertools.pairwise(times)]
    return times, np.concatenate(([0.0], np.cumsum(steps)))


def _buses(base: int, demand: Demand, drivers: Drivers, router: Router, line: BusLine) -> tuple[BusTrip, ...]:
    """Return one line's buses: gamma headways, clockwork from a random moment where they do not spread."""
    window = demand.window
    if line.flow_bus_h == 0.0:
        return ()
    stop = router.network.curb_zone(line.stop).link
    there, onward = router.path(line.entry, stop), router.path(stop, line.exit)
    headway = 3600.0 / line.flow_bus_h
    count = int((window.end - window.start) / headway * 1.6) + 20
    # A line's buses keep their draws when another line is added: the key is the name, not the place in the list.
    first = _name_code(line.id) << 12
    d = Draws(base, keys_of(of.BUS, range(first, first + count)))
    if line.headway_cv == 0.0:
        times = window.start + headway * (np.arange(count) + d.uniform(of.HEADWAY)[0])
    else:
        shape = 1.0 / line.headway_cv**2
        gaps = gammaincinv(shape, d.uniform(of.HEADWAY)) * headway / shape
        times = window.start + np.cumsum(gaps)
    times = np.round(times, 3)
    own = d.drawn(of.OWN, line.own_manoeuvre)
    dwell, tempers = d.drawn(of.DWELL, line.dwell), d.tempers(drivers.bus, drivers.gaps)
    return tuple(
        BusTrip(
            f"bus {line.id}/{i}",
            int(d.keys[i]),
            line.id,
            float(times[i]),
            float(dwell[i]),
            float(own[i]),
            (*there, *onward[1:]),
            tempers[i],
        )
        for i in range(count)
        if times[i] < window.end
    )


def _name_code(name: str) -> int:
    """Return 19 bits of a name, the same everywhere."""
    code = 2166136261
    for byte in name.encode():
        code = ((code ^ byte) * 16777619) & 0xFFFFFFFF
    return code >> 13
