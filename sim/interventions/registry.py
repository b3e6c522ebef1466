"""The catalogue of road changes: found by their files, applied in order, listed with fields and units."""

from dataclasses import MISSING, fields, replace
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

import sim.interventions as package
from sim.interventions.base import Intervention
from sim.scenario.check import check_site
from sim.scenario.faults import BadInput, Fault, faults_of, near_miss
from sim.scenario.fields import Unit
from sim.scenario.scenario import Scenario

COSTS = ("cost_yuan", "green_taken_m2", "land_taken_m2", "trees_lost")


@lru_cache(maxsize=1)
def catalogue() -> dict[str, type[Intervention]]:
    """Return all road changes by name: one in each file of this package that defines one."""
    found: dict[str, type[Intervention]] = {}
    for module in sorted(m.name for m in iter_modules(package.__path__)):
        content = vars(import_module(f"{package.__name__}.{module}")).values()
        own = [
            c
            for c in content
            if isinstance(c, type) and issubclass(c, Intervention) and c.__module__.endswith(f".{module}")
        ]
        if own and own[0] is not Intervention:
            found[module] = own[0]
    return found


def resolve(scenario: Scenario) -> Scenario:
    """Return the scenario with its planned road changes applied in order; raises BadInput with every fault."""
    faults: list[Fault] = []
    done: list[str] = []
    changed = scenario
    for n, planned in enumerate(scenario.planned):
        where = f"{scenario.name}: interventions.{n}.{planned.name}"
        if planned.name not in catalogue():
            known = list(catalogue())
            faults.append(
                Fault(where, planned.name or "nothing", "one of " + ", ".join(known), near_miss(planned.name, known))
            )
            continue
        kind = catalogue()[planned.name]
        try:
            changed = TypeAdapter(kind).validate_python(planned.fields).apply(changed)
            done.append(planned.name)
        except ValidationError as error:
            faults += faults_of(error, where, kind)
        except BadInput as bad:
            faults += [replace(f, where=f"{where}.{f.where}") for f in bad.faults]
    if scenario.planned and not faults:
        faults += check_site(changed.site, scenario.name)
        warden = changed.policy.warden
        there = {zone.id for zone in changed.site.network.curb_zones}
        for id in warden.zones if warden else ():
            if id not in there:
                found = f"a warden at {id}, which a later road change takes away"
                faults.append(Fault(f"{scenario.name}: interventions", found, "the warden at zones that stay"))
    if faults:
        raise BadInput(*faults)
    return replace(changed, planned=(), done=(*scenario.done, *done))


def listing() -> list[str]:
    """Return the catalogue as lines of text: each road change with its fields, units and defaults."""
    lines = []
    for name, kind in catalogue().items():
        lines.append(f"{name}: {(kind.__doc__ or '').splitlines()[0]}")
        hints = get_type_hints(kind, include_extras=True)
        for f in sorted(fields(kind), key=lambda f: f.name in COSTS):
            lines.append(f"    {f.name} [{_unit(hints[f.name])}] {_default(f.default)}")
    return lines


def _default(value: Any) -> str:
    """Return what a field is where nobody sets it, as one would write it."""
    if value is MISSING:
        return "required"
    if value in (None, "", ()):
        return "optional"
    return f"default {'yes' if value else 'no'}" if isinstance(value, bool) else f"default {value}"


def _unit(hint: Any) -> str:
    """Return a field's unit, or what kind of thing it holds."""
    for part in (hint, *get_args(hint)):
        for extra in getattr(part, "__metadata__", ()):
            if isinstance(extra, Unit):
                return extra.name
    text = str(hint)
    for part in (hint, *get_args(hint)):
        if get_origin(part) is Literal:
            return " or ".join(get_args(part))
    for mark, word in (("bool", "yes/no"), ("tuple", "list"), ("str", "name")):
        if mark in text:
            return word
    return "1"
