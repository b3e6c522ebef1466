"""A command that refuses its input: one line per fault, exit code 2, no traceback, nothing written."""

from pathlib import Path

from sim.cli import main


def refused(capsys, *words: str) -> str:
    """Run a command in the folder that one is in, check how it refuses, and return what it said."""
    before = set(Path().rglob("*"))
    assert main(list(words)) == 2
    assert set(Path().rglob("*")) == before
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert all(line.startswith("dropoff: ") for line in err.splitlines())
    return err
