"""What is written down while a world runs: the columns, their units, and the record that holds them."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from numpy.typing import NDArray


class Column(NamedTuple):
    """A column of a table: NumPy dtype, unit ("" for words and yes/no) and meaning."""

    dtype: str
    unit: str
    meaning: str


TRIP_COLUMNS: dict[str, Column] = {
    "traveller": Column("str", "", 'who ("family 17"): the same name is the same person in every arm'),
    "kind": Column("str", "", "family, bus, through or walker"),
    "mode": Column("str", "", "car, taxi, walk, bus, rail, two_wheeler, or empty"),
    "scheduled_s": Column("float64", "s", "when the traveller is due at the study boundary, after midnight"),
    "entered_s": Column("float64", "s", "when it was admitted to the first link, after midnight"),
    "left_s": Column("float64", "s", "when it left the study boundary, or came to the gate, after midnight"),
    "finished": Column("bool", "", "whether the trip came to its end"),
    "measured": Column("bool", "", "whether the traveller set out in the measured window"),
    "free_flow_s": Column("float64", "s", "travel time over the same links without anybody else"),
    "passes_gate": Column("bool", "", "whether the route passes the gate in the gate's direction"),
    "passes_opposite": Column("bool", "", "whether the route passes the gate in the other direction"),
    "section_in_s": Column("float64", "s", "when it came into the section past the gate, after midnight"),
    "section_out_s": Column("float64", "s", "when it left the section past the gate, after midnight"),
    "approach_s": Column("float64", "s", "from the scheduled time (admission included) to where the search begins"),
    "search_s": Column("float64", "s", "looking for a place, driving round included"),
    "queue_s": Column("float64", "s", "waiting behind a berth about to be free"),
    "manoeuvre_s": Column("float64", "s", "into the berth and out of it, waiting for a gap included"),
    "dwell_s": Column("float64", "s", "children getting out"),
    "escort_walk_s": Column("float64", "s", "walking with the child to the gate and back"),
    "exit_s": Column("float64", "s", "from the curb to the study boundary"),
    "stop": Column("str", "", "where it stopped: parking, bay, in_lane, double_parked, remote, or empty"),
    "zone": Column("str", "", "curb zone in which it stopped, or empty"),
    "rounds": Column("int64", "1", "how often it drove round the block"),
    "entry": Column("str", "", "link of entry"),
    "exit": Column("str", "", "link of exit"),
}
"""One row for each traveller; times of day in seconds after midnight; what is not defined is NaN or empty."""

COMPONENTS = ("approach", "search", "queue", "manoeuvre", "dwell", "escort_walk", "exit")
"""The parts of a family's time, in the order in which they begin; they sum to `left_s - scheduled_s`."""

SERIES_COLUMNS: dict[str, Column] = {
    "time_s": Column("float64", "s", "time of day after midnight"),
    "queue_gate_veh": Column("int64", "veh", "vehicles slower than 5 km/h on the approach to the gate"),
    "queue_opposite_veh": Column("int64", "veh", "the same in the other direction"),
    "outside_veh": Column("int64", "veh", "vehicles waiting outside for admission"),
    "on_road_veh": Column("int64", "veh", "vehicles on a lane"),
    "school_veh": Column("int64", "veh", "vehicles stopped for the school, berths included"),
}
"""One row every 10 s."""


TRAJECTORY_COLUMNS: dict[str, Column] = {
    "time_s": Column("int32", "s", "time of day after midnight, whole seconds"),
    "traveller": Column("str", "", "who, as in the table of trips"),
    "lane": Column("int32", "", "lane in `map.json`; outside: the entry; in a berth: the lane beside; -1: gone"),
    "at_m": Column("float32", "m", "the front's distance from the lane's start, to 0.1 m"),
    "speed_m_s": Column("float32", "m/s", "speed, to 0.1 m/s"),
    "state": Column("str", "", "one of sim.records.STATES"),
    "off_lane": Column("bool", "", "in a berth or bay, or further off; not on the lane"),
}
"""A row for each second in which a vehicle's lane, place or state is not as before; in between, it stands as it was."""

STATES = (
    "outside",
    "driving",
    "waiting_for_berth",
    "manoeuvring",
    "in_berth",
    "in_lane",
    "double_parked",
    "parked_away",
    "turning_round",
    "gone",
)
"""Waiting outside for admission; on the move or in a queue; stopped in the lane before a berth about to be free; into a
berth or out of it; in a berth or bay; stopped in the lane where that is tolerated, or where it is not; in the remote
parking; in a turn in three points; out of the area."""

SIGNAL_COLUMNS: dict[str, Column] = {
    "time_s": Column("float32", "s", "time of day after midnight"),
    "lane": Column("int32", "", "the way over a junction or crossing, in `map.json`, whose light changes"),
    "light": Column("str", "", "green, amber or red"),
}
"""A row for each change of a light."""

WALK_COLUMNS: dict[str, Column] = {
    "who": Column("str", "", "the family, or the pupil on foot, as in the table of trips"),
    "from_s": Column("float32", "s", "time of day after midnight"),
    "to_s": Column("float32", "s", "time of day after midnight"),
    "from_x_m": Column("float32", "m", "on the map"),
    "from_y_m": Column("float32", "m", "on the map"),
    "to_x_m": Column("float32", "m", "on the map"),
    "to_y_m": Column("float32", "m", "on the map"),
}
"""A row for each part of somebody's way on foot: straight on or, where both ends are the same, waiting."""


class Words(NamedTuple):
    """A column of words, each of which stands in many rows: `words[codes]`."""

    codes: NDArray[Any]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Film:
    """Where everybody was in one replication: the columns above, and the map that they refer to (sim.film.ground)."""

    trajectories: dict[str, NDArray[Any] | Words]
    signals: dict[str, NDArray[Any] | Words]
    walks: dict[str, NDArray[Any] | Words]
    map: dict[str, Any]


@dataclass(frozen=True)
class Record:
    """What one replication left behind.

    `trips` and `series` hold the columns above, `failure` says why the replication is void (a deadlock: where, who),
    `facts` are counts and sums for the books, `film` is there if it was asked for.
    """

    trips: dict[str, NDArray[Any]]
    series: dict[str, NDArray[Any]]
    failure: str | None = None
    facts: dict[str, float] = field(default_factory=dict)
    film: Film | None = None
