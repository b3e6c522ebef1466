"""Writes a commented site of one's own from a few answers, to be edited by hand: what `dropoff new` makes."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from math import erf, sqrt
from pathlib import Path
from string import Template
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic.dataclasses import dataclass

from sim.scenario.faults import BadInput, Fault, expected
from sim.scenario.fields import STRICT, Clock, Flow, Share, SpeedKmH, Unit, plain
from sim.scenario.network import LANE_WIDTH_M, Side
from sim.scenario.zebra import passes_veh_h

TEMPLATE = Path(__file__).with_name("own_site.yaml")

BERTH_M = 6.0  # [m] of curb for one car
BUS_BERTH_M = 13.3  # [m] of curb for one bus: 10.8 m and 2.5 m between two
CLEAR_M = 24.0  # [m] before the gate, kept free for its access
CROSSING_M = 16.0  # [m] from the gate on to the crossing: who passes a row needs 38 m from there to the crossing
CROSSING_WIDTH_M = 6.0
OPPOSITE_M = 9.0  # [m] and beyond the gate to the first berth across the street: 25 m from the crossing, to set out
BUS_IN_M, BUS_OUT_M = 15.0, 20.0  # [m] tapers of the bus stops
BUS_CLEAR_M = 37.0  # [m] from the crossing, or the row across the street, to the taper: buses wait for a berth there
LEAD_M = 60.0  # [m] from the junction to the first berth
SHORTEST_M = 240.0  # [m] from the junction to the gate at least
BEYOND_M = 240.0  # [m] from the gate to the next junction
REMOTE_M = 60.0  # [m] from the junction to where those park who find nothing at the gate
OUTSIDE_M = 100.0  # [m] from the junctions to the ends of the study area
MINUTE_S = 60.0
LATER_S = 20 * MINUTE_S  # [s] after the bell traffic falls [A], and nobody is counted any more: most of a jam is over
TAXI_SHARE, PUPILS_PER_CAR = 0.03, 1.25  # [A], as at the default school
ARRIVAL_SD_S = 600.0  # [s] [A] 540-660
FROM_EAST = 0.3  # of the parents' cars come against the gate's direction [A] ...
STOP_ACROSS = 0.8  # ... and of these so many stop across the street, where that is tolerated [A]
BACK = 0.9  # traffic against the gate's direction, as a share of that past the gate [A]
ASIDE = 0.05  # and that to and from the side street [A]
CROSSING_SHARE = 0.2  # of the pupils on foot, who cross in front of the gate [A]
ESCORTED = 0.78  # of the pupils, whose adults cross once more on their way back: mean of the template's [F, A]
WALK_M_S = 1.1  # how fast people cross, as in the template [A]
STAND_S = 59.8  # [s] a car is at its place: 26.5 to get out, 33.3 until it gets away [F] von Bartheld 2011

OPPOSITE = 30  # as many cars as stop one behind the other across the street
EARLIEST_S = 60 * MINUTE_S  # [s] bells with an hour before and after it in the same day
LATEST_S = (23 * 60 - 1) * MINUTE_S


def _plain(title: str) -> str:
    if set(title) & set('"\\') or title.splitlines() != [title]:
        raise ValueError("expected a title without quotation marks, backslashes and line breaks")
    return plain(title)


def _within_the_day(bell: float) -> float:
    if not EARLIEST_S <= bell <= LATEST_S:
        raise ValueError(f"expected a time from {_hh_mm(EARLIEST_S)} to {_hh_mm(LATEST_S)}")
    return bell


_Few = Annotated[int, Field(ge=0, le=60), Unit("berths")]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Answers:
    """What a planner knows by heart about the own school.

    Left out, the street is that of the default school (two lanes each way, the traffic that belongs to them, a signal
    at the crossing, which is the rule there [R]), and the school has half as many pupils: 20 classes of 45 [R].
    """

    title: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain)] = "Our school"
    pupils: Annotated[int, Field(ge=1, le=20_000), Unit("pupils")] = 900
    bell: Annotated[Clock, AfterValidator(_within_the_day)] = 8 * 3600 + 20 * 60.0
    lanes: Annotated[int, Field(ge=1, le=4), Unit("lanes in each direction")] = 2
    speed: SpeedKmH = 40.0
    traffic: Flow = 1000.0
    car_share: Annotated[Share, Field(le=0.6)] = 0.26
    parking: _Few = 0
    in_lane: _Few = 6
    bays: _Few = 0
    opposite: Annotated[int, Field(ge=0, le=OPPOSITE), Unit("berths")] = 3
    buses: Annotated[float, Field(ge=0, le=200), Unit("buses/h in the gate's direction")] = 10.0
    crossing: Literal["zebra", "signal", "none"] = "signal"
    side: Side = "right"


ONE_LANE = {"traffic": "500", "crossing": "zebra"}
"""Default answers on a street of one lane each way: as much traffic a lane, and no signal [A]."""

QUESTIONS = {
    "title": "What is the school called?",
    "pupils": "How many pupils?",
    "bell": "When does school begin?",
    "lanes": "How many lanes has the street in each direction?",
    "speed": "Speed limit in front of the gate [km/h]?",
    "traffic": "Cars past the gate in the peak hour, not for the school, in the gate's direction [veh/h]?",
    "car_share": "Share of the pupils brought by car (0 to 0.6)?",
    "parking": "Parallel parking berths just before the gate?",
    "in_lane": "Vehicles that stop in the lane before the gate at the same time, where that is tolerated?",
    "bays": "Berths in a bay off the lane before the gate?",
    "opposite": "Vehicles that stop in the lane across the street?",
    "buses": "Buses past the gate in the peak hour [buses/h]?",
    "crossing": "Crossing at the gate: zebra, signal or none?",
    "side": "Traffic keeps right or left?",
}


def shown(name: str, given: dict[str, str]) -> str:
    """Return the default answer, after those already given, as a planner would type it."""
    if _is_narrow(given) and name in ONE_LANE:
        return ONE_LANE[name]
    default = Answers.__dataclass_fields__[name].default
    return _hh_mm(default) if name == "bell" else f"{default:g}" if isinstance(default, float) else str(default)


def _is_narrow(given: dict[str, str]) -> bool:
    return given.get("lanes", "").strip() == "1"


def answers(given: dict[str, str]) -> Answers:
    """Return checked answers from what was typed; raise BadInput with every fault."""
    try:
        return Answers(**{**(ONE_LANE if _is_narrow(given) else {}), **given})  # type: ignore[arg-type]
    except ValidationError as bad:
        raise BadInput(
            *(Fault(f"--{str(e['loc'][0]).replace('_', '-')}", repr(e["input"]), expected(e)) for e in bad.errors())
        ) from None


def overload(given: Answers) -> str | None:
    """Return in one line that more vehicles come than can pass in the worst quarter of an hour; None if they can."""
    return _overload_of_row(given) or _overload_of_zebra(given)


def _overload_of_row(given: Answers) -> str | None:
    """Return that more come than pass those who stop in the only lane, by hand.

    While somebody stands in a row of k places the lane moves on by k vehicles at most, with those who come before the
    next one who stops: k + others / who stop, each `STAND_S`. Who passes over the opposite lane comes on top of it.
    """
    cars_h, opposite_h = _cars_in_worst_quarter(given)
    places = given.in_lane + given.parking + given.bays
    for where, cars, in_lane, of, traffic in (
        ("past the gate", cars_h - opposite_h, given.in_lane, places, (1.0 + ASIDE) * given.traffic),
        ("in the other direction", opposite_h, given.opposite, given.opposite, BACK * given.traffic),
    ):
        if given.lanes > 1 or not in_lane or not cars:
            continue
        stop, come = cars * in_lane / of, cars + traffic + given.buses
        pass_h = (in_lane + (come - stop) / stop) * 3600.0 / STAND_S
        if come > pass_h:
            return (
                f"in the worst quarter of an hour {come:.0f} vehicles/h come {where}, and {stop:.0f} of them stop in "
                f"the only lane, which then passes about {pass_h:.0f}, and those who get by over the opposite lane"
            )
    return None


def _overload_of_zebra(given: Answers) -> str | None:
    """Return that more come past the gate than the zebra passes: pupils on foot cross, adults back, children across."""
    if given.crossing != "zebra":
        return None
    cars_h, opposite_h = _cars_in_worst_quarter(given)
    on_foot = given.pupils - _cars(given) * PUPILS_PER_CAR
    people_h = on_foot * CROSSING_SHARE * (1.0 + ESCORTED) * _worst_quarter() + opposite_h
    come = cars_h - opposite_h + (1.0 + ASIDE) * given.traffic + given.buses
    pass_h = given.lanes * passes_veh_h(given.lanes, people_h, WALK_M_S)
    if come <= pass_h:
        return None
    return (
        f"in the worst quarter of an hour {come:.0f} vehicles/h come past the gate, and {people_h:.0f} people/h cross "
        f"there at a zebra, which then passes about {pass_h:.0f}"
    )


def _worst_quarter() -> float:
    """Return how many an hour come in the worst quarter of one, of each who comes, normally distributed [1/h]."""
    return erf(MINUTE_S * 7.5 / (ARRIVAL_SD_S * sqrt(2.0))) * 4.0


def _cars_in_worst_quarter(given: Answers) -> tuple[float, float]:
    """Return how many cars bring pupils in the worst quarter of an hour [cars/h], and how many stop across."""
    cars_h = _cars(given) * _worst_quarter()
    return cars_h, cars_h * FROM_EAST * _across(given)


def _cars(given: Answers) -> int:
    """Return how many cars and taxis bring pupils."""
    return round(given.pupils * (given.car_share + TAXI_SHARE) / PUPILS_PER_CAR)


def _across(given: Answers) -> float:
    """Return the share of those who come against the gate's direction who stop across the street."""
    return STOP_ACROSS if given.opposite else 0.0


def write_site(name: str, given: Answers, root: Path, check: Callable[[Path], None]) -> Path:
    """Write `root`/`name` with a site, its baseline and a first measure; return the folder, or raise BadInput.

    `check` looks at the files, in a folder of that name below the one that it is given, before they take their place.
    """
    folder = free_folder(root, name)
    files = {
        "site.yaml": Template(TEMPLATE.read_text(encoding="utf-8")).substitute(_values(name, given)),
        "baseline.yaml": BASELINE.format(name=name),
        "drop_off_bays.yaml": _first_measure(name, given),
    }
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=root, ignore_cleanup_errors=True) as temporary:
        new = Path(temporary) / name
        new.mkdir()
        for file, text in files.items():
            (new / file).write_text(text, encoding="utf-8")
        try:
            check(Path(temporary))
        except BadInput as bad:
            raise BadInput(*(replace(f, where=f.where.replace(temporary, str(root))) for f in bad.faults)) from None
        os.rename(new, folder)
    return folder


def free_folder(root: Path, name: str) -> Path:
    """Return where a new site of that name goes; raises BadInput if there is one."""
    folder = root / name
    if folder.exists():
        raise BadInput(Fault(str(folder), "a site of that name", "a new name; nothing is overwritten"))
    return folder


BASELINE = """\
# {name} as it is today: what every measure is compared with.
title: As it is today
site: {name}
"""


def _values(name: str, given: Answers) -> dict[str, object]:
    """Return what the template leaves open."""
    side = -1.0 if given.side == "right" else 1.0  # the school lies on the curb's side of the street to the gate
    street = _Street(given)
    return {
        "name": name,
        "title": given.title,
        "side": given.side,
        "lanes": given.lanes,
        "speed": f"{given.speed:g}",
        "j1": f"{OUTSIDE_M:g}",
        "j2": f"{OUTSIDE_M + street.length_m:g}",
        "end": f"{2 * OUTSIDE_M + street.length_m:g}",
        "back_y": f"{side * 150:g}",
        "south_y": f"{side * 250:g}",
        "gate_at": f"{street.gate_m:g}",
        "walk_east": f"{BEYOND_M + REMOTE_M:g}",
        "walk_west": f"{street.gate_m + REMOTE_M:g}",
        "crossings": street.crossings(),
        "zones": street.zones(),
        "bus_lines": street.bus_lines(),
        "start": _hh_mm(given.bell - 60 * MINUTE_S),
        "measured_from": _hh_mm(given.bell - 50 * MINUTE_S),
        "opens": _hh_mm(given.bell - 40 * MINUTE_S),
        "arrival": _hh_mm(given.bell - 17 * MINUTE_S),
        "bell": _hh_mm(given.bell),
        "measured_to": _hh_mm(given.bell + LATER_S),
        "after": _hh_mm(given.bell + LATER_S),
        "window_end": _hh_mm(given.bell + 60 * MINUTE_S),
        "pupils": given.pupils,
        "cars": _cars(given),
        "car": f"{given.car_share:g}",
        "taxi": TAXI_SHARE,
        "per_car": PUPILS_PER_CAR,
        "walk": f"{0.64 - given.car_share:.6g}",  # 0.36 come by other means
        "across": f"{_across(given):g}",
        "from_east": FROM_EAST,
        "arrival_sd": f"{ARRIVAL_SD_S:g}",
        "crossing_share": 0 if given.crossing == "none" else CROSSING_SHARE,
        "flow": f"{given.traffic:g}",
        "flow_back": f"{BACK * given.traffic:.4g}",
        "flow_side": f"{ASIDE * given.traffic:.4g}",
    }


class _Street:
    """Where everything lies along the street past the gate."""

    def __init__(self, given: Answers) -> None:
        self.given = given
        wished = (("bay", given.bays), ("in_lane", given.in_lane), ("parking", given.parking))
        self.stops = [(kind, count) for kind, count in wished if count]
        curb_m = sum(BERTH_M * count for _, count in self.stops)
        self.bus_berths = 0 if not given.buses else 1 if given.buses < 25 else 2 if given.buses < 60 else 3
        self.row_opposite_m = OPPOSITE_M + BERTH_M * given.opposite  # both from the gate on
        self.bus_opposite_m = self.row_opposite_m + BUS_CLEAR_M + BUS_IN_M
        bus_m = BUS_BERTH_M * self.bus_berths + BUS_OUT_M
        self.gate_m = max(SHORTEST_M, LEAD_M + curb_m + CLEAR_M, self.bus_opposite_m + bus_m + LEAD_M)
        self.length_m = self.gate_m + BEYOND_M
        self.gate_opposite_m = self.length_m - self.gate_m

    def crossings(self) -> str:
        """Return the crossing's lines: far enough from the rows of those who stop that these can be passed.

        Nobody passes a row up to a crossing, and none could ever be passed that ends right before one.
        """
        if self.given.crossing == "none":
            return ""
        control = (
            ", control: signal, cycle_s: 90, walk_s: 20, clearance_s: 6" if self.given.crossing == "signal" else ""
        )
        return (
            "  crossings:                  # at_m: where vehicles stop [A]\n"
            f"    - {{id: at_gate, length_m: {2 * LANE_WIDTH_M * self.given.lanes:g}{control},\n"
            f"       links: [{{link: to_gate, at_m: {self.gate_m + CROSSING_M:g}}}, "
            f"{{link: opposite, at_m: {self.gate_opposite_m - CROSSING_M - CROSSING_WIDTH_M:g}}}]}}\n"
        )

    def zones(self) -> str:
        """Return the curb zones' lines, from the gate backwards, then across the street, then the bus stops."""
        lines, to_m = [], self.gate_m - CLEAR_M
        for kind, count in self.stops:
            lines.append(_zone(f"{kind}_gate", "to_gate", kind, to_m - BERTH_M * count, to_m, count))
            to_m -= BERTH_M * count
        if self.given.opposite:
            from_m, to_m = self.gate_opposite_m + OPPOSITE_M, self.gate_opposite_m + self.row_opposite_m
            lines.append(_zone("in_lane_opposite", "opposite", "in_lane", from_m, to_m, self.given.opposite))
        bus_m = CROSSING_M + CROSSING_WIDTH_M + BUS_CLEAR_M + BUS_IN_M  # beyond the gate
        buses = (("to_gate", self.gate_m + bus_m), ("opposite", self.gate_opposite_m + self.bus_opposite_m))
        for link, from_m in buses:
            if self.bus_berths:
                to_m = round(from_m + BUS_BERTH_M * self.bus_berths, 1)
                more = f", users: bus, taper_in_m: {BUS_IN_M:g}, taper_out_m: {BUS_OUT_M:g}"
                lines.append(_zone(f"bus_{link}", link, "bay", from_m, to_m, self.bus_berths, more))
        return "  curb_zones:\n" + "".join(lines) if lines else "  curb_zones: []\n"

    def bus_lines(self) -> str:
        """Return the bus lines' lines."""
        if not self.bus_berths:
            return ""
        return "  bus_lines:\n" + "".join(
            f"    - {{id: {id}, entry: {entry}, exit: {exit}, stop: bus_{link}, flow_bus_h: {self.given.buses:g}, "
            "headway_cv: 0.6,   # [A] count them\n"
            "       dwell: {mean_s: 28, sd_s: 14, low_s: 5, high_s: 120}}   # [A]\n"
            for id, entry, exit, link in (
                ("eastbound", "west_in", "east_out", "to_gate"),
                ("westbound", "east_in", "west_out", "opposite"),
            )
        )


def _zone(id: str, link: str, kind: str, from_m: float, to_m: float, berths: int, more: str = "") -> str:
    """Return one curb zone's line; a parent may leave the car in a parking berth alone."""
    more = more or (", escort: true" if kind == "parking" else "")
    return (
        f"    - {{id: {id}, link: {link}, kind: {kind}, from_m: {from_m:g}, to_m: {to_m:g}, berths: {berths}{more}}}\n"
    )


def _hh_mm(seconds: float) -> str:
    minutes = round(seconds / MINUTE_S)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _first_measure(name: str, given: Answers) -> str:
    """Return a first road change to try: short-stay bays, in the place of stopping in the lane where there is any."""
    street = _Street(given)
    to_m = street.gate_m - CLEAR_M - BERTH_M * given.bays
    count, replaces = given.in_lane, "replaces: [in_lane_gate], "
    if not count:
        to_m -= BERTH_M * given.parking
        count, replaces = min(6, int((to_m - LEAD_M / 2) / BERTH_M)), ""
    from_m = to_m - BERTH_M * count
    return (
        f"# A first measure to try: {count} short-stay bays off the lane.\n"
        f"title: {count} stop-and-go bays before the gate\n"
        f"site: {name}\n"
        "interventions:\n"
        f"  - stop_and_go: {{id: bays, link: to_gate, from_m: {from_m:g}, to_m: {to_m:g}, berths: {count}, "
        f"{replaces}cost_yuan: 0}}   # [A] what does it cost?\n"
    )
