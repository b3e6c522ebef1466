"""Turn a world that has run its course into a record: one row per traveller, and the queues over time."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.agents.bus import Bus
from sim.agents.parent import Parent
from sim.agents.traveller import PARTS, Traveller
from sim.places.footway import wait_for_walk_s
from sim.records import Record
from sim.saturation import degrees_of_saturation
from sim.scenario.network import Crossing
from sim.scenario.site import Site, gate_crossing
from sim.traffic.traffic import Deadlock

if TYPE_CHECKING:
    from sim.model import SchoolMorning

GATE_IN, GATE_OUT, OPPOSITE_IN, OPPOSITE_OUT = range(4)
"""Detectors: the ends of the section past the gate, in the gate's direction and in the other."""
SLOTS = 4

_NOTHING: dict[str, Any] = dict.fromkeys([f"{p}_s" for p in PARTS], np.nan) | {
    "stop": "",
    "zone": "",
    "rounds": 0,
    "mode": "",
    "entry": "",
    "exit": "",
    "passes_gate": False,
    "passes_opposite": False,
    "section_in_s": np.nan,
    "section_out_s": np.nan,
    "entered_s": np.nan,
    "left_s": np.nan,
    "free_flow_s": np.nan,
}


def write_down(world: SchoolMorning) -> Record:
    """Return the record of a world that has run its course."""
    window = world.site.demand.window
    rows = [*_drivers(world), *_walkers(world)]
    for row in rows:
        row["finished"] = not isnan(row["left_s"])
        row["measured"] = window.measured_from <= row["scheduled_s"] < window.measured_to
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]} if rows else {}
    return Record(
        trips=columns,
        series=_series(world),
        failure=None
        if world.failure is None
        else named_deadlock(world.failure, [name for name, _ in world.departures]),
        facts=world.traffic.facts() | _facts(world, columns) | _saturation(world),
    )


def _drivers(world: SchoolMorning) -> list[dict[str, Any]]:
    """Return the rows of everybody who came in a vehicle."""
    traffic = world.traffic
    entered, left = (traffic.in_seconds(traffic.vehicles[name]).tolist() for name in ("entered", "left"))
    passed = traffic.in_seconds(traffic.passed).tolist()
    agents: dict[int, Traveller] = {a.vehicle: a for a in world.agents}
    scheduled = {p.name: p.scheduled_s for p in world.travellers.through}
    gate, router = world.site.gate, world.traffic.router
    free: dict[tuple[str, ...], float] = {}
    rows = []
    for i, (name, departure) in enumerate(world.departures):
        path = departure.path
        if path not in free:
            free[path] = router.free_time_s(path)
        agent = agents.get(i)
        along, across = gate.link in path, gate.opposite_link in path
        slots = (GATE_IN, GATE_OUT) if along or not across else (OPPOSITE_IN, OPPOSITE_OUT)
        row = _NOTHING | {
            "traveller": name,
            "kind": "two_wheeler" if departure.kind == "two_wheeler" else "through",
            "scheduled_s": agent.scheduled_s if agent is not None else scheduled[name],
            "entered_s": entered[i],
            "left_s": left[i],
            "free_flow_s": free[path],
            "passes_gate": along,
            "passes_opposite": across,
            "section_in_s": passed[i][slots[0]],
            "section_out_s": passed[i][slots[1]],
            "entry": path[0],
            "exit": path[-1],
        }
        if agent is not None:
            row |= _told(agent)
        rows.append(row)
    return rows


def _told(agent: Traveller) -> dict[str, Any]:
    """Return what an agent has to tell of its trip."""
    told: dict[str, Any] = {f"{p}_s": round(s, 6) for p, s in agent.spent_s.items()}
    if isinstance(agent, Parent):
        place = agent.place
        told |= {"kind": "family", "mode": agent.family.mode, "rounds": agent.rounds}
        told |= {"stop": place.kind if place else "", "zone": place.zone if place else ""}
        if agent.beyond:
            told["left_s"] = round(agent.parts[-1][0], 3) if agent.finished else np.nan
    elif isinstance(agent, Bus):
        told |= {"kind": "bus", "stop": "" if agent.leaves_out else agent.stop.kind, "zone": agent.stop.id}
    return told


def _walkers(world: SchoolMorning) -> list[dict[str, Any]]:
    """Return the rows of the pupils who come on foot: they wait at the crossing and go to the gate."""
    site = world.site
    crossing = gate_crossing(site)
    to_gate = crossing_to_gate_m(site, crossing)
    rows = []
    for w in world.travellers.walkers:
        speed = w.walk_m_s
        at_s = w.scheduled_s
        if w.crosses and crossing is not None:
            across_s = crossing.length_m / speed
            if crossing.control == "signal":
                at_s += wait_for_walk_s(crossing, at_s, across_s)
            at_s += across_s
        rows.append(
            _NOTHING
            | {
                "traveller": w.name,
                "kind": "walker",
                "mode": w.mode,
                "scheduled_s": w.scheduled_s,
                "entered_s": w.scheduled_s,
                "left_s": round(at_s + to_gate / speed, 3),
                "free_flow_s": 0.0,
            }
        )
    return rows


def _series(world: SchoolMorning) -> dict[str, np.ndarray]:
    """Return the queues over time."""
    counted = world.traffic.counts()
    time_s, counts = counted["time_s"], counted["counts"]
    standing = np.zeros(time_s.size, dtype=np.int64)
    for agent in world.agents:
        if isinstance(agent, Parent) and agent.stood_from_s is not None:
            until = agent.stood_to_s if agent.stood_to_s is not None else np.inf
            standing += (time_s >= agent.stood_from_s) & (time_s < until)
    return {
        "time_s": time_s,
        "queue_gate_veh": counts[:, 0],
        "queue_opposite_veh": counts[:, 1],
        "outside_veh": counts[:, 2],
        "on_road_veh": counts[:, 3],
        "school_veh": standing,
    }


def named_deadlock(deadlock: Deadlock, names: Sequence[str]) -> str:
    """Return a deadlock in words: when, who (by the vehicles' names), where."""
    who = "; ".join(f"{names[i]} on {lane} at {x:.0f} m" for i, lane, x in deadlock.members[:12])
    at = deadlock.at_s
    return f"deadlock at {int(at // 3600):02d}:{int(at % 3600 // 60):02d}: {who}"


def _facts(world: SchoolMorning, columns: dict[str, np.ndarray]) -> dict[str, float]:
    """Return counts for the books: families and buses, pupils set down, and those drawn."""
    parents = [a for a in world.agents if isinstance(a, Parent)]
    buses = [a for a in world.agents if isinstance(a, Bus)]
    walked = float(np.sum(columns["kind"] == "walker")) if columns else 0.0
    return {
        "families": float(len(parents)),
        "buses": float(len(buses)),
        "pupils_drawn": float(sum(a.family.pupils for a in parents)) + walked,
        "pupils_delivered": float(sum(a.delivered for a in parents)) + walked,
        "families_who_parked_beyond": float(sum(a.beyond for a in parents)),
        "buses_that_left_out_their_stop": float(sum(a.leaves_out for a in buses)),
    }


def _saturation(world: SchoolMorning) -> dict[str, float]:
    """Return the degree of saturation of the signal beyond the gate."""
    coming = ((world.traffic.seconds(d.due), d) for _, d in world.departures)
    return degrees_of_saturation(world.site, world.traffic.router, coming)


def crossing_to_gate_m(site: Site, crossing: Crossing | None) -> float:
    """Return the way [m] along the footway from a crossing to the gate."""
    if crossing is None:
        return 0.0
    return abs(site.gate.at_m - crossing.stop_line_m(site.gate.link))
