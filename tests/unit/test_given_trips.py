"""Trips that are given are driven as they are given: by their ways, with their stops, in their lanes."""

from dataclasses import replace

import numpy as np
import pytest

from sim.formats.sumo import read_sumo
from sim.kernel.following import arrival_speed
from sim.kernel.state import BUSES
from sim.scenario import check_trips as checks
from sim.scenario.check_trips import check_trips
from sim.scenario.network import TurnBan, TurnLanes
from sim.scenario.trips import Stop
from sim.trips import TripRun, run_trips
from tests.sumo_town import BACK, NET, ROUTES, with_bus_turn, with_signal, write


@pytest.fixture
def town(tmp_path):
    return read_sumo(*write(tmp_path))[0]


def only(town, *ids):
    return replace(town, trips=tuple(t for t in town.trips if t.id in ids))


def test_everybody_comes_to_the_end(town):
    driven = run_trips(town)
    assert driven.complete
    assert np.isfinite(driven.trips["left_s"]).all()
    assert (driven.trips["entered_s"] >= driven.trips["scheduled_s"]).all()


def test_the_way_is_as_long_as_its_links_and_connections(town):
    driven = run_trips(only(town, "first", "side"))
    assert driven.trips["route_m"].tolist() == [510.0, 459.0]


def test_the_same_seed_gives_the_same_trips_and_another_one_others(town):
    a, b, c = (run_trips(town, seed=s).trips["left_s"] for s in (1, 1, 2))
    assert (a == b).all()
    assert (a != c).any()


def test_a_run_leaves_nothing_behind_for_the_next_one(town):
    first, _, again = (TripRun(town, seed=s).run() for s in (1, 2, 1))
    fresh = run_trips(replace(town), seed=1)
    for other in (again, fresh):
        assert (first.trips["left_s"] == other.trips["left_s"]).all()
        assert first.facts == other.facts


def test_a_run_in_batches_is_the_run_tick_by_tick(town):
    slow = TripRun(town)
    advance = slow.traffic.run
    slow.traffic.run = lambda _: advance(slow.traffic.tick + 1)
    assert (slow.run().trips["left_s"] == run_trips(town).trips["left_s"]).all()


def site_of(folder, net, type, to, begin="w"):
    """Return the town on such a network, with 30 vehicles of a type."""
    flow = f'<flow id="f" type="{type}" begin="0" end="60" number="30" from="{begin}" to="{to}"/>'
    return read_sumo(*write(folder, net, f"<routes>{flow}</routes>"))[0]


FOR_BUSES = NET.replace('index="0" allow="bus"', 'index="0"').replace('id=":c_1_1"', 'id=":c_1_1" allow="bus"')
"""The turn from w_1 is for buses."""


def turns_taken(site):
    """Return the turns that anybody takes in the first 200 s."""
    run = TripRun(site)
    rows = {m.stated.id: row for m, row in zip(run.movements, run.layout.movement_rows, strict=True)}
    seen = set()
    for tick in range(400):
        run.traffic.run(tick + 1)
        seen |= {id for id, row in rows.items() if run.traffic.lanes[row].count}
    return seen


@pytest.mark.parametrize(("type", "used"), [("car", {"w_0>e_0"}), ("bus", {"w_0>e_0", "w_1>e_1"})])
def test_a_turn_for_buses_is_taken_by_buses_alone(tmp_path, type, used):
    site = site_of(tmp_path, FOR_BUSES, type, "e")
    assert turns_taken(site) == used
    assert run_trips(site).complete


def behind_a_short_link(*lanes):
    """Return the network with w cut to 12 m, and behind it p, of which these lanes lead on."""
    p = '<edge id="p" from="z" to="a">' + "".join(
        f'<lane id="p_{n}" index="{n}" speed="13.89" length="300" shape="-320,{y} -20,{y}"/>'
        for n, y in ((0, -2), (1, 2))
    )
    z = '<junction id="z" type="dead_end" x="-320" y="0" incLanes="" intLanes="" shape="0,0"/>'
    ways = "".join(f'<connection from="p" to="w" fromLane="{n}" toLane="{n}" dir="s"/>' for n in lanes)
    return FOR_BUSES.replace('length="200"', 'length="12"').replace("</net>", f"{p}</edge>{z}{ways}</net>")


@pytest.mark.parametrize(
    ("lanes", "used"),
    [((0, 1), {"p_0>w_0", "w_0>e_0"}), ((1,), {"p_1>w_1", "w_0>e_0"})],
)
def test_a_turn_for_buses_is_heeded_a_link_before_and_by_who_comes_to_it_in_the_wrong_lane(tmp_path, lanes, used):
    site = site_of(tmp_path, behind_a_short_link(*lanes), "car", "e", "p")
    assert turns_taken(site) <= used


@pytest.mark.parametrize(("type", "way"), [("car", ()), ("bus", ("w", "n"))])
def test_who_looks_for_another_way_finds_none_over_a_turn_for_buses(tmp_path, type, way):
    run = TripRun(site_of(tmp_path, with_bus_turn(), type, "e"))
    run.traffic.run(10)
    assert run.traffic.ways.another(0) == way
    assert run.traffic.ways.router.turn("w", "n") is None


PARK = Stop(link="w", from_m=100.0, to_m=120.0, duration_s=60.0, off_lane=True, berths=2)


def parked(town, count, berths=2):
    """Return the town with so many cars that come five seconds apart and all park at the same berths."""
    first = replace(only(town, "first").trips[0], stops=(replace(PARK, berths=berths),))
    cars = (replace(first, id=f"car{n}", depart_s=5.0 * n) for n in range(count))
    return replace(town, trips=tuple(cars))


def test_who_finds_all_berths_taken_waits_in_the_lane_until_one_is_free(town):
    driven = run_trips(parked(town, 4))
    left = driven.trips["left_s"]
    assert driven.complete
    assert driven.trips["stops_missed"].sum() == 0
    assert left[1] - left[0] < 20.0
    assert left[2] - left[0] > PARK.duration_s  # in the berth of the first
    assert left[3] - left[1] > PARK.duration_s
    assert np.ptp(run_trips(parked(town, 4, berths=4)).trips["left_s"]) < 40.0


@pytest.mark.parametrize("from_m", [5.0, 10.0, 40.0])
@pytest.mark.parametrize("dt_s", [0.5, 1.0])
def test_a_row_at_a_links_beginning_is_seen_from_the_link_before(town, from_m, dt_s):
    row = replace(PARK, link="e", from_m=from_m, to_m=from_m + 60.0, berths=1)
    cars = tuple(replace(trip, stops=(row,)) for trip in parked(town, 2).trips)
    types = tuple(replace(t, bus_lanes=True) for t in town.types)
    driven = run_trips(replace(town, trips=cars, types=types), dt_s=dt_s)
    assert driven.trips["stops_missed"].sum() == 0
    assert driven.trips["left_s"][1] - driven.trips["left_s"][0] > PARK.duration_s


@pytest.mark.parametrize(
    "told", [TurnBan(from_link="e", to_link="e"), TurnLanes(from_link="e", to_link="e", lanes=(0,))]
)
def test_what_would_be_passed_over_beside_stated_connections_is_a_fault(town, told):
    key = {TurnBan: "turn_bans", TurnLanes: "turn_lanes"}[type(told)]
    (fault,) = check_trips(replace(town, network=replace(town.network, **{key: (told,)})), "t")
    assert str(fault).startswith(f"t: network.{key}: found 1, expected none")


def test_a_stop_beyond_the_end_of_its_link_is_a_fault(town):
    trip = parked(town, 1).trips[0]
    wrong = replace(town, trips=(replace(trip, stops=(replace(PARK, from_m=5000.0, to_m=6000.0),)),))
    (fault,) = check_trips(wrong, "t")
    assert str(fault) == "t: trips.0.stops.0.to_m: found 6000 m, expected at most the link's length, 200 m"


def test_stops_behind_each_other_are_a_fault(town):
    near, far = (replace(PARK, from_m=at, to_m=at + 20.0) for at in (50.0, 150.0))
    trip = parked(town, 1).trips[0]
    assert check_trips(replace(town, trips=(replace(trip, stops=(near, far)),))) == []
    (fault,) = check_trips(replace(town, trips=(replace(trip, stops=(far, near)),)), "t")
    assert str(fault) == (
        "t: trips.0.stops.1: found w at 70 m, behind the stop before, expected stops in the order of the trip's path"
    )
    on_e = replace(far, link="e")
    (fault,) = check_trips(replace(town, trips=(replace(trip, stops=(on_e, near)),)), "t")
    assert "trips.0.stops.1: found w at 70 m, behind" in str(fault)


def test_names_are_looked_up_at_once_and_searched_for_a_fault_alone(town, monkeypatch):
    searched = []
    monkeypatch.setattr(checks, "unknown", lambda *told: searched.append(told) or ())
    check_trips(town)
    assert searched == []
    check_trips(replace(town, trips=(replace(town.trips[0], type="cat"),)))
    assert [(found, known) for _, found, known, _ in searched] == [("cat", ["bus", "car", "large", "small"])]


def test_berths_of_one_place_are_told_alike(town):
    one, other = parked(town, 2).trips
    wrong = replace(town, trips=(one, replace(other, stops=(replace(PARK, berths=3),))))
    (fault,) = check_trips(wrong, "t")
    assert str(fault) == "t: trips.1.stops.0.berths: found 3, expected 2, as others have at w, 100 to 120 m"


@pytest.mark.parametrize("dt_s", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("decel", [2.0, 4.5])
def test_a_bus_serves_its_stop_however_hard_it_brakes_and_coarse_the_step(town, dt_s, decel):
    types = tuple(
        replace(t, moves=replace(t.moves, deceleration_m_s2=decel)) if t.id == "bus" else t for t in town.types
    )
    one = only(replace(town, types=types), "line_3")
    driven = run_trips(one, dt_s=dt_s)
    without = run_trips(replace(one, trips=(replace(one.trips[0], stops=()),)), dt_s=dt_s)
    assert driven.trips["stops_missed"].tolist() == [0]
    lost = float(driven.trips["left_s"][0] - without.trips["left_s"][0])
    assert 20.0 < lost < 45.0  # what it stands, and braking and starting


def test_one_who_reckons_with_the_way_of_a_tick_needs_no_harder_braking_later():
    v, x, b, dt = 14.0, 0.0, 4.5, 1.0
    while x < 99.5 and v > 0.01:
        after = min(v, arrival_speed(v, 100.0 - x, 0.0, b, dt))
        assert v - after <= b * dt + 1e-9
        x += 0.5 * (v + after) * dt
        v = after
    assert x == pytest.approx(100.0, abs=0.5)


def test_cars_keep_off_the_bus_lane_and_a_bus_goes_where_its_stop_is(town):
    run = TripRun(town, dt_s=0.5)
    lanes, vehicles = run.traffic.lanes, run.traffic.vehicles
    kinds = {t.id: t.bus_lanes for t in town.types}
    seen = set()
    while not run.is_over():
        run.step()
        for row, trip in enumerate(town.trips):
            if vehicles[row].state == 1 and lanes[vehicles[row].lane].has & BUSES:
                seen.add(kinds[trip.type])
    assert seen == {True}


def test_the_side_street_lets_the_main_street_pass(tmp_path):
    routes = "<routes>" + "".join(
        f'<vehicle id="{id}" type="car" depart="{at}" departPos="0"><route edges="{way}"/></vehicle>'
        for id, at, way in [*((f"m{n}", 2 * n, "w e") for n in range(30)), ("side", 0, "s e")]
    )
    site = read_sumo(*write(tmp_path, routes=routes + "</routes>"))[0]
    driven = run_trips(site)
    alone = run_trips(only(site, "side"))
    side = site.trips.index(next(t for t in site.trips if t.id == "side"))
    assert driven.trips["left_s"][side] > float(alone.trips["left_s"][0]) + 10.0


def test_nobody_passes_at_red(tmp_path):
    site = read_sumo(*write(tmp_path, with_signal()))[0]
    run = TripRun(only(site, "first"), dt_s=1.0)
    driven = run.run()
    at_line = float(driven.trips["left_s"][0]) - 300.0 / 13.89
    assert (at_line - 5.0) % 40.0 < 15.0 or 23.0 <= (at_line - 5.0) % 40.0 < 34.0


def test_a_trip_that_cannot_end_is_told_and_gives_no_mean(town):
    short = replace(town, trips=town.trips[:1], patience_s=5.0)
    driven = run_trips(short)
    assert not driven.complete
    assert driven.lines() == [
        "0 of 1 trips came to their end; 0 times another way was taken, 0 stops were driven past",
        "patience was out at 5 s: 1 still on the way, 0 not yet let in",
    ]


@pytest.mark.parametrize("long", [{"duration_s": 12_000.0}, {"duration_s": 0.0, "until_s": 12_000.0}])
def test_patience_begins_when_the_last_stop_is_due_to_end(town, long):
    site = parked(town, 1)
    trip = replace(site.trips[0], stops=(PARK, replace(PARK, from_m=130.0, to_m=150.0, **long)))
    assert trip.due_s == 12_000.0 + (60.0 if "until_s" not in long else 0.0)
    driven = run_trips(replace(site, trips=(trip,), patience_s=300.0))
    assert driven.complete
    assert driven.trips["left_s"][0] > 12_000.0


def test_stops_and_departures_of_the_file_are_seconds_of_the_run(tmp_path):
    until = ROUTES.replace('duration="20"', 'until="100"')
    site = read_sumo(*write(tmp_path, routes=until))[0]
    driven = run_trips(only(site, "line_3"))
    assert 100.0 < float(driven.trips["left_s"][0]) < 130.0


def test_streets_from_which_no_way_leads_on_lead_out_though_others_come_from_there(tmp_path):
    both_ways = BACK[: BACK.index('<connection from="e" to="back"')] + "</net>"
    site, _ = read_sumo(*write(tmp_path, net=both_ways))
    assert "e" not in site.network.exits()
    assert "e" in TripRun(site).traffic.router.exits  # so one in the wrong lane of w leaves there
