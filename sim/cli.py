"""The command line: `dropoff run`, `validate`, `list`, `new`, `import osm`, `bench`; the only file that knows Hydra."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import __version__

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario
    from sim.study import Study

DONE, TROUBLE, BAD_INPUT, FAILED, INTERRUPTED = 0, 1, 2, 4, 130
"""Exit codes; 1 is also a gate's "failed" and 3 its "undecided"."""

ALIASES = {"site.demand.cars": "site.demand.pupils.cars", "site.demand.enrolment": "site.demand.pupils.enrolment"}
"""Short names on the command line for keys that planners set often."""

RUN_HELP = """\
words of the form key=value, in any order:
  scenario=SITE/NAME      what is to be judged (school/shapingba)
  baseline=SITE/NAME      what it is compared with (the site's own `baseline`)
  replications=N          pairs of simulated mornings (20); study=quick|standard|thorough sets 5, 20 or 60
  seed=N                  of all chance (1): the same seed gives the same bytes
  workers=N               processes (one for each core)
  out=DIR                 where the result goes (results/runs/...)
  site.KEY=VALUE          changes the site in both arms: site.demand.pupils.cars=520 (or site.demand.cars=520)
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 bad input, 4 a replication failed, 130 interrupted."""
    try:
        code = _main(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("dropoff: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone: that is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        return _explain(error)


def _explain(error: Exception) -> int:
    """Say what went wrong in the user's words; a traceback is for faults of this program alone."""
    from sim.scenario.faults import BadInput

    if isinstance(error, BadInput):
        for fault in error.faults:
            print(f"dropoff: {fault}", file=sys.stderr)
        return BAD_INPUT
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        print(f"dropoff: cannot read or write{where}: {error.strerror}; nothing was written", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # it may be standard output that is full
        return TROUBLE
    import traceback

    traceback.print_exception(error)
    print("dropoff: this is a bug in dropoff, not in your input: please report the lines above", file=sys.stderr)
    return TROUBLE


def _main(words: Sequence[str] | None) -> int:
    arguments = _parser().parse_args(words)
    command: Callable[[argparse.Namespace], int] = arguments.command
    return command(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dropoff",
        description="What will this road change do to the drop-off jam at the school gate, and does it keep its promise?",
        epilog="exit codes: 0 done, 1 trouble, 2 bad input, 4 a replication failed, 130 interrupted",
    )
    parser.add_argument("--version", action="version", version=f"dropoff {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="simulate a scenario against its baseline and judge the targets",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=RUN_HELP,
    )
    run.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    run.set_defaults(command=_run)

    validate = commands.add_parser("validate", help="check a scenario, or all of a site's, and say what is wrong")
    validate.add_argument("scenario", metavar="SITE/NAME")
    validate.set_defaults(command=_validate)

    listing = commands.add_parser("list", help="list the scenarios, and the interventions with their fields and units")
    listing.set_defaults(command=_list)

    _add_new(commands)
    _add_import(commands)

    bench = commands.add_parser("bench", help="measure how fast the kernel moves vehicles")
    bench.add_argument("--json", action="store_true", help="one line of JSON per case")
    bench.set_defaults(command=_bench)
    return parser


# ---------------------------------------------------------------------- run


@dataclass(frozen=True)
class Request:
    """What `dropoff run` was asked for."""

    scenario: "Scenario"
    baseline: "Scenario"
    replications: int
    seed: int
    workers: int | None
    out: Path
    inputs: tuple[Path, ...]


def _run(arguments: argparse.Namespace) -> int:
    request = _requested(arguments.overrides)
    from sim.study import run_study
    from sim.verdict import verdict_lines

    study = run_study(
        request.scenario,
        request.baseline,
        replications=request.replications,
        seed=request.seed,
        workers=request.workers,
        out=request.out,
        progress=True,
        inputs=request.inputs,
        finish=_draw,
    )
    for warning in study.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for line in verdict_lines(study.verdict):
        print(line)
    print(f"figures: {_short(request.out / 'figures')}")
    print(f"results: {_short(request.out)}")
    for failure in study.failures:
        where = f"{failure.arm}, replication {failure.replication}"
        print(f"failed: {where}: {' '.join(failure.reason.split())}", file=sys.stderr)
    return FAILED if study.failures else DONE


def _draw(study: "Study", folder: Path) -> None:
    from sim.report.figures import draw_figures

    draw_figures(study.kpis, study.trips, study.series, study.verdict, folder / "figures")


def _short(path: Path) -> str:
    """Return a path as one would type it here."""
    return os.path.relpath(path) if path.absolute().is_relative_to(Path.cwd()) else str(path)


# ---------------------------------------------------------------------- Hydra: from words to scenarios


def _requested(words: Sequence[str]) -> Request:
    """Compose the defaults, both scenarios, their site and the words; raise BadInput with all faults."""
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.read import scenario_file, scenario_from, site_mapping

    given = _overrides(words)
    names = {"scenario": _value(given.pop("scenario", "scenario=school/shapingba"))}
    names["baseline"] = _value(given.pop("baseline", f"baseline={names['scenario'].rpartition('/')[0]}/baseline"))
    files = {arm: scenario_file(name) for arm, name in names.items()}
    ...


def _overrides(words: Sequence[str]) -> dict[str, str]:
    """Return the words by their key, aliases resolved, values quoted where Hydra's grammar would stumble."""
    from sim.scenario.faults import BadInput, Fault

    found, faults = {}, []
    for word in words:
        key, equals, value = word.partition("=")
        bare = key.lstrip("+~")
        if not bare or not (equals or key.startswith("~")):
            faults.append(Fault("command line", word, "key=value, such as seed=7"))
        elif bare in found:
            faults.append(Fault("command line", word, f"{bare} once"))
        key = key.replace(bare, ALIASES.get(bare, bare))
        found[ALIASES.get(bare, bare)] = f"{key}{equals}{_quoted(bare, value)}"
    if faults:
        raise BadInput(*faults)
    return found
