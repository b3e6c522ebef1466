"""The verdict: is the promise kept, by how much, and how sure are we; the unit is the replication."""

from sim.verdict.family import Look, holm, with_holm
from sim.verdict.judge import Failure, time_of_day, verdict_json
from sim.verdict.pairs import Estimate, apart, bootstrap_t, compare, fieller, p_value
from sim.verdict.runs import CommonNumbers, common_numbers, pairs_needed, runs_for_mean
from sim.verdict.sequential import nominal_levels, repeated_p_value
from sim.verdict.travellers import changes_lines
from sim.verdict.words import KPI_NAMES, account_lines, verdict_lines, verdict_sentence

__all__ = [
    "KPI_NAMES",
    "CommonNumbers",
    "Estimate",
    "Failure",
    "Look",
    "account_lines",
    "apart",
    "bootstrap_t",
    "changes_lines",
    "common_numbers",
    "compare",
    "fieller",
    "holm",
    "nominal_levels",
    "p_value",
    "pairs_needed",
    "repeated_p_value",
    "runs_for_mean",
    "time_of_day",
    "verdict_json",
    "verdict_lines",
    "verdict_sentence",
    "with_holm",
]
