"""The exception that names who stops each other."""

from contextlib import contextmanager

import pytest

from sim.traffic.traffic import Deadlock


@contextmanager
def anywhere():
    yield


def test_a_deadlock_gets_through_whoever_passes_it_on():
    found = Deadlock(12.5, ((3, "ab lane 0", 7.0),))
    with pytest.raises(Deadlock) as raised, anywhere():
        raise found
    assert raised.value is found
