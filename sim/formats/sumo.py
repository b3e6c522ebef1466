"""Imports a SUMO network and the demand on it as a site of given trips that runs as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from sim.formats.sumo_network import read_network
from sim.formats.sumo_reader import A_TIME, SIGNAL, Reader, seconds_of, settled
from sim.formats.sumo_trips import ALWAYS, Within, read_demand
from sim.scenario.check_trips import check_trips
from sim.scenario.drivers import Drivers
from sim.scenario.faults import BadInput, Fault
from sim.scenario.files import appearing_folder
from sim.scenario.places import check_new_site
from sim.scenario.read import population
from sim.scenario.trip_files import IMPORT_FILE, write_trip_site
from sim.scenario.trips import TripSite

DRIVERS = "sumo"
ROOTS = ("routes", "trips", "additional", "additionals", "add", "tlLogics", SIGNAL)
"""Outermost elements of files with demand or signals."""


@dataclass(frozen=True)
class Summary:
    """What an import read, kept, dropped and assumed."""

    folder: Path
    site: TripSite
    dropped: int
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the summary as a planner reads it, one fact a line."""
        network, trips = self.site.network, self.site.trips
        gives_way = sum(bool(c.yields_to) for c in network.connections)
        lit = sum(c.programme is not None for c in network.connections)
        stops = sum(len(t.stops) for t in trips)
        return [
            f"network: {len(network.links)} links, {len(network.connections)} connections, {gives_way} of which give"
            f" way, {lit} have a light; {self.dropped} edges without a lane for motor vehicles left out",
            f"signals: {len(network.programmes)} programmes, fixed time",
            f"demand: {len(trips)} trips of {len(self.site.types)} types, {stops} stops;"
            f" departures {trips[0].depart_s:g} to {trips[-1].depart_s:g} s",
            f"drivers: lane changing and critical gaps of conf/drivers/{DRIVERS}.yaml{self._unlike()}",
            *(f"note: {note}" for note in self.notes),
            f"written to {self.folder}",
        ]

    def _unlike(self) -> str:
        """Return where that is known to differ from SUMO most, if the network has it."""
        unlit = sum(bool(c.yields_to) and c.programme is None for c in self.site.network.connections)
        return f"; who gives way without a light ({unlit} connections) waits less than in SUMO" if unlit else ""


def read_sumo(
    net: Path, routes: Path, additional: Sequence[Path] = (), *, name: str = "sumo", within_s: Within = ALWAYS
) -> tuple[TripSite, Summary]:
    """Return the site that SUMO's files describe, and what was read; raises BadInput with every fault.

    Left out is who departs before or after `within_s`, as with SUMO's own `--begin` and `--end`.
    """
    faults: list[Fault] = []
    readers = [Reader(file, ROOTS, faults) for file in (routes, *additional)]
    sumo = read_network(net, readers)
    demand = read_demand(sumo, readers, within_s)
    settled(faults)
    site = TripSite(
        name=name,
        title=f"{name}: network and demand from SUMO",
        network=sumo.network,
        drivers=TypeAdapter(Drivers).validate_python(population(DRIVERS)),
        types=demand.types,
        trips=demand.trips,
    )
    settled(check_trips(site, str(net)))
    return site, Summary(Path(name), site, len(sumo.dropped), (*sumo.notes, *demand.notes))


def within(begin: str | None, end: str | None) -> Within:
    """Return from when on, and before when [s], they depart who are asked for.

    Raises BadInput with every fault.
    """
    told = (("--begin", begin, ALWAYS[0]), ("--end", end, ALWAYS[1]))
    found = [(key, words, usual if words is None else seconds_of(words)) for key, words, usual in told]
    settled([Fault(key, ascii(words), A_TIME) for key, words, at_s in found if at_s is None])
    begin_s, end_s = (at_s or 0.0 for _, _, at_s in found)
    if end_s <= begin_s:
        raise BadInput(Fault("--end", ascii(end), f"a time after {begin_s:g} s, the beginning"))
    return begin_s, end_s


def import_sumo(
    net: Path, routes: Path, additional: Sequence[Path], *, out: Path, within_s: Within = ALWAYS
) -> Summary:
    """Write a site folder from SUMO's files and tell what was read; raises BadInput, and then nothing is written."""
    settled(check_new_site(out))
    site, read = read_sumo(net, routes, additional, name=out.name, within_s=within_s)
    summary = Summary(out, site, read.dropped, read.notes)
    with appearing_folder(out) as draft:
        write_trip_site(site, draft)
        (draft / IMPORT_FILE).write_text("\n".join(summary.lines()) + "\n", encoding="utf-8")
    return summary
