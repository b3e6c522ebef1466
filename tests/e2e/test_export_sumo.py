"""`dropoff export sumo`: files that netconvert and sumo take, and one line for each fault."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from sim.cli import main
from sim.formats.sumo_out.writing import files
from sim.interventions import resolve
from sim.kernel.junctions import switch_lights
from sim.kernel.state import AMBER, GREEN
from sim.model import SchoolMorning
from sim.scenario.read import load_scenario
from sim.study.sumo import export_sumo, plan_of, road_of
from tests import sumo
from tests.networks import networks
from tests.osm_town import crossroads

FILES = {
    "README.txt", "build.netccfg", "connections.con.xml", "demand.rou.xml", "edges.edg.xml", "nodes.nod.xml",
    "places.add.xml", "run.sumocfg", "signals.tll.xml",
}  # fmt: skip


def exported(folder: Path, name: str, seed: int = 3) -> Path:
    assert main(["export", "sumo", name, "--seed", str(seed), "--out", str(folder)]) == 0
    return folder


# ---------------------------------------------------------------------- without SUMO


def test_the_folder_is_whole_and_says_what_to_do_with_it_and_what_is_left_out(tmp_path, capsys):
    folder = exported(tmp_path / "out", "school/baseline")
    assert {file.name for file in folder.iterdir()} == FILES
    told = capsys.readouterr().out.splitlines()
    assert "418 families, 477 buses" in told[0]
    assert told[1].endswith("netconvert -c " + str(folder / "build.netccfg"))
    assert told[2].endswith("sumo -c " + str(folder / "run.sumocfg"))
    left_out = [line.removeprefix("not as here: ") for line in told[3:]]
    readme = (folder / "README.txt").read_text(encoding="utf-8")
    assert len(left_out) > 8
    assert all(f"* {line}\n" in readme for line in left_out)
    assert "wait for each other for good" in readme
    assert "--time-to-teleport 300" in readme


def test_the_same_seed_gives_the_same_bytes(tmp_path, capsys):
    one, other = (exported(tmp_path / n, "school/shapingba") for n in ("one", "other"))
    assert all((one / n).read_bytes() == (other / n).read_bytes() for n in FILES)


def test_an_empty_folder_is_filled(tmp_path, capsys):
    (tmp_path / "out").mkdir()
    assert {file.name for file in exported(tmp_path / "out", "school/baseline").iterdir()} == FILES


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["school/baselime"], "did you mean school/baseline"),
        (["nowhere/baseline"], "nowhere"),
        (["school/baseline", "--seed", "-3"], "--seed: found '-3', expected a whole number from 0"),
        (["school/baseline", "--seed", "3.5"], "'3.5'"),
        (["school/baseline", "--seed", "99999999999999999999999"], "from 0 to"),
        (["school/baseline", "--out", "full"], "a folder that holds things"),
        (["school/baseline", "--out", "file"], "found a file"),
        (["school/baseline", "--out", "."], "without a name of its own"),
        (["school/baseline", "--out", "file/below"], "which is a file"),
        (["school/baseline", "--out", "/proc/out"], "no folder can be made in /proc"),
    ],
)
def test_a_fault_is_one_line_and_nothing_is_written(tmp_path, monkeypatch, capsys, words, found):
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full", "thing").touch()
    Path("file").touch()
    before = set(Path().rglob("*"))
    given = words if "--out" in words else [*words, "--out", "out"]
    assert main(["export", "sumo", *given]) == 2
    err = capsys.readouterr().err
    assert found in err
    assert len(err.splitlines()) == 1
    assert set(Path().rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_one_may_not_write_to_is_bad_input(tmp_path, capsys):
    tmp_path.chmod(0o500)
    assert main(["export", "sumo", "school/baseline", "--out", str(tmp_path / "out")]) == 2


# ---------------------------------------------------------------------- with SUMO


def everybody_came(folder: Path) -> bool:
    """Return whether all who set out, to drive or to cross, came to their end."""
    out, ended = (sumo.parsed(folder, name) for name in ("demand.rou.xml", "tripinfo.xml"))
    pairs = (("vehicle", "tripinfo"), ("person", "personinfo"))
    return all(len(list(out.iter(who))) == len(list(ended.iter(info))) for who, info in pairs)


@pytest.mark.parametrize("name", ["school/baseline", "school/shapingba"])
def test_netconvert_takes_the_files_without_a_warning_and_keeps_lengths_and_lights(tmp_path, capsys, name):
    folder = exported(tmp_path / "out", name)
    assert sumo.build(folder) == []
    net = sumo.parsed(folder, "network.net.xml")
    lengths = {e.get("id"): float(e.find("lane").get("length")) for e in net.iter("edge") if not e.get("function")}
    for edge in sumo.parsed(folder, "edges.edg.xml").iter("edge"):
        assert lengths[edge.get("id")] == pytest.approx(float(edge.get("length")), abs=0.01)
    phases = [[p.get("state") for p in logic.iter("phase")] for logic in net.iter("tlLogic")]
    assert phases == [
        [p.get("state") for p in logic.iter("phase")]
        for logic in sumo.parsed(folder, "signals.tll.xml").iter("tlLogic")
    ]


def test_sumos_lights_are_ours_at_every_second(tmp_path, capsys):
    folder = exported(tmp_path / "out", "school/baseline")
    sumo.build(folder)
    names = ("J2", "at_gate#lights")
    events = "".join(f'<timedEvent type="SaveTLSStates" source="{n}" dest="{n[:2]}.xml"/>' for n in names)
    (folder / "watch.add.xml").write_text(f"<additional>{events}</additional>", encoding="utf-8")
    sumo.simulate(folder, "-a", "watch.add.xml", "-r", "", "--end", "26650")
    states = [{float(s.get("time")): s.get("state") for s in sumo.parsed(folder, f"{n[:2]}.xml")} for n in names]
    world = SchoolMorning(resolve(load_scenario("school/baseline")), seed=3)
    traffic, rows = world.traffic, world.layout.movement_rows
    here = [row for row, m in zip(rows, world.movements, strict=True) if m.node == "J2"]
    over = [n for n, told in enumerate(world.layout.lane_names) if told.startswith("crossing at_gate")]
    for tick in range(2, 480, 2):
        switch_lights(traffic.lanes, traffic.lights, world.layout.road.net, tick)
        for found, its in zip(states, (here, over), strict=True):
            shown = {GREEN: "G", AMBER: "y"}
            state = found[world.start_s + tick * world.dt_s].upper().replace("Y", "y").replace("R", "r")
            assert state == "".join(shown.get(traffic.lanes[row].light, "r") for row in its)


@pytest.mark.slow
def test_below_capacity_everybody_arrives_and_takes_about_as_long_as_here(tmp_path):
    scenario, folder = sumo.calm_school(), tmp_path / "out"
    export_sumo(scenario, seed=3, out=folder)
    assert sumo.build(folder) == []
    warnings = sumo.simulate(folder)
    assert all("emergency braking" in line for line in warnings)
    trips = SchoolMorning(scenario, seed=3).run().trips
    took = {
        name: left - due
        for name, left, due in zip(*(trips[c] for c in ("traveller", "left_s", "scheduled_s")), strict=True)
    }
    there = {
        t.get("id"): float(t.get("duration")) + float(t.get("departDelay")) for t in sumo.parsed(folder, "tripinfo.xml")
    }
    for kind, share in (("through", 0.1), ("bus", 0.1), ("family", 0.2)):
        here_s = [s for name, s in took.items() if name.startswith(kind)]
        there_s = [s for name, s in there.items() if name.startswith(kind)]
        assert len(there_s) == len(here_s)
        assert sum(there_s) == pytest.approx(sum(here_s), rel=share)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["school/baseline", "school/shapingba"])
def test_at_capacity_everybody_arrives_too_and_nobody_is_taken_away(tmp_path, capsys, name):
    folder = exported(tmp_path / "out", name)
    sumo.build(folder)
    assert all("emergency braking" in line for line in sumo.simulate(folder))
    arrived = [t for t in sumo.parsed(folder, "tripinfo.xml") if t.get("vaporized") in (None, "")]
    assert len(arrived) == len(list(sumo.parsed(folder, "demand.rou.xml").iter("vehicle")))


def test_no_more_vehicles_stand_in_a_bay_than_it_has_berths(tmp_path, capsys):
    folder = exported(tmp_path / "out", "school/baseline")
    sumo.build(folder)
    sumo.simulate(folder, "--end", "29400", "--stop-output", "stops.xml")
    stops = [s for s in sumo.parsed(folder, "stops.xml") if s.get("parkingArea") == "bus_gate"]
    changes = sorted((float(s.get(key)), step) for s in stops for key, step in (("ended", -1), ("started", 1)))
    inside = [sum(step for _, step in changes[: n + 1]) for n in range(len(changes))]
    assert max(inside) == 3


def test_people_cross_at_a_zebra_before_vehicles_that_give_way(tmp_path):
    zebra = {"site.network.crossings.0.control": "zebra"}
    export_sumo(resolve(load_scenario("school/baseline", overrides=zebra)), seed=3, out=tmp_path / "out")
    assert sumo.build(tmp_path / "out") == []
    warnings = sumo.simulate(tmp_path / "out", "--end", "27900")
    assert all("emergency braking" in line for line in warnings)
    took = [float(w.get("duration")) for w in sumo.parsed(tmp_path / "out", "tripinfo.xml").iter("walk")]
    assert len(took) > 10
    assert max(took) < 60.0


@pytest.mark.slow
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_narrow_street_of_ones_own_runs_on_either_side(tmp_path, monkeypatch, capsys, side):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "ours", "--side", side, "--bays", "4", "--parking", "3", "--traffic", "200"]) == 0
    folder = exported(tmp_path / "out", "ours/baseline")
    assert sumo.build(folder) == []
    sumo.simulate(folder)
    assert everybody_came(folder)


@pytest.mark.slow
def test_a_town_from_the_map_is_built_and_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    town = str(crossroads().write(tmp_path / "town.osm"))
    assert main(["import", "osm", town, "--around", "Hill School", "--out", "scenarios/hill"]) == 0
    folder = exported(tmp_path / "out", "hill/baseline")
    assert sumo.build(folder) == []
    sumo.simulate(folder)
    assert everybody_came(folder)


@pytest.mark.slow
def test_streets_with_chinese_names_are_built(tmp_path, monkeypatch, capsys, shared_data):
    monkeypatch.chdir(tmp_path)
    file = str(next((shared_data / "osm_nanjing").glob("*.xml")))
    assert main(["import", "osm", file, "--around", "汉中门小学", "--out", "scenarios/汉中门"]) == 0
    assert sumo.build(exported(tmp_path / "out", "汉中门/baseline")) == []


REMARKS = (
    "is not connected from any incoming edge",
    "is not connected to outgoing edges",
    "Maybe a left-turn lane is missing",
)
"""On streets that widen, on bans that leave a street no way on, and on signals that let left turns wait."""


def test_netconvert_takes_any_small_network(tmp_path):
    plan = plan_of(resolve(load_scenario("school/baseline")), seed=3)

    @settings(max_examples=25)
    @given(networks())
    def taken(drawn):
        site = replace(plan.scenario.site, network=drawn[1], remote_parking=())
        scenario = replace(plan.scenario, site=site)
        small = replace(plan, scenario=scenario, road=road_of(site.network, 26_400.0), vehicles=(), onward={})
        for name, text in files(small).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        warnings = sumo.build(tmp_path)
        assert [w for w in warnings if not any(remark in w for remark in REMARKS)] == []
        assert sumo.run("sumo", tmp_path, "-n", "network.net.xml", "-a", "places.add.xml", "--end", "1") == []

    taken()
