"""`dropoff run`."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.composing import Request, default_out, executor_from, requested, several
from sim.cli.words import DONE, FAILED, INTERRUPTED, KEPT, short

if TYPE_CHECKING:
    from sim.study import Study

RUN_HELP = """\
words of the form key=value, in any order:
  scenario=SITE/NAME      what is to be judged (school/shapingba)
  baseline=SITE/NAME      what it is compared with (the site's own `baseline`)
  replications=N          pairs of simulated mornings (20); study=quick|standard|thorough sets 5, 20 or 60
  checkpoints=[N,N]       judge after so many pairs, too, and stop when all is decided; replications is the budget
  seed=N                  of all chance (1): the same seed gives the same bytes
  workers=N               processes (one for each core)
  executor=NAME           local, dask or slurm (docs/scale.md); executor.address=tcp://HOST:PORT and the like set it
  store=DIR               where finished replications are kept, and found again (results/store); store=null: nowhere
  record=true             writes where everybody was, once a second, for `dropoff replay`; record=3: of pair 3 alone
  out=DIR                 where the result goes (results/runs/...)
  site.KEY=VALUE          changes the site in both arms: site.demand.pupils.cars=520 (or site.demand.cars=520)
with -m, values with commas are all run, as a sweep: scenario=school/bus_bay,school/warden seed=1,2
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
    run.add_argument("-m", "--multirun", action="store_true", help="run every combination of values with commas")
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
    if arguments.multirun:
        from sim.cli.sweep import sweep_of

        return sweep_of(several(arguments.overrides))
    request = requested(arguments.overrides)
    out = request.settings.out or default_out(request)
    try:
        study = _studied(request, out)
    except KeyboardInterrupt:
        print(f"dropoff: interrupted; {KEPT if request.settings.store else 'nothing was written'}", file=sys.stderr)
        return INTERRUPTED
    from sim.study.results import result_in
    from sim.verdict import account_lines, changes_lines, verdict_lines

    for warning in study.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for line in (*verdict_lines(study.verdict), "", *changes_lines(study.changes)):
        print(line)
    for line in (*_saturation(study.facts), *account_lines(result_in(out).run)):
        print(line)
    print(f"figures: {short(out / 'figures')}")
    print(f"results: {short(out)}")
    for failure in study.failures:
        where = f"{failure.arm}, replication {failure.replication}"
        print(f"failed: {where}: {' '.join(failure.reason.split())}", file=sys.stderr)
    return FAILED if study.failures else DONE


def _studied(request: Request, out: Path) -> "Study":
    from sim.study import run_study

    settings = request.settings
    return run_study(
        request.scenario,
        request.baseline,
        replications=settings.replications,
        checkpoints=settings.checkpoints,
        seed=settings.seed,
        executor=executor_from(settings),
        store=settings.store,
        record=settings.record,
        out=out,
        progress=True,
        inputs=request.inputs,
        finish=_draw,
    )


def _draw(study: "Study", folder: Path) -> None:
    from sim.report.figures import draw_figures

    families = study.replications.families()
    draw_figures(study.kpis, families, study.series, study.verdict, folder / "figures")
