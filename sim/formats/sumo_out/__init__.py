"""A scenario as files for SUMO: its network, signals and stops, and the demand of one replication."""

from sim.formats.sumo_out.plan import NO_LIGHT, LightTimes, Pedestrian, Piece, Plan, Road, Stop, Vehicle, Way
from sim.formats.sumo_out.writing import Written, check_target, write_sumo

__all__ = [
    "NO_LIGHT",
    "LightTimes",
    "Pedestrian",
    "Piece",
    "Plan",
    "Road",
    "Stop",
    "Vehicle",
    "Way",
    "Written",
    "check_target",
    "write_sumo",
]
