"""`dropoff check`: the regression gate."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.words import DONE, FAILED, TROUBLE, UNDECIDED, short, whole

if TYPE_CHECKING:
    from sim.gate import Checked

CHECK_HELP = """\
An exact small case must give the same bytes; then the KPIs of each scenario are compared with those of the reference,
by intervals that hold together with 99 %: pass, if all lie within their margins (from 32 replications on, or all that a
smaller reference has), fail, if one lies beyond or is not defined any more, else replications are added up to N.
exit codes: 0 pass, 1 fail, 2 bad input, 3 undecided, 4 a replication failed
"""
REFERENCE = Path("results", "reference")
OPTIONS = (
    ("site", "SITE", "this site alone (all that have a reference)"),
    ("replications", "N", "simulate at most so many pairs (as many as the reference has)"),
    ("seed", "N", "other mornings than the reference's (its own, pair by pair)"),
    ("workers", "N", "processes (one for each core)"),
)
PLACES = {
    "markdown": "write a summary for a pull request",
    "junit": "write a test report (JUnit XML)",
}
RANGES = {"replications": (2, 100_000), "seed": (0, 2**63 - 2), "workers": (1, 1_024)}


def add(commands: Any) -> None:
    """Add the command to the parser."""
    check = commands.add_parser(
        "check",
        help="have the results drifted since the reference was made?",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=CHECK_HELP,
    )
    for name, metavar, told in OPTIONS:
        check.add_argument(f"--{name}", metavar=metavar, help=told)
    for name, told in PLACES.items():
        check.add_argument(f"--{name}", type=Path, metavar="FILE", help=told)
    check.add_argument("--reference", type=Path, metavar="DIR", default=REFERENCE, help=f"its folder ({REFERENCE})")
    check.add_argument("--update", action="store_true", help="make or renew the reference: with --site and --reason")
    check.add_argument("--reason", metavar="WHY", help="why it is renewed; it goes into the file")
    check.add_argument(
        "--scenario", metavar="SITE/NAME", action="append", help="what it is to hold (as before; all of the site)"
    )
    check.set_defaults(command=_check)


def _check(arguments: argparse.Namespace) -> int:
    numbers = _numbers(arguments)
    if arguments.update:
        return _update(arguments, numbers)
    from sim.gate import check, read_reference
    from sim.gate.telling import annotations, junit, lines, markdown, write_text
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.files import file_place

    given = [f"--{name}" for name in ("reason", "scenario") if getattr(arguments, name) is not None]
    if given:
        raise BadInput(*(Fault(name, "no --update", f"{name} together with --update") for name in given))
    told = {name: getattr(arguments, name) for name in PLACES}
    places = {name: file_place(file, f"--{name}") for name, file in told.items() if file is not None}
    files = _files(arguments)
    references = [read_reference(file) for file in files]
    others = [(file, r.site) for file, r in zip(files, references, strict=True) if r.site != file.stem]
    if others:
        raise BadInput(*(Fault(f"{file}: site", site, f"{file.stem}, as the file is called") for file, site in others))
    among = sum(len(case.watched) for reference in references for case in reference.cases.values())
    checks = [
        check(r, most=numbers["replications"], seed=numbers["seed"], workers=numbers["workers"], among=among)
        for r in references
    ]
    for line in lines(checks):
        print(line)
    for name, write in (("markdown", markdown), ("junit", junit)):
        if name in places:
            write_text(write(checks), places[name])
    if os.environ.get("GITHUB_ACTIONS"):
        for line in annotations(checks):
            print(line)
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            with open(summary, "a", encoding="utf-8") as page:
                page.write(markdown(checks) + "\n")
    return _code(checks)


def _code(checks: "list[Checked]") -> int:
    if any(c.failures for c in checks):
        return FAILED
    found = {c.outcome for c in checks}
    return TROUBLE if "fail" in found else UNDECIDED if "undecided" in found else DONE


def _numbers(arguments: argparse.Namespace) -> dict[str, int | None]:
    """Return the numbers that were given; raises BadInput with every fault."""
    from sim.scenario.faults import BadInput, Fault

    found: dict[str, int | None] = {}
    faults = []
    for name, (least, most) in RANGES.items():
        text = getattr(arguments, name)
        if text is None:
            found[name] = None
            continue
        found[name] = number = whole(text)
        if not least <= number <= most:
            faults.append(Fault(f"--{name}", ascii(text), f"a whole number from {least} to {most}"))
    if faults:
        raise BadInput(*faults)
    return found


def _files(arguments: argparse.Namespace) -> list[Path]:
    """Return the reference files that are asked for; raises BadInput if there are none."""
    from sim.scenario.faults import BadInput, Fault, near_miss

    folder: Path = arguments.reference
    files = sorted(folder.glob("*.json"))
    how = 'a reference; dropoff check --site SITE --update --reason "why" makes one'
    if arguments.site is not None:
        known = [file.stem for file in files]
        if arguments.site not in known:
            there = f"{arguments.site}, of which there is no reference in {short(folder)}"
            raise BadInput(Fault("--site", there, how, near_miss(arguments.site, known)))
        return [folder / f"{arguments.site}.json"]
    if not files:
        raise BadInput(Fault("--reference", f"{short(folder)}, in which there is no SITE.json", how))
    return files


def _update(arguments: argparse.Namespace, numbers: dict[str, int | None]) -> int:
    from sim.gate import read_reference, renewed, write_reference
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.files import file_place
    from sim.scenario.places import is_name

    site = arguments.site or ""
    faults = []
    if not (arguments.reason or "").strip():
        faults.append(Fault("--update", "no --reason", 'why the results moved: --reason "..."; it goes into the file'))
    if not is_name(site):
        faults.append(Fault("--update", ascii(arguments.site) if site else "no --site", "whose reference: --site SITE"))
    if faults:
        raise BadInput(*faults)
    file = arguments.reference / f"{site}.json"
    there = next(folder for folder in file.absolute().parents if folder.exists())
    file_place(there / file.name, "--reference")
    former = read_reference(file) if file.exists() else None
    scenarios = arguments.scenario or (list(former.cases) if former is not None else _scenarios_of(site))
    made = renewed(site, scenarios, reason=arguments.reason, former=former, **numbers)
    if isinstance(made, tuple):
        for failure in made:
            where = f"{failure.arm}, replication {failure.replication}"
            print(f"failed: {where}: {' '.join(failure.reason.split())}", file=sys.stderr)
        return FAILED
    write_reference(made, file)
    print(f"written: {short(file)}")
    return DONE


def _scenarios_of(site: str) -> list[str]:
    """Return the site's scenarios but the baseline."""
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.places import folders
    from sim.scenario.read import names_in

    names = dict.fromkeys(n for root in folders("scenarios") for n in names_in(root) if n.startswith(f"{site}/"))
    found = [n for n in names if n != f"{site}/baseline"]
    if not found:
        raise BadInput(Fault("--site", site, "a site with scenarios beside its baseline"))
    return found
