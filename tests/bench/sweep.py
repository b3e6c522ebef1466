"""What a sweep costs beside its simulations: `python -m tests.bench.sweep [SCENARIOS] [REPLICATIONS]`.

Prints the speed-up of the sweep on all cores against one core that only simulates, beside that of a loop which does
nothing but compute; the overhead; how long a finished sweep takes to resume; and the memory over many replications.
"""

import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sim.interventions import resolve
from sim.model import simulate
from sim.scenario.read import load_scenario
from sim.study.executors import cores

ROOT = Path(__file__).resolve().parents[2]
STUDY = """\
title: A sweep to be timed
sites: [school]
scenarios: [bus_bay, shapingba]
grid:
  bus_bay.berths_added: {values}
replications: {replications}
"""
SAMPLE = 10
SPINS = 30_000_000


def spin(spins: int) -> None:
    """Do nothing but compute."""
    x = 1
    for _ in range(spins):
        x = (x * 1_103_515_245 + 12_345) & 0x7FFFFFFF


def wall_s(function, *arguments) -> float:
    """Return how long a call takes [s]."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def spun(processes: int) -> float:
    """Return how long so many processes take to compute `processes` times as much [s]."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(spin, [1000] * processes, chunksize=1)
        return wall_s(pool.map, spin, [SPINS] * processes, 1)


def simulated_s() -> float:
    """Return how long one replication takes a process that does nothing else [s], alone on the machine."""
    return wall_and_cpu_s()[0]


def busy_s() -> float:
    """Return how much processor time one replication takes [s] where every core simulates: they share its memory."""
    with multiprocessing.get_context("spawn").Pool(cores()) as pool:
        return sum(cpu for _, cpu in pool.starmap(wall_and_cpu_s, [()] * cores(), chunksize=1)) / cores()


def wall_and_cpu_s() -> tuple[float, float]:
    """Return how long one replication takes [s], and its processor time, on average over some of three worlds."""
    worlds = [resolve(load_scenario(name)) for name in ("school/baseline", "school/bus_bay", "school/shapingba")]
    simulate(worlds[0], seed=1, replication=0)
    start, cpu = time.perf_counter(), time.process_time()
    for n in range(SAMPLE):
        for world in worlds:
            simulate(world, seed=1, replication=n)
    runs = SAMPLE * len(worlds)
    return (time.perf_counter() - start) / runs, (time.process_time() - cpu) / runs


def sweep(folder: Path, *words: str) -> tuple[float, float, float]:
    """Return wall time and processor time of a sweep with its workers [s], and the parent's peak memory [MB]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", MEASURED, "sweep", f"study={folder / 'study.yaml'}", *words]
    start = time.perf_counter()
    run = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    wall = time.perf_counter() - start
    if run.returncode not in (0, 4):
        raise SystemExit(run.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, float(run.stderr.split("peak ")[-1]) / 1024.0


MEASURED = """
import resource, sys
from sim.cli import main
if __name__ == "__main__":
    code = main()
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
    sys.exit(code)
"""


def environment() -> dict[str, str]:
    """Return an environment with the sources of this checkout and no store from elsewhere."""
    return {k: v for k, v in os.environ.items() if k != "DROPOFF_STORE"} | {"PYTHONPATH": str(ROOT)}


def main(scenarios: int = 12, replications: int = 30) -> None:
    """Measure, and print."""
    tasks = (scenarios + 1) * replications
    one, busy = simulated_s(), busy_s()
    alone, together = spun(1), spun(cores())
    ideal = cores() * alone / together
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        values = list(range(scenarios // 2))
        (folder / "study.yaml").write_text(STUDY.format(values=values, replications=replications))
        wall, cpu, peak = sweep(folder)
        resumed, _, _ = sweep(folder)
        (folder / "study.yaml").write_text(STUDY.format(values=values[:1], replications=5 * replications))
        _, _, more = sweep(folder, "out=more")
    simulating = tasks * one
    print(f"one replication: {one:.3f} s; {tasks} of them on {cores()} cores: {wall:.1f} s, processors {cpu:.1f} s")
    print(
        f"speed-up {simulating / wall:.2f}, of a loop that only computes {ideal:.2f}: {simulating / wall / ideal:.2f}"
    )
    print(
        f"overhead: {100.0 * (cpu / (tasks * busy) - 1.0):.1f} % of the simulation's processor time,"
        f" which is {busy:.3f} s a replication with all cores at it"
    )
    print(f"a finished sweep resumes in {resumed:.2f} s")
    print(f"the parent's memory: {peak:.0f} MB; two scenarios, {5 * replications} replications: {more:.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
