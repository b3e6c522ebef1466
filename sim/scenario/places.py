"""Where scenarios and settings lie: the folder one works in first, then what came with the program."""

import re
from pathlib import Path

from sim.scenario.faults import Fault

PACKAGE = Path(__file__).resolve().parent.parent


def folders(kind: str) -> list[Path]:
    """Return the folders of that kind ("scenarios" or "conf") that exist, the one worked in first."""
    places = (Path.cwd() / kind, PACKAGE.parent / kind, PACKAGE / "_data" / kind)
    return list(dict.fromkeys(p.resolve() for p in places if p.is_dir()))


def shipped(kind: str) -> Path:
    """Return the folder of that kind that came with the program; raises FileNotFoundError if it is gone."""
    for place in (PACKAGE.parent / kind, PACKAGE / "_data" / kind):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the program's own folder {kind} is missing")


NAME = re.compile(r"[^\W\d_][\w-]{0,59}")
NAME_EXPECTED = "a name of up to 60 letters, digits, _ and -, that begins with a letter and is no word like yes or null"
RESERVED = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
"""Words that YAML does not read as words."""


def is_name(text: str) -> bool:
    """Return whether a site may be called so: every reader of YAML and of a command line takes it for a word."""
    return NAME.fullmatch(text) is not None and text.lower() not in RESERVED


def check_new_site(out: Path) -> list[Fault]:
    """Return what keeps a site's folder from being put at `out`."""
    if out.exists():
        return [Fault("--out", f"{out}, which exists", "a new folder; nothing is overwritten")]
    return [] if is_name(out.name) else [Fault("--out", f'"{out.name}"', NAME_EXPECTED)]
