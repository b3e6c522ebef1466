"""Replications x scenarios: run them in pairs, spread over processes or machines, and judge; the public Python API."""

from sim.study.judging import FailedReplication, Study
from sim.study.study import run_study

__all__ = ["FailedReplication", "Study", "run_study"]
