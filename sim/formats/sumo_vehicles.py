"""Who comes in a file of SUMO's, and what of that is done otherwise here."""

from collections.abc import Iterator
from dataclasses import replace

from sim.formats.sumo_departures import NO_TIME
from sim.formats.sumo_reader import Reader
from sim.formats.sumo_xml import Element

VEHICLES = ("vehicle", "trip", "flow")
ON_FOOT = ("person", "personFlow", "container", "containerFlow")
OWN = {
    "departLane": "vehicles given a lane to enter by (departLane; unsaid, the first), which enter where there is room",
    "departPos": "vehicles that begin beyond their first edge's start (departPos), driven from there",
    "departSpeed": "vehicles given a speed to enter at (departSpeed; unsaid, 0), which enter as fast as traffic allows",
    "departEdge": "vehicles that begin on a later edge of their route (departEdge), driven from the first",
    "arrivalEdge": "vehicles that end on an earlier edge of their route (arrivalEdge), driven to the last",
    "arrivalLane": "vehicles that state the lane to end in (arrivalLane), which end in any",
    "arrivalPos": "trips that end before the end of their last edge, driven to its end",
    "arrivalSpeed": "vehicles that state their speed at the end (arrivalSpeed), which end as fast as traffic allows",
    "speedFactor": "vehicles with a speed factor of their own, which draw their type's",
}
"""Attributes of a vehicle that are left out, and what it does instead."""
USUAL = {
    "departLane": ("best", "free"),
    "departPos": ("base", "0"),
    "departSpeed": ("avg", "desired", "max"),
    "departEdge": ("0",),
    "arrivalLane": ("current",),
    "arrivalPos": ("max", "-1"),
    "arrivalSpeed": ("current",),
}
"""Values that say what happens here anyway."""
UNSAID = {"departLane": "first", "departSpeed": "0"}
"""What SUMO takes where a vehicle does not say, if it is not what happens here."""


def vehicles(root: Element) -> Iterator[Element]:
    """Yield who comes, those within an interval, too, with its begin and end where they have none."""
    for e in root.within:
        if e.tag in (*VEHICLES, *ON_FOOT):
            yield e
        elif e.tag == "interval":
            span = {key: e.given[key] for key in ("begin", "end") if key in e.given}
            yield from (replace(f, given=span | f.given) for f in e.all("flow", "personFlow"))


def left_out(vehicle: Element) -> Iterator[str]:
    """Yield in words what a vehicle says of itself, or SUMO takes where it does not say, and is left out."""
    for key, words in OWN.items():
        told = vehicle.given.get(key, UNSAID.get(key))
        if told is not None and told not in USUAL.get(key, ()):
            yield words


def out_of_order(reader: Reader) -> Iterator[str]:
    """Yield words for each vehicle that stands behind one that departs later: SUMO reads routes as time goes on.

    Whose `line` is stated, as a bus's, may stand before any: SUMO reads on behind them.
    """
    latest_s = 0.0
    for e in vehicles(reader.root):
        key = "depart" if "depart" in e.given else "begin"
        if e.given.get(key) in NO_TIME:
            continue
        at_s = reader.seconds(e, key, 0.0)
        if at_s < latest_s and e.tag in VEHICLES:
            yield "vehicles and flows that stand behind one that departs later, which SUMO drops, driven"
        if "line" not in e.given:
            latest_s = max(latest_s, at_s)
