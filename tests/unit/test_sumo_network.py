"""A SUMO network comes in as it is stated: lanes, connections, who gives way, and every green of a cycle."""

import gzip
import itertools
import re
from bisect import bisect
from dataclasses import replace

import pytest

from sim.formats.sumo import read_sumo
from sim.kernel.state import AMBER, GREEN, RED
from sim.scenario.check_trips import check_trips
from sim.scenario.faults import BadInput
from sim.scenario.junctions import movements
from sim.traffic.lights import Clock, group_lights
from sim.trips import TripRun
from tests.sumo_town import NET, with_bus_turn, with_signal, write


@pytest.fixture
def town(tmp_path):
    return read_sumo(*write(tmp_path))[0]


def test_edges_become_links_with_their_lengths_speeds_and_lanes(town):
    links = {link.id: link for link in town.network.links}
    assert {id: (link.lanes, link.length_m, link.speed_km_h) for id, link in links.items()} == {
        "w": (2, 200.0, pytest.approx(50.0, abs=0.01)),
        "s": (1, 150.0, pytest.approx(30.0, abs=0.02)),
        "e": (2, 300.0, pytest.approx(50.0, abs=0.01)),
    }
    assert links["e"].bus_lanes == (0,)
    assert town.network.entries() == ("w", "s")
    assert town.network.exits() == ("e",)


def test_an_edge_for_people_on_foot_is_left_out_and_counted(tmp_path):
    _, summary = read_sumo(*write(tmp_path))
    assert summary.dropped == 1


def test_stop_signs_are_told_of(tmp_path):
    stops = NET.replace('id="c" type="priority"', 'id="c" type="priority_stop"')
    _, summary = read_sumo(*write(tmp_path, net=stops))
    assert any("who has a gap does not stop" in note for note in summary.notes)


@pytest.mark.parametrize("type", ["zipper", "unregulated"])
def test_junctions_whose_rule_is_another_here_are_told_of(tmp_path, type):
    _, summary = read_sumo(*write(tmp_path, net=NET.replace('id="c" type="priority"', f'id="c" type="{type}"')))
    assert len([note for note in summary.notes if f"({type})" in note]) == 1


def test_that_who_gives_way_without_a_light_waits_less_is_told(tmp_path):
    for net, told in ((NET, True), (with_signal(), False)):
        lines = read_sumo(*write(tmp_path, net=net))[1].lines()
        assert any("without a light (1 connections) waits less than in SUMO" in line for line in lines) == told


def test_green_arrows_beside_red_are_told_of(tmp_path):
    _, summary = read_sumo(*write(tmp_path, with_signal().replace('state="ryy"', 'state="syy"')))
    assert [note for note in summary.notes if "green arrows" in note]
    _, summary = read_sumo(*write(tmp_path, with_signal()))
    assert [note for note in summary.notes if "green arrows" in note] == []


def test_connections_keep_their_lanes_lengths_and_right_of_way(town):
    ways = {c.id: c for c in town.network.connections}
    side = ways["s_0>e_1"]
    assert (side.length_m, side.turn, side.from_lane, side.to_lane) == (9.0, "right", 0, 1)
    assert side.speed_km_h == pytest.approx(21.6)
    assert set(side.yields_to) == {"w_0>e_0", "w_1>e_1"}
    assert ways["w_1>e_1"].yields_to == ()


def test_a_footway_has_no_number_among_the_connections(tmp_path):
    on_foot = '<connection from="s" to=":c_w0" fromLane="0" toLane="0" dir="s" state="M"/>'
    net = NET.replace('<connection from="s" to="e"', on_foot + '<connection from="s" to="e"')
    assert read_sumo(*write(tmp_path, net))[0].network == read_sumo(*write(tmp_path))[0].network


def test_a_lane_may_be_numbered_with_a_decimal_point(tmp_path):
    net = NET.replace('to="e" fromLane="1"', 'to="e" fromLane="1.0"')
    assert len(read_sumo(*write(tmp_path, net))[0].network.connections) == 3


def test_only_paths_that_meet_are_in_conflict_and_the_stated_one_gives_way(town):
    found = movements(town.network)
    side = next(m for m in found if m.from_link == "s")
    meets = {(found[c.foe].from_lane, c.yields) for c in side.conflicts}
    assert (1, True) in meets
    assert all(gives_way for _, gives_way in meets)
    main = next(m for m in found if (m.from_link, m.from_lane) == ("w", 1))
    assert {c.yields for c in main.conflicts} == {False}


def test_a_signal_shows_every_green_of_its_cycle_from_its_offset_on(tmp_path):
    site, _ = read_sumo(*write(tmp_path, with_signal()))
    run = TripRun(site, dt_s=1.0)
    lights = {m.from_link: row for m, row in zip(run.movements, run.layout.movement_rows, strict=True)}
    phases = ("rGG", 10), ("ryy", 3), ("grr", 7), ("yrr", 3), ("rGG", 6), ("ryy", 3), ("rrr", 8)
    cycle = [letters for letters, lasts in phases for _ in range(lasts)]
    shown = {"G": GREEN, "g": GREEN, "y": AMBER, "r": RED}
    for second in range(120):
        run.traffic.run(second + 1)
        now = cycle[(second - 5) % 40]
        assert run.traffic.lanes[lights["w"]].light == shown[now[1]], second
        assert run.traffic.lanes[lights["s"]].light == shown[now[0]], second


@pytest.mark.parametrize("step", [0.5, 1.0])
@pytest.mark.parametrize("part", [0.3, 0.37])
def test_a_cycle_that_is_no_whole_number_of_steps_does_not_drift(tmp_path, step, part):
    net = (
        with_signal()
        .replace('duration="10"', f'duration="{10 + part}"')
        .replace('duration="7"', f'duration="{7 + part}"')
    )
    site, _ = read_sumo(*write(tmp_path, net))
    (programme,) = site.network.programmes
    lights = group_lights(programme, Clock(step, 0.0))
    ends_s = list(itertools.accumulate(p.duration_s for p in programme.phases))
    green_s = [0.0, 0.0, 0.0]
    off = 0
    for tick in range(round(7200 / step)):
        into_s = (tick * step + 0.5 * step - programme.offset_s) % ends_s[-1]
        stated = programme.phases[bisect(ends_s, into_s)].lights
        for group, light in enumerate(lights):
            phase = (tick - light.offset) % light.cycle
            greens = zip(*[iter((light.green_from, light.green_to, light.amber_to, *light.more))] * 3, strict=True)
            shows = any(begin <= phase < end for begin, end, _ in greens)
            off += shows != (stated[group] == "G")
            green_s[group] += step * shows
    assert off / (3 * 7200 / step) < 0.04 * step  # the nearest tick to each of the four switches of some 40 s
    assert green_s[1] == pytest.approx(7200 * (16 + part) / ends_s[-1], rel=0.01)


def test_a_signal_in_a_later_file_replaces_the_one_in_the_network(tmp_path):
    net, routes, more = write(tmp_path, with_signal())
    later = tmp_path / "later.add.xml"
    later.write_text(
        '<add><tlLogic id="c"><phase duration="9" state="Grr"/><phase duration="9" state="rGG"/></tlLogic></add>'
    )
    (programme,) = read_sumo(net, routes, [*more, later])[0].network.programmes
    assert [p.lights for p in programme.phases] == ["Grr", "rGG"]


def test_a_connection_over_two_internal_lanes_waits_where_the_first_one_ends(tmp_path):
    net = NET.replace(
        '<edge id=":c_1"',
        '<edge id=":c_2" function="internal">'
        '<lane id=":c_2_0" index="0" speed="6" length="4" shape="205,-5 208,-2"/></edge>\n    <edge id=":c_1"',
    ).replace("</net>", '<connection from=":c_0" to="e" fromLane="0" toLane="1" via=":c_2_0" dir="r" state="m"/></net>')
    site, _ = read_sumo(*write(tmp_path, net))
    side = next(c for c in site.network.connections if c.from_link == "s")
    assert (side.wait_m, side.length_m) == (9.0, 13.0)


def test_long_ids_that_begin_alike_stay_apart(tmp_path):
    edges = [f"{'x' * 90}{n}" for n in range(2)]
    net = NET
    for id, edge in zip("se", edges, strict=True):
        net = re.sub(f'((?:from|to|edge id)=)"{id}"', rf'\1"{edge}"', net)
    town, _ = read_sumo(
        *write(
            tmp_path,
            net,
            routes=f'<routes><trip id="{edges[1]}" depart="0" from="{edges[0]}" to="{edges[1]}"/></routes>',
            types="<additional/>",
        )
    )
    assert len({link.id for link in town.network.links}) == 3
    assert len({c.id for c in town.network.connections}) == 3
    assert len(set(town.trips[0].path)) == 2
    assert all(len(c.id) <= 80 for c in town.network.connections)


def test_a_phase_of_hours_lasts_as_long(tmp_path):
    net = with_signal().replace('duration="8" state="rrr"', 'duration="2:30:0" state="rrr"')
    (programme,) = read_sumo(*write(tmp_path, net))[0].network.programmes
    assert [(p.duration_s, p.lights) for p in programme.phases[-3:]] == [
        (3600.0, "rrr"),
        (3600.0, "rrr"),
        (1800.0, "rrr"),
    ]


@pytest.mark.parametrize("far_m", [10_000, 100_000])
@pytest.mark.parametrize("drawn", ['via=":c_0_0"', ""])
def test_a_way_over_a_junction_that_is_drawn_far_off_is_one_fault(tmp_path, far_m, drawn):
    net = NET.replace("200,-10 202,-3 208,1.6", f"200,-10 {far_m},0 208,1.6")
    if not drawn:
        net = NET.replace(' via=":c_0_0"', "").replace("200,-160 200,-10", f"200,-160 {far_m},-10")
    with pytest.raises(BadInput) as refused:
        read_sumo(*write(tmp_path, net))
    (fault,) = refused.value.faults
    assert "over the junction to e_1" in fault.found
    assert fault.expected == "one drawn with at most 1000 m"


def test_so_it_is_in_a_site_that_was_changed_by_hand(tmp_path):
    site = read_sumo(*write(tmp_path))[0]
    side, *others = site.network.connections
    far = replace(side, shape=(side.shape[0], (10_000.0, 0.0), side.shape[-1]))
    (fault,) = check_trips(replace(site, network=replace(site.network, connections=(far, *others))))
    assert fault.where == f"network.connections.0: {side.id}"
    assert fault.found.startswith("a shape of 19")


@pytest.mark.parametrize("type", ["rail_crossing", "rail_signal"])
def test_a_light_that_trains_set_is_left_out_and_told_once(tmp_path, type):
    net = with_signal(NET.replace('id="c" type="priority"', f'id="c" type="{type}"').replace("tlLogic", "ignored"))
    site, summary = read_sumo(*write(tmp_path, net))
    assert [c.programme for c in site.network.connections] == [None] * 3
    assert len([note for note in summary.notes if "level crossings" in note]) == 1


def test_where_one_keeps_left_a_turn_back_may_be_a_capital_letter(tmp_path):
    net = NET.replace("<net ", '<net lefthand="1" ').replace('via=":c_0_0" dir="r"', 'via=":c_0_0" dir="T"')
    side = next(c for c in read_sumo(*write(tmp_path, net))[0].network.connections if c.from_link == "s")
    assert side.turn == "u_turn"


@pytest.mark.parametrize(
    ("yes", "no"), [("1", "0"), ("yes", "No"), ("true", "false"), ("ON", "off"), ("x", "-"), ("T", "f")]
)
def test_yes_and_no_may_be_told_in_each_of_sumos_ways(tmp_path, yes, no):
    net = with_signal(NET.replace("<net ", f'<net lefthand="{yes}" '))
    net = net.replace('<connection from="s"', f'<connection keepClear="{no}" uncontrolled="{yes}" from="s"')
    net = net.replace('<connection from="w"', f'<connection keepClear="{yes}" uncontrolled="{no}" from="w"')
    stops = f'<stop lane="w_0" endPos="80" duration="9" onDemand="{no}" parking="{yes}"/>'
    stops += f'<stop lane="w_0" endPos="90" duration="9" onDemand="{yes}"/>'
    routes = f'<routes><vehicle id="v" depart="0"><route edges="w e"/>{stops}</vehicle></routes>'
    town = read_sumo(*write(tmp_path, net, routes))[0]
    assert town.network.traffic_side == "left"
    assert {c.from_link: (c.keep_clear, c.programme) for c in town.network.connections} == {
        "s": (False, None),
        "w": (True, "c"),
    }
    assert [stop.off_lane for stop in town.trips[0].stops] == [True]


NEXT_TO = '<vehicle id="v" type="{}" depart="0"><route edges="w n"/></vehicle><trip id="t" depart="0" from="s" to="e"/>'
SHUT = "connections that are shut to some classes (allow, disallow), who choose their ways by that, but not their lanes"


@pytest.mark.parametrize(
    ("allow", "type", "goes", "buses", "told"),
    [
        ("bus", "bus", True, True, []),
        ("bus coach", "car", False, True, []),
        ("bus truck", "large", True, False, [f"{SHUT}: 2"]),
        ("truck", "car", False, False, [f"{SHUT}: 2"]),
        ("all", "car", True, False, []),
    ],
)
def test_a_turn_is_for_the_classes_that_its_lanes_inside_the_junction_admit(tmp_path, allow, type, goes, buses, told):
    files = write(tmp_path, with_bus_turn(allow), f"<routes>{NEXT_TO.format(type)}</routes>")
    if goes:
        site, summary = read_sumo(*files)
        assert {c.buses for c in site.network.connections if c.to_link == "n"} == {buses}
        assert [note for note in summary.notes if SHUT in note] == told
    else:
        with pytest.raises(BadInput, match="found no connection from w to n for class passenger"):
            read_sumo(*files)


def test_the_quickest_way_is_over_turns_that_admit_the_class(tmp_path):
    trips = '<trip id="v" type="{}" depart="0" from="w" to="n"/>'
    for type in ("bus", "ignores"):
        ignoring = '<vType id="ignores" vClass="ignoring"/>'
        site, _ = read_sumo(*write(tmp_path, with_bus_turn(), f"<routes>{ignoring}{trips.format(type)}</routes>"))
        assert site.trips[0].path == ("w", "n")
    with pytest.raises(BadInput, match="no way from w to n"):
        read_sumo(*write(tmp_path, with_bus_turn(), f"<routes>{trips.format('car')}</routes>"))


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (
            'id="w_0" index="0"',
            'id="w_0" index="0" disallow="truck trailer tram"',
            "lanes open to cars and shut to truck, trailer, used by these like the edge's others: 1",
        ),
        (
            'id="w_1" index="1"',
            'id="w_1" index="1" changeRight="bus"',
            "lanes that say who may change to the next one (changeLeft, changeRight), where all may here: 1",
        ),
        (
            '<edge id="w"',
            '<type id="hw"><restriction vClass="truck" speed="5"/></type><edge type="hw" id="w"',
            "edges with a speed limit of its own for truck (restriction), where that of all holds: 1",
        ),
    ],
)
def test_what_holds_for_some_and_is_not_kept_is_told(tmp_path, old, new, note):
    told, before = (read_sumo(*write(tmp_path, net))[1].notes for net in (NET.replace(old, new), NET))
    assert set(told) - set(before) == {note}


@pytest.mark.parametrize("shut", ['id="s_0" index="0" disallow="truck"', 'id="s_0" index="0" changeLeft="bus"'])
def test_a_rule_that_a_link_keeps_or_that_concerns_nobody_is_not_told(tmp_path, shut):
    notes = [read_sumo(*write(tmp_path, net))[1].notes for net in (NET.replace('id="s_0" index="0"', shut), NET)]
    assert notes[0] == notes[1]


def test_elements_that_nobody_reads_are_counted(tmp_path):
    net = NET.replace('<junction id="a"', '<jnction id="x"/><jnction id="y"/><location/><junction id="a"').replace(
        'shape="200,-160 200,-10"/>', 'shape="200,-160 200,-10"><stopOffset value="3"/><param key="k"/></lane>'
    )
    told, before = (read_sumo(*write(tmp_path, of))[1].notes for of in (net, NET))
    assert set(told) - set(before) == {
        "<jnction> in the network left out: 2",
        "<stopOffset> in the network left out: 1",
    }


LATER = '<tlLogic id="c" offset="{}"><phase duration="9" state="Grr"/><phase duration="9" state="rGG"/></tlLogic>'


def read_beside(tmp_path, beside):
    """Return the town with its signal and one more file beside it."""
    net, routes, more = write(tmp_path, with_signal())
    later = tmp_path / "later.add.xml"
    later.write_text(beside)
    return read_sumo(net, routes, [*more, later])[0].network


@pytest.mark.parametrize(
    "root", ["{}", "<tlLogics>{}</tlLogics>", "<additionals>{}</additionals>", "<trips>{}</trips>"]
)
def test_signals_may_stand_in_a_file_of_any_outermost_element_of_sumo(tmp_path, root):
    (programme,) = read_beside(tmp_path, root.format(LATER.format(0))).programmes
    assert [p.lights for p in programme.phases] == ["Grr", "rGG"]


@pytest.mark.parametrize(("told", "seconds"), [("0:1:5", 65.0), ("-7", -7.0), ("3.5", 3.5), ("begin", 0.0)])
def test_an_offset_is_a_time_or_a_number_below_zero(tmp_path, told, seconds):
    (programme,) = read_beside(tmp_path, LATER.format(told)).programmes
    assert programme.offset_s == seconds


def test_a_signal_with_the_programme_off_shows_no_light(tmp_path):
    town = read_beside(tmp_path, '<additional><tlLogic id="c" type="static" programID="off"/></additional>')
    assert town.programmes == ()
    assert {c.programme for c in town.connections} == {None}


def test_a_tllogic_without_phases_adds_parameters_and_changes_no_programme(tmp_path):
    params = '<additional><tlLogic id="c" programID="0"><param key="x" value="1"/></tlLogic></additional>'
    assert read_beside(tmp_path, params) == read_beside(tmp_path, "<additional/>")


@pytest.mark.parametrize(
    ("offset", "seconds"),  # so that SUMO 1.28 shows the same in each second
    [(0, 0.0), (7, -63.0), (80, -75.0), (-12, -72.0)],
)
def test_phases_follow_each_other_as_next_says(tmp_path, offset, seconds):
    phases = ("r", 10, 2), ("y", 25, 0), ("G", 60, 1)
    told = "".join(f'<phase duration="{s}" state="{3 * letter}" next="{n}"/>' for letter, s, n in phases)
    town = read_beside(tmp_path, f'<tlLogic id="c" type="static" offset="{offset}">{told}</tlLogic>')
    (programme,) = town.programmes
    assert "".join(p.lights[0] for p in programme.phases) == "rGy"
    assert programme.offset_s == seconds


def test_a_phase_that_none_leads_to_is_left_out(tmp_path):
    told = (
        '<phase duration="5" state="rrr" next="2"/><phase duration="99" state="rGG"/><phase duration="6" state="Grr"/>'
    )
    (programme,) = read_beside(tmp_path, f'<tlLogic id="c" type="static">{told}</tlLogic>').programmes
    assert [(p.duration_s, p.lights) for p in programme.phases] == [(5.0, "rrr"), (6.0, "Grr")]


def test_what_follows_in_a_programme_that_acts_on_traffic_depends_on_it_and_is_left_as_it_stands(tmp_path):
    told = '<phase duration="5" state="rrr" next="1 2"/><phase duration="9" state="rGG"/>'
    (programme,) = read_beside(tmp_path, f'<tlLogic id="c" type="actuated">{told}</tlLogic>').programmes
    assert [p.duration_s for p in programme.phases] == [5.0, 9.0]


BY_TIME = """<additional>
    <tlLogic id="c" programID="night"><phase duration="9" state="Grr"/><phase duration="9" state="rGG"/></tlLogic>
    <tlLogic id="c" programID="day"><phase duration="7" state="Grr"/><phase duration="7" state="rGG"/></tlLogic>
    <WAUT id="w" refTime="0" startProg="night"><wautSwitch time="300" to="day"/></WAUT>
    <wautJunction wautID="w" junctionID="c"/>
</additional>"""


def test_a_signal_that_switches_by_the_time_of_day_keeps_the_programme_it_begins_with_and_is_told(tmp_path):
    net, routes, more = write(tmp_path, with_signal())
    later = tmp_path / "later.add.xml"
    later.write_text(BY_TIME)
    site, summary = read_sumo(net, routes, [*more, later])
    assert [p.duration_s for p in site.network.programmes[0].phases] == [9.0, 9.0]
    assert "signals that switch programmes by the time of day (WAUT) keep the one they begin with" in summary.notes


def test_a_file_is_unpacked_if_it_is_packed_whatever_its_name(tmp_path):
    net, routes, more = write(tmp_path)
    plain = routes.rename(tmp_path / "town.rou.xml.gz")
    net.write_bytes(gzip.compress(NET.encode()))
    assert len(read_sumo(net, plain, more)[0].network.links) == 3
