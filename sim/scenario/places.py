"""Where scenarios and settings lie: the folder one works in first, then what came with the program."""

from pathlib import Path

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
