"""One second of a film: who is where, with what delay, which lights show what, and how far the queue reaches."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.report.films import Filmed
from sim.report.plan import Plan

Points = NDArray[np.float64]
V_QUEUE = 5.0 / 3.6
"""[m/s] slower counts as queueing, as in the table of series"""
HOLE_M = 25.0
"""[m] between two who queue, at most, as in the replay (`replay/queue.js`) [assumption]"""
LEAST_VEHICLES = 3
"""are a queue, as in the replay [assumption]"""
WIDTH_M = {"car": 1.8, "bus": 2.5, "heavy": 2.5, "two_wheeler": 0.7}
"""[m] of a body, by kind"""
ON_MAP = ("driving", "waiting_for_berth", "manoeuvring", "in_berth", "in_lane", "double_parked", "turning_round")


@dataclass(frozen=True)
class Queue:
    """A queue before the gate: how far from it its tail is [m], where that is, and how far past the junction before."""

    length_m: float
    tail: tuple[float, float]
    inwards: Points
    """Direction (2,) from there to the street's middle"""
    past_junction_m: float
    """[m] that it reaches beyond the junction upstream of the gate's link; 0: not so far"""


@dataclass(frozen=True)
class Moment:
    """What a film shows at one second.

    `vehicles`: a row for each on the map, with `kind`, `length_m`, `family`, `lane`, `at_m`, `speed_m_s`, `state`,
    `off_lane` and `delay_s`. `outside`: who waits for admission, by the row of the entry's lane. `away`: how many cars
    stand in the remote parking, by its link. `lights`: by the row of the way that it governs. `people`: points (n, 2).
    """

    at_s: int
    vehicles: pd.DataFrame
    outside: dict[int, int]
    away: dict[str, int]
    lights: dict[int, str]
    people: Points
    queue: Queue | None


def moment(film: Filmed, plan: Plan, at_s: int) -> Moment:
    """Return what a film shows at a second of the day; it must lie within the film."""
    rows = film.trajectories[film.trajectories["time_s"].to_numpy() <= at_s]
    now = _latest(rows).astype({"state": str}).assign(delay_s=0.0)
    now = now[now["state"] != "gone"]
    now["moved_m"] = _moved_m(rows, now, at_s, film.map["lanes"])
    told = pd.DataFrame(film.map["vehicles"]).set_index("traveller")
    trips = film.trips.set_index("traveller")
    now = now.join(told).assign(family=trips["kind"].reindex(now.index).eq("family"))
    remote = now["state"].eq("parked_away")
    vehicles = now[now["state"].isin(ON_MAP)]
    vehicles = vehicles.assign(delay_s=delays_s(rows, film, at_s).reindex(vehicles.index))
    links = [plan.lanes[lane].get("link", "") for lane in now.loc[remote, "lane"]]
    return Moment(
        at_s,
        vehicles,
        dict(Counter(now.loc[now["state"] == "outside", "lane"].tolist())),
        {link: links.count(link) for link in sorted(set(links))},
        _lights(film.signals, at_s),
        _people(film.walks, at_s),
        _queue(vehicles, plan, film.map["gate"]),
    )


def delays_s(rows: pd.DataFrame, film: Filmed, at_s: float) -> "pd.Series[float]":
    """Return by traveller the delay so far [s] of everybody in some rows of a film, none later than `at_s`.

    delay = at - scheduled - integral of speed / (limit x speed factor) dt: the time since one was due at the boundary
    less the time that the same way takes at the speed one wishes for. Between two rows no more than 1 s apart the speed
    is their mean; a vehicle without a row stands.
    """
    told = film.map["vehicles"]
    codes = rows["traveller"].cat.codes.to_numpy()
    names = rows["traveller"].cat.categories
    factor = pd.Series(told["speed_factor"], index=told["traveller"]).reindex(names).to_numpy(dtype=float)
    scheduled = film.trips.set_index("traveller")["scheduled_s"].reindex(names).to_numpy(dtype=float)
    limit = np.array([lane["limit_m_s"] for lane in film.map["lanes"]] or [1.0])
    speed = rows["speed_m_s"].to_numpy(dtype=float)
    time_s = rows["time_s"].to_numpy()
    follows = np.diff(codes, prepend=-1) == 0
    before = np.where(follows & (np.diff(time_s, prepend=0) == 1), np.roll(speed, 1), 0.0)
    free = 0.5 * (speed + before) / (limit[rows["lane"].to_numpy()] * factor[codes])
    driven_s = np.bincount(codes, weights=free, minlength=len(names))
    return pd.Series(at_s - scheduled - driven_s, index=names.astype(str))


def _latest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the last row of each traveller, by the traveller's name."""
    return rows[~rows["traveller"].duplicated(keep="last")].astype({"traveller": str}).set_index("traveller")


def _moved_m(rows: pd.DataFrame, now: pd.DataFrame, at_s: float, lanes: list[dict[str, Any]]) -> "pd.Series[float]":
    """Return by traveller how far [m] those in `now` came in the last second, as the replay has it.

    Who was not on the map a second ago counts with its speed.
    """
    before = _latest(rows[rows["time_s"].to_numpy() <= at_s - 1.0]).reindex(now.index)
    told = pd.DataFrame({key: [lane[key] for lane in lanes] for key in ("segment", "length_m")})
    here, there = (told.reindex(of["lane"]).set_axis(now.index) for of in (now, before))
    beside = before["lane"].eq(now["lane"]) | (here["segment"].eq(there["segment"]) & here["segment"].ge(0))
    moved = now["at_m"] - before["at_m"] + there["length_m"].where(~beside, 0.0)
    return moved.where(there["length_m"].notna(), now["speed_m_s"])


def _lights(signals: pd.DataFrame, at_s: float) -> dict[int, str]:
    shown = signals[signals["time_s"] <= at_s].drop_duplicates("lane", keep="last")
    return dict(zip(shown["lane"].tolist(), shown["light"].astype(str), strict=True))


def _people(walks: pd.DataFrame, at_s: float) -> Points:
    """Return where those are who walk or wait on foot."""
    on_foot = walks[(walks["from_s"] <= at_s) & (walks["to_s"] > at_s)]
    share = ((at_s - on_foot["from_s"]) / (on_foot["to_s"] - on_foot["from_s"])).to_numpy(dtype=float)[:, None]
    start, end = (on_foot[[f"{which}_x_m", f"{which}_y_m"]].to_numpy(dtype=float) for which in ("from", "to"))
    return np.asarray(start + share * (end - start), dtype=float)


def _queue(vehicles: pd.DataFrame, plan: Plan, gate: dict[str, Any]) -> Queue | None:
    """Return the queue before the gate by the replay's rule: at least LEAST_VEHICLES who crawl, with holes of HOLE_M.

    It begins on the gate's link, and may go on over the junction before it. Who has stopped at the curb fills a hole
    but is no end. Of several on the link the one furthest back counts.
    """
    way = plan.way_to(gate["link"])
    begins = min(way[lane] for lane in way if plan.lanes[lane].get("link") == gate["link"])
    slow = vehicles[(vehicles["moved_m"] < V_QUEUE) & ~vehicles["off_lane"] & vehicles["lane"].isin(list(way))]
    fronts = slow["lane"].map(way) + slow["at_m"]
    moves = slow["state"].isin(("driving", "waiting_for_berth"))
    rows = sorted(zip(fronts, slow["length_m"], moves, strict=True), reverse=True)
    rear, count, end, tail = np.inf, 0, None, None
    for front, length, is_moving in rows:
        if front > gate["at_m"]:
            continue
        if rear - front > HOLE_M:
            if front < begins:
                break  # past the junction it is another's
            rear, count, end = np.inf, 0, None
        rear, count, end = min(rear, front - length), count + is_moving, front - length if is_moving else end
        tail = end if end is not None and count >= LEAST_VEHICLES else tail
    if tail is None:
        return None
    past_m = max(begins - plan.junction_m(way, begins) - tail, 0.0)
    return Queue(gate["at_m"] - tail, plan.point_on(way, tail), plan.inwards(way, tail), past_m)
