"""Trips of which SUMO's files say no route: over what they lead, and in which order they stop."""

import pytest

from sim.formats.sumo import read_sumo
from sim.scenario.faults import BadInput
from tests.sumo_town import BACK, write

BACK_STOP = '<stop lane="back_0" endPos="100" duration="20"/>'


def trip_of(tmp_path, routes, types="<additional/>"):
    site, _ = read_sumo(*write(tmp_path, BACK, f"<routes>{routes}</routes>", types))
    return site.trips[0]


def faults_of(tmp_path, routes):
    with pytest.raises(BadInput) as bad:
        trip_of(tmp_path, routes)
    return bad.value.faults


@pytest.mark.parametrize(
    ("given", "stops", "path"),
    [
        ('from="w" to="e"', BACK_STOP, "w e back w e"),
        ('from="w" to="e"', '<stop busStop="there" duration="20"/>', "w e back w e"),
        ('from="w" to="e"', '<stop edge="back" duration="20"/>', "w e back w e"),
        ('from="w" to="e"', '<stop lane="e_1" endPos="9" duration="9"/>' + BACK_STOP, "w e back w e"),
        ('from="w" to="e"', BACK_STOP + '<stop lane="w_0" endPos="9" duration="9"/>', "w e back w e"),
        ('from="w" to="e"', '<stop lane="back_0" endPos="100" speed="5"/>', "w e back w e"),
        ('from="w" via="back" to="e"', BACK_STOP, "w e back w e"),
        ('from="w"', BACK_STOP, "w e back"),
        ('to="w"', BACK_STOP, "back w"),
        ("", BACK_STOP, "back"),
        ('from="w"', "", "w"),
        ('to="w"', "", "w"),
        ('from="w" via="e"', "", "w e"),
    ],
)
def test_a_trip_leads_over_its_stops_and_ends_where_nothing_leads_on_as_in_sumo(tmp_path, given, stops, path):
    there = '<additional><busStop id="there" lane="back_0" startPos="50" endPos="70"/></additional>'
    trip = trip_of(tmp_path, f'<trip id="t" depart="0" {given}>{stops}</trip>', there)
    assert trip.path == tuple(path.split())


def test_so_does_each_of_a_flow_and_the_stop_is_made(tmp_path):
    site, _ = read_sumo(
        *write(
            tmp_path,
            BACK,
            routes=f"""<routes>
        <flow id="f" begin="0" end="9" number="2" from="w" to="e">{BACK_STOP}</flow></routes>""",
        )
    )
    assert [(t.path, t.stops[0].link) for t in site.trips] == 2 * [(("w", "e", "back", "w", "e"), "back")]


def test_a_stop_that_via_leaves_out_must_lie_on_the_way(tmp_path):
    (fault,) = faults_of(tmp_path, f'<trip id="t" depart="0" from="w" via="e" to="e">{BACK_STOP}</trip>')
    assert fault.found == "a stop on back"


def test_a_stop_comes_where_its_index_puts_it(tmp_path):
    def stop(edge, more=""):
        return f'<stop edge="{edge}" duration="9" {more}/>'

    def order(text):
        return [s.link for s in trip_of(tmp_path, text).stops]

    vehicle = '<vehicle id="v" depart="0"><route edges="w e back">{}</route>{}</vehicle>'
    assert order(vehicle.format("", stop("e") + stop("w", 'index="0"'))) == ["w", "e"]
    assert order(vehicle.format(stop("w") + stop("back"), stop("e", 'index="1"'))) == ["w", "e", "back"]
    assert order(vehicle.format("", stop("w") + stop("e", 'index="end"') + stop("back", 'index="9"'))) == [
        "w", "e", "back",
    ]  # fmt: skip
    second = stop("e", 'index="1"')
    trip = f'<trip id="t" depart="0" from="w" to="e">{stop("w")}{stop("back")}{second}</trip>'
    assert order(trip) == ["w", "e", "back"]
    (fault,) = faults_of(tmp_path, vehicle.format("", stop("w", 'index="fit"')))
    assert fault.found == 'index="fit"'


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ('fromTaz="a" toTaz="b"', ["fromTaz", "toTaz"]),
        ('from="w" toJunction="d"', ["toJunction"]),
        ('from="w" viaXY="1,2" to="e"', ["viaXY"]),
        ("", ["neither a route nor from and to"]),
    ],
)
def test_a_trip_between_other_places_than_edges_is_refused_by_what_it_says(tmp_path, given, found):
    faults = faults_of(tmp_path, f'<trip id="t" depart="0" {given}/>')
    assert [f.found for f in faults] == found
    assert ("duarouter" in faults[0].expected) == bool(given)


def test_one_that_names_its_edges_too_is_driven(tmp_path):
    assert trip_of(tmp_path, '<trip id="t" depart="0" from="w" fromTaz="a" to="e" toTaz="b"/>').path == ("w", "e")
