"""Overrides from Python: the same keys as on the command line."""

import pytest
from test_check import good_site

from sim.cli import main
from sim.scenario.faults import BadInput
from sim.scenario.read import load_scenario
from sim.scenario.write import write_site


def test_a_number_in_the_path_names_an_entry_of_a_list():
    scenario = load_scenario("school/baseline", overrides={"site.network.crossings.0.control": "zebra"})
    assert scenario.site.network.crossings[0].control == "zebra"


def test_an_entry_of_a_list_can_be_replaced():
    before = load_scenario("school/baseline").site.network.nodes[0]
    node = {"id": before.id, "x_m": -1.0, "y_m": before.y_m, "boundary": before.boundary}
    scenario = load_scenario("school/baseline", overrides={"site.network.nodes.0": node})
    assert scenario.site.network.nodes[0].x_m == -1.0


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("site", "a key of the site"),
        ("demand.pupils.cars", "a key of the site"),
        ("site.network.crossings.9.control", "in place of '9' a number from 0 to 0"),
        ("site.network.crossings.first.control", "in place of 'first' a number"),
        ("site.network.crossings.-1.control", "in place of '-1' a number"),
        ("site.title.short", "a key below title"),
    ],
)
def test_a_path_that_leads_nowhere_gets_one_line(key, told):
    with pytest.raises(BadInput, match=told):
        load_scenario("school/baseline", overrides={key: "zebra"})


@pytest.mark.parametrize("key", ["site.network.turn_lanes", "site.network.crossings.0.control"])
def test_a_key_of_a_network_in_a_file_of_its_own_gets_one_line(key, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_site(good_site(), tmp_path / "scenarios" / "hill")
    (tmp_path / "scenarios" / "hill" / "baseline.yaml").write_text(f"title: Today\nsite: {good_site().name}\n")
    assert main(["run", "scenario=hill/baseline", f"{key}=1"]) == 2
    told = f"found {key}, expected a key of site.yaml itself, where network stands as network.geojson"
    assert capsys.readouterr().err == f"dropoff: command line: {told}\n"
