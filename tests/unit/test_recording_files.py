"""What is wrong with a results folder, or with the words of `dropoff snapshot`, is told in one line, exit code 2."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sim.cli import main
from sim.report.films import pairs_in, read_pair
from sim.scenario.faults import BadInput
from sim.study import run_study
from sim.tables import write_table
from tests.property.test_school_morning import brief

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("recorded") / "run"
    before, after = brief("baseline"), brief("bus_bay")
    run_study(after, before, replications=2, seed=3, workers=1, out=out, record=1)
    return out


@pytest.fixture
def copy(recorded, tmp_path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "copy"))


def told(capsys, *words) -> str:
    """Return the one line that a command says about bad input."""
    assert main(["snapshot", *map(str, words)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("dropoff: ")
    return err


def fault(folder: Path, pair: int = 1) -> str:
    with pytest.raises(BadInput) as found:
        read_pair(folder, pair)
    assert len(found.value.faults) == 1
    return str(found.value)


def test_a_recorded_pair_is_read_back(recorded):
    run, films = read_pair(recorded, 1)
    assert run["filmed"] == [1]
    assert pairs_in(recorded) == [1]
    assert set(films) == {"baseline", "scenario"}
    for arm, film in films.items():
        assert film.map["scenario"].startswith("school/")
        assert set(film.trips["arm"]) == {arm}
        assert len(film.trajectories) > 10_000


def test_a_folder_that_is_no_result(tmp_path):
    assert "no such file" in fault(tmp_path)
    assert "no such file" in fault(tmp_path / "nowhere")
    (tmp_path / "run.json").write_text("[]")
    assert "no object" in fault(tmp_path)
    (tmp_path / "run.json").write_text("{")
    assert "broken JSON" in fault(tmp_path)
    (tmp_path / "run.json").write_text('{"program": "another", "schema": 1}')
    assert "another" in fault(tmp_path)


def test_a_result_of_another_version(copy):
    run = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps({**run, "schema": 0}))
    assert "schema 0" in fault(copy)
    (copy / "run.json").write_text(json.dumps(run))
    file = copy / "films" / "1" / "scenario" / "map.json"
    file.write_text(json.dumps({"schema": 0}))
    assert "map.json" in fault(copy)


def test_a_result_without_a_recording_or_of_another_pair(copy):
    assert "a recorded pair: 1" in fault(copy, 0)
    shutil.rmtree(copy / "films")
    assert "no recording" in fault(copy)


@pytest.mark.parametrize("name", ["map.json", "trajectories.parquet", "signals.parquet", "walks.parquet"])
def test_a_recording_with_a_damaged_or_missing_file(copy, name):
    file = copy / "films" / "1" / "baseline" / name
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert name in fault(copy)
    file.write_bytes(b"")
    assert name in fault(copy)
    file.unlink()
    assert name in fault(copy)


def test_a_recording_with_a_file_that_cannot_be_read_as_text(copy):
    (copy / "films" / "1" / "baseline" / "map.json").write_bytes(b"\xff\xfe\x00")
    assert "map.json" in fault(copy)
    (copy / "run.json").write_bytes(b"\xff\xfe\x00")
    assert "run.json" in fault(copy)


def test_a_map_that_lacks_something_is_told(copy):
    file = copy / "films" / "1" / "baseline" / "map.json"
    content = json.loads(file.read_text())
    del content["lanes"]
    file.write_text(json.dumps(content))
    assert "lanes" in fault(copy)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("gate", None, ": gate: found nothing, expected"),
        ("gate.point", [1.0], ": gate.point: found a list of 1, expected 2 items or more"),
        ("gate.point.0", 1e9, ": gate.point.0: found 1000000000.0, expected"),
        ("gate.opposite_link", 0, ": gate.opposite_link: found 0, expected a text"),
        ("gate.link", "nowhere", ": gate.link: found nowhere, expected a link of the map"),
        ("lanes.0.line", [], ": lanes.0.line: found a list of 0, expected 2 items or more"),
        ("lanes.0.line.0.1", "far", ": lanes.0.line.0.1: found 'far', expected a number"),
        ("lanes.0.kind", "path", ": lanes.0.kind: found 'path', expected 'lane', 'strip', 'over', 'movement' or"),
        ("lanes.0.link", "nowhere", ": lanes.0.link: found nowhere, expected a link of the map"),
        ("lanes.0.limit_m_s", 0, ": lanes.0.limit_m_s: found 0, expected more than 0"),
        ("lanes", [], ": gate.link: found main_e2, expected a link with a lane"),
        ("zones.0.link", "nowhere", ": zones.0.link: found nowhere, expected a link of the map"),
        ("vehicles", [], ": vehicles: found a list of 0, expected a mapping"),
        ("vehicles.kind", ["car"], ": vehicles: found "),
        ("end_s", 0.0, ": end_s: found 0, expected more than start_s"),
        ("traffic_side", "middle", ": traffic_side: found 'middle', expected 'right' or 'left'"),
    ],
)
def test_each_fault_of_an_edited_map_is_one_line(copy, path, value, expected, capsys):
    file = copy / "films" / "1" / "baseline" / "map.json"
    content = json.loads(file.read_text())
    *above, last = path.split(".")
    inner = content
    for part in above:
        inner = inner[int(part) if part.isdecimal() else part]
    inner[int(last) if last.isdecimal() else last] = value
    file.write_text(json.dumps(content))
    for command in (["replay", str(copy)], ["snapshot", str(copy), "--at", "07:25", "--out", str(copy / "x.png")]):
        assert main(command) == 2
        out, err = capsys.readouterr()
        assert out == "" and "Traceback" not in err
        assert all(line.startswith("dropoff: ") for line in err.splitlines())
        assert f"map.json{expected}" in err.splitlines()[0]


def test_lanes_side_by_side_have_as_many_points(copy):
    file = copy / "films" / "1" / "baseline" / "map.json"
    content = json.loads(file.read_text())
    n, lane = next((n, x) for n, x in enumerate(content["lanes"]) if x["kind"] == "lane" and x["number"] == 1)
    lane["line"].append(lane["line"][-1])
    file.write_text(json.dumps(content))
    count = len(lane["line"])
    assert f": lanes.{n}.line: found {count} points, expected {count - 1}, as the lanes beside have" in fault(copy)
    del lane["link"]
    file.write_text(json.dumps(content))
    with pytest.raises(BadInput, match=rf"lanes\.{n}\.link: found nothing, expected a value"):
        read_pair(copy, 1)


def test_a_map_with_fewer_lanes_than_the_film_drives_on_is_told(copy):
    file = copy / "films" / "1" / "baseline" / "map.json"
    content = json.loads(file.read_text())
    driven = pd.read_parquet(file.with_name("trajectories.parquet"))["lane"].max()
    del content["lanes"][int(driven) :]
    file.write_text(json.dumps(content))
    assert f": lanes: found {driven}, expected at least {driven + 1}: trajectories.parquet" in fault(copy)


def test_a_table_with_other_columns(copy):
    write_table(pd.DataFrame({"x": [1]}), copy / "films" / "1" / "baseline" / "walks.parquet", {})
    assert "a table without who" in fault(copy)
    (copy / "trips.parquet").unlink()
    assert "trips.parquet" in fault(copy)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--at", "8.05", "--out", "x.png"), "--at"),
        (("--at", "25:00", "--out", "x.png"), "--at"),
        (("--at", "08:05:61", "--out", "x.png"), "--at"),
        (("--at", "03:00", "--out", "x.png"), "within the recording, 07:20:00 to"),
        (("--at", "07:25", "--out", "x.pdf"), ".png or .svg"),
        (("--at", "07:25", "--out", "x"), ".png or .svg"),
        (("--at", "07:25", "--out", "."), "a file in a folder"),
        (("--at", "07:25", "--out", "nowhere/x.png"), "a file in a folder"),
        (("--at", "07:25", "--out", "x.png", "--pair", "0"), "a recorded pair: 1"),
        (("--at", "07:25", "--out", "x.png", "--pair", "-1"), "--pair"),
        (("--at", "07:25", "--out", "x.png", "--radius", "5"), "--radius"),
    ],
)
def test_words_that_fit_no_picture(recorded, tmp_path, monkeypatch, capsys, words, expected):
    monkeypatch.chdir(tmp_path)
    assert expected in told(capsys, recorded, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(recorded, capsys):
    told(capsys, recorded, "--at", "07:25", "--out", "/proc/x.png")


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_full_disk_leaves_no_half_picture(recorded, tmp_path, kind):
    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    words = ["snapshot", str(recorded), "--at", "07:25", "--out", str(tmp_path / f"x.{kind}")]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [sys.executable, "-m", "sim.cli", *words], cwd=ROOT, capture_output=True, text=True, preexec_fn=no_room, env=env
    )
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "File too large" in run.stderr
    assert list(tmp_path.iterdir()) == []
