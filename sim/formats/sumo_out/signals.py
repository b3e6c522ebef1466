"""Fixed-time programmes as SUMO's phases: a letter for each movement, for so many seconds."""

import itertools
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from sim.formats.sumo_out.plan import LightTimes, Way
from sim.formats.sumo_out.streets import Streets, across, along, number, sumo_name


def phases(lights: Sequence[LightTimes], foes: Sequence[frozenset[int]]) -> list[tuple[float, str]]:
    """Return the phases of one cycle: (duration [s], state), one letter for each light.

    `foes` says for each light to which others its movement gives way: while one of them may go, green is "g", else "G".
    A light without a cycle is always green. Raises ValueError if the cycles differ.
    """
    cycles = {light.cycle_s for light in lights if light.cycle_s > 0.0}
    if len(cycles) != 1:
        raise ValueError(f"one cycle is needed, found {sorted(cycles)}")
    cycle = cycles.pop()
    edges = {0.0, cycle}
    for light in lights:
        if light.cycle_s > 0.0:
            edges |= {t % cycle for t in (light.green_from_s, light.green_to_s, light.amber_to_s)}
    found: list[tuple[float, str]] = []
    for begin, end in itertools.pairwise(sorted(edges)):
        state = _state(lights, foes, (begin + end) / 2.0)
        before_s = found.pop()[0] if found and found[-1][1] == state else 0.0
        found.append((round(before_s + end - begin, 3), state))
    return found


def _state(lights: Sequence[LightTimes], foes: Sequence[frozenset[int]], at_s: float) -> str:
    """Return the letters at a time within the cycle [s]."""
    letters = [letter(light, at_s) for light in lights]
    moving = {n for n, shown in enumerate(letters) if shown != "r"}
    return "".join("g" if shown == "G" and foes[n] & moving else shown for n, shown in enumerate(letters))


def letter(light: LightTimes, at_s: float) -> str:
    """Return what a light shows at a time [s] after its offset: "G", "y" or "r"."""
    if light.cycle_s == 0.0:
        return "G"
    since = (at_s - light.green_from_s) % light.cycle_s
    if since < light.green_to_s - light.green_from_s:
        return "G"
    return "y" if since < light.amber_to_s - light.green_from_s else "r"


def gives_way(ways: Sequence[Way], indices: Sequence[int]) -> list[frozenset[int]]:
    """Return for each of some movements the places, among them, of those to which it gives way."""
    place = {index: n for n, index in enumerate(indices)}
    return [
        frozenset(place[c.foe] for c in ways[index].movement.conflicts if c.yields and c.foe in place)
        for index in indices
    ]


def crossing_program(crossing: str) -> str:
    """Return the name of the programme of a crossing's lights."""
    return f"{sumo_name(crossing)}#lights"


def lights(streets: Streets) -> Element:
    """Return the programmes of the traffic lights, and which letter of their states each connection obeys."""
    root = Element("tlLogics")
    listed = programs(streets)
    for name, (offset_s, states, _) in listed.items():
        logic = SubElement(root, "tlLogic", id=name, type="static", programID="0", offset=number(offset_s))
        for seconds, state in states:
            SubElement(logic, "phase", duration=number(seconds), state=state)
    for name, (_, _, controlled) in listed.items():
        for n, attributes in enumerate(controlled):
            SubElement(root, "connection", attributes | {"tl": name, "linkIndex": str(n)})
    return root


Program = tuple[float, list[tuple[float, str]], list[dict[str, str]]]
"""The offset [s after midnight], the phases, and the connections in the order of the letters."""


def programs(streets: Streets) -> dict[str, Program]:
    """Return all programmes by name: of junctions, then of crossings."""
    found: dict[str, Program] = {}
    ways = streets.plan.road.ways
    for node in streets.network.nodes:
        here = [n for n, way in enumerate(ways) if way.movement.node == node.id]
        lights = [ways[n].light for n in here]
        if any(light.cycle_s > 0.0 for light in lights):
            offset_s = next(light.offset_s for light in lights if light.cycle_s > 0.0)
            states = phases(lights, gives_way(ways, here))
            found[sumo_name(node.id)] = (offset_s, states, [across(streets, ways[n]) for n in here])
    for crossing, light in streets.plan.road.crossing_lights.items():
        over = [c for link, n in streets.cut_nodes for c in _over(streets, crossing, link, n)]
        if over:
            found[crossing_program(crossing)] = (
                light.offset_s,
                phases([light] * len(over), [frozenset()] * len(over)),
                over,
            )
    return found


def _over(streets: Streets, crossing: str, link: str, n: int) -> list[dict[str, str]]:
    """Return the connections over a crossing at the end of a link's n-th piece; none if another thing lies there."""
    if streets.plan.road.pieces[link][n].crossing != crossing:
        return []
    return along(streets, streets.network.link(link), n)
