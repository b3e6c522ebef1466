"""The replay in a browser: it shows what was recorded, to everybody, in both languages, and asks nobody anything."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.cli import main
from sim.report.films import read_pair
from sim.report.moment import moment as still
from sim.report.plan import Plan
from sim.report.replay.pack import pack
from sim.report.replay.page import page as made
from tests.refused import refused

sync_api = pytest.importorskip("playwright.sync_api", reason="the replay is tested with playwright: pip install it")
axe = pytest.importorskip("axe_playwright_python", reason="the replay is tested with axe: pip install it")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium to open the replay with"),
]

ROOT = Path(__file__).resolve().parents[2]
AXE = Path(axe.__file__).with_name("axe.min.js")
MARKUP = "<img src=x onerror=alert(1)>"
ARMS = {"before": "baseline", "after": "scenario"}
MOMENTS = (27300, 28500, 29100, 30000, 31234)
SIZES = ((1280, 720), (1920, 1080))
LONGEST_BYTES = 4_000_000


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """One recorded pair of the default school, whose titles are markup."""
    folder = tmp_path_factory.mktemp("replay")
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    for name in ("shapingba", "site"):
        file = folder / "scenarios" / "school" / f"{name}.yaml"
        lines = file.read_text(encoding="utf-8").splitlines()
        lines = [f'title: "{name} {MARKUP}"' if line.startswith("title:") else line for line in lines]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.cli.run._draw", lambda study, folder: None)  # nobody looks at the figures
        assert main(["run", "replications=1", "record=0", "workers=1", "out=result"]) == 0
        assert main(["replay", "result"]) == 0
    return folder / "result"


@pytest.fixture(scope="module")
def films(results):
    return read_pair(results, 0)


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def page(browser, results) -> Iterator[sync_api.Page]:
    yield from opened(browser, results / "replay-0.html")


def opened(browser, file: Path) -> Iterator[sync_api.Page]:
    """Open a file, and hold at the end that nothing went wrong and nobody else was asked."""
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    wrong: list[str] = []
    tab.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("request", lambda r: wrong.append(r.url) if r.url != file.as_uri() and r.url != "data:," else None)
    tab.goto(file.as_uri())
    eventually(tab, "window.replay && window.replay.state().firstFrameMs")
    yield tab
    tab.close()
    assert wrong == []


def eventually(page, expression: str) -> None:
    """Wait until an expression is true in the page; its own policy forbids Playwright's way of waiting."""
    end = time.monotonic() + 10
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


def state(page) -> dict:
    return page.evaluate("window.replay.state()")


def go(page, time_s: float) -> None:
    script = "t => { const s = document.getElementById('slider'); s.value = t; s.dispatchEvent(new Event('input')); }"
    page.evaluate(script, time_s - 26400)
    page.wait_for_timeout(150)


def recorded(film, time_s: int) -> pd.DataFrame:
    """Return where everybody was, from the table."""
    rows = film.trajectories[film.trajectories["time_s"] <= time_s].drop_duplicates("traveller", keep="last")
    rows = rows[rows["lane"] >= 0]
    return rows.set_index(rows["traveller"].astype(str)).sort_index()


# ---------------------------------------------------------------------- what is shown is what was recorded


@pytest.mark.parametrize("arm", ARMS)
def test_everybody_is_drawn_where_they_were_recorded(page, films, arm):
    film = films[1][ARMS[arm]]
    for moment in (*MOMENTS, MOMENTS[0]):
        told = recorded(film, moment)
        drawn = pd.DataFrame(page.evaluate("([arm, t]) => window.replay.positionsAt(arm, t)", [arm, moment]))
        drawn = drawn.set_index("traveller").sort_index()
        assert drawn.index.tolist() == told.index.tolist()
        assert len(drawn) > 50
        np.testing.assert_array_equal(drawn["lane"], told["lane"])
        np.testing.assert_array_equal(drawn["state"], told["state"].astype(str))
        np.testing.assert_array_equal(drawn["off_lane"], told["off_lane"])
        np.testing.assert_allclose(drawn["at_m"], told["at_m"], atol=0.001)
        on_lane = ~told["off_lane"] & ~told["state"].astype(str).isin(["outside", "parked_away"])
        for name, row in told[on_lane].iterrows():
            line = np.array(film.map["lanes"][row["lane"]]["line"])
            expected = [np.interp(row["at_m"], line[:, 0], line[:, n]) for n in (1, 2)]
            np.testing.assert_allclose(drawn.loc[name, ["x_m", "y_m"]].astype(float), expected, atol=0.1)


def test_who_is_in_a_berth_is_drawn_in_it(page, films):
    film = films[1]["baseline"]
    areas = np.array([area for zone in film.map["zones"] if zone["kind"] != "in_lane" for area in zone["berths"]])
    seen = 0
    for moment in MOMENTS:
        for one in page.evaluate("t => window.replay.positionsAt('before', t)", moment):
            if one["state"] == "in_berth":
                x, y = one["x_m"], one["y_m"]
                low, high = areas.min(axis=1), areas.max(axis=1)
                assert ((low[:, 1] <= y) & (y <= high[:, 1]) & (low[:, 0] - 1 <= x) & (x <= high[:, 0] + 1)).any()
                seen += 1
    assert seen > 5


def test_between_two_seconds_a_vehicle_is_between_two_places(page):
    at = {t: page.evaluate("t => window.replay.positionsAt('before', t)", t) for t in (28500, 28500.5, 28501)}
    begin, half, end = ({one["traveller"]: one for one in of} for of in at.values())
    moved = [n for n in begin if n in end and abs(end[n]["x_m"] - begin[n]["x_m"] if begin[n]["x_m"] else 0) > 2]
    assert len(moved) > 10
    for name in moved:
        assert half[name]["x_m"] == pytest.approx((begin[name]["x_m"] + end[name]["x_m"]) / 2)


def test_where_traffic_keeps_left_berths_are_on_the_left(browser, films, tmp_path):
    run, arms = films
    lefty = {name: replace(film, map={**film.map, "traffic_side": "left"}) for name, film in arms.items()}
    file = tmp_path / "left.html"
    file.write_text(made(pack(run, lefty, 0), title="left", language="en"), encoding="utf-8")
    lanes = arms["baseline"].map["lanes"]
    for tab in opened(browser, file):
        found = tab.evaluate("window.replay.positionsAt('before', 29100)")
    off = [one for one in found if one["state"] == "in_berth"]
    assert off
    for one in off:
        (_, x0, y0), (_, x1, _) = lanes[one["lane"]]["line"][0], lanes[one["lane"]]["line"][-1]
        assert (one["y_m"] - y0) * (x1 - x0) > 0  # to the left of the way they came


def test_the_numbers_at_the_end_are_the_study_s(page, films, results):
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    rows = page.eval_on_selector_all("#kpis tbody tr", "rows => rows.map(r => [...r.cells].map(c => c.textContent))")
    kpis = pd.read_parquet(results / "kpis.parquet")
    for column, arm in ((1, "before"), (2, "after")):
        mean = kpis[(kpis["kpi"] == "M1") & (kpis["variant"] == "am") & (kpis["arm"] == ARMS[arm])]["value"].item()
        minutes, seconds = rows[1][column].split(":")
        assert 60 * int(minutes) + int(seconds) == round(mean)
        done, families = rows[0][column].split(" / ")
        assert done == families
    assert rows[0][1].split(" / ")[1] == rows[0][2].split(" / ")[1]


def queue_end(film, moment: int, *, counts_entering: bool = True) -> float | None:
    """Return how far from the gate the queue ends by the README's rule, on the default school's chain of lanes.

    Who has come in within the last second has moved by next to nothing, but perhaps at more than 5 km/h: the picture
    counts it, the page by its speed does not.
    """
    ground = film.map
    lengths = dict(zip(ground["vehicles"]["traveller"], ground["vehicles"]["length_m"], strict=True))
    now, before = recorded(film, moment), recorded(film, moment - 1)
    slow = []
    for name, row in now.iterrows():
        lane = ground["lanes"][row["lane"]]
        x = np.interp(row["at_m"], *np.array(lane["line"]).T[:2])
        y = lane["line"][0][2]
        moved = row["speed_m_s"]
        if name in before.index and before.loc[name, "lane"] >= 0:
            was = before.loc[name]
            moved = x - np.interp(was["at_m"], *np.array(ground["lanes"][was["lane"]]["line"]).T[:2])
            if was["state"] == "outside" and not counts_entering:
                moved = row["speed_m_s"]
        eastward = lane["line"][-1][1] > lane["line"][0][1] and -9 < y < 0 and lane["line"][-1][2] == y
        if eastward and x <= 300 and not row["off_lane"] and row["state"] != "outside" and moved < 5 / 3.6:
            slow.append((300 - x, 300 - x + lengths[name], row["state"] in ("driving", "waiting_for_berth")))
    slow.sort()
    rear, count, end, found = -np.inf, 0, None, None
    for front, back, queues in slow:
        if front - rear > 25:
            if front >= 232.5:  # in the junction or beyond it a new queue is another's
                break
            rear, count, end = -np.inf, 0, None
        rear, count, end = max(rear, back), count + queues, back if queues else end
        found = end if end is not None and count >= 3 else found
    return found


def tells(told: str, end: float | None) -> bool:
    """Return whether the page tells of a queue's end, to the metre."""
    return told == "–" if end is None else told != "–" and abs(int(told[:-2]) - end) <= 1


@pytest.mark.parametrize("arm", ARMS)
def test_the_queue_ends_where_the_rule_says(page, films, arm):
    ends, plan = [], Plan(films[1][ARMS[arm]].map)
    for moment in range(28700, 30300, 100):
        go(page, moment)
        told = page.locator("#kpis tbody tr").nth(5).locator("td").nth(list(ARMS).index(arm)).inner_text()
        expected = queue_end(films[1][ARMS[arm]], moment)
        assert tells(told, expected) or tells(told, queue_end(films[1][ARMS[arm]], moment, counts_entering=False)), (
            moment
        )
        ends.append(expected)
        drawn = still(films[1][ARMS[arm]], plan, moment).queue
        assert (drawn and drawn.length_m) == pytest.approx(expected, abs=0.2), moment
    assert sum(end is not None for end in ends) > 5


# ---------------------------------------------------------------------- small, quick and quiet


def test_the_page_is_small_and_quick(page, results):
    assert (results / "replay-0.html").stat().st_size < LONGEST_BYTES
    assert state(page)["firstFrameMs"] < 2000
    page.select_option("#rate", "60")
    page.click("#play")
    page.wait_for_timeout(300)
    probe = "[window.replay.state().frames, performance.now(), window.replay.state().time]"
    first = page.evaluate(probe)
    page.wait_for_timeout(3000)
    last = page.evaluate(probe)
    seconds = (last[1] - first[1]) / 1000
    assert (last[0] - first[0]) / seconds >= 20
    assert (last[2] - first[2]) / seconds == pytest.approx(60, rel=0.2)


def test_the_policy_lets_nothing_in_or_out(page):
    policy = page.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy


def test_names_from_the_user_s_files_are_text(page):
    assert page.locator("img").count() == 0
    assert page.inner_text("h1") == f"site {MARKUP}"
    assert page.inner_text("#title-after") == f"shapingba {MARKUP}"
    assert MARKUP in page.title()


# ---------------------------------------------------------------------- time


def test_it_plays_pauses_and_is_set(page):
    begin = state(page)
    page.click("#play")
    page.wait_for_timeout(600)
    assert state(page)["running"]
    assert page.inner_text("#play") == "Pause"
    page.click("#play")
    stopped = state(page)
    assert stopped["time"] > begin["time"] + 2
    page.wait_for_timeout(300)
    assert state(page)["time"] == stopped["time"]
    go(page, 29100)
    assert page.inner_text("#time") == "08:05:00"
    assert page.get_attribute("#slider", "aria-valuetext") == "08:05:00"
    assert "15 min" in page.inner_text("#to-bell")


def test_the_keyboard_does_it_too(page):
    go(page, 29100)
    for key, moment in (("ArrowRight", 29110), ("Shift+ArrowRight", 29170), ("ArrowLeft", 29160), ("Home", 26400)):
        page.keyboard.press(key)
        assert state(page)["time"] == moment
    page.keyboard.press("+")
    assert state(page)["rate"] == 20
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert state(page)["rate"] == 5
    page.keyboard.press(" ")
    assert state(page)["running"]
    page.keyboard.press(" ")
    assert not state(page)["running"]
    eventually(page, "document.getElementById('live').textContent.includes('07:20')")


def test_tab_goes_through_everything_and_shows_where_it_is(page):
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        who = page.evaluate("document.activeElement.id")
        if who in seen or not who:
            break
        seen.append(who)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", who
    assert seen[:3] == ["as-table", "language", "zoom-in"]
    assert seen.index("see-all") < seen.index("find") < seen.index("play") < seen.index("rate") < seen.index("slider")


# ---------------------------------------------------------------------- one vehicle


def test_a_click_chooses_a_vehicle_and_its_twin(page):
    go(page, 29100)
    inside = []
    for one in page.evaluate("window.replay.positionsAt('before', 29100)"):
        x, y = page.evaluate("n => window.replay.screenAt('before', n)", one["traveller"]) if one["x_m"] else (-1, -1)
        if x and 100 < x < 800 and 60 < y < 200:
            inside.append((one["traveller"], x, y))
    name, x, y = next(one for one in inside if one[0].startswith("family"))
    box = page.locator("#canvas-before").bounding_box()
    page.mouse.click(box["x"] + x - 2, box["y"] + y)
    page.wait_for_timeout(300)
    chosen = state(page)["chosen"]
    at = {one[0]: one[1:] for one in inside}
    assert chosen is not None
    assert np.hypot(at[chosen][0] - x, at[chosen][1] - y) < 16
    assert chosen in page.inner_text("#who")
    assert chosen in page.inner_text("#live")
    cells = page.locator("#trip tbody tr").first.locator("td").all_inner_texts()
    assert len(cells) == 2
    assert all(cells)
    assert name  # there was a family to click at


def test_a_vehicle_is_found_by_keyboard_followed_and_let_go(page, films):
    trips = films[1]["baseline"].trips
    family = trips[(trips["kind"] == "family") & (trips["mode"] == "car") & (trips["scheduled_s"] > 28000)].iloc[0]
    go(page, family["entered_s"] + 20)
    page.focus("#find")
    page.keyboard.type(family["traveller"])
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert state(page)["chosen"] == family["traveller"]
    rows = dict(
        page.eval_on_selector_all("#trip tbody tr", "r => r.map(t => [t.cells[0].innerText, t.cells[1].innerText])")
    )
    for part in ("approach", "search", "manoeuvre", "dwell", "exit"):
        minutes, seconds = rows[part].split(":")
        assert 60 * int(minutes) + int(seconds) == pytest.approx(family[f"{part}_s"], abs=0.6)
    page.click("#follow")
    page.wait_for_timeout(200)
    x, y = page.evaluate("n => window.replay.screenAt('before', n)", family["traveller"])
    box = page.locator("#canvas-before").bounding_box()
    assert (x, y) == (pytest.approx(box["width"] / 2, abs=2), pytest.approx(box["height"] / 2, abs=2))
    page.click("#choose-none")
    assert state(page)["chosen"] is None


def test_the_map_zooms_and_pans(page):
    before = state(page)["scale"]
    page.click("#zoom-in")
    assert state(page)["scale"] == pytest.approx(1.4 * before)
    box = page.locator("#canvas-after").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.wheel(0, 300)
    eventually(page, f"window.replay.state().scale < {1.4 * before}")
    go(page, 29100)
    name = next(o["traveller"] for o in page.evaluate("window.replay.positionsAt('after', 29100)") if o["x_m"])
    at = "n => window.replay.screenAt('after', n)"
    x, y = page.evaluate(at, name)
    page.mouse.down()
    page.mouse.move(box["x"] + 250, box["y"] + 120, steps=5)
    page.mouse.up()
    moved = page.evaluate(at, name)
    assert moved[0] - x == pytest.approx(50, abs=6)
    assert moved[1] - y == pytest.approx(20, abs=6)
    assert state(page)["chosen"] is None


def test_two_fingers_zoom(page):
    before = state(page)["scale"]
    session = page.context.new_cdp_session(page)
    for kind, fingers in (("Start", (300, 400)), ("Move", (275, 425)), ("Move", (250, 450)), ("End", ())):
        points = [{"x": x, "y": 150, "id": n} for n, x in enumerate(fingers)]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    eventually(page, f"Math.abs(window.replay.state().scale / {before} - 2) < 0.02")


# ---------------------------------------------------------------------- for everybody


def test_the_table_says_the_same_in_words(page, films):
    go(page, 29100)
    page.click("#as-table")
    page.wait_for_timeout(300)
    assert not page.is_visible("#maps")
    gate = films[1]["baseline"].map["gate"]["point"]
    expected = sum(
        np.hypot(one["x_m"] - gate[0], one["y_m"] - gate[1]) <= 100
        for one in page.evaluate("window.replay.positionsAt('before', 29100)")
        if one["x_m"]
    )
    assert page.locator("#near-before tbody tr").count() == expected > 5
    assert page.locator("#table-kpis tbody tr").count() == page.locator("#kpis tbody tr").count()
    assert "08:05:00" in page.inner_text("#table-kpis caption")


@pytest.mark.parametrize("tabular", [False, True])
def test_axe_finds_nothing(page, tabular):
    go(page, 29100)
    page.focus("#find")
    page.keyboard.type("family 2")
    page.keyboard.press("Enter")
    if tabular:
        page.click("#as-table")
    page.wait_for_timeout(300)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for _ in range(2):
        found = page.evaluate("axe.run().then(result => result.violations)")
        told = [(v["id"], v["impact"], [node["html"][:120] for node in v["nodes"]]) for v in found]
        assert [v for v in told if v[1] in ("serious", "critical", "moderate")] == []
        page.click("#language")
        page.wait_for_timeout(200)


def test_the_language_is_switched_on_the_page(page):
    assert page.inner_text("#play") == "Play"
    page.click("#language")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.inner_text("#play") == "播放"
    shown = page.inner_text("body").replace(MARKUP, "")
    words = json.loads(page.text_content("#words"))
    english = {
        text for key, text in words["en"].items() if "{" not in text and len(text) > 7 and key != "other_language"
    }
    assert [text for text in english if text in shown] == []
    page.click("#language")
    assert page.inner_text("#play") == "Play"


TOFU = """() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const picture = (letter) => {
    context.canvas.width = context.canvas.height = 40;
    context.font = getComputedStyle(document.body).font.replace(/^[^ ]+/, '24px').replace('14px/1.35 ', '');
    context.fillText(letter, 4, 30);
    return context.getImageData(0, 0, 40, 40).data.join();
  };
  const none = picture('\\u{10FFFE}');
  const said = document.body.innerText + document.getElementById('words').textContent + '◂▸×−–';
  return [...new Set(said)].filter((letter) => letter.trim() && picture(letter) === none);
}"""
"""Letters that look like one that no font has."""


def test_every_button_is_there_on_a_narrow_screen(page):
    page.set_viewport_size({"width": 320, "height": 568})
    page.wait_for_timeout(200)
    for button in page.locator("#tools button").all():
        box = button.bounding_box()
        assert box["x"] >= 0.0
        assert box["x"] + box["width"] <= 320.0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_overlaps_is_cut_off_or_has_no_glyph(page, size, language):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    if language == "zh":
        page.click("#language")
    go(page, 30000)
    page.wait_for_timeout(300)
    assert page.evaluate("[innerWidth, innerHeight]") == list(size)
    assert page.evaluate("[document.body.scrollWidth, document.body.scrollHeight]") == list(size)
    parts = ["header", ".before h2", ".after h2", "#canvas-before", "#canvas-after", "#side", "#legend", "#controls"]
    inside = ["#play", ".rate", ".clock", ".line", "#as-table", "#language", "h1"]
    legend = "#legend li"
    for group in (parts, inside, [legend], ["#tools button"], ["#side section > *"], ["#kpis td, #kpis th"]):
        boxes = [
            (one.evaluate("n => n.id || n.className || n.textContent"), one.bounding_box())
            for selector in group
            for one in page.locator(selector).all()
            if one.is_visible()
        ]
        for n, (name, a) in enumerate(boxes):
            for other, b in boxes[n + 1 :]:
                across = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
                down = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
                assert min(across, down) <= 1, (name, other)
    cut = """() => [...document.querySelectorAll('button, span, td, th, label, h1, h2, li, #side, #legend')]
      .filter((n) => n.offsetParent && getComputedStyle(n).display !== 'inline' && n.scrollWidth > n.clientWidth + 1)
      .map((n) => n.id || n.textContent)"""
    assert page.evaluate(cut) == []
    assert page.evaluate(TOFU) == []


def test_on_a_telephone_the_maps_are_stacked_and_nothing_is_cut_off(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    before, after = (page.locator(f"#canvas-{arm}").bounding_box() for arm in ARMS)
    assert before["y"] + before["height"] <= after["y"]
    assert page.is_visible("#play")


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lang", "fr"], "--lang: found fr, expected en or zh"),
        (["--pair", "7"], "--pair: found 7"),
        (["--out", "."], "--out .: found no place for a file"),
        (["--out", "nowhere/there.html"], "--out nowhere/there.html: found no place for a file"),
        (["--out", "/proc/there.html"], "a place to write to"),
    ],
)
def test_what_cannot_be_shown_is_one_line(results, tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    told = refused(capsys, "replay", str(results), *words)
    assert said in told
    assert len(told.splitlines()) == 1


def test_the_command_prints_where_the_page_is(results, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(results), "--lang", "zh", "--out", "seen.html"]) == 0
    assert capsys.readouterr().out == "seen.html\n"
    assert '<html lang="zh-CN">' in Path("seen.html").read_text(encoding="utf-8")
