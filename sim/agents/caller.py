"""A vehicle that makes a given trip and calls at given stops on its way, as a bus does by its timetable."""

from collections.abc import Sequence
from math import inf

from sim.agents.traveller import Story, Traveller
from sim.kernel.state import MISSED
from sim.places.world import World
from sim.scenario.trips import Stop

TURN_IN_M_S = 3.0
"""[m/s] into a place beside the lane [assumption]"""
SEES_M = 50.0
"""[m] before a row of berths a driver sees whether one is free [assumption]"""
WAITS_M = 1.0
"""[m] before its beginning the first of those waits for whom none is [assumption]"""


class Caller(Traveller):
    """Drives from stop to stop, and on to where the trip ends."""

    def __init__(self, world: World, name: str, vehicle: int, scheduled_s: float, stops: Sequence[Stop]) -> None:
        """Set out at `scheduled_s` [s after midnight] in the vehicle of that row."""
        super().__init__(world, name, vehicle, scheduled_s)
        self.stops = stops
        self.missed = 0
        """Stops that were driven past."""

    def trip(self) -> Story:
        """Call at one stop after the other."""
        for stop in self.stops:
            told = yield from self.call_at(stop)
            self.missed += told == MISSED

    def call_at(self, stop: Stop) -> Story:
        """Stop, for as long as it takes, and go on; return what came of it."""
        if stop.off_lane and stop.berths:
            return (yield from self.park(stop))
        orders = self.world.traffic.orders
        row_m = min(stop.from_m + self.world.traffic.scene.length_m(self.vehicle), stop.to_m)
        if stop.off_lane:
            told = yield orders.turn_in(self.vehicle, stop.link, stop.to_m, TURN_IN_M_S, insists=True)
        else:
            told = yield orders.stop_at(self.vehicle, stop.link, stop.to_m, row_m)
        if told == MISSED:
            return told
        yield self.world.wait(max(stop.duration_s, stop.until_s - self.world.now_s()))
        if stop.off_lane:
            yield orders.pull_out(self.vehicle, stop.link, stop.to_m)
        else:
            orders.go_on(self.vehicle)
        return told

    def park(self, stop: Stop) -> Story:
        """Take the foremost free berth of a row, or wait in the lane before the row until there is one."""
        orders, berths = self.world.traffic.orders, self.world.berths[stop.place]
        told = yield from self.comes_near(stop)
        if told == MISSED:
            return told
        granted = berths.request(self.place_m)
        if not granted.triggered:
            waits = orders.stop_at(self.vehicle, stop.link, max(stop.from_m - WAITS_M, 0.0), insists=True)
            yield granted | waits
            if waits.triggered and waits.value == MISSED:
                berths.give_up(granted)
                return MISSED
            if not granted.triggered:
                yield granted
        assert granted.value is not None
        at_m = stop.front_m(granted.value)
        told = yield orders.turn_in(self.vehicle, stop.link, at_m, TURN_IN_M_S, insists=True)
        if told != MISSED:
            yield self.world.wait(max(stop.duration_s, stop.until_s - self.world.now_s()))
            yield orders.pull_out(self.vehicle, stop.link, at_m)
        berths.release(granted.value)
        return told

    def comes_near(self, stop: Stop) -> Story:
        """Drive on to where the row is seen, on the link before if need be; return what came of it."""
        orders, network, at_m = self.world.traffic.orders, self.world.site.network, stop.from_m - SEES_M
        if at_m < 0.0:
            links = self.world.traffic.ways.path_left(self.vehicle)
            before = links[max(links.index(stop.link) - 1, 0)] if stop.link in links else stop.link
            if before != stop.link:
                seen_m = network.length(network.link(before)) + at_m
                told = yield orders.drive_to(self.vehicle, before, max(seen_m, 0.0))
                if told != MISSED:
                    return told
        return (yield orders.drive_to(self.vehicle, stop.link, max(at_m, 0.0)))

    def place_m(self) -> float:
        """Return where it is in the curb lane [m]; who is beside has nothing to offer those who wait there."""
        scene = self.world.traffic.scene
        return scene.where(self.vehicle)[1] if scene.is_at_curb(self.vehicle) else -inf
