"""What end-to-end tests share: a sweep that nobody disturbed."""

import fcntl
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import compile_kernel
from tests.sweeps import SWEEP, ended, mini, started


@pytest.fixture(scope="session")
def undisturbed(for_all, tmp_path_factory) -> tuple[Path, float]:
    """A sweep that nobody disturbed, and the time that it took [s]; made once for all processes that test."""
    compile_kernel()
    made = for_all / "undisturbed"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.is_dir():
            draft = made.with_suffix(".draft")
            mini(draft)
            start = time.monotonic()
            ended(started(draft, *SWEEP))
            (draft / "took_s").write_text(str(time.monotonic() - start))
            draft.rename(made)
    own = tmp_path_factory.mktemp("copy") / "undisturbed"
    shutil.copytree(made, own)
    return own, float((own / "took_s").read_text())


@pytest.fixture
def at_home(monkeypatch) -> Callable[[Path], None]:
    """Return what lets this process work in a folder, with the store that is there by default."""

    def work_in(folder: Path) -> None:
        monkeypatch.chdir(folder)
        monkeypatch.delenv("DROPOFF_STORE", raising=False)

    return work_in
