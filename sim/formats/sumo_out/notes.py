"""What SUMO cannot say, or says otherwise: one line for each thing that this scenario has."""

from collections.abc import Iterator

from sim.formats.sumo_out import footways
from sim.formats.sumo_out.demand import TAU_STEP_S, exact_tau_s
from sim.formats.sumo_out.plan import Plan
from sim.scenario.site import Site


def notes(plan: Plan) -> list[str]:
    """Return one line for each thing that is left out or told in another way."""
    return [*_of_families(plan), *_of_curb(plan), *_of_people_on_foot(plan), *_of_traffic(plan)]


def _of_families(plan: Plan) -> Iterator[str]:
    """Yield what families do here and cannot do there."""
    choices, stops = plan.scenario.site.demand.choices, [v.stop for v in plan.vehicles if v.who == "family"]
    if not stops:
        return
    yield (
        "choice of a place: families do not look for one; each is told a curb zone of its side, in turn by berths, "
        "whatever the walk" + (", and goes on to the remote parking if its berths are full" if plan.onward else "")
    )
    yield (
        "escorts: nobody leaves a vehicle; who walks a child from a berth stops for as long as that takes without the "
        "wait at a crossing, and just as long if the remote parking takes the car"
    )
    if None in stops:
        yield f"no place to stop is on the way of {stops.count(None)} families: they pass"
    if choices.double_park_share or choices.double_park_though_free_share:
        yield "double parking: nobody stops in the lane outside a curb zone"
    if choices.wait_share or choices.rounds:
        yield "nobody waits behind a berth about to be free, or goes round the block"
    if choices.three_point_share:
        yield "turning round in three points: nobody does"
    warden = plan.scenario.policy.warden
    if warden is not None:
        yield "the warden shortens the stops of those who obey in the zones told; directing to far berths is left out"


def _of_curb(plan: Plan) -> Iterator[str]:
    """Yield how curb zones differ."""
    zones = plan.scenario.site.network.curb_zones
    kinds = {z.kind for z in zones if z.users == "school"}
    if "parking" in kinds:
        yield "parking manoeuvres hold up the lane for one time, the mean, and end with the stop"
    if {"parking", "bay"} & kinds or any(z.kind != "in_lane" and z.users == "bus" for z in zones):
        yield "berths off the lane are entered and left at one point: tapers and the order within a bay are left out"
    if any(z.users == "bus" and z.kind != "in_lane" for z in zones):
        yield "bus bays are parking areas with a berth for each bus, not SUMO's bus stops, which would take too many"
    if any(z.kind == "in_lane" and z.users == "school" for z in zones):
        yield "stopping in the lane has no berths: vehicles stop within the stretch, each where the row lets it"


def _of_people_on_foot(plan: Plan) -> Iterator[str]:
    """Yield who walks here and is not there."""
    site = plan.scenario.site
    yield from footways.notes(plan)
    if site.guardrails or site.waiting_areas:
        yield "guardrails and waiting areas count in the length of escorts' stops alone"


def _of_traffic(plan: Plan) -> Iterator[str]:
    """Yield how traffic moves otherwise."""
    site = plan.scenario.site
    yield "lane changes, gap acceptance, courtesy and taking turns are SUMO's own; critical gaps are not written"
    yield from _of_streets(site)
    if site.drivers.gaps.bus_priority_share:
        yield "buses have no priority when they leave a bay"
    if not site.drivers.gaps.keep_clear_share:
        yield "everybody keeps junctions clear"
    if plan.left_out:
        names = ", ".join(plan.left_out[:3]) + (", ..." if len(plan.left_out) > 3 else "")
        yield f"without a way, and not written: {len(plan.left_out)} vehicles ({names})"
    yield (
        "queues: who has blocked a junction for 10 s is driven through, who has waited for 30 s takes any gap, and "
        "drivers take another way that saves ten minutes; else SUMO's streets lock up at their capacity, below ours"
    )
    yield (
        "nobody is teleported: a few of SUMO's vehicles may wait for each other for good, and stand until the end; "
        "with --time-to-teleport 300 sumo moves on who has stood for five minutes, and counts the teleports"
    )
    yield f"drivers whose time gaps differ by less than {TAU_STEP_S:g} s share a type"
    hasty = sum(exact_tau_s(plan, v) < plan.step_s for v in plan.vehicles)
    if hasty:
        yield f"time gaps shorter than a step, of {hasty} drivers, are as long as one, {plan.step_s:g} s"


def _of_streets(site: Site) -> Iterator[str]:
    links = site.network.links
    if any(link.strip_width_m > 0.0 for link in links):
        yield "two-wheelers ride one behind the other in their strip, not in files abreast"
    back = {(link.to_node, link.from_node) for link in links if link.lanes == 1 and not link.divided}
    if any(link.lanes == 1 and not link.divided and (link.from_node, link.to_node) in back for link in links):
        yield (
            "passing a row over the opposite lane is SUMO's own, and only where both directions have a piece of equal "
            "length, no strip, and no zebra at either end"
        )
