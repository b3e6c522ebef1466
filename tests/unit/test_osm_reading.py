"""Finding a school in an OpenStreetMap file, and what is no such file."""

import bz2
import gzip

import pytest
from osm_town import LAT, LON, Town, crossroads, not_uploaded

from sim.formats.osm_place import find_place
from sim.formats.osm_read import OsmFile, read_extract
from sim.scenario.faults import BadInput


def found(path, around):
    return find_place(OsmFile(path), around)


@pytest.fixture
def town(tmp_path):
    return crossroads(name__en="Hill School (en)", alt_name="The Hill;Old Hill").write(tmp_path / "town.osm")


@pytest.mark.parametrize(
    "around", ["Hill School", "hill  school", "Old Hill", "Hill School (en)", "Hill Sch", "way/9", "9"]
)
def test_a_school_is_found_by_any_of_its_names_by_a_part_and_by_its_id(town, around):
    place = found(town, around)
    assert (str(place.key), place.label) == ("way/9", "Hill School")


def test_the_centre_of_a_school_is_its_outlines_centroid(town):
    place = found(town, "way/9")
    assert place.lon == pytest.approx(LON, abs=1e-6)
    assert place.lat == pytest.approx(LAT + 62 / 111_320, abs=1e-6)


@pytest.mark.parametrize("around", ["Hill School", "way/-9", "-9"])
def test_a_school_that_is_not_yet_uploaded_is_found_by_its_name_and_its_negative_id(town, around):
    town.write_text(not_uploaded(town.read_text("utf-8")), "utf-8")
    place = found(town, around)
    assert str(place.key) == "way/-9"
    assert place.lat == pytest.approx(LAT + 62 / 111_320, abs=1e-6)


@pytest.mark.parametrize("mark", ['visible="false"', 'action="delete"', "action='delete'"])
@pytest.mark.parametrize("packed", [bytes, gzip.compress, bz2.compress])
def test_what_is_deleted_in_a_file_is_not_there(town, mark, packed):
    text = town.read_text("utf-8").replace('<way id="9"', f'<way {mark} id="9"')
    town.write_bytes(packed(text.encode()))
    with pytest.raises(BadInput, match="names 0"):
        found(town, "Hill School")
    extract = read_extract(OsmFile(town), LON, LAT, 300.0)
    assert set(extract.ways) == {1, 2, 3, 4, 5, 6}
    assert 9 in extract.positions


@pytest.mark.parametrize("lon", ["224.75", "", "nan"])
def test_a_coordinate_that_is_none_is_refused_in_one_line(town, lon):
    edited = town.read_text("utf-8").replace(
        '<node id="1" lon="', f'<node id="99" lat="1" lon="{lon}"/><node id="1" lon="'
    )
    town.write_text(edited, "utf-8")
    with pytest.raises(BadInput, match=f"wrong format for coordinate: '{lon}'"):
        found(town, "Hill School")


def test_any_object_can_be_the_centre_by_its_id(town):
    assert str(found(town, "node/3").key) == "node/3"
    assert found(town, "way/1").label == "High Street"


def test_a_name_that_is_not_there_is_refused_with_near_misses(town):
    with pytest.raises(BadInput) as bad:
        found(town, "Hill Scool")
    (fault,) = bad.value.faults
    assert "Hill School" in fault.near
    assert "--around" in fault.where


def test_an_ambiguous_name_lists_the_candidates_with_their_ids(tmp_path):
    town = crossroads()
    town.area(20, 800, 800, 50, 50, amenity="school", name="Hill School")
    with pytest.raises(BadInput) as bad:
        found(town.write(tmp_path / "town.osm"), "Hill School")
    assert "way/9" in str(bad.value) and "way/20" in str(bad.value)


def test_a_school_mapped_as_a_point_and_as_an_area_is_one_school(tmp_path):
    town = crossroads()
    town.node(50, 10, 40, amenity="school", name="Hill School")
    assert str(found(town.write(tmp_path / "town.osm"), "Hill School").key) == "way/9"


def test_a_relation_is_found_though_some_of_its_members_are_missing(tmp_path):
    town = crossroads()
    town.relation(
        7, [("way", 9, "outer"), ("way", 999, "outer")], type="multipolygon", amenity="school", name="Two Parts"
    )
    place = found(town.write(tmp_path / "town.osm"), "Two Parts")
    assert str(place.key) == "relation/7"
    assert place.lat == pytest.approx(LAT + 62 / 111_320, abs=1e-6)


def test_a_place_of_which_the_file_holds_no_node_is_refused(tmp_path):
    town = Town()
    town.node(1, 0, 0)
    town.way(9, [2, 3, 4, 2], amenity="school", name="Gone")
    with pytest.raises(BadInput, match="no position"):
        found(town.write(tmp_path / "town.osm"), "Gone")


def test_the_contents_tell_the_format_whatever_the_files_name(town, tmp_path):
    text = town.read_bytes()
    for name, packed in (
        ("a.xml", text),
        ("b.osm.gz", gzip.compress(text)),
        ("c", text),
        ("d.bz2", bz2.compress(text)),
    ):
        (tmp_path / name).write_bytes(packed)
        assert found(tmp_path / name, "Hill School").label == "Hill School"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.osm", b"", "an empty file"),
        ("words.osm", b"hello world", "another kind of file"),
        ("net.osm", b"<net></net>", "unreadable"),
        ("nothing.osm", b'<osm version="0.6"></osm>', "names 0"),
        ("some.osm.pbf", b"\0\0\0\x0d\x0a\x09OSMHeader\x18\x7c", "unreadable"),
    ],
)
def test_what_is_no_whole_openstreetmap_file_is_refused_in_one_line(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput) as bad:
        found(path, "Hill School")
    (fault,) = bad.value.faults
    assert told in str(fault)
    assert "\n" not in str(fault)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path, told in ((tmp_path / "none.osm", "no such file"), (tmp_path, "a folder")):
        with pytest.raises(BadInput, match=told):
            OsmFile(path)


def test_a_file_broken_off_in_the_middle_is_refused(town, tmp_path):
    broken = tmp_path / "broken.osm"
    broken.write_bytes(town.read_bytes()[:-300])
    with pytest.raises(BadInput, match="unreadable"):
        found(broken, "Hill School")


def test_only_what_lies_near_is_kept(town):
    extract = read_extract(OsmFile(town), LON, LAT, 300.0)
    assert set(extract.positions) >= {2, 3}
    assert 1 not in extract.positions
    assert extract.ways[1].refs == (1, 2)
