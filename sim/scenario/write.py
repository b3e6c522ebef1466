"""A site as files that a planner edits: `site.yaml`, and the network as GeoJSON beside it."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from sim.scenario.geojson import as_text
from sim.scenario.site import Site

NETWORK_FILE = "network.geojson"
CLOCKS = ("start", "measured_from", "measured_to", "end", "arrival_mean", "gate_opens", "bell", "at")
HEAD = """\
# {title}
#
# Units are in the names: _m metres, _m2 square metres, _s seconds, _m_s metres per second, _km_h kilometres per hour,
# _veh_h vehicles per hour, _bus_h buses per hour; shares run from 0 to 1; times of day are written "07:40". Offsets
# (at_m, from_m, to_m) run along a link in its driving direction. Streets, crossings and curb zones: {network}
"""


def write_site(site: Site, folder: Path) -> None:
    """Write `site.yaml` and `network.geojson` into a folder; raises OSError."""
    plain: dict[str, Any] = TypeAdapter(Site).dump_python(site, mode="json")
    plain["network"] = NETWORK_FILE
    plain["drivers"] = site.drivers.name
    (folder / NETWORK_FILE).write_text(as_text(site.network), encoding="utf-8")
    parts = [HEAD.format(title=" ".join(site.title.split()), network=NETWORK_FILE)]
    parts.append(yaml.safe_dump(_clocked(plain), sort_keys=False, allow_unicode=True, width=110, default_flow_style=None))
    (folder / "site.yaml").write_text("\n".join(parts), encoding="utf-8")


def _clocked(value: Any, key: str = "") -> Any:
    """Return plain data with times of day as a planner writes them."""
    if isinstance(value, dict):
        return {k: _clocked(v, k) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_clocked(v, key) for v in value]
    if key in CLOCKS and isinstance(value, float):
        whole = round(value)
        text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}"
        return text if whole % 60 == 0 else f"{text}:{whole % 60:02d}"
    return value
