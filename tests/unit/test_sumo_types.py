"""The types that SUMO has by itself, its classes of vehicles, and types that are missing."""

import numpy as np
import pytest

from sim.formats.sumo import read_sumo
from sim.formats.sumo_classes import CLASSES
from sim.formats.sumo_types import truncated
from sim.scenario.faults import BadInput
from tests.sumo import program, run
from tests.sumo_town import write

CAR = '<trip id="car" depart="0" from="w" to="e"/>'


def read(tmp_path, routes, types="<additional/>"):
    return read_sumo(*write(tmp_path, routes=f"<routes>{routes}</routes>", types=types))


def faults_of(tmp_path, routes):
    with pytest.raises(BadInput) as bad:
        read(tmp_path, routes)
    return bad.value.faults


def test_a_taxi_of_sumos_own_type_is_as_its_class(tmp_path):
    stated = '<vType id="cab" vClass="taxi"/>'
    taxis = "".join(f'<trip id="{t}" type="{t}" depart="0" from="w" to="e"/>' for t in ("DEFAULT_TAXITYPE", "cab"))
    site, _ = read(tmp_path, stated + taxis)
    cab, own = site.types
    assert (own.id, own.kind, own.moves) == ("DEFAULT_TAXITYPE", "car", cab.moves)


def test_a_type_of_sumos_own_may_be_stated_otherwise_or_stand_in_a_distribution(tmp_path):
    taxi = '<trip id="t" type="DEFAULT_TAXITYPE" depart="0" from="w" to="e"/>'
    site, _ = read(tmp_path, f'<vType id="DEFAULT_TAXITYPE" length="4"/>{taxi}')
    assert [t.moves.length_m for t in site.types] == [4.0]
    mix = '<vTypeDistribution id="m" vTypes="DEFAULT_TAXITYPE"/>'
    site, _ = read(tmp_path, mix + taxi.replace('"DEFAULT_TAXITYPE"', '"m"'))
    assert [t.type for t in site.trips] == ["DEFAULT_TAXITYPE"]


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        ("DEFAULT_BIKETYPE", "bicycle"),
        ("DEFAULT_PEDTYPE", "pedestrian"),
        ("DEFAULT_RAILTYPE", "rail"),
        ("DEFAULT_CONTAINERTYPE", "container"),
    ],
)
def test_those_that_are_not_on_the_road_are_left_out_as_others_of_their_class(tmp_path, type, kind):
    site, summary = read(tmp_path, f'{CAR}<trip id="t" type="{type}" depart="0" from="w" to="e"/>')
    assert [t.id for t in site.trips] == ["car"]
    assert f"vehicles of class {kind} left out: 1" in summary.notes


@pytest.mark.parametrize(("told", "near"), [("pasenger", "passenger"), ("Bus", "bus"), ("xyz", "")])
def test_a_class_that_sumo_does_not_have_is_a_fault(tmp_path, told, near):
    (fault,) = faults_of(tmp_path, f'<vType id="t" vClass="{told}"/>{CAR}')
    assert (fault.found, fault.near) == (f'vClass="{told}"', near)
    assert '<vType> id "t"' in fault.where


@pytest.mark.parametrize(("told", "kind", "length_m"), [("public_transport", "bus", 12.0), ("custom1", "car", 5.0)])
def test_classes_of_older_files_and_those_without_defaults_are_known(tmp_path, told, kind, length_m):
    site, _ = read(tmp_path, f'<vType id="t" vClass="{told}"/><trip id="v" type="t" depart="0" from="w" to="e"/>')
    assert [(t.kind, t.moves.length_m) for t in site.types] == [(kind, length_m)]


def test_a_missing_type_is_told_once_with_how_many_are_of_it(tmp_path):
    lost = "".join(f'<trip id="v{n}" type="buss" depart="{n}" from="w" to="e"/>' for n in range(30))
    flow = '<flow id="f" type="buss" begin="0" end="9" number="9" from="w" to="e"/>'
    other = '<trip id="other" depart="40" from="w" to="nowhere"/>'
    faults = faults_of(tmp_path, f'<vType id="bus"/>{lost}{flow}{other}')
    assert [f.found for f in faults] == ['type="buss", of 31 vehicles and flows', "the edge nowhere"]
    assert faults[0].near == "bus"
    assert 'id "v0"' in faults[0].where


def test_a_missing_route_or_place_is_told_for_the_first_that_needs_it(tmp_path):
    lost = "".join(f'<vehicle id="v{n}" depart="{n}" route="gone"/>' for n in range(3))
    stop = '<stop busStop="nowhere" duration="9"/>'
    lost += "".join(f'<trip id="t{n}" depart="{n}" from="w" to="e">{stop}</trip>' for n in range(3))
    assert [f.found for f in faults_of(tmp_path, lost)] == ['route="gone"', "the stop nowhere"]


def test_one_that_is_missing_in_a_distribution_is_told_there(tmp_path):
    mix = '<vTypeDistribution id="m" vTypes="gone"/>'
    (fault,) = faults_of(tmp_path, f'{mix}<trip id="t" type="m" depart="0" from="w" to="e"/>')
    assert (fault.found, "<vTypeDistribution>" in fault.where) == ("the type gone", True)


def moves(tmp_path, attributes):
    """Return how a type with these attributes moves, and what is told of it."""
    site, summary = read(tmp_path, f'<vType id="t" {attributes}/><trip id="v" type="t" depart="0" from="w" to="e"/>')
    return site.types[0].moves, summary.notes


def test_what_classes_are_where_types_do_not_say_is_as_sumo_says_itself(tmp_path, monkeypatch):
    sumo = program("sumo")
    monkeypatch.syspath_prepend(str(sumo.parent.parent / "tools"))
    traci = pytest.importorskip("traci")
    types = "".join(f'<vType id="{kind}" vClass="{kind}"/>' for kind in CLASSES)
    (tmp_path / "types.rou.xml").write_text(f"<routes>{types}</routes>")
    run("netgenerate", tmp_path, "--grid", "--grid.number=2", "-o", "grid.net.xml")
    files = [str(tmp_path / name) for name in ("grid.net.xml", "types.rou.xml")]
    traci.start([str(sumo), "-n", files[0], "-r", files[1], "--no-step-log"])
    try:
        of = traci.vehicletype
        asked = of.getLength, of.getAccel, of.getDecel, of.getMaxSpeed, of.getSpeedDeviation
        told = {kind: tuple(round(ask(kind), 2) for ask in asked) for kind in CLASSES}
    finally:
        traci.close()
    assert told == {kind: (c.length, c.accel, c.decel, c.top, c.spread) for kind, c in CLASSES.items()}


@pytest.mark.parametrize(("attributes", "top"), [('desiredMaxSpeed="10"', 10.0), ('desiredMaxSpeed="90"', 50.0)])
def test_nobody_drives_faster_than_wished_for(tmp_path, attributes, top):
    its, notes = moves(tmp_path, f'{attributes} maxSpeed="60"')
    assert its.top_speed_m_s == top
    assert [n for n in notes if "not read" in n] == []


@pytest.mark.parametrize(
    ("told", "mean", "sd"),
    [
        ("normc(1,0.1,0.2,2)", 1.0, 0.1),
        ("normc(0.8,0.3,0.7,0.9)", 0.8, 0.0573),
        ("normc(1,0.1,0.9,2)", 1.0288, 0.0794),
        ("normc(1,0.1,3,4)", 2.0, 0.0),
    ],
)
def test_speed_factors_between_bounds_keep_the_mean_and_spread_of_what_is_left(tmp_path, told, mean, sd):
    its, _ = moves(tmp_path, f'speedFactor="{told}"')
    assert (its.speed_factor, its.speed_factor_sd) == (pytest.approx(mean, abs=1e-3), pytest.approx(sd, abs=1e-3))


def test_that_is_what_a_sample_has(tmp_path):
    drawn = np.random.default_rng(1).normal(1.0, 0.1, 100_000)
    drawn = drawn[(drawn > 0.9) & (drawn < 1.05)]
    assert truncated(1.0, 0.1, 0.9, 1.05) == (
        pytest.approx(drawn.mean(), abs=1e-3),
        pytest.approx(drawn.std(), abs=1e-3),
    )


def test_attributes_of_types_that_nobody_reads_are_told_by_name(tmp_path):
    mix = '<vTypeDistribution id="m"><vType id="a" impatience="1"/></vTypeDistribution>'
    _, summary = read(tmp_path, f'{mix}<vType id="b" maxSpeeed="8" color="red" sigma="0"/>{CAR}')
    told = [n for n in summary.notes if n.startswith("attributes of types")]
    assert told == ["attributes of types that are not read here, misspelt ones among them (maxSpeeed, impatience): 2"]


def test_where_nobody_drives_it_is_told_who_was_left_out(tmp_path):
    bikes = '<flow id="f" type="DEFAULT_BIKETYPE" begin="0" end="9" number="3" from="w" to="e"/>'
    (fault,) = faults_of(tmp_path, bikes)
    assert fault.found == "no vehicle to be driven (vehicles of class bicycle left out: 3)"
