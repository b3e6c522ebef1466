"""`dropoff drive` and `bench`: the traffic alone."""

import argparse
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
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.trip_files import load_trip_site
    from sim.trips import run_trips, write_driven

    if arguments.step not in (1.0 / n for n in range(1, 11)):
        raise BadInput(
            Fault("--step", f"{arguments.step:g} s", "a second, or one part in 2 to 10: 0.5, 0.25, 0.2, 0.1")
        )
    seed = seed_of(arguments.seed)
    out: Path | None = arguments.out
    if out is not None and (out.is_dir() or not out.absolute().parent.is_dir()):
        raise BadInput(Fault(f"--out {out}", "no place for a file", "a file in a folder that is there"))
    driven = run_trips(load_trip_site(arguments.site), seed=seed, dt_s=arguments.step)
    if out is not None:
        write_driven(driven, out)
    for line in driven.lines():
        print(line)
    return DONE if driven.complete else FAILED


def _bench(arguments: argparse.Namespace) -> int:
    from sim.bench import lines

    for line in lines(as_json=arguments.json):
        print(line, flush=True)
    return DONE
