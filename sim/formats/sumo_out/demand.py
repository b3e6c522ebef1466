"""Everybody who comes: types of vehicles with our car following, and one traveller after the other."""

from xml.etree.ElementTree import Element, SubElement

from sim.formats.sumo_out.footways import people
from sim.formats.sumo_out.places import manoeuvres, stop
from sim.formats.sumo_out.plan import Plan, Vehicle, Who
from sim.formats.sumo_out.streets import TWO_WHEELER, Streets, number, sumo_name
from sim.scenario.drivers import VehicleClass

SUMO_CLASS: dict[Who, str] = {
    "family": "passenger",
    "car": "passenger",
    "heavy": "truck",
    "bus": "bus",
    "two_wheeler": TWO_WHEELER,
}
COLOUR: dict[Who, str] = {
    "family": "214,94,0",
    "car": "120,120,120",
    "heavy": "80,80,80",
    "bus": "0,114,178",
    "two_wheeler": "0,158,115",
}
"""Red, green, blue, in SUMO's windows."""
TAU_STEP_S = 0.05
"""[s] drivers whose time gaps differ by less share a type"""


def demand(streets: Streets) -> Element:
    """Return the types, and whoever drives or crosses, in order of departure."""
    root = Element("routes")
    plan = streets.plan
    used = {(v.who, tau_s(plan, v)) for v in plan.vehicles}
    for who, tau in sorted(used):
        SubElement(root, "vType", _vehicle_type(plan, who, tau))
    coming = [(v.depart_s, _vehicle(streets, v)) for v in plan.vehicles]
    root.extend(element for _, element in sorted([*coming, *people(streets)], key=lambda one: one[0]))
    return root


def _vehicle(streets: Streets, vehicle: Vehicle) -> Element:
    """Return one vehicle with its way and its stop."""
    element = Element(
        "vehicle",
        {
            "id": vehicle_name(vehicle.name),
            "type": type_name(vehicle.who, tau_s(streets.plan, vehicle)),
            "depart": number(vehicle.depart_s),
            "departLane": "best",
            "departSpeed": "avg",  # with "max" cars in a queue always get in before a bus, which needs more room
            "speedFactor": f"{vehicle.speed_factor:.10g}",
        },
    )
    SubElement(element, "route", edges=streets.edges(vehicle.path))
    if vehicle.stop is not None:
        SubElement(element, "stop", stop(streets, vehicle.stop))
    return element


def vehicle_name(name: str) -> str:
    """Return a vehicle's name in SUMO: "bus east/3" becomes "bus_east.3"."""
    return sumo_name(name.replace(" ", "_").replace("/", "."))


def type_name(who: Who, tau: float) -> str:
    """Return the name of the type of those who keep a time gap [s]."""
    return f"{who}_{tau:.2f}"


def tau_s(plan: Plan, vehicle: Vehicle) -> float:
    """Return a driver's time gap [s] in steps of TAU_STEP_S, and never under the simulation's step."""
    return max(round(round(exact_tau_s(plan, vehicle) / TAU_STEP_S) * TAU_STEP_S, 2), plan.step_s)


def exact_tau_s(plan: Plan, vehicle: Vehicle) -> float:
    """Return a driver's time gap [s]."""
    return class_of(plan, vehicle.who).headway_s * vehicle.headway_factor


def class_of(plan: Plan, who: Who) -> VehicleClass:
    """Return how a class moves."""
    its: VehicleClass = getattr(plan.scenario.site.drivers, "car" if who == "family" else who)
    return its


def _vehicle_type(plan: Plan, who: Who, tau: float) -> dict[str, str]:
    its = class_of(plan, who)
    parking_s = plan.scenario.site.demand.times.parking_manoeuvre.mean_s
    return {
        "id": type_name(who, tau),
        "vClass": SUMO_CLASS[who],
        "carFollowModel": "IDM",
        "length": number(its.length_m),
        "minGap": number(its.standstill_gap_m),
        "accel": number(its.acceleration_m_s2),
        "decel": number(its.deceleration_m_s2),
        "tau": number(tau),
        "maxSpeed": number(its.top_speed_m_s),
        "speedDev": "0",
        "color": COLOUR[who],
        "maneuverAngleTimes": manoeuvres(parking_s if who == "family" else 0.0),
        **({"desiredMaxSpeed": number(its.top_speed_m_s)} if who == "two_wheeler" else {}),
    }
