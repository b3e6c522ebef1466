"""`dropoff snapshot` and `replay`: recorded pairs to look at."""

import argparse
from pathlib import Path
from typing import Any

from sim.cli.words import DONE, short, whole


def add(commands: Any) -> None:
    """Add the commands to the parser."""
    _add_snapshot(commands)
    _add_replay(commands)


def _add_snapshot(commands: Any) -> None:
    snapshot = commands.add_parser("snapshot", help="draw both worlds of a recorded pair at one moment")
    snapshot.add_argument("results", metavar="RESULTS", type=Path, help="a results folder with a recording")
    snapshot.add_argument("--at", required=True, metavar="HH:MM[:SS]", help="time of day")
    snapshot.add_argument("--out", required=True, metavar="FILE", type=Path, help="picture: FILE.png or FILE.svg")
    snapshot.add_argument("--pair", metavar="N", help="which pair (the first that was recorded)")
    snapshot.add_argument("--lang", choices=("en", "zh"), default="en", help="English or Chinese words (en)")
    snapshot.add_argument("--around", choices=("gate", "all"), default="gate", help="what to show (gate)")
    snapshot.add_argument("--radius", default="150", metavar="M", help="around the gate [m] (150)")
    snapshot.set_defaults(command=_snapshot)


def _snapshot(arguments: argparse.Namespace) -> int:
    from sim.report.films import read_pair
    from sim.report.still import draw_still
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.files import file_place

    at_s = _time_of_day(arguments.at)
    radius_m = whole(arguments.radius)
    if not 20 <= radius_m <= 5_000:
        raise BadInput(Fault("--radius", ascii(arguments.radius), "whole metres from 20 to 5000"))
    pair = _pair(arguments)
    out = file_place(arguments.out, "--out")
    _, films = read_pair(arguments.results, pair)
    how = {"lang": arguments.lang, "around": arguments.around, "radius_m": float(radius_m)}
    draw_still(films, pair=pair, at_s=at_s, out=out, **how)
    print(f"written: {short(arguments.out)}")
    return DONE


def _pair(arguments: argparse.Namespace) -> int:
    """Return the number of the pair that is told, or of the first that was recorded; raises BadInput."""
    from sim.report.films import pairs_in
    from sim.scenario.faults import BadInput, Fault

    told = arguments.pair
    if told is None:
        return (pairs_in(arguments.results) or [0])[0]
    if whole(told) < 0:
        raise BadInput(Fault("--pair", ascii(told), "the number of a pair"))
    return whole(told)


def _time_of_day(told: str) -> int:
    """Return HH:MM or HH:MM:SS in seconds after midnight."""
    from sim.scenario.faults import BadInput, Fault

    parts = told.split(":")
    numbers = [whole(p) if len(p) <= 2 else -1 for p in parts]
    if len(numbers) not in (2, 3) or min(numbers) < 0 or numbers[0] > 23 or max(numbers[1:]) > 59:
        raise BadInput(Fault("--at", ascii(told), "a time of day, HH:MM or HH:MM:SS, such as 08:05"))
    hours, minutes, seconds = (*numbers, 0)[:3]
    return 3600 * hours + 60 * minutes + seconds


def _add_replay(commands: Any) -> None:
    replay = commands.add_parser("replay", help="show a recorded pair, before and after, in a page for any browser")
    replay.add_argument("results", metavar="RESULTS", type=Path, help="a results folder made with record=true")
    replay.add_argument("--pair", metavar="N", help="which pair (the first that was recorded)")
    replay.add_argument("--lang", default="en", metavar="en|zh", help="language at first; the page has both (en)")
    replay.add_argument("--out", type=Path, metavar="FILE", help="the page (RESULTS/replay-N.html)")
    replay.set_defaults(command=_replay)


def _replay(arguments: argparse.Namespace) -> int:
    from sim.report.replay import write_replay

    results: Path = arguments.results
    print(short(write_replay(results, _pair(arguments), language=arguments.lang, out=arguments.out)))
    return DONE
