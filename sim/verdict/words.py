"""The verdict in words, for a terminal: a table and a sentence for each target; plain ASCII, 100 columns."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, log10
from typing import Any

KPI_NAMES = {
    "M1": "parents' drop-off time",
    "M2": "travel time past the gate",
    "M3": "boarding and alighting time",
}
VARIANT_NAMES = {
    "p85": "85th percentile",
    "queue": "queue for a berth",
    "exit": "way out",
    "car_in_both": "by car in both worlds",
    "mode_car": "by car in the baseline",
    "mode_taxi": "by taxi in the baseline",
    "section": "section alone",
    "opposite": "other direction",
    "diverted": "diverted, door to door",
    "whole_window": "whole measured window",
    "study_area": "whole study area",
    "next_streets": "next streets (displacement)",
}
TAKEN = {
    "cost_yuan": "yuan",
    "green_taken_m2": "m2 of green belt",
    "land_taken_m2": "m2 of land",
    "trees_lost": "trees",
}
WIDTH = 100
MOST_TOLD = 100.0
"""Times as many pairs; a bound above it bounds nothing."""
TWO_LOOKS, ROUND = 1.2, 10
"""Times as many pairs as with one look (decision 0011), and what their number is rounded up to"""
SLIGHT_S = 1.0
"""[s] a change of a part or a variant below which nobody is told that it gets worse [assumption]"""
Entry = dict[str, Any]


def verdict_lines(verdict: dict[str, Any]) -> list[str]:
    """Return the lines of a verdict (`verdict_json`): who is compared, a table, then a sentence for each target."""
    title = f"{verdict['scenario']} against {verdict['baseline']}, {_counted(verdict['replications'], 'pair')}"
    ends = f"{confidence(verdict)} interval"
    lines = [
        *wrapped(title + _declared(verdict)),
        "",
        _row("", "before", "after", "change", ends, "target", "verdict"),
    ]
    told = list(_told(verdict["targets"]))
    lines += [*map(_line, told), *_beneath(told), ""]
    for entry in verdict["targets"]:
        if entry["headline"]:
            lines += wrapped(verdict_sentence(entry, verdict))
            lines += wrapped(_same_people(entry))
    return [line.rstrip() for line in (*lines, *_troubles(verdict))]


def account_lines(run: Mapping[str, Any]) -> list[str]:
    """Return what the scenario's road changes cost and take, by `run.json`; no line where that is nothing."""
    account = run.get("configuration", {}).get("scenario", {}).get("account", {})
    told = [f"{account[name]:,.10g} {of}" for name, of in TAKEN.items() if account.get(name)]
    return wrapped(f"the road changes take {', '.join(told)}") if told else []


def confidence(verdict: dict[str, Any]) -> str:
    """Return the confidence of the intervals in per cent, with two digits of what is missing to 100."""
    missing = 100.0 * (1.0 - verdict["confidence"])
    return f"{round(100.0 - missing, 1 - floor(log10(missing))):.10g} %"


def _declared(verdict: dict[str, Any]) -> str:
    """Return what makes the intervals wider than those of one look at one scenario."""
    looks, family = verdict["checkpoints"], verdict["family"]
    said = [f"looks after {', '.join(map(str, looks))} pairs"] if len(looks) > 1 else []
    said += [f"one of {family} scenarios"] if family > 1 else []
    return f" ({'; '.join(said)})" if said else ""


def _same_people(entry: Entry) -> str:
    """Return what it brings that both worlds hold the same people, or nothing where that is not defined."""
    if entry["saving"] is None:
        return ""
    saving, bound = entry["saving"], entry["saving_bound"]
    most = "" if bound is None or bound > MOST_TOLD else f" ({_times(bound)} if the correlation were 1)"
    return (
        f"{entry['kpi']} pairs of the same people: correlation {entry['correlation']:.2f}; "
        f"independent seeds would take {_times(saving)} as many pairs{most}"
    )


def _times(factor: float) -> str:
    """Return a factor with as many digits as few pairs know."""
    return f"{factor:.1f} times" if factor < 10.0 else f"{factor:,.0f} times"


def _told(entries: list[Entry]) -> Iterator[Entry]:
    """Yield the entries worth a line: headlines, and variants with numbers that are not the headline's again."""
    headline: Entry = {}
    for entry in entries:
        numbers = entry["before"], entry["after"]
        if entry["headline"]:
            headline = entry
        elif numbers == (None, None) or numbers == (headline.get("before"), headline.get("after")):
            continue
        yield entry


def _beneath(told: Sequence[Entry]) -> list[str]:
    """Return what is to be known of the indented lines of a table."""
    said = []
    if any(entry["low"] is not None for entry in told if not entry["headline"]):
        said.append("indented: each interval holds by itself, not all of them together")
    if any(not entry["same_people"] for entry in told):
        said.append("those who stopped somewhere: other people before and after, so no change is told")
    return wrapped(f"    {'; '.join(said)}") if said else []


def variant_name(variant: str) -> str:
    """Return a variant as a planner would say it."""
    if variant.startswith("stop_"):
        return f"those who stopped: {variant.removeprefix('stop_').replace('_', ' ')}"
    return VARIANT_NAMES.get(variant, variant.replace("_", " "))


def change(reduction: float | None) -> str:
    """Return a reduction as the change that it is, in per cent: 0.31 is "-31.0 %"."""
    return "" if reduction is None else f"{_signed(reduction)} %"


def promise(target: float | None) -> str:
    """Return a target as the change that was promised: 0.2 is "-20 %"."""
    return "" if target is None else f"{-100.0 * target + 0.0:g} %"


def interval(entry: Entry) -> str:
    """Return the interval of the change, in per cent."""
    if entry["low"] is None or entry["high"] is None:
        return ""
    return f"{_signed(entry['high'])} to {_signed(entry['low'])} %"


def verdict_sentence(entry: Entry, verdict: dict[str, Any]) -> str:
    """Return what became of one target, in one sentence."""
    minutes = f" ({entry['from']} to {entry['to']})" if entry.get("from") else ""
    said = f"{entry['kpi']} {KPI_NAMES.get(entry['kpi'], '')}{minutes}: {entry['verdict']}"
    if entry["verdict"] == "not applicable":
        return f"{said}: {entry['why']}" if entry.get("why") else said
    promised = f"promised {promise(entry['target'])}"
    if entry["reason"] == "failed replications":
        return f"{said}, because {_counted(verdict['failed'], 'replication')} failed; {promised}"
    if entry["reason"] == "censored":
        return f"{said}, because {_counted(verdict['unfinished'], 'traveller')} never finished; {promised}"
    if entry["no_change"]:
        return f"{said}: exactly no change, {promised}"
    found = f"{change(entry['reduction'])} ({confidence(verdict)} interval {interval(entry) or 'not defined'})"
    if _is_worse(entry):
        found = f"it gets worse, {found}"
    return f"{said}: {found}, {promised}{_more_pairs(entry, verdict)}"


def _is_worse(entry: Entry) -> bool:
    """Return whether the whole interval says that times become longer."""
    return entry["high"] is not None and entry["high"] < 0.0


def _is_slight(entry: Entry) -> bool:
    """Return whether the change is so small that nobody would speak of it, however sure it is."""
    return bool(entry["after"] - entry["before"] < SLIGHT_S)


def _more_pairs(entry: Entry, verdict: dict[str, Any]) -> str:
    """Return how many pairs an undecided target would take, the number that engineers are used to, and what to ask."""
    if entry["verdict"] != "undecided":
        return ""
    needed, usual = entry["pairs_needed"], entry["runs_for_mean"]
    said = "; how many pairs would decide cannot be said" if needed is None else f"; about {needed} pairs would decide"
    if usual is not None:
        said += f" (the usual formula for a mean within 5 % asks for {_counted(usual, 'run')})"
    if needed is not None:
        said += f"; {declaration(needed, verdict['checkpoints'] or [verdict['replications']])}"
    return said


def declaration(needed: int, looked: Sequence[int]) -> str:
    """Return how to ask for about so many pairs where one has looked before: who just adds pairs errs too often.

    Intervals declared now spend 5 % once more: that of the look before is gone (by simulation 9.9 % in all).
    """
    most = ROUND * ceil(TWO_LOOKS * needed / ROUND)
    asked = f"checkpoints=[{','.join(map(str, looked))}] replications={most}"
    return f"declare them beforehand: {asked} (only now, after a look: wrong in up to 10 %, not 5)"


def _line(entry: Entry) -> str:
    """Return an entry's line of the table; variants stand beneath their headline, indented."""
    name = (
        f"{entry['kpi']}  {KPI_NAMES.get(entry['kpi'], '')}"
        if entry["headline"]
        else f"    {variant_name(entry['variant'])}"
    )
    changed = "no change" if entry["no_change"] else change(entry["reduction"])
    judged = [entry["verdict"].upper()] if entry["headline"] else []
    judged += ["worse"] if _is_worse(entry) and (entry["headline"] or not _is_slight(entry)) else []
    numbers = _seconds(entry["before"]), _seconds(entry["after"])
    return _row(name, *numbers, changed, interval(entry), promise(entry["target"]), ", ".join(judged))


def _row(name: str, before: str, after: str, changed: str, ends: str, target: str, judged: str) -> str:
    return f"{name:<37} {before:>8} {after:>8} {changed:>10} {ends:>18} {target:>7}  {judged}"


def _troubles(verdict: dict[str, Any]) -> Iterator[str]:
    """Yield what forbids a verdict, by name, the first few of each."""
    named = 5
    failed, stuck = verdict["failed_replications"], verdict["unfinished_travellers"]
    for f in failed[:named]:
        yield from wrapped(f"failed: {f['arm']}, replication {f['replication']}: {f['reason']}")
    if len(failed) > named:
        yield f"failed: {len(failed) - named} more"
    if verdict["failed"] > len(failed):
        yield f"failed: {_counted(verdict['failed'] - len(failed), 'replication')} without a record"
    for u in stuck[:named]:
        yield from wrapped(f"unfinished: {u['traveller']} ({u['arm']}, replication {u['replication']})")
    if verdict["unfinished"] > named:
        yield f"unfinished: {verdict['unfinished'] - named} more"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _signed(reduction: float) -> str:
    """Return a reduction as a change in per cent, with its sign and one decimal."""
    per_cent = round(-100.0 * reduction, 1) + 0.0
    return f"{per_cent:+.1f}" if per_cent else "0.0"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def wrapped(text: str) -> list[str]:
    """Return the lines of a text, those after the first indented, a number with its %; none for an empty one."""
    import textwrap

    lines = textwrap.wrap(text.replace(" %", "\xa0%"), WIDTH, subsequent_indent="    ")
    return [line.replace("\xa0%", " %") for line in lines]
