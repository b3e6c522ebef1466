"""Who gains and who loses, on tables small enough to work out by hand."""

import numpy as np
import pandas as pd
import pytest

from sim.kpi import TravellerChanges, Worlds, kpi_table, traveller_changes
from sim.records import COMPONENTS, TRIP_COLUMNS
from sim.verdict import changes_lines

NUMBERS = ("travellers", "unfinished", "mean_change_s", "share_gaining", "share_losing")


def trip(name, kind, total, *, replication=0, entry="west", stop="", mode="", passes=False, opposite=False, **parts):
    """Return a row of the table of trips; a total of NaN is somebody who never finished."""
    known = {"scheduled_s": 100.0, "left_s": 100.0 + total, "finished": bool(np.isfinite(total)), "measured": True}
    empty = {column: "" if c.dtype == "str" else 0 for column, c in TRIP_COLUMNS.items()}
    row = empty | {f"{part}_s": parts.get(part, 0.0) for part in COMPONENTS} | known
    row |= {"traveller": name, "kind": kind, "mode": mode, "entry": entry, "stop": stop, "passes_gate": passes}
    row["passes_opposite"] = opposite
    return {"scenario": "x", "replication": replication} | row | {"section_out_s": 120.0}


def family(n, total, mode="car", **how):
    return trip(f"family {n}", "family", total, mode=mode, **how)


def changes(before, after):
    return traveller_changes(pd.DataFrame(before), pd.DataFrame(after))


def row(table, group, value, component="total"):
    chosen = table["group"].eq(group) & table["value"].eq(value) & table["component"].eq(component)
    return table[chosen].squeeze()


def test_gains_and_losses_are_counted_traveller_by_traveller():
    before = [family(n, 300.0) for n in range(4)]
    after = [family(n, t) for n, t in enumerate((200.0, 271.0, 300.0, 340.0))]
    found = row(changes(before, after), "families", "by car")
    assert tuple(found[list(NUMBERS)]) == (4.0, 0, -22.25, 0.25, 0.25)  # -29 s is not noticed
    assert (found["p10_s"], found["p90_s"]) == pytest.approx(tuple(np.quantile([-100, -29, 0, 40], [0.1, 0.9])))


def test_groups_are_those_of_the_baseline():
    before = [family(0, 300.0, stop="bay", entry="west"), family(1, 300.0, "taxi", stop="in_lane", entry="east")]
    after = [family(0, 200.0, "walk", stop="", entry=""), family(1, 400.0, "taxi", stop="bay", entry="west")]
    table = changes(before, after)
    for group, gains, loses in (("mode", "car", "taxi"), ("stop", "bay", "in_lane"), ("entry", "west", "east")):
        assert set(table.loc[table["group"].eq(group), "value"]) == {gains, loses}
        assert (row(table, group, gains)["mean_change_s"], row(table, group, loses)["mean_change_s"]) == (-100.0, 100.0)


def test_components_add_up_and_are_nothing_without_a_car():
    before = [family(0, 300.0, search=200.0, dwell=100.0), family(1, 300.0, search=100.0, exit=200.0)]
    after = [family(0, 150.0, search=50.0, dwell=100.0), family(1, 250.0, "walk", search=np.nan, exit=np.nan)]
    table = changes(before, after)
    found = {part: row(table, "families", "by car", part)["mean_change_s"] for part in ("total", *COMPONENTS)}
    assert (found["search"], found["dwell"], found["exit"]) == (-125.0, 0.0, -100.0)
    assert found["total"] == -100.0


def test_who_pays_in_the_other_direction_is_named():
    many = [(n, i) for n in range(3) for i in range(8)]
    before = [trip(f"{n}", "through", 60.0 + i, replication=i, opposite=True) for n, i in many]
    after = [trip(f"{n}", "through", 160.0 + 2 * i, replication=i, opposite=True) for n, i in many]
    assert "lose most: through vehicles of the other direction +103.5 s" in " ".join(
        changes_lines(changes(before, after))
    )


def test_through_vehicles_and_buses_have_groups_of_their_own():
    before = [trip("a", "through", 60.0, passes=True), trip("b", "through", 60.0), trip("c", "bus", 60.0, passes=True)]
    after = [trip("a", "through", 20.0, passes=True), trip("b", "through", 160.0), trip("c", "bus", 61.0, passes=True)]
    before.append(trip("d", "through", 60.0, opposite=True))
    after.append(trip("d", "through", 90.0, opposite=True))
    table = changes(before, after)
    found = {(r.group, r.value): r.mean_change_s for r in table.itertuples() if r.component == "total"}
    assert found == {
        ("through", "past the gate"): -40.0,
        ("through", "other direction"): 30.0,
        ("through", "others"): 100.0,
        ("buses", "all"): 1.0,
    }
    assert set(table["component"]) == {"total"}


@pytest.mark.parametrize("lost", [True, False])
def test_a_group_with_somebody_who_never_finished_has_no_numbers(lost):
    before = [family(n, 300.0, entry=e) for n, e in enumerate(("west", "west", "east"))]
    after = [family(0, 100.0), family(2, 200.0, entry="east"), *([] if lost else [family(1, np.nan)])]
    table = changes(before, after)
    for group, value, travellers in (("families", "by car", 3), ("entry", "west", 2)):
        found = row(table, group, value)
        assert (found["travellers"], found["unfinished"]) == (travellers, 1)
        assert found[["mean_change_s", "low_s", "high_s", "share_gaining", "p10_s"]].isna().all()
    assert row(table, "entry", "east")["mean_change_s"] == -100.0
    text = "\n".join(changes_lines(table))
    assert "not told: families, families by car, families from west" in " ".join(text.split())
    assert "on average" not in text


def random_worlds(replications=10, seed=1):
    """Return two worlds: from the west 60 s are gained, from the east 40 s lost, from the north nothing but chance."""
    rng = np.random.default_rng(seed)
    before, after = [], []
    for replication in range(replications):
        for n in range(rng.integers(20, 40)):
            entry, shift = (("west", -60.0), ("east", 40.0), ("north", 0.0))[n % 3]
            time = rng.uniform(100.0, 500.0)
            before.append(family(n, time, replication=replication, entry=entry))
            after.append(family(n, time + shift + rng.normal(0.0, 30.0), replication=replication, entry=entry))
    return before, after


def test_the_mean_change_is_the_change_of_the_kpi():
    before, after = (pd.DataFrame(rows) for rows in random_worlds(1))
    values = kpi_table(before=before, after=after).query("variant == 'am' and kpi == 'M1'").set_index("arm")["value"]
    found = row(traveller_changes(before, after), "families", "by car")
    assert found["mean_change_s"] == pytest.approx(values["scenario"] - values["baseline"])
    assert np.isnan(found["low_s"])  # one replication


def test_some_replications_after_another_give_the_same_table():
    before, after = (pd.DataFrame(rows) for rows in random_worlds())
    changes = TravellerChanges()
    for chunk in (range(4), range(4, 10)):
        changes.add(Worlds(*(t[t["replication"].isin(chunk)] for t in (before, after))))
    pd.testing.assert_frame_equal(changes.table(), traveller_changes(before, after))


def test_the_interval_has_the_replication_as_its_unit():
    before, after = (pd.DataFrame(rows) for rows in random_worlds())
    twice = [pd.concat([t, t.assign(traveller=t["traveller"] + "'")]) for t in (before, after)]
    once, doubled = (row(traveller_changes(*worlds), "families", "by car") for worlds in ((before, after), twice))
    assert doubled["travellers"] == 2.0 * once["travellers"]
    assert (doubled["low_s"], doubled["high_s"]) == pytest.approx((once["low_s"], once["high_s"]))


def test_the_interval_holds_the_truth_nineteen_times_in_twenty():
    rng, entries, replications = np.random.default_rng(5), 400, 10
    shared = rng.normal(0.0, 20.0, (entries, replications))  # what all of an entry have in common that morning
    places = [(e, r, n) for r in range(replications) for e in range(entries) for n in range(rng.integers(4, 9))]
    before = [family(f"{e} {n}", 200.0, replication=r, entry=f"e{e}") for e, r, n in places]
    after = [family(f"{e} {n}", 140.0 + shared[e, r], replication=r, entry=f"e{e}") for e, r, n in places]
    found = changes(before, after).query("group == 'entry' and component == 'total'")
    held = found["low_s"].le(-60.0) & found["high_s"].ge(-60.0)
    assert len(found) == entries
    assert 0.92 <= held.mean() <= 0.98


def test_the_lines_name_who_gains_and_who_loses_and_nobody_else():
    lines = changes_lines(changes(*random_worlds()))
    gain, lose = (next(line for line in lines if line.startswith(f"{word} most")) for word in ("gain", "lose"))
    assert "families from west -" in gain
    assert "families from east +" in lose
    assert "north" not in "\n".join(lines)
    assert 4 <= len(lines) <= 7
    assert lines[-1] == "  named are groups that are clear of chance, 95 % sure of all 4 together"


def test_a_group_of_one_replication_is_not_clear_of_chance():
    before, after = random_worlds()
    before += [family(100 + n, 300.0, "taxi", replication=3, entry="south") for n in range(10)]
    after += [family(100 + n, 10.0, "taxi", replication=3, entry="south") for n in range(10)]
    table = changes(before, after)
    south = row(table, "entry", "south")
    assert (south["mean_change_s"], south["travellers"], south["replications"]) == (-290.0, 1.0, 1)
    assert np.isnan(south["low_s"])
    assert np.isnan(south["high_s"])
    assert "south" not in "\n".join(changes_lines(table))


def test_replications_without_anybody_make_no_interval_narrower():
    before, after = random_worlds(4)
    alone = row(changes(before, after), "entry", "west")
    before.append(family(0, 300.0, replication=9, entry="east"))
    after.append(family(0, 340.0, replication=9, entry="east"))
    among = row(changes(before, after), "entry", "west")
    assert (among["low_s"], among["high_s"]) == pytest.approx((alone["low_s"], alone["high_s"]))


def test_of_many_groups_without_a_change_hardly_ever_is_one_named():
    rng, studies = np.random.default_rng(6), range(100)  # in one table: an entry's row hangs on its own families alone
    names = [(f"{s}.{e}", r, n) for s in studies for r in range(5) for e in range(12) for n in range(2)]
    before = [family(f"{e} {n}", 300.0, replication=r, entry=e) for e, r, n in names]
    after = [family(f"{e} {n}", 300.0 + rng.normal(0.0, 30.0), replication=r, entry=e) for e, r, n in names]
    table = changes(before, after)
    of_study, by_entry = table["value"].str.partition(".")[0], table["group"].eq("entry")
    told = ["\n".join(changes_lines(table[~by_entry | of_study.eq(str(s))])) for s in studies]
    assert all("all 13 together" in said for said in told if "named are" in said)
    assert sum("families from" in said for said in told) <= 10  # 5 of 100; by intervals of 95 % each it was 46


def test_where_nobody_is_nothing_is_said():
    before = [trip("w", "walker", 60.0)]
    assert changes(before, before).empty
    assert changes_lines(changes(before, before)) == []


def test_without_a_change_nobody_gains_and_nobody_loses():
    before, _ = random_worlds()
    lines = changes_lines(changes(before, before))
    assert lines[0].startswith("families of all pairs together: 0.0 s on average; 0 % gain and 0 % lose")
    assert sum("no group that is clear of chance" in line for line in lines) == 2
