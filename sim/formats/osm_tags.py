"""Reads what a street's tags say about lanes, speeds, directions and parking, and what must be assumed instead."""

import re
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from sim.formats.osm_arrows import Marks, counted, read_marks
from sim.formats.osm_read import Way
from sim.scenario.fields import CONTROL

MAX_LANES = 8
SPEEDS_KM_H = (5.0, 130.0)  # [km/h] the range a site allows
KM_PER_MILE = 1.609344
ROUNDABOUT_PRIORITY = 20  # above every class: who circulates goes first


class RoadClass(NamedTuple):
    """What is assumed of a class of streets where the tags are silent."""

    priority: int
    lanes: int
    """Lanes in each direction."""
    speed_km_h: float
    flow_veh_h: float
    """Through traffic per lane and direction in the peak hour, moderate [veh/h]."""


CLASSES = {
    "motorway": RoadClass(18, 2, 100, 600),
    "motorway_link": RoadClass(17, 1, 60, 300),
    "trunk": RoadClass(16, 2, 70, 500),
    "trunk_link": RoadClass(15, 1, 50, 250),
    "primary": RoadClass(14, 2, 50, 350),
    "primary_link": RoadClass(13, 1, 40, 200),
    "secondary": RoadClass(12, 2, 50, 280),
    "secondary_link": RoadClass(11, 1, 40, 150),
    "tertiary": RoadClass(10, 1, 40, 220),
    "tertiary_link": RoadClass(9, 1, 30, 120),
    "unclassified": RoadClass(6, 1, 40, 120),
    "residential": RoadClass(5, 1, 30, 80),
    "living_street": RoadClass(3, 1, 20, 40),
    "service": RoadClass(1, 1, 20, 20),
}
STREETS = frozenset(CLASSES) - {"service"}
STREETS_AND_SERVICE = frozenset(CLASSES)
MAIN_STREET = CLASSES["tertiary_link"].priority
"""Streets of this priority and above carry traffic between quarters."""
ZONES_KM_H = {"urban": 50.0, "rural": 80.0, "trunk": 100.0, "motorway": 120.0, "living_street": 20.0, "walk": 10.0}
NOT_FOR_THE_PUBLIC = frozenset(
    {"no", "private", "agricultural", "forestry", "emergency", "military", "official", "employees", "residents"}
)
NOT_A_STREET = frozenset({"parking_aisle", "driveway", "drive-through", "emergency_access", "slipway"})


@dataclass(frozen=True)
class Street:
    """What is known and assumed about one way, in the direction it is drawn and against it."""

    highway: str
    name: str
    forward: int
    """Lanes in the drawn direction; 0: closed that way."""
    backward: int
    speed_forward_km_h: float
    speed_backward_km_h: float
    roundabout: bool = False
    tunnel: bool = False
    lanes_tagged: bool = False
    speed_tagged: bool = False
    marks_forward: Marks = ()
    """The arrows on each lane in the drawn direction, from the left as the driver sees them."""
    marks_backward: Marks = ()

    @property
    def road_class(self) -> RoadClass:
        """Return what its class lets one assume."""
        return CLASSES[self.highway]

    @property
    def priority(self) -> int:
        """Return the rank that decides who goes first where streets meet."""
        return ROUNDABOUT_PRIORITY if self.roundabout else self.road_class.priority

    @property
    def two_way(self) -> bool:
        """Tell whether both directions are open."""
        return self.forward > 0 and self.backward > 0

    def reversed(self) -> "Street":
        """Return the street as seen against the drawn direction."""
        return replace(
            self,
            forward=self.backward,
            backward=self.forward,
            speed_forward_km_h=self.speed_backward_km_h,
            speed_backward_km_h=self.speed_forward_km_h,
            marks_forward=self.marks_backward,
            marks_backward=self.marks_forward,
        )


def read_street(way: Way, classes: frozenset[str]) -> Street | None:
    """Return the way as a street, or None if it is not of these classes or not open to everybody's vehicles."""
    tags = way.tags
    highway = tags.get("highway", "")
    if highway not in classes or tags.get("area") == "yes" or not _open(tags):
        return None
    if highway == "service" and tags.get("service") in NOT_A_STREET:
        return None
    direction = one_way(tags)
    forward, backward, lanes_tagged = lanes(counted(tags, direction), direction, CLASSES[highway].lanes)
    marks = read_marks(tags, direction, forward, backward)
    ahead = speed_km_h(tags.get("maxspeed:forward", tags.get("maxspeed", "")))
    back = speed_km_h(tags.get("maxspeed:backward", tags.get("maxspeed", "")))
    assumed = CLASSES[highway].speed_km_h
    return Street(
        highway,
        CONTROL.sub("", tags.get("name", "")),
        forward,
        backward,
        ahead or back or assumed,
        back or ahead or assumed,
        roundabout=tags.get("junction") in ("roundabout", "circular"),
        tunnel=tags.get("tunnel", "no") not in ("no", "building_passage"),
        lanes_tagged=lanes_tagged,
        speed_tagged=ahead is not None or back is not None,
        marks_forward=marks[0],
        marks_backward=marks[1],
    )


def _open(tags: dict[str, str]) -> bool:
    """Tell whether anybody may drive there; the most specific tag decides."""
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            return tags[key] not in NOT_FOR_THE_PUBLIC
    return True


def one_way(tags: dict[str, str]) -> Literal[-1, 0, 1]:
    """Return 1 for one way as drawn (a reversible street counts so), -1 for one way against it, 0 for both."""
    value = tags.get("oneway:motor_vehicle", tags.get("oneway", ""))
    if value in ("yes", "true", "1", "reversible", "alternating"):
        return 1
    if value in ("-1", "reverse"):
        return -1
    if value in ("no", "false", "0"):
        return 0
    implied = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") in ("motorway", "motorway_link")
    return 1 if implied else 0


def lanes(tags: dict[str, str], direction: int, assumed: int) -> tuple[int, int, bool]:
    """Return lanes forward, lanes backward (0: closed), and whether any tag said so."""
    total = _count(tags.get("lanes", ""))
    forward, backward = _count(tags.get("lanes:forward", "")), _count(tags.get("lanes:backward", ""))
    tagged = any(n is not None for n in (total, forward, backward))
    if direction:
        there = total or (forward if direction > 0 else backward) or assumed
        there = min(there, MAX_LANES)
        return (there, 0, tagged) if direction > 0 else (0, there, tagged)
    shared = (total or 0) - (_count(tags.get("lanes:both_ways", "")) or 0)
    if shared > 0:
        forward = forward or max(shared - backward if backward else (shared + 1) // 2, 1)
        backward = backward or max(shared - forward, 1)
    clipped = [min(max(n or assumed, 1), MAX_LANES) for n in (forward, backward)]
    return clipped[0], clipped[1], tagged


def _count(value: str) -> int | None:
    """Return a number of lanes from "3", "3;2" or "1.5", or None."""
    match = re.match(r"\s*(\d+)", value)
    return int(match[1]) or None if match else None


def speed_km_h(value: str) -> float | None:
    """Return a speed limit [km/h] from "30", "30 mph", "CN:urban", "DE:zone30" or "none", or None if it says none."""
    value = value.split(";", maxsplit=1)[0].strip()
    number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph)?", value)
    if number:
        speed = float(number[1]) * (KM_PER_MILE if number[2] == "mph" else 1.0)
    elif zone := re.fullmatch(r"(?:[A-Z]{2}(?:-\w+)?:)?zone:?(\d+)", value):
        speed = float(zone[1])
    elif value == "none":
        speed = SPEEDS_KM_H[1]
    else:
        known = ZONES_KM_H.get(value.rsplit(":", 1)[-1])
        if known is None:
            return None
        speed = known
    return min(max(round(speed, 1), SPEEDS_KM_H[0]), SPEEDS_KM_H[1])


def curb_parking(tags: dict[str, str], side: str) -> Literal["parking", "banned", ""]:
    """Return what either scheme of tags says of parking at a curb ("left" or "right" as the way is drawn)."""
    for where in (side, "both"):
        value = tags.get(f"parking:{where}") or tags.get(f"parking:lane:{where}")
        rule = tags.get(f"parking:{where}:restriction", "")
        if rule in ("no_stopping", "no_standing") or value in ("no_stopping", "no_standing"):
            return "banned"
        if value in (
            "lane",
            "street_side",
            "on_kerb",
            "half_on_kerb",
            "shoulder",
            "yes",
            "inline",
            "parallel",
            "diagonal",
            "perpendicular",
            "marked",
        ):
            return "parking" if rule not in ("no_parking", "no_stopping") else ""
    return ""
