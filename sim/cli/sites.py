"""`dropoff validate`, `list`, `new`, `import` and `export`: sites and what becomes of them."""

import argparse
import sys
from pathlib import Path
from typing import Any

from sim.cli.words import DONE, seed_of, short


def add(commands: Any) -> None:
    """Add the commands to the parser."""
    validate = commands.add_parser("validate", help="check a scenario, or all of a site's, and say what is wrong")
    validate.add_argument("scenario", metavar="SITE/NAME")
    validate.set_defaults(command=_validate)

    listing = commands.add_parser("list", help="list the scenarios, and the interventions with their fields and units")
    listing.set_defaults(command=_list)

    _add_new(commands)
    _add_import(commands)
    _add_export(commands)


def _validate(arguments: argparse.Namespace) -> int:
    from sim.interventions import resolve
    from sim.scenario.faults import BadInput, Fault, near_miss
    from sim.scenario.places import folders
    from sim.scenario.read import load_scenario, names_in
    from sim.scenario.trip_files import TRIPS_FILE

    name: str = arguments.scenario.rstrip("/")
    names = [name]
    if "/" not in name:
        roots = folders("scenarios")
        known = [n for root in roots for n in names_in(root)]
        names = [n for n in known if n.startswith(f"{name}/")]
        if not names:
            for place in (root / name for root in roots):
                if (place / TRIPS_FILE).is_file():
                    found = f"{name}, a site whose trips are given"
                    raise BadInput(Fault("scenario", found, f"a school's site; for this one: dropoff drive {place}"))
            looked = ", ".join(map(str, roots)) or "no folder scenarios/"
            near = near_miss(name, [n.partition("/")[0] for n in known])
            raise BadInput(Fault("scenario", name or "nothing", f"SITE/NAME, or a site in {looked}", near))
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


def _add_new(commands: Any) -> None:
    from sim.formats.own_site import QUESTIONS

    new = commands.add_parser("new", help="write a commented site of one's own, from a few questions or options")
    new.add_argument("name", metavar="NAME")
    new.add_argument("--yes", action="store_true", help="ask nothing; take the defaults for what no option says")
    for name, question in QUESTIONS.items():
        new.add_argument(f"--{name.replace('_', '-')}", metavar="X", help=question.replace("%", "%%"))
    new.set_defaults(command=_new)


def _new(arguments: argparse.Namespace) -> int:
    from sim.formats.own_site import QUESTIONS, answers, free_folder, overload, write_site
    from sim.interventions import resolve
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.places import NAME_EXPECTED, is_name
    from sim.scenario.read import load_scenario

    if not is_name(arguments.name):
        raise BadInput(Fault("NAME", ascii(arguments.name), NAME_EXPECTED))
    free_folder(Path("scenarios"), arguments.name)  # told before anything is asked
    given = {name: value for name in QUESTIONS if (value := getattr(arguments, name)) is not None}
    if not (given or arguments.yes) and sys.stdin.isatty():
        given = _asked()

    def check(root: Path) -> None:
        for scenario in ("baseline", "drop_off_bays"):
            resolve(load_scenario(f"{arguments.name}/{scenario}", root=root))

    school = answers(given)
    folder = write_site(arguments.name, school, Path("scenarios"), check)
    print(f"written: {short(folder)}/site.yaml, baseline.yaml, drop_off_bays.yaml")
    if (too_much := overload(school)) is not None:
        print(f"warning: {too_much}: a jam will grow", file=sys.stderr)
    print(f"next:    edit {short(folder)}/site.yaml; dropoff validate {arguments.name}")
    print(f"then:    dropoff run scenario={arguments.name}/drop_off_bays baseline={arguments.name}/baseline")
    return DONE


def _asked() -> dict[str, str]:
    """Return what was answered, by the name of the question; who ends the input interrupts."""
    from sim.formats.own_site import QUESTIONS, shown

    given: dict[str, str] = {}
    for name, question in QUESTIONS.items():
        try:
            told = input(f"{question} [{shown(name, given)}] ").strip()
        except EOFError:
            print(file=sys.stderr)
            raise KeyboardInterrupt from None
        if told:
            given[name] = told
    return given


def _add_import(commands: Any) -> None:
    imports = commands.add_parser("import", help="make a site from OpenStreetMap or SUMO files").add_subparsers(
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
    sumo.add_argument("--begin", metavar="TIME", help="leave out who departs before it [s, or h:m:s]")
    sumo.add_argument("--end", metavar="TIME", help="leave out who departs at this time, or after it")
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


def _import_sumo(arguments: argparse.Namespace) -> int:
    from sim.formats.sumo import import_sumo, within

    asked_s = within(arguments.begin, arguments.end)
    summary = import_sumo(arguments.net, arguments.routes, arguments.additional, out=arguments.out, within_s=asked_s)
    for line in summary.lines():
        print(line)
    print(f"next:    dropoff drive {short(arguments.out)}")
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
    from sim.scenario.files import at_home
    from sim.scenario.read import load_scenario
    from sim.study.sumo import export_sumo

    seed = seed_of(arguments.seed)
    out = at_home(arguments.out, "--out")
    written = export_sumo(resolve(load_scenario(arguments.scenario)), seed=seed, out=out)
    for line in written.lines(short(out)):
        print(line)
    return DONE
