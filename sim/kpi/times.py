"""What a traveller's time is [s]: the formulas that the KPIs and the changes per traveller share."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from sim.kpi.worlds import Mask, Times

CARS = ("car", "taxi")


def total(trips: pd.DataFrame) -> "Times":
    """Return the time from the scheduled arrival at the study boundary to leaving it, or to the gate."""
    return trips["left_s"] - trips["scheduled_s"]


def to_section_end(trips: pd.DataFrame) -> "Times":
    """Return the time from the scheduled arrival to the end of the section past the gate."""
    return trips["section_out_s"] - trips["scheduled_s"]


def in_section(trips: pd.DataFrame) -> "Times":
    """Return the time in the section past the gate."""
    return trips["section_out_s"] - trips["section_in_s"]


def component(part: str) -> "Callable[[pd.DataFrame], Times]":
    """Return the time of a component; whoever finished without a car spent none on it."""
    return lambda trips: trips[f"{part}_s"].mask(trips["finished"] & ~trips["mode"].isin(CARS), 0.0)


def passes(trips: pd.DataFrame, column: str) -> "Mask":
    """Return who passes the gate, and the section's end unless stuck on the way; whoever is lost counts as passing."""
    return trips[column].ne(False) & ~(trips["finished"] & trips["section_out_s"].isna())
