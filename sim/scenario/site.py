"""A site: one network, what stands beside it, who comes, who drives, and what is measured there."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from sim.scenario.demand import Demand
from sim.scenario.drivers import Drivers
from sim.scenario.fields import STRICT, Metres, Name, SquareMetres, Text, Unit
from sim.scenario.network import Crossing, Network


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Gate:
    """The school's gate, on the curb side of a link."""

    link: Name
    at_m: Metres
    opposite_link: Name | None = None
    """The other direction of the same street, where there is one."""


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Guardrail:
    """A rail at the footway's edge, passable only at its ends."""

    id: Name
    link: Name
    from_m: Metres
    to_m: Metres


@dataclass(config=STRICT, frozen=True, kw_only=True)
class WaitingArea:
    """A marked place on the footway where a parent on foot hands the child over."""

    id: Name
    link: Name
    at_m: Metres
    area_m2: SquareMetres


@dataclass(config=STRICT, frozen=True, kw_only=True)
class RemoteParking:
    """Parking further off, with room for everybody, and the walk from there to the gate."""

    link: Name
    at_m: Metres
    walk_m: Metres


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Site:
    """A place with a gate: everything that both arms of a comparison share."""

    name: Name
    title: Text
    network: Network
    gate: Gate
    demand: Demand
    drivers: Drivers
    guardrails: tuple[Guardrail, ...] = ()
    waiting_areas: tuple[WaitingArea, ...] = ()
    remote_parking: tuple[RemoteParking, ...] = ()
    green_belt_m2: SquareMetres = 0.0
    footway_width_m: Annotated[float, Field(gt=0, le=50), Unit("m")] = 3.5
    section_m: Annotated[float, Field(gt=0, le=5_000), Unit("m")] = 300.0
    """Length of the section past the gate on which M2 is measured, centred on the gate."""


def gate_offset_opposite(site: Site) -> float | None:
    """Return the gate's offset [m] on the other direction's link, if there is one."""
    if site.gate.opposite_link is None:
        return None
    here = site.network.length(site.network.link(site.gate.link))
    there = site.network.length(site.network.link(site.gate.opposite_link))
    return there * (1.0 - site.gate.at_m / here)


def far_curb(site: Site) -> str | None:
    """Return the link on the far side of the street, if parents may stop there."""
    far = site.gate.opposite_link
    return far if any(z.link == far and z.users == "school" for z in site.network.curb_zones) else None


def gate_crossing(site: Site) -> Crossing | None:
    """Return the crossing that pupils on foot use: the first marked one over the street at the gate."""
    marked = (c for c in site.network.crossings if c.control != "unmarked")
    return next((c for c in marked if any(x.link == site.gate.link for x in c.links)), None)
