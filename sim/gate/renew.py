"""Make a reference, or renew it; the reason goes into its history."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sim import __version__
from sim.gate.exact import SEED, exact_of, small
from sim.gate.reference import Case, Change, Reference, here
from sim.gate.watched import values, watched
from sim.kpi import BASELINE, worst_half_hour
from sim.scenario.faults import BadInput, Fault
from sim.scenario.read import load_scenario
from sim.study import FailedReplication, Study, run_study

REPLICATIONS = 64


def renewed(
    site: str,
    scenarios: Sequence[str],
    *,
    reason: str,
    former: Reference | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
) -> Reference | tuple[FailedReplication, ...]:
    """Return the reference of a site, or the replications that failed.

    Each of `scenarios` is compared with the site's `baseline`. Replications and seed are those of the `former`
    reference unless told otherwise. Raises BadInput for a reason that says nothing, and where nothing can be watched.
    """
    if not reason.strip():
        raise BadInput(Fault("--reason", "nothing", "why the reference is renewed: it goes into the file"))
    strangers = [Fault("--scenario", name, f"a scenario of {site}") for name in scenarios if site != name.split("/")[0]]
    if strangers:
        raise BadInput(*strangers)
    cases: dict[str, Case] = {}
    for name in scenarios:
        old = former.cases.get(name) if former is not None else None
        baseline = old.baseline if old is not None else f"{site}/{BASELINE}"
        pair = load_scenario(name), load_scenario(baseline)
        seed_here = seed if seed is not None else old.seed if old is not None else SEED
        count = replications or (len(old.replications) if old is not None else REPLICATIONS)
        exact = run_study(small(pair[0]), small(pair[1]), replications=1, seed=SEED, workers=1)
        study = run_study(*pair, replications=count, seed=seed_here, workers=workers, progress=True)
        if exact.failures or study.failures:
            return exact.failures + study.failures
        cases[name] = _case(name, baseline, seed_here, exact, study)
    change = Change(date=f"{datetime.now(UTC):%Y-%m-%d}", version=__version__, reason=" ".join(reason.split()))
    history = (*(former.history if former is not None else ()), change)
    return Reference(schema=1, site=site, history=history, made=here(), cases=cases)


def _case(name: str, baseline: str, seed: int, exact: Study, study: Study) -> Case:
    window = worst_half_hour(before=study.trips[study.trips["arm"] == BASELINE])
    found = values(study.trips, window)
    chosen = tuple(watched(found))
    if not chosen:
        raise BadInput(Fault(name, "no KPI that is defined in every replication", "at least one to watch"))
    rows = found[[w.key for w in chosen]].itertuples(index=False, name=None)
    return Case(
        baseline=baseline,
        seed=seed,
        exact=exact_of(exact),
        window=window,
        watched=chosen,
        replications=tuple(rows),
    )
