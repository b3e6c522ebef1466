"""Bologna, as SUMO's own scenario has it, is imported and driven to the end, beside what SUMO makes of it."""

import re

import pandas as pd
import pytest

from sim.cli import main

FILES = ("acosta_buslanes.net.xml", "acosta.rou.xml", "acosta_busses.rou.xml", "acosta_vtypes.add.xml",
         "acosta_bus_stops.add.xml", "acosta_tls.add.xml")  # fmt: skip
SUMO_M_S, SUMO_VEH_H = 6.28, 1097.0
"""SUMO 1.28, these files, step 1 s, mean of three seeds (6.25 to 6.31 m/s, 1,094 to 1,099): mean over trips of route
length / duration, and vehicle-hours on the road and outside; nobody was teleported."""


@pytest.fixture(scope="module")
def bologna(shared_data, tmp_path_factory):
    out = tmp_path_factory.mktemp("scenarios") / "bologna"
    files = [str(shared_data / "bologna_acosta" / file) for file in FILES]
    assert main(["import", "sumo", *files, "--out", str(out)]) == 0
    return out


def test_the_import_says_what_it_read(bologna):
    told = (bologna / "import.txt").read_text()
    assert "178 links, 351 connections" in told
    assert "7 programmes" in told
    assert "8779 trips of 13 types, 542 stops" in told
    assert sorted(p.name for p in bologna.iterdir()) == ["import.txt", "network.geojson", "trips.json"]


def test_an_hour_of_bologna_runs_to_the_end_as_it_does_in_sumo(bologna, tmp_path, capsys):
    table = tmp_path / "trips.parquet"
    assert main(["drive", str(bologna), "--step", "1", "--out", str(table)]) == 0
    out = capsys.readouterr().out
    assert "8779 of 8779 trips came to their end" in out
    assert (
        int(re.search(r"(\d+) times another way", out)[1]) <= 40
    )  # 5 to 20 in ten seeds; 420 where drivers do not insist
    trips = pd.read_parquet(table)
    assert trips.left_s.notna().all()
    assert (trips.stops_missed == 0).all()
    speed = (trips.route_m / (trips.left_s - trips.entered_s)).mean()
    hours = (trips.left_s - trips.scheduled_s).sum() / 3600.0
    assert speed == pytest.approx(SUMO_M_S, rel=0.15)
    assert hours == pytest.approx(SUMO_VEH_H, rel=0.15)
