"""Who gets which berth."""

import simpy

from sim.places.berths import Berths
from sim.places.disciplines import any_free


def berths(count):
    return Berths(simpy.Environment(), count, any_free)


def test_who_stands_furthest_ahead_is_served_first():
    row = berths(1)
    row.take(0)
    behind, ahead = row.request(lambda: 10.0), row.request(lambda: 20.0)
    row.release(0)
    assert ahead.triggered
    assert not behind.triggered
    row.release(0)
    assert behind.triggered


def test_of_those_abreast_who_came_first_is_served_first():
    row = berths(1)
    row.take(0)
    first, second = row.request(), row.request()
    row.release(0)
    assert first.triggered
    assert not second.triggered


def test_who_leaves_the_line_is_not_served():
    row = berths(1)
    row.take(0)
    first, second = row.request(), row.request()
    row.withdraw(first)
    row.release(0)
    assert not first.triggered
    assert second.value == 0
