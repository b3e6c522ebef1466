"""What tests share: the data beside the repository, and a clean environment."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what `make validate` asks for."""
    parser.addoption(
        "--full",
        action="store_true",
        help="hold the intervals, not only the means, to the handbooks; draw ten times as many networks, new ones",
    )
    parser.addoption("--write-table", type=Path, help="file to write the validation table to")


def pytest_configure(config: pytest.Config) -> None:
    """Let Hypothesis draw a thousand examples in all, the same ones each time; in full ten thousand, new ones."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    for name, how in (
        ("quick", {"max_examples": 1_000, "derandomize": True}),
        ("full", {"max_examples": 10_000, "derandomize": False}),
    ):
        settings.register_profile(name, deadline=None, print_blob=True, suppress_health_check=slow, **how)
    settings.load_profile("full" if config.getoption("full") else "quick")


@pytest.fixture(scope="session")
def for_all(tmp_path_factory) -> Path:
    """A folder that all processes of this session have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def a_store_of_ones_own(for_all) -> Iterator[None]:
    """What the tests simulate is simulated, once, and not found in a store that lies here from before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DROPOFF_STORE", str(for_all / "store"))
        yield


def compile_kernel() -> None:
    """Compile the kernel and the watch over it, unless that has been done; of several processes one does it."""
    import numba

    from sim.traffic.fleet import Departure
    from sim.traffic.traffic import Traffic
    from tests.streets import street, traffic_on
    from tests.watch import WatchedTraffic

    with Path(numba.config.CACHE_DIR, "compiling").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for kind in (Traffic, WatchedTraffic):
            traffic_on(street(), [Departure(0, 0, ("ab",))], kind=kind).run(1)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> None:
    """Where several processes test, one compiles the kernel, and the others wait for that."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        compile_kernel()


@pytest.fixture
def undrawn(monkeypatch) -> None:
    """Runs whose figures nobody looks at do without them: they take longer than the mornings."""
    monkeypatch.setattr("sim.cli.run._draw", lambda study, folder: None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real, openly licensed inputs, which lie beside the repository and are not part of it."""
    if not SHARED.is_dir():
        pytest.skip("shared data: ../shared/data is not there")
    return SHARED
