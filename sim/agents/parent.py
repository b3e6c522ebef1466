"""A parent who brings children by car: one family's morning."""

from collections.abc import Sequence
from dataclasses import replace

from sim.agents.choosing import TURN_IN_SHORT_M, TURN_IN_SPEED_M_S, Eyes, Place, lookouts
from sim.agents.traveller import Story, Traveller
from sim.demand import Family
from sim.kernel.state import LOST, MISSED
from sim.places.world import World

MAX_WAIT_S = 120.0
"""[s] patience of one who waits behind a berth about to be free [assumption]"""
CLEAR_OF_ROW_M = 8.0
"""[m] one who wants to turn round drives on from where it stood, at least [assumption]"""


class Parent(Traveller):
    """Drives children to the gate and goes on: kiss-and-go, or parks and walks them there."""

    def __init__(self, world: World, family: Family, vehicle: int, curb_link: str) -> None:
        """Make for the curb of `curb_link`, the side of the street on which this family looks for a place."""
        super().__init__(world, family.name, vehicle, family.scheduled_s)
        self.family = family
        self.curb_link = curb_link
        self.eyes = Eyes(world, family, vehicle)
        self.rounds = 0
        self.has_looked = False
        """Whether it has come to the curb yet: one led astray on the way there has not."""
        self.place: Place | None = None
        self.beyond = False
        """Whether it has left the area to park beyond."""
        self.delivered = 0
        self.stood_from_s: float | None = None
        self.stood_to_s: float | None = None

    def trip(self) -> Story:
        """Tell the whole morning of one family."""
        place = yield from self.find_place()
        if place.escort and self.family.escorts:
            yield from self.walk_to_gate(place)
        else:
            yield from self.unload(place)
        yield from self.move_off(place)
        self.begin("exit")
        self.stood_to_s = self.world.now_s()
        if not self.beyond and not (yield from self.turn_round(place)):
            self.drive_home(place)

    # ------------------------------------------------------------------ looking for a place

    def find_place(self) -> Story:
        """Look along the curb, go round the block, and in the end park further off; return where the car stands."""
        rounds = self.world.site.demand.choices.rounds
        while True:
            place = yield from self.search_curb()
            if place is not None:
                self.place = place
                return place
            path = self.world.traffic.ways.path_round(self.vehicle, self.curb_link, self.family.exit)
            if not path or (self.world.site.remote_parking and (self.rounds >= rounds or not self.is_worth_it(path))):
                return (yield from self.park_remotely())
            self.world.traffic.ways.set_path(self.vehicle, path)
            had_looked = self.has_looked
            if (yield from self.come_round(path)):
                self.rounds += had_looked
            elif self.world.site.remote_parking:
                return (yield from self.park_remotely())

    def come_round(self, path: tuple[str, ...]) -> Story:
        """Drive round the block; return whether that led back to the curb, and not astray."""
        for link in (path[1], self.curb_link):
            if (yield self.world.traffic.orders.drive_to(self.vehicle, link, 0.0)) == MISSED:
                return False
        return True

    def search_curb(self) -> Story:
        """Drive along the curb, looking; return where the car stands, or None at the end."""
        traffic, search_m_s = self.world.traffic, self.world.site.demand.choices.search_km_h / 3.6
        outlooks = lookouts(self.world, self.curb_link)
        if outlooks:
            slow_m = traffic.scene.slowing_distance(self.vehicle, self.curb_link, search_m_s)
            from_m = max(outlooks[0] - slow_m, 0.0)
            if (yield traffic.orders.drive_to(self.vehicle, self.curb_link, from_m)) != MISSED:
                self.pace(from_m)
        place = yield from self.look_along(outlooks)
        traffic.orders.speed_up(self.vehicle)
        traffic.orders.keep_curb(self.vehicle, keeps=self.family.waits)
        return place

    def pace(self, at_m: float) -> None:
        """Drive slowly at the curb, looking; past a row that shuts it off in the lane beside, with the traffic."""
        orders = self.world.traffic.orders
        if self.eyes.looks(self.curb_link, at_m):
            orders.slow_down(self.vehicle, self.world.site.demand.choices.search_km_h / 3.6)
        else:
            orders.speed_up(self.vehicle)
        orders.keep_curb(self.vehicle, keeps=self.eyes.looks_from_curb(self.curb_link, at_m))

    def look_along(self, outlooks: list[float]) -> Story:
        """Look for a place from one offset of the curb after the other; return where the car stands, or None."""
        traffic = self.world.traffic
        for at_m in outlooks:
            here, offset = traffic.scene.where(self.vehicle) if self.part != "approach" else ("", 0.0)
            if here == self.curb_link and offset > at_m + 1.0:
                continue
            happened = yield traffic.orders.drive_to(self.vehicle, self.curb_link, at_m)
            if self.part == "approach":
                self.begin("search")
            if happened == MISSED:
                return None
            self.has_looked = True
            self.pace(at_m)
            place = self.eyes.choose(self.curb_link, traffic.scene.where(self.vehicle)[1])
            if place is not None and (yield from self.come_to(place)):
                return self.place
        if self.part == "approach":
            self.begin("search")
        return None

    def is_worth_it(self, path: tuple[str, ...]) -> bool:
        """Return whether going round, at the speeds that the map shows now, takes no longer than walking from afar.

        It never is where there is no place that could be free by then.
        """
        traffic, site = self.world.traffic, self.world.site
        if not self.eyes.zones(self.curb_link):
            return False
        back = path.index(self.curb_link, 1)
        to_row_s = traffic.scene.present_time_s(self.curb_link, lookouts(self.world, self.curb_link)[0], curb_lane=True)
        way_s = sum(traffic.scene.present_time_s(link) for link in path[1:back])
        walk_m = min(p.walk_m for p in site.remote_parking)
        return way_s + to_row_s <= 2.0 * walk_m / self.family.adult_walk_m_s

    def come_to(self, place: Place) -> Story:
        """Drive to a place and into it; return whether that succeeded."""
        berths = self.world.berths.get(place.zone)
        traffic = self.world.traffic
        if place.wait_at_m is not None:
            assert berths is not None
            granted = berths.wait_for(place.berth)
            happened = yield traffic.orders.stop_at(self.vehicle, place.link, place.wait_at_m)
            if happened == MISSED:
                berths.forget(granted)
                return False
            self.begin("queue")
            yield granted | self.world.wait(MAX_WAIT_S)
            self.begin("search")
            if not granted.triggered:
                berths.forget(granted)
                traffic.orders.go_on(self.vehicle)
                return False
        elif berths is not None:
            berths.take(place.berth)
        if place.kind == "bay":
            happened = yield traffic.orders.turn_in(
                self.vehicle, place.link, place.stop_m - TURN_IN_SHORT_M, TURN_IN_SPEED_M_S
            )
        else:
            happened = yield traffic.orders.stop_at(self.vehicle, place.link, place.stop_m, place.from_m)
        if happened == MISSED:
            if berths is not None:
                berths.release(place.berth)
            return False
        if place.from_m is not None:
            place = replace(place, stop_m=traffic.scene.where(self.vehicle)[1])
        self.place = place
        yield from self.settle_in(place)
        return True

    def settle_in(self, place: Place) -> Story:
        """Get from the lane into the berth."""
        self.stood_from_s = self.world.now_s()
        self.begin("manoeuvre")
        if place.kind == "parking":
            yield self.takes(self.family.parking_manoeuvre_s)
            self.world.traffic.orders.clear_lane(self.vehicle)
        elif place.kind in ("bay", "remote"):
            self.turned_in(TURN_IN_SPEED_M_S)
            yield self.takes(2.0 * TURN_IN_SHORT_M / TURN_IN_SPEED_M_S)

    def park_remotely(self, *, lost: bool = False) -> Story:
        """Park further off, where there is always room.

        Who is `lost`, in a lane that leads elsewhere, goes there by the ways on from that lane; who gets to no remote
        parking drives out of the area, and parks beyond.
        """
        traffic = self.world.traffic
        declared = self.world.site.remote_parking
        path = self.way_to([p.link for p in declared], lost=lost)
        if not path:
            return (yield from self.park_beyond(self.way_to(self.world.site.network.exits(), lost=lost)))
        parking = next(p for p in declared if p.link == path[-1])
        home = traffic.router.way_out(parking.link, self.family.exit)
        traffic.ways.set_path(self.vehicle, (*path, *home[1:]))
        place = Place("remote", parking.link, parking.at_m, escort=True)
        at_m = traffic.scene.where(self.vehicle)[1] + traffic.scene.stopping_distance(self.vehicle)
        if parking.link == path[0] and at_m > parking.at_m:  # it comes by there again
            yield traffic.orders.drive_to(self.vehicle, path[1], 0.0)
        happened = yield traffic.orders.turn_in(
            self.vehicle, parking.link, parking.at_m, TURN_IN_SPEED_M_S, insists=True
        )
        if happened in (MISSED, LOST):
            return (yield from self.park_remotely(lost=happened == LOST))
        self.place = place
        yield from self.settle_in(place)
        return place

    def way_to(self, links: Sequence[str], *, lost: bool) -> tuple[str, ...]:
        """Return the quickest way to one of some links, best one to which the lane leads; or nothing."""
        traffic = self.world.traffic
        here = traffic.ways.path_left(self.vehicle)[0]
        found = [traffic.ways.instead(self.vehicle, x) if lost else traffic.router.round_to(here, x) for x in links]
        ways = [way for way in found if way]
        easy = [way for way in ways if lost or traffic.ways.lane_leads_to(self.vehicle, way[1])]
        return min(easy or ways, key=traffic.router.free_time_s, default=())

    def park_beyond(self, path: tuple[str, ...]) -> Story:
        """Drive out of the area and park there at once; return where."""
        ways = self.world.traffic.ways
        if path:  # else it is on the way out already
            ways.set_path(self.vehicle, path)
        yield self.gone
        link = ways.path_left(self.vehicle)[-1]
        network = self.world.site.network
        self.place = Place("remote", link, network.length(network.link(link)), escort=True)
        self.beyond = True
        return self.place

    def ends_s(self) -> float:
        """Return when it left the area; where it parked beyond, when it drove on from there."""
        return self.world.now_s() if self.beyond else super().ends_s()

    # ------------------------------------------------------------------ at the curb

    def dwell_s(self, place: Place) -> float:
        """Return how long the child takes to get out [s], given who hurries it and how long one may stay."""
        warden = self.eyes.warden
        dwell = self.family.dwell_s
        if warden is not None and place.zone in warden.zones:
            dwell *= warden.dwell_factor
        if place.zone:
            longest = self.world.site.network.curb_zone(place.zone).max_stay_s
            dwell = dwell if longest is None else min(dwell, longest)
        return dwell

    def unload(self, place: Place) -> Story:
        """Kiss and go: the children get out and walk to the gate by themselves."""
        self.begin("dwell")
        yield self.takes(self.dwell_s(place))
        way = self.world.footway.way(place.link, place.stop_m, unmarked=self.family.crosses_unmarked)
        self.world.send_to_gate(way, self.family.child_walk_m_s, self.name)
        self.delivered = self.family.pupils

    def walk_to_gate(self, place: Place) -> Story:
        """Park and escort: walk the children to where they are handed over, and come back."""
        family = self.family
        self.begin("dwell")
        yield self.takes(self.dwell_s(place))
        self.begin("escort_walk")
        way = self.world.footway.way(place.link, place.stop_m, with_child=True, unmarked=self.family.crosses_unmarked)
        if place.kind == "remote":
            way = self.world.footway.remote(place.link, place.stop_m)
        yield from self.world.footway.walk(way, min(family.child_walk_m_s, family.adult_walk_m_s), self.name)
        yield self.takes(family.handover_s)
        self.delivered = family.pupils
        yield from self.world.footway.walk(way.back(), family.adult_walk_m_s, self.name)

    def move_off(self, place: Place) -> Story:
        """Belt, mirror, gear; then into the lane when there is a gap."""
        traffic = self.world.traffic
        berths = self.world.berths.get(place.zone)
        self.begin("manoeuvre")
        if berths is not None:
            berths.leaving[place.berth] = True
        own = self.family.own_manoeuvre_s
        if self.eyes.warden is not None and place.zone in self.eyes.warden.zones:
            own *= self.eyes.warden.own_manoeuvre_factor
        yield self.takes(own)
        if self.beyond:
            return
        if place.kind in ("in_lane", "double_parked"):
            traffic.orders.go_on(self.vehicle)
        else:
            yield traffic.orders.pull_out(self.vehicle, place.link, place.stop_m)
        if berths is not None:
            berths.release(place.berth)

    def turn_round(self, place: Place) -> Story:
        """Turn round in three points, where the street is narrow and the way home is shorter; return whether it has."""
        traffic, times = self.world.traffic, self.world.site.demand.times
        other = self.other_direction(place.link)
        if not self.family.turns_round or other is None or not traffic.orders.can_turn_round(self.vehicle):
            return False
        router = traffic.router
        back, onward = router.path(other, self.family.exit), router.path(place.link, self.family.exit)
        if not back or (onward and router.free_time_s(onward) <= router.free_time_s(back) + times.three_point_turn_s):
            return False
        link, here_m = traffic.scene.where(self.vehicle)
        at_m = here_m + traffic.scene.stopping_distance(self.vehicle) + CLEAR_OF_ROW_M
        if link != place.link or (yield traffic.orders.stop_at(self.vehicle, link, at_m)) == MISSED:
            return False
        if (yield from traffic.orders.turn_round(self.vehicle, back, times.three_point_turn_s)):
            return True
        traffic.orders.go_on(self.vehicle)
        return False

    def other_direction(self, link: str) -> str | None:
        """Return the other direction of the street at the gate."""
        gate = self.world.site.gate
        if link == gate.link:
            return gate.opposite_link
        return gate.link if link == gate.opposite_link else None

    def drive_home(self, place: Place) -> None:
        """Take the quickest way from here to where this family leaves the area, but not past the jam once more."""
        site, router = self.world.site, self.world.traffic.router
        exits = (self.family.exit, *(d.exit for d in site.demand.pupils.departures))
        ways = [router.path(place.link, exit) for exit in exits]
        ways = [way for way in ways if way]
        clear = [way for way in ways if site.gate.link not in way[1:]]
        if ways:
            way = ways[0] if ways[0] in clear else min(clear or ways, key=router.free_time_s)
            self.world.traffic.ways.set_path(self.vehicle, way)
