"""The verdict: is the promise kept, by how much, and how sure are we; the unit is the replication."""

from sim.verdict.judge import Failure, verdict_json
from sim.verdict.pairs import Estimate, apart, bootstrap_t, compare, fieller, pairs_needed
from sim.verdict.words import KPI_NAMES, verdict_lines, verdict_sentence

__all__ = [
    "KPI_NAMES",
    "Estimate",
    "Failure",
    "apart",
    "bootstrap_t",
    "compare",
    "fieller",
    "pairs_needed",
    "verdict_json",
    "verdict_lines",
    "verdict_sentence",
]
