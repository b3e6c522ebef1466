"""The exact small case: a few minutes with some of the pupils, whose tables must be the same to the byte."""

from dataclasses import replace
from math import isclose
from typing import TYPE_CHECKING

from sim.demand import car_count
from sim.gate.compare import Outcome
from sim.gate.reference import DIGITS, Exact, Made
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.study import Study

SEED = 1
FEWER, LEAST_CARS = 8, 50
"""The small case has one in so many pupils and cars, more where these were fewer than 50 cars: a handful takes few of
the choices that there are. All arrive within its minutes."""
LEAD_S, MEASURED_S, TAIL_S = 120.0, 480.0, 60.0
"""[s] before the measured window, in it, and after it"""
CLOSE = 1e-9
"""Relative difference up to which values agree where bytes need not."""


def small(scenario: Scenario) -> Scenario:
    """Return the scenario over a short window around the pupils' mean arrival, with an eighth of them, or more."""
    site = scenario.site
    demand, pupils = site.demand, site.demand.pupils
    first = max(demand.window.start, min(pupils.arrival_mean - LEAD_S - MEASURED_S / 2.0, demand.window.end))
    window = replace(
        demand.window,
        start=first,
        measured_from=first + LEAD_S,
        measured_to=first + LEAD_S + MEASURED_S,
        end=first + LEAD_S + MEASURED_S + TAIL_S,
    )
    part = max(1, min(FEWER, car_count(pupils) // LEAST_CARS))
    cars = None if pupils.cars is None else max(1, pupils.cars // part)
    fewer = replace(
        pupils,
        enrolment=max(1, pupils.enrolment // part),
        cars=cars,
        gate_opens=min(max(pupils.gate_opens, window.start), window.end),
        bell=min(max(pupils.bell, window.start), window.end),
    )
    return replace(scenario, site=replace(site, demand=replace(demand, window=window, pupils=fewer)))


def exact_of(study: "Study") -> Exact:
    """Return the hashes of a small study's tables, and the means of its targets' KPIs and of their variants."""
    from sim.tables import table_hash

    values = {
        f"{arm} {kpi} {variant}": None if value != value else round(value, DIGITS)
        for arm, kpi, variant, value in study.kpis[["arm", "kpi", "variant", "value"]].itertuples(index=False)
    }
    return Exact(hashes={"trips": table_hash(study.trips), "series": table_hash(study.series)}, values=values)


def judged(now: Exact, then: Exact, here: Made, made: Made) -> tuple[Outcome, str]:
    """Say whether the small case is as it was, and in what sense: to the byte, or elsewhere to 1e-9."""
    differ = [n for n in {**then.hashes, **now.hashes} if now.hashes.get(n) != then.hashes.get(n)]
    if not differ:
        return "pass", "the same bytes"
    if here == made:
        return "fail", f"bytes differ: {' and '.join(differ)}"
    elsewhere = f"the reference was made with {_unlike(here, made)}, so values are compared instead of bytes: "
    moved = [name for name, value in then.values.items() if not _close(now.values.get(name), value)]
    if moved:
        return "fail", f"{elsewhere}{len(moved)} of {len(then.values)} differ by more than {CLOSE:g}, first {moved[0]}"
    return "pass", f"{elsewhere}they agree to {CLOSE:g}"


def _close(now: float | None, then: float | None) -> bool:
    if now is None or then is None:
        return now is then
    return isclose(now, then, rel_tol=CLOSE, abs_tol=10.0**-DIGITS)


def _unlike(here: Made, made: Made) -> str:
    """Return what was different where the reference was made."""
    packages = [
        f"{name} {version or 'missing'} (here {here.packages.get(name) or 'missing'})"
        for name, version in made.packages.items()
        if here.packages.get(name) != version
    ]
    return ", ".join([made.platform] * (made.platform != here.platform) + packages) or "other libraries"
