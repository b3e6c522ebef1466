"""A bus of a line, with one stop in front of the school."""

from math import inf

import simpy

from sim.agents.traveller import Story, Traveller
from sim.kernel.changing import BUS_LOOKS
from sim.kernel.state import LOST, MISSED
from sim.places.world import World
from sim.scenario.network import CurbZone
from sim.traffic.orders import CLOSE_M

TURN_IN_SHORT_M = 8.0
"""[m] before a berth's front end, where a bus that turns into it has left the lane [assumption]"""
TURN_IN_SPEED_M_S = 4.5
"""[m/s] over the taper into the bay [assumption]"""
LOOK_EVERY_M = 10.0
"""[m] how often a driver on the way there thinks about it [assumption]"""
WAIT_SHORT_M = 2.0
"""[m] before the taper, where the first bus waits for a berth [assumption]"""
MOVE_UP_M = 4.0
"""[m] nobody in line moves up by less [assumption]"""
LOOK_EVERY_S = 1.0
"""[s] how often a driver who pulls up in the lane looks how far the row ahead lets one go [assumption]"""
WAIT_APART_M = 2.5
"""[m] between two waiting buses (Shapingba: 13.3 m for a bus of 10.8 m)"""
SERVES_IN_LANE = -2
"""In place of a berth: the bus serves in the lane, beside a full bay that nobody leaves before it does."""


class Bus(Traveller):
    """Comes by, stops if there is a berth, waits in the lane if there is none, and goes on."""

    def __init__(
        self,
        world: World,
        name: str,
        vehicle: int,
        scheduled_s: float,
        stop: CurbZone,
        dwell_s: float,
        own_manoeuvre_s: float,
    ) -> None:
        """Stop in the zone `stop` for `dwell_s` [s]; moving off takes the driver `own_manoeuvre_s` [s] at least."""
        super().__init__(world, name, vehicle, scheduled_s)
        self.stop = stop
        self.dwell_s = dwell_s
        self.own_manoeuvre_s = own_manoeuvre_s
        self.berth = -1
        """The berth that the bus has, or is on the way to."""
        self.leaves_out = False
        """Whether the bus goes by without a stop, led elsewhere by the lane that it stood in."""
        self.stands_m = -inf
        """Where the bus serves in the lane [m], if it does."""
        self.arrives: simpy.Event | None = None
        """On the way to a berth: tells when the bus stands there."""
        self.loses: simpy.Event | None = None
        """On the way to a berth: tells when another bus, which stands in front, takes it."""

    def trip(self) -> Story:
        """Tell the trip past the school."""
        self.leaves_out = not (yield from self.draw_near())
        if not self.leaves_out:
            yield from self.come_to_stand()
            self.begin("dwell")
            yield self.takes(self.dwell_s)
            yield from self.move_off()
        self.begin("exit")

    def come_to_stand(self) -> Story:
        """Get to a berth, or stand where the bus serves in the lane."""
        while True:
            self.begin("queue")
            self.berth = yield from self.wait_for_berth()
            if self.berth == SERVES_IN_LANE:
                self.stands_m = self.place_m()
                return
            self.begin("manoeuvre")
            if (yield from (self.go_in() if self.stop.kind == "bay" else self.pull_up())):
                self.world.berths[self.stop.id].standing.add(self.berth)
                return

    def move_off(self) -> Story:
        """Drive on: out of a berth once the driver has closed the doors and there is a gap, in the lane at once."""
        orders, stop = self.world.traffic.orders, self.stop
        if self.berth == SERVES_IN_LANE:
            orders.go_on(self.vehicle)
            return
        self.begin("manoeuvre")
        yield self.takes(self.own_manoeuvre_s)
        if stop.kind == "bay":
            yield orders.pull_out(self.vehicle, stop.link, stop.berth_front_m(self.berth))
        else:
            orders.go_on(self.vehicle)
        self.world.berths[stop.id].release(self.berth)

    def draw_near(self) -> Story:
        """Drive to where the bus looks for a berth: so far before it that one who waits does not shut a berth.

        From further off only at a higher speed: a berth is taken from then on. Returns whether it got there, and did
        not have to go where its lane leads.
        """
        traffic, stop = self.world.traffic, self.stop
        beyond_m = WAIT_SHORT_M + 1.0
        before_m = max(BUS_LOOKS, traffic.scene.longest_stop_m(self.vehicle, stop.link) + beyond_m)
        while True:
            at_m = max(stop.from_m - stop.taper_in_m - before_m, 0.5)
            if (yield traffic.orders.drive_to(self.vehicle, stop.link, at_m)) == LOST:
                return False
            enough_m = traffic.scene.stopping_distance(self.vehicle) + 2.0 * LOOK_EVERY_M + beyond_m
            if before_m == BUS_LOOKS or before_m < enough_m:
                return True
            before_m = max(before_m - LOOK_EVERY_M, BUS_LOOKS)

    def go_in(self) -> Story:
        """Turn into the bay; return whether the bus stands at its berth, and no other took it on the way."""
        traffic, stop, berth = self.world.traffic, self.stop, self.berth
        berths = self.world.berths[stop.id]
        over = berths.entered_over(berth)
        while over < berth and self.turns_in_m(over) <= self.can_stop_m():
            over += 1
        self.arrives = traffic.orders.turn_in(self.vehicle, stop.link, self.turns_in_m(over), TURN_IN_SPEED_M_S)
        self.loses = self.world.env.event()
        berths.coming[berth] = self
        yield self.arrives | self.loses
        if self.loses.triggered:
            return False
        del berths.coming[berth]
        assert self.arrives.value is not None
        self.must_not_miss(self.arrives.value)
        self.turned_in(TURN_IN_SPEED_M_S)
        along_m = stop.berth_front_m(berth) - stop.berth_front_m(over)
        yield self.takes((2.0 * TURN_IN_SHORT_M + along_m) / TURN_IN_SPEED_M_S)
        return True

    def pull_up(self) -> Story:
        """Drive as far forward in the lane as the row allows; return whether the bus stands at the stop.

        One stopped within the stop by a bus that serves opens its doors where it stands; one stopped before the stop
        loses its berth and waits in line again.
        """
        berths, orders = self.world.berths[self.stop.id], self.world.traffic.orders
        self.arrives = arrives = None
        self.loses = loses = self.world.env.event()
        berths.coming[self.berth] = self
        aimed = -1
        while arrives is None or not arrives.triggered or aimed != self.berth:
            if arrives is None or aimed != self.berth:
                aimed, front_m = self.berth, self.stop.berth_front_m(self.berth)
                at_m = front_m if front_m >= self.can_stop_m() else self.can_stop_m() + 1.0
                self.arrives = arrives = orders.stop_at(self.vehicle, self.stop.link, at_m, front_m - CLOSE_M)
            yield arrives | loses | self.world.env.timeout(self.world.traffic.ticks(LOOK_EVERY_S))
            if not loses.triggered and not arrives.triggered:
                self.close_up()
            if loses.triggered:
                return False
        del berths.coming[self.berth]
        assert arrives.value is not None
        self.must_not_miss(arrives.value)
        return True

    def close_up(self) -> None:
        """Let those on the way to berths in the lane have them in the order in which they drive, the foremost first."""
        berths = self.world.berths[self.stop.id]
        arrived = {n for n, bus in berths.coming.items() if bus.arrives is not None and bus.arrives.triggered}
        buses: list[Bus] = sorted(
            (bus for n, bus in berths.coming.items() if n not in arrived), key=lambda bus: -bus.place_m()
        )
        taken_by = berths.standing | arrived
        open_to = [n for n, taken in enumerate(berths.taken) if not taken or (n in berths.coming and n not in arrived)]
        limit, wanted = len(berths.taken), []
        for bus in buses:
            here = bus.place_m()
            limit = min([n for n in taken_by if self.stop.berth_front_m(n) > here] + [limit])
            limit = max((n for n in open_to if n < limit), default=-1)
            wanted.append(limit)
        berths.exchange({bus.berth: berth for bus, berth in zip(buses, wanted, strict=True)})
        for bus, berth in zip(buses, wanted, strict=True):
            bus.berth = berth
            if berth < 0:
                assert bus.loses is not None
                bus.loses.succeed()

    def place_m(self) -> float:
        """Return where on the stop's link the bus is [m]; minus infinity elsewhere."""
        link, at_m = self.world.traffic.scene.where(self.vehicle)
        return at_m if link == self.stop.link else -inf

    def reach(self, entered: list[int], free: list[int]) -> list[int]:
        """Return the berths that the bus gets into from where it is.

        One that stands beside the bay gets from the lane into a free berth ahead past an occupied one: it came so far
        because it could not stop before, and were it to stay there, those in the bay could not leave.
        """
        if self.stop.kind != "bay":
            return entered
        beside = self.stop.from_m < self.place_m()
        return [n for n in (free if beside else entered) if self.turns_in_m(n) > self.can_stop_m()]

    def turns_in_m(self, berth: int) -> float:
        """Return where the bus has left the lane [m] if it turns into the bay at a berth."""
        return self.stop.berth_front_m(berth) - TURN_IN_SHORT_M

    def can_stop_m(self) -> float:
        """Return where the bus can stop at the earliest [m]."""
        return self.place_m() + self.world.traffic.scene.stopping_distance(self.vehicle)

    def take_from_behind(self) -> int | None:
        """Take the berth of a bus that comes from behind and cannot pass; return it, if there is one."""
        coming: dict[int, Bus] = self.world.berths[self.stop.id].coming
        here = self.place_m()
        behind = [
            (bus.place_m(), berth)
            for berth, bus in coming.items()
            if bus.place_m() < here and bus.arrives is not None and not bus.arrives.triggered
        ]
        if not behind:
            return None
        berth = max(behind)[1]
        loser = coming.pop(berth)
        assert loser.loses is not None
        loser.loses.succeed()
        return berth

    def shuts_in(self) -> bool:
        """Return whether the bus stands in the lane where every berth that it could have is one that it shuts.

        None of those beside it can leave before it does, and it cannot get into one that it has driven past.
        """
        stop, here = self.stop, self.place_m()
        ahead = (n for n in range(stop.berths) if stop.berth_front_m(n) - stop.berth_length_m > here)
        return stop.kind == "bay" and not any(self.turns_in_m(n) > self.can_stop_m() for n in ahead)

    def must_not_miss(self, happened: int) -> None:
        """Fail the run if the bus could not get to its berth: a bus never leaves out its stop."""
        if happened == MISSED:
            raise RuntimeError(f"{self.name} could not get to its berth at {self.stop.id}")

    def wait_for_berth(self) -> Story:
        """Go on towards the stop, and wait in the lane before it, moving up with the line, until a berth is granted.

        Returns the berth; SERVES_IN_LANE where the bus shuts in all whose berths it could have.
        """
        traffic, berths = self.world.traffic, self.world.berths[self.stop.id]
        granted = berths.request(self.place_m, self.reach)
        stands = False
        while not granted.triggered:
            here_m = self.place_m()
            if here_m == -inf:
                self.must_not_miss(MISSED)
            at_m = self.waits_at_m(here_m)
            if not stands or at_m > here_m + MOVE_UP_M:
                arrives = traffic.orders.stop_at(self.vehicle, self.stop.link, at_m)
                yield granted | arrives | berths.line_moves()
                if granted.triggered or not arrives.triggered or arrives.value == MISSED:
                    continue
                stands = True
            berths.look_again()
            if not granted.triggered:
                berth = self.take_from_behind()
                if berth is not None:
                    berths.withdraw(granted)
                    return berth
                if self.shuts_in():
                    berths.withdraw(granted)
                    return SERVES_IN_LANE
                yield granted | berths.line_moves()
        return granted.value

    def waits_at_m(self, here_m: float) -> float:
        """Return where to wait [m]: behind those in line who are further ahead, and where one can still stop."""
        traffic, stop = self.world.traffic, self.stop
        apart = traffic.scene.length_m(self.vehicle) + WAIT_APART_M
        ahead = self.world.berths[stop.id].ahead_of(here_m)
        first_m = stop.from_m - stop.taper_in_m - WAIT_SHORT_M
        at_m = min([first_m - len(ahead) * apart, *(there - apart for there in ahead)])
        return max(at_m, here_m + traffic.scene.stopping_distance(self.vehicle) + 1.0)
