"""The lights that vehicles obey, in ticks: of the stages of a signal, and of crossings."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from sim.scenario.movement import Movement
from sim.scenario.network import Crossing, Programme, Signal

CROSSING_AMBER_S = 3.0
CROSSING_ALL_RED_S = 1.0


@dataclass(frozen=True)
class Light:
    """One signal group's programme [ticks]."""

    cycle: int = 0
    offset: int = 0
    green_from: int = 0
    green_to: int = 0
    amber_to: int = 0
    more: tuple[int, ...] = ()
    """Further greens in the same cycle: from, to, amber to, each."""


NO_LIGHT = Light()


@dataclass(frozen=True)
class Clock:
    """Signal times in ticks, the first tick at `start_s`."""

    dt: float
    start_s: float

    def light(self, cycle_s: float, offset_s: float, from_s: float, to_s: float, amber_s: float) -> Light:
        """Return a group that is green from `from_s` to `to_s` after the offset in every cycle."""
        cycle = round(cycle_s / self.dt)
        return Light(
            cycle,
            round(((offset_s - self.start_s) % cycle_s) / self.dt) % cycle,
            round(from_s / self.dt),
            round(to_s / self.dt),
            round((to_s + amber_s) / self.dt),
        )


@dataclass(frozen=True)
class StageLight:
    """A stage of a signal: the turns (none: all) from the approaches that it names, and their light."""

    approaches: frozenset[str]
    turns: frozenset[str]
    light: Light


def stage_lights(signal: Signal, clock: Clock) -> list[StageLight]:
    """Return the light of each stage of a signal, in order."""
    found = []
    begin = 0.0
    for stage in signal.stages:
        end = begin + stage.green_s
        light = clock.light(signal.cycle_s, signal.offset_s, begin, end, stage.amber_s)
        found.append(StageLight(frozenset(stage.approaches), frozenset(stage.turns), light))
        begin = end + stage.amber_s + stage.all_red_s
    return found


def light_of(m: Movement, stages: Iterable[StageLight]) -> Light:
    """Return the light a movement obeys: that of the first stage that names its approach and turn."""
    for stage in stages:
        if m.from_link in stage.approaches and (not stage.turns or m.turn in stage.turns):
            return stage.light
    return NO_LIGHT


def group_lights(programme: Programme, clock: Clock) -> list[Light]:
    """Return the light of each group of a programme; a group that is never red, nor ever green, has none."""
    return [_group_light(programme, n, clock) for n in range(len(programme.phases[0].lights))]


def _group_light(programme: Programme, group: int, clock: Clock) -> Light:
    """Return a group's light; the cycle is turned so that it begins with the group's first green."""
    begins = [0, *itertools.accumulate(round(p.duration_s / clock.dt) for p in programme.phases)]
    cycle = begins.pop()
    shown = [p.lights[group] for p in programme.phases]
    starts = [n for n, light in enumerate(shown) if light == "G" and shown[n - 1] != "G"]
    if not starts:
        return NO_LIGHT if "G" in shown else Light(cycle)
    greens = []
    for start in starts:
        marks = []
        n = start
        for letter in "Gy":
            while shown[n % len(shown)] == letter and n < start + len(shown):
                n += 1
            marks.append((begins[n % len(shown)] - begins[start]) % cycle)
        first = (begins[start] - begins[starts[0]]) % cycle
        greens += [first, *(first + mark for mark in marks)]
    offset = round((programme.offset_s - clock.start_s) / clock.dt) + begins[starts[0]]
    return Light(cycle, offset % cycle, greens[0], greens[1], greens[2], tuple(greens[3:]))


def crossing_light(crossing: Crossing, clock: Clock) -> Light:
    """Return the vehicles' light at a crossing: green when nobody on foot has it."""
    if crossing.control != "signal":
        return NO_LIGHT
    end = crossing.cycle_s - CROSSING_AMBER_S - CROSSING_ALL_RED_S
    return clock.light(
        crossing.cycle_s, crossing.offset_s, crossing.walk_s + crossing.clearance_s, end, CROSSING_AMBER_S
    )
