"""Where vehicles stop: bus stops, berths beside the lane, parking further off, and where to go if berths are full."""

from xml.etree.ElementTree import Element, SubElement

from sim.formats.sumo_out.plan import Stop
from sim.formats.sumo_out.streets import Streets, number, sumo_name
from sim.scenario.network import CurbZone

REMOTE_M = 5.0
"""[m] of a lane beside which the remote parking is drawn"""
NO_MANOEUVRE_DEG = 2
"""[degrees] berths drawn so are entered without a manoeuvre: the angle is SUMO's only key to its time"""
ALWAYS = ("0", "200000")
"""[s] from when to when berths that are full send on: longer than any day"""


def places(streets: Streets) -> Element:
    """Return the bus stops, the berths and the remote parking; parents' stops in the lane are told by each vehicle.

    Whatever lies beside the lane is a parking area, for buses, too: a bus stop's own limit is no number of berths.
    """
    root = Element("additional")
    network = streets.network
    for zone in network.curb_zones:
        lane, begin, end = streets.zone(zone)
        where = {"lane": lane, "startPos": number(begin), "endPos": number(end)}
        if zone.kind != "in_lane":
            capacity = {"roadsideCapacity": str(zone.berths)}
            SubElement(root, "parkingArea", {"id": sumo_name(zone.id), **where, **capacity, **_angle(zone.kind)})
        elif zone.users == "bus":
            SubElement(root, "busStop", {"id": sumo_name(zone.id), **where})
    for n in range(len(streets.plan.scenario.site.remote_parking)):
        _add_remote(root, streets, n)
    for link in network.links:
        _add_rerouter(root, streets, link.id)
    return root


def stop(streets: Streets, halt: Stop) -> dict[str, str]:
    """Return a vehicle's stop as SUMO writes it."""
    duration = {"duration": number(halt.duration_s)}
    if halt.remote >= 0:
        return {"parkingArea": remote_name(halt.remote)} | duration
    zone = streets.network.curb_zone(halt.zone)
    if zone.kind != "in_lane":
        return {"parkingArea": sumo_name(zone.id)} | duration
    if zone.users == "bus":
        return {"busStop": sumo_name(zone.id)} | duration
    lane, begin, end = streets.zone(zone)
    first = min(begin + streets.plan.scenario.site.drivers.car.length_m, end - 0.1)
    return {"lane": lane, "startPos": number(first), "endPos": number(end)} | duration


def remote_name(n: int) -> str:
    """Return the name of the n-th remote parking."""
    return f"remote#{n}"


def _angle(kind: str) -> dict[str, str]:
    """Return the berths' angle, by which SUMO tells how long the manoeuvre takes: none but in parallel parking."""
    return {} if kind == "parking" else {"angle": str(NO_MANOEUVRE_DEG)}


def manoeuvres(parking_s: float) -> str:
    """Return how long the lane is held up by those who come in and who leave, by the berths' angle."""
    return f"{NO_MANOEUVRE_DEG - 1} {number(parking_s)} 0,181 0 0"


def _add_remote(root: Element, streets: Streets, n: int) -> None:
    """Add a parking area further off, with room for every family."""
    link, at, begin, end = _remote(streets, n)
    families = sum(v.who == "family" for v in streets.plan.vehicles)
    SubElement(
        root,
        "parkingArea",
        {
            "id": remote_name(n),
            "lane": streets.lane(link, at, 0),
            "startPos": number(begin),
            "endPos": number(end),
            "roadsideCapacity": str(max(families, 1)),
            "length": number(REMOTE_M),
            **_angle("remote"),
        },
    )


def _add_rerouter(root: Element, streets: Streets, link: str) -> None:
    """Send on those who find the berths of a link full: to others there, or to a remote parking."""
    zones = [z for z in streets.network.curb_zones if z.link == link and is_area(z)]
    onward = streets.plan.onward.get(link, ())
    if not zones or not onward:
        return
    edges = {streets.edge(link, streets.stretch(link, z.from_m, z.to_m)[0]): None for z in zones}
    edges |= {streets.edge(*_remote(streets, n)[:2]): None for n in onward}
    rerouter = SubElement(root, "rerouter", id=f"{sumo_name(link)}#full", edges=" ".join(edges))
    interval = SubElement(rerouter, "interval", begin=ALWAYS[0], end=ALWAYS[1])
    for zone in zones:
        SubElement(interval, "parkingAreaReroute", id=sumo_name(zone.id), visible="false")
    for n in onward:
        SubElement(interval, "parkingAreaReroute", id=remote_name(n), visible="true")


def _remote(streets: Streets, n: int) -> tuple[str, int, float, float]:
    """Return the link and piece beside which a remote parking is drawn, and from where to where on it [m]."""
    parking = streets.plan.scenario.site.remote_parking[n]
    end_m = max(parking.at_m, streets.plan.road.pieces[parking.link][0].from_m + REMOTE_M)
    return parking.link, *streets.stretch(parking.link, end_m - REMOTE_M, end_m)


def is_area(zone: CurbZone) -> bool:
    """Return whether parents stop beside the lane there."""
    return zone.users == "school" and zone.kind != "in_lane"
