"""The file of a reference, the small case, and what the gate tells."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from sim.gate.check import Checked, Finding
from sim.gate.compare import Interval
from sim.gate.exact import judged, small
from sim.gate.reference import Case, Change, Exact, Made, Reference, Watched, read_reference, write_reference
from sim.gate.telling import annotations, junit, lines, markdown, sentence, told
from sim.gate.watched import families, following_s
from sim.interventions import resolve
from sim.scenario.faults import BadInput
from sim.scenario.read import load_scenario
from sim.study import FailedReplication

HERE = Made(platform="Linux x86_64", packages={"numpy": "2.0"})
THEN = Exact(hashes={"trips": "a", "series": "b"}, values={"baseline M1 am": 100.0, "baseline M2 am": None})


def reference() -> Reference:
    quantities = tuple(Watched(arm=a, kpi="M1", variant="am", margin=0.02) for a in ("baseline", "scenario"))
    case = Case(baseline="s/baseline", seed=1, exact=THEN, window=(1.0, 2.0), watched=quantities,
                replications=((1.0, 2.0), (3.0, 4.0)))  # fmt: skip
    change = Change(date="2026-01-01", version="0.1.0", reason="为什么")
    return Reference(schema=1, site="s", history=(change,), made=HERE, cases={"s/a": case})


def test_a_reference_comes_back_as_it_was_written(tmp_path):
    file = tmp_path / "new" / "s.json"
    write_reference(reference(), file)
    assert read_reference(file) == reference()
    first = file.read_bytes()
    write_reference(read_reference(file), file)
    assert file.read_bytes() == first
    text = first.decode()
    assert "[1.0, 2.0]" in text.splitlines()[-6].strip()  # a line for each replication
    assert "为什么" in text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{", "", "broken JSON"),
        ('"schema": 1', '"schema": 2', "schema"),
        ('"margin": 0.02', '"margin": -1', "margin"),
        ("[3.0, 4.0]", "[3.0]", "each replication needs 2 values"),
        ("[3.0, 4.0]", "[3.0, null]", "replications.1.1"),
        ('"history"', '"histroy"', "history"),
        ('"baseline M1 am": 100.0, "baseline M2 am": null', "", "values: found a mapping, expected 1 item or more"),
        ('"arm": "scenario"', '"arm": "baseline"', "baseline M1 is watched twice"),
        ('"cases": {', '"cases": {}, "former": {', "cases: found a mapping, expected 1 item or more"),
    ],
)
def test_a_garbled_reference_gets_one_clear_line(tmp_path, old, new, told):
    file = tmp_path / "s.json"
    write_reference(reference(), file)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(BadInput) as caught:
        read_reference(file)
    assert len(caught.value.faults) == 1
    assert told in str(caught.value)
    assert "s.json" in str(caught.value)


def test_the_small_case_is_one_that_the_checks_accept_and_smaller():
    for name in ("school/baseline", "school/shapingba"):
        whole = load_scenario(name)
        window = resolve(small(whole)).site.demand.window
        assert window.end - window.start < 0.2 * (whole.site.demand.window.end - whole.site.demand.window.start)
        assert small(whole).site.demand.pupils.enrolment == 225


@pytest.mark.parametrize(("cars", "left"), [(418, 52), (400, 50), (399, 57), (100, 50), (60, 60), (3, 3)])
def test_the_small_case_of_a_small_school_keeps_fifty_cars(cars, left):
    whole = load_scenario("school/baseline", overrides={"site.demand.pupils.cars": cars})
    fewer = small(whole).site.demand.pupils
    assert fewer.cars == left
    assert fewer.enrolment == 1800 // max(1, min(8, cars // 50))


def test_cars_that_follow_from_the_pupils_are_counted_too():
    whole = load_scenario("school/baseline", overrides={"site.demand.pupils.enrolment": 300})
    assert small(whole).site.demand.pupils.enrolment == 300  # 70 cars


def test_the_small_case_is_judged_by_bytes_at_home_and_by_values_elsewhere():
    other = replace(THEN, hashes={"trips": "x", "series": "b"})
    away = Made(platform="Darwin arm64", packages={"numpy": "2.1"})
    assert judged(THEN, THEN, away, HERE) == ("pass", "the same bytes")
    assert judged(other, THEN, HERE, HERE) == ("fail", "bytes differ: trips")
    assert judged(THEN, replace(THEN, hashes={}), HERE, HERE) == ("fail", "bytes differ: trips and series")
    verdict, why = judged(other, THEN, away, HERE)
    assert verdict == "pass"
    assert "made with Linux x86_64, numpy 2.0 (here 2.1)" in why
    near, far = (replace(other, values={**THEN.values, "baseline M1 am": v}) for v in (100.0 + 1e-8, 100.0 + 1e-6))
    assert judged(near, THEN, away, HERE)[0] == "pass"
    assert judged(far, THEN, away, HERE)[0] == "fail"
    assert judged(replace(other, values={**THEN.values, "baseline M2 am": 1.0}), THEN, away, HERE)[0] == "fail"


def test_following_counts_short_gaps_at_busy_exits_alone():
    busy, quiet = np.cumsum([2.0] * 20 + [9.0] * 20 + [3.0] * 20), np.array([0.0, 1.0, 2.0])
    trips = pd.DataFrame({"left_s": [*busy, *quiet, np.nan], "exit": ["a"] * 60 + ["b"] * 3 + ["a"]})
    assert following_s(trips) == pytest.approx((19 * 2.0 + 20 * 3.0) / 39)
    assert np.isnan(following_s(trips.assign(exit="")))


def test_families_are_counted_where_they_stop_and_by_the_kind_where_there_is_no_zone():
    rows = [
        (0, "family", "car", True, "bays", "bay"),
        (0, "family", "taxi", True, "bays", "bay"),
        (0, "family", "car", True, "", "remote"),
        (0, "family", "car", False, "bays", "bay"),
        (0, "through", "", True, "", ""),
        (1, "family", "car", True, "", "remote"),
    ]
    found = families(pd.DataFrame(rows, columns=["replication", "kind", "mode", "measured", "zone", "stop"]))
    assert found.to_dict() == {"bays": {0: 2.0, 1: 0.0}, "remote": {0: 1.0, 1: 1.0}}


PASSED = Finding("s/a", "exact small case", "pass", "the same bytes")
FAILED = Finding("s/a", "scenario M1", "fail", "", 8, 0.02, 100.0, 110.0, Interval(0.1, 0.05, 0.15), "s", 6, 1)
OPEN = Finding("s/a", "scenario M2", "undecided", "not defined in 1 of 8 replications", 8)
WIDE = Finding("s/a", "baseline M1", "undecided", "", 64, 0.02, 100.0, 101.0, Interval(0.01, -0.05, 0.07), "s")
SAME = Finding("s/a", "baseline M1", "pass", "", 32, 0.02, 100.0, 100.0, Interval(0.0, 0.0, 0.0), "s", 32, 32)


def test_the_terminal_names_the_worst():
    told = list(lines([Checked("s", (PASSED, FAILED, OPEN))]))
    assert told[-1].startswith("s: FAIL: scenario M1; if this is what you want: dropoff check --site s --update")
    numbers = "100 -> 110 s, +10.00 % [+5.00 %, +15.00 %], margin 2 %, 8 replications, the same in 1 of 6"
    assert any(numbers in line for line in told)
    assert list(lines([Checked("s", (PASSED,))]))[-1] == "s: PASS"


def test_an_undecided_check_says_what_hides_a_drift():
    told = sentence(Checked("s", (PASSED, WIDE)))
    assert told == "UNDECIDED: baseline M1; chance hides whether they drifted; --replications N allows more"
    told = sentence(Checked("s", (PASSED, OPEN)))
    assert told == "UNDECIDED: scenario M2; not defined in 1 of 8 replications; --replications N allows more"


def test_a_pass_says_in_how_many_mornings_all_was_the_same_and_what_that_leaves_open():
    passed = "PASS: the same in 32 of 32 replications, so at most 14 % of mornings have changed (99 % sure)"
    assert sentence(Checked("s", (PASSED, SAME))) == passed
    assert "at most 16 %" in sentence(Checked("s", (SAME, replace(SAME, case="s/b"))))
    assert sentence(Checked("s", (SAME, replace(SAME, same=31)))) == "PASS"
    assert told(SAME) == "100 -> 100 s, +0.00 %, margin 2 %, the same in 32 of 32 replications"
    assert "| +0.00 % |  | 2 % | 32 of 32 | 32 |" in markdown([Checked("s", (SAME,))])


def test_the_test_report_counts_failures_skips_and_errors():
    failure = FailedReplication("baseline", 3, "deadlock at 08:35: <two>\nand more")
    root = ElementTree.fromstring(junit([Checked("s", (PASSED, FAILED, OPEN), (failure,))]))
    suite, broken = root.findall("testsuite")
    assert [suite.get(k) for k in ("tests", "failures", "skipped", "errors")] == ["3", "1", "1", "0"]
    assert [len(c) for c in suite] == [0, 1, 1]
    assert "+10.00 %" in suite.find("testcase/failure").get("message")
    assert broken.find("testcase/error").get("message") == "deadlock at 08:35: <two> and more"


def test_a_reference_without_a_history_is_none(tmp_path):
    file = tmp_path / "s.json"
    write_reference(reference(), file)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"history": []}))
    with pytest.raises(BadInput, match="history"):
        read_reference(file)


def test_the_test_report_is_xml_whatever_a_failure_says():
    failure = FailedReplication("baseline", 3, "MemoryError: \x1b[31mred\x00 为什么", "Traceback\x07\ud800")
    text = junit([Checked("s", (), (failure,))])
    text.encode("utf-8")
    (error,) = ElementTree.fromstring(text).iter("error")
    assert error.get("message") == "MemoryError: \ufffd[31mred\ufffd 为什么"
    assert error.text == "Traceback\ufffd\ufffd"


def test_the_summary_has_a_row_for_each_finding_and_annotations_for_faults_alone():
    checks = [Checked("s", (PASSED, FAILED, OPEN))]
    rows = [line for line in markdown(checks).splitlines() if line.startswith("| ")]
    assert len(rows) == 4
    assert all(row.count("|") == 10 for row in rows)
    told = list(annotations(checks))
    assert [line.split(" ")[0] for line in told] == ["::error", "::warning"]
    assert "+10.00 %25" in told[0]


def test_the_written_file_is_plain_json(tmp_path):
    write_reference(reference(), tmp_path / "s.json")
    assert list(json.loads((tmp_path / "s.json").read_text())) == ["schema", "site", "history", "made", "cases"]
