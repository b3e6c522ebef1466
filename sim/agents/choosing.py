"""Where to stop: what a driver sees from the wheel, and which place is good enough."""

from dataclasses import dataclass

from sim.demand import Family
from sim.places.world import World
from sim.scenario.network import CurbZone
from sim.scenario.site import gate_offset_opposite

LOOK_EVERY_M = 10.0
"""[m] how often a driver looks for a place [assumption]"""
TURN_IN_SHORT_M = 3.0
"""[m] before the berth's front end, where the vehicle has left the lane [assumption]"""
TURN_IN_SPEED_M_S = 3.0
"""[m/s] into a berth without a taper [assumption]"""
BESIDE_M = 8.0
"""[m] behind a driver's own front, a row in the lane beside is still in the way [assumption]"""
CHANGE_M = 10.0
"""[m] it takes to get into the curb lane [assumption]"""
PAST_GATE_M = 10.0
"""[m] past the gate, nobody double-parks any more [assumption]"""
OUTSIDE_M = 0.5
"""[m] a rear end may stand out of the stretch for stopping [assumption]"""
SWING_M = 1.0
"""[m] from the front of one who waits to the berth that is about to be free [assumption]"""


@dataclass(frozen=True)
class Place:
    """A place to stop: a berth, the spot behind one, or the open lane."""

    kind: str
    """"parking", "bay", "in_lane", "double_parked" or "remote"."""
    link: str
    stop_m: float
    """Offset [m] of the vehicle's front when it stands; in the open lane, where it stands at the latest."""
    zone: str = ""
    berth: int = -1
    escort: bool = False
    wait_at_m: float | None = None
    """Where to wait [m] until the berth is free."""
    from_m: float | None = None
    """In the open lane: from here on [m], who stands in the row has arrived."""

    @property
    def begin_m(self) -> float:
        """Where the place begins [m]."""
        return self.stop_m if self.from_m is None else self.from_m


def lookouts(world: World, link: str) -> list[float]:
    """Return the offsets [m] on a link at which a driver looks for a place, in driving order."""
    zones = school_zones(world, link)
    choices, gate = world.site.demand.choices, world.site.gate
    if zones:
        begin = min(z.from_m for z in zones) - choices.sight_m
        end = max(z.to_m for z in zones) - zones[-1].berth_length_m
    elif link == gate.link:  # nowhere but in the open lane
        begin = end = gate.at_m - choices.double_park_within_m - choices.sight_m
    else:
        return []
    if link == gate.link:
        end = max(end, gate.at_m - LOOK_EVERY_M)
    count = max(1, int((end - begin) // LOOK_EVERY_M) + 1)
    return [max(begin + n * LOOK_EVERY_M, 0.5) for n in range(count)]


def school_zones(world: World, link: str) -> list[CurbZone]:
    """Return the zones on a link where parents may stop, in driving order."""
    zones = [z for z in world.site.network.curb_zones if z.link == link and z.users == "school"]
    return sorted(zones, key=lambda z: z.from_m)


class Eyes:
    """One driver's view and wishes."""

    def __init__(self, world: World, family: Family, vehicle: int) -> None:
        """Look from that vehicle."""
        self.world = world
        self.family = family
        self.vehicle = vehicle
        warden = world.policy.warden
        self.warden = warden if warden is not None and family.obeys < warden.compliance else None
        self._zones: dict[str, list[CurbZone]] = {}
        self._rows: dict[str, Place | None] = {}

    def zones(self, link: str) -> list[CurbZone]:
        """Return the zones on a link where parents may stop, in driving order."""
        if link not in self._zones:
            self._zones[link] = school_zones(self.world, link)
        return self._zones[link]

    def walk_m(self, link: str, at_m: float) -> float:
        """Return the way on foot [m] from a stop point to the gate."""
        return self.world.footway.way(link, at_m, unmarked=self.family.crosses_unmarked).metres

    def choose(self, link: str, at_m: float) -> Place | None:
        """Return where to stop, seen from an offset of a link; None: go on."""
        if self.family.double_parks_though_free and (spot := self.open_lane(link, at_m)) is not None:
            return spot if self.sees(spot, at_m) else None
        place, goes_on = self.free_place(link, at_m)
        if goes_on:
            return None
        place = place or self.soon_free(link, at_m)
        if place is None and self.family.double_parks:
            spot = self.open_lane(link, at_m)
            place = spot if spot is not None and self.sees(spot, at_m) else None
        return place

    def looks(self, link: str, at_m: float) -> bool:
        """Return whether to look for a place from an offset of a link, rather than to drive on with the traffic.

        From the lane beside a row at the curb only where, in sight, the row leaves room at the places: nobody slows
        down all along a row that shuts them off. Who waits for a place looks for a gap in the row.
        """
        scene, choices = self.world.traffic.scene, self.world.site.demand.choices
        if self.family.waits or scene.is_at_curb(self.vehicle):
            return True
        slows_m = scene.slowing_distance(self.vehicle, link, choices.search_km_h / 3.6) + LOOK_EVERY_M
        until_m = at_m + choices.sight_m + slows_m
        for from_m, to_m in scene.room_at_curb(link, at_m, until_m):
            for zone in self.zones(link):
                if min(to_m, zone.to_m) - max(from_m, zone.from_m) >= zone.berth_length_m:
                    return True
        spot = self.open_lane(link, at_m) if self.family.double_parks or self.family.double_parks_though_free else None
        return spot is not None and spot.begin_m <= until_m

    def looks_from_curb(self, link: str, at_m: float) -> bool:
        """Return whether to look for a place from the curb lane: not where a row stands in sight, unless one waits."""
        scene = self.world.traffic.scene
        from_m = at_m if scene.is_at_curb(self.vehicle) else at_m - BESIDE_M
        until_m = at_m + self.world.site.demand.choices.sight_m
        return self.family.waits or not scene.row_stands(link, from_m, until_m, but=self.vehicle)

    def sees(self, place: Place, at_m: float) -> bool:
        """Return whether a place is in sight."""
        return place.stop_m <= at_m + self.world.site.demand.choices.sight_m

    def reach(self, at_m: float, zone: CurbZone) -> tuple[float, float]:
        """Return between which offsets [m] a stop point must lie to be seen and still be reached."""
        sight = self.world.site.demand.choices.sight_m
        if self.warden is not None and zone.id in self.warden.zones:
            sight = max(sight, self.warden.sight_m)
        return at_m + self.world.traffic.scene.stopping_distance(self.vehicle) + 1.0, at_m + sight

    def accepts(self, link: str, stop_m: float, zone: CurbZone) -> bool:
        """Return whether the walk to the gate is short enough, or the warden says so."""
        directed = self.warden is not None and zone.id in self.warden.zones
        return directed or self.walk_m(link, stop_m) <= self.family.willing_m

    def free_place(self, link: str, at_m: float) -> tuple[Place | None, bool]:
        """Return the place in sight with the shortest walk to the gate, and whether to go on all the same for a better.

        For an escort it is one to leave the car, if any.

        A place is a free berth, or a stretch of the lane where stopping is tolerated: with room left, or for one who is
        in the row already and of a mind to wait. From the lane beside nobody gets past a row to what lies beyond.
        """
        found: list[tuple[bool, float, float, Place]] = []
        at_curb = self.world.traffic.scene.is_at_curb(self.vehicle)
        tail_m = self.world.traffic.scene.row_tail_m(link, at_m if at_curb else at_m - BESIDE_M)
        for zone in self.zones(link):
            near, far = self.reach(at_m, zone)
            if zone.kind == "in_lane":
                row = self.row_in(zone) if zone.from_m <= far else None
                reached = row and near <= row.stop_m and self.joins(row, near, tail_m, at_curb=at_curb)
                places = [row] if row and reached else []
            else:
                berths = [place_in(zone, n) for n in self.world.berths[zone.id].open()]
                berths = [p for p in berths if at_curb or p.stop_m <= tail_m]
                places = [p for p in berths if near <= p.stop_m <= far and self.accepts(link, p.stop_m, zone)]
            for place in places:
                walk = self.walk_m(link, place.stop_m)
                found.append((self.family.escorts and not place.escort, walk, -place.stop_m, place))
        if not found:
            return None, False
        best = min(found, key=lambda f: f[:3])[3]
        return best, self.pulls_up(best, at_m, tail_m)

    def row_in(self, zone: CurbZone) -> Place | None:
        """Return the part of a stretch of open lane that is near enough to the gate for this driver, if any is."""
        if zone.id not in self._rows:
            self._rows[zone.id] = self._row_in(zone)
        return self._rows[zone.id]

    def _row_in(self, zone: CurbZone) -> Place | None:
        fronts = [m for n in range(zone.berths) if self.accepts(zone.link, m := zone.berth_front_m(n), zone)]
        if not fronts:
            return None
        begin = fronts[0] - zone.berth_length_m + self.world.traffic.scene.length_m(self.vehicle) - OUTSIDE_M
        return Place(zone.kind, zone.link, fronts[-1], zone.id, escort=zone.escort, from_m=min(begin, fronts[-1]))

    def joins(self, row: Place, near: float, tail_m: float, *, at_curb: bool) -> bool:
        """Return whether a driver gets into a row at the curb: there is room ahead, or one waits in it already."""
        if at_curb:
            return self.family.waits or tail_m >= row.begin_m
        return min(tail_m, row.stop_m) >= max(row.begin_m, near + CHANGE_M)

    def pulls_up(self, place: Place, at_m: float, tail_m: float) -> bool:
        """Return whether to go on for a better berth of the same zone that may come in sight before this one is passed.

        Whoever stops in the first berth of an empty row shuts out those behind: drivers pull up as far as they see. Not
        behind a row that ends before the better berth, `tail_m`: there they would stand beside the one they have.
        """
        if place.kind == "in_lane":
            return False
        zone = self.world.site.network.curb_zone(place.zone)
        far = self.reach(at_m, zone)[1]
        scene = self.world.traffic.scene
        next_m = at_m + LOOK_EVERY_M + scene.tick_m(self.vehicle)
        if place.stop_m <= next_m + scene.stopping_distance(self.vehicle) + 1.0:
            return False
        unseen = (m for n in range(place.berth + 1, zone.berths) if far < (m := zone.berth_front_m(n)) <= tail_m)
        walk = self.walk_m(place.link, place.stop_m)
        return any(self.walk_m(place.link, m) < walk for m in unseen)

    def soon_free(self, link: str, at_m: float) -> Place | None:
        """Return a berth about to be free behind which the driver waits, if of that mind."""
        if not self.family.waits:
            return None
        for zone in self.zones(link):
            near, far = self.reach(at_m, zone)
            if zone.kind == "in_lane":
                continue
            for berth in self.world.berths[zone.id].about_to_be_free():
                place = place_in(zone, berth)
                wait_at = place.stop_m - zone.berth_length_m - SWING_M
                if near <= wait_at and place.stop_m <= far and self.accepts(link, place.stop_m, zone):
                    return Place(place.kind, link, place.stop_m, zone.id, berth, zone.escort, wait_at_m=wait_at)
        return None

    def open_lane(self, link: str, at_m: float) -> Place | None:
        """Return the spot in the open lane nearest to the gate, still ahead, for one who double-parks there."""
        choices, traffic = self.world.site.demand.choices, self.world.traffic
        if self.family.dwell_s > choices.double_park_dwell_s:
            return None
        length = traffic.scene.length_m(self.vehicle)
        begin = at_m + traffic.scene.stopping_distance(self.vehicle) + 1.0
        spots = [
            Place("double_parked", link, to_m, from_m=max(from_m + length, begin))
            for from_m, to_m in open_stretches(self.world, link)
            if to_m >= max(from_m + length, begin) and not self.watched(to_m, link)
        ]
        best = min(spots, key=lambda p: self.walk_m(link, p.stop_m), default=None)
        return best if best and self.walk_m(link, best.stop_m) <= choices.double_park_within_m else None

    def watched(self, stop_m: float, link: str) -> bool:
        """Return whether a warden whom this driver obeys sees the spot."""
        if self.warden is None:
            return False
        zones = [z for z in self.zones(link) if z.id in self.warden.zones]
        return any(z.from_m - self.warden.sight_m <= stop_m <= z.to_m + self.warden.sight_m for z in zones)


def place_in(zone: CurbZone, berth: int) -> Place:
    """Return a zone's berth as a place to stop."""
    return Place(zone.kind, zone.link, zone.berth_front_m(berth), zone.id, berth, zone.escort)


def open_stretches(world: World, link: str) -> list[tuple[float, float]]:
    """Return the stretches [m, m] of the curb lane near the gate, between crossings and stops in the lane."""
    gate, network = world.site.gate, world.site.network
    reach = world.site.demand.choices.double_park_within_m
    at_m = gate.at_m if link == gate.link else gate_offset_opposite(world.site)
    if at_m is None:
        return []
    taken = [(z.from_m, z.to_m) for z in network.curb_zones if z.link == link and z.kind == "in_lane"]
    taken += [(c.at_m, c.at_m + x.width_m) for x in network.crossings for c in x.links if c.link == link]
    found, begin = [], at_m - reach
    for from_m, to_m in sorted(taken):
        found.append((begin, min(from_m, at_m + PAST_GATE_M)))
        begin = max(begin, to_m)
    found.append((begin, at_m + PAST_GATE_M))
    return [(a, b) for a, b in found if a < b]
