"""From pairs to a verdict: the interval, the number of runs, common random numbers, families, and the words."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.kpi.worlds import COLUMNS
from sim.scenario.scenario import Targets
from sim.verdict import (
    Look,
    account_lines,
    apart,
    bootstrap_t,
    common_numbers,
    compare,
    fieller,
    holm,
    p_value,
    pairs_needed,
    runs_for_mean,
    verdict_json,
    verdict_lines,
    verdict_sentence,
    with_holm,
)
from sim.verdict.sequential import nominal_levels
from sim.verdict.words import wrapped

CHECKPOINTS = (10, 20, 40, 80)
NOBODY = pd.DataFrame(columns=["arm", "scenario", "replication", "traveller", "kind"])


def pairs(n, reduction=0.3, spread=0.1, seed=1):
    """Return pairs whose worlds share most of their chance: about 100 s before."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    return tuple(
        level * (1.0 + spread * common + 0.5 * spread * rng.normal(size=n))
        for level in (100.0, 100.0 - 100.0 * reduction)
    )


def kpis(m1, m2=None, unfinished=0):
    """Return the table of KPIs of pairs (before, after) for the headlines."""
    rows = [
        dict(
            zip(
                COLUMNS,
                ("x", i, kpi, "am", True, "s", value, 40, unfinished, arm, True, np.nan, np.nan, ""),
                strict=True,
            )
        )
        for kpi, pair in (("M1", m1), ("M2", m2 or m1))
        for arm, values in zip(("baseline", "scenario"), pair, strict=True)
        for i, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def judged(m1, m2=None, **how):
    table = pd.concat([kpis(m1, m2, how.pop("unfinished_here", 0)), how.pop("more", None)])
    told = {"failures": (), "unfinished": NOBODY, "targets": Targets()} | how
    return verdict_json(table, baseline="s/b", scenario="s/x", replications=len(m1[0]), **told)


def head(verdict, kpi="M1"):
    return next(t for t in verdict["targets"] if t["kpi"] == kpi and t["headline"])


# ---------------------------------------------------------------------- the interval


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.996])
def test_the_ends_of_the_interval_are_what_the_t_test_just_rejects(confidence):
    before, after = pairs(12)
    _, low, high = fieller(before, after, confidence)
    assert [p_value(before, after, float(end)) for end in (low, high)] == pytest.approx([1.0 - confidence] * 2)


def test_more_confidence_is_a_wider_interval():
    usual, sure = (compare(*pairs(12), confidence) for confidence in (0.95, 0.99))
    assert sure.low < usual.low < usual.reduction < usual.high < sure.high
    assert sure.bootstrap_low < usual.bootstrap_low
    assert compare(*pairs(12)) == usual


def test_a_bootstrap_that_would_rest_on_single_resamples_says_nothing():
    assert np.isfinite(bootstrap_t(*pairs(12), 0.995)).all()
    assert np.isnan(bootstrap_t(*pairs(12), 0.9951)).all()


def test_equal_pairs_leave_no_doubt():
    before, _ = pairs(4)
    assert p_value(before, before, 0.2) == 0.0
    assert p_value(before, before, 0.0) == 1.0
    assert np.isnan(p_value(before[:1], before[:1], 0.2))
    assert np.isnan(p_value([], [], 0.2))


@pytest.mark.parametrize("confidence", [0.95, 0.999])
def test_so_many_pairs_decide_and_one_fewer_do_not(confidence):
    before, after = pairs(6, reduction=0.21, spread=0.3)
    differences = after - 0.8 * before
    standardised = abs(differences.mean()) / differences.std(ddof=1)
    needed = pairs_needed(before, after, 0.2, confidence)
    p = [2.0 * stats.t.sf(standardised * np.sqrt(n), n - 1) for n in (needed - 1, needed)]
    assert p[1] < 1.0 - confidence <= p[0]


# ---------------------------------------------------------------------- how many runs


def test_the_engineer_s_formula_by_hand():
    values = 100.0 + 20.0 * np.array([-1.0, 1.0] * 5) * np.sqrt(0.9)  # ten runs, mean 100, s 20
    assert np.std(values, ddof=1) == pytest.approx(20.0)
    assert runs_for_mean(values) == 82  # (2.2622 x 20 / (100 x 0.05))^2 = 81.9
    assert runs_for_mean([5.0, 5.0]) == 1
    assert runs_for_mean([5.0]) is None
    assert runs_for_mean([-1.0, 1.0]) is None


def test_the_saving_is_what_independent_seeds_would_cost():
    rng = np.random.default_rng(3)
    common, own, other = (rng.normal(size=(20_000, 20)) for _ in range(3))
    before, after = 10.0 + common, 8.0 + 0.9 * common + 0.5 * own
    stranger = 8.0 + 0.9 * other + 0.5 * own
    spread = np.var(after.mean(axis=1) / before.mean(axis=1))
    apart = np.var(stranger.mean(axis=1) / before.mean(axis=1))
    found = common_numbers(before.ravel(), after.ravel())
    assert found.saving == pytest.approx(apart / spread, rel=0.05)
    assert found.correlation == pytest.approx(0.9 / np.sqrt(0.81 + 0.25), abs=0.01)


@pytest.mark.parametrize(("n", "m", "reduction"), [(3, 3, -0.5), (3, 20, 0.3), (20, 20, 0.3)])
def test_samples_of_other_people_hold_the_truth_as_often_as_they_say(n, m, reduction):
    rng, trials, inside = np.random.default_rng(2), 2_000, 0
    for _ in range(trials):
        found = apart(rng.normal(100.0, 20.0, n), (1.0 - reduction) * rng.normal(100.0, 20.0, m))
        inside += found.low <= reduction <= found.high or np.isnan(found.low)  # without bounds it holds everything
    assert inside / trials >= 0.94
    if min(n, m) == 20:
        assert inside / trials <= 0.965  # the difference of means over the mean before: 0.98


def test_without_chance_after_other_people_s_interval_is_that_of_the_mean_before():
    before = np.array([80.0, 100.0, 120.0, 100.0])
    found = apart(before, np.full(4, 50.0))
    error = stats.t.ppf(0.975, 3) * before.std(ddof=1) / 2.0
    assert (1.0 - found.low, 1.0 - found.high) == pytest.approx((50.0 / (100.0 - error), 50.0 / (100.0 + error)))


def test_one_value_alone_or_a_mean_not_clear_of_zero_gives_other_people_no_interval():
    for before in ([100.0], [1.0, 200.0, 30.0]):
        found = apart(before, [50.0, 51.0])
        assert np.isfinite(found.reduction)
        assert np.isnan([found.low, found.high]).all()


def test_pairs_that_hang_together_fully_reach_the_bound_and_no_others_do():
    before, after = pairs(30)
    straight = common_numbers(before, 20.0 + 0.5 * before)
    assert straight.correlation == pytest.approx(1.0)
    assert straight.saving == pytest.approx(straight.bound)
    found = common_numbers(before, after)
    assert 1.0 < found.saving < found.bound


def test_a_changed_spread_lowers_the_bound():
    before, _ = pairs(30)
    mild, strong = (common_numbers(before, 100.0 + factor * (before - 100.0)).bound for factor in (0.8, 0.4))
    assert mild > 5.0 * strong


def test_what_is_infinite_or_not_defined_is_none():
    before, after = pairs(5)
    assert common_numbers(before, before).saving is None  # nothing is left of the spread
    assert common_numbers(before, 0.7 * before).bound is None
    for nothing in ((before[:2], after[:2]), (before, np.full(5, 3.0)), (-before, after), ([], [])):
        assert common_numbers(*nothing) == common_numbers([], [])
    assert common_numbers([], []).correlation is None


# ---------------------------------------------------------------------- families and looks


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.5, 0.4]) == pytest.approx((0.8, 0.8))
    assert holm([]) == ()


def test_a_test_without_a_result_counts():
    assert holm([0.01, None]) == (0.02, None)


def test_one_look_at_one_scenario_is_the_usual_interval():
    assert Look().confidence == 0.95
    assert Look(family=5).confidence == pytest.approx(0.99)
    assert Look((20,), family=5).level == Look(family=5).level


def test_more_looks_and_more_scenarios_make_intervals_wider():
    assert Look(CHECKPOINTS, 3).level < 0.05
    assert Look(CHECKPOINTS, 0).level < Look(CHECKPOINTS, 3).level
    assert Look(CHECKPOINTS, 3, family=12).level < Look(CHECKPOINTS, 3).level / 10.0


@pytest.mark.parametrize(
    "wrong", [{"family": 0}, {"at": 1}, {"checkpoints": (10, 20), "at": 2}, {"checkpoints": (9, 5)}]
)
def test_a_look_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError):
        Look(**wrong)


@pytest.mark.parametrize("family", [1, 12])
@pytest.mark.parametrize("at", range(4))
def test_the_p_value_and_the_interval_say_the_same(at, family):
    look = Look(CHECKPOINTS, at, family)
    seen = set()
    for seed in range(60):
        pair = pairs(CHECKPOINTS[at], reduction=0.2 + 0.002 * seed, spread=0.2, seed=seed)
        entry = head(judged(pair, look=look))
        decided = entry["verdict"] != "undecided"
        assert decided == (entry["p_value"] <= 0.05 / family)
        seen.add(decided)
    assert seen == {True, False}


def test_between_checkpoints_nobody_looks():
    with pytest.raises(ValueError, match="15 pairs are no checkpoint"):
        judged(pairs(15), look=Look(CHECKPOINTS, 0))


def test_the_verdict_says_how_sure_it_was():
    verdict = judged(pairs(20), look=Look(CHECKPOINTS, 1, family=3))
    assert verdict["confidence"] == round(Look(CHECKPOINTS, 1, 3).confidence, 9)
    assert (verdict["checkpoints"], verdict["family"]) == ([10, 20, 40, 80], 3)
    entry = head(verdict)
    _, low, high = fieller(*pairs(20), Look(CHECKPOINTS, 1, 3).confidence)
    assert (entry["low"], entry["high"]) == pytest.approx((float(low), float(high)), abs=1e-9)


def test_undecided_is_so_by_its_interval_until_the_budget_ends():
    close = {at: pairs(CHECKPOINTS[at], reduction=0.21, spread=0.3) for at in range(4)}
    verdicts = [judged(close[at], look=Look(CHECKPOINTS, at)) for at in range(4)]
    assert [head(v)["verdict"] for v in verdicts] == ["undecided"] * 4
    assert [head(v)["reason"] for v in verdicts] == ["interval"] * 3 + ["budget"]
    assert head(judged(close[1]))["reason"] == "interval"
    usual, family = head(verdicts[1]), head(judged(close[1], look=Look(CHECKPOINTS, 1, family=12)))
    assert family["pairs_needed"] > usual["pairs_needed"] > 20


def test_nothing_is_tested_where_nothing_may_be_decided():
    failed = judged(pairs(10), failures=[SimpleNamespace(arm="scenario", replication=3, reason="deadlock")])
    stuck = pd.DataFrame(
        [{"arm": "scenario", "scenario": "s/x", "replication": 0, "traveller": "family 1", "kind": "family"}]
    )
    for verdict, reason in ((failed, "failed replications"), (judged(pairs(10), unfinished=stuck), "censored")):
        entry = head(verdict)
        assert (entry["verdict"], entry["reason"], entry["p_value"], entry["pairs_needed"]) == (
            "undecided",
            reason,
            None,
            None,
        )


def test_what_bonferroni_decides_holm_does_too():
    pairs_of = [pairs(20, reduction=0.2 + 0.01 * n, spread=0.08, seed=n) for n in range(12)]
    verdicts = with_holm([judged(pair, look=Look(family=12)) for pair in pairs_of])
    heads = [head(v) for v in verdicts]
    decided = [e for e in heads if e["verdict"] != "undecided"]
    assert 0 < len(decided) < 12
    assert all(e["p_value"] <= e["holm_p_value"] <= 0.05 for e in decided)
    assert sum(e["holm_p_value"] <= 0.05 for e in heads) >= len(decided)
    assert head(verdicts[0], "M3")["holm_p_value"] is None


def test_a_declared_scenario_without_a_verdict_counts_and_a_family_too_small_is_refused():
    one = judged(pairs(20), look=Look(family=3))
    assert head(with_holm([one])[0])["holm_p_value"] == pytest.approx(min(1.0, 3.0 * head(one)["p_value"]))
    with pytest.raises(ValueError, match="2 verdicts of a family"):
        with_holm([judged(pairs(20))] * 2)


# ---------------------------------------------------------------------- words


def test_what_gets_worse_is_called_worse():
    verdict = judged(pairs(20, reduction=-0.4), pairs(20, reduction=0.1))
    assert "not met: it gets worse, +3" in verdict_sentence(head(verdict), verdict)
    assert "worse" not in verdict_sentence(head(verdict, "M2"), verdict)
    lines = verdict_lines(verdict)
    assert next(line for line in lines if line.startswith("M1  ")).endswith("NOT MET, worse")
    assert next(line for line in lines if line.startswith("M2  ")).endswith("NOT MET")


def test_a_variant_that_gets_worse_is_called_worse():
    worse = kpis(pairs(20, reduction=-0.4)).query("kpi == 'M2'").assign(variant="buses", headline=False)
    verdict = judged(pairs(20), more=worse)
    assert next(line for line in verdict_lines(verdict) if "buses" in line).endswith("worse")


@pytest.mark.parametrize(("scale", "called"), [(1.0, True), (0.001, False)])
def test_a_part_that_changes_by_less_than_a_second_is_not_called_worse(scale, called):
    before, after = pairs(20, reduction=-0.4)
    worse = kpis((scale * before, scale * after)).query("kpi == 'M1'").assign(variant="queue", headline=False)
    verdict = judged(pairs(20), more=worse)
    lines = verdict_lines(verdict)
    assert next(line for line in lines if "queue for a berth" in line).endswith("worse") == called
    assert "each interval holds by itself" in " ".join(lines)


def test_it_is_told_that_pairs_declared_after_a_look_err_more_often():
    verdict = judged(pairs(10, reduction=0.21, spread=0.3))
    assert "wrong in up to 10 %, not 5" in " ".join(" ".join(verdict_lines(verdict)).split())
    rng, wrong, level = np.random.default_rng(1), 0, nominal_levels((10, 60))[1]
    for _ in range(4_000):  # truth at the target: a look after ten, and where that is undecided at ten and sixty
        x = rng.normal(size=60)
        wrong += any(abs(stats.ttest_1samp(x[:n], 0.0).pvalue) < p for n, p in ((10, 0.05), (60, level)))
    assert 0.07 < wrong / 4_000 < 0.10


def test_the_lines_name_the_confidence_the_family_and_the_looks():
    text = "\n".join(verdict_lines(judged(pairs(20), look=Look(CHECKPOINTS, 1, family=12))))
    assert "(looks after 10, 20, 40, 80 pairs; one of 12 scenarios)" in " ".join(text.split())
    assert "99.941 % interval" in text
    assert "95 %" not in text
    usual = verdict_lines(judged(pairs(20)))
    assert usual[0] == "s/x against s/b, 20 pairs"
    assert "95 % interval" in usual[2]


def test_the_lines_tell_pairs_needed_the_usual_formula_and_what_pairs_save():
    verdict = judged(pairs(10, reduction=0.21, spread=0.3))
    entry, text = head(verdict), " ".join(" ".join(verdict_lines(verdict)).split())
    assert f"about {entry['pairs_needed']} pairs would decide" in text
    assert f"(the usual formula for a mean within 5 % asks for {entry['runs_for_mean']} runs)" in text
    declared = 10 * int(np.ceil(0.12 * entry["pairs_needed"]))
    assert f"; declare them beforehand: checkpoints=[10] replications={declared}" in text
    looked = judged(pairs(20, reduction=0.21, spread=0.3), look=Look((10, 20), 1))
    assert "declare them beforehand: checkpoints=[10,20] replications=" in verdict_sentence(head(looked), looked)
    assert "beforehand" not in verdict_sentence(head(judged(pairs(20))), judged(pairs(20)))
    assert entry["runs_for_mean"] == max(runs_for_mean(v) for v in pairs(10, reduction=0.21, spread=0.3))
    assert f"correlation {entry['correlation']:.2f}; independent seeds would take {entry['saving']:.1f} times" in text
    assert "independent seeds" not in "\n".join(verdict_lines(judged(pairs(2))))


def test_what_pairs_save_is_told_with_no_more_digits_than_they_know():
    verdict = judged(pairs(10, reduction=0.21, spread=0.3))
    head(verdict).update(correlation=0.99, saving=699.14, saving_bound=701.2)
    text = " ".join(" ".join(verdict_lines(verdict)).split())
    assert "independent seeds would take 699 times as many pairs M" in text
    head(verdict).update(saving=0.64, saving_bound=22.71)
    text = " ".join(" ".join(verdict_lines(verdict)).split())
    assert "would take 0.6 times as many pairs (23 times if the correlation were 1)" in text


@pytest.mark.parametrize("length", range(80, 104))
def test_a_number_and_its_per_cent_sign_stay_together(length):
    lines = wrapped("x" * length + " promised -20 % and more")
    assert any("-20 %" in line for line in lines)
    assert max(map(len, lines[1:])) <= 100


def test_what_the_road_changes_take_is_told_where_it_is_anything():
    none = {"cost_yuan": 0.0, "green_taken_m2": 0.0, "land_taken_m2": 0.0, "trees_lost": 0}
    some = none | {"cost_yuan": 1_250_000.0, "green_taken_m2": 96.5, "trees_lost": 3}
    assert account_lines({}) == account_lines({"configuration": {"scenario": {"account": none}}}) == []
    assert account_lines({"configuration": {"scenario": {"account": some}}}) == [
        "the road changes take 1,250,000 yuan, 96.5 m2 of green belt, 3 trees"
    ]
