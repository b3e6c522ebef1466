"""One morning here and in SUMO: for each vehicle, how long it took in both."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.demand import Family, draw
from sim.formats.sumo_out import Plan, Stop, Vehicle, write_sumo
from sim.formats.sumo_out.demand import vehicle_name
from sim.model import SchoolMorning, curb_link, roads
from sim.records import Record
from sim.scenario.routes import Router
from sim.scenario.scenario import Scenario
from sim.study.sumo import plan_of
from tests import sumo
from tests.validation.table import Table, around, mean_of

KINDS = ("through", "bus", "family")
Edit = Callable[[str], str]
"""Changes the text of the vehicles' file, `demand.rou.xml`."""

SETTLED = {"rounds": 0, "double_park_share": 0.0, "double_park_though_free_share": 0.0}
"""Choices at which a family stops where it was first minded to, or parks further off: SUMO can be told as much."""
SLICE_S, FEWEST = 900.0, 30
"""[s] a quarter of an hour; with fewer vehicles in it its mean says nothing"""


ONLY_EXPLAINS = "explains a difference: in the full form alone"


def hold(
    table: Table, what: str, unit: str, theirs: Sequence[float], ours: Sequence[float], rel: float, tier: str = "B"
) -> None:
    """Hold the ratios of our replications to SUMO's, pair by pair; both means and their intervals stand beside it."""
    here, there = mean_of(ours), mean_of(theirs)
    source = (
        f"SUMO {there.mean:.4g} ± {there.half_width:.2g} {unit}, here {here.mean:.4g} ± {here.half_width:.2g}, "
        f"{len(ours)} pairs"
    )
    ratio = mean_of(np.asarray(ours) / np.asarray(theirs))
    table.hold("S", what, unit="ours / SUMO's", band=around(1.0, rel=rel), found=ratio, tier=tier, source=source)


def unchanged(text: str) -> str:
    """Leave the vehicles as they are written."""
    return text


def run_here(scenario: Scenario, seed: int) -> Record:
    """Run one morning here; it must not lock up."""
    record = SchoolMorning(scenario, seed=seed).run()
    assert record.failure is None, record.failure
    return record


def run_there(plan: Plan, folder: Path, edit: Edit = unchanged) -> "pd.Series[float]":
    """Run a plan in SUMO; return by vehicle how long it took [s], the wait for admission included."""
    write_sumo(plan, folder)
    written = (folder / "demand.rou.xml").read_text()
    edited = edit(written)
    assert edit is unchanged or edited != written, f"{edit.__name__} changes nothing"
    (folder / "demand.rou.xml").write_text(edited)
    sumo.build(folder)
    sumo.simulate(folder)
    told = sumo.parsed(folder, "tripinfo.xml").iter("tripinfo")
    return pd.Series({t.get("id"): float(t.get("duration")) + float(t.get("departDelay")) for t in told})


def both(record: Record, plan: Plan, folder: Path, edit: Edit = unchanged) -> pd.DataFrame:
    """Return by vehicle its kind, entry, scheduled time, the stop that the plan gives it, and how long it took [s]."""
    trips = record.trips
    here = pd.DataFrame({name: trips[name] for name in ("kind", "entry", "scheduled_s", "stop", "rounds")})
    here["here_s"] = trips["left_s"] - trips["scheduled_s"]
    here.index = pd.Index([vehicle_name(str(name)) for name in trips["traveller"]])
    here = here[here["kind"].isin(KINDS)]
    halts = {vehicle_name(v.name): v.stop.duration_s for v in plan.vehicles if v.stop is not None}
    here["stop_s"] = pd.Series(halts).reindex(here.index).fillna(0.0)
    found = here.assign(there_s=run_there(plan, folder, edit).reindex(here.index))
    assert found["there_s"].notna().all(), "SUMO lost somebody"
    return found


def worst_slice(trips: pd.DataFrame, took: str) -> float:
    """Return the longest mean time of any quarter of an hour, by when they were due, over that of all."""
    slices = trips.groupby(trips["scheduled_s"] // SLICE_S)[took].agg(["mean", "size"])
    return float(slices.loc[slices["size"] >= FEWEST, "mean"].max() / trips[took].mean())


# ---------------------------------------------------------------------- the same places in both


def as_driven(scenario: Scenario, seed: int, record: Record) -> Plan:
    """Return a replication's plan in which each family stops where it did here, as long as it stood here.

    The time of a stop is the dwell, the walk there and back, and the driver's own part of moving off; nobody is sent on
    from there. Families must be settled (SETTLED): a way round the block is not written down.
    """
    plan = plan_of(scenario, seed)
    router = roads(scenario.site.network)[1]
    families = {f.name: f for f in draw(scenario, router, seed, 0).families}
    trips = record.trips
    rows = {str(name): row for row, name in enumerate(trips["traveller"])}

    def told(vehicle: Vehicle) -> Vehicle:
        if vehicle.who != "family":
            return vehicle
        row, family = rows[vehicle.name], families[vehicle.name]
        stood_s = round(_seconds(trips, row) + family.own_manoeuvre_s, 3)
        if trips["zone"][row]:
            return replace(vehicle, stop=Stop(stood_s, str(trips["zone"][row])))
        assert trips["stop"][row] == "remote"
        return _parked_away(scenario, router, family, vehicle, stood_s)

    return replace(plan, vehicles=tuple(told(v) for v in plan.vehicles), onward={})


def _seconds(trips: dict[str, Any], row: int) -> float:
    """Return how long the child took to get out and the walk to the gate and back [s]."""
    return float(np.nansum([trips["dwell_s"][row], trips["escort_walk_s"][row]]))


def _parked_away(scenario: Scenario, router: Router, family: Family, vehicle: Vehicle, stood_s: float) -> Vehicle:
    """Send a family along the curb and on to the remote parking that is reached soonest from there."""
    curb = curb_link(scenario.site, family.opposite)
    ways = [(router.round_to(curb, p.link), n) for n, p in enumerate(scenario.site.remote_parking)]
    way, n = min((w for w in ways if w[0]), key=lambda w: router.free_time_s(w[0]))
    home = router.way_out(way[-1], family.exit)
    path = (*router.path(family.entry, curb), *way[1:], *home[1:])
    return replace(vehicle, path=path, stop=Stop(stood_s, remote=n))


# ---------------------------------------------------------------------- other drivers in SUMO


def impatient(text: str) -> str:
    """Let SUMO's drivers take from the outset any gap in which those who go first can still brake."""
    return text.replace("<vType ", '<vType impatience="1" ')


def braking_by_krauss(text: str) -> str:
    """Let SUMO's families follow by its own model (Krauss, no wavering) and not by its IDM."""
    return "\n".join(
        line.replace('"IDM"', '"Krauss" sigma="0"') if 'id="family_' in line else line for line in text.split("\n")
    )
