"""What all travellers share: an identity, a vehicle on the road, and a stopwatch for the parts of the trip."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.agents.core import Agent
from sim.places.world import World

Story = Generator[simpy.Event, Any, Any]
"""A part of a trip: yields what it waits for."""

PARTS = ("approach", "search", "queue", "manoeuvre", "dwell", "escort_walk", "exit")


class Traveller(Agent):  # type: ignore[misc]
    """Somebody on the way, at the wheel of one vehicle."""

    def __init__(self, world: World, name: str, vehicle: int, scheduled_s: float) -> None:
        """Set out at `scheduled_s` [s after midnight] in the vehicle of that row."""
        super().__init__(world)
        self.world = world
        self.name = name
        self.vehicle = vehicle
        self.scheduled_s = scheduled_s
        self.spent_s = dict.fromkeys(PARTS, 0.0)
        self.part = "approach"
        self.parts: list[tuple[float, str]] = [(scheduled_s, self.part)]
        """When each part of the trip began [s after midnight]."""
        self._since_s = scheduled_s
        self._over_s = 0.0
        """By how much all that was done so far has been rounded up."""
        self.finished = False
        self.gone: simpy.Event
        """Happens when the vehicle drives out of the area; there is one from the trip's beginning on."""

    def begin(self, part: str) -> None:
        """Close the present part of the trip, and begin another one."""
        now = self.world.now_s()
        self.spent_s[self.part] += now - self._since_s
        self.part, self._since_s = part, now
        self.parts.append((now, part))

    def takes(self, seconds: float) -> simpy.Event:
        """Tell when something is done that takes so long [s], rounded up to a tick.

        What was rounded up before is taken off, so that a trip of many parts is longer by less than one tick.
        """
        owed = max(0.0, seconds - self._over_s)
        lasts = self.world.traffic.ticks(owed)
        self._over_s += lasts * self.world.traffic.dt - seconds
        return self.world.env.timeout(lasts)

    def turned_in(self, speed_m_s: float) -> None:
        """Take off what the turn into a bay was told too late."""
        self._over_s += self.world.traffic.scene.overshot_s(self.vehicle, speed_m_s)

    def trip(self) -> Story:
        """Tell the whole trip."""
        raise NotImplementedError

    def live(self) -> Story:
        """Make the trip, and write down its end to the fraction of a tick."""
        self.gone = self.world.traffic.orders.leaves(self.vehicle)
        yield from self.trip()
        if not self.gone.triggered:
            yield self.gone
        self.spent_s[self.part] += self.ends_s() - self._since_s
        self.finished = True

    def ends_s(self) -> float:
        """Return when the vehicle left the area [s after midnight], to the fraction of a tick."""
        return round(self.world.traffic.seconds(self.world.traffic.scene.vehicle.left[self.vehicle]), 3)
