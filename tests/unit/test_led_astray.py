"""Who prints results warns where so many were led out of the area, or buses left out their stop, that it counts."""

import pytest
from test_wrong_lane import nobody_gets_to_remote_parking

from sim.cli import main
from sim.study.astray import TOO_MANY, all_led_astray, led_astray
from sim.study.sweep import all_warned

CROWDED = ("--pupils", "300", "--lanes", "2", "--traffic", "200", "--buses", "2", "--in-lane", "1", "--parking", "0")
STUDY = "title: One bay\nsites: [crowded]\nscenarios: [drop_off_bays]\nreplications: 2\n"


def facts(beyond: float = 0.0, left_out: float = 0.0) -> dict[str, float]:
    return {
        "families": 200.0,
        "buses": 50.0,
        "families_who_parked_beyond": beyond,
        "buses_that_left_out_their_stop": left_out,
    }


def test_a_few_who_are_led_astray_are_let_pass():
    few = facts(200.0 * TOO_MANY - 0.5, 50.0 * TOO_MANY - 0.5)
    assert list(led_astray({"baseline": few, "scenario": few})) == []
    assert list(led_astray({"baseline": {"families_who_parked_beyond": 90.0}})) == []  # a result of an older version
    assert list(led_astray({"baseline": {"families": 0.0, "families_who_parked_beyond": 0.0}})) == []


@pytest.mark.parametrize(
    ("baseline", "scenario", "told"),
    [
        (facts(83), facts(), "in the baseline 83 of 200 families (42 %) parked beyond the area: they"),
        (facts(), facts(1, 20), "in the scenario 20 of 50 buses (40 %) left out their stop: they"),
        (
            facts(83, 20),
            facts(10),
            "in the baseline 83 of 200 families (42 %) parked beyond the area and 20 of 50 buses (40 %) left out their "
            "stop, in the scenario 10 of 200 families (5 %) parked beyond the area: they",
        ),
    ],
)
def test_many_are_told_in_one_line_with_their_number_what_it_means_and_what_to_do(baseline, scenario, told):
    (line,) = led_astray({"baseline": baseline, "scenario": scenario})
    assert line.startswith(told)
    assert "no likeness" in line and "network.geojson" in line


def test_several_comparisons_have_one_line_of_the_worst():
    found = {"a": {"baseline": facts(10)}, "b": {"baseline": facts(5, 40)}, "c": {"baseline": facts()}}
    (line,) = all_led_astray(found)
    assert line.startswith("b (2 of 3 comparisons are like this): in the baseline 5 of 200 families")
    assert list(all_led_astray({"c": found["c"]})) == []


def test_other_warnings_of_several_comparisons_have_one_line_of_each_kind():
    late, full = "M2's worst half hour ends: the jam", "demand is larger than the street admits: up to {} min"
    (astray,) = led_astray({"baseline": facts(10)})
    told = {"a": [late, full.format(6), full.format(7)], "b": [full.format(9), astray], "c": []}
    assert list(all_warned(told)) == [
        f"a (1 of 3 comparisons are like this): {late}",
        f"a (2 of 3 comparisons are like this): {full.format(6)}",
    ]


@pytest.mark.usefixtures("undrawn")
def test_every_command_that_prints_results_warns(tmp_path, monkeypatch, capsys):
    nobody_gets_to_remote_parking(monkeypatch)
    monkeypatch.chdir(tmp_path)
    assert main(["new", "crowded", *CROWDED]) == 0
    (tmp_path / "study.yaml").write_text(STUDY)
    capsys.readouterr()
    words = ("store=null", "workers=1")
    for command, stream in (
        (("run", "scenario=crowded/drop_off_bays", "replications=2", "out=run", *words), "err"),
        (("results", "show", "run"), "out"),
        (("results", "compare", "run", "run"), "out"),
        (("run", "scenario=crowded/drop_off_bays", "replications=2", "out=again", *words), "err"),
        (("results", "compare", "run", "again"), "out"),
        (("sweep", "study=study.yaml", "out=sweep", *words), "err"),
        (("results", "show", "sweep"), "out"),
    ):
        assert main(list(command)) == 0
        said = getattr(capsys.readouterr(), stream)
        warned = [line for line in said.splitlines() if "parked beyond the area" in line]
        assert len(warned) == 1, (command, said)
        assert all(line.strip().startswith("warning: ") for line in warned)
