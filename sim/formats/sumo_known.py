"""Elements and attributes that SUMO knows in files of routes: what is misspelt is dropped, and that is told."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from sim.formats.sumo_vehicles import VEHICLES, vehicles
from sim.formats.sumo_xml import Element

ELEMENTS = """vehicle trip flow interval person personFlow container containerFlow vType vTypeDistribution route
    routeDistribution include param location metadata type preference busStop trainStop containerStop chargingStation
    parkingArea rerouter calibrator variableSpeedSign vaporizer tlLogic WAUT wautJunction railSignalConstraints deadlock
    overheadWireSegment overheadWireClamp overheadWire tractionSubstation taz poly poi edgeData laneData timedEvent
    e1Detector inductionLoop instantInductionLoop e2Detector laneAreaDetector e3Detector entryExitDetector vTypeProbe
    routeProbe edgeRelations tazRelation"""
WITHIN_VEHICLES = ("route", "routeDistribution", "stop", "param")
OF_VEHICLES = """id type route from via to depart begin end number period vehsPerHour perHour probability line reroute
    color fromTaz toTaz fromJunction toJunction viaJunctions fromXY toXY viaXY fromLonLat toLonLat viaLonLat
    departLane departPos departPosLat departSpeed departEdge arrivalLane arrivalPos arrivalPosLat arrivalSpeed
    arrivalEdge personNumber containerNumber speedFactor insertionChecks parkingBadges arrival routeLength"""
OF_STOPS = """lane edge busStop trainStop containerStop chargingStation parkingArea startPos endPos posLat friendlyPos
    lon lat arrival depart duration until extension index parking triggered containerTriggered expected permitted
    expectedContainers actType tripId split join line speed onDemand jump jumpUntil priority priorEdges
    priorEdgesLength started ended actualArrival collision"""
"""SUMO 1.28, its schemas for files of routes and additional files."""
READ_OF_TYPES = """id refId vClass length accel decel tau minGap maxSpeed desiredMaxSpeed speedFactor speedDev sigma
    carFollowModel scale probability"""
OF_NO_ACCOUNT = """color guiShape imgFile osgFile emissionClass width height personCapacity containerCapacity
    boardingDuration loadingDuration hasDriver parkingBadges maneuverAngleTimes"""
"""Attributes of types that change nothing where nobody gets in and no berth takes its time."""
MOST_NAMED, LONGEST = 5, 40
"""So many are told by name, and so many characters of each."""


def unknown(roots: Sequence[Element]) -> dict[str, int]:
    """Return in words what SUMO does not know of some files, and how often it stands there."""
    comers = [e for root in roots for e in vehicles(root) if e.tag in VEHICLES]
    routes = [route for root in roots for route in root.all("route")]
    stops = [stop for e in (*comers, *routes) for stop in e.all("stop")]
    found = {
        "elements": [*_elements(roots, ELEMENTS.split()), *_elements(comers, WITHIN_VEHICLES)],
        "attributes": [*_attributes(comers, OF_VEHICLES.split()), *_attributes(stops, OF_STOPS.split())],
    }
    told = {f"{what} that SUMO does not know ({_named(them)}), left out": len(them) for what, them in found.items()}
    more = list(_attributes(_types(roots), [*READ_OF_TYPES.split(), *OF_NO_ACCOUNT.split()]))
    told[f"attributes of types that are not read here, misspelt ones among them ({_named(more)})"] = len(more)
    return {words: count for words, count in told.items() if count}


def _types(roots: Sequence[Element]) -> Iterator[Element]:
    """Yield all types, those within distributions, too."""
    for root in roots:
        yield from root.all("vType")
        for mix in root.all("vTypeDistribution"):
            yield from mix.all("vType")


def _elements(parents: Iterable[Element], known: Iterable[str]) -> Iterator[str]:
    """Yield the elements within some that are not known."""
    names = frozenset(known)
    return (e.tag for parent in parents for e in parent.within if e.tag not in names)


def _attributes(elements: Iterable[Element], known: Iterable[str]) -> Iterator[str]:
    """Yield the attributes of elements that are not known; those of a namespace (xsi:...) are none of SUMO's."""
    names = frozenset(known)
    return (key for e in elements for key in e.given if key not in names and ":" not in key)


def _named(them: Iterable[str]) -> str:
    """Return what is found most often, by name."""
    often = Counter(them).most_common(MOST_NAMED + 1)
    return ", ".join([*(name[:LONGEST] for name, _ in often[:MOST_NAMED]), *(["..."] if often[MOST_NAMED:] else [])])
