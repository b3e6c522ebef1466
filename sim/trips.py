"""Run a site whose trips are given, and tell how they went."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sim.agents.caller import Caller
from sim.demand import GIVEN, Draws, keys_of
from sim.kernel.chance import key, mixed
from sim.logbook import named_deadlock
from sim.memory import let_go
from sim.model import Clock, Running, laid_out, roads
from sim.places.berths import Berths
from sim.places.disciplines import any_free
from sim.places.world import World
from sim.records import Column
from sim.scenario.movement import Movement
from sim.scenario.network import Network
from sim.scenario.routes import Router
from sim.scenario.trips import Trip, TripSite
from sim.traffic.fleet import Departure, Fleet, undriven
from sim.traffic.traffic import Traffic

FORESIGHT_M = 1000.0
"""So far ahead drivers whose way is given pick their lanes [assumption]; SUMO's look 3 km ahead."""

DRIVEN_COLUMNS: dict[str, Column] = {
    "trip": Column("str", "", "which trip"),
    "type": Column("str", "", "the vehicle's type"),
    "scheduled_s": Column("float64", "s", "when it is due, from the run's start"),
    "entered_s": Column("float64", "s", "when it was admitted to its first link, from the run's start"),
    "left_s": Column("float64", "s", "when it came to its end, from the run's start; undefined: it has not"),
    "route_m": Column("float64", "m", "the given way's length, over its links and junctions"),
    "stops_missed": Column("int64", "1", "stops that were driven past"),
}
"""One row for each trip."""


@dataclass(frozen=True)
class Driven:
    """What a run left behind: a table with the columns above, the road's counts, and why it failed, if it did."""

    trips: dict[str, NDArray[Any]]
    facts: dict[str, float]
    failure: str | None = None
    ended_s: float = 0.0
    """When the run ended, from its start."""

    @property
    def complete(self) -> bool:
        """Whether everybody came to the end of the trip."""
        return self.failure is None and not np.isnan(self.trips["left_s"]).any()

    def lines(self) -> list[str]:
        """Return what a planner wants to know first, one fact a line."""
        spent, way = self.trips["left_s"] - self.trips["entered_s"], self.trips["route_m"]
        done, missed = ~np.isnan(spent), int(self.trips["stops_missed"].sum())
        outside = float(np.nansum(self.trips["entered_s"] - self.trips["scheduled_s"])) / 3600.0
        rerouted = self.facts["drivers_who_missed_a_turn"]
        lines = [
            f"{done.sum()} of {done.size} trips came to their end;"
            f" {rerouted:.0f} times another way was taken, {missed} stops were driven past"
        ]
        if done.all():  # no means over the lucky
            lines.append(f"mean over trips of length / time: {float((way[done] / spent[done]).mean()):.2f} m/s")
            lines.append(f"vehicle-hours: {float(spent[done].sum()) / 3600.0:.1f} on the road, {outside:.1f} outside")
        if self.failure is not None:
            lines.append(f"failed: {' '.join(self.failure.split())}")
        elif not done.all():
            outside_yet = np.isnan(self.trips["entered_s"])
            lines.append(
                f"patience was out at {self.ended_s:g} s:"
                f" {(~done & ~outside_yet).sum()} still on the way, {outside_yet.sum()} not yet let in"
            )
        return lines


def write_driven(driven: Driven, path: Path) -> None:
    """Write the table of trips as Parquet; the file appears whole or not at all. Raises OSError."""
    import pandas as pd  # half of what a run loads, were it loaded for each

    from sim.tables import write_table

    frame = pd.DataFrame({name: np.asarray(driven.trips[name], dtype=c.dtype) for name, c in DRIVEN_COLUMNS.items()})
    write_table(frame, path, {} if driven.failure is None else {"failure": driven.failure})


class TripRun(Running):
    """One replication of a site's given trips."""

    def __init__(self, site: TripSite, *, seed: int = 1, replication: int = 0, dt_s: float = 0.5) -> None:
        """Set the scene at second 0: nobody is on the road yet."""
        super().__init__(rng=0)  # Mesa's generator is never asked
        self.site = site
        self.dt_s = dt_s
        self.env = Clock()
        self.movements, _ = roads(site.network)
        self.layout = laid_out(site.network, site.drivers.gaps, dt_s, 0.0)
        base = mixed(seed, replication)
        timetable = timetable_of(Same(site), dt_s)
        self.last_tick = round((site.last_due_s + site.patience_s) / dt_s)
        self.traffic = Traffic(
            self.env,
            self.layout,
            timetable.router,
            site.drivers,
            timetable.fleet.driven(*timetable.tempers(base)),
            seed=base,
            slots=0,
            start_s=0.0,
            horizon=0,  # nobody asks how long the queues were
        )
        self.berths = {place: Berths(self.env, count, any_free) for place, count in timetable.berths.items()}
        for row, trip in timetable.callers:
            caller = Caller(cast(World, self), trip.id, row, trip.depart_s, trip.stops)
            self.env.process(caller.live())

    def is_over(self) -> bool:
        """Return whether everybody has come to the end, or is out of patience; asked once a minute."""
        tick = self.traffic.tick
        return tick >= self.last_tick or (tick % self._check == 0 and self.traffic.everybody_left())

    def run(self) -> Driven:
        """Run to the end and return what was written down; a deadlock ends it and is named."""
        try:
            self.run_through()
            return self._written_down()
        finally:
            self.forget()

    def _written_down(self) -> Driven:
        site, vehicles = self.site, self.traffic.vehicles
        missed = {agent.vehicle: agent.missed for agent in self.agents}
        columns = {
            "trip": np.array([t.id for t in site.trips]),
            "type": np.array([t.type for t in site.trips]),
            "scheduled_s": np.array([t.depart_s for t in site.trips]),
            "entered_s": self.traffic.in_seconds(vehicles["entered"]),
            "left_s": self.traffic.in_seconds(vehicles["left"]),
            "route_m": route_lengths(site, self.movements),
            "stops_missed": np.array([missed.get(row, 0) for row in range(len(site.trips))], dtype=np.int64),
        }
        names = [t.id for t in site.trips]
        failure = None if self.failure is None else named_deadlock(self.failure, names)
        return Driven(columns, self.traffic.facts(), failure, self.now_s())


def run_trips(site: TripSite, *, seed: int = 1, replication: int = 0, dt_s: float = 0.5) -> Driven:
    """Run one replication of a site's given trips and return what came of it."""
    driven = TripRun(site, seed=seed, replication=replication, dt_s=dt_s).run()
    let_go()
    return driven


class Same:
    """A site by its identity: trips by the thousand are slow to compare."""

    def __init__(self, site: TripSite) -> None:
        self.site = site

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.site is self.site

    def __hash__(self) -> int:
        return id(self.site)


@dataclass(frozen=True)
class Timetable:
    """What all runs of a site have in common beside its layout."""

    site: TripSite
    router: Router
    fleet: Fleet
    """Before anything is drawn."""
    keys: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
    """The rows and the keys of each type's vehicles."""
    callers: tuple[tuple[int, Trip], ...]
    """Who stops on the way, by row."""
    berths: dict[str, int]
    """How many there are, by place."""

    def tempers(self, base: int) -> NDArray[np.float64]:
        """Return the factors (3, n) of how each driver drives: see `sim.traffic.fleet.Temperament`."""
        found = np.empty((3, len(self.site.trips)))
        for its in self.site.types:
            rows, keys = self.keys[its.id]
            found[:, rows] = Draws(base, keys).temper_columns(its.moves, self.site.drivers.gaps)
        return found


@lru_cache(maxsize=1)
def timetable_of(same: Same, dt_s: float) -> Timetable:
    """Return a site's timetable, worked out once for runs that follow each other."""
    site = same.site
    movements, router = roads(site.network)
    layout = laid_out(site.network, site.drivers.gaps, dt_s, 0.0)
    rows: dict[str, list[int]] = {t.id: [] for t in site.types}
    for row, trip in enumerate(site.trips):
        rows[trip.type].append(row)
    return Timetable(
        site,
        open_to_cars(site.network, movements, router),
        undriven(layout, site.drivers, departures(site, dt_s)),
        {id: (np.array(of, dtype=np.int64), keys_of(GIVEN, of)) for id, of in rows.items()},
        tuple((row, trip) for row, trip in enumerate(site.trips) if trip.stops),
        {s.place: s.berths for t in site.trips for s in t.stops if s.berths},
    )


def departures(site: TripSite, dt_s: float) -> list[Departure]:
    """Return everybody's vehicle, in the order of the trips, before anything is drawn."""
    types = {t.id: t for t in site.types}
    return [
        Departure(
            key(GIVEN, row),
            max(0, -int(-trip.depart_s // dt_s)),
            trip.path,
            types[trip.type].kind,
            by_agent=bool(trip.stops),
            keeps_curb=any(s.berths for s in trip.stops),
            own=types[trip.type].moves,
            foresight_m=FORESIGHT_M,
            bus_lanes=types[trip.type].bus_lanes,
        )
        for row, trip in enumerate(site.trips)
    ]


def open_to_cars(network: Network, movements: Sequence[Movement], router: Router) -> Router:
    """Return the ways that all may take who miss a turn: none over lanes or turns for buses."""
    buses = {(link.id, n) for link in network.links for n in link.bus_lanes}

    def is_open(m: Movement) -> bool:
        on_lanes = {(m.from_link, m.from_lane), (m.to_link, m.to_lane)}
        return buses.isdisjoint(on_lanes) and not (m.stated is not None and m.stated.buses)

    found = [m for m in movements if is_open(m)]
    return router if len(found) == len(movements) else Router(network, found)


def route_lengths(site: TripSite, movements: Sequence[Movement]) -> NDArray[np.float64]:
    """Return how long each trip's way is [m], over links and junctions."""
    links = {link.id: site.network.length(link) for link in site.network.links}
    between: dict[tuple[str, str], float] = {}
    for m in movements:
        between.setdefault((m.from_link, m.to_link), m.length_m)

    def length(path: tuple[str, ...]) -> float:
        return sum(links[link] for link in path) + sum(between[pair] for pair in itertools.pairwise(path))

    return np.round([length(t.path) for t in site.trips], 3)
