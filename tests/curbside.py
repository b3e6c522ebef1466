"""Small streets with a curb zone, for tests of stopping: a world for agents, and a saturated approach to a signal."""

from collections.abc import Sequence
from dataclasses import replace

import mesa
import numpy as np

from sim.agents.bus import Bus
from sim.model import discipline_of
from sim.places.berths import Berths
from sim.scenario.network import CurbZone, Network
from sim.traffic.fleet import Departure
from sim.traffic.layout import Detector
from tests.streets import go, red_then_green, street, traffic_on

CYCLE_S, GREEN_S, AMBER_AND_RED_S = 90.0, 40.0, 4.0
STOP_LINE_M, LENGTH_M = 600.0, 800.0
WARM_UP_S, HOUR_S = 900.0, 3600.0
OWN_S = 5.0
"""[s] what moving off takes a bus driver at least: the default of a bus line"""


class Curb(mesa.Model):
    """One street and its berths, as agents know the world."""

    def __init__(self, network: Network, departures: Sequence[Departure], **how) -> None:
        super().__init__(rng=0)
        self.zones = {z.id: z for z in network.curb_zones}
        self.traffic = traffic_on(network, departures, **how)
        self.env = self.traffic.env
        self.berths = {id: Berths(self.env, z.berths, discipline_of(z)) for id, z in self.zones.items()}

    def wait(self, seconds):
        return self.env.timeout(self.traffic.ticks(seconds))

    def now_s(self):
        return self.traffic.seconds(self.env.now)

    def add_buses(self, zone: str, dwells: dict[int, float]) -> list[Bus]:
        """Let buses stop in a zone: by row, for how long [s]."""
        buses = [Bus(self, f"bus {row}", row, 0.0, self.zones[zone], dwell, OWN_S) for row, dwell in dwells.items()]
        for bus in buses:
            self.env.process(bus.live())
        return buses

    def run(self, until_s: float) -> None:
        go(self.traffic, until_s)

    def passed_s(self, slot: int = 0) -> np.ndarray:
        """Return when each vehicle passed a detector [s], not a number for who has not."""
        return self.traffic.passed[:, slot] * self.traffic.dt


def approach(lanes: int, zone: CurbZone | None = None, speed_km_h: float = 50.04) -> Network:
    """Return an approach of a signal that is green for 40 of 90 s, with a curb zone upstream of the stop line."""
    signal = red_then_green(STOP_LINE_M, red_s=CYCLE_S - GREEN_S - AMBER_AND_RED_S, cycle_s=CYCLE_S)
    road = street(LENGTH_M, lanes=lanes, speed_km_h=speed_km_h, crossings=[signal])
    return replace(road, curb_zones=() if zone is None else (zone,))


def at_stop_line() -> Detector:
    """Return the detector that counts who has passed the signal."""
    return Detector("ab", STOP_LINE_M + 10.0, 0)


def flow_veh_h(world: Curb, hours: float) -> float:
    """Return the flow [veh/h] past the signal in whole cycles after the warm-up."""
    passed = world.passed_s()
    return np.count_nonzero((passed > WARM_UP_S) & (passed <= WARM_UP_S + hours * HOUR_S)) / hours
