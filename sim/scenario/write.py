"""Writes a site's folder: `site.yaml`, to be edited by hand, and the network beside it as GeoJSON."""

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from sim.scenario.check_demand import hh_mm
from sim.scenario.drivers import Drivers
from sim.scenario.faults import BadInput
from sim.scenario.fields import Unit
from sim.scenario.files import appearing_file
from sim.scenario.geojson import network_to_geojson
from sim.scenario.network import Network
from sim.scenario.read import SITE_FILE, population
from sim.scenario.site import Site

NETWORK_FILE = "network.geojson"
HEADER = """\
# {title}
#
# Units are in the names: _m metres, _m2 square metres, _s seconds, _m_s metres per second, _km_h kilometres per hour,
# _veh_h vehicles per hour, _bus_h buses per hour; shares run from 0 to 1; times of day are written "07:40". Offsets
# (at_m, from_m, to_m) run along a link in its driving direction, from 0 at its start. What is left out has its default.

"""
SECTIONS = {
    "network": "the streets: nodes, links, signals, crossings and curb zones, in metres",
    "gate": "the school and what stands beside the street",
    "drivers": "how people drive: a population in conf/drivers",
    "demand": "who comes",
}
COMMENTS = {
    "section_m": "length, centred on the gate, on which the time past the gate is measured",
    "guardrails": "rails at the footway's edge, passable only at their ends",
    "waiting_areas": "where parents on foot hand the children over",
    "remote_parking": "where those who find nothing park; walk_m is the way to the gate",
    "window": "simulated from start to end; KPIs count who sets out in the measured window",
    "pupils": "cars: replaces enrolment x (car + taxi) / pupils per car, if given",
    "origins": "where the parents' cars come from; opposite_share of them stop across the street",
    "departures": "and where they go; opposite: the share of those who stop across the street, if not the same",
    "escort_shares": "brought by an adult: grades 1-2, 3-4 and 5-6",
    "times": "what people's own actions take; waiting for others is never set, it emerges",
    "choices": "how a driver picks a place to stop",
    "through": "traffic that serves no school, in the peak hour; without exit it turns by the turning shares",
    "profile": "shares of the peak hour's traffic, from this time on",
    "turning": "shares of the traffic on these links that turn left, go through and turn right",
    "bus_lines": "each stops in one curb zone",
}
BLOCKS = ("drivers", "demand", "window", "pupils", "times", "choices")
"""Mappings that take one line per key; all others stand on one line."""


def write_site(site: Site, folder: Path) -> None:
    """Write `site.yaml` and `network.geojson` into a folder, from which `load_site` reads an equal site."""
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / NETWORK_FILE, network_text(site.network))
    _replace(folder / SITE_FILE, site_text(site))


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with appearing_file(path) as new:
        new.write_text(text, encoding="utf-8")


def network_text(network: Network) -> str:
    """Return a network as GeoJSON, one feature a line."""
    content = network_to_geojson(network)
    features = ",\n  ".join(_json(feature) for feature in content["features"])
    head = f'"type": {_json(content["type"])},\n "dropoff": {_json(content["dropoff"])}'
    return f'{{{head},\n "features": [\n  {features}\n ]}}\n'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def site_text(site: Site) -> str:
    """Return a site as commented YAML that names its network's file."""
    values = _plain(site) | {"network": NETWORK_FILE}
    if _is_population(site.drivers):
        values["drivers"] = site.drivers.name
    first, last = ("name", "title", "network", "gate"), ("drivers", "demand")
    order = (*first, *(key for key in values if key not in (*first, *last)), *last)
    header = HEADER.format(title=" ".join(site.title.split()))
    return header + "\n".join(_lines({key: values[key] for key in order})) + "\n"


def _is_population(drivers: Drivers) -> bool:
    """Return whether these drivers are those that conf/drivers has under their name."""
    try:
        return TypeAdapter(Drivers).validate_python(population(drivers.name)) == drivers
    except (BadInput, ValidationError):
        return False


def _lines(mapping: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Yield a mapping's lines, each key with its comment."""
    for key, value in mapping.items():
        if not indent and key in SECTIONS:
            yield f"\n# {'-' * 20} {SECTIONS[key]}"
        if key in COMMENTS:
            yield f"{indent}# {COMMENTS[key]}"
        if isinstance(value, dict) and key in BLOCKS:
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{indent}{key}:"
            yield from (f"{indent}  - {_flow(item)}" for item in value)
        else:
            yield f"{indent}{key}: {_flow(value)}"


# ---------------------------------------------------------------------- values


def _plain(value: Any, *, of_day: bool = False, brief: bool = False) -> Any:
    """Return a dataclass as mappings, lists and scalars; `brief` leaves out what has its default.

    Optional fields without a value are left out always.
    """
    if is_dataclass(value) and not isinstance(value, type):
        clocks = _clocks(type(value))
        plain = {
            f.name: _plain(found, of_day=f.name in clocks, brief=f.name not in BLOCKS)
            for f in fields(value)
            if (found := getattr(value, f.name)) != f.default or not brief
        }
        return {key: v for key, v in plain.items() if v is not None}
    if isinstance(value, tuple | list):
        return [_plain(item, brief=True) for item in value]
    if of_day:
        return _TimeOfDay(hh_mm(value)) if value == int(value) else value
    if isinstance(value, float) and value == int(value):
        return int(value)
    return value


@lru_cache
def _clocks(kind: type[Any]) -> frozenset[str]:
    """Return the names of a dataclass's fields that are times of day."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if Unit("hh:mm") in getattr(hint, "__metadata__", ()))


def _flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    text = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9)
    return str(text).removesuffix("\n").removesuffix("\n...")


class _TimeOfDay(str):
    """A time of day, always quoted."""


class _Dumper(yaml.SafeDumper):
    """Safe YAML that repeats what occurs twice, and keeps a text on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    quoted = isinstance(text, _TimeOfDay) or not text.isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"' if quoted else None)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_TimeOfDay, _text)
