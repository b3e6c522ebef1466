"""Small streets and driver populations for tests of the road, and the theory that they are held against."""

from collections.abc import Sequence
from dataclasses import replace
from heapq import heapreplace
from typing import TypeVar

import numpy as np
import simpy

from sim.kernel.gaps import accepts
from sim.kernel.order import index_of, insert, remove
from sim.places.berths import Berths
from sim.places.disciplines import Discipline
from sim.scenario.drivers import Drivers, GapAcceptance, LaneChanging, VehicleClass
from sim.scenario.junctions import movements
from sim.scenario.network import CrossedLink, Crossing, Link, Network, Node, Signal, Stage
from sim.scenario.routes import Router
from sim.traffic.fleet import Departure, Temperament, muster
from sim.traffic.laying import lay_out
from sim.traffic.layout import Detector
from sim.traffic.people import Walker
from sim.traffic.traffic import Traffic

Moving = TypeVar("Moving", bound=Traffic)

US = VehicleClass(length_m=5.0, acceleration_m_s2=1.8, deceleration_m_s2=2.0, headway_s=1.0, standstill_gap_m=2.0)
CHINA = VehicleClass(length_m=5.0, acceleration_m_s2=1.7, deceleration_m_s2=2.0, headway_s=1.1, standstill_gap_m=2.0)
BUS = VehicleClass(length_m=10.8, acceleration_m_s2=1.0, deceleration_m_s2=1.5, headway_s=1.3, standstill_gap_m=2.5)

HEAVY = VehicleClass(length_m=10.0, acceleration_m_s2=0.9, deceleration_m_s2=1.5, headway_s=1.5, standstill_gap_m=2.5)
TWO_WHEELER = VehicleClass(
    length_m=1.9, acceleration_m_s2=1.2, deceleration_m_s2=2.0, headway_s=0.8, standstill_gap_m=0.5, top_speed_m_s=5.6
)


def population(car: VehicleClass = CHINA, **gaps: float) -> Drivers:
    """Return drivers all alike."""
    wanted = {
        "left_s": 4.1,
        "side_left_s": 7.1,
        "through_s": 6.5,
        "right_s": 6.2,
        "u_turn_s": 6.4,
        "roundabout_s": 4.1,
        "pull_out_s": 7.0,
        "bus_pull_out_s": 7.0,
        "keep_clear_share": 1.0,
        "take_turns_share": 0.7,
    }
    return Drivers(
        name="test",
        car=car,
        bus=BUS,
        heavy=HEAVY,
        two_wheeler=TWO_WHEELER,
        lane_changing=LaneChanging(
            politeness=0.2,
            threshold_m_s2=0.2,
            safe_deceleration_m_s2=2.0,
            mandatory_deceleration_m_s2=4.0,
            courtesy_share=0.8,
            bus_courtesy_share=0.8,
        ),
        gaps=GapAcceptance(**(wanted | gaps)),
    )


def street(
    length_m: float = 1000.0,
    *,
    lanes: int = 1,
    speed_km_h: float = 50.04,
    crossings: Sequence[Crossing] = (),
) -> Network:
    """Return one link `ab` from one boundary to the other."""
    return Network(
        nodes=(Node(id="a", x_m=0, y_m=0, boundary=True), Node(id="b", x_m=length_m, y_m=0, boundary=True)),
        links=(Link(id="ab", from_node="a", to_node="b", lanes=lanes, speed_km_h=speed_km_h),),
        crossings=tuple(crossings),
    )


def two_way(length_m: float = 600.0, *, divided: bool = False, strip_width_m: float = 0.0) -> Network:
    """Return a street with one lane each way, `ab` and `ba`, between two boundaries."""
    nodes = (Node(id="a", x_m=0, y_m=0, boundary=True), Node(id="b", x_m=length_m, y_m=0, boundary=True))
    alike = {"lanes": 1, "speed_km_h": 40, "divided": divided, "strip_width_m": strip_width_m}
    there, back = (Link(id=a + b, from_node=a, to_node=b, **alike) for a, b in ("ab", "ba"))
    return Network(nodes=nodes, links=(there, back))


def red_then_green(at_m: float, *, red_s: float, cycle_s: float = 600.0, width_m: float = 4.0) -> Crossing:
    """Return a signalised crossing of link `ab` that is red for vehicles for the first `red_s` of each cycle."""
    return Crossing(
        id="signal",
        links=(CrossedLink(link="ab", at_m=at_m),),
        length_m=7.0,
        width_m=width_m,
        control="signal",
        cycle_s=cycle_s,
        walk_s=red_s,
        clearance_s=0.0,
    )


class PreparedTraffic(Traffic):
    """Traffic to which something is done before each tick."""

    def prepare(self) -> None:
        """Do it."""
        raise NotImplementedError

    def run(self, until: int) -> None:
        while self.tick < until and self._desk.news[0] == 0:
            self.prepare()
            super().run(self.tick + 1)


def traffic_on(
    network: Network,
    departures: Sequence[Departure],
    *,
    drivers: Drivers | None = None,
    detectors: Sequence[Detector] = (),
    walkers: Sequence[Walker] = (),
    dt: float = 0.5,
    horizon_s: float = 7200.0,
    seed: int = 1,
    kind: type[Moving] = Traffic,
) -> Moving:
    """Return the traffic of a network, from midnight."""
    drivers = drivers or population()
    found = movements(network)
    layout = lay_out(network, found, drivers.gaps, dt=dt, start_s=0.0, detectors=detectors)
    return kind(
        simpy.Environment(),
        layout,
        Router(network, found),
        drivers,
        muster(layout, drivers, departures),
        walkers,
        seed=seed,
        slots=max(1, len(detectors)),
        start_s=0.0,
        horizon=round(horizon_s / dt),
    )


def place(traffic: Traffic, i: int, lane: int, x: float) -> None:
    """Let a vehicle that is on the road stand elsewhere."""
    me = traffic.everybody[i]
    remove(traffic.lanes, traffic.order, me.lane, index_of(traffic.lanes, traffic.order, me.lane, i))
    if traffic.lanes[lane].segment < 0:
        me.before[0] = me.lane
    insert(traffic.lanes, traffic.order, lane, traffic.lanes[lane].count, i)
    me.lane, me.x, me.v = lane, x, 0.0


def go(traffic: Traffic, until_s: float) -> None:
    """Run road and events together until a time [s], as the model does."""
    env, last = traffic.env, round(until_s / traffic.dt)
    while env.peek() <= traffic.tick:
        env.step()
    while traffic.tick < last:
        traffic.run(int(min(env.peek(), last)))
        env.run(until=traffic.tick)
        traffic.tell()
        while env.peek() <= traffic.tick:
            env.step()


def poisson(
    flow_veh_h: float, seconds: float, seed: int, *, dt: float = 0.5, path: tuple[str, ...] = ("ab",)
) -> list[Departure]:
    """Return departures at random times."""
    rng = np.random.default_rng(seed)
    headways = rng.exponential(3600.0 / flow_veh_h, size=int(flow_veh_h * seconds / 3600.0 * 1.5) + 50)
    times = np.cumsum(headways)
    return [Departure(n, int(np.ceil(t / dt)), path) for n, t in enumerate(times[times < seconds])]


def waits_for_gap(
    passings_s: np.ndarray, arrivals_s: np.ndarray, critical_gap_s: float, clearing_s: float = 0.0
) -> np.ndarray:
    """Return how long each arrival waits until the next passing is at least the critical gap [s] away.

    A vehicle is in the way for `clearing_s` [s] after its passing.
    """
    waits = []
    for t in arrivals_s:
        k = int(np.searchsorted(passings_s, t))
        start = t if k == 0 else max(t, passings_s[k - 1] + clearing_s)
        while k < passings_s.size and passings_s[k] - start < critical_gap_s:
            start = passings_s[k] + clearing_s
            k += 1
        waits.append(start - t)
    return np.array(waits)


def varied(departures: Sequence[Departure], seed: int, sd: float = 0.05) -> list[Departure]:
    """Return the same departures with desired speeds that vary, so that passings do not fall on ticks."""
    factors = np.random.default_rng([seed, 1]).normal(1.0, sd, len(departures)).clip(1.0 - 3.0 * sd, 1.0 + 3.0 * sd)
    return [replace(d, temper=Temperament(speed=float(f))) for d, f in zip(departures, factors, strict=True)]


def times_s(traffic: Traffic, slot: int) -> np.ndarray:
    """Return when vehicles passed a detector [s], in order."""
    seen = traffic.passed[:, slot]
    return np.sort(seen[np.isfinite(seen)]) * traffic.dt


def waits_among_points(flow_veh_h: float, critical_gap_s: float, rng: np.random.Generator, count: int) -> np.ndarray:
    """Return how long each of `count` waits [s] for the kernel to accept a gap between points that pass at random."""
    waits = np.zeros(count)
    for n in range(count):
        gap = rng.exponential(3600.0 / flow_veh_h)
        while not accepts(gap, critical_gap_s):
            waits[n] += gap
            gap = rng.exponential(3600.0 / flow_veh_h)
    return waits


def waits_at_berths(headways_s: np.ndarray, stays_s: np.ndarray, count: int, discipline: Discipline) -> np.ndarray:
    """Return how long each arrival waits [s] for one of `count` berths alone."""
    env = simpy.Environment()
    berths, waits = Berths(env, count, discipline), []

    def customer(stay):
        came = env.now
        berth = yield berths.request()
        waits.append(env.now - came)
        yield env.timeout(stay)
        berths.release(berth)

    def source():
        for headway, stay in zip(headways_s, stays_s, strict=True):
            yield env.timeout(headway)
            env.process(customer(stay))

    env.process(source())
    env.run()
    return np.array(waits)


def waits_in_line(headways_s: np.ndarray, stays_s: np.ndarray, count: int) -> np.ndarray:
    """Return the same for servers who serve whoever came first, by a recursion (Kiefer, Wolfowitz 1955)."""
    free, now, waits = [0.0] * count, 0.0, []
    for headway, stay in zip(headways_s, stays_s, strict=True):
        now += headway
        begins = max(now, free[0])
        waits.append(begins - now)
        heapreplace(free, begins + stay)
    return np.array(waits)


def gap_delay_s(flow_veh_h: float, critical_gap_s: float) -> float:
    """Return the mean delay (exp(qt) - qt - 1) / q of gap acceptance in a Poisson stream (Adams 1936)."""
    q = flow_veh_h / 3600.0
    return float((np.exp(q * critical_gap_s) - q * critical_gap_s - 1.0) / q)


def roundabout(*, radius_m: float = 18.0, arm_m: float = 200.0, arms: int = 4, speed_km_h: float = 40.0) -> Network:
    """Return a ring r0, r1, ... (anticlockwise, one lane) with arms in0, out0, in1, ... to the area's ends."""

    def on(radius: float, angle: float) -> tuple[float, float]:
        return (round(radius * float(np.cos(angle)), 3), round(radius * float(np.sin(angle)), 3))

    step = 2.0 * np.pi / arms
    nodes = [Node(id=f"j{n}", x_m=on(radius_m, n * step)[0], y_m=on(radius_m, n * step)[1]) for n in range(arms)]
    links = []
    for n in range(arms):
        x, y = on(radius_m + arm_m, n * step)
        nodes.append(Node(id=f"e{n}", x_m=x, y_m=y, boundary=True))
        arc = tuple(on(radius_m, (n + k / 8.0) * step) for k in range(1, 8))
        ring = {"from_node": f"j{n}", "to_node": f"j{(n + 1) % arms}", "shape": arc, "roundabout": True}
        links.append(Link(id=f"r{n}", lanes=1, speed_km_h=30, length_m=radius_m * step, **ring))
        links.append(Link(id=f"in{n}", from_node=f"e{n}", to_node=f"j{n}", lanes=1, speed_km_h=speed_km_h))
        links.append(Link(id=f"out{n}", from_node=f"j{n}", to_node=f"e{n}", lanes=1, speed_km_h=speed_km_h))
    return Network(nodes=tuple(nodes), links=tuple(links))


def round_way(into: int, out: int, arms: int = 4) -> tuple[str, ...]:
    """Return the way through a roundabout from one arm to another, or back out where it came in."""
    steps = (out - into) % arms or arms
    return (f"in{into}", *(f"r{(into + k) % arms}" for k in range(steps)), f"out{out}")


def crossroads(lanes: int, *, green_s: tuple[float, float] = (40.0, 25.0), arm_m: float = 400.0) -> Network:
    """Return two streets with so many lanes each way that cross at a signal: links wc, cw, ... from and to node c.

    First the one from west to east has green, then the other; between them are 3 s of amber and 2 s of red.
    """
    ends = {"w": (-arm_m, 0.0), "e": (arm_m, 0.0), "s": (0.0, -arm_m), "n": (0.0, arm_m)}
    arms = (("wc", "ec"), ("sc", "nc"))
    stages = tuple(Stage(approaches=those, green_s=green) for those, green in zip(arms, green_s, strict=True))
    signal = Signal(cycle_s=sum(green_s) + 10.0, stages=stages)
    return Network(
        nodes=(
            Node(id="c", x_m=0.0, y_m=0.0, signal=signal),
            *(Node(id=n, x_m=x, y_m=y, boundary=True) for n, (x, y) in ends.items()),
        ),
        links=tuple(
            Link(id=a + b, from_node=a, to_node=b, lanes=lanes, speed_km_h=50.04)
            for n in ends
            for a, b in ((n, "c"), ("c", n))
        ),
    )
