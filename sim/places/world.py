"""The world as travellers know it: the road, the places, the time; never the model."""

from collections.abc import Mapping
from typing import Protocol

import simpy

from sim.places.berths import Berths
from sim.places.footway import Footway
from sim.scenario.policy import Policy
from sim.scenario.site import Site
from sim.scenario.walking import Walk
from sim.traffic.traffic import Traffic


class World(Protocol):
    """What an agent may ask for."""

    @property
    def env(self) -> simpy.Environment:
        """The clock, in ticks."""

    @property
    def site(self) -> Site:
        """The site after the interventions."""

    @property
    def policy(self) -> Policy:
        """The measures at work."""

    @property
    def traffic(self) -> Traffic:
        """The road."""

    @property
    def berths(self) -> Mapping[str, Berths]:
        """The berths of every curb zone."""

    @property
    def footway(self) -> Footway:
        """Ways on foot to the gate."""

    def wait(self, seconds: float) -> simpy.Event:
        """Return an event after a duration [s], rounded up to the next tick."""

    def send_to_gate(self, way: Walk, speed_m_s: float, who: str) -> None:
        """Send a child from the curb to the gate by itself."""

    def now_s(self) -> float:
        """Return the time [s after midnight]."""
