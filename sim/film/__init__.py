"""Turn a world that was filmed into a film: where every vehicle was, the lights, who walked where, and the map."""

from sim.film.develop import develop

__all__ = ["develop"]
