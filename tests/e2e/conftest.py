"""What end-to-end tests share: a sweep that nobody disturbed."""

import time
from pathlib import Path

import pytest

from tests.sweeps import SWEEP, ended, mini, started


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> tuple[Path, float]:
    """A sweep that nobody disturbed, and the time that it took [s]."""
    folder = tmp_path_factory.mktemp("undisturbed")
    mini(folder)
    ended(started(folder, *SWEEP, "replications=2", "out=warm", "store=null"))  # compiled for once
    start = time.monotonic()
    ended(started(folder, *SWEEP))
    return folder, time.monotonic() - start


@pytest.fixture
def undrawn(monkeypatch) -> None:
    """Runs whose figures nobody looks at do without them: they take longer than the mornings."""
    monkeypatch.setattr("sim.cli.run._draw", lambda study, folder: None)
