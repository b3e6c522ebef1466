"""One file per road change: each is a pure function from a scenario to a scenario."""

from sim.interventions.registry import catalogue, listing, resolve

__all__ = ["catalogue", "listing", "resolve"]
