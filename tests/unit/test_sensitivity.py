"""Which assumptions there are, what is varied, and the indices against functions whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from sim.report.indices import draw_indices
from sim.scenario.faults import BadInput, Fault
from sim.sensitivity.assumptions import bounded, changed, chosen, given_bounds, numbers
from sim.sensitivity.design import chance, designed, indices

pytest.importorskip("SALib")

SITE = """\
# A file like a site's [A].
title: "numbers # 1 [A]"
demand:
  share: 0.5        # [A] 0.3-0.7
  found: 26.5       # [F] somewhere, 2011 [A]
  plain: 7
  cars: 10          # counted? [A]
  bell: "08:20"     # [A]
  on: true          # [A]
  nought: 0         # [A]
  lists: [{a: 1.5, "b # [F]": 2}, {a: 3.0}]   # [A] both
  block:            # all of it [A]
    - {c: 4.5}
    - {c: 5.5}      # [R]
network:
  x_m: 60           # [A]
"""


@pytest.fixture
def site(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(SITE, encoding="utf-8")
    return file


def test_an_assumption_is_a_number_whose_line_is_first_marked_so(site):
    found = numbers(site)
    assumed = {n.key: n.value for n in found if n.assumed}
    assert assumed == {
        "demand.share": 0.5,
        "demand.cars": 10,
        "demand.nought": 0,
        "demand.lists.0.a": 1.5,
        "demand.lists.0.b # [F]": 2,
        "demand.lists.1.a": 3.0,
        "demand.block.0.c": 4.5,
        "network.x_m": 60,
    }
    assert {n.key for n in found if not n.assumed} == {"demand.found", "demand.plain", "demand.block.1.c"}


def test_only_takes_keys_their_ends_and_patterns(site):
    found = numbers(site)
    assert [n.key for n in chosen(found, ["share", "lists.*.a"])] == [
        "demand.share",
        "demand.lists.0.a",
        "demand.lists.1.a",
    ]
    assert [n.key for n in chosen(found, ["site.network.x_m"])] == ["network.x_m"]
    assert "network.x_m" not in [n.key for n in chosen(found, [])]
    with pytest.raises(BadInput, match="did you mean share"):
        chosen(found, ["shore"])
    with pytest.raises(BadInput, match="found"):
        chosen(found, ["found"])


def refuses(values):
    """Refuse shares over 0.56, and cars that are not whole."""
    share, cars = values.get(("demand", "share"), 0.0), values.get(("demand", "cars"), 0)
    return [Fault("share", str(share), "at most 0.56")] if share > 0.56 else [Fault("cars", "", "")] * (cars % 1 != 0)


def test_bounds_go_a_fifth_each_way_or_as_far_as_the_checks_accept(site):
    parameters, left_out = bounded(chosen(numbers(site), ["demand.*"]), {}, refuses)
    found = {p.number.key: (p.low, p.high, p.whole) for p in parameters}
    assert found["demand.share"] == (0.4, 0.55, False)
    assert found["demand.cars"] == (8, 12, True)
    assert found["demand.lists.0.b # [F]"] == (1.6, 2.4, False)
    assert left_out == {"demand.nought": "it is nought"}


def test_given_bounds_are_taken_or_refused_in_one_line_each(site, tmp_path):
    file = tmp_path / "bounds.yaml"
    found = numbers(site)
    file.write_text("site.demand.plain: [5, 9]\ndemand.share: [0.1, 0.5]\n", encoding="utf-8")
    given = given_bounds(file, found)
    assert given == {("demand", "plain"): (5.0, 9.0), ("demand", "share"): (0.1, 0.5)}
    file.write_text("demand.shore: [1, 2]\ndemand.share: [2, 1]\ndemand.cars: 3\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        given_bounds(file, found)
    assert len(caught.value.faults) == 3
    assert "did you mean demand.share?" in str(caught.value.faults[0])
    with pytest.raises(BadInput, match=r"at most 0\.56"):
        bounded(found, {("demand", "share"): (0.1, 0.9)}, refuses)


def test_numbers_are_set_in_a_copy():
    before = {"a": [{"b": 1}, {"b": 2}]}
    assert changed(before, {("a", 1, "b"): 5}) == {"a": [{"b": 1}, {"b": 5}]}
    assert before == {"a": [{"b": 1}, {"b": 2}]}


ISHIGAMI = [(-np.pi, np.pi)] * 3


def ishigami(x):
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_sobol_indices_of_the_ishigami_function_are_the_known_ones():
    design = designed("sobol", ("a", "b", "c"), ISHIGAMI, 1024, seed=1)
    assert design.points.shape == (1024 * 5, 3)
    found = indices(design, ishigami(design.points))
    assert found["S1"].to_numpy() == pytest.approx([0.3139, 0.4424, 0.0], abs=0.06)
    assert found["ST"].to_numpy() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.06)
    assert (found["ST_conf"] > 0).all()


def test_morris_finds_the_slopes_of_a_plane_over_the_range():
    design = designed("morris", ("a", "b", "c"), [(0.0, 2.0), (10.0, 20.0), (-1.0, 1.0)], 10, seed=1)
    assert design.points.shape == (10 * 4, 3)
    found = indices(design, 3.0 * design.points[:, 0] - 0.5 * design.points[:, 1])
    assert found["mu_star"].to_numpy() == pytest.approx([6.0, 5.0, 0.0])
    assert found["mu"].to_numpy() == pytest.approx([6.0, -5.0, 0.0])
    assert found["sigma"].to_numpy() == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_a_failed_point_takes_its_whole_block_out_and_is_counted(method):
    design = designed(method, ("a", "b", "c"), ISHIGAMI, 8, seed=1)
    output = ishigami(design.points)
    whole, without = indices(design, output), output.copy()
    without[design.block + 1] = np.nan
    found = indices(design, without)
    assert (found["blocks"].iloc[0], found["blocks_of"].iloc[0]) == (7, 8)
    assert not np.allclose(found.iloc[:, 1], whole.iloc[:, 1])
    without[:] = np.nan
    assert indices(design, without).iloc[:, 1:5].isna().all(axis=None)


def test_an_output_that_never_changes_hangs_on_nothing():
    morris = designed("morris", ("a", "b"), [(0.0, 1.0)] * 2, 4, seed=1)
    assert (indices(morris, np.ones(len(morris.points)))["mu_star"] == 0.0).all()
    sobol = designed("sobol", ("a", "b"), [(0.0, 1.0)] * 2, 4, seed=1)
    assert indices(sobol, np.ones(len(sobol.points)))["S1"].isna().all()


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_one_parameter_is_enough(method):
    design = designed(method, ("a",), [(0.0, 1.0)], 16, seed=1)
    found = indices(design, design.points[:, 0])
    assert found["mu_star" if method == "morris" else "ST"].iloc[0] == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_the_figure_is_drawn_the_same_each_time_and_says_where_there_is_nothing(method, tmp_path):
    design = designed(method, tuple("abc"), ISHIGAMI, 16, seed=1)
    found = indices(design, ishigami(design.points))
    nothing = indices(design, design.points[:, 0] * np.nan)
    table = pd.concat([found.assign(kpi="M1", chance=0.1), nothing.assign(kpi="M2", chance=np.nan)])
    table["of"] = "reduction"
    first = [path.read_bytes() for path in draw_indices(table, method, "read", tmp_path / "a")]
    again = [path.read_bytes() for path in draw_indices(table, method, "read", tmp_path / "b")]
    assert first == again
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["sensitivity.pdf", "sensitivity.png"]


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_a_parameter_of_no_effect_gets_what_chance_gives_and_no_more(method):
    design = designed(method, ("matters", "does_not"), [(0.0, 1.0)] * 2, 1024, seed=1)
    rng, size = np.random.default_rng(1), len(design.points)
    output = 10.0 * design.points[:, 0] + rng.normal(0.0, 1.0, size)
    told = chance(design, output, np.full(size, 1.0))
    found = indices(design, output).set_index("parameter")["mu_star" if method == "morris" else "ST"]
    assert found["does_not"] == pytest.approx(told, rel=0.1)
    assert found["matters"] > 3.0 * told
    assert np.isnan(chance(design, output, np.full(size, np.nan)))
