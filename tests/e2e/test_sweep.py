"""Sweeps as a planner leaves them running overnight: whatever stops them, nothing is lost and nothing is run twice."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.cli import main
from sim.study.sweep import TYPES
from tests.sweeps import ALONE, REPLICATIONS, SWEEP, ended, kept, mini, started, tables


def test_the_folder_holds_verdicts_and_a_result_for_each_comparison(undisturbed):
    folder, _ = undisturbed
    sweep = folder / "results" / "sweeps" / "study"
    verdicts = pd.read_parquet(sweep / "verdicts.parquet")
    assert set(verdicts["set.site.demand.pupils.enrolment"]) == {"40", "60"}
    assert set(verdicts["kpi"]) == {"M1", "M2", "M3"}
    assert set(verdicts["replications"]) == {REPLICATIONS}
    assert verdicts.groupby("kpi")["pairs"].unique().map(list).to_dict() == {
        "M1": [REPLICATIONS],
        "M2": [REPLICATIONS],
        "M3": [0],
    }
    written = pq.read_schema(sweep / "verdicts.parquet")
    arrow = {"int64": "int64", "Int64": "int64", "float64": "double", "str": "string"}
    assert {n: str(written.field(n).type).removeprefix("large_") for n in TYPES} == {
        n: arrow[t] for n, t in TYPES.items()
    }
    run = json.loads((sweep / "run.json").read_text())
    assert run["finished"]
    assert run["failures"] == []
    trips = pd.concat(pd.read_parquet(f) for f in sweep.glob("*/trips.parquet"))
    assert trips.groupby(["scenario", "arm", "replication"]).ngroups == 4 * REPLICATIONS
    assert len(kept(folder / "results" / "store")) == 4 * REPLICATIONS
    assert not list((folder / "results" / "store" / "drafts").iterdir())


def test_a_finished_sweep_is_not_run_again(undisturbed, at_home, capsys):
    folder, _ = undisturbed
    sweep = folder / "results" / "sweeps" / "study"
    before = {f: f.stat().st_mtime_ns for f in sweep.glob("*/*")}
    at_home(folder)
    assert main(SWEEP) == 0
    assert "replications," not in "".join(capsys.readouterr())
    assert {f: f.stat().st_mtime_ns for f in sweep.glob("*/*")} == before


@pytest.mark.usefixtures("undrawn")
def test_another_study_takes_what_is_finished_from_the_store(undisturbed, at_home, capsys):
    folder, _ = undisturbed
    at_home(folder)
    before = kept(folder / "results" / "store")
    words = ["scenario=mini/drop_off_bays", "site.demand.pupils.enrolment=60", "out=alone"]
    assert main(["run", *words, f"replications={REPLICATIONS}"]) == 0
    assert kept(folder / "results" / "store") == before
    assert "replications," not in "".join(capsys.readouterr())
    (row,) = (
        pd.read_parquet(folder / "alone" / "runs.parquet")
        .query("arm == 'scenario' and replication == 7")
        .to_dict("records")
    )
    assert main(["rerun", row["run_id"], "--results", "."]) == 0
    assert "the same tables" in capsys.readouterr().out


def test_results_are_shown_and_compared(undisturbed, capsys):
    folder, _ = undisturbed
    sweep = folder / "results" / "sweeps" / "study"
    forty, sixty = sorted(f for f in sweep.iterdir() if f.is_dir())
    assert main(["results", "show", str(sweep)]) == 0
    assert capsys.readouterr().out.count("enrolment=40") == 2  # M1 and M2
    assert main(["results", "show", str(forty)]) == 0
    assert "one of 2 scenarios" in capsys.readouterr().out
    assert main(["results", "compare", str(forty), str(forty)]) == 0
    told = capsys.readouterr().out
    assert told.count("in both, exactly (same people, 16 and 16 replications)") == 4
    assert "->" not in told
    assert main(["results", "compare", str(forty), str(sixty)]) == 0
    told = capsys.readouterr().out
    assert "enrolment=40) against mini/baseline" in told
    elsewhen = told.count("other minutes, so no change is told")
    assert elsewhen in (0, 2)  # M2, before and after
    assert told.count("95 % interval") == told.count("(other people, 16 and 16 replications)") == 4 - elsewhen
    assert main(["results", "compare", str(sweep), str(sweep)]) == 0
    assert capsys.readouterr().out.count("exactly (same people") == 8


def test_what_is_measured_in_other_minutes_is_not_compared(undisturbed, tmp_path, capsys):
    folder, _ = undisturbed
    forty = min(f for f in (folder / "results" / "sweeps" / "study").iterdir() if f.is_dir())
    later = tmp_path / "later"
    shutil.copytree(forty, later)
    kpis = pd.read_parquet(later / "kpis.parquet")
    assert kpis.loc[kpis["kpi"].eq("M2") & kpis["headline"], "from_s"].notna().all()
    kpis.assign(from_s=kpis["from_s"] + 600.0, to_s=kpis["to_s"] + 600.0).to_parquet(later / "kpis.parquet")
    assert main(["results", "compare", str(forty), str(later)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert sum("M2" in line and line.endswith("): other minutes, so no change is told") for line in told) == 2
    assert sum("M1" in line and "in both, exactly" in line for line in told) == 2


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("checkpoints", ["[4]", "[4,8]"])
def test_a_study_ends_at_the_checkpoint_at_which_all_is_decided(tmp_path, monkeypatch, checkpoints, capsys):
    mini(tmp_path)
    monkeypatch.chdir(tmp_path)
    words = ["scenario=mini/drop_off_bays", "replications=40", "workers=1", "store=store", "out=run"]
    assert main(["run", *words, f"checkpoints={checkpoints}"]) == 0
    verdict = json.loads(Path("run", "verdict.json").read_text())
    looks = [*json.loads(checkpoints), 40]
    assert verdict["checkpoints"] == looks
    ended_at = verdict["replications"]
    assert ended_at in looks
    open_ = [t for t in verdict["targets"] if t["headline"] and t["verdict"] == "undecided"]
    assert not open_ or ended_at == 40
    assert all(t["reason"] == "budget" for t in open_)
    assert len(list(Path("store").glob("*/*.replication"))) == 2 * ended_at
    assert verdict["confidence"] > 0.95
    assert "looks after" in capsys.readouterr().out


@pytest.fixture
def kills(request) -> int:
    """How many random moments are tried."""
    return 20 if request.config.getoption("full") else 2


def test_killed_at_a_random_moment_a_sweep_goes_on_where_it_was(undisturbed, tmp_path, at_home, kills):
    folder, whole_s = undisturbed
    expected = tables(folder / "results" / "sweeps" / "study")
    chance = random.Random(20_261_128)
    met = 0
    for n in range(kills):
        work = tmp_path / str(n)
        mini(work)
        run = started(work, *SWEEP)
        store = work / "results" / "store"
        if n % 2:  # at any moment, as it starts or as it writes, too
            time.sleep(chance.uniform(0.0, 0.95) * whole_s)
        else:  # while replications are run, however fast the machine is now
            enough = chance.randrange(1, 2 * REPLICATIONS)
            while run.poll() is None and len(list(store.glob("*/*.replication"))) < enough:
                time.sleep(0.01)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        before = kept(store) if store.exists() else {}
        met += 0 < len(before) < 4 * REPLICATIONS
        at_home(work)
        assert main(ALONE) == 0
        after = kept(store)
        assert tables(work / "results" / "sweeps" / "study") == expected
        assert {key: after[key] for key in before} == before, "a finished replication was run again"
        assert len(after) == 4 * REPLICATIONS
        assert not list((store / "drafts").iterdir())
        assert not list((work / "results" / "sweeps").rglob(".*"))
    assert met, "no kill came while replications were being run"


def test_a_killed_worker_costs_nothing(undisturbed, tmp_path):
    folder, _ = undisturbed
    mini(tmp_path)
    run = started(tmp_path, *SWEEP)
    while run.poll() is None:
        workers = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        spawned = [w for w in workers if b"spawn_main" in Path(f"/proc/{w}/cmdline").read_bytes()]
        if spawned and len(list((tmp_path / "results" / "store").glob("*/*.replication"))) > 10:
            os.kill(int(spawned[0]), signal.SIGKILL)
            break
        time.sleep(0.02)
    else:
        pytest.fail("no worker was killed")
    ended(run)
    assert tables(tmp_path / "results" / "sweeps" / "study") == tables(folder / "results" / "sweeps" / "study")


def test_ctrl_c_keeps_what_is_finished(undisturbed, tmp_path, at_home, capsys):
    folder, _ = undisturbed
    mini(tmp_path)
    run = started(tmp_path, *SWEEP)
    while run.poll() is None and not list((tmp_path / "results" / "store").glob("*/*.replication")):
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    assert "the same command goes on from there" in ended(run, 130)
    before = kept(tmp_path / "results" / "store")
    at_home(tmp_path)
    assert main(["results", "list"]) == 0
    assert "not finished" in capsys.readouterr().out
    assert main(ALONE) == 0
    after = kept(tmp_path / "results" / "store")
    assert {key: after[key] for key in before} == before
    assert tables(tmp_path / "results" / "sweeps" / "study") == tables(folder / "results" / "sweeps" / "study")


def test_what_is_kept_without_a_store_is_told(tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    mini(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.study.sweep.run_sweep", interrupted)
    for store, kept_there in (("null", "comparisons"), ("kept", "replications")):
        assert main([*SWEEP, f"store={store}"]) == 130
        assert f"finished {kept_there} are kept" in capsys.readouterr().err


def test_two_sweeps_into_one_folder_do_no_harm(undisturbed, tmp_path):
    folder, _ = undisturbed
    mini(tmp_path)
    both = [started(tmp_path, *ALONE) for _ in range(2)]
    for run in both:
        ended(run)
    assert tables(tmp_path / "results" / "sweeps" / "study") == tables(folder / "results" / "sweeps" / "study")
    assert not list((tmp_path / "results" / "sweeps").rglob(".*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which takes root")
def test_a_full_disk_gets_one_line_and_the_sweep_goes_on_once_there_is_room(undisturbed, tmp_path, at_home):
    folder, _ = undisturbed
    mini(tmp_path)
    disk = tmp_path / "results"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("a small disk may not be mounted here")
    try:
        told = ended(started(tmp_path, *SWEEP), 1)
        assert len([line for line in told.splitlines() if line.startswith("dropoff:")]) == 1
        assert "No space left on device" in told
        before = kept(disk / "store")
        assert before
        assert not list((disk / "store" / "drafts").iterdir())
        subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
        at_home(tmp_path)
        assert main(ALONE) == 0
        after = kept(disk / "store")
        assert {key: after[key] for key in before} == before
        assert tables(disk / "sweeps" / "study") == tables(folder / "results" / "sweeps" / "study")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_hydra_s_own_multirun_is_a_sweep(tmp_path, monkeypatch, capsys):
    mini(tmp_path)
    monkeypatch.chdir(tmp_path)
    varied = ["scenario=mini/drop_off_bays", "seed=1,2", "site.demand.cars=10,14"]
    assert main(["run", "-m", *varied, "replications=2", "workers=1", "out=m"]) == 0
    verdicts = pd.read_parquet("m/verdicts.parquet")
    assert verdicts["scenario"].nunique() == 4
    assert set(verdicts["seed"]) == {1, 2}
    assert "mini/drop_off_bays (seed=2, demand.cars=14)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("sites: [mini]", "sites: [mimi]", "did you mean mini/baseline?"),
        ("sites: [mini]", "sites: []", "sites"),
        ("scenarios: [drop_off_bays]", "scenarios: [drop_of_bays]", "did you mean mini/drop_off_bays?"),
        ("scenarios: [drop_off_bays]", "scenarios: drop_off_bays", "scenarios"),
        ("title: Bays of four lengths", "titel: x", "did you mean title?"),
        ("enrolment: [40, 60]", "enrolment: [40, -60]", "-60"),
        ("enrolment: [40, 60]", "enrolment: []", "a list of different values"),
        ("enrolment: [40, 60]", "enrolment: [40, 40]", "a value twice"),
        ("enrolment: [40, 60]", "enrolment: 40", "grid"),
        ("site.demand.pupils.enrolment", "site.demand.pupils.enrollment", "did you mean enrolment?"),
        ("site.demand.pupils.enrolment", "stop_and_gone.berths", "did you mean stop_and_go?"),
        ("site.demand.pupils.enrolment", "enrolment", "INTERVENTION.FIELD"),
        ("replications: 4", "replications: 0", "from 1"),
        ("replications: 4", "replications: 4\ncheckpoints: [8]", "up to 4 pairs"),
        ("replications: 4", "replications: 4\ncheckpoints: [3, 2]", "increasing"),
    ],
)
def test_a_fault_in_a_study_is_told_before_anything_is_run(tmp_path, monkeypatch, capsys, old, new, found):
    file = mini(tmp_path, 4)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DROPOFF_STORE", "results/store")
    before = set(Path().rglob("*"))
    assert main(SWEEP) == 2
    told = capsys.readouterr().err
    assert found in told
    assert all(line.startswith("dropoff: ") for line in told.splitlines())
    assert set(Path().rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["sweep"], "study: found nothing"),
        (["sweep", "study=school_measure"], "did you mean school_measures?"),
        (["sweep", "study=study.yaml", "sites=mimi"], "did you mean mini/baseline?"),
        (["sweep", "study=nowhere.yaml"], "a file that is there"),
        (["sweep", "study=study.yaml", "executor=dusk"], "one of dask, local, slurm (did you mean dask?)"),
        (["sweep", "study=study.yaml", "executor=slurm"], "executor.cluster: found slurm"),
        (["sweep", "study=study.yaml", "executor=dask", "executor.address=tcp://127.0.0.1:1"], "nothing answers"),
        (["sweep", "study=study.yaml", "executor=slurm", "executor.jobs=0"], "executor: jobs: found 0"),
        (["sweep", "study=study.yaml", "scenario=mini/baseline"], "scenario"),
        (["sweep", "study=study.yaml", "out=scenarios"], "a folder that holds other things"),
        (["sweep", "study=study.yaml", "store=scenarios"], "a store of replications"),
        (["run", "-m", "scenario=mini/drop_off_bays", "workers=1,2"], "one value for each of workers"),
        (["run", "-m", "scenario=mini/drop_off_bays", "seed=1,1"], "mini/drop_off_bays twice"),
        (["run", "-m", "scenario=mini/drop_off_bays", "seed=1,,2"], "words that Hydra understands"),
        (["results", "show", "scenarios"], "no result"),
        (["results", "compare", "scenarios", "nowhere"], "no result"),
        (["rerun", "0123456789"], "no such replication"),
        (["rerun", ""], "at least the first"),
    ],
)
def test_a_fault_in_the_words_is_one_line(tmp_path, monkeypatch, capsys, words, found):
    monkeypatch.setattr("shutil.which", lambda name: None)  # no SLURM, wherever the tests run
    mini(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert found in told
    assert len([line for line in told.splitlines() if line.startswith("dropoff: ")]) == 1
    assert "Traceback" not in told
