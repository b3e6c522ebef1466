"""What tests share: the data beside the repository, and a clean environment."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what `make validate` asks for."""
    parser.addoption("--full", action="store_true", help="hold the intervals, not only the means, to the handbooks")
    parser.addoption("--write-table", type=Path, help="file to write the validation table to")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real, openly licensed inputs, which lie beside the repository and are not part of it."""
    if not SHARED.is_dir():
        pytest.skip("shared data: ../shared/data is not there")
    return SHARED
