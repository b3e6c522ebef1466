"""The arrows on lanes that a map tells (turn:lanes): read, put on the links' ends, and stated in the site's network."""

import pytest
from osm_town import Town, crossroads
from test_check import good_site, put
from test_lanes_at_junctions import lanes, star
from test_osm_network import between, streets

from sim.formats.osm_arrows import lanes_of_ways, read_marks, spread
from sim.formats.osm_read import Way
from sim.formats.osm_tags import STREETS, read_street
from sim.scenario.check import check_site
from sim.scenario.junctions import movements
from sim.scenario.network import TurnLanes

CROSS = {"left": (90.0, "left"), "on": (0.0, "through"), "right": (-90.0, "right")}
FORK = {"left": (20.0, "left"), "on": (-15.0, "through")}
TEE = {"left": (85.0, "left"), "right": (-95.0, "right")}
TWO_LEFTS = {"back": (140.0, "left"), "left": (60.0, "left"), "on": (0.0, "through")}
SKEW = {"left": (50.0, "left"), "on": (-49.0, "right"), "right": (-128.0, "right")}


def marks(text: str):
    return read_marks({"turn:lanes": text}, 1, text.count("|") + 1, 0)[0]


def read(text: str, ways=CROSS):
    return lanes_of_ways(marks(text), ways)


@pytest.mark.parametrize(
    ("text", "ways", "expected"),
    [
        ("left|through|right", CROSS, {"left": (0,), "on": (1,), "right": (2,)}),
        ("left;through|through;right", CROSS, {"left": (0,), "on": (0, 1), "right": (1,)}),
        ("left|left|through", {"left": CROSS["left"], "on": CROSS["on"]}, {"left": (0, 1), "on": (2,)}),
        ("|none|right", {"on": CROSS["on"], "right": CROSS["right"]}, {"on": (0, 1), "right": (2,)}),
        ("none|none|merge_to_left|right", CROSS, {"left": (0,), "on": (0, 1, 2), "right": (3,)}),
        ("through|slight_right", FORK, {"left": (0,), "on": (1,)}),
        ("slight_left|slight_right", FORK, {"left": (0,), "on": (1,)}),
        ("left|left|through", TWO_LEFTS, {"back": (0,), "left": (1,), "on": (2,)}),
        ("left|through", TWO_LEFTS, {"back": (0,), "left": (0,), "on": (1,)}),
        ("sharp_left|left|through", TWO_LEFTS, {"back": (0,), "left": (1,), "on": (2,)}),
        ("left|through|through", SKEW, {"left": (0,), "on": (1, 2), "right": (2,)}),
    ],
)
def test_arrows_mean_the_ways_to_which_they_point(text, ways, expected):
    assert read(text, ways).lanes == expected


@pytest.mark.parametrize(
    ("text", "ways", "expected", "unmarked", "nowhere"),
    [
        ("through|through", CROSS, {"left": (0,), "on": (0, 1), "right": (1,)}, {"left", "right"}, set()),
        ("left|right", CROSS, {"left": (0,), "on": (1,), "right": (1,)}, {"on"}, set()),
        ("left|through", TEE, {"left": (0,), "right": (1,)}, {"right"}, {"through"}),
        ("left|through|right", {k: CROSS[k] for k in ("on", "right")}, {"on": (0, 1), "right": (2,)}, set(), {"left"}),
    ],
)
def test_no_turn_and_no_lane_is_lost_where_arrows_do_not_fit(text, ways, expected, unmarked, nowhere):
    found = read(text, ways)
    assert (found.lanes, found.unmarked, found.nowhere) == (expected, unmarked, nowhere)


@pytest.mark.parametrize("text", ["right|through", "through|left|through", "left;right|left;right"])
def test_arrows_that_would_let_ways_cross_are_not_taken(text):
    assert read(text).lanes == {}


def test_words_that_are_no_arrows_count_as_none():
    assert marks("thorugh;right|left") == ({"right"}, {"left"})
    assert marks("none||merge_to_left") == ()


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("left|left|through|through", 2, [{"left"}, {"through"}]),
        ("left|through|through", 2, [{"left", "through"}, {"through"}]),
        ("left|through", 3, [{"left"}, {"left", "through"}, {"through"}]),
    ],
)
def test_marks_for_another_number_of_lanes_are_spread_over_them(text, count, expected):
    assert list(spread(marks(text), count)) == expected


def test_each_direction_has_its_own_marks():
    street = read_street(
        Way(1, (1, 2), {"highway": "primary", "lanes": "5", "lanes:backward": "3", "turn:lanes": "left|right",
            "turn:lanes:forward": "left|through", "turn:lanes:backward": "left|through|right"}), STREETS
    )  # fmt: skip
    assert street.marks_forward == ({"left"}, {"through"})
    assert street.reversed().marks_forward == ({"left"}, {"through"}, {"right"})
    assert street.reversed().reversed() == street


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({"oneway": "yes", "turn:lanes": "left|through|right"}, 3, 0),
        ({"oneway": "yes", "turn:lanes": "left|through|right", "lanes": "2"}, 2, 0),
        ({"oneway": "-1", "turn:lanes:backward": "left|through|right"}, 0, 3),
        ({"turn:lanes:forward": "left|through|right"}, 3, 2),
        ({"lanes": "3", "turn:lanes:backward": "left|right"}, 1, 2),
        ({"lanes": "2", "turn:lanes:forward": "left|right"}, 1, 1),
    ],
)
def test_marks_tell_the_number_of_lanes_where_nothing_else_does(tags, forward, backward):
    street = read_street(Way(1, (1, 2), {"highway": "primary"} | tags), STREETS)
    assert (street.forward, street.backward, street.lanes_tagged) == (forward, backward, True)


def test_lanes_beside_those_for_vehicles_have_no_marks():
    tags = {"turn:lanes": "left|through||right", "vehicle:lanes": "yes|yes|no|yes"}
    assert read_marks(tags, 1, 3, 0)[0] == ({"left"}, {"through"}, {"right"})
    assert len(read_marks(tags, 1, 4, 0)[0]) == 4


# ---------------------------------------------------------------------- on the streets


def marked(text: str, *, last_m: float = 0.0, last: str = "") -> Town:
    """Return the town with arrows on High Street's way to West Street; its last metres are a way of their own."""
    town = crossroads()
    town.ways[1] = (town.ways[1][0], {"highway": "tertiary", "lanes:forward": "3", "turn:lanes:forward": text})
    if last_m:
        town.ways[1] = ([1, town.node(60, -200 - last_m, 0)], town.ways[1][1])
        tags = {"turn:lanes:forward": last} if last else {}
        town.way(20, [60, 2], highway="tertiary", lanes__forward="3", **tags)
    return town


def stated(found):
    """Return the lanes stated of the way from High Street to the left (6), straight on (3) and right (-1: the rest)."""
    network = found.layout.network
    names = {between(found, 2, 6).id: "left", between(found, 2, 3).id: "on"}
    return {names.get(t.to_link, "right"): t.lanes for t in network.turn_lanes}


@pytest.mark.parametrize(
    ("side", "expected"),
    [("right", {"left": (2,), "on": (1,), "right": (0,)}), ("left", {"left": (0,), "on": (1,), "right": (2,)})],
)
def test_lanes_are_numbered_from_the_curb(tmp_path, side, expected):
    assert stated(streets(marked("left|through|right"), tmp_path, side=side)) == expected


@pytest.mark.parametrize(
    ("last_m", "last", "left"),
    [(20.0, "", (1, 2)), (20.0, "left|through|through;right", (2,)), (150.0, "", None)],
)
def test_marks_short_of_the_junction_hold_there_unless_nearer_ones_do(tmp_path, last_m, last, left):
    found = streets(marked("left|left|through;right", last_m=last_m, last=last), tmp_path)
    assert stated(found).get("left") == left


def test_marks_hold_where_their_way_ends_not_where_it_goes_straight_on(tmp_path):
    town = marked("left|through|through")
    town.ways[1] = ([1, 2, 3], town.ways[1][1])
    del town.ways[2]
    found = streets(town, tmp_path)
    assert {t.from_link for t in found.layout.network.turn_lanes} == {between(found, 2, 3).id}


def test_what_does_not_fit_is_told_once_for_each_kind(tmp_path):
    town = marked("left|reverse|through|through")
    notes = " ".join(streets(town, tmp_path).marked.notes)
    assert notes.count("more or fewer lanes") == notes.count("not there, or back") == 1
    assert notes.count("no lane for turns") == 1
    assert streets(marked("right|through|left"), tmp_path).marked.notes[0].startswith("turn:lanes are not read where")
    assert streets(marked("left|through|right"), tmp_path).marked.notes == ()


@pytest.mark.parametrize(
    ("tags", "note"),
    [
        ({"turn__lanes": "left|through"}, "tell a direction, and one that is open (turn:lanes of w1)"),
        ({"turn__lanes__both_ways": "left"}, "and one that is open (turn:lanes:both_ways of w1)"),
        ({"oneway": "-1", "turn__lanes__forward": "left"}, "and one that is open (turn:lanes:forward of w1)"),
        ({"turn__lanes__forward": "thorugh|right;LEFT"}, "they count as none (LEFT on w1, thorugh on w1)"),
        ({"oneway": "yes", "turn__lanes": "none|merge_to_left"}, ""),
        ({"turn__lanes": "none|none", "turn__lanes__backward": "through"}, ""),
    ],
)
def test_marks_that_are_not_read_are_told(tmp_path, tags, note):
    town = crossroads()
    town.ways[1] = (town.ways[1][0], {"highway": "tertiary"} | {k.replace("__", ":"): v for k, v in tags.items()})
    assert [n.endswith(note) for n in streets(town, tmp_path).marked.notes] == [True] * bool(note)


def test_an_arrow_back_that_leads_nowhere_is_told_as_the_map_has_it(tmp_path):
    town = marked("reverse|through|through")
    town.ways[1][1]["turn:lanes:backward"] = "reverse"
    notes = " ".join(streets(town, tmp_path).marked.notes)
    assert "reverse on" in notes and "sharp" not in notes


# ---------------------------------------------------------------------- in the network


def stating(*told: tuple[str, tuple[int, ...]], side: str = "right"):
    network = star({"a": (180.0, 3)}, {"on": (0.0, 2), "left": (90.0, 2), "right": (-90.0, 1)}, side)
    return put(network, {"turn_lanes": tuple(TurnLanes(from_link="a", to_link=to, lanes=own) for to, own in told)})


def test_stated_lanes_lead_where_they_are_stated_to_and_side_by_side():
    found = lanes(stating(("left", (1, 2)), ("on", (0,))))
    assert found["a", "left"] == [(1, 0), (2, 1)]
    assert found["a", "on"] == [(0, 0)]
    assert found["a", "right"] == [(0, 0)]


def test_who_goes_straight_on_beside_lanes_that_do_not_keeps_away_from_the_curb():
    assert lanes(stating(("on", (2,)), ("right", (0, 1))))["a", "on"] == [(2, 1)]


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"from_link": "gaet"}, "network.turn_lanes.0.from_link: found gaet, expected a link (did you mean gate?)"),
        ({"to_link": "n_in"}, "network.turn_lanes.0: found gate to n_in, expected a turn that one may make there"),
        ({"lanes": (8,)}, "network.turn_lanes.0.lanes: found 8, expected 0, at the curb, to"),
    ],
)
def test_stated_lanes_that_cannot_be_are_faults(told, line):
    site = good_site()
    way = next(m for m in movements(site.network) if m.from_link == "gate")
    good = TurnLanes(from_link="gate", to_link=way.to_link, lanes=(way.from_lane,))
    faults = [str(f) for f in check_site(put(site, {"network.turn_lanes": (put(good, told),)}))]
    assert any(fault.startswith(line) for fault in faults), faults


def test_a_lane_without_a_way_on_is_a_fault():
    site = good_site()
    ways = {(m.to_link): 0 for m in movements(site.network) if m.from_link == "gate"}
    told = tuple(TurnLanes(from_link="gate", to_link=to, lanes=(0,)) for to in ways)
    assert site.network.link("gate").lanes_at_end > 1
    assert "for no turn, expected a way on from every lane" in str(
        check_site(put(site, {"network.turn_lanes": told}))[0]
    )
    twice = check_site(put(site, {"network.turn_lanes": (*told, told[0])}))
    assert any(str(fault).endswith("expected each turn once") for fault in twice)
