"""What a recording's `map.json` holds (sim.film.ground), so that each fault of an edited one is told by a line."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from sim.scenario.faults import Fault, faults_of, near_miss
from sim.scenario.fields import Coordinate

TOLD = ConfigDict(strict=True, allow_inf_nan=False)
Point = Annotated[list[Coordinate], Field(min_length=2, max_length=2)]
OnLine = Annotated[list[Coordinate], Field(min_length=3, max_length=3)]
Area = Annotated[list[Point], Field(min_length=3)]
Positive = Annotated[float, Field(gt=0)]
OF_A_LINK = ("link", "from_m", "width_m")
"""What lanes have that are no way over a junction or crossing."""


@dataclass(config=TOLD, kw_only=True)
class Spot:
    """A place at the curb."""

    link: str
    at_m: float
    point: Point


@dataclass(config=TOLD, kw_only=True)
class GatePlace(Spot):
    """Where the gate is, and the other direction of its street."""

    opposite_link: str | None = None


@dataclass(config=TOLD, kw_only=True)
class Lane:
    """A lane of a link, or a way over a junction or crossing."""

    kind: Literal["lane", "strip", "over", "movement", "crossing"]
    link: str = ""
    from_m: float = 0.0
    width_m: Positive = 1.0
    line: Annotated[list[OnLine], Field(min_length=2)]
    segment: int
    number: int
    length_m: float
    limit_m_s: Positive


@dataclass(config=TOLD, kw_only=True)
class Link:
    """One direction of a street."""

    id: str
    name: str
    outline: Area
    entry: bool
    exit: bool


@dataclass(config=TOLD, kw_only=True)
class Zone:
    """Places to stop."""

    id: str
    link: str
    kind: Literal["in_lane", "bay", "parking"]
    users: Literal["school", "bus"]
    berths: list[Area]
    aside_m: float


@dataclass(config=TOLD, kw_only=True)
class Crossing:
    """A crossing on foot, an area for each carriageway."""

    id: str
    control: Literal["signal", "zebra", "unmarked"]
    areas: list[Area]


@dataclass(config=TOLD, kw_only=True)
class Rail:
    """A guardrail."""

    id: str
    line: list[Point]


@dataclass(config=TOLD, kw_only=True)
class Vehicles:
    """Who drives, each list in the same order."""

    traveller: list[str]
    kind: list[str]
    length_m: list[Positive]
    speed_factor: list[Positive]


@dataclass(config=TOLD, kw_only=True)
class Map:
    """The whole file."""

    schema: Literal[1]
    site: str
    title: str
    scenario: str
    traffic_side: Literal["right", "left"]
    start_s: float
    end_s: float
    bell_s: float
    gate: GatePlace
    lanes: list[Lane]
    links: list[Link]
    zones: list[Zone]
    crossings: list[Crossing]
    guardrails: list[Rail]
    waiting_areas: list[Spot]
    remote_parking: list[Spot]
    vehicles: Vehicles


_MAP = TypeAdapter(Map)


def map_faults(ground: dict[str, Any], file: str, tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Return every fault of a map; `tables`: those of the film, whose lanes must be in it."""
    try:
        _MAP.validate_json(json.dumps(ground))
    except ValidationError as error:
        return faults_of(error, file, Map)
    loose = (*_astray(ground), *_uneven(ground), *_beyond(ground, tables))
    return [Fault(f"{file}: {f.where}", f.found, f.expected, f.near) for f in loose]


def _astray(ground: dict[str, Any]) -> Iterator[Fault]:
    """Yield what is said to be on a link that is not there, or without a lane."""
    links = [link["id"] for link in ground["links"]]
    spots = [("gate", ground["gate"])]
    for key in ("lanes", "zones", "waiting_areas", "remote_parking"):
        spots += [(f"{key}.{n}", thing) for n, thing in enumerate(ground[key])]
    for where, thing in spots:
        if thing.get("kind") not in ("movement", "crossing"):
            missing = [key for key in OF_A_LINK if key not in thing] if where.startswith("lanes.") else []
            yield from (Fault(f"{where}.{key}", "nothing", "a value") for key in missing)
            if "link" not in missing and thing["link"] not in links:
                yield Fault(f"{where}.link", thing["link"], "a link of the map", near_miss(thing["link"], links))
    if not any(lane["kind"] == "lane" and lane.get("link") == ground["gate"]["link"] for lane in ground["lanes"]):
        yield Fault("gate.link", ground["gate"]["link"], "a link with a lane")


def _uneven(ground: dict[str, Any]) -> Iterator[Fault]:
    """Yield what has more or fewer of something than what stands beside it."""
    points: dict[int, int] = {}
    for n, lane in enumerate(ground["lanes"]):
        most = points.setdefault(lane["segment"], len(lane["line"]))
        if lane["kind"] == "lane" and len(lane["line"]) != most:
            yield Fault(f"lanes.{n}.line", f"{len(lane['line'])} points", f"{most}, as the lanes beside have")
    counts = {key: len(of) for key, of in ground["vehicles"].items()}
    if len(set(counts.values())) > 1:
        yield Fault("vehicles", ", ".join(f"{n} of {key}" for key, n in counts.items()), "as many of each")
    if len(set(ground["vehicles"]["traveller"])) < counts["traveller"]:
        yield Fault("vehicles.traveller", "a name twice", "each name once")


def _beyond(ground: dict[str, Any], tables: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    """Yield an end that comes too early, and lanes that the tables tell of and the map does not have."""
    if ground["start_s"] >= ground["end_s"]:
        yield Fault("end_s", f"{ground['end_s']:g}", f"more than start_s, {ground['start_s']:g}")
    for name in ("trajectories", "signals"):
        last = int(tables[name]["lane"].max()) if len(tables[name]) else -1
        if last >= len(ground["lanes"]):
            yield Fault("lanes", str(len(ground["lanes"])), f"at least {last + 1}: {name}.parquet tells of that many")
