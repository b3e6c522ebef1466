"""Who gains and who loses, in a few lines for a terminal."""

from collections.abc import Iterator

import pandas as pd
from scipy import stats

from sim.verdict.family import holm
from sim.verdict.sequential import ERROR
from sim.verdict.words import variant_name, wrapped

NAMED = 3
"""Groups named as those who gain or lose most"""
THROUGH = {
    "past the gate": "through vehicles past the gate",
    "other direction": "through vehicles of the other direction",
}
RANKED = ("mode", "entry", "through", "buses")
LEAST_TRAVELLERS = 1.0
"""[travellers a replication] below which a group is not named"""
NOTICED = "30 s"


def changes_lines(changes: pd.DataFrame) -> list[str]:
    """Return who gains most and who loses most, from the table of `sim.kpi.traveller_changes`.

    Only groups whose change is clear of zero are named, all of them together with an error rate of 5 % (Holm), and
    neither those of single travellers nor those by stop: who had bad luck in the baseline gains by chance alone. Groups
    in which somebody never finished are named apart.
    """
    if changes.empty:
        return []
    totals = changes[changes["component"].eq("total")]
    return [line for told in _told(changes, totals) for line in wrapped(told)]


def _told(changes: pd.DataFrame, totals: pd.DataFrame) -> Iterator[str]:
    families = changes[changes["group"].eq("families")]
    for _, row in families[families["component"].eq("total") & families["unfinished"].eq(0)].iterrows():
        yield (
            f"families of all pairs together: {_seconds(row['mean_change_s'])} on average; "
            f"{_share(row['share_gaining'])} gain and {_share(row['share_losing'])} lose more than {NOTICED}"
        )
        parts = families[families["component"].ne("total")]
        parts = parts[parts["mean_change_s"].abs().ge(0.5)].sort_values("mean_change_s", kind="stable")
        if len(parts):
            yield "  of it " + ", ".join(
                f"{variant_name(part)} {_seconds(change)}"
                for part, change in zip(parts["component"], parts["mean_change_s"], strict=True)
            )
    ranked = totals[totals["group"].isin(RANKED) & totals["travellers"].ge(LEAST_TRAVELLERS)]
    clear = ranked[_is_clear(ranked)].sort_values("mean_change_s", kind="stable")
    change = clear["mean_change_s"]
    yield f"gain most: {_named(clear[change.lt(0.0)].head(NAMED), 'share_losing', 'lose')}"
    yield f"lose most: {_named(clear[change.gt(0.0)][::-1].head(NAMED), 'share_gaining', 'gain')}"
    if len(clear):
        yield f"  named are groups that are clear of chance, 95 % sure of all {len(ranked)} together"
    stuck = totals[totals["unfinished"].gt(0) & totals["group"].ne("stop")]
    if len(stuck):
        yield f"not told: {', '.join(_group(row) for _, row in stuck.iterrows())}, where travellers never finished"


def _is_clear(ranked: pd.DataFrame) -> list[bool]:
    """Return whose mean change is not zero: Student's test of each, adjusted for their number."""
    free = ranked["replications"] - 1
    half = (ranked["high_s"] - ranked["low_s"]) / 2.0
    error = half / stats.t.ppf(1.0 - ERROR / 2.0, free)
    p = 2.0 * stats.t.sf(ranked["mean_change_s"].abs() / error, free)
    return [adjusted is not None and adjusted <= ERROR for adjusted in holm([float(x) if x == x else None for x in p])]


def _named(rows: pd.DataFrame, against: str, verb: str) -> str:
    """Return groups with their changes, and who in them fares the other way."""
    said = [
        f"{_group(row)} {_seconds(row['mean_change_s'])} ({_share(row[against])} {verb} more than {NOTICED})"
        for _, row in rows.iterrows()
    ]
    return "; ".join(said) or "no group that is clear of chance"


def _group(row: "pd.Series[str]") -> str:
    """Return a group as a planner would say it."""
    value = str(row["value"]).replace("_", " ")
    return {
        "families": "families",
        "mode": f"families by {value}",
        "stop": f"families who stopped before ({value})",
        "entry": f"families from {row['value']}",
        "through": THROUGH.get(value, "other through vehicles"),
        "buses": "buses",
    }[str(row["group"])]


def _share(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def _seconds(change: float) -> str:
    return f"{round(change, 1) + 0.0:+.1f} s" if round(change, 1) else "0.0 s"
