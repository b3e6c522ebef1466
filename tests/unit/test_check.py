"""What types cannot say of a site: every fault is found, named by its key, and found together with the others."""

from dataclasses import replace
from typing import Any

import pytest
from streets import population

from sim.scenario.check import check_site
from sim.scenario.demand import (
    BusLine,
    CarDeparture,
    CarOrigin,
    Choices,
    Demand,
    Drawn,
    Modes,
    ProfilePoint,
    Pupils,
    ThroughFlow,
    Times,
    Window,
)
from sim.scenario.network import CrossedLink, Crossing, CurbZone, Link, Network, Node, Signal, Stage, TurnBan, Turning
from sim.scenario.site import Gate, Guardrail, RemoteParking, Site, WaitingArea

HOUR = 3600.0


def good_network() -> Network:
    """Return a street W-A-B-E with a side street at A and another, with a signal, at B."""
    ends = {"w": ("W", "A"), "s": ("S", "A"), "n": ("N", "B"), "e": ("E", "B")}
    links = [Link(id=f"{k}_in", from_node=a, to_node=b, lanes=1, speed_km_h=40) for k, (a, b) in ends.items()]
    links += [Link(id=f"{k}_out", from_node=b, to_node=a, lanes=1, speed_km_h=40) for k, (a, b) in ends.items()]
    links.append(Link(id="gate", from_node="A", to_node="B", lanes=2, speed_km_h=30, shape=((300, 10),), name="主街"))
    links.append(Link(id="across", from_node="B", to_node="A", lanes=2, speed_km_h=30, length_m=410, priority=2))
    stages = (Stage(approaches=("gate", "e_in"), green_s=40), Stage(approaches=("n_in",), green_s=20, turns=("left",)))
    return Network(
        nodes=(
            Node(id="W", x_m=0, y_m=0, boundary=True),
            Node(id="A", x_m=100, y_m=0, u_turn=True),
            Node(id="B", x_m=500, y_m=0, u_turn=True, signal=Signal(cycle_s=90, stages=stages)),
            Node(id="E", x_m=600, y_m=0, boundary=True),
            Node(id="S", x_m=100, y_m=-200, boundary=True),
            Node(id="N", x_m=500, y_m=200, boundary=True),
        ),
        links=tuple(links),
        traffic_side="right",
        turn_bans=(TurnBan(from_link="s_in", to_link="w_out"),),
        crossings=(
            Crossing(
                id="zebra",
                links=(CrossedLink(link="gate", at_m=200), CrossedLink(link="across", at_m=194)),
                length_m=14,
            ),
        ),
        curb_zones=(
            CurbZone(id="cars", link="gate", kind="in_lane", from_m=120, to_m=156, berths=6),
            CurbZone(id="far", link="across", kind="parking", from_m=250, to_m=274, berths=4, escort=True),
            CurbZone(
                id="stop",
                link="gate",
                kind="bay",
                from_m=240,
                to_m=266.6,
                berths=2,
                users="bus",
                taper_in_m=15,
                taper_out_m=20,
                max_stay_s=120,
            ),
        ),
    )


def good_demand() -> Demand:
    few = Drawn(mean_s=20, sd_s=10, low_s=2, high_s=60)
    return Demand(
        window=Window(start=7 * HOUR, measured_from=7.5 * HOUR, measured_to=8.5 * HOUR, end=9 * HOUR),
        pupils=Pupils(
            enrolment=900,
            modes=Modes(walk=0.4, car=0.3, taxi=0.0, bus=0.2, rail=0.05, two_wheeler=0.05),
            pupils_per_car=1.25,
            arrival_mean=8 * HOUR,
            arrival_sd_s=600,
            gate_opens=7.75 * HOUR,
            bell=8.25 * HOUR + 30,
            origins=(CarOrigin(entry="w_in", share=0.6), CarOrigin(entry="e_in", share=0.4, opposite_share=0.8)),
            departures=(
                CarDeparture(exit="e_out", share=0.7, opposite=0),
                CarDeparture(exit="w_out", share=0.3, opposite=1),
            ),
        ),
        times=Times(
            dwell=few,
            own_manoeuvre=few,
            parking_manoeuvre=few,
            handover=Drawn(mean_s=8, sd_s=4),
            child_walk_m_s=1.1,
            adult_walk_m_s=1.15,
            walk_sd_m_s=0.15,
            rail_walk_factor=0.7,
        ),
        choices=Choices(
            willing_full_m=60,
            willing_zero_m=150,
            sight_m=40,
            double_park_share=0.25,
            double_park_though_free_share=0.08,
            double_park_within_m=60,
            double_park_dwell_s=20,
            wait_share=0.5,
            rounds=2,
        ),
        through=(ThroughFlow(entry="w_in", flow_veh_h=400, exit="e_out"), ThroughFlow(entry="e_in", flow_veh_h=400)),
        profile=(ProfilePoint(at=7 * HOUR, share=0.8), ProfilePoint(at=8 * HOUR, share=1)),
        turning=(Turning(links=("e_in", "across"), left=0.1, through=0.8, right=0.1),),
        bus_lines=(BusLine(id="1", entry="w_in", exit="e_out", stop="stop", flow_bus_h=12, headway_cv=0.5, dwell=few),),
    )


def good_site() -> Site:
    return Site(
        name="hill",
        title="Hill: a school, no. 1",
        network=good_network(),
        gate=Gate(link="gate", at_m=220, opposite_link="across"),
        demand=good_demand(),
        drivers=population(),
        guardrails=(Guardrail(id="rail", link="gate", from_m=110, to_m=160),),
        waiting_areas=(WaitingArea(id="area", link="gate", at_m=180, area_m2=80),),
        remote_parking=(RemoteParking(link="across", at_m=100, walk_m=150),),
    )


def put(thing: Any, changes: dict[str, Any]) -> Any:
    """Return a copy with other values, by the path of their keys."""
    for path, value in changes.items():
        first, _, rest = path.partition(".")
        if isinstance(thing, tuple):
            n = int(first)
            thing = (*thing[:n], put(thing[n], {rest: value}) if rest else value, *thing[n + 1 :])
        else:
            thing = replace(thing, **{first: put(getattr(thing, first), {rest: value}) if rest else value})
    return thing


def faults(changes: dict[str, Any]) -> list[str]:
    return [str(fault) for fault in check_site(put(good_site(), changes))]


def test_a_good_site_has_no_fault():
    assert check_site(good_site()) == []


NETWORK = {
    "node twice": ({"network.nodes.4.id": "W"}, "network.nodes.4.id: found W, expected an id of its own"),
    "link twice": ({"network.links.1.id": "w_in"}, "network.links.1.id: found w_in"),
    "node unknown": (
        {"network.nodes.1.id": "A1"},
        "network.links.0.to_node: found A, expected a node (did you mean A1?)",
    ),
    "link of no length": (
        {"network.nodes.0.x_m": 99.5},
        "network.links.0: found 0.5 m from W to A, expected a link of at least 1 m",
    ),
    "turn pocket longer than its link": (
        {"network.links.0.turn_pocket_m": 101},
        "network.links.0.turn_pocket_m: found 101 m, expected at most 100.0 m, the length of w_in",
    ),
    "strip too narrow": (
        {"network.links.0.strip_width_m": 0.5},
        "network.links.0.strip_width_m: found 0.5 m, expected 0, or at least 1 m",
    ),
    "roundabout in both directions": (
        {"network.links.0.roundabout": True},
        "network.links.0.roundabout: found true on w_in, a street in both directions, expected true on one-way links",
    ),
    "unmarked crossing over a railing": (
        {"network.crossings.0.control": "unmarked", "network.links.9.divided": True},
        "network.crossings.0.control: found unmarked over across, which is divided, expected signal or zebra",
    ),
    "no room for a crossing": (
        {"network.crossings.0.width_m": 20, "network.links.9.length_m": 45, "network.crossings.0.links.1.at_m": 9},
        "network.crossings.0.links.1.link: found across, 45.0 m long, expected a longer link",
    ),
    "end in a street": (
        {"network.nodes.1.boundary": True},
        "network.nodes.1.boundary: found true, with streets to B, S, W, expected one street",
    ),
    "no end": (
        {f"network.nodes.{n}.boundary": False for n in (0, 3, 4, 5)},
        "network: found no entry, expected a link out of a node with boundary: true",
    ),
    "stage elsewhere": (
        {"network.nodes.2.signal.stages.1.approaches": ("n_im",)},
        "network.nodes.2.signal.stages.1.approaches.0: found n_im, expected a link that ends at B: n_in, e_in, gate "
        "(did you mean n_in?)",
    ),
    "no stage for an approach": (
        {"network.nodes.2.signal.stages.0.approaches": ("gate",)},
        "network.nodes.2.signal.stages: found none for e_in, expected a stage for every link that ends here",
    ),
    "stages too long": (
        {"network.nodes.2.signal.cycle_s": 60},
        "network.nodes.2.signal.stages: found 70 s in all, expected no more than the cycle's 60 s",
    ),
    "ban unknown": ({"network.turn_bans.0.to_link": "x"}, "network.turn_bans.0.to_link: found x, expected a link"),
    "crossing unknown": (
        {"network.crossings.0.links.1.link": "acros"},
        "network.crossings.0.links.1.link: found acros, expected a link (did you mean across?)",
    ),
    "crossing off its link": (
        {"network.crossings.0.links.1.at_m": 411},
        "network.crossings.0.links.1.at_m: found 411 m, expected at most 410.0 m, the length of across",
    ),
    "no green beside the crossing": (
        {"network.crossings.0.control": "signal", "network.crossings.0.walk_s": 100},
        "network.crossings.0.walk_s: found 100 s, expected with clearance_s at most 100 s",
    ),
    "rail twice": (
        {"guardrails": good_site().guardrails * 2},
        "guardrails.1.id: found rail, expected an id of its own, which guardrails.0 has already",
    ),
    "area twice": ({"waiting_areas": good_site().waiting_areas * 2}, "waiting_areas.1.id: found area"),
    "rail backwards": ({"guardrails.0.to_m": 100}, "guardrails.0.to_m: found 100 m, expected more than from_m, 110 m"),
    "rail too long": ({"guardrails.0.to_m": 500}, "guardrails.0.to_m: found 500 m, expected at most 400."),
    "area off its link": ({"waiting_areas.0.at_m": 500}, "waiting_areas.0.at_m: found 500 m"),
    "rail unknown": ({"guardrails.0.link": "x"}, "guardrails.0.link: found x, expected a link"),
    "gate unknown": ({"gate.link": "gaet"}, "gate.link: found gaet, expected a link (did you mean gate?)"),
    "gate off its link": ({"gate.at_m": 500}, "gate.at_m: found 500 m"),
    "gate opposite itself": ({"gate.opposite_link": "gate"}, "gate.opposite_link: found gate, expected another link"),
    "nowhere to stop": (
        {"network.curb_zones.0.link": "n_out", "remote_parking": ()},
        "remote_parking: found none, and no curb zone for the school on the gate's link, expected somewhere to stop",
    ),
}

ZONE = "network.curb_zones.0"
ZONES = {
    "nobody looks there": (
        {f"{ZONE}.link": "n_out", f"{ZONE}.from_m": 20, f"{ZONE}.to_m": 44, f"{ZONE}.berths": 4},
        f"{ZONE}.link: found n_out, for the school, expected gate or across",
    ),
    "no time to get out": ({f"{ZONE}.max_stay_s": 0}, f"{ZONE}.max_stay_s: found 0 s, expected 2 s or more"),
    "twice": ({f"{ZONE}.id": "far"}, "network.curb_zones.1.id: found far"),
    "unknown link": ({f"{ZONE}.link": "gat"}, f"{ZONE}.link: found gat, expected a link (did you mean gate?)"),
    "backwards": ({f"{ZONE}.to_m": 120}, f"{ZONE}.to_m: found 120 m, expected more than from_m, 120 m"),
    "beyond the link": (
        {f"{ZONE}.from_m": 300, f"{ZONE}.to_m": 420},
        f"{ZONE}.to_m: found 420 m, expected at most 400.5 m, the length of gate",
    ),
    "in the junction": (
        {f"{ZONE}.from_m": 5},
        f"{ZONE}.from_m: found 5 m, expected 7.5 to 390.0 m, clear of the junctions of gate",
    ),
    "short berths": ({f"{ZONE}.berths": 10}, f"{ZONE}.berths: found 10 on 36 m, expected berths of at least 5 m"),
    "short for buses": (
        {"network.curb_zones.2.berths": 3},
        "network.curb_zones.2.berths: found 3 on 26.6 m, expected berths of at least 11 m",
    ),
    "over a crossing": (
        {f"{ZONE}.to_m": 201},
        f"{ZONE}: found 120 to 201 m on gate, expected a stretch clear of the crossing zebra, 200 to 206 m",
    ),
    "on a crossing": (
        {f"{ZONE}.from_m": 205, f"{ZONE}.to_m": 223},
        f"{ZONE}: found 205 to 223 m on gate, expected a stretch",
    ),
    "in a taper": (
        {f"{ZONE}.from_m": 210, f"{ZONE}.to_m": 228, f"{ZONE}.berths": 3},
        "network.curb_zones.2: found 240 to 266.6 m on gate (225 to 286.6 m with tapers), "
        "expected a stretch clear of cars, 210 to 228 m",
    ),
}

PUPILS = "demand.pupils"
DEMAND = {
    "window": (
        {"demand.window.measured_to": "07:30"},
        "demand.window.measured_to: found 07:30, expected a time after measured_from, 07:30",
    ),
    "gate too early": (
        {f"{PUPILS}.gate_opens": "06:59:30"},
        f"{PUPILS}.gate_opens: found 06:59:30, expected a time within the window, 07:00 to 09:00",
    ),
    "bell too late": ({f"{PUPILS}.bell": "09:01"}, f"{PUPILS}.bell: found 09:01"),
    "bell before the gate": (
        {f"{PUPILS}.bell": "07:40"},
        f"{PUPILS}.bell: found 07:40, expected a time after gate_opens, 07:45",
    ),
    "arrival unmeasured": (
        {"demand.window.measured_from": 7.9 * 3600, f"{PUPILS}.arrival_mean": 7.85 * 3600},
        f"{PUPILS}.arrival_mean: found 07:51, expected a time within the measured window, 07:54 to ",
    ),
    "cars": ({f"{PUPILS}.cars": 100_000}, f"{PUPILS}.cars: found 100000 cars, expected no more than pupils, "),
    "modes": ({f"{PUPILS}.modes.car": 0.31}, f"{PUPILS}.modes: found shares that sum to 1.01, expected a sum of 1"),
    "origins": ({f"{PUPILS}.origins.0.share": 0.5}, f"{PUPILS}.origins: found shares that sum to 0.9"),
    "no origin": ({f"{PUPILS}.origins": ()}, f"{PUPILS}.origins: found shares that sum to 0,"),
    "departures": ({f"{PUPILS}.departures.0.share": 0.6}, f"{PUPILS}.departures: found shares that sum to 0.9"),
    "departures across": (
        {f"{PUPILS}.departures.0.opposite": None},
        f"{PUPILS}.departures: found opposite shares (else share) that sum to 1.7",
    ),
    "turning": ({"demand.turning.0.left": 0.3}, "demand.turning.0: found shares that sum to 1.2"),
    "turning unknown": ({"demand.turning.0.links": ("x",)}, "demand.turning.0.links.0: found x, expected a link"),
    "drawn": (
        {"demand.times.dwell.high_s": 1},
        "demand.times.dwell.high_s: found 1 s, expected no less than low_s, 2 s",
    ),
    "dwell of a bus": ({"demand.bus_lines.0.dwell.low_s": 61}, "demand.bus_lines.0.dwell.high_s: found 60 s"),
    "willing": ({"demand.choices.willing_zero_m": 50}, "demand.choices.willing_zero_m: found 50 m"),
    "origin no entry": (
        {f"{PUPILS}.origins.0.entry": "w_out"},
        f"{PUPILS}.origins.0.entry: found w_out, expected an entry: a link out of a boundary node",
    ),
    "departure no exit": ({f"{PUPILS}.departures.0.exit": "e_in"}, f"{PUPILS}.departures.0.exit: found e_in"),
    "flow from nowhere": ({"demand.through.0.entry": "x"}, "demand.through.0.entry: found x, expected an entry"),
    "flow to nowhere": ({"demand.through.0.exit": "gate"}, "demand.through.0.exit: found gate, expected an exit"),
    "line twice": ({"demand.bus_lines": good_demand().bus_lines * 2}, "demand.bus_lines.1.id: found 1"),
    "line from nowhere": ({"demand.bus_lines.0.entry": "x"}, "demand.bus_lines.0.entry: found x"),
    "line to nowhere": ({"demand.bus_lines.0.exit": "x"}, "demand.bus_lines.0.exit: found x"),
    "stop for cars": (
        {"demand.bus_lines.0.stop": "cars"},
        "demand.bus_lines.0.stop: found cars, expected a curb zone with users: bus",
    ),
    "parking unknown": ({"remote_parking.0.link": "x"}, "remote_parking.0.link: found x, expected a link"),
    "parking off its link": ({"remote_parking.0.at_m": 411}, "remote_parking.0.at_m: found 411 m"),
}

NO_U_TURN = {"network.nodes.1.u_turn": False, "network.nodes.2.u_turn": False}
NO_WAY_ON = {"network.turn_bans": tuple(TurnBan(from_link="gate", to_link=x) for x in ("e_out", "n_out", "across"))}
ROUTES = {
    "origin": (
        NO_U_TURN,
        "demand.pupils.origins.1.entry: found e_in, expected an entry from which the gate's link gate is reached",
    ),
    "origin across": (
        {**NO_U_TURN, f"{PUPILS}.origins.0.opposite_share": 0.1},
        "demand.pupils.origins.0.entry: found w_in, expected an entry from which the opposite link across is reached",
    ),
    "departure": (
        {**NO_U_TURN, f"{PUPILS}.departures.1.share": 0.3},
        "demand.pupils.departures.1.exit: found w_out, expected an exit that is reached from gate",
    ),
    "departure across": (
        {**NO_U_TURN, f"{PUPILS}.departures.0.opposite": 0.1},
        "demand.pupils.departures.0.exit: found e_out, expected an exit that is reached from across",
    ),
    "parking not reached": (
        {**NO_U_TURN, "remote_parking.0.link": "w_in"},
        "remote_parking.0.link: found w_in, expected a link that is reached from gate or across",
    ),
    "no parking for one curb": (
        {**NO_U_TURN, "remote_parking.0.link": "w_out"},
        "remote_parking: found none that is reached from gate, expected one for those who find no berth there",
    ),
    "no parking and no way round": (
        {**NO_U_TURN, "remote_parking": ()},
        "remote_parking: found none, and no way round back to gate, expected one for those who find no berth there",
    ),
    "flow": (
        {**NO_U_TURN, "demand.through.0.exit": "w_out"},
        "demand.through.0.exit: found w_out, expected an exit that is reached from w_in",
    ),
    "heavy two-wheelers": (
        {"demand.through.0.vehicle": "two_wheeler", "demand.through.0.heavy_share": 0.1},
        "demand.through.0.heavy_share: found 0.1 of two-wheelers, expected 0, or vehicle: car",
    ),
    "two-wheelers without a strip": (
        {"demand.through.0.vehicle": "two_wheeler"},
        "demand.through.0.entry: found w_in, without strip_width_m, expected a link with a strip for two-wheelers",
    ),
    "strips that lead nowhere": (
        {"demand.through.0.vehicle": "two_wheeler", "network.links.0.strip_width_m": 2},
        "demand.through.0.exit: found e_out, expected an exit that is reached from w_in",
    ),
    "trap": (
        {**NO_WAY_ON, "demand.through.1.entry": "w_in"},
        "demand.through.1.entry: found w_in, whose traffic may turn into gate and never get out",
    ),
    "bus before its stop": (
        {**NO_U_TURN, "demand.bus_lines.0.entry": "n_in"},
        "demand.bus_lines.0.entry: found n_in, expected an entry from which the stop stop is reached",
    ),
    "bus after its stop": (
        {**NO_U_TURN, "demand.bus_lines.0.exit": "s_out"},
        "demand.bus_lines.0.exit: found s_out, expected an exit that is reached from the stop stop",
    ),
}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param(*case, id=f"{group}: {name}")
        for group, cases in (("network", NETWORK), ("zone", ZONES), ("demand", DEMAND), ("routes", ROUTES))
        for name, case in cases.items()
    ],
)
def test_each_fault_is_named(changes, line):
    found = faults(changes)
    assert any(each.startswith(line) for each in found), "\n".join(found)


def test_all_faults_are_told_at_once_with_the_file():
    site = put(good_site(), {"gate.at_m": 999, f"{ZONE}.link": "gat", f"{PUPILS}.modes.car": 0.5})
    found = check_site(site, "hill/site.yaml")
    assert [f.where for f in found] == [
        "hill/site.yaml: network.curb_zones.0.link",
        "hill/site.yaml: demand.pupils.modes",
        "hill/site.yaml: gate.at_m",
    ]


def test_ways_are_looked_for_only_where_all_names_are_known():
    found = faults({**NO_U_TURN, f"{ZONE}.link": "gat"})
    assert len(found) == 1


def test_without_curb_across_nobody_needs_to_get_there():
    across = {"network.curb_zones.1.users": "bus", "network.curb_zones.1.berths": 2, "remote_parking": (), **NO_U_TURN}
    assert not any("across" in line for line in faults({**across, f"{PUPILS}.origins.0.opposite_share": 1}))
