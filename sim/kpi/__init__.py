"""KPIs: tables of trips in, a table of KPIs out; knows no model."""

from sim.kpi.school import drop_off_time, kpi_table, time_past_gate, unfinished_travellers, worst_half_hour
from sim.kpi.worlds import BASELINE, SCENARIO

__all__ = [
    "BASELINE",
    "SCENARIO",
    "drop_off_time",
    "kpi_table",
    "time_past_gate",
    "unfinished_travellers",
    "worst_half_hour",
]
