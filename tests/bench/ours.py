"""A SUMO case driven by our kernel, in a process of its own: `python -m tests.bench.ours ROUNDS CASE` (as JSON)."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sim.memory import collect_seldom, let_go
from tests.bench.cases import Case

if TYPE_CHECKING:
    from sim.scenario.trips import TripSite


def as_json(case: Case) -> str:
    """Return a case as the other process reads it."""
    return json.dumps(asdict(case), default=str)


def rounds(told: dict[str, Any], count: int) -> Iterator[dict[str, float]]:
    """Read a case once and drive it so many times; yield what each round took and moved."""
    from sim.formats.sumo import read_sumo

    net, first, *others = (Path(p) for p in (told["net"], *told["routes"], *told["additional"]))
    site, _ = read_sumo(net, first, others)
    for _ in range(count):
        yield drive(site, told["step_s"], told["end_s"])
        let_go()


def drive(site: "TripSite", step_s: float, end_s: float | None) -> dict[str, float]:
    """Return updates, the time in the kernel's calls and of the run [s], and vehicle-hours on the road.

    The clocks start with the first departure, as SUMO's `--begin` does.
    """
    import numpy as np

    from sim.trips import TripRun

    start = perf_counter()
    run = TripRun(site, dt_s=step_s)
    traffic, advance, kernel_s = run.traffic, run.traffic.run, 0.0

    def timed(until: int) -> None:
        nonlocal kernel_s
        begin = perf_counter()
        try:
            advance(until)
        finally:
            kernel_s += perf_counter() - begin

    if end_s is not None:
        run.last_tick = round(end_s / step_s)
    before = max(int(traffic.vehicles["due"].min()) - 1, 0)
    if before:
        advance(before)
    traffic.run = timed  # type: ignore[method-assign]
    run.run_through()
    run.forget()
    if run.failure is not None:
        raise SystemExit(f"failed: {run.failure}")
    took_s, now_s = perf_counter() - start, traffic.tick * step_s
    entered, left = (np.asarray(traffic.in_seconds(traffic.vehicles[name])) for name in ("entered", "left"))
    on_road = ~np.isnan(entered)
    spent_s = np.where(np.isnan(left), now_s, left)[on_road] - entered[on_road]
    return {
        "updates": float(traffic.facts()["updates"]),
        "kernel_s": kernel_s,
        "run_s": took_s,
        "vehicles": float(on_road.sum()),
        "arrived": float((~np.isnan(left)).sum()),
        "vehicle_h": float(spent_s.sum()) / 3600.0,
    }


if __name__ == "__main__":
    collect_seldom()
    for found in rounds(json.loads(sys.argv[2]), int(sys.argv[1])):
        print(json.dumps(found), flush=True)
