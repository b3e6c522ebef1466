"""What types cannot say of who comes: times, shares, and the streets over which everybody comes and goes."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

from sim.scenario.demand import Demand, Drawn
from sim.scenario.faults import Fault, near_miss
from sim.scenario.network import Network
from sim.scenario.routes import Router
from sim.scenario.site import Site, far_curb

TOLERANCE = 1e-6
"""Shares may miss 1 by so much."""
ENTRY = "an entry: a link out of a boundary node"
EXIT = "an exit: a link into a boundary node"


# ---------------------------------------------------------------------- names


def unknown(path: str, found: str, known: Iterable[str], expected: str) -> Iterator[Fault]:
    """Yield a fault if the name is not among those known."""
    names = list(known)
    if found not in names:
        yield Fault(path, found, expected, near_miss(found, names))


def repeated(path: str, ids: Iterable[str]) -> Iterator[Fault]:
    """Yield a fault for each id that stood in the list before."""
    seen: dict[str, int] = {}
    for n, id in enumerate(ids):
        if id in seen:
            yield Fault(f"{path}.{n}.id", id, f"an id of its own, which {path}.{seen[id]} has already")
        seen.setdefault(id, n)


def demand_names(site: Site) -> Iterator[Fault]:
    """Yield the names of links and curb zones that are none, or not of the kind that is needed."""
    network, demand = site.network, site.demand
    entries, exits, links = network.entries(), network.exits(), [link.id for link in network.links]
    for n, origin in enumerate(demand.pupils.origins):
        yield from unknown(f"demand.pupils.origins.{n}.entry", origin.entry, entries, ENTRY)
    for n, departure in enumerate(demand.pupils.departures):
        yield from unknown(f"demand.pupils.departures.{n}.exit", departure.exit, exits, EXIT)
    for n, flow in enumerate(demand.through):
        yield from unknown(f"demand.through.{n}.entry", flow.entry, entries, ENTRY)
        if flow.exit is not None:
            yield from unknown(f"demand.through.{n}.exit", flow.exit, exits, EXIT)
    for n, turning in enumerate(demand.turning):
        for k, link in enumerate(turning.links):
            yield from unknown(f"demand.turning.{n}.links.{k}", link, links, "a link")
    yield from _bus_line_names(demand, network)


def _bus_line_names(demand: Demand, network: Network) -> Iterator[Fault]:
    yield from repeated("demand.bus_lines", (line.id for line in demand.bus_lines))
    stops = [zone.id for zone in network.curb_zones if zone.users == "bus"]
    for n, line in enumerate(demand.bus_lines):
        path = f"demand.bus_lines.{n}"
        yield from unknown(f"{path}.entry", line.entry, network.entries(), ENTRY)
        yield from unknown(f"{path}.exit", line.exit, network.exits(), EXIT)
        yield from unknown(f"{path}.stop", line.stop, stops, "a curb zone with users: bus")


# ---------------------------------------------------------------------- numbers


def demand_numbers(demand: Demand) -> Iterator[Fault]:
    """Yield times out of order, more cars than pupils, and shares that do not sum to 1."""
    yield from _times_of_day(demand)
    cars, enrolment = demand.pupils.cars or 0, demand.pupils.enrolment
    if cars > enrolment:
        yield Fault("demand.pupils.cars", f"{cars} cars", f"no more than pupils, {enrolment}")
    yield from _shares(demand)
    yield from _drawn(demand)
    if demand.choices.willing_zero_m < demand.choices.willing_full_m:
        found = f"{demand.choices.willing_zero_m:g} m"
        yield Fault("demand.choices.willing_zero_m", found, "no less than willing_full_m")


def hh_mm(seconds: float) -> str:
    """Return a time of day as it is written: "07:40", with seconds if there are any."""
    minutes, rest = divmod(seconds, 60.0)
    text = f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}"
    return f"{text}:{rest:02g}" if rest else text


def _times_of_day(demand: Demand) -> Iterator[Fault]:
    window, pupils = demand.window, demand.pupils
    in_order = ("start", "measured_from", "measured_to", "end")
    for before, after in itertools.pairwise(in_order):
        a, b = getattr(window, before), getattr(window, after)
        if b < a or (b == a and before == "measured_from"):
            yield Fault(f"demand.window.{after}", hh_mm(b), f"a time after {before}, {hh_mm(a)}")
    whole, measured = (window.start, window.end), (window.measured_from, window.measured_to)
    for key, (begin, end) in (("arrival_mean", measured), ("gate_opens", whole), ("bell", whole)):
        at = getattr(pupils, key)
        if not begin <= at <= end:
            within = "measured window" if key == "arrival_mean" else "window"
            expected = f"a time within the {within}, {hh_mm(begin)} to {hh_mm(end)}"
            yield Fault(f"demand.pupils.{key}", hh_mm(at), expected)
    if pupils.bell <= pupils.arrival_mean:
        found = f"{hh_mm(pupils.bell)}, but arrival_mean {hh_mm(pupils.arrival_mean)}"
        yield Fault("demand.pupils.bell", found, "a time after most have arrived; arrivals move by arrival_mean")
    if pupils.bell < pupils.gate_opens:
        yield Fault("demand.pupils.bell", hh_mm(pupils.bell), f"a time after gate_opens, {hh_mm(pupils.gate_opens)}")


def _shares(demand: Demand) -> Iterator[Fault]:
    pupils, modes = demand.pupils, demand.pupils.modes
    yield from _sum("demand.pupils.modes", [getattr(modes, name) for name in modes.__dataclass_fields__])
    yield from _sum("demand.pupils.origins", [origin.share for origin in pupils.origins])
    yield from _sum("demand.pupils.departures", [departure.share for departure in pupils.departures])
    if any(departure.opposite is not None for departure in pupils.departures):
        yield from _sum("demand.pupils.departures", opposite_shares(demand), "opposite shares (else share)")
    for n, turning in enumerate(demand.turning):
        yield from _sum(f"demand.turning.{n}", [turning.left, turning.through, turning.right])


def opposite_shares(demand: Demand) -> list[float]:
    """Return by exit the share of those who leave over it after a stop on the far side."""
    return [d.share if d.opposite is None else d.opposite for d in demand.pupils.departures]


def _sum(path: str, shares: Sequence[float], what: str = "shares") -> Iterator[Fault]:
    total = sum(shares)
    if abs(total - 1.0) > TOLERANCE:
        yield Fault(path, f"{what} that sum to {total:.6g}", "a sum of 1")


def _drawn(demand: Demand) -> Iterator[Fault]:
    times = demand.times
    durations = {f"demand.times.{name}": getattr(times, name) for name in times.__dataclass_fields__}
    durations |= {f"demand.bus_lines.{n}.dwell": line.dwell for n, line in enumerate(demand.bus_lines)}
    durations |= {f"demand.bus_lines.{n}.own_manoeuvre": line.own_manoeuvre for n, line in enumerate(demand.bus_lines)}
    for path, drawn in durations.items():
        if isinstance(drawn, Drawn) and drawn.high_s < drawn.low_s:
            yield Fault(f"{path}.high_s", f"{drawn.high_s:g} s", f"no less than low_s, {drawn.low_s:g} s")
        elif isinstance(drawn, Drawn) and not drawn.low_s <= drawn.mean_s <= drawn.high_s:
            yield Fault(f"{path}.mean_s", f"{drawn.mean_s:g} s", f"{drawn.low_s:g} to {drawn.high_s:g} s")


# ---------------------------------------------------------------------- routes


def demand_routes(site: Site, router: Router) -> Iterator[Fault]:
    """Yield who cannot get to where they are sent; every name must be known."""
    yield from _families(site, router)
    yield from _parking(site, router)
    yield from _through(site.demand, router)
    for n, line in enumerate(site.demand.bus_lines):
        stop = site.network.curb_zone(line.stop).link
        path = f"demand.bus_lines.{n}"
        if not router.reachable(line.entry, stop):
            yield Fault(f"{path}.entry", line.entry, f"an entry from which the stop {line.stop} is reached")
        if not router.reachable(stop, line.exit):
            yield Fault(f"{path}.exit", line.exit, f"an exit that is reached from the stop {line.stop}")


def _curbs(site: Site) -> list[str]:
    """Return the links along which families look for a place."""
    far = far_curb(site)
    used = any(o.share > 0 and o.opposite_share > 0 for o in site.demand.pupils.origins)
    return [site.gate.link, far] if used and far is not None else [site.gate.link]


def _families(site: Site, router: Router) -> Iterator[Fault]:
    pupils, gate, far = site.demand.pupils, site.gate.link, far_curb(site)
    for n, origin in enumerate(pupils.origins):
        path = f"demand.pupils.origins.{n}.entry"
        if not router.reachable(origin.entry, gate):
            yield Fault(path, origin.entry, f"an entry from which the gate's link {gate} is reached")
        if far is not None and origin.opposite_share > 0 and not router.reachable(origin.entry, far):
            yield Fault(
                path, origin.entry, f"an entry from which the opposite link {far} is reached, or opposite_share 0"
            )
    for curb, shares in zip(
        _curbs(site), ([d.share for d in pupils.departures], opposite_shares(site.demand)), strict=False
    ):
        for n, (departure, share) in enumerate(zip(pupils.departures, shares, strict=True)):
            if share > 0 and not router.reachable(curb, departure.exit):
                path = f"demand.pupils.departures.{n}.exit"
                yield Fault(path, departure.exit, f"an exit that is reached from {curb}, where they stop")


def _parking(site: Site, router: Router) -> Iterator[Fault]:
    """Yield remote parking that nobody gets to or away from, and curbs from which nobody gets there or round again."""
    places, curbs = site.remote_parking, _curbs(site)
    for n, place in enumerate(places):
        path = f"remote_parking.{n}.link"
        if not any(router.round_to(curb, place.link) for curb in curbs):
            yield Fault(path, place.link, f"a link that is reached from {' or '.join(curbs)}")
        elif not router.way_out(place.link, place.link):
            yield Fault(path, place.link, "a link from which an exit is reached")
    for curb in curbs:
        if places and not any(router.round_to(curb, place.link) for place in places):
            yield Fault("remote_parking", f"none that is reached from {curb}", "one for those who find no berth there")
        elif not places and not router.round_to(curb, curb) and not _all_join_a_row(site, curb):
            yield Fault(
                "remote_parking", f"none, and no way round back to {curb}", "one for those who find no berth there"
            )


def _all_join_a_row(site: Site, curb: str) -> bool:
    """Return whether everybody waits in the row of those who stop in the lane of a link: nobody is without a place."""
    rows = any(z.link == curb and z.kind == "in_lane" and z.users == "school" for z in site.network.curb_zones)
    return rows and site.demand.choices.wait_share == 1.0


def _through(demand: Demand, cars: Router) -> Iterator[Fault]:
    for n, flow in enumerate(demand.through):
        path = f"demand.through.{n}"
        router = cars if flow.vehicle == "car" else cars.strips
        if flow.vehicle == "two_wheeler" and flow.heavy_share > 0.0:
            yield Fault(f"{path}.heavy_share", f"{flow.heavy_share:g} of two-wheelers", "0, or vehicle: car")
        if flow.vehicle == "two_wheeler" and cars.network.link(flow.entry).strip_width_m == 0.0:
            yield Fault(f"{path}.entry", f"{flow.entry}, without strip_width_m", "a link with a strip for two-wheelers")
        elif flow.exit is not None:
            if not router.reachable(flow.entry, flow.exit):
                yield Fault(f"{path}.exit", flow.exit, f"an exit that is reached from {flow.entry}")
        elif trap := _trap(flow.entry, router):
            found = f"{flow.entry}, whose traffic may turn into {trap} and never get out"
            yield Fault(f"{path}.entry", found, "an exit for this flow, or a way out from wherever it may turn")


def _trap(entry: str, router: Router) -> str:
    """Return a link that is reached from an entry and leads to no exit; empty if there is none."""
    exits = router.network.exits()
    links = (link.id for link in router.network.links)
    return next((link for link in links if router.reachable(entry, link) and router.nearest(link, exits) is None), "")
