"""What tests share: the data beside the repository, and a clean environment."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real, openly licensed inputs, which lie beside the repository and are not part of it."""
    if not SHARED.is_dir():
        pytest.skip("shared data: ../shared/data is not there")
    return SHARED
