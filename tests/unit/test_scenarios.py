"""Every number that is shipped has a unit in its name and a source or the mark of an assumption."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [*sorted((ROOT / "scenarios").rglob("*.yaml")), *sorted((ROOT / "conf" / "drivers").glob("*.yaml"))]
NUMBER = re.compile(r"(?<![\w.])-?\d+(\.\d+)?(?![\w.])")


@pytest.mark.parametrize("file", FILES, ids=[f"{f.parent.name}/{f.stem}" for f in FILES])
def test_every_number_says_where_it_comes_from(file):
    for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        said, _, comment = line.partition("#")
        said = re.sub(r"\b(title|name|id):.*", "", said) if "title:" in said else said
        if NUMBER.search(said):
            assert re.search(r"\[[FRA]\]", comment), f"{file.name} line {n}: {line.strip()}"
