"""Who comes, when, how: draws every traveller from keyed random streams.

Each draw is a function of (seed and replication, traveller, purpose), so that adding a bay, a warden or a bus line
changes nobody else. Only the site's demand and network are read here, never what an intervention changes. Times are
rounded to 1 ms, lengths to 1 mm.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr, ndtri

from sim.kernel.chance import key, mixed, uniforms
from sim.scenario.demand import BusLine, Demand, Drawn, Pupils, ThroughFlow
from sim.scenario.drivers import Drivers, GapAcceptance, VehicleClass
from sim.scenario.routes import Router
from sim.scenario.scenario import Scenario
from sim.traffic.fleet import Kind, Temperament

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Path = tuple[str, ...]

FAMILY, WALKER, THROUGH, BUS, GIVEN = 1, 2, 3, 4, 5
"""Kinds of travellers, part of their keys."""
(
    ARRIVAL,
    ORIGIN,
    EXIT,
    SIDE,
    PUPILS,
    GRADE,
    ESCORT,
    MODE,
    DWELL,
    OWN,
    PARKING,
    HANDOVER,
    CHILD_SPEED,
    ADULT_SPEED,
    WILLING,
    DOUBLE,
    DOUBLE_FREE,
    WAIT,
    OBEY,
    SPEED,
    CROSS,
    HEADWAY,
    TURN,
    TIME_GAP,
    CRITICAL_GAP,
    CLASS,
    UNMARKED,
    ROUND,
) = range(100, 128)
"""Purposes of draws."""
MOST_LINKS = 30
"""A random walk through the area goes straight to the nearest exit after so many links."""


@dataclass(frozen=True)
class Family:
    """One family that comes by car or taxi."""

    name: str
    key: int
    mode: str
    scheduled_s: float
    entry: str
    exit: str
    opposite: bool
    pupils: int
    grade: int
    escorts: bool
    dwell_s: float
    own_manoeuvre_s: float
    parking_manoeuvre_s: float
    handover_s: float
    child_walk_m_s: float
    adult_walk_m_s: float
    willing_m: float
    double_parks: bool
    double_parks_though_free: bool
    waits: bool
    obeys: float
    crosses_unmarked: bool
    turns_round: bool
    temper: Temperament


@dataclass(frozen=True)
class Walker:
    """One pupil who comes on foot, or walks the last part."""

    name: str
    key: int
    mode: str
    grade: int
    scheduled_s: float
    crosses: bool
    escorted: bool
    child_walk_m_s: float
    adult_walk_m_s: float
    handover_s: float

    @property
    def walk_m_s(self) -> float:
        """How fast the pupil walks to the gate, beside an adult no faster than that one."""
        return min(self.child_walk_m_s, self.adult_walk_m_s) if self.escorted else self.child_walk_m_s


@dataclass(frozen=True)
class BusTrip:
    """One bus."""

    name: str
    key: int
    line: str
    scheduled_s: float
    dwell_s: float
    own_manoeuvre_s: float
    path: Path
    temper: Temperament


@dataclass(frozen=True)
class Passage:
    """One vehicle of the through traffic, or a two-wheeler."""

    name: str
    key: int
    scheduled_s: float
    path: Path
    kind: Kind
    temper: Temperament


@dataclass(frozen=True)
class Travellers:
    """Everybody of one replication."""

    families: tuple[Family, ...]
    walkers: tuple[Walker, ...]
    through: tuple[Passage, ...]
    buses: tuple[BusTrip, ...]


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


def keys_of(kind: int, numbers: Iterable[int]) -> Ints:
    """Return the keys of travellers of one kind, by their numbers."""
    return np.array([key(kind, n) for n in numbers], dtype=np.int64)


class Draws:
    """Uniform numbers for a row of travellers, and what is made of them."""

    def __init__(self, base: int, keys: Ints) -> None:
        """Draw for travellers of these keys; `base` stands for seed and replication."""
        self.base = base
        self.keys = keys

    def uniform(self, purpose: int, k: int = 0) -> Floats:
        """Return one number in [0, 1) each."""
        return uniforms(self.base, self.keys, purpose, k)

    def chosen(self, purpose: int, shares: Sequence[float]) -> Ints:
        """Return an index each, with probabilities in proportion to the shares."""
        steps = np.cumsum(np.asarray(shares, dtype=np.float64))
        found = np.searchsorted(steps / steps[-1], self.uniform(purpose), side="right")
        return np.minimum(found, len(shares) - 1).astype(np.int64)

    def normal(self, purpose: int, mean: float, sd: float, low: float, high: float) -> Floats:
        """Return normal numbers, truncated to [low, high]."""
        if sd == 0.0:
            return np.full(self.keys.size, min(max(mean, low), high))
        a, b = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
        drawn: Floats = np.clip(mean + sd * ndtri(a + self.uniform(purpose) * (b - a)), low, high)
        return drawn

    def drawn(self, purpose: int, what: Drawn) -> Floats:
        """Return lognormal durations [s] with the moments before truncation to [low_s, high_s]."""
        if what.mean_s == 0.0 or what.sd_s == 0.0:
            return np.full(self.keys.size, min(max(what.mean_s, what.low_s), what.high_s))
        variance = np.log1p((what.sd_s / what.mean_s) ** 2)
        mu, sigma = np.log(what.mean_s) - variance / 2.0, np.sqrt(variance)
        a = ndtr((np.log(what.low_s) - mu) / sigma) if what.low_s > 0.0 else 0.0
        b = ndtr((np.log(what.high_s) - mu) / sigma)
        exact = np.exp(mu + sigma * ndtri(a + self.uniform(purpose) * (b - a)))
        drawn: Floats = np.round(np.clip(exact, what.low_s, what.high_s), 3)
        return drawn

    def speed_factor(self, kind: VehicleClass) -> Floats:
        """Return desired speeds as shares of the limit, truncated at two standard deviations."""
        spread = 2.0 * kind.speed_factor_sd
        low, high = kind.speed_factor - spread, kind.speed_factor + spread
        return np.round(self.normal(SPEED, kind.speed_factor, kind.speed_factor_sd, low, high), 4)

    def factor(self, purpose: int, cv: float) -> Floats:
        """Return lognormal factors of mean 1, truncated at two standard deviations of their logarithm."""
        if cv == 0.0:
            return np.ones(self.keys.size)
        sigma = np.sqrt(np.log1p(cv * cv))
        drawn: Floats = np.exp(self.normal(purpose, -0.5 * sigma * sigma, sigma, -2.0 * sigma, 2.0 * sigma))
        return np.round(drawn, 4)

    def tempers(self, its: VehicleClass, gaps: GapAcceptance) -> list[Temperament]:
        """Return how each driver of a class drives."""
        return [Temperament(*row) for row in zip(*(c.tolist() for c in self.temper_columns(its, gaps)), strict=True)]

    def temper_columns(self, its: VehicleClass, gaps: GapAcceptance) -> tuple[Floats, Floats, Floats]:
        """Return the same as columns: factors of the limit, of the time gap and of all critical gaps."""
        speed, headway = self.speed_factor(its), self.factor(TIME_GAP, its.headway_cv)
        return speed, headway, self.factor(CRITICAL_GAP, gaps.spread_cv)

    def walk(self, purpose: int, mean: float, sd: float) -> Floats:
        """Return walking speeds [m/s], truncated at two standard deviations and never under 0.3 m/s."""
        return np.round(self.normal(purpose, mean, sd, max(0.3, mean - 2.0 * sd), mean + 2.0 * sd), 3)


def _records(kind: type[Any], columns: dict[str, Any]) -> Iterator[Any]:
    """Yield one record per row of the columns, in the order of the record's fields."""
    names = [f.name for f in fields(kind)]
    lists = [c.tolist() if isinstance(c, np.ndarray) else c for c in (columns[name] for name in names)]
    for row in zip(*lists, strict=True):
        yield kind(*row)


def _families(base: int, demand: Demand, drivers: Drivers) -> tuple[Family, ...]:
    pupils, times, choices, window = demand.pupils, demand.times, demand.choices, demand.window
    n = car_count(pupils)
    d = Draws(base, keys_of(FAMILY, range(n)))
    origin = d.chosen(ORIGIN, [o.share for o in pupils.origins])
    opposite = d.uniform(SIDE) < np.array([o.opposite_share for o in pupils.origins])[origin]
    near = d.chosen(EXIT, [e.share for e in pupils.departures])
    far = d.chosen(EXIT, [e.share if e.opposite is None else e.opposite for e in pupils.departures])
    out = np.where(opposite, far, near)
    grade = (d.uniform(GRADE) * 6.0).astype(np.int64) + 1
    mean = pupils.pupils_per_car
    count = np.floor(mean).astype(int) + (d.uniform(PUPILS) < mean - np.floor(mean)).astype(int)
    motorised = pupils.modes.car + pupils.modes.taxi
    taxi = d.uniform(MODE) < (pupils.modes.taxi / motorised if motorised else 0.0)
    escort = np.asarray(pupils.escort_shares)[(grade - 1) // 2]
    willing = choices.willing_zero_m - (choices.willing_zero_m - choices.willing_full_m) * d.uniform(WILLING)
    return tuple(
        _records(
            Family,
            {
                "name": [f"family {i}" for i in range(n)],
                "key": d.keys,
                "mode": ["taxi" if t else "car" for t in taxi],
                "scheduled_s": np.round(
                    d.normal(ARRIVAL, pupils.arrival_mean, pupils.arrival_sd_s, window.start, window.end), 3
                ),
                "entry": [pupils.origins[i].entry for i in origin],
                "exit": [pupils.departures[i].exit for i in out],
                "opposite": opposite,
                "pupils": count,
                "grade": grade,
                "escorts": (d.uniform(ESCORT) < escort) & ~taxi,
                "dwell_s": d.drawn(DWELL, times.dwell),
                "own_manoeuvre_s": d.drawn(OWN, times.own_manoeuvre),
                "parking_manoeuvre_s": d.drawn(PARKING, times.parking_manoeuvre),
                "handover_s": d.drawn(HANDOVER, times.handover),
                "child_walk_m_s": d.walk(CHILD_SPEED, times.child_walk_m_s, times.walk_sd_m_s),
                "adult_walk_m_s": d.walk(ADULT_SPEED, times.adult_walk_m_s, times.walk_sd_m_s),
                "willing_m": np.round(willing, 3),
                "double_parks": d.uniform(DOUBLE) < choices.double_park_share,
                "double_parks_though_free": d.uniform(DOUBLE_FREE) < choices.double_park_though_free_share,
                "waits": d.uniform(WAIT) < choices.wait_share,
                "obeys": d.uniform(OBEY),
                "crosses_unmarked": d.uniform(UNMARKED) < choices.unmarked_share,
                "turns_round": d.uniform(ROUND) < choices.three_point_share,
                "temper": d.tempers(drivers.car, drivers.gaps),
            },
        )
    )


def _walkers(base: int, demand: Demand, count: int) -> tuple[Walker, ...]:
    """Return the pupils who are in no car: all the others of the enrolment."""
    pupils, times, window = demand.pupils, demand.times, demand.window
    n = max(0, count)
    d = Draws(base, keys_of(WALKER, range(n)))
    modes = ("walk", "rail", "two_wheeler", "bus")
    grade = (d.uniform(GRADE) * 6.0).astype(np.int64) + 1
    escort = np.asarray(pupils.escort_shares)[(grade - 1) // 2]
    shares = [getattr(pupils.modes, m) for m in modes]
    chosen = d.chosen(MODE, shares if sum(shares) > 0 else [1.0] * 4)
    return tuple(
        _records(
            Walker,
            {
                "name": [f"pupil {i}" for i in range(n)],
                "key": d.keys,
                "mode": [modes[i] for i in chosen],
                "grade": grade,
                "scheduled_s": np.round(
                    d.normal(ARRIVAL, pupils.arrival_mean, pupils.arrival_sd_s, window.start, window.end), 3
                ),
                "crosses": d.uniform(CROSS) < pupils.crossing_share,
                "escorted": d.uniform(ESCORT) < escort,
                "child_walk_m_s": d.walk(CHILD_SPEED, times.child_walk_m_s, times.walk_sd_m_s),
                "adult_walk_m_s": d.walk(ADULT_SPEED, times.adult_walk_m_s, times.walk_sd_m_s),
                "handover_s": d.drawn(HANDOVER, times.handover),
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
    d = Draws(base, keys_of(THROUGH, range(first, first + count)))
    passed = np.cumsum(-np.log1p(-d.uniform(HEADWAY)))
    n = int(np.searchsorted(passed, expected[-1]))
    scheduled = np.round(np.interp(passed[:n], expected, times), 3)
    kinds: list[Kind] = ["heavy" if u < flow.heavy_share else "car" for u in d.uniform(CLASS)[:n]]
    if flow.vehicle == "two_wheeler":
        kinds = ["two_wheeler"] * n
    tempers = {kind: d.tempers(getattr(drivers, kind), drivers.gaps) for kind in sorted(set(kinds))}
    if flow.exit is not None:
        paths = [router.path(flow.entry, flow.exit)] * n
    else:
        chances = [d.uniform(TURN, hop)[:n] for hop in range(4)]
        walk = _RandomWalk(demand, router)
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


class _RandomWalk:
    """Ways through the area by the turning shares of each approach."""

    def __init__(self, demand: Demand, router: Router) -> None:
        self.router = router
        self.shares = {link: t for t in demand.turning for link in t.links}
        self.exits = set(router.network.exits())
        self._options: dict[str, list[tuple[str, float]]] = {}

    def options(self, link: str) -> list[tuple[str, float]]:
        """Return the links that follow, with their shares; without turning shares the straightest one."""
        if link not in self._options:
            turns = {n: self.router.turn(link, n) for n in self.router.next_links(link)}
            onward = {n: t for n, t in turns.items() if t != "u_turn"} or turns
            rank = {"through": 0, "right": 1, "left": 2, "u_turn": 3}
            given = self.shares.get(link)
            if given is None:
                best = min(onward, key=lambda n: (rank[str(onward[n])], n))
                self._options[link] = [(best, 1.0)]
            else:
                self._options[link] = [(n, float(getattr(given, str(t), 0.0))) for n, t in onward.items()]
        return self._options[link]

    def path(self, entry: str, chances: list[float]) -> Path:
        """Return one way; the draws are used up junction by junction, and split finer once they are."""
        way = [entry]
        hop = 0
        while way[-1] not in self.exits:
            if len(way) > MOST_LINKS:
                last = self.router.nearest(way[-1], self.exits)
                return (*way, *self.router.path(way[-1], last)[1:]) if last else tuple(way)
            options = [(n, s) for n, s in self.options(way[-1]) if n not in way] or self.options(way[-1])
            total = sum(s for _, s in options)
            if len(options) == 1 or total == 0.0:
                way.append(options[0][0])
                continue
            u = chances[hop % len(chances)]
            chances[hop % len(chances)] = (u * 1048573.0) % 1.0
            hop += 1
            for n, s in options:  # noqa: B007 (n is the last one looked at)
                u -= s / total
                if u < 0.0:
                    break
            way.append(n)
        return tuple(way)


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
    d = Draws(base, keys_of(BUS, range(first, first + count)))
    if line.headway_cv == 0.0:
        times = window.start + headway * (np.arange(count) + d.uniform(HEADWAY)[0])
    else:
        shape = 1.0 / line.headway_cv**2
        gaps = gammaincinv(shape, d.uniform(HEADWAY)) * headway / shape
        times = window.start + np.cumsum(gaps)
    times = np.round(times, 3)
    own = d.drawn(OWN, line.own_manoeuvre)
    dwell, tempers = d.drawn(DWELL, line.dwell), d.tempers(drivers.bus, drivers.gaps)
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
