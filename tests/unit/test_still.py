"""The still picture: what it shows, in both languages, and the same bytes for the same content."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from sim.cli import main
from sim.model import SchoolMorning
from sim.report.films import Filmed
from sim.report.look import save_as
from sim.report.moment import _queue, delays_s, moment
from sim.report.plan import Plan, band
from sim.report.still import draw_still, page
from sim.report.still.colours import EDGES
from sim.tables import series_table, trips_table
from tests.property.test_film import table
from tests.property.test_school_morning import school, short

AT_S = 26400 + 480


def filmed(scenario) -> Filmed:
    record = SchoolMorning(scenario, seed=5, filmed=True).run()
    film, key = record.film, {"scenario": "x", "replication": 0}
    tables = (table(columns) for columns in (film.trajectories, film.signals, film.walks))
    return Filmed(film.map, *tables, trips_table(record, **key), series_table(record, **key))


@pytest.fixture(scope="module")
def films():
    return {"baseline": filmed(short(school(), 12)), "scenario": filmed(short(school("shapingba"), 12))}


def left_handed(scenario):
    """Return the mirror image of a scenario: traffic keeps left."""
    network = scenario.site.network
    nodes = tuple(replace(n, y_m=-n.y_m) for n in network.nodes)
    links = tuple(replace(link, shape=tuple((x, -y) for x, y in link.shape)) for link in network.links)
    mirror = replace(network, nodes=nodes, links=links, traffic_side="left")
    return replace(scenario, site=replace(scenario.site, network=mirror))


@pytest.mark.parametrize("kind", ["png", "svg"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_same_content_gives_the_same_bytes(films, tmp_path, kind, lang):
    files = [draw_still(films, pair=3, at_s=AT_S, out=tmp_path / f"{n}.{kind}", lang=lang) for n in range(2)]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size > 20_000
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"0.{kind}", f"1.{kind}"]


def test_another_second_or_part_gives_another_picture(films, tmp_path):
    how = [{}, {"around": "all"}, {"radius_m": 80.0}, {"lang": "zh"}, {"at_s": AT_S + 1}]
    drawn = [
        draw_still(films, **{"pair": 3, "at_s": AT_S, "out": tmp_path / f"{n}.png", **h}).read_bytes()
        for n, h in enumerate(how)
    ]
    assert len(set(drawn)) == len(how)


def test_both_languages_have_the_same_words_with_the_same_numbers():
    words = json.loads(Path(page.__file__).with_name("words.json").read_text(encoding="utf-8"))
    assert set(words) == {"en", "zh"}
    assert set(words["en"]) == set(words["zh"])
    for key, told in words["en"].items():
        names = {part.split("}")[0] for part in told.split("{")[1:]}
        assert names == {part.split("}")[0] for part in words["zh"][key].split("{")[1:]}
    assert set(EDGES) <= set(words["en"])


def test_a_font_without_chinese_is_told_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(page.font_manager, "get_font_names", lambda: ["DejaVu Sans"])
    monkeypatch.setattr(page.font_manager, "findSystemFonts", list)
    assert page._fonts("zh") == ["DejaVu Sans"]
    assert capsys.readouterr().err.count("\n") == 1
    assert page._fonts("en") == ["DejaVu Sans"]
    assert capsys.readouterr().err == ""


def test_everybody_who_is_due_is_counted_once(films):
    film = films["baseline"]
    plan = Plan(film.map)
    for at_s in range(AT_S - 300, AT_S + 300, 60):
        now = moment(film, plan, at_s)
        here = (film.trips["kind"] != "walker") & (film.trips["left_s"] > at_s)
        entered = int((here & (film.trips["entered_s"] <= at_s)).sum())
        assert len(now.vehicles) + sum(now.away.values()) == pytest.approx(entered, abs=2)
        outside = int((here & (film.trips["entered_s"] > at_s + 1) & (film.trips["scheduled_s"] <= at_s)).sum())
        assert sum(now.outside.values()) == pytest.approx(outside, abs=2)


def test_the_delay_at_the_end_is_that_of_the_trip(films):
    film = films["baseline"]
    trips = film.trips[(film.trips["kind"] == "through") & film.trips["finished"]].set_index("traveller")
    delay = delays_s(film.trajectories, film, 0.0).reindex(trips.index) + trips["left_s"]
    told = film.map["vehicles"]
    factor = pd.Series(told["speed_factor"], index=told["traveller"]).reindex(trips.index)
    whole = trips["left_s"] - trips["scheduled_s"] - trips["free_flow_s"] / factor
    assert len(trips) > 200
    assert (delay - whole).abs().quantile(0.9) < 3.0
    assert np.corrcoef(delay, whole)[0, 1] > 0.99


def test_who_stands_is_delayed_by_a_second_a_second(films):
    film = films["baseline"]
    plan = Plan(film.map)
    now, later = (moment(film, plan, at_s).vehicles for at_s in (AT_S, AT_S + 1))
    both = now.index.intersection(later.index)
    stands = both[(now.loc[both, "at_m"] == later.loc[both, "at_m"]) & (later.loc[both, "speed_m_s"] < 0.1)]
    assert len(stands) > 5
    assert np.allclose(later.loc[stands, "delay_s"] - now.loc[stands, "delay_s"], 1.0, atol=0.02)


def test_bodies_are_as_long_as_the_vehicles_and_do_not_overlap(films):
    film = films["baseline"]
    plan = Plan(film.map)
    now = moment(film, plan, AT_S)
    on_lane = now.vehicles[~now.vehicles["off_lane"]]
    bodies = []
    for v in on_lane.itertuples():
        line = plan.back(v.lane, v.at_m, v.length_m, [])
        assert np.hypot(*np.diff(line, axis=0).T).sum() == pytest.approx(v.length_m, abs=0.3)
        bodies.append((v.lane, shapely.Polygon(band(line, 1.8)).buffer(-0.1)))
    for n, (lane, body) in enumerate(bodies):
        same = [other for m, (there, other) in enumerate(bodies) if m != n and there == lane]
        assert not any(body.intersects(other) for other in same)


def test_where_traffic_keeps_left_the_picture_is_the_mirror_image(films):
    right, left = films["baseline"], filmed(left_handed(short(school(), 12)))
    here, there = Plan(right.map), Plan(left.map)
    for v in moment(right, here, AT_S).vehicles.itertuples():
        mirrored = here.back(v.lane, v.at_m, v.length_m, []) * [1.0, -1.0]
        if v.off_lane:
            assert np.allclose(here.aside(v.lane, v.at_m) * [1.0, -1.0], there.aside(v.lane, v.at_m), atol=0.01)
        assert np.allclose(mirrored, there.back(v.lane, v.at_m, v.length_m, []), atol=0.05)


class Straight:
    """A plan of one lane that leads to the gate at 200 m, over a junction of 20 m before 100 m."""

    lanes = ({"link": "a", "length_m": 80.0}, {"length_m": 20.0}, {"link": "gate", "length_m": 200.0})

    def way_to(self, link):
        return {0: -100.0, 1: -20.0, 2: 0.0}

    def junction_m(self, way, begins_m):
        return 20.0

    def point_on(self, way, at_m):
        return at_m, 0.0

    def inwards(self, way, at_m):
        return np.array([0.0, 1.0])


def queue_of(*fronts, speed=0.0, state="driving"):
    """Return the queue of vehicles of 5 m with their fronts at these places of the gate's link [m]."""
    lanes = [2 if x >= 0.0 else 0 for x in fronts]
    vehicles = pd.DataFrame(
        {
            "lane": lanes,
            "at_m": [x if x >= 0.0 else x + 100.0 for x in fronts],
            "length_m": 5.0,
            "moved_m": speed,
            "state": state,
            "off_lane": False,
        }
    )
    return _queue(vehicles, Straight(), {"link": "gate", "at_m": 200.0})


def test_a_queue_reaches_from_the_gate_to_the_last_who_crawls():
    queue = queue_of(*range(190, 99, -10))
    assert (queue.length_m, queue.tail, queue.past_junction_m) == (105.0, (95.0, 0.0), 0.0)
    assert queue_of() is None
    assert queue_of(190.0, 180.0) is None  # two are no queue
    assert queue_of(190.0, 180.0, 170.0, 130.0).length_m == 35.0  # who comes after a hole is no part of it
    assert queue_of(190.0, 180.0, 170.0, 141.0).length_m == 64.0
    assert queue_of(100.0, 90.0, 80.0).length_m == 125.0  # nobody need stand at the gate
    assert queue_of(190.0, 180.0, 170.0, 110.0, 100.0, 90.0).length_m == 115.0  # the one furthest back
    assert queue_of(190.0, 180.0, 170.0, speed=5.0) is None


def test_who_has_stopped_at_the_curb_fills_a_hole_in_a_queue_but_is_no_end_of_one():
    stops = ["driving", "driving", "double_parked", "driving", "in_lane"]
    assert queue_of(190.0, 180.0, 160.0, 140.0, 130.0, state=stops).length_m == 65.0
    assert queue_of(190.0, 180.0, 170.0, state="double_parked") is None


def test_a_queue_past_the_junction_is_told_in_metres_beyond_it():
    queue = queue_of(*range(190, 0, -10), -15.0, -25.0, -35.0)
    assert queue.tail == (-40.0, 0.0)
    assert queue_of(-25.0, -35.0, -45.0) is None  # it begins on the gate's link
    assert queue.past_junction_m == 20.0


def test_a_picture_is_drawn_from_the_command_line(tmp_path, monkeypatch, films):
    monkeypatch.setattr("sim.report.films.read_pair", lambda results, pair: ({}, films))
    monkeypatch.setattr("sim.report.films.pairs_in", lambda results: [7])
    out = tmp_path / "x.svg"
    assert main(["snapshot", "anywhere", "--at", "07:28", "--out", str(out)]) == 0
    assert b"<svg" in out.read_bytes()[:2000]


def test_a_picture_of_another_kind_is_not_known(tmp_path):
    with pytest.raises(KeyError):
        save_as(None, tmp_path / "x.gif")
