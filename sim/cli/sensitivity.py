"""`dropoff sensitivity`: which assumptions matter."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.cli.words import DONE, FAILED, INTERRUPTED, KEPT, dated, short, whole

HELP = """\
words of the form key=value, in any order:
  scenario=SITE/NAME      what is to be judged (school/shapingba)
  baseline=SITE/NAME      what it is compared with (the site's own `baseline`)
  method=morris|sobol     screening, cheap (morris), or shares of the variance, dear (sobol)
  trajectories=N          of Morris (10): N x (parameters + 1) points
  samples=N               of Sobol, a power of two (64): N x (parameters + 2) points
  replications=N          pairs at each point (5)
  seed=N                  of all chance (1): the same people at all points
  workers=N               processes (one for each core)
  only=KEY,KEY            what is varied: keys of the site that it marks [A], their ends, or patterns such as
                          demand.choices.* (all that it assumes of the demand)
  store=DIR               where finished replications are kept, and found again (results/store); store=null: nowhere
  out=DIR                 where the result goes (results/runs/...)
Each number goes 20 % up and down, or as far as the scenario's checks accept; --bounds FILE sets KEY: [low, high].
"""
DEFAULTS = {
    "scenario": "school/shapingba",
    "baseline": "",
    "method": "morris",
    "trajectories": "10",
    "samples": "64",
    "replications": "5",
    "seed": "1",
    "workers": "",
    "only": "",
    "store": "results/store",
    "out": "",
}
RANGES = {
    "trajectories": (2, 10_000),
    "samples": (2, 1 << 20),
    "replications": (1, 100_000),
    "seed": (0, 2**32 - 1),
    "workers": (1, 1_024),
}
"""Least and most of the whole numbers; SALib takes seeds of 32 bits alone."""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    sensitivity = commands.add_parser(
        "sensitivity",
        help="say which assumptions of a site the verdict hangs on (needs SALib)",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=HELP,
    )
    sensitivity.add_argument("words", nargs="*", metavar="KEY=VALUE")
    sensitivity.add_argument(
        "--bounds", type=Path, metavar="FILE", help="YAML of KEY: [low, high]; they are varied, too"
    )
    sensitivity.set_defaults(command=_sensitivity)


def _sensitivity(arguments: argparse.Namespace) -> int:
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.files import at_home

    given = _words(arguments.words)
    numbers = _numbers(given)
    if find_spec("SALib") is None:
        raise BadInput(Fault("dropoff sensitivity", "no SALib", "it installed: pip install 'dropoff[sensitivity]'"))
    from sim.sensitivity import run_sensitivity, sensitivity_lines, write_sensitivity
    from sim.study.folder import check_free

    scenario, method = given["scenario"], given["method"]
    baseline = given["baseline"] or f"{scenario.rpartition('/')[0]}/baseline"
    folder = dated("runs", f"sensitivity-{scenario.replace('/', '-')}")
    out = at_home(given["out"], "out") if given["out"] else folder
    check_free(out)
    store = None if given["store"] in ("", "null") else at_home(given["store"], "store")
    try:
        found = run_sensitivity(
            scenario,
            baseline,
            method="sobol" if method == "sobol" else "morris",
            blocks=numbers["samples" if method == "sobol" else "trajectories"] or 0,
            replications=numbers["replications"] or 0,
            seed=numbers["seed"] or 0,
            workers=numbers["workers"],
            only=[name for name in given["only"].split(",") if name],
            bounds=arguments.bounds,
            store=store,
            progress=True,
        )
    except KeyboardInterrupt:
        print(f"dropoff: interrupted; {KEPT if store else 'nothing was written'}", file=sys.stderr)
        return INTERRUPTED
    run = write_sensitivity(found, out)
    for line in sensitivity_lines(found.indices, run):
        print(line)
    print(f"results: {short(out)}")
    return FAILED if found.failures else DONE


def _words(words: list[str]) -> dict[str, str]:
    """Return the words by their key, defaults where there are none; raises BadInput with every fault."""
    from sim.scenario.faults import BadInput, Fault, near_miss

    found: dict[str, str] = {}
    faults = []
    for word in words:
        key, equals, value = word.partition("=")
        if not key or not equals:
            faults.append(Fault("command line", word, "key=value, such as method=morris"))
        elif key not in DEFAULTS:
            known = list(DEFAULTS)
            faults.append(Fault("command line", key, "one of " + ", ".join(known), near_miss(key, known)))
        elif key in found:
            faults.append(Fault("command line", word, f"{key} once"))
        else:
            found[key] = value
    told = found.get("method", "morris")
    if told not in ("morris", "sobol"):
        faults.append(Fault("method", told or "nothing", "morris or sobol", near_miss(told, ["morris", "sobol"])))
    other = "samples" if told == "morris" else "trajectories"
    if other in found and told in ("morris", "sobol"):
        right = "trajectories" if told == "morris" else "samples"
        faults.append(Fault(other, f"{other} with method={told}", f"{right}=N"))
    if faults:
        raise BadInput(*faults)
    return DEFAULTS | found


def _numbers(given: dict[str, str]) -> dict[str, int | None]:
    """Return the whole numbers among the words; raises BadInput with every fault."""
    from sim.scenario.faults import BadInput, Fault

    found: dict[str, int | None] = {}
    faults = []
    for name, (least, most) in RANGES.items():
        text = given[name]
        if name == "workers" and not text:
            found[name] = None
            continue
        found[name] = number = whole(text)
        power = name == "samples" and number & (number - 1)
        if not least <= number <= most or power:
            kind = "a power of two" if name == "samples" else "a whole number"
            faults.append(Fault(name, ascii(text), f"{kind} from {least} to {most}"))
    if faults:
        raise BadInput(*faults)
    return found
