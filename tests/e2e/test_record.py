"""`record=`: films beside the tables, which they leave as they are; and what goes wrong on the way."""

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from sim.cli import main
from sim.scenario.faults import BadInput
from sim.study import run_study
from sim.tables import table_hash
from tests.property.test_school_morning import brief

ROOT = Path(__file__).resolve().parents[2]


def arms():
    return [brief("shapingba"), brief("baseline")]


def study(out, **how):
    return run_study(*arms(), replications=2, seed=3, out=out, **how)


def film_bytes(out: Path) -> dict[str, str]:
    films = out / "films"
    files = sorted(p for p in films.rglob("*") if p.is_file())
    return {str(p.relative_to(films)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("record") / "run"
    study(out, workers=1, record=True)
    return out


def test_recording_changes_no_table(recorded, tmp_path):
    study(tmp_path / "run", workers=1)
    for name in ("trips", "kpis", "series"):
        with_film, without = (pd.read_parquet(out / f"{name}.parquet") for out in (recorded, tmp_path / "run"))
        assert table_hash(with_film) == table_hash(without)
    assert (recorded / "trips.parquet").read_bytes() == (tmp_path / "run" / "trips.parquet").read_bytes()
    assert not (tmp_path / "run" / "films").exists()


def test_two_workers_write_the_same_films(recorded, tmp_path):
    study(tmp_path / "run", workers=2, record=True)
    assert film_bytes(tmp_path / "run") == film_bytes(recorded)
    assert len(film_bytes(recorded)) == 2 * 2 * 4
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_one_pair_alone_is_filmed_as_among_all(recorded, tmp_path):
    study(tmp_path / "run", workers=1, record=1)
    found = film_bytes(tmp_path / "run")
    assert found == {name: digest for name, digest in film_bytes(recorded).items() if name.startswith("1/")}
    assert found


def test_a_pair_by_number_is_a_pair_and_not_a_yes(tmp_path):
    study(tmp_path / "run", workers=1, record=0)
    assert {name.split("/")[0] for name in film_bytes(tmp_path / "run")} == {"0"}


@pytest.mark.parametrize("words", [["record=99"], ["record=-1"], ["record=maybe"], ["record=1.5"], ["record="]])
def test_a_recording_that_cannot_be_made_is_told_in_one_line(words, tmp_path, capsys):
    assert main(["run", "replications=2", "workers=1", f"out={tmp_path / 'run'}", *words]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.startswith("dropoff: record: found")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("record", [True, 1, 99, "maybe", 1.5, None])
def test_a_recording_needs_a_folder_and_a_pair(record, tmp_path):
    with pytest.raises(BadInput, match="record"):
        run_study(
            *arms(), replications=2, workers=1, record=record, out=tmp_path / "run" if record not in (True, 1) else None
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_a_run_finds_neither_a_result_nor_films(tmp_path, end):
    words = ["run", "replications=200", "workers=2", "record=true", f"out={tmp_path / 'run'}"]
    run = subprocess.Popen(
        [sys.executable, "-m", "sim.cli", *words], cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True
    )
    for _ in range(400):
        if list(tmp_path.glob(".run.films-*/*/*/map.json")):
            break
        time.sleep(0.05)
    assert list(tmp_path.glob(".run.films-*/*/*/map.json"))
    (os.killpg if end == signal.SIGINT else os.kill)(run.pid, end)
    _, told = run.communicate(timeout=60)
    assert run.returncode == 130
    assert b"Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_gets_one_line_and_leaves_nothing(tmp_path):
    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    words = ["run", "replications=1", "workers=1", "record=true", f"out={tmp_path / 'run'}"]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", "")}
    env = {name: value for name, value in env.items() if value}
    run = subprocess.run(
        [sys.executable, "-m", "sim.cli", *words], cwd=ROOT, capture_output=True, text=True, preexec_fn=no_room, env=env
    )
    assert run.returncode == 1
    assert "File too large" in run.stderr
    assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_result_stays_where_a_later_recording_fails(recorded, tmp_path, monkeypatch):
    out = tmp_path / "run"
    study(out, workers=1)
    before = {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()}

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sim.tables._write", full)
    with pytest.raises(OSError, match="No space"):
        study(out, workers=1, record=True)
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
