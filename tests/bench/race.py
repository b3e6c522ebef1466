"""Our kernel against SUMO on the same networks and demand, in the same run: `python -m tests.bench.race [TABLE.md]`.

The two take turns, on one core each, without any output. An update is one vehicle moved by one step: SUMO's own count
and rate from its log, ours as `dropoff bench` defines them. The time of all is a process's, from its start to its end.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.cases import Case, cases
from tests.bench.ours import as_json
from tests.sumo import find

TURNS, ENOUGH_S = 3, 60.0
"""How often each case is raced, unless it takes longer [s]; the best of each side counts, for others only disturb."""
POLL_S = 0.01
ROUNDS = 2
"""Runs in one of our processes: the second finds everything loaded."""
SIXTY = 60
FLAT = 1.2
AT_ONCE = 2
HEAD = (
    "| case | vehicles | SUMO, M updates/s | ours | ratio | SUMO, vehicle-hours | ours | SUMO, all s | ours"
    " | SUMO, MB | ours |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Lap:
    """One process: updates a second, the time of one run alone and of all [s], peak memory [MB], vehicle-hours."""

    updates_per_s: float
    run_s: float
    all_s: float
    peak_mb: float
    vehicles: int
    vehicle_h: float | None


def timed(words: Sequence[str]) -> tuple[str, float, float]:
    """Run a process alone on a core; return what it said, how long it took [s], and its peak memory [MB]."""
    with tempfile.TemporaryFile("w+") as said:
        begin = time.perf_counter()
        process = subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT)
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        peak_mb = 0.0
        while process.poll() is None:
            peak_mb = max(peak_mb, memory_mb(process.pid))
            time.sleep(POLL_S)
        took = time.perf_counter() - begin
        said.seek(0)
        text = said.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(words[:4])} ...: exit code {process.returncode}\n{text}")
    return text, took, peak_mb


def memory_mb(pid: int) -> float:
    """Return the most memory that a process has held so far [MB]; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024.0 if found else 0.0


def words_for_sumo(sumo: Path, case: Case, seed: int = 1) -> list[str]:
    """Return SUMO's command line for a case: no outputs, nobody teleported."""
    words = [str(sumo), "-n", str(case.net), "-r", ",".join(map(str, case.routes))]
    words += ["-a", ",".join(map(str, case.additional)), "--step-length", f"{case.step_s:g}", "--seed", str(seed)]
    words += ["--begin", f"{case.begin_s:g}", "--no-step-log", "--duration-log.statistics", "--time-to-teleport", "-1"]
    return words if case.end_s is None else [*words, "--end", f"{case.end_s:g}"]


def words_for_us(case: Case, rounds: int) -> list[str]:
    """Return our command line for a case."""
    return [sys.executable, "-m", "tests.bench.ours", str(rounds), as_json(case)]


def sumos_lap(sumo: Path, case: Case) -> Lap:
    """Let SUMO run a case."""
    text, took, peak = timed(words_for_sumo(sumo, case))
    vehicles, rate = int(told("Inserted", text)), float(told("UPS", text))
    runs_s, mean_s = (float(told("Duration", text, unit)) for unit in ("s", ""))
    return Lap(rate, runs_s, took, peak, vehicles, None if case.end_s else mean_s * vehicles / 3600.0)


def told(what: str, log: str, unit: str = "") -> str:
    """Return the first number that SUMO's log tells under a name and in a unit; vehicles come before people."""
    found = re.search(rf"^ {what}: ([\d.]+){unit}(?:\s|$)", log, re.MULTILINE)
    if found is None:
        raise SystemExit(f"SUMO's log tells no {what}:\n{log}")
    return found[1]


def our_lap(case: Case) -> Lap:
    """Run a case in our kernel."""
    text, took, peak = timed(words_for_us(case, ROUNDS))
    found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    best = max(found, key=lambda f: f["updates"] / f["kernel_s"])
    hours = None if case.end_s else best["vehicle_h"]
    rate, run_s = best["updates"] / best["kernel_s"], min(f["run_s"] for f in found)
    return Lap(rate, run_s, took - sum(f["run_s"] for f in found[1:]), peak, int(best["vehicles"]), hours)


def raced(sumo: Path, case: Case) -> tuple[Lap, Lap]:
    """Let both run a case in turns; return what each did best."""
    laps: list[tuple[Lap, Lap]] = []
    while len(laps) < TURNS and sum(a.all_s + b.all_s for a, b in laps) < ENOUGH_S:
        laps.append((sumos_lap(sumo, case), our_lap(case)))
    return best([theirs for theirs, _ in laps]), best([ours for _, ours in laps])


def best(laps: Sequence[Lap]) -> Lap:
    """Return the lap with the most updates a second, with the shortest times of all."""
    fastest = max(laps, key=lambda lap: lap.updates_per_s)
    return replace(fastest, run_s=min(lap.run_s for lap in laps), all_s=min(lap.all_s for lap in laps))


def row(case: Case, theirs: Lap, ours: Lap) -> str:
    """Return a case's line of the table."""
    hours = ["-" if lap.vehicle_h is None else f"{lap.vehicle_h:,.1f}" for lap in (theirs, ours)]
    return (
        f"| {case.name} | {ours.vehicles:,} | {theirs.updates_per_s / 1e6:.3f} | {ours.updates_per_s / 1e6:.2f}"
        f" | {ours.updates_per_s / theirs.updates_per_s:.1f} | {hours[0]} | {hours[1]}"
        f" | {theirs.all_s:.2f} | {ours.all_s:.2f} | {theirs.peak_mb:.0f} | {ours.peak_mb:.0f} |"
    )


def sixty(sumo: Path, case: Case) -> tuple[float, float]:
    """Return how long [s] sixty runs take SUMO, and us, two at a time, start-up included."""
    begin = time.perf_counter()
    waiting = [words_for_sumo(sumo, case, seed) for seed in range(SIXTY)]
    running: list[subprocess.Popen[bytes]] = []
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            running.append(subprocess.Popen(waiting.pop(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        running = [p for p in running if p.poll() is None]
    theirs_s, begin = time.perf_counter() - begin, time.perf_counter()
    processes = [
        subprocess.Popen(words_for_us(case, SIXTY // AT_ONCE), stdout=subprocess.DEVNULL) for _ in range(AT_ONCE)
    ]
    if any(p.wait() for p in processes):
        raise SystemExit("one of our runs failed")
    return theirs_s, time.perf_counter() - begin


def held(what: str, found: float, goal: float) -> str:
    """Return a line that says whether a goal is reached."""
    reached = found >= goal
    return f"* {what}: {found:.3g} times; goal {goal:g}: {'reached' if reached else 'not reached'}"


def goals(sumo: Path, results: dict[str, tuple[Case, Lap, Lap]]) -> Iterator[str]:
    """Yield what became of the goals."""
    for name, (_, theirs, ours) in results.items():
        if name == "street x 16" or name.startswith("Bologna"):
            yield held(f"updates/s over SUMO's, {name}", ours.updates_per_s / theirs.updates_per_s, 50.0)
    if "street x 1" in results:
        case, theirs, ours = results["street x 1"]
        yield held("one SUMO run of the street over one more of ours", theirs.run_s / ours.run_s, 20.0)
        theirs_s, ours_s = sixty(sumo, case)
        what = f"sixty runs of the street, two at a time, SUMO's {theirs_s:.1f} s over our {ours_s:.1f} s"
        yield held(what, theirs_s / ours_s, 10.0)
    for kind, what in (("grid", "grids"), ("street", "street, where the work is the same")):
        rates = [ours.updates_per_s for name, (_, _, ours) in results.items() if name.startswith(kind)]
        if rates:
            cost = max(rates) / min(rates)
            held_flat = "reached" if cost <= FLAT else "not reached"
            yield f"* our cost per update on the {what}, greatest over least: {cost:.2f}; goal {FLAT:g}: {held_flat}"


def main(table: Path | None) -> None:
    """Race all cases, print each as it ends, and write the table if one is named."""
    sumo = find("sumo")
    if sumo is None:
        print("SUMO is not installed (package eclipse-sumo, SUMO_HOME or the path): there is nobody to race against")
        return
    words = "" if table is None else table.read_text(encoding="utf-8").partition("<!-- table -->")[0]
    lines, results = [HEAD], {}
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(Path(folder), sumo.parent.parent):
            results[case.name] = (case, *raced(sumo, case))
            lines.append(row(*results[case.name]))
            print(lines[-1], flush=True)
        lines += ["", *goals(sumo, results)]
    print("\n".join(lines[len(results) + 1 :]))
    if table is not None:
        table.write_text(f"{words}<!-- table -->\n\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
