"""What is recorded is what was: every second of a morning, held against the kernel's own arrays."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from sim.agents.parent import Parent
from sim.film import develop
from sim.kernel import state as k
from sim.model import SchoolMorning
from sim.records import STATES, Film, Words
from sim.scenario.scenario import Scenario
from tests.property.test_school_morning import school, short

BESIDE = (k.OFF_LANE, k.PULLING_OUT)


def table(columns) -> pd.DataFrame:
    words = {n: pd.Categorical.from_codes(c.codes, c.words) for n, c in columns.items() if isinstance(c, Words)}
    return pd.DataFrame({**columns, **words})


class Watched:
    """A morning that was filmed, and beside it every second of the kernel: before agents act in it, and after."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.world = SchoolMorning(scenario, seed=seed, filmed=True)
        self.before: dict[int, np.ndarray] = {}
        self.after: dict[int, np.ndarray] = {}
        self.lists: dict[int, dict[int, int]] = {}
        self.lights: list[np.ndarray] = []
        traffic, advance = self.world.traffic, self.world.traffic.run

        def run(until: int) -> None:
            while traffic.tick < until:
                advance(traffic.tick + 1)
                self.lights.append(traffic.lanes["light"].copy())
                if traffic.tick % 2 == 0:
                    self.before[self.second()] = self.seen()
                    self.lists[self.second()] = self.listed()
                if traffic._desk.news[0]:
                    break

        traffic.run = run
        while not self.world.is_over():
            self.world.step()
            if traffic.tick % 2 == 0:
                self.after[self.second()] = self.seen()
        self.film: Film = develop(self.world)

    def second(self) -> int:
        return round(self.world.traffic.seconds(self.world.traffic.tick))

    def seen(self) -> np.ndarray:
        return k.plain(self.world.traffic.vehicles)[["lane", "x", "v", "state"]].copy()

    def listed(self) -> dict[int, int]:
        """Return who is in which lane's list."""
        lanes, order, count = self.world.traffic.lanes, self.world.traffic.order, len(self.world.traffic.vehicles)
        return {
            int(i): row
            for row in np.flatnonzero(lanes["count"]).tolist()
            for i in order[lanes[row].order_at : lanes[row].order_at + lanes[row].count]
            if i < count
        }

    def by_second(self):
        """Yield each second with what the film says of everybody then: the last row, a row of -1 before the first."""
        rows = self.film.trajectories
        vehicle, time_s = rows["traveller"].codes, rows["time_s"]
        order = np.argsort(time_s, kind="stable")
        last = np.full(len(self.world.traffic.vehicles), -1)
        begins = np.searchsorted(time_s[order], np.arange(min(self.before), max(self.before) + 2))
        for n, second in enumerate(range(min(self.before), max(self.before) + 1)):
            if n == 0:
                last[vehicle[order[: begins[0]]]] = order[: begins[0]]
            last[vehicle[order[begins[n] : begins[n + 1]]]] = order[begins[n] : begins[n + 1]]
            yield second, last.copy()


@lru_cache
def watched(name: str = "baseline", seed: int = 5) -> Watched:
    return Watched(short(school(name), 12), seed)


@pytest.fixture(autouse=True, scope="module")
def forgotten_afterwards() -> Iterator[None]:
    """What was watched takes a gigabyte, which the tests of other files do without."""
    yield
    watched.cache_clear()


@pytest.mark.parametrize("name", ["baseline", "shapingba"])
def test_nobody_on_the_road_is_missing_or_elsewhere_at_any_second(name):
    seen = watched(name)
    rows = seen.film.trajectories
    state = np.array(rows["state"].words)[rows["state"].codes]
    looks = 0
    for second, last in seen.by_second():
        known = np.flatnonzero(last >= 0)
        on_road = known[~np.isin(state[last[known]], ("outside", "gone")) & ~rows["off_lane"][last[known]]]
        truth, listed = seen.before[second], seen.lists[second]
        left_now = {i for i in listed if seen.after.get(second, truth)["state"][i] in BESIDE}
        assert set(on_road.tolist()) == set(listed) - left_now, second
        at = last[on_road]
        if second not in seen.after:
            assert rows["lane"][at].tolist() == [listed[i] for i in on_road.tolist()]
        assert np.allclose(rows["at_m"][at], truth["x"][on_road], atol=0.0501), second
        moved = rows["time_s"][at] == second
        exact = moved & (truth["state"][on_road] == k.DRIVING)
        assert np.allclose(rows["speed_m_s"][at][exact], truth["v"][on_road][exact], atol=0.0501)
        assert (truth["v"][on_road][~moved] < 0.5).all()
        looks += at.size
    assert looks > 20_000


STATE_OF = {"parking": "in_berth", "bay": "in_berth", "remote": "parked_away"}
"""By the kind of place where a family stood; where it holds the lane, both have one name."""


@pytest.mark.parametrize("name", ["baseline", "shapingba"])
def test_every_state_is_what_the_kernel_and_the_agents_know(name):
    seen = watched(name)
    rows = seen.film.trajectories
    words = np.array(rows["state"].words)
    agents = {a.vehicle: a for a in seen.world.agents}
    found: set[str] = set()
    for second, last in seen.by_second():
        if second not in seen.after:
            continue
        before, after = seen.before[second], seen.after[second]
        for i in np.flatnonzero(last >= 0).tolist():
            state, off = words[rows["state"].codes[last[i]]], rows["off_lane"][last[i]]
            kernel = {int(before["state"][i]), int(after["state"][i])}
            found.add(str(state))
            if state == "gone":
                assert k.GONE in kernel
            elif state == "outside":
                assert k.OUTSIDE in kernel
            elif off:
                assert kernel & set(BESIDE), (second, i, state)
                assert state in ("manoeuvring", "in_berth", "parked_away")
            elif state == "driving":
                assert k.DRIVING in kernel, (second, i)
            else:
                assert k.HELD in kernel, (second, i, state)
            if state in ("double_parked", "in_lane", "in_berth", "parked_away"):
                assert agents[i].parts and any(p in ("dwell", "escort_walk") for _, p in agents[i].parts)
    parents = [a for a in seen.world.agents if isinstance(a, Parent) and any(part == "dwell" for _, part in a.parts)]
    kinds = {a.place.kind for a in parents}
    assert {"parking", "in_lane"} <= kinds or {"bay", "parking"} <= kinds
    assert {"driving", "outside", "gone", "manoeuvring"} | {STATE_OF.get(kind, kind) for kind in kinds} <= found


def test_where_a_family_stood_is_told_as_in_its_trip():
    told = STATE_OF
    stops = 0
    for name in ("baseline", "shapingba"):
        seen = watched(name)
        rows = table(seen.film.trajectories)
        for parent in (a for a in seen.world.agents if isinstance(a, Parent)):
            kind = parent.place.kind
            own = rows[rows["traveller"] == parent.name]
            dwells = next(at for at, part in parent.parts if part == "dwell")
            last = own[own["time_s"] <= np.ceil(dwells)].iloc[-1]
            assert last["state"] == told.get(kind, kind)
            assert last["off_lane"] == (kind in told)
            segment, x = seen.world.layout.place(parent.place.link, parent.place.stop_m)
            lane = seen.world.layout.road.lanes[int(last["lane"])]
            assert (lane.segment, lane.number) == (segment, 0)
            assert abs(last["at_m"] - x) < (0.06 if kind in told else 7.0)
            stops += 1
    assert stops > 40


def test_a_bus_is_in_its_bay_from_when_it_left_the_lane_until_it_is_back():
    seen = watched()
    rows = table(seen.film.trajectories)
    buses = [a for a in seen.world.agents if not isinstance(a, Parent)]
    for bus in buses:
        off, on = (seen.world.traffic.seconds(t) for t in seen.world.traffic.orders.beside[bus.vehicle])
        own = rows[rows["traveller"] == bus.name]
        beside = own[own["off_lane"]]
        assert beside["time_s"].min() == np.ceil(off)
        assert beside["time_s"].max() < on
        assert own.loc[own["time_s"] >= on, "time_s"].min() == np.ceil(on)
        assert set(beside["state"].astype(str)) == {"manoeuvring", "in_berth"}
    assert len(buses) > 10


def test_lights_change_when_the_kernel_s_do_tick_for_tick():
    seen = watched()
    signals = table(seen.film.signals)
    code = {"green": k.GREEN, "amber": k.AMBER, "red": k.RED}
    lanes = seen.world.traffic.lights["lane"]
    assert set(signals["lane"]) == set(lanes.tolist())
    shown = np.array(seen.lights)
    start_s, dt = seen.world.traffic.start_s, seen.world.traffic.dt
    for lane in lanes.tolist():
        own = signals[signals["lane"] == lane]
        ticks = np.rint((own["time_s"].to_numpy(dtype=float) - start_s) / dt).astype(int)
        assert ticks[0] == 0
        # what is decided in a tick goes by the light at its beginning
        at = np.searchsorted(ticks, np.arange(len(shown)), side="right") - 1
        assert (np.array([code[w] for w in own["light"]])[at] == shown[:, lane]).all()


@pytest.mark.parametrize("control", ["signal", "zebra"])
def test_ways_on_foot_hang_together_and_lead_to_the_gate(control):
    scenario = short(school(), 8)
    crossing = replace(scenario.site.network.crossings[0], control=control)
    site = replace(scenario.site, network=replace(scenario.site.network, crossings=(crossing,)))
    world = SchoolMorning(replace(scenario, site=site), seed=3, filmed=True)
    film = world.run().film
    walks, gate = table(film.walks), np.array(film.map["gate"]["point"])
    assert len(walks) > 50
    stood = table(film.trajectories)
    for who, legs in walks.sort_values(["from_s", "to_s"]).groupby("who", observed=True):
        start, end = (legs[[f"{w}_x_m", f"{w}_y_m"]].to_numpy(dtype=float) for w in ("from", "to"))
        assert (legs["to_s"] > legs["from_s"]).all()
        joined = legs["from_s"].to_numpy(dtype=float)[1:] - legs["to_s"].to_numpy(dtype=float)[:-1]
        assert (joined > -0.01).all()
        assert np.allclose(start[1:], end[:-1], atol=0.02)
        if str(who).startswith("pupil"):
            assert np.allclose(joined, 0.0, atol=0.01)
            assert np.allclose(end[-1], gate, atol=0.02)
            continue
        own = stood[stood["traveller"] == who]
        dwell = own[own["state"].isin(("in_lane", "double_parked", "in_berth"))]
        if len(dwell):
            line = np.array(film.map["lanes"][int(dwell.iloc[0]["lane"])]["line"])
            car = [np.interp(dwell.iloc[0]["at_m"], line[:, 0], line[:, axis]) for axis in (1, 2)]
            assert np.hypot(*(start[0] - car)) < 15.0
        at_gate = np.hypot(*(end - gate).T).min() < 0.05
        near = any(np.hypot(*(end - a["point"]).T).min() < 0.05 for a in film.map["waiting_areas"])
        assert at_gate or near
    if control == "signal":
        across = walks[(walks["from_y_m"] * walks["to_y_m"] < 0) & (walks["from_x_m"] - walks["to_x_m"]).abs().lt(9)]
        phase = (across["from_s"] - crossing.offset_s) % crossing.cycle_s
        assert len(across) > 5
        assert (phase < crossing.walk_s + 0.6).all()
        assert (
            (across["to_s"] - crossing.offset_s) % crossing.cycle_s <= crossing.walk_s + crossing.clearance_s + 0.6
        ).all()


def test_the_states_of_the_kernel_are_those_of_the_film():
    assert STATES[k.DRIVING] == "driving"
    assert STATES[k.HELD] == "waiting_for_berth"  # and then as the agent tells
