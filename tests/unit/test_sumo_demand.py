"""SUMO's demand comes in: types, distributions, routes, flows, and stops on the way."""

import numpy as np
import pytest

from sim.formats import sumo_reader, sumo_trips
from sim.formats.sumo import import_sumo, read_sumo
from sim.formats.sumo_types import IDM_FALLS
from sim.scenario.faults import BadInput
from sim.scenario.trip_files import load_trip_site
from sim.trips import run_trips
from tests.sumo_town import BACK, NET, ROUTES, TYPES, with_bus_turn, write


def site_of(tmp_path, routes=ROUTES, types=TYPES):
    return read_sumo(*write(tmp_path, routes=routes, types=types))[0]


def test_a_type_keeps_what_it_says(tmp_path):
    car = next(t for t in site_of(tmp_path).types if t.id == "car")
    moves = car.moves
    assert (moves.length_m, moves.deceleration_m_s2, moves.headway_s, moves.standstill_gap_m) == (4.0, 4.0, 1.2, 2.0)
    assert (moves.speed_factor, moves.top_speed_m_s) == (1.1, 20.0)
    assert moves.acceleration_m_s2 == pytest.approx(2.0 / IDM_FALLS, abs=1e-3)
    assert not car.bus_lanes


def test_a_type_may_say_it_in_an_element_of_its_model(tmp_path):
    inner = TYPES.replace('accel="2" decel="4" sigma="0" tau="1.2"', "").replace(
        'maxSpeed="20"/>', 'maxSpeed="20"><carFollowing-Krauss accel="2" decel="4" sigma="0" tau="1.2"/></vType>'
    )
    assert inner != TYPES
    assert site_of(tmp_path, types=inner).types == site_of(tmp_path).types


def test_what_ours_cannot_be_is_cut_and_told(tmp_path):
    long = TYPES.replace('length="4" speedFactor="1.1"', 'length="40" tau="0.1" speedFactor="1.1"')
    _, summary = read_sumo(*write(tmp_path, types=long.replace('tau="1.2"', "")))
    assert "types with a length below 1 or above 30, cut to that: 1" in summary.notes
    assert "types with a tau below 0.2 or above 5, cut to that: 1" in summary.notes


def test_a_type_that_says_nothing_is_as_its_class_in_sumo(tmp_path):
    bus = next(t for t in site_of(tmp_path).types if t.id == "bus")
    assert (bus.kind, bus.bus_lanes) == ("bus", True)
    assert (bus.moves.length_m, bus.moves.deceleration_m_s2) == (12.0, 4.0)


def test_a_class_that_may_use_most_of_the_bus_lanes_may_use_them_all_and_is_told_of(tmp_path):
    taxi = TYPES.replace('id="bus" vClass="bus"', 'id="bus" vClass="taxi"')
    shared = NET.replace('id="e_0" index="0" allow="bus"', 'id="e_0" index="0" allow="bus taxi"')
    mixed = shared.replace('id="s_0" index="0" speed', 'id="s_0" index="0" allow="bus" speed')
    told = "taxi: may use some lanes that are shut to cars and not others; here all of them, or none: 1"
    for net, may, notes in ((NET, False, 0), (shared, True, 0), (mixed, True, 1)):
        site, summary = read_sumo(*write(tmp_path, net=net, types=taxi, routes=ROUTES.replace('from="s"', 'from="w"')))
        assert next(t for t in site.types if t.id == "bus").bus_lanes == may
        assert summary.notes.count(told) == notes


def test_sigma_takes_half_of_itself_off_the_acceleration(tmp_path):
    wavering = TYPES.replace('id="car" accel="2" decel="4" sigma="0"', 'id="car" accel="2" decel="4" sigma="0.5"')
    car = next(t for t in site_of(tmp_path, types=wavering).types if t.id == "car")
    assert car.moves.acceleration_m_s2 == pytest.approx(0.75 * 2.0 / IDM_FALLS, abs=1e-3)


def test_trips_come_in_order_of_departure_with_their_ways(tmp_path):
    trips = site_of(tmp_path).trips
    assert [t.id for t in trips[:4]] == ["first", "line_3", "side", "some.0"]
    assert [t.path for t in trips[:4]] == [("w", "e"), ("w", "e"), ("s", "e"), ("w", "e")]
    assert [t.depart_s for t in trips] == sorted(t.depart_s for t in trips)


def test_a_flow_is_spread_evenly_and_draws_types_by_their_weights(tmp_path):
    some = [t for t in site_of(tmp_path).trips if t.id.startswith("some.")]
    assert [t.depart_s for t in some] == [10.0 + 2.5 * n for n in range(40)]
    small = sum(t.type == "small" for t in some)
    assert 20 <= small <= 38  # 30 expected
    assert {t.type for t in some} == {"small", "large"}


def test_a_bus_stop_is_a_stretch_of_its_lane_and_negative_ends_count_from_behind(tmp_path):
    (stop,) = next(t for t in site_of(tmp_path).trips if t.id == "line_3").stops
    assert (stop.link, stop.from_m, stop.to_m, stop.duration_s, stop.off_lane) == ("e", 100.0, 120.0, 20.0, False)


def test_a_parking_area_is_beside_the_lane(tmp_path):
    parked = ROUTES.replace('busStop="school"', 'parkingArea="yard"')
    (stop,) = next(t for t in site_of(tmp_path, routes=parked).trips if t.id == "line_3").stops
    assert stop.off_lane


def test_a_parking_area_has_as_many_berths_as_it_says(tmp_path):
    parked = ROUTES.replace('busStop="school"', 'parkingArea="yard"')
    yard = TYPES.replace('endPos="70"/>', 'endPos="70" roadsideCapacity="3"><space x="0" y="0"/></parkingArea>')
    (stop,) = next(t for t in site_of(tmp_path, parked, yard).trips if t.id == "line_3").stops
    assert (stop.off_lane, stop.berths, stop.front_m(0), stop.front_m(3)) == (True, 4, 55.0, 70.0)


def test_parking_on_the_road_is_a_stop_in_the_lane(tmp_path):
    parked = ROUTES.replace('busStop="school"', 'parkingArea="yard"')
    yard = TYPES.replace('endPos="70"/>', 'endPos="70" roadsideCapacity="3" onRoad="true"/>')
    (stop,) = next(t for t in site_of(tmp_path, parked, yard).trips if t.id == "line_3").stops
    assert (stop.off_lane, stop.berths) == (False, 0)


# ---------------------------------------------------------------------- routes


def paths_of(tmp_path, routes, net=NET):
    site, _ = read_sumo(*write(tmp_path, net=net, routes=f"<routes>{routes}</routes>"))
    return [t.path for t in site.trips]


MANY = '<flow id="f" begin="0" end="400" number="400" route="d"/>'
TWO = '<route id="a" edges="w e"/><route id="b" edges="s e"/>'


@pytest.mark.parametrize(
    "mix",
    [
        '<routeDistribution id="d" routes="a b" probabilities="3 1"/>',
        '<routeDistribution id="d"><route refId="a" probability="3"/><route refId="b"/></routeDistribution>',
        '<routeDistribution id="d"><route edges="w e" probability="0.75"/><route edges="s e" probability="0.25"/>'
        "</routeDistribution>",
        '<routeDistribution id="d" routes="a"><route edges="s e" probability="0.333"/></routeDistribution>',
    ],
)
def test_routes_are_drawn_from_a_distribution_by_their_weights(tmp_path, mix):
    paths = paths_of(tmp_path, MANY + mix + TWO)
    assert 260 <= paths.count(("w", "e")) <= 340  # 300 expected, standard deviation 9
    assert set(paths) == {("w", "e"), ("s", "e")}
    assert paths_of(tmp_path, MANY + mix + TWO) == paths


def test_a_vehicle_may_have_a_distribution_of_its_own(tmp_path):
    within = '<routeDistribution><route refId="b"/><route edges="w e" probability="0"/></routeDistribution>'
    assert paths_of(tmp_path, f'{TWO}<vehicle id="v" depart="0">{within}</vehicle>') == [("s", "e")]


def test_a_route_is_driven_again_as_often_as_it_says(tmp_path):
    round_ = '<route id="r" edges="w e back" repeat="2"/><vehicle id="v" depart="0" route="r"/>'
    assert paths_of(tmp_path, round_, BACK) == [("w", "e", "back") * 3]
    once, _ = read_sumo(*write(tmp_path, BACK, f"<routes>{round_.replace('2', '0')}</routes>"))
    thrice, _ = read_sumo(*write(tmp_path, BACK, f"<routes>{round_}</routes>"))
    took = [float(run_trips(site).trips["left_s"][0]) for site in (once, thrice)]
    assert took[1] == pytest.approx(3.0 * took[0], rel=0.1)


def test_one_with_stops_is_driven_once_and_that_is_told(tmp_path):
    stop = '<stop lane="e_1" endPos="100" duration="9"/>'
    routes = f'<route id="r" edges="w e back" repeat="2">{stop}</route><vehicle id="v" depart="0" route="r"/>'
    site, summary = read_sumo(*write(tmp_path, BACK, f"<routes>{routes}</routes>"))
    assert (site.trips[0].path, len(site.trips[0].stops)) == (("w", "e", "back"), 1)
    assert any("driven once: 1" in note for note in summary.notes)


# ---------------------------------------------------------------------- departures


def departures_of(tmp_path, routes):
    return [t.depart_s for t in site_of(tmp_path, f"<routes>{routes}</routes>").trips]


@pytest.mark.parametrize(("told", "seconds"), [("0:1:5.5", 65.5), ("07:40:00", 27600.0), ("1:0:0:1", 86401.0)])
def test_a_time_may_be_told_in_hours_minutes_and_seconds(tmp_path, told, seconds):
    assert departures_of(tmp_path, f'<trip id="t" depart="{told}" from="w" to="e"/>') == [seconds]


def test_headways_may_be_drawn_from_the_exponential_distribution(tmp_path):
    flow = '<flow id="f" begin="100" end="4100" period="exp(0.5)" from="w" to="e"/>'
    found = np.array(departures_of(tmp_path, flow))
    headways = np.diff(found)
    assert found[0] > 100.0
    assert found[-1] < 4100.0
    assert headways.mean() == pytest.approx(2.0, rel=0.1)  # of 2,000 the standard error is 2 %
    assert headways.std() == pytest.approx(2.0, rel=0.15)
    assert (headways < 0.5).mean() == pytest.approx(1.0 - np.exp(-0.25), abs=0.03)
    assert departures_of(tmp_path, flow) == found.tolist()


def test_a_probability_is_that_of_each_second(tmp_path):
    found = np.array(departures_of(tmp_path, '<flow id="f" begin="7" end="4007" probability="0.3" from="w" to="e"/>'))
    assert len(found) == pytest.approx(1200, rel=0.1)
    assert (found % 1.0 == 0.0).all()
    assert (np.diff(found) > 0.0).all()
    assert (np.diff(found) == 1.0).mean() == pytest.approx(0.3, abs=0.05)
    always = departures_of(tmp_path, '<flow id="f" begin="7" end="10" probability="1" from="w" to="e"/>')
    assert always == [7.0, 8.0, 9.0]


def test_a_flow_without_an_end_goes_on_for_a_day_and_one_with_a_number_until_it_is_reached(tmp_path):
    assert departures_of(tmp_path, '<flow id="f" begin="10" number="2" from="w" to="e"/>') == [10.0, 43210.0]
    assert departures_of(tmp_path, '<flow id="f" begin="10" period="9000" number="3" from="w" to="e"/>') == [
        10.0, 9010.0, 18010.0,
    ]  # fmt: skip


def within_read(tmp_path, routes, begin_s, end_s):
    return read_sumo(*write(tmp_path, routes=f"<routes>{routes}</routes>"), within_s=(begin_s, end_s))


def test_a_part_of_a_day_may_be_taken_and_keeps_names_and_times(tmp_path):
    stop = '<stop lane="e_1" endPos="100" until="100"/>'
    flow = f'<flow id="f" begin="50" end="450" period="100" from="w" to="e">{stop}</flow>'
    trips = '<trip id="early" depart="149" from="w" to="e"/><trip id="late" depart="350" from="w" to="e"/>'
    site, summary = within_read(tmp_path, flow + trips, 150.0, 350.0)
    assert [(t.id, t.depart_s, t.stops[0].until_s) for t in site.trips] == [
        ("f.1", 150.0, 200.0),
        ("f.2", 250.0, 300.0),
    ]
    assert {
        "vehicles that depart before --begin left out: 2",
        "flows cut off at --end: 1",
        "vehicles that depart from --end on left out: 1",
    } <= set(summary.notes)


def test_too_many_are_too_many_of_those_that_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sumo_trips, "MOST_TRIPS", 100)
    flow = '<flow id="f" begin="0" end="900" period="1" from="w" to="e"/>'
    assert len(within_read(tmp_path, flow, 800.0, 1000.0)[0].trips) == 100
    (fault,) = refusal(tmp_path, flow)
    assert (fault.found, fault.expected) == ("more than 100 vehicles", "fewer (--begin and --end take a part)")
    monkeypatch.setattr(sumo_trips, "MOST_SKIPPED", 500)
    with pytest.raises(BadInput, match="more than 500 vehicles before --begin"):
        within_read(tmp_path, flow, 800.0, 1000.0)


def test_where_nobody_departs_in_the_time_asked_for_that_is_a_fault(tmp_path):
    with pytest.raises(BadInput, match="no vehicle that departs in the time asked for"):
        within_read(tmp_path, '<trip id="t" depart="0" from="w" to="e"/>', 1.0, 2.0)


def test_flows_within_an_interval_have_its_times(tmp_path):
    flow = '<interval begin="60" end="0:2:0"><flow id="f" number="3" from="w" to="e"/></interval>'
    assert departures_of(tmp_path, flow) == [60.0, 80.0, 100.0]


def test_a_flow_goes_on_after_one_of_its_vehicles_is_left_out(tmp_path):
    mix = '<vTypeDistribution id="m"><vType id="bike" vClass="bicycle"/><vType id="auto"/></vTypeDistribution>'
    found = departures_of(tmp_path, f'{mix}<flow id="f" begin="0" end="100" number="100" type="m" from="w" to="e"/>')
    assert 30 < len(found) < 70
    assert found[-1] > 90.0


def test_types_may_be_listed_with_probabilities(tmp_path):
    types = '<vType id="a" probability="0"/><vType id="b"/>'
    flow = '<flow id="f" begin="0" end="100" number="100" type="m" from="w" to="e"/>'
    for mix, share in (('vTypes="a b" probabilities="1 3"', 0.75), ('vTypes="a b"', 1.0)):
        site = site_of(tmp_path, f'<routes><vTypeDistribution id="m" {mix}/>{types}{flow}</routes>')
        assert sum(t.type == "b" for t in site.trips) == pytest.approx(100 * share, abs=13)


def test_a_distribution_may_stand_for_the_default_type(tmp_path):
    mix = '<vTypeDistribution id="DEFAULT_VEHTYPE"><vType id="a" length="4"/></vTypeDistribution>'
    site = site_of(tmp_path, f'<routes>{mix}<trip id="t" depart="0" from="w" to="e"/></routes>')
    assert [t.id for t in site.types] == ["a"]


def test_what_a_vehicle_says_of_its_own_start_and_end_is_left_out_and_counted(tmp_path):
    own = 'departPos="50" departLane="0" departSpeed="3" arrivalPos="100" speedFactor="1.1"'
    routes = f'<flow id="f" begin="0" end="9" number="3" from="w" to="e" {own}/>'
    same = 'departPos="base" departLane="best" departSpeed="max" arrivalPos="max"'
    usual = f'<trip id="t" depart="0" from="w" to="e" {same}/>'
    _, summary = read_sumo(*write(tmp_path, routes=f"<routes>{routes}{usual}</routes>"))
    for word in ("departPos", "departLane", "departSpeed", "end before the end", "speed factor"):
        (note,) = [n for n in summary.notes if word in n]
        assert note.endswith(": 3")


def test_who_does_not_say_how_it_enters_is_counted_too_as_sumo_lets_it_begin_at_rest(tmp_path):
    plain = '<trip id="t" depart="0" from="w" to="e"/>'
    _, summary = read_sumo(*write(tmp_path, routes=f"<routes>{plain}</routes>"))
    assert [n[:41] for n in summary.notes] == [
        "vehicles given a lane to enter by (depart",
        "vehicles given a speed to enter at (depar",
    ]


# ---------------------------------------------------------------------- stops


def stops_of(tmp_path, stop, head="", types=TYPES):
    routes = f'<routes>{head}<vehicle id="v" depart="50"><route edges="w e"/>{stop}</vehicle></routes>'
    return [(s.from_m, s.to_m, s.until_s) for s in site_of(tmp_path, routes, types).trips[0].stops]


def test_a_stop_beyond_the_end_may_be_moved_onto_the_lane_if_it_is_friendly(tmp_path):
    assert stops_of(tmp_path, '<stop lane="e_1" endPos="900" friendlyPos="true" duration="9"/>') == [
        (298.0, 300.0, 0.0)
    ]
    friendly = TYPES.replace('endPos="-180"', 'endPos="900" friendlyPos="1"')
    assert stops_of(tmp_path, '<stop busStop="school" duration="9"/>', types=friendly) == [(100.0, 300.0, 0.0)]


def test_what_is_negative_counts_from_the_end(tmp_path):
    assert stops_of(tmp_path, '<stop lane="e_1" startPos="-60" endPos="-50" duration="9"/>') == [(240.0, 250.0, 0.0)]
    assert stops_of(tmp_path, '<stop lane="e_1" duration="9"/>') == [(298.0, 300.0, 0.0)]
    assert stops_of(tmp_path, '<stop edge="e" startPos="20" duration="9"/>') == [(20.0, 300.0, 0.0)]


def test_the_stops_of_a_route_come_before_those_of_the_vehicle(tmp_path):
    near, far = (f'<stop lane="e_1" startPos="{m}" endPos="{m + 9}" duration="9"/>' for m in (50, 150))
    within = f'<vehicle id="v" depart="0"><route edges="w e">{near}</route>{far}</vehicle>'
    shared = f'<route id="r" edges="w e">{near}</route><vehicle id="v" depart="0" route="r">{far}</vehicle>'
    for routes in (within, shared):
        stops = site_of(tmp_path, f"<routes>{routes}</routes>").trips[0].stops
        assert [s.from_m for s in stops] == [50.0, 150.0]


def test_until_counts_from_the_departure_in_a_route_for_many_and_from_midnight_else(tmp_path):
    stop = '<stop lane="e_1" endPos="100" until="100"/>'
    assert stops_of(tmp_path, stop)[0][2] == 100.0
    shared = f'<route id="r" edges="w e">{stop}</route><vehicle id="v" depart="50" route="r"/>'
    assert site_of(tmp_path, f"<routes>{shared}</routes>").trips[0].stops[0].until_s == 150.0
    flow = f'<flow id="f" begin="50" end="250" period="100" from="w" to="e">{stop}</flow>'
    assert [t.stops[0].until_s for t in site_of(tmp_path, f"<routes>{flow}</routes>").trips] == [100.0, 200.0]


@pytest.mark.parametrize(("told", "beside"), [("true", True), ("True", True), ("t", True), ("0", False), ("x", True)])
def test_who_parks_stands_beside_the_lane_however_the_file_spells_yes(tmp_path, told, beside):
    stop = f'<stop lane="e_1" endPos="100" duration="9" parking="{told}"/>'
    routes = f'<routes><vehicle id="v" depart="0"><route edges="w e"/>{stop}</vehicle></routes>'
    assert site_of(tmp_path, routes).trips[0].stops[0].off_lane == beside


def test_a_place_on_a_lane_that_is_longer_than_the_others_lies_on_the_link(tmp_path):
    net = NET.replace('id="e_1" index="1" speed="13.89" length="300"', 'id="e_1" index="1" speed="13.89" length="340"')
    routes = '<vehicle id="v" depart="0"><route edges="w e"/><stop lane="e_1" endPos="-34" duration="9"/></vehicle>'
    site, _ = read_sumo(*write(tmp_path, net, f"<routes>{routes}</routes>"))
    assert site.trips[0].stops[0].to_m == pytest.approx(0.9 * 320.0)


def test_a_type_of_which_sumo_drives_a_share_is_told(tmp_path):
    words = "types of which SUMO drives a share or a multiple (scale), driven as often as they are listed"
    for scale, notes in (("0.5", [f"{words}: 1"]), ("1", [])):
        scaled = TYPES.replace('<vType id="car"', f'<vType id="car" scale="{scale}"')
        site, summary = read_sumo(*write(tmp_path, types=scaled))
        assert [n for n in summary.notes if "scale" in n] == notes
        assert len(site.trips) == 43


def test_who_stands_behind_one_that_departs_later_is_driven_and_told(tmp_path):
    trips = "".join(f'<trip id="{s}" type="car" depart="{s}" from="w" to="e"/>' for s in (50, 10, 60))
    flow = '<flow id="f" type="car" begin="20" end="90" number="2" from="w" to="e"/>'
    waiting = '<trip id="waits" type="car" depart="triggered" from="w" to="e"/>'
    site, summary = read_sumo(*write(tmp_path, routes=f"<routes>{trips}{flow}{waiting}</routes>"))
    assert [t.id for t in site.trips] == ["10", "f.0", "50", "f.1", "60"]
    assert "vehicles and flows that stand behind one that departs later, which SUMO drops, driven: 2" in summary.notes
    assert not [n for n in read_sumo(*write(tmp_path))[1].notes if "later" in n]


def test_public_transport_may_stand_before_any_and_people_on_foot_may_not(tmp_path):
    def late(*before):
        comers = "".join(before) + '<trip id="car" depart="50" from="w" to="e"/>'
        _, summary = read_sumo(*write(tmp_path, routes=f"<routes>{comers}</routes>"))
        return [n for n in summary.notes if "later" in n]

    line = '<trip id="{}" depart="{}" line="9" from="w" to="e"/>'
    assert late(line.format("a", 90), line.format("b", 80)) == []
    assert late('<person id="p" depart="90"><walk edges="w"/></person>')[0].endswith(": 1")
    assert late('<personFlow id="p" begin="90" end="99" number="1"/>')[0].endswith(": 1")
    assert late('<person id="p" depart="triggered"/>') == []
    assert late('<trip id="x" depart="40" from="w" to="e"/>', line.format("a", 30))[0].endswith(": 1")


@pytest.mark.parametrize(
    ("given", "kept", "words"),
    [
        ('speed="5"', 0, "waypoints, which are passed at a speed (speed), left out"),
        ('onDemand="true"', 0, "stops on demand (onDemand), left out as nobody waits there"),
        ('jump="0"', 1, "stops after which the vehicle jumps to the next one (jump), from which it drives on"),
        ('onDemand="True"', 0, "stops on demand (onDemand), left out as nobody waits there"),
        ('triggered="true"', 1, "stops that last until somebody gets in (triggered), ended when their own time is up"),
        ('triggered="Join"', 1, "stops that last until somebody gets in (triggered), ended when their own time is up"),
        ('join="x"', 1, "stops until another train joins (join), ended when their own time is up"),
        ('speed="0" onDemand="false" triggered="False" jump="-1"', 1, None),
    ],
)
def test_a_stop_that_is_not_made_as_others_are_is_told(tmp_path, given, kept, words):
    stop = f'<stop lane="w_0" endPos="100" duration="60" {given}/>'
    usual = 'departLane="best" departSpeed="max"'
    routes = f'<routes><vehicle id="v" type="car" depart="0" {usual}><route edges="w e"/>{stop}</vehicle></routes>'
    site, summary = read_sumo(*write(tmp_path, routes=routes))
    assert len(site.trips[0].stops) == kept
    assert summary.notes == (() if words is None else (f"{words}: 1",))


def test_what_is_left_out_is_told(tmp_path):
    _, summary = read_sumo(*write(tmp_path))
    assert "persons and containers left out: 1" in summary.notes


def test_a_site_that_was_written_is_read_back_equal(tmp_path):
    files = write(tmp_path, with_bus_turn())
    summary = import_sumo(*files, out=tmp_path / "town")
    assert any(c.buses for c in summary.site.network.connections)
    assert load_trip_site(tmp_path / "town") == summary.site
    assert not list(tmp_path.glob(".town*"))


# ---------------------------------------------------------------------- what is wrong


def refusal(tmp_path, routes):
    with pytest.raises(BadInput) as bad:
        site_of(tmp_path, f"<routes>{routes}</routes>")
    return bad.value.faults


TRACK = '<vType id="tram" vClass="tram"/><route id="track" edges="path"/><trip id="t" depart="0" from="w" to="e"/>'


@pytest.mark.parametrize("user", ["", '<vehicle id="v" type="tram" depart="0" route="track"/>'])
def test_a_route_where_no_motor_vehicle_may_drive_is_left_out_with_those_whose_it_is(tmp_path, user):
    site, summary = read_sumo(*write(tmp_path, routes=f"<routes>{TRACK}{user}</routes>"))
    assert [t.id for t in site.trips] == ["t"]
    assert "routes over edges without a lane for motor vehicles left out: 1" in summary.notes


@pytest.mark.parametrize(
    "user",
    [
        '<vehicle id="v" depart="0" route="track"/>',
        '<flow id="v" begin="0" end="9" number="3" from="w" to="path"/>',
        '<trip id="v" depart="0" from="path" to="path"/>',
        '<vehicle id="v" depart="0"><routeDistribution><route refId="track"/></routeDistribution></vehicle>',
    ],
)
def test_a_car_on_such_a_route_is_a_fault(tmp_path, user):
    (fault,) = refusal(tmp_path, TRACK + user)
    assert 'id "v"' in fault.where
    assert fault.found == "the edge path, which has no lane for motor vehicles"


@pytest.mark.parametrize("rate", ['number="3" probability="5e-324"', 'number="3" period="1e308"'])
def test_a_flow_whose_vehicles_never_come_is_one_fault(tmp_path, rate):
    (fault,) = refusal(tmp_path, f'<flow id="f" begin="0" {rate} from="w" to="e"/>')
    assert (fault.found[:14], "604800" in fault.expected) == ("a departure at", True)


def test_a_moment_beyond_a_week_is_told_as_the_file_says_it(tmp_path):
    (fault,) = refusal(tmp_path, '<trip id="t" depart="8:00:00:00" from="w" to="e"/>')
    assert str(fault).endswith(': <trip> id "t": found depart="8:00:00:00", expected one within a week, 604800 s')
    stop = '<stop lane="e_1" until="604801"/>'
    (fault,) = refusal(tmp_path, f'<trip id="t" depart="0" from="w" to="e">{stop}</trip>')
    assert fault.found == 'until="604801"'


def test_one_that_departs_now_is_left_out_as_sumo_never_lets_it_in(tmp_path):
    now = '<trip id="t" depart="now" from="w" to="e"/><trip id="u" depart="0" from="w" to="e"/>'
    site, summary = read_sumo(*write(tmp_path, routes=f"<routes>{now}</routes>"))
    assert [t.id for t in site.trips] == ["u"]
    assert 'vehicles with depart="now", which SUMO never lets in, left out: 1' in summary.notes


def test_there_is_an_end_to_the_edges_on_all_ways_together(tmp_path, monkeypatch):
    monkeypatch.setattr(sumo_trips, "MOST_LEGS", 400)
    flow = '<flow id="f" begin="0" end="9" number="{}" from="w" to="e"/>'
    assert len(site_of(tmp_path, f"<routes>{flow.format(200)}</routes>").trips) == 200
    (fault,) = refusal(tmp_path, flow.format(201))
    assert fault.found == "more than 400 edges on all ways"
    assert 'id "f"' in fault.where


def test_what_sumo_does_not_know_is_named_and_counted(tmp_path):
    routes = """<routes><vehcile id="a" depart="0" route="r"/><busstop id="b"/><busstop id="c"/>
        <route id="r" edges="w e"><stop lane="e_1" endPos="50" duration="1" endpos="5"/></route>
        <vehicle id="v" depart="0" dpart="5" route="r" color="red"><stpo/><param key="k" value="v"/></vehicle>
        <interval begin="0" end="9"><flow id="f" nummber="1" number="1" route="r"/></interval></routes>"""
    _, summary = read_sumo(*write(tmp_path, routes=routes))
    assert "elements that SUMO does not know (busstop, vehcile, stpo), left out: 4" in summary.notes
    assert "attributes that SUMO does not know (dpart, nummber, endpos), left out: 3" in summary.notes
    assert not [n for n in read_sumo(*write(tmp_path))[1].notes if "not know" in n]


def test_of_many_only_some_are_named(tmp_path):
    many = "".join(f'<trip id="t{n}" depart="{n}" from="w" to="e" x{n}="1"/>' for n in range(9))
    _, summary = read_sumo(*write(tmp_path, routes=f"<routes>{many}</routes>"))
    assert "attributes that SUMO does not know (x0, x1, x2, x3, x4, ...), left out: 9" in summary.notes


def test_only_for_faults_that_are_shown_the_nearest_name_is_looked_for(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(sumo_reader, "near_miss", lambda name, known: asked.append(name) or "w")
    twice = 2 * "".join(f'<vehicle id="v" depart="0"><route edges="w x{n}"/></vehicle>' for n in range(500))
    faults = refusal(tmp_path, twice)
    assert asked == [f"x{n}" for n in range(20)]
    assert [f.near for f in faults[:20]] == ["w"] * 20
    assert faults[20].found == "480 more faults"
