"""A declared comparison: two worlds, the people who live through both, and when it is judged."""

from dataclasses import dataclass
from numbers import Integral

from sim.kernel.chance import MOST_SEED
from sim.scenario.faults import BadInput, Fault
from sim.scenario.scenario import Scenario
from sim.study.task import Task, world_hash

BASELINE, SCENARIO = ARMS = ("baseline", "scenario")
MOST_REPLICATIONS = 100_000


@dataclass(frozen=True)
class Comparison:
    """A scenario against its baseline, both with their road changes applied.

    It is judged when each number of pairs in `checkpoints` is there, until every target is decided; the last one is
    the budget. `family` is how many comparisons are declared together with it, itself included.
    """

    baseline: Scenario
    scenario: Scenario
    seed: int
    checkpoints: tuple[int, ...]
    family: int = 1

    def world(self, arm: str) -> Scenario:
        """Return the world of an arm."""
        return self.baseline if arm == BASELINE else self.scenario

    def task(self, arm: str, replication: int) -> Task:
        """Return what simulates one replication of an arm."""
        return Task(self.world(arm), self.seed, replication)

    def identity(self) -> list[object]:
        """Return what tells this comparison from others: the worlds, what is promised, and how it is judged."""
        worlds = [world_hash(self.baseline), world_hash(self.scenario)]
        names = [self.baseline.name, self.scenario.name]
        promise = vars(self.scenario.targets)
        return [*worlds, names, promise, self.seed, list(self.checkpoints), self.family]


def unless_whole(name: str, found: object, least: int, most: int) -> list[Fault]:
    """Return the fault of what is no whole number within bounds; True and 2.0 are none."""
    if not isinstance(found, bool) and isinstance(found, Integral) and least <= int(found) <= most:
        return []
    return [Fault(name, repr(found), f"a whole number from {least} to {most}")]


def compared(
    scenario: Scenario,
    baseline: Scenario,
    *,
    seed: int,
    replications: int,
    checkpoints: tuple[int, ...] = (),
    family: int = 1,
) -> Comparison:
    """Return the comparison of two scenarios, their road changes applied; raises BadInput with every fault found."""
    from sim.interventions import resolve

    faults = unless_whole("replications", replications, 1, MOST_REPLICATIONS) + unless_whole("seed", seed, 0, MOST_SEED)
    if not faults and (list(checkpoints) != sorted(set(checkpoints)) or any(not n >= 2 for n in checkpoints)):
        faults.append(Fault("checkpoints", str(list(checkpoints)), "increasing numbers of pairs, from 2 on"))
    if not faults and any(n > replications for n in checkpoints):
        faults.append(Fault("checkpoints", str(list(checkpoints)), f"up to {replications} pairs, the replications"))
    pair = f"{scenario.name} against {baseline.name}"
    if scenario.site != baseline.site:
        sites = f"the sites {scenario.site.name} and {baseline.site.name}"
        same = "" if scenario.site.name != baseline.site.name else ", which differ though they share the name"
        faults.append(Fault(pair, sites + same, "one site, shared by both arms: only interventions may differ"))
    if scenario.contexts != baseline.contexts:
        found = " and ".join(str(list(s.contexts)) for s in (scenario, baseline))
        faults.append(Fault(pair, f"the contexts {found}", "the same contexts in both arms"))
    if faults:
        raise BadInput(*faults)
    arms: dict[str, Scenario] = {}
    for arm, given in ((BASELINE, baseline), (SCENARIO, scenario)):
        try:
            arms[arm] = resolve(given)
        except BadInput as bad:
            faults += bad.faults
    if faults:
        raise BadInput(*faults)
    looks = tuple(sorted({*checkpoints, replications}))
    return Comparison(arms[BASELINE], arms[SCENARIO], seed, looks, family)
