"""Chooses where those park who find no place at the gate: further on, where everybody gets and from where all leave."""

from math import hypot

from sim.scenario.network import Network
from sim.scenario.routes import Router
from sim.scenario.site import Gate, RemoteParking

WALK_M = 300.0  # [m] from there to the gate; assumption
DETOUR_ON_FOOT = 1.3  # [1] of the straight line; assumption
DRIVEN_WORTH = 0.25  # a metre driven further outweighs this many metres of a walk that is too long or too short
LEAST_LINK_M = 50.0
END_M = 20.0
UNREACHED_M = 2000.0  # how much worse a place is that the other side of the street does not lead to


def remote_parking(network: Network, router: Router, gate: Gate) -> tuple[RemoteParking, ...]:
    """Return one place about 300 m away, or none where no street leads on."""
    starts = [link for link in (gate.link, gate.opposite_link) if link is not None]
    exits = network.exits()
    options = []
    for link in network.links:
        length = network.length(link)
        if link.id in starts or length < LEAST_LINK_M:
            continue
        paths = [router.path(start, link.id) for start in starts]
        leaves = sum(1 for exit in exits if router.path(link.id, exit))
        if not paths[0] or not leaves:
            continue
        at = round(min(max(length / 2, END_M), length - END_M), 1)
        driven = sum(network.length(network.link(each)) for each in paths[0][1:-1]) + at
        walk = DETOUR_ON_FOOT * hypot(*_difference(network, gate, link.id, at))
        missing = sum(not path for path in paths) + (len(exits) - leaves) / len(exits)
        options.append((abs(walk - WALK_M) + DRIVEN_WORTH * driven + UNREACHED_M * missing, link.id, at, walk))
    if not options:
        return ()
    _, best, at, walk = min(options)
    return (RemoteParking(link=best, at_m=at, walk_m=max(round(walk), 1.0)),)


def _difference(network: Network, gate: Gate, link: str, at_m: float) -> tuple[float, float]:
    (x0, y0), (x1, y1) = network.position(gate.link, gate.at_m), network.position(link, at_m)
    return x1 - x0, y1 - y0
