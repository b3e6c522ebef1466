"""Turn a recorded pair into the block of bytes that the page carries."""

from typing import Any

import numpy as np
import pandas as pd

from sim.records import COMPONENTS, STATES
from sim.report.films import ARMS, Filmed
from sim.report.replay.approach import approach
from sim.report.replay.motion import motion
from sim.report.replay.streams import block, moments, steps, varints

CARS = ("car", "taxi")
LIGHTS = ("green", "amber", "red")
SERIES = ("queue_gate_veh", "outside_veh", "on_road_veh", "school_veh")
WORDS = ("kind", "mode", "stop", "zone", "entry", "exit")
"""Columns of words among those of a trip that the page shows."""
MOMENTS = ("scheduled_s", "entered_s", "left_s", "section_in_s", "section_out_s")
Json = dict[str, Any]


def pack(run: Json, arms: dict[str, Filmed], pair: int) -> bytes:
    """Return both arms of a pair, gzipped: what `decode.js` unpacks."""
    before, after = (arms[name] for name in ARMS)
    drivers = _families_by_car(before.trips)
    told = [_arm(film, drivers) for film in (before, after)]
    header = {
        "pair": pair,
        "seed": run["seed"],
        "states": STATES,
        "components": COMPONENTS,
        "arms": [
            {**head, "name": film.map["scenario"], "title": _title(run, name)}
            for (head, _), film, name in zip(told, (before, after), ARMS, strict=True)
        ],
    }
    return block(header, [streams for _, streams in told])


def _title(run: Json, arm: str) -> str:
    """Return what the user calls an arm's scenario; older or foreign folders may not say."""
    return str(run.get("configuration", {}).get(arm, {}).get("title") or run[arm])


def _arm(film: Filmed, drivers: "pd.Index[str]") -> tuple[Json, dict[str, bytes]]:
    """Return the header and the streams of an arm."""
    ground = film.map
    travellers: list[str] = ground["vehicles"]["traveller"]
    moved, pairs = motion(film.trajectories, travellers, ground["start_s"])
    trips, words = _trips(film.trips, travellers, ground["start_s"])
    head = {
        "map": {name: content for name, content in ground.items() if name != "vehicles"},
        "vehicles": ground["vehicles"],
        "changes": pairs,
        "approach": approach(ground),
        "words": words,
    }
    start_s = float(ground["start_s"])
    streams = moved | trips | _lights(film, start_s) | _walks(film, travellers, start_s)
    return head, streams | _kpis(film, drivers, start_s)


def _families_by_car(before: pd.DataFrame) -> "pd.Index[str]":
    """Return whom M1 is about: the families that come by car in the baseline and set out in the measured window."""
    of = before["kind"].eq("family") & before["mode"].isin(CARS) & before["measured"].astype(bool)
    return pd.Index(before.loc[of, "traveller"].astype(str))


def _trips(trips: pd.DataFrame, travellers: list[str], start_s: float) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """Return the rows of the drivers, in the order of the vehicles, and the words that their codes stand for."""
    own = trips.set_index(trips["traveller"].astype(str)).reindex(travellers)
    found = {name: varints(moments(own[name], start_s)) for name in MOMENTS}
    found["free_flow_s"] = varints(moments(own["free_flow_s"], 0.0))
    found["rounds"] = varints(own["rounds"].fillna(0).astype(np.int64))
    stays = own["approach_s"].notna().to_numpy()
    found["stays"] = varints(steps(np.flatnonzero(stays)))
    for part in COMPONENTS:
        found[f"{part}_s"] = varints(moments(own.loc[stays, f"{part}_s"], 0.0))
    words = {}
    for name in WORDS:
        codes, known = pd.factorize(own[name].fillna("").astype(str), sort=True)
        found[name], words[name] = varints(codes), [str(w) for w in known]
    return found, words


def _lights(film: Filmed, start_s: float) -> dict[str, bytes]:
    """Return the changes of the lights, by time."""
    light = pd.Index(LIGHTS).get_indexer(pd.Index(film.signals["light"].astype(str)))
    return {
        "light_s": varints(steps(moments(film.signals["time_s"], start_s))),
        "light_lane": varints(film.signals["lane"]),
        "light": varints(light),
    }


def _walks(film: Filmed, travellers: list[str], start_s: float) -> dict[str, bytes]:
    """Return the ways on foot, by time; who has a vehicle is told by its number, who has none by -1."""
    walks = film.walks
    begin, end = (moments(walks[name], start_s) for name in ("from_s", "to_s"))
    places = {
        name: varints(np.rint(walks[f"{name}_m"].to_numpy(dtype=np.float64) * 10.0))
        for name in ("from_x", "from_y", "to_x", "to_y")
    }
    of = pd.Index(travellers).get_indexer(pd.Index(walks["who"].astype(str)))
    return {"walk_s": varints(steps(begin)), "walk_for": varints(end - begin), "walk_of": varints(of)} | places


def _kpis(film: Filmed, drivers: "pd.Index[str]", start_s: float) -> dict[str, bytes]:
    """Return what the numbers beside the picture are reckoned from.

    `family_*`: M1's families, when due and when done. `past_*`: the through vehicles past the gate in its direction,
    when due and when they left the section, in that order (M2's vehicles). The rest are the queues, every 10 s.
    """
    trips = film.trips
    families = trips.set_index(trips["traveller"].astype(str)).reindex(drivers)
    out = trips["section_out_s"]
    past = trips[trips["kind"].eq("through") & trips["passes_gate"].astype(bool) & out.notna()]
    past = past.sort_values("section_out_s", kind="stable")
    return {
        "family_due": varints(moments(families["scheduled_s"], start_s)),
        "family_done": varints(moments(families["left_s"], start_s)),
        "past_due": varints(moments(past["scheduled_s"], start_s)),
        "past_out": varints(moments(past["section_out_s"], start_s)),
        "series_s": varints(steps(moments(film.series["time_s"], start_s))),
        **{name: varints(steps(film.series[name])) for name in SERIES},
    }
