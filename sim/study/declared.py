"""A declared study: sites x scenarios x values of parameters, from its YAML to the comparisons that it stands for."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from sim.scenario.faults import BadInput, Fault, faults_of, near_miss
from sim.scenario.fields import STRICT
from sim.scenario.files import at_home
from sim.scenario.places import folders
from sim.scenario.read import find, load_scenario, mapping
from sim.scenario.scenario import Scenario
from sim.study.comparison import Comparison, compared

FOLDER = "sweep"
"""Below conf/, where declared studies lie."""
MOST_COMPARISONS = 100_000
LONGEST_FOLDER = 100
"""[letters] of a comparison's folder"""


@checked(config=STRICT, frozen=True, kw_only=True)
class Declared:
    """What the YAML of a study says.

    Each scenario of each site is compared with that site's `baseline`. `grid` holds lists of values: a key that begins
    with `site.` is set in both arms, `INTERVENTION.FIELD` in each scenario that has this road change.
    """

    title: str
    sites: tuple[str, ...] = Field(min_length=1)
    scenarios: tuple[str, ...] = Field(min_length=1)
    baseline: str = "baseline"
    grid: dict[str, tuple[Any, ...]] = Field(default_factory=dict)
    replications: int | None = None
    checkpoints: tuple[int, ...] | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Cell:
    """One comparison of a study, by the values that make it, and the folder that its result goes to."""

    comparison: Comparison
    label: str
    values: Mapping[str, Any]
    folder: str


def find_study(name: str) -> Path:
    """Return the file of a declared study, by its name in conf/sweep/ or by its path; raises BadInput."""
    path = at_home(name, "study")
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise BadInput(Fault("study", name, "a file that is there"))
        return path
    files = [file for place in folders("conf") for file in sorted((place / FOLDER).glob("*.yaml"))]
    for file in files:
        if file.stem == name:
            return file
    known = sorted({file.stem for file in files})
    expected = f"a YAML file, or a study in conf/{FOLDER}: {', '.join(known)}"
    raise BadInput(Fault("study", name or "nothing", expected, near_miss(name, known)))


def read_study(file: Path) -> Declared:
    """Return what a study's file says; raises BadInput with every fault."""
    given = mapping(file)
    lists = {key: tuple(v) if isinstance(v, list) else v for key, v in given.items()}
    if isinstance(given.get("grid"), dict):
        lists["grid"] = {key: tuple(v) if isinstance(v, list) else v for key, v in given["grid"].items()}
    try:
        declared = TypeAdapter(Declared).validate_python(lists)
    except ValidationError as error:
        raise BadInput(*faults_of(error, str(file), Declared)) from None
    faults = [
        Fault(f"{file}: {key}", "nothing" if not values else "a value twice", "a list of different values")
        for key, values in (("sites", declared.sites), ("scenarios", declared.scenarios), *declared.grid.items())
        if not values or len({repr(v) for v in values}) < len(values)
    ]
    faults += [
        Fault(f"{file}: grid", key, "a key like site.demand.pupils.cars or INTERVENTION.FIELD")
        for key in declared.grid
        if not re.fullmatch(r"site(\.\w+)+|(?!site\.)\w+\.\w+", key)
    ]
    if faults:
        raise BadInput(*faults)
    return declared


def cells_of(
    declared: Declared,
    where: str,
    *,
    replications: int,
    checkpoints: tuple[int, ...],
    seed: int,
    overrides: Mapping[str, Any] | None = None,
) -> tuple[list[Cell], tuple[Path, ...]]:
    """Return a study's comparisons and the files that they were read from; raises BadInput with every fault found.

    `overrides` are values of the site for all of them.
    """
    of_site = {key: values for key, values in declared.grid.items() if key.startswith("site.")}
    of_change = {key: values for key, values in declared.grid.items() if key not in of_site}
    plans: list[tuple[Scenario, Scenario, dict[str, Any], dict[str, Any]]] = []
    faults: list[Fault] = []
    files: dict[Path, None] = {}
    used: set[str] = set()
    for site, set_site in itertools.product(declared.sites, _combinations(of_site)):
        for name in declared.scenarios:
            try:
                found = [find(f"{site}/{each}", key=where) for each in (declared.baseline, name)]
                files.update(dict.fromkeys(f for one in found for f in (one.site_file, one.file)))
                given = {**(overrides or {}), **set_site}
                baseline, scenario = (load_scenario(one.name, overrides=given) for one in found)
            except BadInput as bad:
                faults += bad.faults
                continue
            own = {key: v for key, v in of_change.items() if _has(scenario, key)}
            used |= set(own)
            plans += [(baseline, scenario, set_site, set_change) for set_change in _combinations(own)]
    if not faults:
        known = sorted({planned.name for _, scenario, _, _ in plans for planned in scenario.planned})
        for key in of_change:
            if key not in used:
                change = key.partition(".")[0]
                expected = f"a road change of one of these scenarios: {', '.join(known) or 'they have none'}"
                faults.append(Fault(f"{where}: grid.{key}", change, expected, near_miss(change, known)))
    if len(plans) > MOST_COMPARISONS:
        faults.append(Fault(where, f"{len(plans)} comparisons", f"up to {MOST_COMPARISONS}"))
    cells: list[Cell] = []
    for baseline, scenario, set_site, set_change in plans if not faults else ():
        try:
            cells.append(
                cell_of(
                    named(_changed(scenario, set_change), {**set_site, **set_change}),
                    named(baseline, set_site),
                    values={**set_site, **set_change},
                    seed=seed,
                    replications=replications,
                    checkpoints=checkpoints,
                    family=len(plans),
                )
            )
        except BadInput as bad:
            faults += bad.faults
    if faults:
        raise BadInput(*dict.fromkeys(faults))
    return cells, tuple(files)


def cell_of(scenario: Scenario, baseline: Scenario, *, values: Mapping[str, Any], **how: Any) -> Cell:
    """Return a comparison with its label and folder; `how` goes to `compared`. Raises BadInput."""
    comparison = compared(scenario, baseline, **how)
    return Cell(comparison, scenario.name, values, folder_name(scenario.name))


def folder_name(label: str) -> str:
    """Return a folder's name for a label: its letters, digits and a few signs; a long one is cut, with a hash."""
    name = re.sub(r"[^\w.=+-]+", "-", label).strip("-.")
    if len(name) <= LONGEST_FOLDER and name != "":
        return name
    return f"{name[:LONGEST_FOLDER]}-{sha256(label.encode()).hexdigest()[:8]}"


def _combinations(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def _has(scenario: Scenario, key: str) -> bool:
    return any(planned.name == key.partition(".")[0] for planned in scenario.planned)


def _changed(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Return a scenario with fields of its road changes set."""
    planned = [
        replace(
            p,
            fields={**p.fields, **{k.partition(".")[2]: v for k, v in values.items() if k.partition(".")[0] == p.name}},
        )
        for p in scenario.planned
    ]
    return replace(scenario, planned=tuple(planned))


def named(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Return the scenario under a name that tells the values that were set."""
    told = ", ".join(f"{key.removeprefix('site.')}={value}" for key, value in values.items())
    return replace(scenario, name=f"{scenario.name} ({told})") if told else scenario
