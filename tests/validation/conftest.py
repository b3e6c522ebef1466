"""The validation table: filled by the tests, written by `make validate`."""

from collections.abc import Iterator

import pytest

from tests.validation.table import Table


@pytest.fixture(scope="session")
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """The lines that the tests of this session fill in; `table.full` says whether this is the full form."""
    filled = Table(full=bool(request.config.getoption("full")))
    yield filled
    file = request.config.getoption("write_table")
    if file is not None:
        filled.write(file)
