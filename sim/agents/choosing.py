"""Where to stop: what a driver sees from the wheel, and which place is good enough."""

from dataclasses import dataclass

from sim.demand import Family
from sim.places.world import World
from sim.scenario.network import CurbZone

LOOK_EVERY_M = 10.0
"""[m] how often a driver looks for a place [assumption]"""
TURN_IN_SHORT_M = 3.0
"""[m] before the berth's front end, where the vehicle has left the lane [assumption]"""
TURN_IN_SPEED_M_S = 3.0
"""[m/s] into a berth without a taper [assumption]"""
SWING_M = 1.0
"""[m] from the front of one who waits to the berth that is about to be free [assumption]"""


@dataclass(frozen=True)
class Place:
    """A place to stop: a berth, the spot behind one, or the open lane."""

    kind: str
    """"parking", "bay", "in_lane", "double_parked" or "remote"."""
    link: str
    stop_m: float
    """Offset [m] of the vehicle's front when it stands."""
    zone: str = ""
    berth: int = -1
    escort: bool = False
    wait_at_m: float | None = None
    """Where to wait [m] until the berth is free."""


def lookouts(world: World, link: str) -> list[float]:
    """Return the offsets [m] on a link at which a driver looks for a place, in driving order."""
    zones = school_zones(world, link)
    choices, gate = world.site.demand.choices, world.site.gate
    if not zones:
        return []
    begin = min(z.from_m for z in zones) - choices.sight_m
    end = max(z.to_m for z in zones) - zones[-1].berth_length_m
    if link == gate.link:
        end = max(end, gate.at_m - LOOK_EVERY_M)
    count = max(1, int((end - begin) // LOOK_EVERY_M) + 1)
    return [max(begin + n * LOOK_EVERY_M, 0.5) for n in range(count)]


def school_zones(world: World, link: str) -> list[CurbZone]:
    """Return the zones on a link where parents may stop, in driving order."""
    zones = [z for z in world.site.network.curb_zones if z.link == link and z.users == "school"]
    return sorted(zones, key=lambda z: z.from_m)


def walk_m(world: World, link: str, at_m: float) -> float:
    """Return the way on foot [m] from a stop point to the gate."""
    return world.footway.way(link, at_m).metres


class Eyes:
    """One driver's view and wishes."""

    def __init__(self, world: World, family: Family, vehicle: int) -> None:
        """Look from that vehicle."""
        self.world = world
        self.family = family
        self.vehicle = vehicle
        warden = world.policy.warden
        self.warden = warden if warden is not None and family.obeys < warden.compliance else None

    def choose(self, link: str, at_m: float, *, last: bool) -> Place | None:
        """Return where to stop, seen from an offset of a link; None: go on. `last`: no berth further on."""
        if self.family.double_parks_though_free:
            place = self.open_lane(link, at_m)
            if place is not None:
                return place
        return (
            self.free_berth(link, at_m)
            or self.soon_free(link, at_m)
            or (self.open_lane(link, at_m) if last and self.family.double_parks else None)
        )

    def reach(self, at_m: float, zone: CurbZone) -> tuple[float, float]:
        """Return between which offsets [m] a stop point must lie to be seen and still be reached."""
        sight = self.world.site.demand.choices.sight_m
        if self.warden is not None and zone.id in self.warden.zones:
            sight = max(sight, self.warden.sight_m)
        return at_m + self.world.traffic.stopping_distance(self.vehicle) + 1.0, at_m + sight

    def accepts(self, link: str, stop_m: float, zone: CurbZone) -> bool:
        """Return whether the walk to the gate is short enough, or the warden says so."""
        directed = self.warden is not None and zone.id in self.warden.zones
        return directed or walk_m(self.world, link, stop_m) <= self.family.willing_m

    def free_berth(self, link: str, at_m: float) -> Place | None:
        """Return the free berth in sight with the shortest walk to the gate."""
        found: list[tuple[float, Place]] = []
        for zone in school_zones(self.world, link):
            near, far = self.reach(at_m, zone)
            for berth in self.world.berths[zone.id].open():
                place = place_in(zone, berth)
                if near <= place.stop_m <= far and self.accepts(link, place.stop_m, zone):
                    found.append((walk_m(self.world, link, place.stop_m), place))
        if not found:
            return None
        best = min(found, key=lambda f: (f[0], -f[1].stop_m))[1]
        return None if self.pulls_up(best, at_m) else best

    def pulls_up(self, place: Place, at_m: float) -> bool:
        """Return whether to go on for a better berth of the same zone that may come in sight before this one is passed.

        Whoever stops in the first berth of an empty row shuts out those behind: drivers pull up as far as they see.
        """
        zone = self.world.site.network.curb_zone(place.zone)
        far = self.reach(at_m, zone)[1]
        if place.stop_m - at_m - LOOK_EVERY_M <= self.world.traffic.stopping_distance(self.vehicle) + 1.0:
            return False
        unseen = (m for n in range(place.berth + 1, zone.berths) if (m := zone.berth_front_m(n)) > far)
        walk = walk_m(self.world, place.link, place.stop_m)
        return any(walk_m(self.world, place.link, m) < walk for m in unseen)

    def here(self, link: str) -> Place | None:
        """Return the place in the open lane where the driver, in a row that stands, is already."""
        traffic = self.world.traffic
        if not traffic.stands_at_curb(self.vehicle):
            return None
        on, at_m = traffic.where(self.vehicle)
        for zone in school_zones(self.world, link) if on == link else []:
            berth = int((at_m - zone.from_m) // zone.berth_length_m)
            if zone.kind != "in_lane" or not 0 <= berth < zone.berths or self.world.berths[zone.id].taken[berth]:
                continue
            if self.accepts(link, at_m, zone):
                return Place(zone.kind, link, at_m, zone.id, berth, zone.escort)
        return None

    def soon_free(self, link: str, at_m: float) -> Place | None:
        """Return a berth about to be free behind which the driver waits, if of that mind."""
        if not self.family.waits:
            return None
        for zone in school_zones(self.world, link):
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
        """Return the next spot in the open lane near the gate, for one who double-parks there."""
        choices, gate = self.world.site.demand.choices, self.world.site.gate
        if self.family.dwell_s > choices.double_park_dwell_s or self.family.mode == "":
            return None
        stop = at_m + self.world.traffic.stopping_distance(self.vehicle) + 2.0
        for zone in school_zones(self.world, link):
            if zone.kind == "in_lane" and zone.from_m <= stop <= zone.to_m + 6.0:
                stop = zone.to_m + 6.0
        if self.watched(stop, link) or walk_m(self.world, link, stop) > choices.double_park_within_m:
            return None
        if link == gate.link and stop > gate.at_m + 10.0:
            return None
        return Place("double_parked", link, stop)

    def watched(self, stop_m: float, link: str) -> bool:
        """Return whether a warden whom this driver obeys sees the spot."""
        if self.warden is None:
            return False
        zones = [z for z in school_zones(self.world, link) if z.id in self.warden.zones]
        return any(z.from_m - self.warden.sight_m <= stop_m <= z.to_m + self.warden.sight_m for z in zones)


def place_in(zone: CurbZone, berth: int) -> Place:
    """Return a zone's berth as a place to stop."""
    return Place(zone.kind, zone.link, zone.berth_front_m(berth), zone.id, berth, zone.escort)
