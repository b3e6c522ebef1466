"""A site's folder: what is written is read back equal, and every fault of a GeoJSON file is named by its key."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter
from test_check import good_network, good_site, put

from sim.scenario.drivers import Drivers
from sim.scenario.faults import BadInput
from sim.scenario.geojson import network_from_geojson, network_to_geojson
from sim.scenario.network import Network, TurnLanes
from sim.scenario.read import load_site, population
from sim.scenario.site import Site
from sim.scenario.write import network_text, site_text, write_site

# Where the good network's features stand in the file.
NODE, LINK, GATE, CROSSING, ZONE = 2, 6, 14, 16, 17


def saved(content: Any, folder: Path) -> Path:
    path = folder / "network.geojson"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def chinese(site: Site) -> Site:
    return put(site, {"drivers": TypeAdapter(Drivers).validate_python(population("china"))})


# ---------------------------------------------------------------------- GeoJSON


LANES = (TurnLanes(from_link="gate", to_link="n_out", lanes=(0, 1)),)


@pytest.mark.parametrize(
    "network",
    [
        good_network(),
        put(good_network(), {"traffic_side": "left", "turn_bans": ()}),
        put(good_network(), {"turn_lanes": LANES}),
    ],
)
def test_a_network_comes_back_equal(network, tmp_path):
    assert network_from_geojson(saved(network_to_geojson(network), tmp_path)) == network
    assert network_from_geojson(saved(network_text(network), tmp_path)) == network


def test_features_are_drawn_where_they_are():
    features = network_to_geojson(good_network())["features"]
    drawn = {f["properties"]["id"]: f["geometry"]["coordinates"] for f in features}
    assert drawn["A"] == (100, 0)
    assert drawn["gate"] == ((100, 0), (300, 10), (500, 0))
    assert drawn["zebra"] == pytest.approx((299.75, 9.99), abs=0.01)
    assert drawn["far"] == (pytest.approx((256.1, 0), abs=0.01), pytest.approx((232.68, 0), abs=0.01))
    zone = next(f["properties"] for f in features if f["properties"]["id"] == "far")
    assert (zone["kind"], zone["curb_kind"], zone["to_m"]) == ("curb_zone", "parking", 274)


def test_a_curb_zone_follows_the_bends_of_its_link():
    network = put(good_network(), {"curb_zones.0.from_m": 190, "curb_zones.0.to_m": 220})
    zone = network_to_geojson(network)["features"][ZONE]
    assert zone["geometry"]["coordinates"][1] == (300, 10) and len(zone["geometry"]["coordinates"]) == 3


def test_what_a_map_program_adds_is_let_pass(tmp_path):
    content = network_to_geojson(good_network()) | {"name": "streets", "bbox": [0, 0, 1, 1]}
    content["features"][NODE]["geometry"]["coordinates"] = [500, 0, 12.5]
    content["features"][NODE]["properties"] |= {"lanes": None, "length_m": None}
    content["features"][CROSSING]["geometry"] = None
    assert network_from_geojson(saved(content, tmp_path)) == good_network()


def feature(n: int, path: str, value: Any) -> Any:
    """Return the good network's file with another value in one feature."""
    content = json.loads(network_text(good_network()))
    at = content["features"][n]
    *steps, last = path.split(".")
    for step in steps:
        at = at[step]
    at[last] = value
    return content


def without(key: str) -> Any:
    return {k: v for k, v in network_to_geojson(good_network()).items() if k != key}


def head(**changes: Any) -> Any:
    content = network_to_geojson(good_network())
    return content | {"dropoff": content["dropoff"] | changes}


P, G = "properties", "geometry"
BROKEN = {
    "no JSON": ("{", ": found broken JSON in line 1"),
    "no text": ("\ud800".encode("utf-8", "surrogatepass"), ": found 'utf-8' codec"),
    "too deep": ("[" * 200_000, ": found lists or mappings nested too deep, expected valid JSON"),
    "a list": ("[1]", ": type: found a list of 1, expected a FeatureCollection"),
    "one feature": ('{"type": "Feature"}', ': type: found "Feature", expected a FeatureCollection'),
    "no features": (without("features"), ": features: found nothing, expected a list of features"),
    "unknown member": (
        without("x") | {"dropof": 1},
        ": dropof: found an unknown key, expected one of type, dropoff, features, name, crs, bbox",
    ),
    "no head": (without("dropoff"), ": dropoff: found nothing, expected a mapping such as"),
    "another schema": (head(schema=2), ": dropoff.schema: found 2, expected 1"),
    "degrees": (head(units="deg"), ": dropoff.units: found \"deg\", expected 'm'"),
    "middle": (head(traffic_side="middle"), ": dropoff.traffic_side: found \"middle\", expected 'right' or 'left'"),
    "unknown in head": (
        head(turn_ban=[]),
        ": dropoff.turn_ban: found an unknown key, expected one of schema, units, traffic_side, turn_bans, "
        "turn_lanes, programmes (did you mean turn_bans?)",
    ),
    "no lanes": (
        head(turn_lanes=[{"from_link": "gate", "to_link": "gate", "lanes": []}]),
        ": dropoff.turn_lanes.0.lanes: found a list of 0, expected 1 item or more",
    ),
    "no lane": (
        head(turn_lanes=[{"from_link": "gate", "to_link": "gate", "lanes": [30]}]),
        ": dropoff.turn_lanes.0.lanes.0: found 30, expected 8 or less",
    ),
    "half a ban": (
        head(turn_bans=[{"from_link": "gate"}]),
        ": dropoff.turn_bans.0.to_link: found nothing, expected a value",
    ),
    "no feature": (feature(3, "type", "Thing"), ': features.3.type: found "Thing", expected a Feature'),
    "unknown in feature": (feature(3, "propertys", {}), ": features.3.propertys: found an unknown key"),
    "no properties": (feature(3, P, None), ": features.3.properties: found nothing, expected a mapping"),
    "no kind": (feature(3, f"{P}.kind", None), ": features.3.properties.kind: found nothing, expected one of node,"),
    "unknown kind": (
        feature(3, f"{P}.kind", "nodes"),
        ': features.3.properties.kind: found "nodes", expected one of node, link, crossing, curb_zone',
    ),
    "unknown property": (
        feature(LINK, f"{P}.lane", 2),
        f": features.{LINK}.properties.lane: found an unknown key, expected one of id,",
    ),
    "said by the geometry": (
        feature(NODE, f"{P}.x_m", 2),
        f": features.{NODE}.properties.x_m: found an unknown key, expected nothing: the geometry says it",
    ),
    "wrong type": (
        feature(LINK, f"{P}.lanes", "two"),
        f': features.{LINK}.properties.lanes: found "two", expected a whole number',
    ),
    "out of range": (
        feature(LINK, f"{P}.lanes", 0),
        f": features.{LINK}.properties.lanes: found 0, expected 1 or more",
    ),
    "missing": (feature(LINK, f"{P}.speed_km_h", None), f": features.{LINK}.properties.speed_km_h: found nothing"),
    "deep inside": (
        feature(NODE, f"{P}.signal", {"cycle_s": 90, "stages": [{"approaches": [], "green_s": "x"}]}),
        f': features.{NODE}.properties.signal.stages.0.green_s: found "x"',
    ),
    "curb kind": (
        feature(ZONE, f"{P}.curb_kind", "lawn"),
        f": features.{ZONE}.properties.curb_kind: found \"lawn\", expected 'in_lane', 'bay' or 'parking'",
    ),
    "no geometry": (feature(NODE, G, None), f": features.{NODE}.geometry: found nothing, expected a Point"),
    "wrong geometry": (
        feature(LINK, f"{G}.type", "Point"),
        f': features.{LINK}.geometry: found "Point", expected a LineString',
    ),
    "no point": (
        feature(NODE, f"{G}.coordinates", [1, "2"]),
        f": features.{NODE}.geometry.coordinates: found a list of 2, expected [x, y] in metres",
    ),
    "not finite": (
        feature(NODE, f"{G}.coordinates", [1, float("nan")]),
        f": features.{NODE}.geometry.coordinates: found",
    ),
    "no line": (
        feature(LINK, f"{G}.coordinates", [[1, 2]]),
        f": features.{LINK}.geometry.coordinates: found a list of 1",
    ),
    "loose end": (
        feature(GATE, f"{G}.coordinates", [[100, 0], [480, 0]]),
        f": features.{GATE}.geometry.coordinates.1: found (480, 0), expected (500, 0), where node B is",
    ),
}


@pytest.mark.parametrize(("content", "line"), BROKEN.values(), ids=list(BROKEN))
def test_each_fault_of_a_file_is_named(content, line, tmp_path):
    path = tmp_path / "network.geojson"
    path.write_bytes(content) if isinstance(content, bytes) else saved(content, tmp_path)
    with pytest.raises(BadInput) as bad:
        network_from_geojson(path)
    assert len(bad.value.faults) == 1
    assert str(bad.value).startswith(f"{path}{line}")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"network.geojson: found no such file, expected a GeoJSON file"):
        network_from_geojson(tmp_path / "network.geojson")


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    content = feature(LINK, f"{P}.lanes", 0) | {"dropoff": {"schema": 1, "units": "m", "traffic_side": "up"}}
    content["features"][NODE] |= {G: None, P: {"kind": "node", "boundary": "maybe", "idd": "B"}}
    with pytest.raises(BadInput) as bad:
        network_from_geojson(saved(content, tmp_path))
    assert [f.where.removeprefix(f"{tmp_path}/network.geojson: ") for f in bad.value.faults] == [
        "dropoff.traffic_side",
        f"features.{NODE}.properties.idd",
        f"features.{NODE}.geometry",
        f"features.{NODE}.properties.id",
        f"features.{NODE}.properties.boundary",
        f"features.{LINK}.properties.lanes",
    ]


# ---------------------------------------------------------------------- the folder


UGLY = {
    "name": "no",
    "title": 'Line one: "quoted" # no comment\n\tline two, 学校',
    "network.links.0.id": "12",
    "demand.pupils.origins.0.entry": "12",
    "demand.through.0.entry": "12",
    "demand.bus_lines.0.entry": "12",
    "demand.bus_lines.0.id": "0x1",
    "demand.window.start": 1200.0,
    "demand.pupils.bell": 30_000.25,
    "demand.pupils.cars": 300,
    "demand.pupils.departures.1.opposite": 1 - 1e-7,
}


@pytest.mark.parametrize("changes", [{}, UGLY], ids=["plain", "ugly"])
@pytest.mark.parametrize("drivers", [chinese, lambda site: site], ids=["by name", "in full"])
def test_a_site_comes_back_equal(changes, drivers, tmp_path):
    site = put(drivers(good_site()), changes)
    write_site(site, tmp_path / "hill")
    assert load_site(tmp_path / "hill") == site


def test_a_folder_holds_two_files_and_no_draft(tmp_path):
    write_site(good_site(), tmp_path)
    write_site(good_site(), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["network.geojson", "site.yaml"]


def test_a_network_that_cannot_be_read_is_not_said_to_be_missing_as_well(tmp_path):
    write_site(good_site(), tmp_path)
    saved(head(units="km"), tmp_path)
    with pytest.raises(BadInput) as bad:
        load_site(tmp_path)
    assert [f.where.rpartition(": ")[2] for f in bad.value.faults] == ["dropoff.units"]


def test_drivers_are_named_only_where_they_are_that_population():
    named = yaml.safe_load(site_text(chinese(good_site())))
    other = yaml.safe_load(site_text(put(chinese(good_site()), {"drivers.car.headway_s": 1.3})))
    assert named["drivers"] == "china"
    assert other["drivers"]["car"]["headway_s"] == 1.3


def test_the_yaml_reads_well():
    lines = site_text(chinese(good_site())).splitlines()
    assert lines[0] == "# Hill: a school, no. 1"
    for line in (
        "network: network.geojson",
        "gate: {link: gate, at_m: 220, opposite_link: across}",
        "drivers: china",
        '    start: "07:00"',
        '    bell: "08:15:30"',
        "      - {entry: w_in, share: 0.6}",
        "      - {entry: e_in, share: 0.4, opposite_share: 0.8}",
        "    handover: {mean_s: 8, sd_s: 4}",
        '    - {at: "07:00", share: 0.8}',
        "  - {link: across, at_m: 100, walk_m: 150}",
    ):
        assert line in lines
    assert not any("null" in line for line in lines)


def test_an_empty_network_can_be_written(tmp_path):
    empty = Network(nodes=(), links=())
    assert network_from_geojson(saved(network_text(empty), tmp_path)) == empty
