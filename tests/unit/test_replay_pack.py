"""What the replay page carries is what was recorded: the numbers packed, unpacked as the page does it."""

import gzip
import json
import re
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.records import STATES
from sim.report.replay.approach import approach
from sim.report.replay.motion import motion
from sim.report.replay.page import SCRIPTS, page
from sim.report.replay.streams import block, moments, steps, varints

START_S = 100.0


def unpacked(content: bytes) -> list[int]:
    """Read signed LEB128, as `Reader` in decode.js does."""
    numbers, folded, shift = [], 0, 0
    for byte in content:
        folded |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append((folded >> 1) ^ -(folded & 1))
            folded = shift = 0
    return numbers


def driven(streams: dict[str, bytes], changes: list[list[int]]) -> list[tuple[int, int, int, int, int]]:
    """Return rows (vehicle, time, lane, at [0.1 m], state), as `unpackMotion` in decode.js does."""
    told = {name: iter(unpacked(content)) for name, content in streams.items()}
    rows = []
    for vehicle, count in enumerate(unpacked(streams["rows"])):
        time, lane, at, state, on = 0, -1, 0, 1, 0
        for n in range(count):
            what = next(told["what"])
            after = next(told["later"]) if what & 1 else 1
            leads = 0
            time += after
            if what & 2:
                _, lane, leads = changes[next(told["elsewhere"])]
            if what & 4:
                state = next(told["otherwise"])
            on = (0 if n == 0 or after != 1 or lane == -1 else on) + next(told["surprise"])
            at = 0 if lane == -1 else at + on - leads
            rows.append((vehicle, time, lane, at, state))
    assert all(next(rest, None) is None for name, rest in told.items() if name != "rows")
    return rows


@st.composite
def films(draw: st.DrawFn) -> pd.DataFrame:
    """Draw vehicles that jump about more wildly than any that drives."""
    rows = []
    for who in ("a", "b", "c"):
        time = 100
        for _ in range(draw(st.integers(0, 12))):
            time += draw(st.sampled_from([1, 1, 1, 2, 40]))
            lane = draw(st.integers(-1, 3))
            at = 0 if lane == -1 else draw(st.integers(0, 9000)) / 10
            state = draw(st.sampled_from(STATES))
            rows.append((time, who, lane, at, draw(st.integers(0, 200)) / 10, state, draw(st.booleans())))
    columns = ["time_s", "traveller", "lane", "at_m", "speed_m_s", "state", "off_lane"]
    return pd.DataFrame(rows, columns=columns).astype({"at_m": "float32", "off_lane": "bool", "traveller": "str"})


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_numbers_come_back(numbers):
    assert unpacked(varints(np.array(numbers, dtype=np.int64))) == numbers


@settings(max_examples=60)  # each makes tables
@given(films())
def test_trajectories_come_back_to_the_decimetre(film):
    streams, changes = motion(film, ["a", "b", "c"], START_S)
    expected = [
        ("abc".index(r.traveller), r.time_s - 100, r.lane, round(r.at_m * 10), STATES.index(r.state) + 10 * r.off_lane)
        for r in film.itertuples()
    ]
    assert driven(streams, changes) == expected


def test_steady_driving_needs_hardly_any_bytes():
    seconds = np.arange(1000)
    film = pd.DataFrame({"time_s": seconds + 101, "traveller": "a", "lane": 0, "at_m": 12.5 * seconds,
                         "speed_m_s": 12.5, "state": "driving", "off_lane": False})  # fmt: skip
    streams, _ = motion(film, ["a"], START_S)
    assert len(gzip.compress(b"".join(streams.values()))) < 120


def test_moments_keep_what_is_not_defined_apart():
    assert moments([100.0, np.nan, 100.04, 7.0e3], START_S).tolist() == [1, 0, 1, 69001]
    assert steps([5, 7, 4]).tolist() == [5, 2, -3]


def test_a_block_says_where_each_stream_begins():
    raw = gzip.decompress(block({"arms": [{}, {}]}, [{"x": b"ab"}, {"x": b"c", "y": b""}]))
    size = struct.unpack("<I", raw[:4])[0]
    header = json.loads(raw[4 : 4 + size])
    assert header["arms"][0]["streams"] == {"x": [0, 2]}
    assert header["arms"][1]["streams"] == {"x": [2, 1], "y": [3, 0]}
    assert raw[4 + size :] == b"abc"


def straight(kind: str, segment: int, begin: float, length: float, **more: object) -> dict[str, object]:
    line = [[0.0, begin, 0.0], [length, begin + length, 0.0]]
    return {"kind": kind, "segment": segment, "length_m": length, "line": line, **more}


def test_the_approach_is_a_chain_from_the_gate_back_over_crossing_and_junction():
    lanes = [
        straight("lane", 0, 0.0, 100.0, link="far", from_m=0.0),
        straight("movement", -1, 100.0, 20.0),
        straight("lane", 1, 120.0, 80.0, link="near", from_m=0.0),
        straight("crossing", -1, 200.0, 6.0),
        straight("lane", 2, 206.0, 94.0, link="near", from_m=86.0),
    ]
    found = approach({"lanes": lanes, "gate": {"link": "near", "at_m": 100.0}})
    assert [p["lanes"] for p in found] == [[4], [3], [2], [1], [0]]
    assert [p["ahead_m"] for p in found] == [-80.0, 14.0, 20.0, 100.0, 120.0]
    assert [p["junctions"] for p in found] == [0, 0, 0, 1, 1]
    assert [p["next"] for p in found] == [-1, 0, 1, 2, 3]


def test_the_approach_goes_straight_on_over_a_junction_and_leaves_the_side_street_out():
    side = {"kind": "lane", "segment": 3, "length_m": 50.0, "line": [[0, 110, -60], [50, 110, -10]], "link": "side"}
    lanes = [
        straight("lane", 0, 0.0, 100.0, link="far", from_m=0.0),
        {**side, "from_m": 0.0},
        {"kind": "movement", "segment": -1, "length_m": 14.0, "line": [[0, 110, -10], [7, 111, -3], [14, 120, 0]]},
        straight("movement", -1, 100.0, 20.0),
        straight("lane", 1, 120.0, 80.0, link="near", from_m=0.0),
    ]
    found = approach({"lanes": lanes, "gate": {"link": "near", "at_m": 60.0}})
    assert [p["lanes"] for p in found] == [[4], [3], [0]]


def test_a_gate_beside_no_lane_has_no_approach():
    assert approach({"lanes": [], "gate": {"link": "near", "at_m": 100.0}}) == []


@pytest.mark.parametrize("title", ["<img src=x onerror=alert(1)>", "{{recording}} & </title>"])
def test_a_title_is_text_and_no_markup(title):
    text = page(b"", title=title, language="zh")
    assert title not in text
    assert "<img" not in text
    assert '<html lang="zh-CN">' in text
    assert text.count("{{recording}}") == 2 * title.count("{{recording}}")  # in <title> and <h1>, as it was written


def test_the_page_knows_both_languages_alike_and_no_innerhtml():
    from importlib.resources import files

    folder = files("sim.report.replay")
    words = json.loads(folder.joinpath("words.json").read_text(encoding="utf-8"))
    assert set(words["en"]) == set(words["zh"])
    for key, text in words["en"].items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", words["zh"][key])), key
    for name in SCRIPTS:
        script = folder.joinpath(f"{name}.js").read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script), name
