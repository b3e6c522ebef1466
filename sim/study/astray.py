"""Tells where so many were led astray that a result is no likeness of its site."""

from collections.abc import Iterator, Mapping

from sim.study.comparison import ARMS

Facts = Mapping[str, Mapping[str, float]]
"""Counts of each arm, on average over its replications, as in `run.json`."""
TOO_MANY = 0.02
"""[1] of the families or of the buses: if each of them takes twice as long for it, a mean is off by as much as the gate
lets M1 drift (`sim.gate.watched`) [assumption]"""
COUNTED = {
    "families_who_parked_beyond": ("families", "parked beyond the area"),
    "buses_that_left_out_their_stop": ("buses", "left out their stop"),
}
ADVICE = (
    "they stood in a lane that leads elsewhere, and what is simulated is no likeness of the site; see where they stand "
    "(record=1, dropoff replay), and mend lanes, turn_lanes and signals in network.geojson, or the traffic in site.yaml"
)


def led_astray(facts: Facts) -> Iterator[str]:
    """Yield one line if too many of the families or buses of an arm were led astray."""
    told = [f"in the {arm} {' and '.join(lines)}" for arm in ARMS if (lines := list(_told(facts.get(arm, {}))))]
    if told:
        yield f"{', '.join(told)}: {ADVICE}"


def all_led_astray(found: Mapping[str, Facts]) -> Iterator[str]:
    """Yield one line for several comparisons, by their labels: where most were led astray, and in how many too many."""
    astray = [label for label, facts in found.items() if any(led_astray(facts))]
    if astray:
        worst = max(astray, key=lambda label: _worst(found[label]))
        yield f"{worst} ({len(astray)} of {len(found)} comparisons are like this): {next(led_astray(found[worst]))}"


def _told(facts: Mapping[str, float]) -> Iterator[str]:
    for name, (who, what) in COUNTED.items():
        if _share(facts, name) >= TOO_MANY:
            yield f"{facts[name]:.0f} of {facts[who]:.0f} {who} ({100.0 * _share(facts, name):.0f} %) {what}"


def _share(facts: Mapping[str, float], name: str) -> float:
    """Return the share [1] of those whom a count is of; 0 where a result is too old to tell."""
    return facts.get(name, 0.0) / (facts.get(COUNTED[name][0], 0.0) or float("inf"))


def _worst(facts: Facts) -> float:
    return max(_share(of, name) for of in facts.values() for name in COUNTED)
