"""From files to a checked scenario: YAML and GeoJSON in, every fault named at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from sim.scenario.check import check_site
from sim.scenario.faults import BadInput, Fault, faults_of, near_miss, reason, told
from sim.scenario.fields import CONTROL
from sim.scenario.geojson import network_from_geojson
from sim.scenario.network import Network
from sim.scenario.places import folders
from sim.scenario.scenario import Planned, Scenario, Targets
from sim.scenario.site import Site

SITE_FILE = "site.yaml"
NAME = re.compile(r"[^\s/\\.][^\s/\\]*/[^\s/\\.][^\s/\\]*")
LARGEST_BYTES = 20_000_000
MOST_DEEP = 100
"""Lists and mappings within each other; a site nests eight deep."""
ALIASES = {"site.demand.cars": "site.demand.pupils.cars", "site.demand.enrolment": "site.demand.pupils.enrolment"}
"""Short names for keys that planners set often."""


@dataclass(frozen=True)
class Found:
    """A scenario's file and that of its site, both inside the same folder of scenarios."""

    name: str
    file: Path
    site_file: Path


def find(name: str, root: Path | None = None, key: str = "scenario") -> Found:
    """Return where the scenario "SITE/NAME" lies; raise BadInput if there is none, or the path leads elsewhere."""
    if not NAME.fullmatch(name):
        raise BadInput(Fault(key, name or "nothing", "SITE/NAME inside scenarios/, such as school/shapingba"))
    roots = [root.resolve()] if root is not None else folders("scenarios")
    for place in roots:
        file = place / f"{name}.yaml"
        if not file.is_file() or file.name == SITE_FILE:
            continue
        if not file.resolve().is_relative_to(place):
            raise BadInput(Fault(key, name, "a file inside scenarios/"))
        return Found(name, file, file.parent / SITE_FILE)
    known = [s for place in roots for s in names_in(place)]
    looked = ", ".join(str(r) for r in roots) or "no folder scenarios/"
    raise BadInput(Fault(key, name, f"a scenario in {looked}", near_miss(name, known)))


def names_in(root: Path) -> list[str]:
    """Return the names of all scenarios below a folder."""
    files = sorted(root.glob("*/*.yaml"))
    return [f"{f.parent.name}/{f.stem}" for f in files if f.name != SITE_FILE and not f.parent.name.startswith(".")]


def load_scenario(name: str, *, root: Path | str | None = None, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Return the scenario "SITE/NAME" from `scenarios/`, checked; its interventions are still to be applied.

    `overrides` are values by the path of their key, such as {"site.demand.pupils.cars": 520} or, in a list,
    {"site.network.crossings.0.control": "zebra"}. Raises BadInput with every fault found.
    """
    found = find(name, None if root is None else Path(root))
    site_mapping = mapping(found.site_file)
    for key, value in (overrides or {}).items():
        _override(site_mapping, key, value)
    return scenario_from(found, mapping(found.file), site_mapping)


def load_site(folder: Path | str) -> Site:
    """Return the checked site of a folder with a `site.yaml`; raises BadInput."""
    file = Path(folder) / SITE_FILE
    return site_from(mapping(file), file)


def _override(site: dict[str, Any], key: str, value: Any) -> None:
    """Set the value at the path of a key; a number in the path counts the entries of a list, from 0."""
    first, *path = ALIASES.get(key, key).split(".")
    if first != "site" or not path:
        raise BadInput(Fault("override", key, "a key of the site, such as site.demand.pupils.cars"))
    target: Any = site
    for n, part in enumerate(path):
        is_last = n + 1 == len(path)
        if isinstance(target, list):
            if not part.isdecimal() or int(part) >= len(target):
                raise BadInput(Fault("override", key, f"in place of {part!r} a number from 0 to {len(target) - 1}"))
            at: Any = int(part)
        elif isinstance(target, dict):
            at = part
            if not is_last:
                target.setdefault(part, {})
        else:
            raise BadInput(Fault("override", key, f"a key below {path[n - 1]}, which holds no keys"))
        if is_last:
            target[at] = value
        target = target[at]


# ---------------------------------------------------------------------- files


def mapping(file: Path) -> dict[str, Any]:
    """Return a YAML file's mapping; raises BadInput for a missing, unreadable or broken file."""
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise BadInput(Fault(str(file), f"{file.stat().st_size} bytes", f"a file of up to {LARGEST_BYTES} bytes"))
        text = file.read_text(encoding="utf-8")
        _bound(text)
        content = yaml.load(text, Loader=_Loader)
    except FileNotFoundError:
        raise BadInput(Fault(str(file), "no such file", "a YAML file")) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(Fault(str(file), reason(error), "a readable YAML file in UTF-8")) from None
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f" in line {error.problem_mark.line + 1}"
        raise BadInput(Fault(str(file), f"broken YAML{line}: {error.problem}", "valid YAML")) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadInput(Fault(str(file), f"broken YAML: {error}", "valid YAML")) from None
    if not isinstance(content, dict) or not all(isinstance(k, str) for k in content):
        raise BadInput(Fault(str(file), told(content), "a mapping of names to values"))
    return content


def _bound(text: str) -> None:
    """Raise yaml.MarkedYAMLError where YAML nests so deep that loading it would overflow the stack."""
    deep = 0
    for event in yaml.parse(text, Loader=_Loader):
        deep += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if deep > MOST_DEEP:
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem=f"nested more than {MOST_DEEP} deep", problem_mark=mark)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML in which a key stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:str" and key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value} stands twice", problem_mark=key.start_mark)
            seen.add(key.value if isinstance(key.value, str) else id(key))
        return dict(super().construct_mapping(node, deep=deep))


# ---------------------------------------------------------------------- from mappings to dataclasses


def scenario_from(found: Found, given: Mapping[str, Any], site_mapping: Mapping[str, Any]) -> Scenario:
    """Return a checked scenario from its own mapping and its site's; raises BadInput with the faults of both."""
    faults: list[Fault] = []
    head: dict[str, Any] = {}
    whole: Site | None = None
    try:
        head = _head(found, given)
    except BadInput as bad:
        faults += bad.faults
    try:
        whole = site_from(site_mapping, found.site_file)
    except BadInput as bad:
        faults += bad.faults
    if faults or whole is None:
        raise BadInput(*faults)
    return Scenario(name=found.name, site=whole, **head)


HEAD = ("title", "site", "contexts", "interventions", "targets")


def _head(found: Found, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a scenario's file says beside its site."""
    where = str(found.file)
    faults = [Fault(f"{where}: {key}", "an unknown key", "one of " + ", ".join(HEAD), near_miss(key, list(HEAD)))
              for key in given if key not in HEAD]  # fmt: skip
    title = given.get("title")
    if not isinstance(title, str) or not title.strip() or CONTROL.search(title):
        faults.append(Fault(f"{where}: title", told(title), "a title without control characters"))
    folder = found.file.parent.name
    if given.get("site", folder) != folder:
        faults.append(Fault(f"{where}: site", told(given["site"]), f"{folder}, the folder that the file lies in"))
    contexts = given.get("contexts") or []
    if contexts:
        faults.append(Fault(f"{where}: contexts", told(contexts), "none: no context is known yet"))
    planned: list[Planned] = []
    interventions = given.get("interventions") or []
    if not isinstance(interventions, list):
        faults.append(Fault(f"{where}: interventions", told(interventions), "a list"))
        interventions = []
    for n, item in enumerate(interventions):
        match item:
            case str() as name if name:
                planned.append(Planned(name=name, fields={}))
            case dict() if len(item) == 1 and isinstance(next(iter(item.values())), dict | None):
                name, values = next(iter(item.items()))
                odd = [key for key in values or {} if not isinstance(key, str)]
                expected = "names of fields, as dropoff list shows them"
                faults += [Fault(f"{where}: interventions.{n}.{name}", told(key), expected) for key in odd]
                if not odd:
                    planned.append(Planned(name=str(name), fields=dict(values or {})))
            case _:
                found_here = told(item)
                faults.append(
                    Fault(f"{where}: interventions.{n}", found_here, "one name with its fields: {name: {field: value}}")
                )
    targets = Targets()
    if given.get("targets") is not None:
        try:
            targets = TypeAdapter(Targets).validate_python(given["targets"])
        except ValidationError as error:
            faults += faults_of(error, f"{where}: targets", Targets)
    if faults:
        raise BadInput(*faults)
    return {"title": title, "planned": tuple(planned), "targets": targets}


def site_from(given: Mapping[str, Any], file: Path) -> Site:
    """Return a checked site; `network` and `drivers` may name files. Raises BadInput with every fault."""
    content = dict(given)
    faults: list[Fault] = []
    unread: set[str] = set()
    for key, read in (("network", _network), ("drivers", _drivers)):
        if isinstance(content.get(key), str):
            try:
                content[key] = read(content[key], file)
            except BadInput as bad:
                faults += bad.faults
                content.pop(key)
                unread.add(key)
    try:
        found = TypeAdapter(Site).validate_python(content)
    except ValidationError as error:
        missing = [f for f in faults_of(error, str(file), Site) if f.where.rpartition(": ")[2] not in unread]
        raise BadInput(*faults, *missing) from None
    faults += check_site(found, str(file))
    if faults:
        raise BadInput(*faults)
    return found


def _network(name: str, file: Path) -> Network:
    path = file.parent / name
    if not name.endswith(".geojson") or not path.resolve().is_relative_to(file.parent.resolve()):
        raise BadInput(Fault(f"{file}: network", name, "a network, or the name of a .geojson file beside it"))
    return network_from_geojson(path)


def _drivers(name: str, file: Path) -> dict[str, Any]:
    return population(name, f"{file}: drivers")


def population(name: str, where: str = "drivers") -> dict[str, Any]:
    """Return the mapping of a population of drivers from conf/drivers; raises BadInput."""
    files = [place / "drivers" / f"{name}.yaml" for place in folders("conf")]
    path = next((f for f in files if f.is_file()), None) if re.fullmatch(r"[\w-]+", name) else None
    if path is None:
        known = sorted({f.stem for file in files for f in file.parent.glob("*.yaml")})
        raise BadInput(Fault(where, name, "a population in conf/drivers: " + ", ".join(known), near_miss(name, known)))
    return mapping(path)
