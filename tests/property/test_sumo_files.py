"""Whatever an attribute of a SUMO file says, the import reads it or tells the line that it refuses."""

import re

import pytest

from sim.formats.sumo import read_sumo
from sim.scenario.faults import BadInput
from tests.sumo_town import ROUTES, TYPES, with_signal, write

FILES = {"net": with_signal(), "routes": ROUTES, "types": TYPES}
SELDOM = """<routes>
    <route id="a" edges="w e" repeat="0"><stop lane="e_1" startPos="10" endPos="20" friendlyPos="0" until="99"/></route>
    <routeDistribution id="d" routes="a" probabilities="1"/>
    <vTypeDistribution id="m" vTypes="car bus" probabilities="1 2"/>
    <interval begin="0" end="60"><flow id="f" type="m" route="d" period="exp(0.1)"/></interval>
    <flow id="g" from="w" to="e" begin="0:0:1" end="30" probability="0.2"/>
    <trip id="t" depart="0" from="s" via="e" to="e" departPos="9" arrivalPos="9"/>
    <vehicle id="v" depart="1"><routeDistribution><route refId="a" probability="1"/></routeDistribution></vehicle>
</routes>
"""
"""Routes that say what few files say."""
CASES = [*FILES.items(), ("routes", SELDOM)]
LINE = re.compile(r"/town\.(net|rou|add)\.xml:\d+: <\w+>")
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


@pytest.mark.parametrize("value", ["", "x", "-1", "1e9", "nan", "9 9", "1:1:1", "exp(1)", None])
@pytest.mark.parametrize(("which", "whole"), CASES, ids=["network", "routes", "types", "seldom"])
def test_any_attribute_may_say_anything_or_be_missing(tmp_path, monkeypatch, which, whole, value):
    monkeypatch.setattr("sim.formats.sumo_trips.MOST_TRIPS", 2_000)  # a flow of too many is refused sooner
    read = refused = 0
    for found in ATTRIBUTE.finditer(whole):
        said = "" if value is None else f'{found[1]}="{value}"'
        text = whole[: found.start()] + said + whole[found.end() :]
        try:
            read_sumo(*write(tmp_path, **FILES | {which: text}))
            read += 1
        except BadInput as bad:
            refused += 1
            assert all(LINE.match(f.where.removeprefix(str(tmp_path))) for f in bad.faults)
    assert refused > 0
    assert read > 0 or (which, value) == ("types", "")  # each attribute of a type must say something
