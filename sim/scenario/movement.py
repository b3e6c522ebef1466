"""A way over a junction, from lane to lane, with those that its path meets.

Lane 0 is at the curb: on the right where traffic keeps right, on the left where it keeps left.
"""

from dataclasses import dataclass

from sim.scenario.network import Connection, Network, Turn

Point = tuple[float, float]
STRIP = -1
"""The number of a link's strip for two-wheelers among its lanes"""


@dataclass(frozen=True)
class Conflict:
    """Another movement of the same junction whose path meets this one's.

    `from_m` and `at_m` say where the common area begins and ends on this path, `foe_from_m` and `foe_at_m` where it
    does on the other; `yields`: this movement gives way.
    """

    foe: int
    from_m: float
    at_m: float
    foe_from_m: float
    foe_at_m: float
    yields: bool


@dataclass(frozen=True)
class Movement:
    """The way from a lane of one link to a lane of the next."""

    node: str
    from_link: str
    from_lane: int
    to_link: str
    to_lane: int
    turn: Turn
    length_m: float
    shape: tuple[Point, ...]
    conflicts: tuple[Conflict, ...] = ()
    wait_m: float = 0.0
    """Where one who gives way waits inside the junction [m]; 0: at the stop line."""
    halfway: bool = False
    """Whether that is in the middle of the street to be crossed, where only those wait who cross it in stages."""
    stated: Connection | None = None
    """The connection that states it, where the network has them."""


def as_if_kept_right(turn: Turn, network: Network) -> Turn:
    """Return a turn as it would be called where traffic keeps right: "left" is the one across oncoming traffic."""
    mirrored: dict[Turn, Turn] = {"left": "right", "right": "left"}
    return turn if network.traffic_side == "right" else mirrored.get(turn, turn)
