"""The ways of vehicles: what lies ahead of each, which others there are, and the table from which the kernel reads."""

from collections.abc import Sequence

from sim.kernel import Straight
from sim.kernel import state as k
from sim.kernel.order import aim_those
from sim.scenario.routes import Router
from sim.traffic.scene import Scene

AIM = Straight(aim_those)


class Ways:
    """The table of routes: each vehicle's is a stretch of it, from the segment that it is on to its last."""

    def __init__(self, scene: Scene, router: Router, route: k.Records, free: int, entries: k.Records) -> None:
        """Begin with a table whose part from leg `free` on is not used; `entries`: where those outside wait."""
        self.scene = scene
        self.router = router
        self.route = k.handed(route)
        self._free = free
        self._entries = k.plain(entries)

    # ------------------------------------------------------------------ what lies ahead

    @property
    def segments(self) -> k.Ints:
        """The segment of each leg in the table."""
        found: k.Ints = self.route["segment"]
        return found

    def ahead(self, vehicle: int) -> k.Ints:
        """Return the segments to the route's end, from the present one (inside a junction: from the one ahead)."""
        return self.segments[self._next_leg(vehicle) : self.scene.vehicle.route_end[vehicle]]

    def _next_leg(self, vehicle: int) -> int:
        """Return the leg that a vehicle is on or, inside a junction, that it is about to enter."""
        inside = self.scene.is_on_lane(vehicle) and self.scene.is_in_junction(vehicle)
        return int(self.scene.vehicle.leg[vehicle]) + inside

    def path_left(self, vehicle: int) -> tuple[str, ...]:
        """Return the links to the route's end, from the present one (inside a junction: from the one ahead)."""
        links: list[str] = []
        for s in self.ahead(vehicle):
            link = self.scene.layout.link_of_segment[int(s)]
            if not links or links[-1] != link:
                links.append(link)
        return tuple(links)

    def lane_leads_to(self, vehicle: int, link: str) -> bool:
        """Return whether the lane that a vehicle is in leads to a link that follows its present one."""
        lanes, layout = self.scene.lane, self.scene.layout
        lane = self.scene.vehicle.lane[vehicle]
        if lanes.segment[lane] < 0:
            lane = lanes.to_lane[lane]
        end = layout.road.segments[layout.pieces[layout.link_of_segment[lanes.segment[lane]]][-1].segment]
        nexts = [layout.link_of_segment[int(s)] for s in layout.road.net[end.next_at : end.next_end]]
        return link in nexts and bool(
            layout.road.net[lanes.via_at[end.first_lane + lanes.number[lane]] + nexts.index(link)] >= 0
        )

    # ------------------------------------------------------------------ other ways

    def path_round(self, vehicle: int, link: str, exit: str) -> tuple[str, ...]:
        """Return the quickest way off the present link to a link, or back to it, and out at an exit; or nothing."""
        path = self.router.round_to(self.path_left(vehicle)[0], link)
        home = self.router.path(link, exit)
        return (*path, *home[1:]) if path and home else ()

    def another(self, vehicle: int) -> tuple[str, ...]:
        """Return the best other way that a vehicle's lane allows, by its target to where it leaves; or nothing.

        One that only leaves takes another exit, if need be.
        """
        me, path = self.scene.vehicle, self.path_left(vehicle)
        goals = [path[-1]]
        if me.target_mode[vehicle] != k.NO_TARGET:
            goals.insert(0, self.scene.layout.link_of_segment[me.target_segment[vehicle]])
        ways = [way for link in self.others(vehicle) if (way := self._by(goals, link))]
        return (path[0], *min(ways, key=self.router.free_time_s)) if ways else ()

    def others(self, vehicle: int) -> tuple[str, ...]:
        """Return the links to which a vehicle's lane leads, without the one that comes next on its way."""
        me, road, layout = self.scene.vehicle, self.scene.layout.road, self.scene.layout
        here = road.segments[self.segments[me.leg[vehicle]]]
        choice, via_at = me.choice[vehicle], self.scene.lane.via_at[me.lane[vehicle]]
        chosen = road.net[here.next_at + choice] if choice >= 0 else -1
        found = []
        for n in range(int(here.next_end - here.next_at)):
            on, over = road.net[here.next_at + n], road.net[via_at + n]
            if over >= 0 and on != chosen and self._is_open(vehicle, over):
                found.append(layout.link_of_segment[int(on)])
        return tuple(found)

    def instead(self, vehicle: int, link: str) -> tuple[str, ...]:
        """Return the quickest way to a link by one of the `others` to which a vehicle's lane leads; or nothing."""
        here, router = self.path_left(vehicle)[0], self.router
        ways = [(here, *way) for other in self.others(vehicle) if (way := router.path(other, link))]
        return min(ways, key=router.free_time_s, default=())

    def _is_open(self, vehicle: int, movement: int) -> bool:
        """Return whether a vehicle may take a way over a junction."""
        return not self.scene.lane.has[movement] & k.BUSES or bool(self.scene.vehicle.bus_lanes[vehicle])

    def _by(self, goals: Sequence[str], first: str) -> tuple[str, ...]:
        """Return the way from a link by one goal after the other, or, if one is all, to another exit."""
        way: tuple[str, ...] = (first,)
        for goal in goals:
            way = (*way[:-1], *self.router.path(way[-1], goal)) if way else ()
        if way or len(goals) > 1:
            return way
        out = self.router.nearest(first, self.router.exits)
        return self.router.path(first, out) if out else ()

    # ------------------------------------------------------------------ a new way

    def set_path(self, vehicle: int, path: Sequence[str]) -> None:
        """Give a vehicle a new path of links from the one it is on (inside a junction: from the one it is entering).

        Raises ValueError if the path does not start there.
        """
        segments = self.scene.layout.segments(path)
        leg = self._next_leg(vehicle)
        here = int(self.segments[leg])
        if here not in segments:
            raise ValueError(f"the path does not start where vehicle {vehicle} is")
        behind = self.segments[self.scene.vehicle.leg[vehicle] : leg]
        self.follow(vehicle, [*map(int, behind), *segments[segments.index(here) :]])

    def follow(self, vehicle: int, segments: Sequence[int]) -> None:
        """Write a new route into the table, from the segment on which a vehicle is or which it has just left."""
        begin, end = self._free, self._free + len(segments)
        if end > self.route.size:
            self.route = k.handed(k.joined(self.route, k.rows(k.LEG, self.route.size + len(segments))))
        self.segments[begin:end] = segments
        self._free = end
        self.scene.vehicle.leg[vehicle], self.scene.vehicle.route_end[vehicle] = begin, end
        self.aim_again(vehicle)

    def aim_again(self, vehicle: int) -> None:
        """Look anew for the lanes that lead on, unless the vehicle is in a berth or inside a junction; decide anew."""
        self.scene.vehicle.rest[vehicle] = 0
        self.scene.lane.still[self.scene.vehicle.lane[vehicle]] = 0
        on_link = self.scene.is_on_lane(vehicle) and not self.scene.is_in_junction(vehicle)
        outside = self.scene.vehicle.state[vehicle] == k.OUTSIDE
        if on_link or outside:
            vehicles, lanes, _, segments, net = self.scene.arrays
            AIM.call(vehicles, lanes, segments, net, self.route, vehicle, vehicle + 1)
        if outside:  # it may have been passed over while it waited for other lanes
            first = self.scene.segment.first_lane[self.segments[self.scene.vehicle.leg[vehicle]]]
            self._entries["looked"][self._entries["first_lane"] == first] = 0
