"""Writes small OpenStreetMap files for tests: nodes by metres, ways and relations by name."""

import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

LON, LAT = 118.78, 32.04
M_LAT = 1 / 111_320.0
M_LON = M_LAT / 0.847694  # cos(32.04 degrees)


class Town:
    """An OpenStreetMap file in the making; ids are the caller's."""

    def __init__(self) -> None:
        self.nodes: dict[int, tuple[float, float, dict[str, str]]] = {}
        self.ways: dict[int, tuple[list[int], dict[str, str]]] = {}
        self.relations: dict[int, tuple[list[tuple[str, int, str]], dict[str, str]]] = {}

    def node(self, id: int, x: float, y: float, **tags: str) -> int:
        self.nodes[id] = (x, y, tags)
        return id

    def way(self, id: int, refs: list[int], **tags: str) -> int:
        self.ways[id] = (refs, _keys(tags))
        return id

    def relation(self, id: int, members: list[tuple[str, int, str]], **tags: str) -> int:
        self.relations[id] = (members, tags)
        return id

    def area(self, id: int, x: float, y: float, width: float, depth: float, **tags: str) -> int:
        """Add a closed way, its lower left corner at x, y; its nodes are id*10 to id*10+3."""
        corners = [(x, y), (x + width, y), (x + width, y + depth), (x, y + depth)]
        refs = [self.node(id * 10 + i, *corner) for i, corner in enumerate(corners)]
        return self.way(id, [*refs, refs[0]], **tags)

    def write(self, path: Path) -> Path:
        lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6">']
        for id, (x, y, tags) in sorted(self.nodes.items()):
            lines.append(
                f'<node id="{id}" lon="{LON + x * M_LON:.7f}" lat="{LAT + y * M_LAT:.7f}">{_tags(tags)}</node>'
            )
        for id, (refs, tags) in sorted(self.ways.items()):
            lines.append(f'<way id="{id}">{"".join(f"""<nd ref="{ref}"/>""" for ref in refs)}{_tags(tags)}</way>')
        for id, (members, tags) in sorted(self.relations.items()):
            listed = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
            lines.append(f'<relation id="{id}">{listed}{_tags(tags)}</relation>')
        path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
        return path


def _keys(tags: dict[str, str]) -> dict[str, str]:
    return {key.replace("__", ":"): value for key, value in tags.items()}


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in _keys(tags).items())


def not_uploaded(text: str) -> str:
    """Return a file's text with negative ids, as JOSM gives to what OpenStreetMap does not know yet."""
    return re.sub(r'(id|ref)="(\d+)"', r'\1="-\2"', text)


def crossroads(**school: str) -> Town:
    """Return a town of one block: High Street past the school, two cross streets, Back Lane behind.

    High Street (ways 1, 2, 3) runs along y = 0 from x = -600 to 600 and is crossed at x = -200 and x = 200 by streets
    from y = -600 to 600 (ways 4 and 5), joined by Back Lane (way 6) at y = 200. The school (way 9) lies north of
    High Street between the cross streets.
    """
    town = Town()
    for id, x, y in (
        (1, -600, 0), (2, -200, 0), (3, 200, 0), (4, 600, 0), (5, -200, -600), (6, -200, 200), (7, -200, 600),
        (8, 200, -600), (9, 200, 200), (10, 200, 600),
    ):  # fmt: skip
        town.node(id, x, y)
    town.way(1, [1, 2], highway="tertiary", name="High Street")
    town.way(2, [2, 3], highway="tertiary", name="High Street")
    town.way(3, [3, 4], highway="tertiary", name="High Street")
    town.way(4, [5, 2, 6, 7], highway="residential", name="West Street")
    town.way(5, [8, 3, 9, 10], highway="residential", name="East Street")
    town.way(6, [6, 9], highway="residential", name="Back Lane")
    town.area(9, -50, 12, 100, 100, amenity="school", **({"name": "Hill School"} | school))
    return town
