"""Reads and writes a site of given trips: `trips.json`, one trip a line, and the network beside it as GeoJSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sim.scenario.check_trips import check_trips
from sim.scenario.drivers import Drivers
from sim.scenario.faults import BadInput, Fault, faults_of
from sim.scenario.files import appearing_file, json_in
from sim.scenario.geojson import network_from_geojson
from sim.scenario.read import population
from sim.scenario.trips import TripSite
from sim.scenario.write import NETWORK_FILE, network_text

TRIPS_FILE = "trips.json"
IMPORT_FILE = "import.txt"
"""What the import told."""
SITE_FILES = (TRIPS_FILE, NETWORK_FILE, IMPORT_FILE)
SCHEMA = 1


def write_trip_site(site: TripSite, folder: Path) -> None:
    """Write both files into a folder, from which `load_trip_site` reads an equal site."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in ((NETWORK_FILE, network_text(site.network)), (TRIPS_FILE, "".join(_lines(site)))):
        with appearing_file(folder / name) as new:
            new.write_text(text, encoding="utf-8")


def _lines(site: TripSite) -> Iterator[str]:
    head = {"schema": SCHEMA, "name": site.name, "title": site.title, "network": NETWORK_FILE}
    head |= {"drivers": site.drivers.name, "patience_s": site.patience_s}
    yield "{" + "".join(f'"{key}": {_json(value)},\n ' for key, value in head.items())
    types, trips = (",\n  ".join(_json(_brief(thing)) for thing in things) for things in (site.types, site.trips))
    yield f'"types": [\n  {types}\n ],\n "trips": [\n  {trips}\n ]}}\n'


def _brief(thing: Any) -> dict[str, Any]:
    """Return a dataclass as a mapping without what has its default."""
    told = asdict(thing)
    return {f.name: told[f.name] for f in fields(thing) if told[f.name] not in (f.default, ())}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def load_trip_site(folder: Path) -> TripSite:
    """Return the checked site of a folder; raises BadInput with every fault."""
    path = folder / TRIPS_FILE
    content = json_in(path, "a site that `dropoff import sumo` wrote")
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise BadInput(Fault(f"{path}: schema", "none, or another", str(SCHEMA)))
    del content["schema"]
    if content.get("network") != NETWORK_FILE:
        raise BadInput(Fault(f"{path}: network", repr(content.get("network")), NETWORK_FILE))
    content["network"] = network_from_geojson(folder / NETWORK_FILE)
    content["drivers"] = TypeAdapter(Drivers).validate_python(
        population(str(content.get("drivers")), f"{path}: drivers")
    )
    try:
        site = TypeAdapter(TripSite).validate_python(content)
    except ValidationError as error:
        raise BadInput(*faults_of(error, str(path), TripSite)) from None
    faults = check_trips(site, str(path))
    if faults:
        raise BadInput(*faults)
    return site
