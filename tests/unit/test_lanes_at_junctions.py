"""Which lane leads to which: lanes that end at a junction are for turns, streets that join lie side by side."""

from math import cos, pi, sin

import pytest

from sim.scenario.junctions import movements
from sim.scenario.network import Link, Network, Node


def star(into: dict[str, tuple[float, int]], out: dict[str, tuple[float, int]], side: str = "right") -> Network:
    """Return one-way links to and from a node: by name the direction [degrees] from it, and the lanes."""
    arms = into | out
    ends = tuple(
        Node(id=n, x_m=200.0 * cos(at * pi / 180), y_m=200.0 * sin(at * pi / 180), boundary=True)
        for n, (at, _) in arms.items()
    )
    links = tuple(
        Link(id=n, from_node=n if n in into else "j", to_node="j" if n in into else n, lanes=lanes, speed_km_h=40)
        for n, (_, lanes) in arms.items()
    )
    return Network(nodes=(Node(id="j", x_m=0.0, y_m=0.0), *ends), links=links, traffic_side=side)


def lanes(network: Network) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Return by turn from which lane to which it leads."""
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for m in movements(network):
        found.setdefault((m.from_link, m.to_link), []).append((m.from_lane, m.to_lane))
    return found


@pytest.mark.parametrize(("side", "turn_at"), [("right", 90.0), ("left", -90.0)])
def test_lanes_that_do_not_go_on_are_for_the_turn_that_takes_them(side, turn_at):
    found = lanes(star({"a": (180.0, 4)}, {"on": (0.0, 2), "far": (turn_at, 2)}, side))
    assert found == {("a", "on"): [(0, 0), (1, 1)], ("a", "far"): [(2, 0), (3, 1)]}


def test_the_inner_side_and_the_curb_share_the_lanes_that_end():
    found = lanes(star({"a": (180.0, 3)}, {"on": (0.0, 1), "left": (90.0, 2), "right": (-90.0, 2)}))
    assert found == {("a", "on"): [(1, 0)], ("a", "left"): [(2, 1)], ("a", "right"): [(0, 0)]}


def test_a_turn_takes_no_more_lanes_than_its_street_has():
    found = lanes(star({"a": (180.0, 4)}, {"on": (0.0, 1), "left": (90.0, 1)}))
    assert found == {("a", "on"): [(0, 0), (1, 0), (2, 0)], ("a", "left"): [(3, 0)]}


def test_where_all_lanes_go_on_turns_share_the_outermost():
    found = lanes(star({"a": (180.0, 2)}, {"on": (0.0, 2), "left": (90.0, 2), "right": (-90.0, 1)}))
    assert found == {("a", "on"): [(0, 0), (1, 1)], ("a", "left"): [(1, 1)], ("a", "right"): [(0, 0)]}


@pytest.mark.parametrize(
    ("curb", "inner", "onto", "expected"),
    [(2, 1, 4, [(0, 2)]), (2, 1, 2, [(0, 1)]), (1, 2, 2, [(0, 0), (1, 1)]), (1, 1, 2, [(0, 1)]), (1, 1, 1, [(0, 0)])],
)
@pytest.mark.parametrize("side", ["right", "left"])
def test_streets_that_join_lie_side_by_side_as_they_come(side, curb, inner, onto, expected):
    from_curb = 210.0 if side == "right" else 150.0  # in the east is where both go: from the south-west, or north-west
    network = star({"curb": (from_curb, curb), "inner": (360.0 - from_curb, inner)}, {"on": (0.0, onto)}, side)
    found = lanes(network)
    assert found["curb", "on"] == [(n, min(n, onto - 1)) for n in range(curb)]
    assert found["inner", "on"] == expected


def test_streets_that_join_with_lanes_enough_do_not_stop_each_other():
    network = star({"curb": (210.0, 2), "inner": (150.0, 1)}, {"on": (0.0, 3)})
    foes = {(m.from_link, movements(network)[c.foe].from_link) for m in movements(network) for c in m.conflicts}
    assert ("curb", "inner") not in foes
