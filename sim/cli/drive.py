"""`dropoff drive` and `bench`: the traffic alone."""

import argparse
import os
from pathlib import Path
from typing import Any

from sim.cli.words import DONE, FAILED, seed_of


def add(commands: Any) -> None:
    """Add the commands to the parser."""
    drive = commands.add_parser("drive", help="run a site whose trips are given, as `dropoff import sumo` makes it")
    drive.add_argument("site", metavar="DIR", type=Path, help="the site's folder")
    drive.add_argument("--seed", default="1", metavar="N", help="of all chance (1)")
    drive.add_argument("--step", type=float, default=0.5, metavar="S", help="time step [s] (0.5)")
    drive.add_argument("--out", type=Path, metavar="FILE", help="a table of the trips: FILE.parquet")
    drive.set_defaults(command=_drive)

    bench = commands.add_parser("bench", help="measure how fast the kernel moves vehicles")
    bench.add_argument("--json", action="store_true", help="one line of JSON per case")
    bench.set_defaults(command=_bench)


def _drive(arguments: argparse.Namespace) -> int:
    from sim.kernel import tell_of_compiling
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.trip_files import load_trip_site
    from sim.trips import run_trips, write_driven

    if arguments.step not in (1.0 / n for n in range(1, 11)):
        raise BadInput(
            Fault("--step", f"{arguments.step:g} s", "a second, or one part in 2 to 10: 0.5, 0.25, 0.2, 0.1")
        )
    seed = seed_of(arguments.seed)
    out = None if arguments.out is None else _place_for(arguments.out, arguments.site)
    site = load_trip_site(arguments.site)
    tell_of_compiling()
    driven = run_trips(site, seed=seed, dt_s=arguments.step)
    if out is not None:
        write_driven(driven, out)
    for line in driven.lines():
        print(line)
    return DONE if driven.complete else FAILED


def _place_for(told: Path, site: Path) -> Path:
    """Return where a table told as `told` is written; raises BadInput where none can be, or over the site's own."""
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.files import file_place
    from sim.scenario.trip_files import SITE_FILES

    out = file_place(told, "--out")
    for own in (site / name for name in SITE_FILES):
        if out == own.resolve() or (os.path.exists(out) and own.exists() and own.samefile(out)):
            raise BadInput(Fault(f"--out {told}", f"the site's own {own.name}", "another file"))
    return out


def _bench(arguments: argparse.Namespace) -> int:
    from sim.bench import lines
    from sim.kernel import tell_of_compiling

    tell_of_compiling()
    for line in lines(as_json=arguments.json):
        print(line, flush=True)
    return DONE
