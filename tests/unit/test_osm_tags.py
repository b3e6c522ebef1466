"""What a street's tags say, and what is assumed where they are silent."""

import pytest

from sim.formats.osm_read import Way
from sim.formats.osm_tags import (
    CLASSES,
    STREETS,
    STREETS_AND_SERVICE,
    curb_parking,
    lanes,
    one_way,
    read_street,
    speed_km_h,
)


def street(**tags: str):
    return read_street(Way(1, (1, 2), {key.replace("__", ":"): value for key, value in tags.items()}), STREETS)


@pytest.mark.parametrize(
    ("value", "speed"),
    [
        ("40", 40.0), ("30 mph", 48.3), ("30mph", 48.3), ("CN:urban", 50.0), ("DE:rural", 80.0), ("DE:zone30", 30.0),
        ("DE:zone:30", 30.0), ("none", 130.0), ("walk", 10.0), ("2", 5.0), ("50;30", 50.0),
        ("signals", None), ("", None), ("fast", None),
    ],
)  # fmt: skip
def test_a_speed_limit_is_read_in_every_usual_spelling(value, speed):
    assert speed_km_h(value) == speed


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"lanes": "4"}, (2, 2, True)),
        ({"lanes": "3"}, (2, 1, True)),
        ({"lanes": "1"}, (1, 1, True)),
        ({"lanes": "5", "lanes:forward": "3"}, (3, 2, True)),
        ({"lanes": "5", "lanes:backward": "3"}, (2, 3, True)),
        ({"lanes": "3", "lanes:both_ways": "1"}, (1, 1, True)),
        ({"lanes": "2;3"}, (1, 1, True)),
        ({"lanes": "many"}, (2, 2, False)),
        ({"lanes": "40"}, (8, 8, True)),
        ({}, (2, 2, False)),
    ],
)
def test_lanes_of_a_two_way_street_are_shared_between_its_directions(tags, expected):
    assert lanes(tags, 0, 2) == expected


def test_all_lanes_of_a_one_way_street_go_its_way():
    assert lanes({"lanes": "3"}, 1, 2) == (3, 0, True)
    assert lanes({"lanes": "3"}, -1, 2) == (0, 3, True)
    assert lanes({}, 1, 2) == (2, 0, False)


@pytest.mark.parametrize(
    ("tags", "direction"),
    [
        ({"oneway": "yes"}, 1), ({"oneway": "1"}, 1), ({"oneway": "true"}, 1), ({"oneway": "-1"}, -1),
        ({"oneway": "reversible"}, 1), ({"oneway": "no"}, 0), ({}, 0), ({"junction": "roundabout"}, 1),
        ({"junction": "roundabout", "oneway": "-1"}, -1), ({"highway": "motorway"}, 1),
        ({"highway": "motorway", "oneway": "no"}, 0),
    ],
)  # fmt: skip
def test_a_one_way_street_is_told_by_its_tags_or_by_its_kind(tags, direction):
    assert one_way(tags) == direction


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"},
        {"highway": "construction", "construction": "primary"},
        {"highway": "residential", "access": "no"},
        {"highway": "residential", "access": "private"},
        {"highway": "residential", "access": "yes", "motor_vehicle": "no"},
        {"highway": "residential", "area": "yes"},
        {"highway": "service"},
        {},
    ],
)
def test_a_way_closed_to_the_public_is_no_street(tags):
    assert street(**tags) is None


def test_the_most_specific_access_tag_decides():
    assert street(highway="residential", access="no", motor_vehicle="yes") is not None


def test_a_service_road_is_a_street_only_where_asked_for_and_never_a_driveway():
    def service(**tags):
        return read_street(Way(1, (1, 2), {"highway": "service"} | tags), STREETS_AND_SERVICE)

    assert service() is not None
    assert service(service="driveway") is None
    assert service(service="parking_aisle") is None


def test_what_the_tags_do_not_tell_is_assumed_by_class_and_said_so():
    plain = street(highway="secondary")
    assert (plain.forward, plain.backward, plain.speed_forward_km_h) == (2, 2, CLASSES["secondary"].speed_km_h)
    assert (plain.lanes_tagged, plain.speed_tagged) == (False, False)
    told = street(highway="secondary", lanes="2", maxspeed="30", maxspeed__backward="20")
    assert (told.forward, told.speed_forward_km_h, told.speed_backward_km_h) == (1, 30.0, 20.0)
    assert (told.lanes_tagged, told.speed_tagged) == (True, True)


def test_who_circulates_in_a_roundabout_goes_first():
    assert street(highway="residential", junction="roundabout").priority > street(highway="trunk").priority


@pytest.mark.parametrize(
    ("tags", "right", "left"),
    [
        ({"parking:right": "lane", "parking:left": "no"}, "parking", ""),
        ({"parking:both": "street_side"}, "parking", "parking"),
        ({"parking:right": "no", "parking:right:restriction": "no_stopping"}, "banned", ""),
        ({"parking:lane:left": "parallel", "parking:lane:right": "no_stopping"}, "banned", "parking"),
        ({"parking:lane:both": "no_parking"}, "", ""),
        ({}, "", ""),
    ],
)
def test_parking_is_read_by_the_new_and_the_old_scheme(tags, right, left):
    assert (curb_parking(tags, "right"), curb_parking(tags, "left")) == (right, left)
