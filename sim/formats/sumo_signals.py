"""The programmes of a SUMO network's signals: a *tlLogic* has phases with a letter for each connection it controls."""

import itertools
from collections.abc import Container, Iterable, Iterator, Sequence

from sim.formats.sumo_reader import SIGNAL, Reader, name_of
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
RINGS = "NEMA"
"""The type of a programme whose phases run side by side, in two rings."""


class Signals:
    """The programmes of a network while it is read."""

    def __init__(self, reader: Reader, others: Sequence[Reader], notes: set[str]) -> None:
        """Take the programme with which SUMO begins at each signal; `notes`: what a planner should know.

        It is the one that is loaded last, unless switches by the time of day (WAUT) name another. A tlLogic without
        phases only adds parameters to one that is known.
        """
        self.reader = reader
        self.notes = notes
        self.readers = (reader, *others)
        loaded = [(r, tl) for r in self.readers for tl in r.root.all(SIGNAL) if any(tl.all("phase")) or _is_off(tl)]
        self.logics = {r.text(tl, "id"): (r, tl) for r, tl in loaded}
        """By signal, with the reader of the file in which it stands."""
        self._begin_by_time({(tl.given.get("id"), tl.given.get("programID")): (r, tl) for r, tl in loaded})
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
        if _is_off(logic):
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

    def _begin_by_time(self, loaded: dict[tuple[str | None, str | None], tuple[Reader, Element]]) -> None:
        """Let signals that switch by the time of day begin with the programme that is told; by signal and programme."""
        switches = {w.given.get("id"): w for reader in self.readers for w in reader.root.all("WAUT")}
        for reader, at in ((r, e) for r in self.readers for e in r.root.all("wautJunction")):
            tl, by = reader.text(at, "junctionID"), reader.text(at, "wautID")
            if by not in switches:
                reader.fault(at, f'wautID="{by}"', "a WAUT")
                continue
            start = switches[by].given.get("startProg", "")
            if (tl, start) in loaded:
                self.logics[tl] = loaded[tl, start]
                self.notes.add("signals that switch programmes by the time of day (WAUT) keep the one they begin with")
            else:
                reader.fault(at, f'startProg="{start}" of the WAUT {by}', f"a programme of the signal {tl}")

    def programmes(self, connections: Iterable[Connection]) -> Iterator[Programme]:
        """Yield the programmes that connections obey."""
        used = {c.programme for c in connections}
        names: set[str] = set()
        self._refuse_rings(used)
        for id, (reader, logic) in self.logics.items():
            name = name_of(id)
            if name not in used:
                continue
            if name in names:
                reader.fault(logic, f"the name {name}, which another programme has already", "a name of its own")
            names.add(name)
            if _acts(logic):
                self.notes.add("signals that act on traffic run their programmes with the durations stated")
            if any("s" in p.given.get("state", "") for p in logic.all("phase")):
                self.notes.add(
                    "green arrows beside red (s), at which one stops before one turns: here one does not stop"
                )
            yield from _programme(reader, logic, name)

    def _refuse_rings(self, used: Container[str | None]) -> None:
        """Note a fault if signals run phases side by side."""
        found = [
            (r, tl) for id, (r, tl) in self.logics.items() if name_of(id) in used and tl.given.get("type") == RINGS
        ]
        if found:
            reader, first = found[0]
            way = "netconvert --tls.rebuild --tls.default-type static makes them so"
            reader.fault(first, f'type="{RINGS}" of {len(found)} signals', f"phases that follow each other; {way}")


def _is_off(logic: Element) -> bool:
    return logic.given.get("programID") == OFF


def _acts(logic: Element) -> bool:
    """Return whether a programme acts on traffic."""
    return logic.given.get("type", "static") != "static"


def _programme(reader: Reader, logic: Element, name: str) -> Iterator[Programme]:
    """Yield a programme; none, with a fault, if its phases do not make one."""
    told, offset_s = _as_they_follow(reader, logic)
    phases = [phase for e in told for phase in _phase(reader, e)]
    if not phases:
        reader.fault(logic, "no phase that lasts", "at least one")
    elif len({len(p.lights) for p in phases}) > 1:
        reader.fault(logic, "phases with different numbers of letters", "a letter for each connection")
    else:
        yield reader.make(logic, Programme, id=name, phases=tuple(phases), offset_s=offset_s)


def _as_they_follow(reader: Reader, logic: Element) -> tuple[list[Element], float]:
    """Return a programme's phases as they follow each other, from the first one on, and its offset [s].

    `next` names which one follows; in programmes that act on traffic it depends on that, and they are left as they
    stand. Where in its cycle a programme begins, SUMO works out from all phases in the order in which they stand.
    """
    told = list(logic.all("phase"))
    begins_with_the_run = logic.given.get("offset") == "begin"
    offset_s = 0.0 if begins_with_the_run else reader.seconds(logic, "offset", 0.0, least=-LONGEST_S)
    if _acts(logic) or not any("next" in e.given for e in told):
        return told, offset_s
    order = _order(reader, told)
    lasts_s = [reader.seconds(e, "duration") for e in told]
    ends_s = list(itertools.accumulate(lasts_s))
    into_s = -offset_s % ends_s[-1] if ends_s[-1] > 0.0 else 0.0
    first = next((n for n, end_s in enumerate(ends_s) if into_s < end_s), 0)
    if first not in order:
        reader.fault(told[first], "the phase with which the programme begins, by its offset", "one that follows others")
        return told, offset_s
    gone_s = sum(lasts_s[n] for n in order[: order.index(first)]) + into_s - (ends_s[first] - lasts_s[first])
    return [told[n] for n in order], 0.0 - gone_s


def _order(reader: Reader, told: list[Element]) -> list[int]:
    """Return the numbers of the phases that follow the first one until it comes again; a fault if it never does."""
    order, last = {0: None}, 0
    while (following := _next(reader, told, last)) not in order:
        order[following], last = None, following
    if following != 0:
        reader.fault(told[last], f"the phase {following} after it, and never again the first one", "a cycle")
    return list(order)


def _next(reader: Reader, told: list[Element], n: int) -> int:
    """Return which phase follows the n-th; a fault if that is none, or several."""
    beside = (n + 1) % len(told)
    given = told[n].given.get("next", str(beside))
    if given.isdecimal() and len(given) <= len(str(len(told))) and int(given) < len(told):
        return int(given)
    reader.fault(told[n], f'next="{given[:40]}"', f"the number of one phase, 0 to {len(told) - 1}")
    return beside


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
