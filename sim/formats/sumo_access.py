"""Which classes of vehicles may use a lane of a SUMO network, and what it says of them that ours does not keep."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.formats.sumo_xml import Element

CARS, BUSES = "passenger", ("bus", "coach")
MOTOR = (CARS, "bus", "taxi", "truck", "delivery", "coach", "trailer", "emergency", "motorcycle")
"""A lane that none of these classes may use is left out."""
CHANGES = ("changeLeft", "changeRight")
"""Attributes of a lane: who may change from it to the next one."""


@dataclass(frozen=True)
class Access:
    """Whom a lane admits: those allowed or, where that is not told, all but those who are not."""

    allow: frozenset[str] | None
    disallow: frozenset[str]

    def admits(self, kind: str) -> bool:
        """Return whether a class of vehicles may use it."""
        if kind == "ignoring":
            return True
        if self.allow is not None:
            return kind in self.allow or "all" in self.allow
        return kind not in self.disallow and "all" not in self.disallow


def access_of(lane: Element) -> Access:
    """Return whom a lane's element admits."""
    allow = lane.given.get("allow")
    return Access(
        None if allow is None else frozenset(allow.split()), frozenset(lane.given.get("disallow", "").split())
    )


def admitted(accesses: Iterable[Access]) -> frozenset[str]:
    """Return which classes of motor vehicles may use all of some lanes."""
    found = list(accesses)
    return frozenset(kind for kind in MOTOR if all(access.admits(kind) for access in found))


def not_kept(root: Element, edges: Iterable[Element]) -> Iterator[str]:
    """Yield what a network says of classes on its streets and ours cannot, each with how often; `edges`: those kept."""
    streets = list(edges)
    lanes = [[lane for lane in edge.all("lane") if admitted([access_of(lane)])] for edge in streets]
    shut = [missing for on_edge in lanes for missing in _shut(on_edge)]
    if shut:
        kinds = ", ".join(kind for kind in MOTOR if any(kind in missing for missing in shut))
        yield f"lanes open to cars and shut to {kinds}, used by these like the edge's others: {len(shut)}"
    beside = (lane for on_edge in lanes if len(on_edge) > 1 for lane in on_edge)
    rules = sum(any(lane.given.get(key, "all") != "all" for key in CHANGES) for lane in beside)
    if rules:
        yield f"lanes that say who may change to the next one ({', '.join(CHANGES)}), where all may here: {rules}"
    for kind, count in _own_limits(root, streets).items():
        yield f"edges with a speed limit of its own for {kind} (restriction), where that of all holds: {count}"


def _shut(on_edge: Iterable[Element]) -> Iterator[frozenset[str]]:
    """Yield of an edge's lanes that cars may use which classes are not admitted there, but on others, if any are."""
    lanes = [admitted([access_of(lane)]) for lane in on_edge]
    on_others = frozenset[str]().union(*lanes)
    return (on_others - kinds for kinds in lanes if CARS in kinds and kinds != on_others)


def _own_limits(root: Element, edges: Iterable[Element]) -> Counter[str]:
    """Return on how many edges each class has a speed limit of its own, by the edge's type."""
    kinds = {t.given.get("id"): {r.given.get("vClass", "?") for r in t.all("restriction")} for t in root.all("type")}
    return Counter(kind for e in edges for kind in MOTOR if kind in kinds.get(e.given.get("type"), ()))
