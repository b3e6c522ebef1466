"""Wherever and however it is started: odd folders, links, closed streams, results that are damaged or of old."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sim.cli import main
from sim.cli.composing import requested
from sim.scenario.files import place_of
from sim.study.folder import read_json, write_json
from sim.tables import read_table, write_table
from tests.refused import refused
from tests.sweeps import SWEEP, mini

RUN = ("run", "scenario=mini/drop_off_bays", "replications=2", "seed=3", "workers=1")
SWEPT = Path("results", "sweeps", "study")
GBK = os.fsdecode(b"\xba\xba\xd6\xd0")
"""A name that is no UTF-8, as folders from elsewhere have."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    mini(folder)
    return folder


@pytest.fixture
def swept(undisturbed, tmp_path, monkeypatch) -> Path:
    """One comparison of a sweep that nobody disturbed, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(next((undisturbed[0] / SWEPT).glob("*=40")), tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("name", ["a b é 中", "it's [x], {y}=1", "back\\", 'q"#~', GBK])
def test_a_scenario_is_found_whatever_the_folder_is_called(site, tmp_path, monkeypatch, name):
    shutil.copytree(site / "scenarios", tmp_path / name / "scenarios")
    monkeypatch.chdir(tmp_path / name)
    assert requested(["scenario=mini/drop_off_bays"]).scenario.name == "mini/drop_off_bays"


def test_a_scenario_s_own_name_may_hold_quotes(site, tmp_path, monkeypatch):
    shutil.copytree(site / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    shutil.copy("scenarios/mini/drop_off_bays.yaml", "scenarios/mini/it's.yaml")
    assert requested(["scenario=mini/it's"]).scenario.name == "mini/it's"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([*RUN, "out=~nobody_at_all/x"], "out: found ~nobody_at_all/x, expected a path without ~"),
        ([*RUN, "store=~nobody_at_all/x"], "store: found"),
        ([*RUN, "out=s3://bucket/x"], "out: found s3://bucket/x, expected a path on this machine"),
        (["sweep", "study=~nobody_at_all/x.yaml"], "study: found"),
        (["sensitivity", "out=~nobody_at_all/x"], "out: found"),
        (["snapshot", "x", "--at", "08:00", "--out", "~nobody_at_all/x.png"], "--out: found"),
        (["validate", "mimi"], "expected SITE/NAME, or a site in"),
        (["validate", "mimi"], "did you mean mini?"),
    ],
)
def test_a_place_that_is_none_is_one_line(site, monkeypatch, capsys, words, told):
    monkeypatch.chdir(site)
    assert told in refused(capsys, *words)


def test_a_site_from_sumo_is_told_as_such(site, monkeypatch, capsys):
    monkeypatch.chdir(site)
    Path("scenarios", "town").mkdir()
    Path("scenarios", "town", "trips.json").write_text("{}")
    assert "a site whose trips are given, expected a school's site" in refused(capsys, "validate", "town")


def test_a_site_is_made_with_standard_input_closed(tmp_path):
    how = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}}
    line = f"exec {sys.executable} -m sim.cli new mini <&-"
    done = subprocess.run(["sh", "-c", line], **how, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "scenarios" / "mini" / "site.yaml").is_file()


@pytest.mark.usefixtures("undrawn")
def test_a_link_stays_a_link_and_the_result_is_behind_it(site, monkeypatch):
    monkeypatch.chdir(site)
    Path("elsewhere").mkdir()
    for name, target in (("link", "elsewhere"), ("ahead", "not_there_yet")):
        Path(name).symlink_to(target)
        for _ in range(2):  # new, and in place of an earlier result
            assert main([*RUN, "record=0", f"out={name}"]) == 0
        assert Path(name).is_symlink()
        assert (Path(target) / "films" / "0").is_dir()
    assert not list(site.glob(".*.*-*"))


@pytest.mark.parametrize("name", ["a:b", "file:x", GBK])
def test_a_table_s_path_is_taken_for_nothing_else(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path(name).mkdir()
    frame = pd.DataFrame({"x": [1, 2]})
    write_table(frame, Path(name, "t.parquet"), {})
    pd.testing.assert_frame_equal(read_table(Path(name, "t.parquet")), frame)
    write_json(Path(name, "run.json"), {"inputs": {name: "汉"}})
    assert read_json(Path(name, "run.json")) == {"inputs": {name: "汉"}}


def test_a_draft_is_told_as_what_it_becomes():
    draft = f"results/.x.new-{os.uname().nodename.replace('-', '_')}-17/figures/a.png"
    assert place_of(draft) == "results/x/figures/a.png"
    assert place_of("results/.x/a.new-b-17.png") == "results/.x/a.new-b-17.png"


@pytest.mark.parametrize("key", ["confidence", "family", "checkpoints", "targets", "unfinished_travellers"])
@pytest.mark.parametrize("odd", [None, "odd", ...])
def test_a_result_of_another_version_is_one_line(swept, capsys, key, odd):
    shutil.copytree(swept, "other")
    verdict = json.loads((swept / "verdict.json").read_text())
    verdict.pop(key)
    (swept / "verdict.json").write_text(json.dumps(verdict if odd is ... else {**verdict, key: odd}))
    if not (key == "checkpoints" and odd == "odd"):  # of which nothing but the number is told
        assert refused(capsys, "results", "show", "run").startswith("dropoff: run")
    if key == "targets":
        assert "run" in refused(capsys, "results", "compare", "other", "run")
    assert main(["results", "list", "."]) == 0
    assert "other\n" in capsys.readouterr().out


def test_a_list_tells_the_time_here(swept):
    run = json.loads((swept / "run.json").read_text())
    (swept / "run.json").write_text(json.dumps({**run, "started": "2026-03-01T22:30:00+00:00"}))
    code = "import sys; from sim.cli import main; sys.exit(main(['results', 'list', 'run']))"
    env = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "TZ": "Asia/Shanghai"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("run  (2026-03-02 06:30)\n")


def test_a_comparison_without_one_of_its_tables_is_made_again(undisturbed, tmp_path, at_home):
    folder = tmp_path / "copy"
    shutil.copytree(undisturbed[0], folder)
    lost = next((folder / SWEPT).glob("*=40")) / "kpis.parquet"
    there = lost.read_bytes()
    lost.unlink()
    at_home(folder)
    assert main(SWEEP) == 0
    assert lost.read_bytes() == there
