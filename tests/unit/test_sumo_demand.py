"""SUMO's demand comes in: types, distributions, routes, flows, and stops on the way."""

import pytest

from sim.formats.sumo import import_sumo, read_sumo
from sim.formats.sumo_types import IDM_FALLS
from sim.scenario.trip_files import load_trip_site
from tests.sumo_town import ROUTES, TYPES, write


def site_of(tmp_path, routes=ROUTES, types=TYPES):
    return read_sumo(*write(tmp_path, routes=routes, types=types))[0]


def test_a_type_keeps_what_it_says(tmp_path):
    car = next(t for t in site_of(tmp_path).types if t.id == "car")
    moves = car.moves
    assert (moves.length_m, moves.deceleration_m_s2, moves.headway_s, moves.standstill_gap_m) == (4.0, 4.0, 1.2, 2.0)
    assert (moves.speed_factor, moves.top_speed_m_s) == (1.1, 20.0)
    assert moves.acceleration_m_s2 == pytest.approx(2.0 / IDM_FALLS, abs=1e-3)
    assert not car.bus_lanes


def test_a_type_that_says_nothing_is_as_its_class_in_sumo(tmp_path):
    bus = next(t for t in site_of(tmp_path).types if t.id == "bus")
    assert (bus.kind, bus.bus_lanes) == ("bus", True)
    assert (bus.moves.length_m, bus.moves.deceleration_m_s2) == (12.0, 4.0)


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


def test_what_is_left_out_is_told(tmp_path):
    _, summary = read_sumo(*write(tmp_path))
    assert "persons and containers left out: 1" in summary.notes


def test_a_site_that_was_written_is_read_back_equal(tmp_path):
    files = write(tmp_path)
    summary = import_sumo(*files, out=tmp_path / "town")
    assert load_trip_site(tmp_path / "town") == summary.site
    assert not list(tmp_path.glob(".town*"))
