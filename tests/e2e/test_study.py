"""A whole study, as a planner and a researcher run it."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import sim
import sim.model
from sim.cli import main
from sim.report.changes import draw_changes
from sim.scenario.read import load_scenario
from sim.study import run_study

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("study") / "run"
    assert main(["run", "replications=2", "seed=3", "workers=2", f"out={out}"]) == 0
    return out


def test_the_folder_holds_what_it_takes_to_judge_and_to_make_again(result):
    verdict = json.loads((result / "verdict.json").read_text())
    assert (verdict["schema"], verdict["baseline"], verdict["scenario"]) == (1, "school/baseline", "school/shapingba")
    assert (verdict["replications"], verdict["failed"], verdict["unfinished"]) == (2, 0, 0)
    heads = {t["kpi"]: t for t in verdict["targets"] if t["headline"]}
    assert {"M1", "M2"} <= set(heads)
    for t in (heads["M1"], heads["M2"]):
        assert t["before"] > 0
        if t["low"] is not None:  # with two pairs the interval may be without bounds
            assert t["low"] <= t["reduction"] <= t["high"]
        assert t["verdict"] in ("met", "not met", "undecided")
    run = json.loads((result / "run.json").read_text())
    assert run["seed"] == 3
    assert run["inputs"]
    cut_off = "M2's worst half hour ends where the measured window does"
    assert any(w.startswith(cut_off) for w in run["warnings"]) == (heads["M2"]["to"] == "08:30")
    kinds = sorted(p.suffix for p in (result / "figures").iterdir())
    assert kinds.count(".png") == kinds.count(".pdf") >= 3
    trips = pd.read_parquet(result / "trips.parquet")
    assert set(trips["replication"]) == {0, 1}
    assert not list(result.parent.glob(".*"))


def test_the_figure_of_changes_shows_what_few_pairs_leave_open(result):
    verdict = json.loads((result / "verdict.json").read_text())
    first, second, third = [e for e in verdict["targets"] if e["reduction"] and e["kpi"] == "M1"][:3]
    first |= {"reduction": 0.2, "low": -58.0, "high": 0.4}
    second |= {"reduction": 0.2, "low": 0.1, "high": 1.7}
    third |= {"reduction": 0.2, "low": None, "high": None}
    figure = draw_changes(verdict)
    axes = figure.axes[0]
    assert -150.0 < axes.get_xlim()[0] < axes.get_xlim()[1] < 500.0
    marks = {round(line.get_ydata()[0]): line for line in axes.lines if line.get_marker() in ("<", ">", "o", "D")}
    assert [marks[y].get_marker() for y in range(3)] == [">", "<", "o"]  # the last that was drawn in each row
    assert marks[2].get_markerfacecolor() == "white"
    assert "Arrows: the interval goes on. Hollow: no interval can be given." in " ".join(
        text.get_text().replace("\n", " ") for text in figure.texts
    )


def test_the_figure_of_changes_shows_the_promise_however_little_changes(result):
    verdict = json.loads((result / "verdict.json").read_text())
    for entry in verdict["targets"]:
        if entry["reduction"] is not None:
            entry |= {"reduction": -0.0004, "low": -0.0005, "high": -0.0003, "no_change": False}
    figure = draw_changes(verdict)
    axes = figure.axes[0]
    assert axes.get_xlim()[0] < -20.0
    assert len({axes.xaxis.get_major_formatter()(x, 0) for x in axes.get_xticks()}) == len(axes.get_xticks())
    assert figure.get_suptitle().startswith("Changes from 0.0 % (")


def test_the_same_seed_gives_the_same_tables_on_one_process(result):
    study = run_study(
        load_scenario("school/shapingba"), load_scenario("school/baseline"), replications=2, seed=3, workers=1
    )
    pd.testing.assert_frame_equal(study.kpis, pd.read_parquet(result / "kpis.parquet"), check_exact=True)
    pd.testing.assert_frame_equal(study.trips, pd.read_parquet(result / "trips.parquet"), check_exact=True)


@pytest.mark.usefixtures("undrawn")
def test_two_results_are_compared_in_the_pairs_that_both_have(result, tmp_path, capsys):
    out = tmp_path / "three"
    assert main(["run", "replications=3", "seed=3", "workers=1", f"out={out}"]) == 0
    capsys.readouterr()
    assert main(["results", "compare", str(result), str(out)]) == 0
    assert capsys.readouterr().out.count("in both, exactly (same people in 2 of 2 and 3 replications)") == 4


@pytest.mark.parametrize("lost", [("school/warden",), ("school/baseline", "school/warden")])
def test_where_an_arm_loses_all_its_replications_the_study_says_so(lost, tmp_path, monkeypatch, capsys):
    simulate = sim.model.simulate

    def too_big(world, **how):
        if world.name in lost:
            raise MemoryError("no room")
        return simulate(world, **how)

    monkeypatch.setattr("sim.model.simulate", too_big)
    out = tmp_path / "out"
    words = ["scenario=school/warden", "replications=2", "workers=1", "store=null", f"out={out}"]
    assert main(["run", *words]) == 4
    told = capsys.readouterr()
    assert told.out.count(f"undecided, because {2 * len(lost)} replications failed") == 2
    assert told.err.count("MemoryError: no room") == 2 * len(lost)
    assert pd.read_parquet(out / "kpis.parquet").empty
    assert len(list((out / "figures").iterdir())) == 8


def test_the_readme_s_python_example_runs(tmp_path, monkeypatch, capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    example = text.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {"__name__": "__main__"})
    assert "M1" in capsys.readouterr().out
    assert set(sim.__all__) == {"load_scenario", "run_study", "simulate"}


def test_ctrl_c_ends_with_130_and_leaves_nothing(tmp_path):
    out = tmp_path / "run"
    words = [sys.executable, "-m", "sim.cli", "run", "replications=200", "workers=2", f"out={out}"]
    run = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    time.sleep(6)
    os.killpg(run.pid, signal.SIGINT)
    _, told = run.communicate(timeout=60)
    assert run.returncode == 130
    assert b"Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_gets_one_line_and_leaves_nothing(tmp_path):
    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    words = [sys.executable, "-m", "sim.cli", "run", "replications=1", "workers=1", f"out={tmp_path / 'run'}"]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, preexec_fn=no_room, env=env)
    assert run.returncode == 1
    assert "File too large" in run.stderr
    assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("undrawn")
def test_too_much_demand_runs_and_warns(tmp_path, capsys):
    words = [
        "site.demand.cars=900",
        "replications=1",
        "workers=1",
        "scenario=school/guardrail",
        f"out={tmp_path / 'run'}",
    ]
    assert main(["run", *words]) in (0, 4)
    told = [line for line in capsys.readouterr().err.splitlines() if "larger than the street admits" in line]
    entries = [line.split(" before ")[1].split()[0] for line in told]
    assert entries
    assert len(entries) == len(set(entries))


def test_help_is_quick_and_lists_the_commands():
    told = subprocess.run(
        [sys.executable, "-m", "sim.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(word in told for word in ("run", "validate", "list", "new", "import", "bench"))
