"""SUMO's distributions, of routes or of types, and what is drawn: always the same for the same vehicle."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from math import isfinite

from sim.formats.sumo_reader import Reader
from sim.formats.sumo_xml import Element

Mix = list[tuple[str, float]]
"""Names with their weights."""


def listed(reader: Reader, e: Element, key: str, usual: Callable[[str], float]) -> Mix:
    """Return the members that a distribution lists, by its `probabilities` or by what is usual for each."""
    names, told = e.given.get(key, "").split(), e.given.get("probabilities", "").split()
    if not told:
        return [(name, usual(name)) for name in names]
    try:
        weights = [float(weight) for weight in told]
    except ValueError:
        weights = []
    if len(weights) != len(names) or not all(isfinite(w) and w >= 0.0 for w in weights):
        found = f'probabilities="{e.given["probabilities"][:40]}"'
        reader.fault(e, found, f"a number of at least 0 for each of its {len(names)} {key}")
        return [(name, 1.0) for name in names]
    return list(zip(names, weights, strict=True))


def weight(reader: Reader, member: Element) -> float:
    """Return the weight of a member that stands within a distribution."""
    return reader.number(member, "probability", 1.0, least=0.0)


def chosen(name: str, mixes: Mapping[str, Mix], id: str) -> str:
    """Return a distribution's member that a vehicle draws by weight; a name that is no distribution's as it is."""
    mix = mixes.get(name, [])
    total = sum(w for _, w in mix)
    if total <= 0.0:
        return name
    left = drawn(name, id) * total
    for member, its in mix:
        left -= its
        if left < 0.0:
            return member
    return mix[-1][0]


def drawn(what_for: str, who: str) -> float:
    """Return a number from 0 to below 1 that depends on nothing but the two."""
    return int.from_bytes(blake2b(f"{what_for} {who}".encode(), digest_size=7).digest(), "big") / 2**56
