"""The command line, one function a command (`dropoff --help` lists them); the only file that knows Hydra."""

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
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
  record=true             writes where everybody was, once a second, for `dropoff replay`; record=3: of pair 3 alone
  out=DIR                 where the result goes (results/runs/...)
  site.KEY=VALUE          changes the site in both arms: site.demand.pupils.cars=520 (or site.demand.cars=520)
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 bad input, 4 a replication failed, 130 interrupted."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without the letters for it
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
        print(f"dropoff: cannot read or write{where}: {error.strerror}; no half result is left", file=sys.stderr)
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
        description="What will this road change do to the drop-off jam at the gate, and does it keep its promise?",
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
    _add_export(commands)
    _add_drive(commands)

    _add_snapshot(commands)
    _add_replay(commands)

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
    record: bool | int
    out: Path
    inputs: tuple[Path, ...]


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
    request = _requested(arguments.overrides)
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


KEYS = ("scenario", "baseline", "study", "replications", "seed", "workers", "record", "out")


def _requested(words: Sequence[str]) -> Request:
    """Compose the defaults, both scenarios, their site and the words; raise BadInput with all faults."""
    from sim.scenario.faults import BadInput, Fault, near_miss
    from sim.scenario.places import shipped
    from sim.scenario.read import find, mapping, scenario_from

    given = _overrides(words)
    names = {"scenario": given.pop("scenario", "school/shapingba")}
    names["baseline"] = given.pop("baseline", f"{names['scenario'].rpartition('/')[0]}/baseline")
    found = {arm: find(name, key=arm) for arm, name in names.items()}
    files = tuple(dict.fromkeys(file for one in found.values() for file in (one.site_file, one.file)))
    for file in files:
        mapping(file)  # broken YAML is told in our words, not Hydra's
    if found["scenario"].site_file != found["baseline"].site_file:
        pair = " and ".join(names.values())
        raise BadInput(Fault("scenario, baseline", pair, "two scenarios of one site: only interventions may differ"))
    told = given.pop("out", None)  # a path is taken as it stands
    sizes = sorted(file.stem for file in (shipped("conf") / "study").glob("*.yaml"))
    if given.get("study", sizes[0]) not in sizes:
        raise BadInput(Fault("study", given["study"], "one of " + ", ".join(sizes), near_miss(given["study"], sizes)))
    config = _composed(names, given, found["scenario"].file.parent.parent.parent)
    out = config["out"] if told is None else told
    numbers = {key: _whole(key, config[key]) for key in ("replications", "seed", "workers")}
    arms = {arm: scenario_from(found[arm], config[arm], config["site"]) for arm in ("scenario", "baseline")}
    label = "-vs-".join(name.replace("/", "-") for name in (names["scenario"], names["baseline"]))
    default = Path("results", "runs", f"{datetime.now():%Y%m%d-%H%M%S}-{label}")
    return Request(
        arms["scenario"],
        arms["baseline"],
        numbers["replications"] or 0,
        numbers["seed"] or 0,
        numbers["workers"],
        config["record"] if isinstance(config["record"], bool) else _whole("record", config["record"]) or 0,
        default if out in (None, "", "null") else Path(str(out)).expanduser(),
        files,
    )


def _composed(names: dict[str, str], given: dict[str, str], root: Path) -> dict[str, Any]:
    """Let Hydra compose the defaults, the scenarios, their site and the words."""
    from hydra import compose, initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.places import shipped

    site = f"{names['scenario'].rpartition('/')[0]}/site"
    words = [f"hydra.searchpath=[file://{root}]"]
    words += [f"+scenarios@{arm}='{name}'" for arm, name in (*names.items(), ("site", site))]
    words += [f"{'++' if key.startswith('site.') else ''}{key}={value}" for key, value in given.items()]
    try:
        with initialize_config_dir(str(shipped("conf")), version_base="1.3"):
            config = OmegaConf.to_container(compose("config", words), resolve=True)
    except (HydraException, OmegaConfBaseException) as error:
        first = str(error).strip().splitlines()[0]
        raise BadInput(
            Fault("command line", " ".join(given.values()) or "these words", f"words that fit ({first})")
        ) from None
    assert isinstance(config, dict)
    return {str(key): value for key, value in config.items()}


def _whole(key: str, value: Any) -> int | None:
    from sim.scenario.faults import BadInput, Fault

    if value is None and key == "workers":
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(Fault(key, repr(value), "a whole number"))
    return value


def _overrides(words: Sequence[str]) -> dict[str, str]:
    """Return the words by their key, short names resolved; raise BadInput with every fault."""
    from sim.scenario.faults import BadInput, Fault, near_miss

    found: dict[str, str] = {}
    faults = []
    for word in words:
        key, equals, value = word.partition("=")
        key = ALIASES.get(key, key)
        if not key or not equals:
            faults.append(Fault("command line", word, "key=value, such as seed=7"))
        elif key not in KEYS and not key.startswith("site."):
            known = [*KEYS, *ALIASES]
            faults.append(Fault("command line", key, "one of " + ", ".join(KEYS) + ", site.KEY", near_miss(key, known)))
        elif key in found:
            faults.append(Fault("command line", word, f"{key} once"))
        else:
            found[key] = value
    if faults:
        raise BadInput(*faults)
    return found


# ---------------------------------------------------------------------- validate, list


def _validate(arguments: argparse.Namespace) -> int:
    from sim.interventions import resolve
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.places import folders
    from sim.scenario.read import load_scenario, names_in

    name: str = arguments.scenario.rstrip("/")
    names = [name]
    if "/" not in name:
        names = [n for root in folders("scenarios") for n in names_in(root) if n.startswith(f"{name}/")]
        if not names:
            raise BadInput(Fault("scenario", name or "nothing", "SITE/NAME or SITE, such as school/shapingba"))
    for each in dict.fromkeys(names):
        scenario = resolve(load_scenario(each))
        network = scenario.site.network
        done = ", ".join(scenario.done) or "no road changes"
        print(f"{each}: good: {len(network.links)} links, {len(network.curb_zones)} curb zones, {done}")
    return DONE


def _list(arguments: argparse.Namespace) -> int:
    from sim.interventions import listing
    from sim.scenario.places import folders
    from sim.scenario.read import mapping, names_in

    del arguments
    print("Scenarios")
    for root in folders("scenarios"):
        for name in names_in(root):
            print(f"  {name:28} {mapping(root / f'{name}.yaml').get('title', '')}")
    print("\nInterventions, with their fields, units and defaults")
    for line in listing():
        print(f"  {line}")
    return DONE


# ---------------------------------------------------------------------- snapshot


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
    from sim.report.films import pairs_in, read_pair
    from sim.report.still import draw_still
    from sim.scenario.faults import BadInput, Fault

    at_s = _time_of_day(arguments.at)
    if not arguments.radius.isdecimal() or not 20 <= int(arguments.radius) <= 5_000:
        raise BadInput(Fault("--radius", arguments.radius, "whole metres from 20 to 5000"))
    if arguments.pair is not None and not arguments.pair.isdecimal():
        raise BadInput(Fault("--pair", arguments.pair, "the number of a pair"))
    out: Path = arguments.out.expanduser()
    if out.is_dir() or not out.absolute().parent.is_dir():
        found = "a folder" if out.is_dir() else "no folder to put it into"
        raise BadInput(Fault(f"--out {out}", found, "a file in a folder that is there"))
    pair = (pairs_in(arguments.results) or [0])[0] if arguments.pair is None else int(arguments.pair)
    _, films = read_pair(arguments.results, pair)
    how = {"lang": arguments.lang, "around": arguments.around, "radius_m": float(arguments.radius)}
    try:
        draw_still(films, pair=pair, at_s=at_s, out=out, **how)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            raise
        raise BadInput(Fault(f"--out {out}", error.strerror or str(error), "a place to write to")) from None
    print(f"written: {_short(out)}")
    return DONE


def _time_of_day(told: str) -> int:
    """Return HH:MM or HH:MM:SS in seconds after midnight."""
    from sim.scenario.faults import BadInput, Fault

    parts = told.split(":")
    whole = [int(p) for p in parts if p.isascii() and p.isdecimal() and len(p) <= 2]
    if len(whole) != len(parts) or len(whole) not in (2, 3) or whole[0] > 23 or max(whole[1:]) > 59:
        raise BadInput(Fault("--at", ascii(told), "a time of day, HH:MM or HH:MM:SS, such as 08:05"))
    hours, minutes, seconds = (*whole, 0)[:3]
    return 3600 * hours + 60 * minutes + seconds


# ---------------------------------------------------------------------- new, import, replay, bench


def _add_new(commands: Any) -> None:
    from sim.formats.own_site import QUESTIONS

    new = commands.add_parser("new", help="write a commented site of one's own, from a few questions or options")
    new.add_argument("name", metavar="NAME")
    new.add_argument("--yes", action="store_true", help="ask nothing; take the defaults for what no option says")
    for name, question in QUESTIONS.items():
        new.add_argument(f"--{name.replace('_', '-')}", metavar="X", help=question.replace("%", "%%"))
    new.set_defaults(command=_new)


def _new(arguments: argparse.Namespace) -> int:
    from sim.formats.own_site import QUESTIONS, answers, shown, write_site
    from sim.interventions import resolve
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.places import NAME_EXPECTED, is_name
    from sim.scenario.read import load_scenario

    if not is_name(arguments.name):
        raise BadInput(Fault("NAME", ascii(arguments.name), NAME_EXPECTED))
    given = {name: value for name in QUESTIONS if (value := getattr(arguments, name)) is not None}
    if not (given or arguments.yes) and sys.stdin.isatty():
        for name, question in QUESTIONS.items():
            told = input(f"{question} [{shown(name)}] ").strip()
            if told:
                given[name] = told

    def check(root: Path) -> None:
        for scenario in ("baseline", "drop_off_bays"):
            resolve(load_scenario(f"{arguments.name}/{scenario}", root=root))

    folder = write_site(arguments.name, answers(given), Path("scenarios"), check)
    print(f"written: {_short(folder)}/site.yaml, baseline.yaml, drop_off_bays.yaml")
    print(f"next:    edit {_short(folder)}/site.yaml; dropoff validate {arguments.name}")
    print(f"then:    dropoff run scenario={arguments.name}/drop_off_bays baseline={arguments.name}/baseline")
    return DONE


def _add_import(commands: Any) -> None:
    imports = commands.add_parser("import", help="make a site from a map").add_subparsers(
        required=True, metavar="FORMAT"
    )
    osm = imports.add_parser("osm", help="from OpenStreetMap (XML or PBF)")
    osm.add_argument("file", metavar="FILE", type=Path)
    osm.add_argument("--around", required=True, metavar="NAME_OR_OSM_ID", help="the school: its name, or way/123")
    osm.add_argument("--radius", type=float, default=600.0, metavar="M", help="of the study area [m] (600)")
    osm.add_argument("--out", required=True, type=Path, metavar="DIR", help="the site's folder: scenarios/NAME")
    osm.add_argument("--pupils", type=int, metavar="N", help="if the map does not say")
    osm.add_argument(
        "--side", choices=("right", "left"), help="traffic keeps right or left, if not as the country does"
    )
    osm.set_defaults(command=_import_osm)
    sumo = imports.add_parser("sumo", help="from a SUMO network, routes and what stands beside them")
    sumo.add_argument("net", metavar="NET", type=Path, help="the network (.net.xml)")
    sumo.add_argument("routes", metavar="ROUTES", type=Path, help="routes, trips or flows (.rou.xml)")
    sumo.add_argument(
        "additional", metavar="ADDITIONAL", type=Path, nargs="*", help="more of them, types, stops, signals"
    )
    sumo.add_argument("--out", required=True, type=Path, metavar="DIR", help="the site's folder: scenarios/NAME")
    sumo.set_defaults(command=_import_sumo)


def _import_osm(arguments: argparse.Namespace) -> int:
    from sim.formats.osm import import_osm

    summary = import_osm(
        arguments.file,
        around=arguments.around,
        radius_m=arguments.radius,
        out=arguments.out,
        pupils=arguments.pupils,
        side=arguments.side,
    )
    for line in summary.lines():
        print(line)
    return DONE


def _add_export(commands: Any) -> None:
    exports = commands.add_parser("export", help="write a scenario for another program").add_subparsers(
        required=True, metavar="FORMAT"
    )
    sumo = exports.add_parser("sumo", help="plain files for SUMO: network, signals, stops, and one morning's demand")
    sumo.add_argument("scenario", metavar="SITE/NAME")
    sumo.add_argument("--seed", default="1", metavar="N", help="of all chance: the demand of replication 0 (1)")
    sumo.add_argument("--out", required=True, type=Path, metavar="DIR", help="a new folder")
    sumo.set_defaults(command=_export_sumo)


def _export_sumo(arguments: argparse.Namespace) -> int:
    from sim.interventions import resolve
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.read import load_scenario
    from sim.study.sumo import export_sumo

    if not (arguments.seed.isascii() and arguments.seed.isdecimal()):
        raise BadInput(Fault("--seed", ascii(arguments.seed), "a whole number from 0 on"))
    out: Path = arguments.out.expanduser()
    written = export_sumo(resolve(load_scenario(arguments.scenario)), seed=int(arguments.seed), out=out)
    for line in written.lines(_short(out)):
        print(line)
    return DONE


def _import_sumo(arguments: argparse.Namespace) -> int:
    from sim.formats.sumo import import_sumo

    summary = import_sumo(arguments.net, arguments.routes, arguments.additional, out=arguments.out)
    for line in summary.lines():
        print(line)
    print(f"next:    dropoff drive {_short(arguments.out)}")
    return DONE


def _add_drive(commands: Any) -> None:
    drive = commands.add_parser("drive", help="run a site whose trips are given, as `dropoff import sumo` makes it")
    drive.add_argument("site", metavar="DIR", type=Path, help="the site's folder")
    drive.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance (1)")
    drive.add_argument("--step", type=float, default=0.5, metavar="S", help="time step [s] (0.5)")
    drive.add_argument("--out", type=Path, metavar="FILE", help="a table of the trips: FILE.parquet")
    drive.set_defaults(command=_drive)


def _drive(arguments: argparse.Namespace) -> int:
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.trip_files import load_trip_site
    from sim.trips import run_trips, write_driven

    if arguments.step not in (1.0 / n for n in range(1, 11)):
        raise BadInput(
            Fault("--step", f"{arguments.step:g} s", "a second, or one part in 2 to 10: 0.5, 0.25, 0.2, 0.1")
        )
    out: Path | None = arguments.out
    if out is not None and (out.is_dir() or not out.absolute().parent.is_dir()):
        raise BadInput(Fault(f"--out {out}", "no place for a file", "a file in a folder that is there"))
    driven = run_trips(load_trip_site(arguments.site), seed=arguments.seed, dt_s=arguments.step)
    if out is not None:
        write_driven(driven, out)
    for line in driven.lines():
        print(line)
    return DONE if driven.complete else FAILED


def _add_replay(commands: Any) -> None:
    replay = commands.add_parser("replay", help="show a recorded pair, before and after, in a page for any browser")
    replay.add_argument("results", metavar="RESULTS", type=Path, help="a results folder made with record=true")
    replay.add_argument("--pair", type=int, default=0, metavar="N", help="the recorded pair (0)")
    replay.add_argument("--lang", default="en", metavar="en|zh", help="language at first; the page has both (en)")
    replay.add_argument("--out", type=Path, metavar="FILE", help="the page (RESULTS/replay-N.html)")
    replay.set_defaults(command=_replay)


def _replay(arguments: argparse.Namespace) -> int:
    from sim.report.replay import write_replay

    results: Path = arguments.results
    print(_short(write_replay(results, arguments.pair, language=arguments.lang, out=arguments.out)))
    return DONE


def _bench(arguments: argparse.Namespace) -> int:
    from sim.bench import lines

    for line in lines(as_json=arguments.json):
        print(line, flush=True)
    return DONE


if __name__ == "__main__":
    sys.exit(main())
