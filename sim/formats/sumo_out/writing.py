"""The folder of files for SUMO: written whole or not at all."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sim.formats.sumo_out.demand import demand
from sim.formats.sumo_out.network import connections, edges, nodes
from sim.formats.sumo_out.notes import notes
from sim.formats.sumo_out.places import is_area, places
from sim.formats.sumo_out.plan import Plan
from sim.formats.sumo_out.signals import lights
from sim.formats.sumo_out.streets import Streets, number
from sim.scenario.faults import BadInput, Fault
from sim.scenario.files import appearing_folder

BUILD, RUN = "build.netccfg", "run.sumocfg"
NETWORK = "network.net.xml"
IGNORE_BLOCKER_S = 10.0
"""[s] after which SUMO drives through one who blocks a junction; without it streets at capacity lock up for good"""
IMPATIENCE_S = 30.0
"""[s] of waiting until a driver takes any gap; SUMO's nearest thing to taking turns (its default: 180)"""
LOOK_S, DETOUR_S = 60.0, 600.0
"""[s] how often a driver looks for another way, and what it must save: here, too, those at a full link take one"""


@dataclass(frozen=True)
class Written:
    """What was written, and what SUMO cannot say."""

    folder: Path
    counts: str
    notes: tuple[str, ...]

    def lines(self, folder: str) -> list[str]:
        """Return what to tell the user, with the folder as one would type it."""
        return [
            f"written: {folder} ({self.counts})",
            f"build:   netconvert -c {quote(f'{folder}/{BUILD}')}",
            f"run:     sumo -c {quote(f'{folder}/{RUN}')}",
            *(f"not as here: {note}" for note in self.notes),
        ]


def check_target(out: Path) -> None:
    """Raise BadInput unless a new folder can be put at `out`: nothing is there, or an empty folder."""
    if out.name in ("", ".."):
        raise BadInput(Fault(f"--out {out}", "a folder without a name of its own", "a new folder"))
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise BadInput(Fault(f"--out {out}", "a file", "a new folder"))
    if out.is_dir() and (out.is_mount() or any(out.iterdir())):
        raise BadInput(Fault(f"--out {out}", "a folder that holds things", "a new or an empty folder"))
    above = next(p for p in out.absolute().parents if p.exists())
    if not above.is_dir():
        raise BadInput(Fault(f"--out {out}", f"{above}, which is a file", "a folder"))
    try:
        with tempfile.TemporaryDirectory(prefix=".dropoff-", dir=above):
            return
    except OSError as error:
        found = f"no folder can be made in {above}: {error.strerror}"
        raise BadInput(Fault(f"--out {out}", found, "a folder that you may write to")) from None


def write_sumo(plan: Plan, out: Path) -> Written:
    """Write a plan's files into a new folder; raises BadInput if it is not free, and OSError."""
    check_target(out)
    written = Written(out, _counts(plan), tuple(notes(plan)))
    texts = files(plan) | {"README.txt": _readme(plan, written)}
    with appearing_folder(out) as draft:
        for name, text in texts.items():
            (draft / name).write_text(text, encoding="utf-8")
    return written


def files(plan: Plan) -> dict[str, str]:
    """Return the text of each file by its name."""
    streets = Streets(plan)
    roots = {
        "nodes.nod.xml": nodes(streets),
        "edges.edg.xml": edges(streets),
        "connections.con.xml": connections(streets),
        "signals.tll.xml": lights(streets),
        BUILD: _build(plan),
        "places.add.xml": places(streets),
        "demand.rou.xml": demand(streets),
        RUN: _run(plan),
    }
    return {name: _text(root) for name, root in roots.items()}


def _text(root: Element) -> str:
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _configuration(**options: dict[str, str]) -> Element:
    root = Element("configuration")
    for topic, settings in options.items():
        group = SubElement(root, topic)
        for name, value in settings.items():
            SubElement(group, name, value=value)
    return root


def _build(plan: Plan) -> Element:
    """Return what netconvert is to do."""
    left = plan.scenario.site.network.traffic_side == "left"
    return _configuration(
        input={
            "node-files": "nodes.nod.xml",
            "edge-files": "edges.edg.xml",
            "connection-files": "connections.con.xml",
            "tllogic-files": "signals.tll.xml",
        },
        output={"output-file": NETWORK},
        processing={
            "lefthand": str(left).lower(),
            "no-turnarounds": "true",
            "roundabouts.guess": "false",
            "offset.disable-normalization": "true",
            "default.junctions.keep-clear": str(plan.scenario.site.drivers.gaps.keep_clear_share > 0.0).lower(),
        },
    )


def _run(plan: Plan) -> Element:
    """Return what sumo is to do."""
    window = plan.scenario.site.demand.window
    return _configuration(
        input={"net-file": NETWORK, "route-files": "demand.rou.xml", "additional-files": "places.add.xml"},
        output={"tripinfo-output": "tripinfo.xml"},
        time={
            "begin": number(window.start),
            "end": number(window.end + window.patience_s),
            "step-length": number(plan.step_s),
        },
        processing={
            "time-to-teleport": "-1",
            "collision.action": "warn",
            "ignore-junction-blocker": number(IGNORE_BLOCKER_S),
            "time-to-impatience": number(IMPATIENCE_S),
            "parking.maneuver": "true",
        },
        routing={
            "device.rerouting.probability": "1",
            "device.rerouting.period": number(LOOK_S),
            "device.rerouting.threshold.constant": number(DETOUR_S),
        },
        report={"no-step-log": "true", "duration-log.statistics": "true"},
    )


def _counts(plan: Plan) -> str:
    """Return how much there is of everything."""
    who = [v.who for v in plan.vehicles]
    through = len(who) - who.count("family") - who.count("bus")
    pieces = sum(len(p) for p in plan.road.pieces.values())
    stops = sum(z.users == "bus" for z in plan.scenario.site.network.curb_zones)
    areas = sum(is_area(z) for z in plan.scenario.site.network.curb_zones)
    return (
        f"{pieces} edges, {stops} bus stops, {areas} school zones off the lane, {who.count('family')} families, "
        f"{who.count('bus')} buses, {through} others"
    )


def _readme(plan: Plan, written: Written) -> str:
    """Return what a reader of the folder has to know."""
    lines = [
        f"{plan.scenario.name}: {plan.scenario.title}",
        f"Seed {plan.seed}, replication {plan.replication}; written by dropoff for SUMO, tested with 1.28.",
        f"{written.counts[0].upper()}{written.counts[1:]}.",
        "",
        f"  netconvert -c {BUILD}    makes {NETWORK} of the plain files",
        f"  sumo -c {RUN}            runs the morning; nobody is teleported",
        "",
        "Times are seconds after midnight, lengths metres. An edge is a link, or a piece of one (#0, #1, ...) where a",
        "crossing or a turn pocket cuts it; it is as long as the link between its stop lines.",
        "",
        "What SUMO cannot say, or says otherwise:",
        *(f"* {note}" for note in written.notes),
    ]
    return "\n".join(lines) + "\n"
