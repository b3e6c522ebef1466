"""The race's own side: what is driven is counted whole, and what is told of SUMO is read from its log."""

import json

from tests.bench.cases import Case
from tests.bench.ours import as_json, rounds
from tests.bench.race import held, told
from tests.sumo_town import write


def test_a_case_is_driven_to_its_end_and_each_round_is_the_same(tmp_path):
    net, routes, additional = write(tmp_path)
    case = json.loads(as_json(Case("town", net, (routes,), tuple(additional), 0.5, 0.0, None)))
    first, second = rounds(case, 2)
    assert first["vehicles"] == first["arrived"] == 43
    assert first["updates"] * 0.5 / 3600.0 > 0.9 * first["vehicle_h"]  # all but those at stops
    assert {k: v for k, v in first.items() if not k.endswith("_s")} == {
        k: v for k, v in second.items() if not k.endswith("_s")
    }


def test_a_case_with_an_end_stops_there(tmp_path):
    net, routes, additional = write(tmp_path)
    case = json.loads(as_json(Case("town", net, (routes,), tuple(additional), 0.5, 0.0, 30.0)))
    (found,) = rounds(case, 1)
    assert found["arrived"] < found["vehicles"] < 43


LOG = """Performance:
 Duration: 1.09s
 UPS: 517323.529412
Vehicles:
 Inserted: 2102 (Loaded: 3000)
Persons:
 Inserted: 600
Statistics (avg of 2102):
 Duration: 133.88
"""


def test_sumos_log_is_read_by_name_and_unit():
    assert [told("Inserted", LOG), told("UPS", LOG)] == ["2102", "517323.529412"]
    assert [told("Duration", LOG, "s"), told("Duration", LOG)] == ["1.09", "133.88"]


def test_a_goal_that_is_missed_is_said_to_be():
    assert held("x", 49.9, 50.0).endswith("not reached")
    assert held("x", 50.0, 50.0).endswith(": reached")
