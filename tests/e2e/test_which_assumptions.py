"""Which assumptions the verdict hangs on, asked on the command line."""

import json
from pathlib import Path

import pandas as pd
import pytest

from sim.cli import main
from tests.refused import refused

pytest.importorskip("SALib")
SCENARIO = "scenario=hamlet/drop_off_bays"


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory) -> Path:
    """A folder with a very small school of one's own."""
    folder = tmp_path_factory.mktemp("hamlet")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        few = ["--pupils", "60", "--traffic", "60", "--buses", "0", "--crossing", "none", "--opposite", "0"]
        assert main(["new", "hamlet", *few]) == 0
    return folder


def test_two_assumptions_are_screened_with_the_same_people_and_the_same_bytes(hamlet, monkeypatch, capsys):
    monkeypatch.chdir(hamlet)
    words = [SCENARIO, "only=willing_full_m,handover.mean_s", "trajectories=2", "replications=1", "workers=1"]
    bounds = hamlet / "bounds.yaml"
    bounds.write_text("demand.times.dwell.mean_s: [10, 40]\n", encoding="utf-8")
    for out in ("one", "two"):
        assert main(["sensitivity", *words, f"out={out}", "store=kept", "--bounds", str(bounds)]) == 0
    told = capsys.readouterr().out
    assert "mu_star: by how much a reduction changes over the range" in told
    assert "M1 reduction" in told
    assert "demand.times.dwell.mean_s" in told
    found = pd.read_parquet("one/indices.parquet")
    assert set(found["of"]) == {"reduction", "before", "after"}
    points = pd.read_parquet("one/points.parquet")
    assert len(points) == 2 * (3 + 1)
    level = found[found["kpi"].eq("M1") & found["of"].eq("before")].set_index("parameter")["mu_star"]
    assert level["demand.times.dwell.mean_s"] > 5.0  # [s] over 30 s of the mean dwell
    assert sorted(p.name for p in Path("one/figures").iterdir()) == ["sensitivity.pdf", "sensitivity.png"]
    run = json.loads(Path("one/run.json").read_text(encoding="utf-8"))
    assert run["bounds"]["demand.times.dwell.mean_s"] == [10.0, 40.0]
    assert run["failures"] == []
    assert main(["results", "list", "one"]) == 0
    assert "sensitivity (morris): hamlet/drop_off_bays against hamlet/baseline, 8 points" in capsys.readouterr().out
    assert main(["results", "show", "one"]) == 0
    assert capsys.readouterr().out.splitlines() == told.splitlines()[: told.splitlines().index("results: one")]
    assert main(["results", "compare", "one", "two"]) == 2
    assert "one: found a sensitivity study, expected a run or a sweep" in capsys.readouterr().err
    for table in ("indices.parquet", "points.parquet"):
        assert Path("one", table).read_bytes() == Path("two", table).read_bytes()


def test_points_that_fail_are_named_and_end_with_4(hamlet, monkeypatch, capsys):
    monkeypatch.chdir(hamlet)
    bounds = hamlet / "apart.yaml"
    bounds.write_text("demand.choices.willing_full_m: [50, 140]\ndemand.choices.willing_zero_m: [70, 150]\n")
    words = [SCENARIO, "trajectories=4", "replications=1", "workers=1", "store=kept", "out=apart"]
    assert main(["sensitivity", *words, "--bounds", "apart.yaml"]) == 4
    out = capsys.readouterr().out
    assert "failed: point " in out
    assert "willing_zero_m" in out
    run = json.loads(Path("apart/run.json").read_text(encoding="utf-8"))
    points = pd.read_parquet("apart/points.parquet").set_index("point")
    assert run["failures"]
    assert points.loc[[f["point"] for f in run["failures"]], "M1 before"].isna().all()
    found = pd.read_parquet("apart/indices.parquet")
    assert (found["blocks"] < found["blocks_of"]).all()


def told(capsys, *words: str) -> str:
    return refused(capsys, "sensitivity", *words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["methd=sobol"], "did you mean method?"),
        (["method=moris"], "did you mean morris?"),
        (["morris"], "key=value"),
        (["trajectories=1"], "a whole number from 2"),
        (["method=sobol", "samples=6"], "a power of two"),
        (["samples=8"], "trajectories=N"),
        (["seed=1", "seed=2"], "seed once"),
        (["only=willing_ful_m"], "did you mean willing_full_m?"),
        (["only=origins.0.share"], "shares that sum to"),
        (["scenario=hamlet/bays"], "hamlet/bays"),
        (["baseline=school/baseline"], "two scenarios of one site"),
        (["--bounds", "nowhere.yaml"], "no such file"),
        (["replications=0"], "replications"),
        (["out=scenarios"], "a folder that holds other things"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(hamlet, monkeypatch, capsys, words, expected):
    monkeypatch.chdir(hamlet)
    first = [] if words[0].startswith("scenario") else [SCENARIO]
    assert expected in told(capsys, *first, *words)


def test_without_salib_it_says_what_to_install(hamlet, monkeypatch, capsys):
    monkeypatch.chdir(hamlet)
    monkeypatch.setattr("sim.cli.sensitivity.find_spec", lambda name: None)
    assert "pip install 'dropoff[sensitivity]'" in told(capsys, SCENARIO)
