"""A small site whose mornings take 0.02 s, a study of it, and what a study left behind."""

import os
import subprocess
import sys
from pathlib import Path

from sim.cli import main
from sim.study.store import Store
from sim.tables import read_table, table_hash

SWEEP = ["sweep", "study=study.yaml", "workers=2"]
ALONE = [*SWEEP[:2], "workers=1"]
"""The same in one process."""
REPLICATIONS = 16
FEW = ("--pupils", "60", "--lanes", "1", "--traffic", "120", "--buses", "2", "--crossing", "none")
ROOT = Path(__file__).resolve().parent.parent
STUDY = """\
title: Bays of four lengths
sites: [mini]
scenarios: [drop_off_bays]
grid:
  site.demand.pupils.enrolment: [40, 60]
replications: {replications}
"""


def mini(folder: Path, replications: int = REPLICATIONS) -> Path:
    """Make the site and the study in a folder, which is then worked in; return the study's file."""
    folder.mkdir(parents=True, exist_ok=True)
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert main(["new", "mini", *FEW]) == 0
    finally:
        os.chdir(before)
    (folder / "study.yaml").write_text(STUDY.format(replications=replications))
    return folder / "study.yaml"


def started(folder: Path, *words: str, **how) -> subprocess.Popen:
    """Start a command in a folder, with the store that it has by default."""
    env = {k: v for k, v in os.environ.items() if k != "DROPOFF_STORE"} | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "sim.cli", *words],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **how,
    )


def ended(run: subprocess.Popen, code: int = 0) -> str:
    """Wait for a command, check its exit code, and return what it said on both streams."""
    out, err = run.communicate(timeout=300)
    assert run.returncode == code, err
    assert "Traceback" not in err, err
    return out + err


def tables(folder: Path) -> dict[str, str]:
    """Return the hash of each table below a folder, by its path."""
    return {str(f.relative_to(folder)): table_hash(read_table(f)) for f in sorted(folder.rglob("*.parquet"))}


def kept(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the finished replications of a store, each whole, by name, with when and where they were written."""
    store = Store.opened(folder)
    files = sorted(folder.glob("*/*.replication"))
    assert all(store.get(f.stem) is not None for f in files)
    return {f.stem: (f.stat().st_mtime_ns, f.stat().st_ino) for f in files}
