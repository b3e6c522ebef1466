"""`dropoff run`."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.composing import requested
from sim.cli.words import DONE, FAILED, short

if TYPE_CHECKING:
    from sim.study import Study

RUN_HELP = """\
words of the form key=value, in any order:
  scenario=SITE/NAME      what is to be judged (school/shapingba)
  baseline=SITE/NAME      what it is compared with (the site's own `baseline`)
  replications=N          pairs of simulated mornings (20); study=quick|standard|thorough sets 5, 20 or 60
  seed=N                  of all chance (1): the same seed gives the same bytes
  workers=N               processes (one for each core)
  record=true             writes where everybody was, once a second, for `dropoff replay`; record=3: of pair 3 alone
  out=DIR                 where the result goes (results/runs/...)
  site.KEY=VALUE          changes the site in both arms: site.demand.pupils.cars=520 (or site.demand.cars=520)
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    run = commands.add_parser(
        "run",
        help="simulate a scenario against its baseline and judge the targets",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=RUN_HELP,
    )
    run.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    run.set_defaults(command=_run)


def _saturation(facts: dict[str, dict[str, float]]) -> list[str]:
    """Return how saturated the signal beyond the gate is, by arm where the arms differ."""
    told = {
        arm: f"{of['saturation_without_school']:.2f} without school cars, {of['saturation_worst_quarter']:.2f} with "
        "them in the worst quarter hour"
        for arm, of in facts.items()
        if "saturation_worst_quarter" in of
    }
    alike = len(set(told.values())) == 1
    lines = [f"{words}{'' if alike else f' ({arm})'}" for arm, words in told.items()]
    return [f"degree of saturation of the signal beyond the gate: {line}" for line in dict.fromkeys(lines)]


def _run(arguments: argparse.Namespace) -> int:
    request = requested(arguments.overrides)
    from sim.study import run_study
    from sim.verdict import verdict_lines

    study = run_study(
        request.scenario,
        request.baseline,
        replications=request.replications,
        seed=request.seed,
        workers=request.workers,
        record=request.record,
        out=request.out,
        progress=True,
        inputs=request.inputs,
        finish=_draw,
    )
    for warning in study.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for line in verdict_lines(study.verdict):
        print(line)
    for line in _saturation(study.facts):
        print(line)
    print(f"figures: {short(request.out / 'figures')}")
    print(f"results: {short(request.out)}")
    for failure in study.failures:
        where = f"{failure.arm}, replication {failure.replication}"
        print(f"failed: {where}: {' '.join(failure.reason.split())}", file=sys.stderr)
    return FAILED if study.failures else DONE


def _draw(study: "Study", folder: Path) -> None:
    from sim.report.figures import draw_figures

    draw_figures(study.kpis, study.trips, study.series, study.verdict, folder / "figures")
