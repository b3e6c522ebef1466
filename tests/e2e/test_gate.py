"""The regression gate on the command line: the shipped reference, a changed world, a reference of one's own."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sim.cli import main
from tests.refused import refused

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "results" / "reference"


def test_the_program_as_it_is_passes_against_the_shipped_reference(capsys):
    code = main(["check", "--reference", str(SHIPPED), "--site", "school", "--workers", "1"])
    told = capsys.readouterr().out
    assert code == 0, told
    assert told.splitlines()[-1].startswith("school: PASS: the same in 32 of 32 replications, so at most 14 %")
    assert told.count("  pass  ") == 1 + len(reference(SHIPPED / "school.json")["cases"]["school/shapingba"]["watched"])


def test_ten_per_cent_longer_dwell_fails_and_is_told_everywhere(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "scenarios" / "school", tmp_path / "scenarios" / "school")
    site = tmp_path / "scenarios" / "school" / "site.yaml"
    text = site.read_text(encoding="utf-8")
    assert text.count("mean_s: 26.5") == 1
    site.write_text(text.replace("mean_s: 26.5", "mean_s: 29.15"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    words = [
        "check",
        "--reference",
        str(SHIPPED),
        "--replications",
        "4",
        "--workers",
        "1",
        "--markdown",
        "told.md",
        "--junit",
        "told.xml",
    ]
    assert main(words) == 1
    told = capsys.readouterr().out
    assert "::error title=dropoff check::school/shapingba: baseline M1 dwell: fail" in told
    failed = [c.get("name") for c in ElementTree.parse("told.xml").iter("testcase") if c.find("failure") is not None]
    assert {"baseline M1 dwell", "scenario M1 dwell"} <= set(failed)
    assert "| **fail** | baseline M1 dwell [s] |" in Path("told.md").read_text(encoding="utf-8")
    assert Path("step.md").read_text(encoding="utf-8").startswith("# dropoff check")


@pytest.fixture(scope="module")
def village(tmp_path_factory) -> Path:
    """A folder with a small school of one's own, and its reference."""
    folder = tmp_path_factory.mktemp("village")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        few = ["--pupils", "120", "--traffic", "150", "--buses", "0", "--crossing", "none"]
        assert main(["new", "village", *few]) == 0
        assert update("--replications", "5", "--reason", "we begin") == 0
    return folder


def update(*words: str) -> int:
    return main(["check", "--site", "village", "--workers", "1", "--update", *words])


def reference(file: Path) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))


def test_a_reference_of_one_s_own_remembers_why(village, monkeypatch, capsys):
    monkeypatch.chdir(village)
    file = village / "results" / "reference" / "village.json"
    first = reference(file)
    assert list(first["cases"]) == ["village/drop_off_bays"]
    assert len(first["cases"]["village/drop_off_bays"]["replications"]) == 5
    assert main(["check", "--workers", "1"]) == 0
    assert update("--reason", "counted  again") == 0
    second = reference(file)
    assert [change["reason"] for change in second["history"]] == ["we begin", "counted again"]
    assert second["cases"] == first["cases"]


def test_other_mornings_that_say_too_little_are_undecided(village, monkeypatch, capsys):
    monkeypatch.chdir(village)
    assert main(["check", "--seed", "77", "--replications", "4", "--workers", "1"]) == 3
    told = capsys.readouterr().out
    assert "village: UNDECIDED" in told
    assert "pass       exact small case" in told


def test_beyond_its_own_mornings_the_reference_is_compared_with_others(village, monkeypatch, capsys):
    monkeypatch.chdir(village)
    file = village / "results" / "reference" / "village.json"
    changed = reference(file)
    rows = changed["cases"]["village/drop_off_bays"]["replications"]
    rows[0] = [1.05 * value for value in rows[0]]  # one morning differs: open, until all are there
    (village / "other").mkdir(exist_ok=True)
    (village / "other" / "village.json").write_text(json.dumps(changed), encoding="utf-8")
    assert main(["check", "--reference", "other", "--replications", "7", "--workers", "1"]) in (0, 3)
    assert "7 replications" in capsys.readouterr().out


def told(capsys, *words: str) -> str:
    return refused(capsys, "check", *words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--site", "vilage"], "did you mean village?"),
        (["--reference", "nowhere"], "no SITE.json"),
        (["--seed", "-1"], "--seed: found '-1', expected a whole number"),
        (["--replications", "1"], "from 2 to"),
        (["--workers", "many"], "--workers"),
        (["--markdown", "no/such/folder.md"], "no place for a file"),
        (["--junit", "/dev/stdout"], "--junit /dev/stdout: found no regular file"),
        (["--markdown", "/proc/summary.md"], "a place to write to"),
        (["--update", "--site", "village", "--reason", "because", "--reference", "/proc/x"], "a place to write to"),
        (["--reason", "because"], "--reason together with --update"),
        (["--update", "--site", "village"], "no --reason"),
        (["--update", "--site", "village", "--reason", "  "], "no --reason"),
        (["--update", "--reason", "because"], "no --site"),
        (["--update", "--site", "../x", "--reason", "because"], "../x"),
        (["--update", "--site", "nowhere", "--reason", "because"], "a site with scenarios"),
        (["--update", "--site", "village", "--reason", "because", "--scenario", "village/bays"], "village/bays"),
        (["--update", "--site", "village", "--reason", "because", "--scenario", "school/warden"], "village"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(village, monkeypatch, capsys, words, expected):
    monkeypatch.chdir(village)
    assert expected in told(capsys, *words)


def test_a_garbled_or_outdated_reference_is_one_line(village, monkeypatch, capsys):
    monkeypatch.chdir(village)
    text = (village / "results" / "reference" / "village.json").read_text(encoding="utf-8")
    bad = village / "bad"
    bad.mkdir()
    gone = text.replace("drop_off_bays", "drop_off_bay").replace('"site": "village"', '"site": "gone"')
    for name, content in (("cut", text[: len(text) // 2]), ("gone", gone), ("other", text)):
        (bad / f"{name}.json").write_text(content, encoding="utf-8")
    assert "cut.json: found broken JSON" in told(capsys, "--reference", "bad", "--site", "cut")
    assert "did you mean village/drop_off_bays?" in told(capsys, "--reference", "bad", "--site", "gone")
    assert "found village, expected other" in told(capsys, "--reference", "bad", "--site", "other")
