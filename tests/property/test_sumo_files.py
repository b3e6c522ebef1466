"""Whatever an attribute of a SUMO file says, the import reads it or refuses it in lines; it never breaks down."""

import re

import pytest

from sim.formats.sumo import read_sumo
from sim.scenario.faults import BadInput
from tests.sumo_town import ROUTES, TYPES, with_signal, write

FILES = {"net": with_signal(), "routes": ROUTES, "types": TYPES}
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


@pytest.mark.parametrize("value", ["", "x", "-1", "1e9", "nan", "9 9", None])
@pytest.mark.parametrize("which", FILES)
def test_any_attribute_may_say_anything_or_be_missing(tmp_path, which, value):
    read = refused = 0
    for found in ATTRIBUTE.finditer(FILES[which]):
        said = "" if value is None else f'{found[1]}="{value}"'
        text = FILES[which][: found.start()] + said + FILES[which][found.end() :]
        try:
            read_sumo(*write(tmp_path, **FILES | {which: text}))
            read += 1
        except BadInput as bad:
            refused += 1
            assert all(str(tmp_path) in f.where for f in bad.faults)
    assert refused > 0
    assert read > 0
