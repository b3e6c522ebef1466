"""The same sweep on other machines: a Dask cluster that loses a worker, one that dropoff starts, and SLURM's jobs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from sim.cli import main
from tests.sweeps import ALONE, ROOT, SWEEP, ended, kept, mini, started, tables


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers as processes of their own: its address, and the workers."""
    pytest.importorskip("distributed")
    told = tmp_path / "scheduler.json"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    common = ["--scheduler-file", told, "--no-dashboard"]
    words = {
        "dask_scheduler": [*common, "--port", "0", "--host", "127.0.0.1"],
        "dask_worker": [*common, "--nthreads", "1", "--host", "127.0.0.1", "--local-directory", tmp_path],
    }

    def start(kind: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{kind}", *map(str, words[kind])],
            cwd=tmp_path, env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    running = [start("dask_scheduler")]
    try:
        wait_for(told.exists)
        running += [start("dask_worker") for _ in range(2)]
        yield json.loads(told.read_text())["address"], running
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_dask_loses_a_worker_half_way_and_no_replication(undisturbed, tmp_path, cluster):
    folder, _ = undisturbed
    address, (_, first, _) = cluster
    mini(tmp_path)
    run = started(tmp_path, *SWEEP, "executor=dask", f"executor.address={address}")
    wait_for(lambda: len(list((tmp_path / "results" / "store").glob("*/*.replication"))) > 20, 120)
    os.killpg(first.pid, signal.SIGKILL)
    assert run.poll() is None, "all was done before the worker was killed"
    ended(run)
    assert tables(tmp_path / "results" / "sweeps" / "study") == tables(folder / "results" / "sweeps" / "study")


def test_what_a_worker_took_with_it_is_waited_for():
    pytest.importorskip("distributed")
    from sim.study.executors.dask import _answer

    assert _answer(SimpleNamespace(status="lost", result=lambda: "done again")) == "done again"


def test_dask_loses_its_scheduler_and_the_sweep_goes_on_here(undisturbed, tmp_path, cluster, at_home):
    folder, _ = undisturbed
    address, (scheduler, *_) = cluster
    mini(tmp_path)
    run = started(tmp_path, *SWEEP, "executor=dask", f"executor.address={address}")
    wait_for(lambda: len(list((tmp_path / "results" / "store").glob("*/*.replication"))) > 10, 120)
    os.killpg(scheduler.pid, signal.SIGKILL)
    assert "the Dask scheduler is gone" in ended(run, 1)
    before = kept(tmp_path / "results" / "store")
    at_home(tmp_path)
    assert main(ALONE) == 0
    after = kept(tmp_path / "results" / "store")
    assert {key: after[key] for key in before} == before
    assert tables(tmp_path / "results" / "sweeps" / "study") == tables(folder / "results" / "sweeps" / "study")


@pytest.mark.parametrize(
    "words",
    [
        ["executor=dask"],
        ["executor=slurm", "executor.cluster=local", "executor.jobs=2", "executor.replications_a_job=24"],
    ],
)
def test_other_executors_give_the_same_tables(undisturbed, tmp_path, words):
    pytest.importorskip({"executor=dask": "distributed", "executor=slurm": "submitit"}[words[0]])
    folder, _ = undisturbed
    mini(tmp_path)
    ended(started(tmp_path, *SWEEP, *words))
    assert tables(tmp_path / "results" / "sweeps" / "study") == tables(folder / "results" / "sweeps" / "study")


@pytest.mark.parametrize("cluster", ["local", "slurm"])
def test_a_job_that_is_killed_is_done_again(undisturbed, tmp_path, cluster):
    pytest.importorskip("submitit")
    if cluster == "slurm" and (shutil.which("sinfo") is None or subprocess.run(["sinfo"]).returncode):
        pytest.skip("no SLURM on this machine: its jobs are tried as processes of this machine only")
    folder, _ = undisturbed
    mini(tmp_path)
    words = ["executor=slurm", f"executor.cluster={cluster}", "executor.jobs=2", "executor.replications_a_job=32"]
    run = started(tmp_path, *SWEEP, *words, "executor.memory_gb=1")
    wait_for(lambda: len(list((tmp_path / "results" / "store").glob("*/*.replication"))) > 4, 120)
    jobs = [
        int(p.name)
        for p in Path("/proc").iterdir()
        if p.name.isdigit() and b"submitit.core._submit" in cmdline(p) and str(tmp_path).encode() in environ(p)
    ]
    assert jobs
    os.kill(max(jobs), signal.SIGKILL)
    ended(run)
    assert tables(tmp_path / "results" / "sweeps" / "study") == tables(folder / "results" / "sweeps" / "study")


def cmdline(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def environ(process: Path) -> bytes:
    try:
        return (process / "cwd").readlink().as_posix().encode()
    except OSError:
        return b""
