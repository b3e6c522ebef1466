"""The lights that vehicles obey, in ticks: of the stages of a signal, and of crossings."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from sim.scenario.movement import Movement
from sim.scenario.network import Crossing, Programme, Signal

CROSSING_AMBER_S = 3.0
CROSSING_ALL_RED_S = 1.0
MOST_ROUNDS = 100
"""of a cycle that is no whole number of ticks"""


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
    """Return the light of each group of a programme; a group that is never red, nor ever green, has none.

    A cycle that is no whole number of ticks is laid out so often that together they are, MOST_ROUNDS times at most: its
    lights switch in the nearest tick, and do not drift against other signals, or the time that is stated.
    """
    phases = programme.phases * _rounds(sum(p.duration_s for p in programme.phases) / clock.dt)
    begins = [0, *(round(at_s / clock.dt) for at_s in itertools.accumulate(p.duration_s for p in phases))]
    return [_group_light(programme, [p.lights[n] for p in phases], begins, clock) for n in range(len(phases[0].lights))]


def _rounds(cycle: float) -> int:
    """Return after how many rounds of a cycle [ticks] it ends with a tick, or most nearly so."""
    return min(range(1, MOST_ROUNDS + 1), key=lambda n: (round(abs(n * cycle - round(n * cycle)), 6), n))


def _group_light(programme: Programme, shown: list[str], switches: list[int], clock: Clock) -> Light:
    """Return the light of a group that shows these letters between these ticks, from its first green on."""
    *begins, cycle = switches
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
