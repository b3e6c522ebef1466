"""Censoring: a curb that cannot serve its demand by the end of the hour, and stops that become shorter.

Counting those alone who have left by then says that nothing is gained: a quicker curb lets more of those finish who
have waited long. The verdict waits for the last one, or says that it cannot tell.
"""

from dataclasses import replace
from functools import cache

import pytest

from sim.scenario.scenario import Planned
from sim.study import run_study
from tests.validation.table import Found, at_least
from tests.validation.test_row10_staffed_school_curb import drop_off_area

PAIRS = 5
LONG_S, SHORT_S = 40.0, 28.0
HALF_AN_HOUR_LATER_S = 7 * 3600.0 + 50 * 60.0
ROW, SOURCE = "censoring", "SUMO, street of the same kind: 29.7 %; of those who have finished: -1.8 %"


@cache
def study(patience_s=10_800.0):
    """Return 300 families at six places in the lane, who stop for 40 s, and for 28 s."""
    area = drop_off_area(stop_s=LONG_S)
    window = replace(area.site.demand.window, patience_s=patience_s)
    before = replace(area, site=replace(area.site, demand=replace(area.site.demand, window=window)))
    warden = {"zones": ["curb"], "dwell_factor": SHORT_S / LONG_S, "own_manoeuvre_factor": 1.0, "compliance": 1.0}
    after = replace(before, name="area/short", planned=(Planned(name="warden", fields=warden),))
    return run_study(after, before, replications=PAIRS, seed=5, workers=1)


def m1(verdict):
    return next(t for t in verdict["targets"] if t["kpi"] == "M1" and t["headline"])


@pytest.mark.validation
def test_the_verdict_is_that_of_everybody_and_not_of_those_who_have_finished(table):
    what = "stops of 28 s in the place of 40 s at a curb beyond its capacity: gain per family"
    band = at_least(10.0)
    trips = study().trips
    left = trips[trips["kind"].eq("family") & trips["left_s"].lt(HALF_AN_HOUR_LATER_S)]
    lucky = (left["left_s"] - left["scheduled_s"]).groupby(left["arm"]).mean()
    naive = Found(100.0 * (1.0 - lucky["scenario"] / lucky["baseline"]))
    table.turns_red(ROW, what, unit="%", band=band, found=naive, breaks="only those count who have left by 07:50")
    entry = m1(study().verdict)
    half = 50.0 * (entry["high"] - entry["low"])
    table.hold(ROW, what, unit="%", band=band, found=Found(100.0 * entry["reduction"], half), tier="A", source=SOURCE)


@pytest.mark.validation
def test_where_the_last_ones_are_not_waited_for_there_is_no_verdict_and_no_mean():
    verdict = study(patience_s=0.0).verdict
    entry = m1(verdict)
    assert verdict["unfinished"] > 0
    assert (entry["verdict"], entry["reason"]) == ("undecided", "censored")
    assert entry["reduction"] is entry["low"] is entry["p_value"] is None
