"""Put the page together: template, style, scripts, words and the recording, in one file that loads nothing."""

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from sim.report.films import read_pair
from sim.report.replay.pack import pack
from sim.scenario.faults import BadInput, Fault
from sim.scenario.files import appearing_file, file_place

LANGUAGES = ("en", "zh")
SCRIPTS = ("words", "decode", "lanes", "world", "berths", "queue", "numbers", "view", "ground", "draw", "marks",
           "picture", "legend", "clock", "panel", "table", "hand", "main")  # fmt: skip
"""In the order in which they stand in the page; all share one scope."""


def write_replay(results: Path, pair: int, *, language: str, out: Path | None = None) -> Path:
    """Write the replay of a recorded pair, whole or not at all, and return its path.

    Raises BadInput for a folder without that recording or another language, OSError if the file cannot be written.
    """
    if language not in LANGUAGES:
        raise BadInput(Fault("--lang", language, " or ".join(LANGUAGES)))
    run, arms = read_pair(results, pair)
    out = results / f"replay-{pair}.html" if out is None else out
    place = file_place(out, "--out")
    title = f"{arms['scenario'].map['title']}: {run['baseline']} / {run['scenario']}"
    whole = page(pack(run, arms, pair), title=title, language=language)
    with appearing_file(place) as temporary:
        temporary.write_text(whole, encoding="utf-8")
    return out


def page(recording: bytes, *, title: str, language: str) -> str:
    """Return the page around a recording (`pack`), in a language at first; both are in it."""
    words = json.loads(_asset("words.json"))
    style = _asset("page.css")
    script = "(() => {\n'use strict';\n" + "\n".join(_asset(f"{name}.js") for name in SCRIPTS) + "\n})();\n"
    parts = {
        "lang": {"zh": "zh-CN"}.get(language, language),
        "title": html.escape(title),
        "policy": f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "words": _inert(words),
        "recording": base64.b64encode(recording).decode(),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _asset("page.html"))


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the source expression by which the page's policy lets this script or style in, and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _inert(content: Any) -> str:
    """Return JSON that cannot end the element it stands in."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
