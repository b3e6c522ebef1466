"""Put a film together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.film.ground import ground
from sim.film.lights import lights
from sim.film.on_foot import walks
from sim.film.vehicles import trajectories
from sim.records import Film

if TYPE_CHECKING:
    from sim.model import SchoolMorning


def develop(world: SchoolMorning) -> Film:
    """Return the film of a world that has run its course and was filmed."""
    return Film(trajectories(world), lights(world), walks(world), ground(world))
