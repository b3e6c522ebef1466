"""The programmes of a SUMO network's signals: a *tlLogic* has phases with a letter for each connection it controls."""

from collections.abc import Iterable, Iterator, Sequence

from sim.formats.sumo_reader import Reader, name_of
from sim.formats.sumo_xml import Element
from sim.scenario.network import Connection, Phase, Programme

LIGHTS = {"G": "G", "g": "G", "s": "G", "o": "G", "O": "G", "y": "y", "Y": "y", "r": "r", "u": "r"}
"""Whether one gives way at green (g) is the junction's to say; an arrow for right turns (s), off (o, O): green."""

RAILWAY = ("rail_crossing", "rail_signal")
"""Junctions whose lights SUMO sets by the trains; a network states no programme for them."""
OFF = "off"
"""The programme, without phases, of a signal that is switched off."""
PART_S, LONGEST_S = 3600.0, 86_400.0
"""[s] of a phase of ours, and of one of SUMO's"""


class Signals:
    """The programmes of a network while it is read."""

    def __init__(self, reader: Reader, others: Sequence[Reader], notes: set[str]) -> None:
        """Take the programme of each signal that is loaded last, as SUMO does; `notes`: what a planner should know."""
        self.reader = reader
        self.notes = notes
        self.logics = {r.text(tl, "id"): (r, tl) for r in (reader, *others) for tl in r.root.all("tlLogic")}
        at_trains = {j.given.get("id") for j in reader.root.all("junction") if j.given.get("type") in RAILWAY}
        self.to_trains = {e.given.get("id") for e in reader.root.all("edge") if e.given.get("to") in at_trains}
        """The edges that end at a level crossing or a railway's signal."""
        self.told: set[str] = set()
        """Signals of which a fault has been told."""

    def obeyed_by(self, c: Element) -> str | None:
        """Return which programme's light a connection obeys; none where it is switched off, or a train's to set."""
        tl = self.over(c)
        if tl is None:
            return None
        if tl not in self.logics and c.given.get("from") in self.to_trains:
            self.notes.add("level crossings and signals of railways have no programme, and are open all the time")
            return None
        if tl not in self.logics:
            self._once(c, tl, f'no programme (tlLogic) for tl="{tl}"', "one in the network or beside it", tl)
            return None
        _, logic = self.logics[tl]
        if logic.given.get("programID") == OFF:
            return None
        states = [p.given.get("state", "") for p in logic.all("phase")]
        group, letters = self.reader.whole(c, "linkIndex"), min(map(len, states), default=0)
        if group >= letters:
            self._once(c, tl, f"linkIndex {group}, where the programme {tl} has {letters} letters", "a letter for it")
            return None
        return None if all(set(state) <= set("oO") for state in states) else name_of(tl)

    def over(self, c: Element) -> str | None:
        """Return the signal that controls a connection, if one does."""
        return None if self.reader.flag(c, "uncontrolled") else c.given.get("tl")

    def _once(self, c: Element, tl: str, found: str, expected: str, name: str = "") -> None:
        """Note what is wrong with a signal for the first of its connections only."""
        if tl not in self.told:
            self.reader.fault(c, found, expected, name, self.logics)
        self.told.add(tl)

    def programmes(self, connections: Iterable[Connection]) -> Iterator[Programme]:
        """Yield the programmes that connections obey."""
        used = {c.programme for c in connections}
        names: set[str] = set()
        for id, (reader, logic) in self.logics.items():
            name = name_of(id)
            if name not in used:
                continue
            if name in names:
                reader.fault(logic, f"the name {name}, which another programme has already", "a name of its own")
            names.add(name)
            if logic.given.get("type", "static") != "static":
                self.notes.add("signals that act on traffic run their programmes with the durations stated")
            yield from _programme(reader, logic, name)


def _programme(reader: Reader, logic: Element, name: str) -> Iterator[Programme]:
    """Yield a programme; none, with a fault, if its phases do not make one."""
    phases = [phase for e in logic.all("phase") for phase in _phase(reader, e)]
    if not phases:
        reader.fault(logic, "no phase that lasts", "at least one")
    elif len({len(p.lights) for p in phases}) > 1:
        reader.fault(logic, "phases with different numbers of letters", "a letter for each connection")
    else:
        offset_s = reader.seconds(logic, "offset", 0.0, least=-LONGEST_S)
        yield reader.make(logic, Programme, id=name, phases=tuple(phases), offset_s=offset_s)


def _phase(reader: Reader, e: Element) -> Iterator[Phase]:
    """Yield a phase, in parts if it is long; none if it lasts no time."""
    state, left_s = reader.text(e, "state"), reader.seconds(e, "duration")
    if set(e.given.get("state", "")) - set(LIGHTS):
        reader.fault(e, f'state="{state[:40]}"', "letters out of " + "".join(LIGHTS))
    if left_s > LONGEST_S:
        reader.fault(e, f"a phase of {left_s:g} s", f"at most {LONGEST_S:g} s")
        left_s = 0.0
    lights = "".join(LIGHTS.get(letter, "r") for letter in state)
    while left_s > 0.0:
        yield reader.make(e, Phase, duration_s=min(left_s, PART_S), lights=lights)
        left_s -= PART_S
