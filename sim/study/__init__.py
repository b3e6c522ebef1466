"""Replications x scenarios: run them in pairs, spread over processes, and judge; the public Python API."""

from sim.study.study import FailedReplication, Study, run_study

__all__ = ["FailedReplication", "Study", "run_study"]
