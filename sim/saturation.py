"""The degree of saturation of the signal that the gate's traffic comes to: demand over what its green can pass."""

from collections.abc import Iterable

import numpy as np

from sim.kernel.following import equilibrium_gap
from sim.scenario.drivers import VehicleClass
from sim.scenario.routes import Router
from sim.scenario.site import Site
from sim.traffic.fleet import Departure

BUS_PCU = 2.0
"""[pcu] a bus, in passenger car units (SITES: 2 each)"""
QUARTER_S = 900.0


def saturation_flow_veh_h(car: VehicleClass, speed_m_s: float) -> float:
    """Return the largest flow [vehicles/h] that a lane passes in the IDM's equilibrium at a desired speed [m/s]."""
    v = np.linspace(0.05, 0.95, 91) * speed_m_s
    gaps = np.array([equilibrium_gap(x, speed_m_s, car.headway_s, car.standstill_gap_m) for x in v])
    return float(np.max(3600.0 * v / (car.length_m + gaps)))


def degrees_of_saturation(site: Site, router: Router, coming: Iterable[tuple[float, Departure]]) -> dict[str, float]:
    """Return the demand towards the signal at the end of the gate's link, over its capacity; empty without signal.

    `coming`: when each vehicle wants to set out [s after midnight]. Without school cars over the measured window;
    with them in its worst quarter of an hour. Who goes round the block counts once.
    """
    link = site.network.link(site.gate.link)
    signal = site.network.node(link.to_node).signal
    if signal is None:
        return {}
    green_s = sum(s.green_s for s in signal.stages if link.id in s.approaches and (not s.turns or "through" in s.turns))
    car = site.drivers.car
    lane = saturation_flow_veh_h(car, link.speed_km_h / 3.6 * car.speed_factor)
    capacity = link.lanes * lane * green_s / signal.cycle_s
    window = site.demand.window
    quarters = max(1, round((window.measured_to - window.measured_from) / QUARTER_S))
    demand = np.zeros((2, quarters))
    to_gate_s: dict[tuple[str, ...], float] = {}
    for scheduled_s, departure in coming:
        if link.id not in departure.path or departure.kind == "two_wheeler":
            continue
        path = departure.path
        if path not in to_gate_s:
            to_gate_s[path] = router.free_time_s(path[: path.index(link.id) + 1])
        there_s = scheduled_s + to_gate_s[path]
        quarter = int((there_s - window.measured_from) // QUARTER_S)
        if 0 <= quarter < quarters:
            of_school = int(departure.by_agent and departure.kind != "bus")
            demand[of_school, quarter] += BUS_PCU if departure.kind in ("bus", "heavy") else 1.0
    per_hour = demand * 3600.0 / QUARTER_S
    return {
        "saturation_without_school": float(per_hour[0].mean() / capacity),
        "saturation_worst_quarter": float(per_hour.sum(axis=0).max() / capacity),
    }
