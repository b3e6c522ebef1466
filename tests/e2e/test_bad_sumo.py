"""Bad SUMO files: one clear line for each fault, naming file and element; exit code 2, nothing written."""

import os
import re
from pathlib import Path

import pytest

from sim.cli import main
from sim.formats import sumo_xml
from tests.sumo_town import NET, ROUTES, TYPES, with_signal, write

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'
    '<routes><vehicle id="&c;"/></routes>'
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
    '<routes><vehicle id="&secret;"/></routes>'
)


def told(folder: Path, capsys, files, code: int = 2) -> list[str]:
    """Return what the import says, line by line."""
    before = set(folder.rglob("*"))
    net, routes, more = files
    assert main(["import", "sumo", *map(str, (net, routes, *more)), "--out", str(folder / "town")]) == code
    assert set(folder.rglob("*")) == before
    captured = capsys.readouterr()
    assert captured.out == ""
    assert all(line.startswith("dropoff: ") for line in captured.err.splitlines())
    return captured.err.splitlines()


FAULTS = {
    "no connection between two edges of a route": (
        {"net": NET.replace('<connection from="s" to="e"', '<!-- -->\n    <ignored from="s" to="e"')},
        ("town.rou.xml:5: ", "<trip>", 'id "side"', "no way from s to e"),
    ),
    "no connection for a vehicle's class": (
        {"routes": ROUTES.replace('<route id="through" edges="w e"', '<route id="through" edges="w s"')},
        ("town.rou.xml:3: ", "<vehicle>", 'id "first"', "no connection from w to s"),
    ),
    "an unknown edge in a route": (
        {"routes": ROUTES.replace('<route edges="w e"/>', '<route edges="w ee"/>')},
        ("town.rou.xml:4: ", "<route>", 'id "line 3"', "the edge ee", "did you mean e?"),
    ),
    "an unknown edge in a connection": (
        {"net": NET.replace('<connection from="w" to="e" fromLane="0"', '<connection from="ww" to="e" fromLane="0"')},
        ("town.net.xml:", "<connection>", 'from="ww"', "did you mean w?"),
    ),
    "a connection from a lane that the edge does not have": (
        {"net": NET.replace('to="e" fromLane="1"', 'to="e" fromLane="4"')},
        ("town.net.xml:", "<connection>", 'fromLane="4"', "a lane of w"),
    ),
    "a lane that is no number": (
        {"net": NET.replace('to="e" fromLane="1"', 'to="e" fromLane="left"')},
        ("town.net.xml:", "<connection>", 'fromLane="left"', "a number"),
    ),
    "a connection over an internal lane that is not there": (
        {"net": NET.replace('via=":c_1_1"', 'via=":c_1_7"')},
        ("town.net.xml:", "<connection>", 'via=":c_1_7"', "an internal lane"),
    ),
    "a lane that stands twice": (
        {"net": NET.replace('id="e_1" index="1"', 'id="e_1" index="0"').replace('toLane="1"', 'toLane="0"')},
        ("town.net.xml:18: ", "<lane>", 'id "e_1"', 'index="0"', "1: lanes stand in order"),
    ),
    "an edge that is too long": (
        {"net": NET.replace('length="150"', 'length="200000"')},
        ("town.net.xml:13: ", "<edge>", 'id "s"', "lanes of 200000 m", "at most 100000 m"),
    ),
    "no programme for a signal": (
        {"net": with_signal(NET.replace('<tlLogic id="c"', '<tlLogic id="k"'))},
        ("town.net.xml:", "<connection>", 'no programme (tlLogic) for tl="c"'),
    ),
    "a programme with too few letters": (
        {"net": re.sub(r'(state="..)[Gyr]"', r'\1"', with_signal())},
        ("town.net.xml:", "<connection>", "linkIndex 2", "the programme c has 2 letters"),
    ),
    "a light that SUMO does not have": (
        {"net": with_signal(NET).replace('"grr"', '"xrr"')},
        ("town.net.xml:", "<phase>", 'state="xrr"'),
    ),
    "a phase that lasts for weeks": (
        {"net": with_signal().replace('duration="7" state="grr"', 'duration="1e6" state="grr"')},
        ("town.net.xml:24: ", "<phase>", "a phase of 1e+06 s"),
    ),
    "a programme of which no phase lasts": (
        {"net": re.sub(r'duration="\d+" state', 'duration="0" state', with_signal())},
        ("town.net.xml:23: ", "<tlLogic>", "no phase that lasts"),
    ),
    "a signal that runs phases side by side": (
        {"net": with_signal().replace('id="c" type="static"', 'id="c" type="NEMA"')},
        ("town.net.xml:23: ", "<tlLogic>", 'type="NEMA" of 1 signals', "netconvert --tls.rebuild"),
    ),
    "a phase with two that may follow": (
        {"net": with_signal().replace('duration="7"', 'next="3 0" duration="7"')},
        ("town.net.xml:24: ", "<phase>", 'next="3 0"', "the number of one phase, 0 to 6"),
    ),
    "a phase before one that is not there": (
        {"net": with_signal().replace('duration="7"', 'next="7" duration="7"')},
        ("town.net.xml:24: ", "<phase>", 'next="7"', "the number of one phase, 0 to 6"),
    ),
    "phases that never come back to the first": (
        {"net": with_signal().replace('duration="8"', 'next="1" duration="8"')},
        ("town.net.xml:26: ", "<phase>", "the phase 1 after it, and never again the first one", "a cycle"),
    ),
    "a programme that begins with a phase to which none leads": (
        {"net": with_signal().replace('offset="5"', 'offset="29"').replace('duration="10"', 'next="2" duration="10"')},
        ("town.net.xml:24: ", "<phase>", "the phase with which the programme begins, by its offset"),
    ),
    "a time of day that begins with a programme that is not there": (
        {
            "types": TYPES.replace(
                "</add", '<WAUT id="w" startProg="night"/><wautJunction wautID="w" junctionID="c"/></add'
            )
        },
        ("town.add.xml:9: ", "<wautJunction>", 'startProg="night" of the WAUT w', "a programme of the signal c"),
    ),
    "a signal of times of day that are not there": (
        {"types": TYPES.replace("</add", '<wautJunction wautID="w" junctionID="c"/></add')},
        ("town.add.xml:9: ", "<wautJunction>", 'wautID="w"', "a WAUT"),
    ),
    "a response that is no bits": (
        {"net": NET.replace('response="110"', 'response="1x0"')},
        ("town.net.xml:32: ", "<request>", 'response="1x0" of the junction c', "3 bits"),
    ),
    "foes that are too few bits": (
        {"net": NET.replace('index="2" response="000" foes="001"', 'index="2" response="000" foes="01"')},
        ("town.net.xml:34: ", "<request>", 'foes="01" of the junction c', "3 bits"),
    ),
    "an edge that stands twice": (
        {"net": NET.replace('<edge id="path"', '<edge id="s"')},
        ("town.net.xml:20: ", "<edge>", "the name s, which line 13 has already"),
    ),
    "a junction that stands twice": (
        {"net": NET.replace('<junction id="b"', '<junction id="a"').replace('from="b"', 'from="a"')},
        ("town.net.xml:29: ", "<junction>", "the name a, which line 28 has already"),
    ),
    "a connection that stands twice": (
        {"net": NET.replace('to="e" fromLane="1" toLane="1"', 'to="e" fromLane="0" toLane="0"')},
        ("town.net.xml:38: ", "<connection>", "the name w_0>e_0, which line 37 has already"),
    ),
    "two ids that are one name of ours": (
        {
            "net": NET.replace('<junction id="a"', '<junction id="x/y"')
            .replace('<junction id="b"', '<junction id="x_y"')
            .replace('"a"', '"x/y"')
            .replace('"b"', '"x_y"')
        },
        ("town.net.xml:29: ", "<junction>", "the name x_y, which line 28 has already"),
    ),
    "a type that is not defined": (
        {"routes": ROUTES.replace('type="bus"', 'type="buss"')},
        ("town.rou.xml:4: ", "<vehicle>", 'type="buss"', "did you mean bus?"),
    ),
    "a stop that is not defined": (
        {"routes": ROUTES.replace('busStop="school"', 'busStop="shcool"')},
        ("town.rou.xml:4: ", "<stop>", "the stop shcool", "did you mean school?"),
    ),
    "a stop that is not on the way": (
        {"types": TYPES.replace('lane="e_0"', 'lane="s_0"').replace('endPos="-180"', 'endPos="120"')},
        ("town.rou.xml:4: ", "<stop>", 'id "line 3"', "a stop on s"),
    ),
    "a stop beyond its lane's end": (
        {"routes": ROUTES.replace('busStop="school"', 'lane="e_0" endPos="900"')},
        ("town.rou.xml:4: ", "<stop>", "from 898 to 900 m", "a stretch of the lane's 300 m"),
    ),
    "a bus stop beyond its lane's end": (
        {"types": TYPES.replace('endPos="-180"', 'endPos="900"')},
        ("town.add.xml:7: ", "<busStop>", 'id "school"', "from 100 to 900 m", "a stretch of the lane's 300 m"),
    ),
    "a bus stop further from the end than the lane is long": (
        {"types": TYPES.replace('startPos="100"', 'startPos="-301"')},
        ("town.add.xml:7: ", "<busStop>", 'id "school"', "from -1 to 120 m"),
    ),
    "stops behind each other": (
        {"routes": ROUTES.replace('duration="20"/>', 'duration="20"/><stop lane="e_0" endPos="50" duration="9"/>')},
        ("town.rou.xml:4: ", "<stop>", 'id "line 3"', "a stop on e", "after those before it"),
    ),
    "two parking areas with different berths at one place": (
        {
            "types": TYPES.replace(
                "</additional>",
                '<parkingArea id="lot" lane="e_1" startPos="50" endPos="70" roadsideCapacity="3"/>'
                '<parkingArea id="yard2" lane="e_1" startPos="50" endPos="70" roadsideCapacity="2"/></additional>',
            ),
            "routes": ROUTES.replace(
                '<stop busStop="school" duration="20"/>',
                '<stop parkingArea="lot" duration="20"/><stop parkingArea="yard2" duration="20"/>',
            ),
        },
        ("town.rou.xml:4: ", "<stop>", "2 berths at e, 50 to 70 m", "3, as another parking area has there"),
    ),
    "a route in a distribution that is not defined": (
        {"routes": ROUTES.replace("</routes>", '<routeDistribution id="d" routes="thru"/></routes>')},
        ("town.rou.xml:8: ", "<routeDistribution>", 'id "d"', "the route thru", "did you mean through?"),
    ),
    "more probabilities than routes": (
        {
            "routes": ROUTES.replace(
                "</routes>", '<routeDistribution id="d" routes="through" probabilities="1 2"/></routes>'
            )
        },
        ("town.rou.xml:8: ", 'probabilities="1 2"', "a number of at least 0 for each of its 1 routes"),
    ),
    "a distribution of nothing": (
        {"routes": ROUTES.replace("</routes>", '<routeDistribution id="d"/></routes>')},
        ("town.rou.xml:8: ", 'id "d"', "no route that can be drawn"),
    ),
    "a route that refers to another and is in no distribution": (
        {"routes": ROUTES.replace('<route edges="w e"/>', '<route refId="through"/>')},
        ("town.rou.xml:4: ", "<route>", 'id "line 3"', "no edges"),
    ),
    "a route that stands twice": (
        {"routes": ROUTES.replace("</routes>", '<route id="through" edges="w e"/></routes>')},
        ("town.rou.xml:8: ", "<route>", 'id "through"', "stands twice"),
    ),
    "a type that stands twice": (
        {"types": TYPES.replace('<vType id="bus"', '<vType id="car"').replace("</add", '<vType id="bus"/></add')},
        ("town.add.xml:3: ", "<vType>", 'id "car"', "the name car, which another type has already"),
    ),
    "a route again and again that leads nowhere near its start": (
        {"routes": ROUTES.replace('edges="w e"/>', 'edges="w e" repeat="1"/>', 1)},
        ("town.rou.xml:3: ", "<vehicle>", 'id "first"', "no connection from e to w"),
    ),
    "a flow with two rates": (
        {"routes": ROUTES.replace('number="40"', 'period="2" vehsPerHour="9"')},
        ("town.rou.xml:6: ", "<flow>", "period and vehsPerHour"),
    ),
    "a flow with a rate, an end and a number": (
        {"routes": ROUTES.replace('number="40"', 'period="2" number="40"')},
        ("town.rou.xml:6: ", "<flow>", "period, number and end"),
    ),
    "a flow that ends before it begins": (
        {"routes": ROUTES.replace('end="110"', 'end="9"')},
        ("town.rou.xml:6: ", "<flow>", "an end at 9 s"),
    ),
    "headways of no rate": (
        {"routes": ROUTES.replace('number="40"', 'period="exp(never)"')},
        ("town.rou.xml:6: ", "<flow>", 'period="exp(never)"', "exp(rate)"),
    ),
    "a time of day without seconds": (
        {"routes": ROUTES.replace('depart="9.5"', 'depart="7:40"')},
        ("town.rou.xml:5: ", "<trip>", 'depart="7:40"', "seconds, or h:m:s"),
    ),
    "a file that includes another": (
        {"routes": ROUTES.replace("</routes>", '<include href="more.rou.xml"/></routes>')},
        ("town.rou.xml:8: ", "<include>", "another file"),
    ),
    "a departure that is no number": (
        {"routes": ROUTES.replace('depart="9.5"', 'depart="soon"')},
        ("town.rou.xml:5: ", "<trip>", 'id "side"', 'depart="soon"'),
    ),
    "a length that is no length": (
        {"net": NET.replace('length="150"', 'length="nan"')},
        ("town.net.xml:", "<lane>", 'id "s_0"', 'length="nan"'),
    ),
    "a vehicle that stands twice": (
        {"routes": ROUTES.replace('id="side"', 'id="first"')},
        ("town.rou.xml:5: ", "<trip>", 'id "first"', "the name first, which another vehicle has already"),
    ),
    "broken XML": ({"net": NET.replace("</net>", "</nett>")}, ("town.net.xml:", "broken XML (mismatched tag)")),
    "XML that stops half way": ({"routes": ROUTES[:150]}, ("town.rou.xml:", "broken XML")),
    "a billion laughs": ({"routes": LAUGHS}, ("town.rou.xml:1: ", "document type (DOCTYPE)")),
    "an external entity": ({"routes": EXTERNAL}, ("town.rou.xml:1: ", "document type (DOCTYPE)")),
    "nesting without end": ({"routes": "<routes>" + 100 * "<a>" + 100 * "</a>" + "</routes>"}, ("more than 50 deep",)),
    "an empty file": ({"routes": ""}, ("town.rou.xml:1: ", "no element found")),
    "a wrong outermost element": ({"routes": "<net/>"}, ("town.rou.xml:1: ", "<net>", "<routes>")),
    "a network that is none": ({"net": ROUTES}, ("town.net.xml:1: ", "<routes>", "<net>")),
    "no vehicle": ({"routes": "<routes/>"}, ("town.rou.xml:1: ", "<routes>", "no vehicle")),
    "a word that is neither yes nor no": (
        {"net": NET.replace('to="e" fromLane="1"', 'to="e" keepClear="maybe" fromLane="1"')},
        ("town.net.xml:38: ", "<connection>", 'keepClear="maybe"', "true or false"),
    ),
    "an encoding of several bytes": (
        {"routes": '<?xml version="1.0" encoding="GB2312"?><routes/>'},
        ("town.rou.xml:1: ", "multi-byte encodings are not supported", "a file saved as UTF-8"),
    ),
    "an encoding that nobody knows": (
        {"routes": '<?xml version="1.0" encoding="martian"?><routes/>'},
        ("town.rou.xml:1: ", "unknown encoding: martian"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_line_that_names_file_and_element(tmp_path, capsys, fault):
    changed, words = FAULTS[fault]
    (line,) = told(tmp_path, capsys, write(tmp_path, **changed))
    assert [word for word in words if word not in line] == []


def test_a_file_that_is_not_there_is_named(tmp_path, capsys):
    net, _, more = write(tmp_path)
    (line,) = told(tmp_path, capsys, (net, tmp_path / "none.rou.xml", more))
    assert "none.rou.xml: found no such file" in line


def test_elements_without_number_are_refused_before_they_fill_the_memory(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sumo_xml, "MOST_ELEMENTS", 100)
    (line,) = told(tmp_path, capsys, write(tmp_path, routes=f"<routes>\n{1000 * '<a/>'}</routes>"))
    assert "town.rou.xml:2: found more than 100 elements, expected plain SUMO XML" in line


def test_a_missing_connection_is_told_once_however_many_need_it(tmp_path, capsys):
    routes = "".join(f'<vehicle id="v{n}" depart="{n}"><route edges="w s"/></vehicle>' for n in range(50))
    lines = told(tmp_path, capsys, write(tmp_path, routes=f"<routes>{routes}</routes>"))
    assert len(lines) == 1


def test_many_faults_are_counted_after_the_first_twenty(tmp_path, capsys):
    routes = "".join(f'<vehicle id="v{n}" depart="{n}"><route edges="w nowhere{n}"/></vehicle>' for n in range(50))
    lines = told(tmp_path, capsys, write(tmp_path, routes=f"<routes>{routes}</routes>"))
    assert len(lines) == 21
    assert "30 more faults" in lines[-1]


def test_they_are_so_where_a_number_is_out_of_all_bounds_as_well(tmp_path, capsys):
    routes = "".join(f'<vehicle id="v{n}" depart="{n}"><route edges="w nowhere{n}"/></vehicle>' for n in range(50))
    routes += '<trip id="late" depart="1e9" from="w" to="e"/>'
    lines = told(tmp_path, capsys, write(tmp_path, routes=f"<routes>{routes}</routes>"))
    assert len(lines) == 21


def test_nothing_is_overwritten(tmp_path, capsys):
    files = write(tmp_path)
    (tmp_path / "town").mkdir()
    (line,) = told(tmp_path, capsys, files)
    assert "nothing is overwritten" in line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--begin", "8:00"), "--begin: found '8:00', expected seconds, or h:m:s"),
        (("--end", "noon"), "--end: found 'noon', expected seconds, or h:m:s"),
        (("--begin=-1",), "--begin: found '-1', expected seconds, or h:m:s"),
        (("--begin", "0:1:0", "--end", "60"), "--end: found '60', expected a time after 60 s, the beginning"),
    ],
)
def test_a_part_of_a_day_that_is_none_is_one_line(tmp_path, capsys, words, line):
    net, routes, _ = write(tmp_path)
    assert main(["import", "sumo", str(net), str(routes), *words, "--out", str(tmp_path / "new")]) == 2
    assert capsys.readouterr().err == f"dropoff: {line}\n"
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_no_site_of_given_trips_is_named(tmp_path, capsys):
    assert main(["drive", str(tmp_path)]) == 2
    assert "trips.json: found no such file" in capsys.readouterr().err


def test_given_trips_that_nest_very_deep_are_one_line(tmp_path, capsys):
    (tmp_path / "trips.json").write_text("[" * 200_000)
    assert main(["drive", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert err.endswith("trips.json: found lists or mappings nested too deep, expected valid JSON\n")


@pytest.mark.parametrize("step", ["0", "0.3", "2", "nan", "-1"])
def test_a_step_that_is_no_part_of_a_second_is_refused(tmp_path, capsys, step):
    assert main(["drive", str(tmp_path), f"--step={step}"]) == 2
    assert "--step: found" in capsys.readouterr().err


def test_a_site_changed_by_hand_is_checked_again(tmp_path, capsys):
    net, routes, more = write(tmp_path)
    assert main(["import", "sumo", *map(str, (net, routes, *more)), "--out", str(tmp_path / "town")]) == 0
    file = tmp_path / "town" / "trips.json"
    file.write_text(file.read_text().replace('["s", "e"]', '["s", "x"]'))
    capsys.readouterr()
    assert main(["drive", str(tmp_path / "town")]) == 2
    err = capsys.readouterr().err
    assert "path" in err
    assert "x" in err


@pytest.fixture
def site(tmp_path, capsys):
    net, routes, more = write(tmp_path)
    assert main(["import", "sumo", *map(str, (net, routes, *more)), "--out", str(tmp_path / "town")]) == 0
    capsys.readouterr()
    return tmp_path / "town"


def refused(capsys, site, out):
    """Return the one line that refuses a table at `out`, before anything is run."""
    assert main(["drive", str(site), "--out", str(out)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_table_never_takes_the_place_of_the_sites_own_files(site, capsys):
    linked, joined = site.parent / "linked.parquet", site.parent / "joined.parquet"
    linked.symlink_to(site / "trips.json")
    joined.hardlink_to(site / "network.geojson")
    before = {file: file.read_bytes() for file in site.iterdir()}
    for out in (*before, site / ".." / "town" / "trips.json", linked, joined):
        assert "found the site's own" in refused(capsys, site, out)
    assert {file: file.read_bytes() for file in site.iterdir()} == before


def test_a_table_never_takes_the_place_of_a_device_or_a_pipe(site, capsys):
    pipe = site.parent / "pipe"
    os.mkfifo(pipe)
    for out in (pipe, "/dev/null"):
        assert "found no regular file" in refused(capsys, site, out)
    assert pipe.is_fifo()
    assert Path("/dev/null").is_char_device()


def test_a_place_that_cannot_be_written_to_is_told_before_the_run(site, capsys, monkeypatch):
    monkeypatch.setattr("sim.trips.run_trips", lambda *_, **__: pytest.fail("it was run"))
    assert "a place to write to" in refused(capsys, site, site / f"{'x' * 250}.parquet")
    assert "a place to write to" in refused(capsys, site, "/proc/trips.parquet")


def test_a_table_goes_to_where_a_link_leads(site, capsys):
    link, table = site.parent / "link.parquet", site.parent / "table.parquet"
    link.symlink_to(table)
    assert main(["drive", str(site), "--step", "1", "--out", str(link)]) == 0
    assert link.is_symlink()
    assert table.read_bytes().startswith(b"PAR1")
