"""A bus of a line, with one stop in front of the school."""

from sim.agents.traveller import Story, Traveller
from sim.places.world import World
from sim.scenario.network import CurbZone

APPROACH_M = 30.0
"""[m] before the stop, where the driver sees whether a berth is free [assumption]"""
TURN_IN_SHORT_M = 8.0
"""[m] before the berth's front end, where the bus has left the lane [assumption]"""
TURN_IN_SPEED_M_S = 4.5
"""[m/s] over the taper into the bay [assumption]"""
WAIT_SHORT_M = 2.0
"""[m] before the taper, where a bus waits for a berth [assumption]"""


class Bus(Traveller):
    """Comes by, stops if there is a berth, waits in the lane if there is none, and goes on."""

    def __init__(
        self, world: World, name: str, vehicle: int, scheduled_s: float, stop: CurbZone, dwell_s: float
    ) -> None:
        """Stop in the zone `stop` for `dwell_s` [s]."""
        super().__init__(world, name, vehicle, scheduled_s)
        self.stop = stop
        self.dwell_s = dwell_s

    def trip(self) -> Story:
        """Tell the trip past the school."""
        traffic, stop = self.world.traffic, self.stop
        berths = self.world.berths[stop.id]
        yield traffic.drive_to(self.vehicle, stop.link, max(stop.from_m - stop.taper_in_m - APPROACH_M, 0.5))
        self.begin("queue")
        berth = yield from self.wait_for_berth()
        self.begin("manoeuvre")
        front = stop.berth_front_m(berth)
        if stop.kind == "bay":
            yield traffic.turn_in(self.vehicle, stop.link, front - TURN_IN_SHORT_M, TURN_IN_SPEED_M_S)
            yield self.world.wait(2.0 * TURN_IN_SHORT_M / TURN_IN_SPEED_M_S)
        else:
            yield traffic.stop_at(self.vehicle, stop.link, front)
        self.begin("dwell")
        yield self.world.wait(self.dwell_s)
        self.begin("manoeuvre")
        if stop.kind == "bay":
            yield traffic.pull_out(self.vehicle, stop.link, front)
        else:
            traffic.go_on(self.vehicle)
        berths.release(berth)
        self.begin("exit")

    def wait_for_berth(self) -> Story:
        """Go on towards the stop, and wait in the lane before it until a berth is granted."""
        stop = self.stop
        granted = self.world.berths[stop.id].request()
        if not granted.triggered:
            at_m = max(stop.from_m - stop.taper_in_m - WAIT_SHORT_M, 1.0)
            waiting = self.world.traffic.stop_at(self.vehicle, stop.link, at_m)
            yield granted | waiting
        return (yield granted)
