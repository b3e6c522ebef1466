"""Bad input: one clear line per fault, exit code 2, no traceback, nothing written."""

import shutil
from pathlib import Path

import pytest

from sim import load_scenario, run_study
from sim.cli import main
from sim.scenario.faults import BadInput
from tests.refused import refused as told

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def school(tmp_path, monkeypatch) -> Path:
    """The default school in a folder of one's own."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "scenarios" / "school"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "found", "expected"),
    [
        ("{id: bus_gate", "{id: bus gate", "id: found 'bus gate'", "expected a name without spaces, / and \\\n"),
        (
            "{id: bus_gate",
            '{id: "bus\\x01gate"',
            r"found 'bus\x01gate'",
            "expected a text without control characters\n",
        ),
        (
            "priority: 2",
            'priority: 2, name: "\\x1b[31mRed"',
            r"name: found '\x1b[31mRed'",
            "without control characters\n",
        ),
        ("title: ", 'title: "\\a" # ', r"title: found '\x07", "without control characters\n"),
        (
            "    modes:",
            "    rounds: 2\n    modes:",
            "pupils.rounds: found an unknown key",
            "expected one of enrolment,",
        ),
        ("    modes:", "    5: 2\n    modes:", "pupils.5: found 5", "expected a key that is a text\n"),
        ("section_m: 300", "sektion_m: 300", "sektion_m", "did you mean section_m"),
        ("dwell: {mean_s: 26.5", "dwell: {mean_s: 500", "demand.times.dwell.mean_s", "2 to 55 s"),
        ("turn_pocket_m: 60", "turn_pocket_m: 900", "turn_pocket_m: found 900 m", "at most 460.0 m"),
        ("enrolment: 1800", "enrolment: many", "demand.pupils.enrolment: found 'many'", "expected a whole number\n"),
        ("enrolment: 1800", "enrolment: 1.5", "demand.pupils.enrolment: found 1.5", "expected a whole number\n"),
        ("speed_km_h: 40", "speed_km_h: 400", "network.links.0.speed_km_h", "expected 130 or less\n"),
        ("speed_km_h: 40", "speed_km_h: .inf", "network.links.0.speed_km_h", "expected a finite number\n"),
        ("speed_km_h: 40", "speed_km_h: [40]", "network.links.0.speed_km_h: found a list of 1", "expected a number\n"),
        ("escort_shares: [", "escort_shares: [0, ", "a list of 4", "expected 3 items or fewer\n"),
        (
            "escort_shares: [0.95",
            "escort_shares: [x",
            "escort_shares.0: found 'x'",
            "expected a number\n",
        ),
        ("waiting_areas: []", "waiting_areas: 5", "waiting_areas: found 5", "expected a list\n"),
        ("boundary: true", "boundary: perhaps", "network.nodes.0.boundary", "expected true or false\n"),
        ("modes: {", "modes: 5 #{", "demand.pupils.modes: found 5", "expected a mapping\n"),
        ('bell: "08:20"', 'bell: "08:00"', "demand.pupils.bell: found 08:00, but arrival_mean 08:03", "have arrived"),
        (
            "link: main_e2, kind: parking",
            "link: main_e1, kind: parking",
            "main_e1, for the school",
            "main_e2 or main_w2",
        ),
        ('bell: "08:20"', 'bell: "8.20 am"', "demand.pupils.bell", "time of day"),
        ("from_m: 140, to_m: 176", "from_m: 140, to_m: 1760", "1760", "460"),
        ("link: main_e2, kind: parking", "link: main_e9, kind: parking", "main_e9", "did you mean main_e"),
        ("stop: bus_gate", "stop: bus_gaet", "bus_gaet", "did you mean bus_gate"),
        ("stop: bus_gate", "stop: parking_gate", "parking_gate", "bus"),
        ("{walk: 0.38", "{walk: 0.58", "1.2", "1"),
        ("  nodes:", "  nodes: [", "broken YAML", "valid YAML"),
    ],
)
def test_a_fault_in_the_site_is_one_line(school, capsys, old, new, found, expected):
    edit(school / "site.yaml", old, new)
    err = told(capsys, "validate", "school/baseline")
    assert "site.yaml" in err
    assert found in err
    assert expected in err


def test_what_does_something_to_a_terminal_is_told_by_its_code(school, capsys):
    edit(school / "site.yaml", "link: main_e2, kind", 'link: "main\\x1b[31m", kind')
    assert "\x1b" not in told(capsys, "validate", "school/baseline")


def test_of_very_many_faults_the_first_are_told_and_how_many_more_there_are(school, capsys):
    edit(school / "site.yaml", "waiting_areas: []", f"waiting_areas: [{'5, ' * 1000}]")
    lines = told(capsys, "validate", "school/baseline").splitlines()
    assert len(lines) == 21
    assert lines[-1] == "dropoff: ... and 980 more faults"


@pytest.mark.parametrize("nested", ["[" * 100_000, "- " * 100_000, "{a: " * 5_000])
def test_yaml_that_nests_very_deep_is_one_line(school, capsys, nested):
    (school / "site.yaml").write_text(nested)
    err = told(capsys, "validate", "school/baseline")
    assert "broken YAML in line 1: nested more than 100 deep, expected valid YAML" in err
    assert len(err.splitlines()) == 1


def test_all_faults_come_at_once(school, capsys):
    edit(school / "site.yaml", "enrolment: 1800", "enrolment: many")
    edit(school / "site.yaml", "speed_km_h: 40", "speed_km_h: 400")
    assert len(told(capsys, "run", "scenario=school/shapingba").splitlines()) == 2


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("bus_bai: {zone: bus_gate}", "did you mean bus_bay"),
        ("bus bay", "found bus bay, expected one of"),
        ("bus bay: {zone: bus_gate}", "did you mean bus_bay"),
        ('"": {zone: bus_gate}', "found nothing, expected one of"),
        ("bus_bay: {zone: bus_gate, berth_added: 3}", "did you mean berths_added"),
        ("bus_bay: {zone: bus_gate, berths_added: -3}", "0 or more"),
        ("bus_bay: {zone: bus_gat, berths_added: 3}", "did you mean bus_gate"),
        ("bus_bay: {zone: bus_gate, berths_added: 20}", "to_m"),
        ("green_belt: {area_m2: 9000}", "800"),
    ],
)
def test_a_fault_in_a_road_change_is_one_line(school, capsys, fields, found):
    (school / "mine.yaml").write_text(f"title: Mine\nsite: school\ninterventions:\n  - {fields}\n")
    err = told(capsys, "validate", "school/mine")
    assert "school/mine" in err
    assert found in err


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["run", "scenario=school/shapingbe"], "did you mean school/shapingba"),
        (["run", "scenario=../../etc/passwd"], "inside scenarios/"),
        (["run", "scenario=school/../school/baseline"], "inside scenarios/"),
        (["run", "sede=3"], "did you mean seed"),
        (["run", "replications=many"], "a whole number"),
        (["run", "replications=0"], "from 1"),
        (["run", "workers=0"], "from 1"),
        (["run", "study=quik"], "study: found quik, expected one of quick, standard, thorough (did you mean quick?)"),
        (["run", "replications=1", "out=/proc/foo"], "no folder can be made in /proc"),
        (["run", "seed"], "key=value"),
        (["run", "site.demand.pupils.carz=3"], "did you mean car"),
        (["validate", "nowhere"], "SITE/NAME"),
        (["run", "replications=1000000000"], "from 1 to 100000"),
        (["run", "seed=18446744073709551616"], "from 0 to"),
        (["run", "baseline=school/basline"], "baseline: found school/basline"),
        (["new", "a/b", "--yes"], "begins with a letter"),
        (["new", "123", "--yes"], "begins with a letter"),
        (["new", "yes", "--yes"], "no word like yes"),
        (["new", "mine", "--bell", "25:00"], "time of day"),
        (["new", "mine", "--bell", "00:30"], "--bell: found '00:30', expected a time from 01:00 to 22:59"),
        (["new", "mine", "--bell", "23:00"], "--bell: found '23:00', expected a time from 01:00 to 22:59"),
        (["new", "mine", "--title", "a\x07b"], r"--title: found 'a\x07b', expected a text without control characters"),
        (["new", "mine", "--title", "a\u2028b"], "line breaks"),
        (["new", "mine", "--title", "\udcff"], "expected a text\n"),
        (["new", "mine", "--title", ""], "expected 1 character or more\n"),
        (["new", "mine", "--title", 'Ecole "X"'], "expected a title without quotation marks"),
        (["new", "mine", "--opposite", "31"], "--opposite: found '31', expected 30 or less"),
        (["new", "mine", "--pupils", "-5"], "--pupils"),
        (["import", "osm", "nofile.osm", "--around", "x", "--out", "scenarios/x"], "nofile.osm"),
    ],
)
def test_a_fault_in_the_words_is_one_line(school, capsys, words, found):
    assert found in told(capsys, *words)


LONG = "9" * 5_000


@pytest.mark.parametrize(
    "words",
    [
        ["run", f"seed={LONG}"],
        ["run", f"seed=[{LONG}"],
        ["run", "-m", f"seed={LONG},1"],
        ["run", f"site.network.links.{LONG}.lanes=2"],
        ["replay", "nowhere", "--pair", LONG],
        ["drive", "nowhere", "--seed", LONG],
        ["sweep", "study=school_measures", f"seed={LONG}"],
        ["run", "replications=1", f"site.demand.pupils.enrolment={LONG}"],
        ["snapshot", "nowhere", "--at", "08:00", "--out", "a.png", "--pair", LONG],
        ["snapshot", "nowhere", "--at", "08:00", "--out", "a.png", "--radius", LONG],
        ["export", "sumo", "school/baseline", "--seed", LONG, "--out", "there"],
        ["check", "--seed", LONG],
        ["sensitivity", "scenario=school/baseline", f"trajectories={LONG}"],
    ],
)
def test_a_number_longer_than_python_reads_is_one_line_that_can_be_read(school, capsys, words):
    err = told(capsys, *words)
    assert len(err.splitlines()) == 1
    assert "more)" in err
    assert len(err) < 600


def test_two_sites_are_not_compared(school, capsys):
    shutil.copytree(school, school.parent / "other")
    for file in (school.parent / "other").glob("*.yaml"):
        edit(file, "school", "other") if file.name == "site.yaml" else edit(file, "site: school", "site: other")
    assert "one site" in told(capsys, "run", "scenario=school/warden", "baseline=other/baseline")


def test_broken_geojson_and_a_missing_file(school, capsys):
    (school / "site.yaml").rename(school / "old.yaml")
    assert "no such file" in told(capsys, "validate", "school/baseline")
    text = (school / "old.yaml").read_text(encoding="utf-8")
    head, tail = text.index("network:\n"), text.index("\ngate:")
    (school / "old.yaml").unlink()
    (school / "site.yaml").write_text(text[:head] + "network: streets.geojson" + text[tail:], encoding="utf-8")
    assert "streets.geojson" in told(capsys, "validate", "school/baseline")
    (school / "streets.geojson").write_text('{"type": "FeatureCollection", "features": [')
    assert "streets.geojson" in told(capsys, "validate", "school/baseline")


def test_a_truncated_pbf_and_a_school_that_is_not_there(school, capsys, shared_data):
    whole = next((shared_data / "osm_helsinki").glob("*.pbf")).read_bytes()
    Path("half.osm.pbf").write_bytes(whole[: len(whole) // 2])
    assert "half.osm.pbf" in told(capsys, "import", "osm", "half.osm.pbf", "--around", "koulu", "--out", "scenarios/x")
    file = str(next((shared_data / "osm_nanjing").glob("*.xml")))
    err = told(capsys, "import", "osm", file, "--around", "汉中门小字", "--out", "scenarios/x")
    assert "汉中门小学" in err


def test_a_road_change_with_a_field_that_is_no_word_is_one_line(school, capsys):
    edit(school / "warden.yaml", "{zones:", "{5: 3, zones:")
    assert "interventions.0.warden: found 5, expected names of fields" in told(capsys, "validate", "school/warden")


def test_a_site_may_have_a_chinese_name_and_a_result_any_path(school, capsys):
    assert main(["new", "沙磁学校", "--pupils", "100"]) == 0
    words = ["scenario=沙磁学校/drop_off_bays", "replications=1", "workers=1", "out=a=b (c)"]
    assert main(["run", *words]) == 0
    assert Path("a=b (c)", "verdict.json").is_file()


def test_only_a_bus_stop_becomes_a_longer_bus_bay(school, capsys):
    edit(school / "bus_bay.yaml", "zone: bus_gate", "zone: parking_gate")
    err = told(capsys, "validate", "school/bus_bay")
    assert "zone: found parking_gate, where parents stop, expected a curb zone with users: bus" in err


@pytest.mark.parametrize("number", [{"replications": 2.5}, {"replications": True}, {"seed": "1"}, {"workers": 1.0}])
def test_what_is_no_whole_number_is_refused_in_python_too(number):
    pair = load_scenario("school/warden"), load_scenario("school/baseline")
    ((name, value),) = number.items()
    with pytest.raises(BadInput, match=f"{name}: found {value!r}, expected a whole number"):
        run_study(*pair, **number)
