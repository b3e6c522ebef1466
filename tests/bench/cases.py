"""What is raced: one street of a school, the same many times, grids full of vehicles, and Bologna; SUMO's own files."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(os.environ.get("DROPOFF_SHARED", Path(__file__).resolve().parents[3] / "shared"))
"""Where the street's generator and Bologna lie; none of it belongs to this repository."""
STREET_BEGINS_S, STREET_ENDS_S = 27_000.0, 40_000.0
TILES = (1, 4, 16, 64)
GRIDS = (300, 1_000, 10_000, 50_000)
"""Vehicles; all set out within the first minute."""
GRID_LASTS_S = 300.0
"""The same for all grids: their signals switch together, so what an update costs swings with a cycle of 90 s."""


@dataclass(frozen=True)
class Case:
    """A network with demand, the step [s], and from when to when [s]; `end_s` None: until everybody has left."""

    name: str
    net: Path
    routes: tuple[Path, ...]
    additional: tuple[Path, ...]
    step_s: float
    begin_s: float
    end_s: float | None


def cases(folder: Path, home: Path) -> Iterator[Case]:
    """Build one case after the other into a folder with SUMO's tools, and yield it; tell which lack their data."""
    generator = SHARED / "bench" / "sumo_street.py"
    if not generator.is_file():
        print(f"no {generator}: streets and grids are left out", file=sys.stderr)
    else:
        for tiles in TILES:
            yield built(generator, home, folder / f"street{tiles}", ["school", "--tiles", str(tiles)])
        for vehicles in GRIDS:
            yield built(generator, home, folder / f"grid{vehicles}", ["grid", str(vehicles)], GRID_LASTS_S)
    bologna = SHARED / "data" / "bologna_acosta"
    if not bologna.is_dir():
        print(f"no {bologna}: Bologna is left out", file=sys.stderr)
        return
    for step_s in (0.5, 1.0):
        yield Case(
            f"Bologna, step {step_s:g} s",
            bologna / "acosta_buslanes.net.xml",
            (bologna / "acosta.rou.xml", bologna / "acosta_busses.rou.xml"),
            tuple(bologna / f"acosta_{what}.add.xml" for what in ("vtypes", "bus_stops", "tls")),
            step_s,
            0.0,
            None,
        )


def built(generator: Path, home: Path, out: Path, words: list[str], lasts_s: float | None = None) -> Case:
    """Return a street or a grid of the generator's."""
    kind, *rest = words
    env = dict(os.environ, SUMO_HOME=str(home))
    subprocess.run([sys.executable, str(generator), kind, str(out), *rest], env=env, check=True, capture_output=True)
    begin_s, end_s = (0.0, lasts_s) if lasts_s else (STREET_BEGINS_S, None)
    name = f"street x {rest[-1]}" if kind == "school" else f"grid, {int(rest[-1]):,} vehicles"
    return Case(name, out / "s.net.xml", (out / "s.rou.xml",), (out / "s.add.xml",), 0.5, begin_s, end_s)
