"""KPIs: tables of trips in, a table of KPIs out; knows no model."""

from sim.kpi.changes import TravellerChanges, traveller_changes
from sim.kpi.school import GateMinutes, kpi_rows, kpi_table, unfinished_travellers, worlds_rows, worst_half_hour
from sim.kpi.worlds import BASELINE, SCENARIO, Worlds, joined

__all__ = [
    "BASELINE",
    "SCENARIO",
    "GateMinutes",
    "TravellerChanges",
    "Worlds",
    "joined",
    "kpi_rows",
    "kpi_table",
    "traveller_changes",
    "unfinished_travellers",
    "worlds_rows",
    "worst_half_hour",
]
