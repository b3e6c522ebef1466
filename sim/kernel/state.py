"""The road and everybody on it as arrays of records: what each field means, and the codes that stand in them.

Every lane is a record: the lanes of a *segment* (a link, or a piece of one between crossings) and the *movements*
(the way through a junction or over a crossing, each a short lane of its own). Lane 0 of a segment is at the curb;
higher numbers lie towards the inner side. Positions are those of a vehicle's front, from 0 at a lane's start [m].
Times are ticks; a tick is dt seconds.

Records, not one array per field: a driver's decision reads a dozen fields of two or three vehicles, and a compiled
function takes a handful of arguments (docs/decisions/0001-records.md). A VEHICLE and a LANE are whole cache lines; a
field stands in the line of those it is read with (docs/decisions/0015-memory-in-cache-lines.md).
"""

from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Records = Any
"""An array of one of the record types below; NumPy's types do not know their fields."""
Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

# Where a vehicle is.
OUTSIDE, DRIVING, HELD, OFF_LANE, PULLING_OUT, GONE = 0, 1, 2, 3, 4, 5
# What a driver does at the target.
NO_TARGET, PASS, STOP, TURN_IN = 0, 1, 2, 3
# What the kernel reports to Python.
PASSED, STOPPED, TURNED_IN, MISSED, PULLED_OUT, LEFT, LOST, CROSSING, TURNING = 1, 2, 3, 4, 5, 6, 7, 8, 9
# Kinds of vehicles.
CAR, BUS, HEAVY, TWO_WHEELER = 0, 1, 2, 3
STRIP = -1  # number of a lane for two-wheelers
# What a lane has, as bits: detectors; parked cars beside it; a lane over the opposite one for those who pass; a lane
# beside it towards the inner side, and towards the curb; a signal; that it is for buses alone; that it is of a
# roundabout's ring, where a network states its connections; of a movement, that it gives way to somebody; that only one
# who crosses in stages waits on it, in the way of those from one side; over a crossing, that it is in its far half.
DETECTORS, PARKED, OVER, INNER, OUTER, SIGNAL, BUSES, RING, TIES, HALFWAY, FAR_HALF = (1 << bit for bit in range(11))
# Lights.
GREEN, AMBER, RED = 0, 1, 2

LINE = 64  # [bytes] of memory come to the processor at a time
PAIR = 2 * LINE  # and often the other line of a pair with it
FAR = 1e9  # [m], [s]: no such thing in sight
NEVER = 1 << 30  # [ticks]
NOT_PAST = -2
MIN_GAP = 0.2  # [m] nobody comes nearer, whatever happens
B_EMERGENCY = 8.0  # [m/s2] dry road, full brakes
B_COURTESY = 2.0  # [m/s2] letting somebody in costs no more than this [assumption]
V_WAITING = 0.5  # [m/s] slower counts as waiting at the line
V_STANDING = 0.1  # [m/s] slower counts as standing
MOST_STILL = 100  # vehicles that `still` counts
SPOT = 5  # `LANE.spot` is a word's place in `order`, times 2 to this, and the bit in it
TAIL_LANES = 6  # the longest vehicle (30 m) lies on so many lanes behind its own, at most [assumption]
V_QUEUE = 5.0 / 3.6  # [m/s] slower counts as queueing

_BYTE, _BITS, _SHORT, _INT, _LONG = np.int8, np.uint16, np.int16, np.int32, np.int64
_SHORT_FLOAT, _FLOAT = np.float32, np.float64


def _record(**fields: type | tuple[type, int]) -> np.dtype[np.void]:
    return np.dtype([(name, *kind) if isinstance(kind, tuple) else (name, kind) for name, kind in fields.items()], True)


def _in_lines(**fields: type | tuple[type, int]) -> np.dtype[np.void]:
    """Return a record of whole cache lines, so that each begins with one."""
    kind = _record(**fields)
    names = kind.names or ()
    layout: Any = {
        "names": names,
        "formats": [kind[name] for name in names],
        "offsets": [kind.fields[name][1] for name in names] if kind.fields else [],
        "itemsize": kind.itemsize + -kind.itemsize % LINE,
    }
    return np.dtype(layout, align=True)


VEHICLE = _in_lines(
    # What moving reads, asking for a reason to change lanes, and of the vehicle ahead everybody: the first line.
    x=_FLOAT,
    v=_FLOAT,
    length=_FLOAT,
    acceleration=_FLOAT,
    state=_BYTE,
    target_mode=_BYTE,
    low=_BYTE,  # lanes that lead on: from
    high=_BYTE,  # to
    rest=_BYTE,  # 1: it stands, and will in this tick, because of the one ahead alone; 2: and did in the last one
    by_stages=_BYTE,  # 1: crosses the street ahead as far as its middle first
    backed=_BYTE,  # 1: backs up inside a junction, or has, and lets others by
    bus_lanes=_BYTE,  # 1: may use lanes for buses; like `foresight` never anything else (`LEG.aimed`)
    standing=_INT,  # tick since when it stands, or has only crept on, -1 while moving
    changed=_INT,  # tick of the last lane change
    target_segment=_INT,
    way=_INT,  # the movement that it takes at the end of its lane; -1: none from there, -2: its route ends
    blocker=_INT,  # who stops it: a vehicle, or -1
    yields_to=_INT,  # makes room for a vehicle that wants to get in ahead, or -1
    # What every decision reads besides: the second.
    desired=_FLOAT,  # speed wished for here, in a turn or by choice perhaps less than on the street [m/s]
    a=_FLOAT,  # IDM acceleration [m/s2]
    b=_FLOAT,  # IDM deceleration [m/s2]
    s0=_FLOAT,  # IDM standstill gap [m]
    half_inverse=_FLOAT,  # 1 / (2 sqrt(a b)), kept
    headway=_FLOAT,  # IDM time gap [s]
    factor=_FLOAT,  # desired speed / limit
    steers_to=_SHORT_FLOAT,  # up to here one who comes out of a berth still steers into the lane [m]
    street=_SHORT_FLOAT,  # speed wished for on the street, where one drives slower than that [m/s]; else 0
    # What is read of the foremost, and at targets: the third.
    may_go=_INT,  # tick since when it may drive through the junction, -1 if it may not
    may_enter=_INT,  # tick since when it may pass the stop line, if only to wait inside; -1 if it may not
    foresight=_FLOAT,  # whose way is given: so far ahead the lanes are picked [m]; 0: all others
    gap_factor=_FLOAT,  # this driver's critical gaps / everybody's
    target_x=_FLOAT,
    target_from=_FLOAT,  # from here on, who comes to a stand behind another has reached it [m]
    leg=_INT,  # index of the present segment in the table of routes
    route_end=_INT,  # one past the route's last segment
    claims=_INT,  # last tick in which only somebody who was clearing the junction held it up, who gives way to it
    defers=_INT,  # tick since when it lets others go first at the line, -1 if it has not
    entering=_INT,  # the next one who may enter a common area in this tick, -1 if none
    lane=_INT,
    # What is seldom read.
    before=(_INT, TAIL_LANES),  # lanes that its tail may still be on, the latest first; -1: none
    choice=_INT,  # which successor of the present segment comes next, -1 at the end
    key=_LONG,  # for chance
    top=_FLOAT,  # top speed [m/s]
    most=_FLOAT,  # no faster by choice [m/s], 0: any
    target_v=_FLOAT,
    out_gap=_FLOAT,  # critical gap for pulling out [s]
    returns_x=_FLOAT,  # where one who passes over the opposite lane is back, its front [m]
    entered=_FLOAT,  # [ticks, with fraction]
    left=_FLOAT,
    due=_INT,  # scheduled tick
    yields_until=_INT,  # tick
    shadow=_INT,  # while it turns round: the row that holds the opposite lane for it; else -1
    kind=_BYTE,
    keeps_curb=_BYTE,  # 1: looks for a place from the curb lane
    reported=_BYTE,  # 1: an agent wants to know when it leaves
    insists=_BYTE,  # 1: waits in the wrong lane rather than miss the target
)

LANE = _in_lines(
    # What a driver on it, or who comes onto it, reads: the first line.
    length=_FLOAT,
    tail_x=_FLOAT,  # rear end of a vehicle whose front has left this lane [m]
    limit=_FLOAT,  # [m/s]
    count=_INT,  # vehicles on it
    order_at=_INT,  # where they stand in `order`, the foremost first
    segment=_INT,  # -1 on a movement
    via_at=_INT,  # in `net`: the movement to each successor of the segment, -1 if none leads there
    spot=_INT,  # of a movement: its bit in `order` (`sim.kernel.taken`)
    from_lane=_INT,  # of a movement
    to_lane=_INT,
    next_tail=_INT,  # the next lane on which a tail is noted, -1 if none
    number=_BYTE,  # 0 at the curb; one more than the segment has: over the opposite lane; STRIP
    held=_BYTE,  # 1: somebody holds it; 2: only since everybody decided last
    rears=_BYTE,  # 1: rear ends of vehicles on it may still lie before it
    light=_BYTE,  # GREEN where there is no signal
    box=_BYTE,  # on a movement, 1: must be kept clear; 2: behind one who stands; 3: and into a ring
    still=_BYTE,  # so many, from the foremost on, stand for red and behind each other, and do nothing while it lasts
    has=_BITS,  # DETECTORS and so on
    # What matters at junctions: the second.
    wait_x=_FLOAT,  # on a movement: where one who must give way waits inside [m], 0 at the stop line
    tail_v=_FLOAT,  # the tail's speed
    gap=_FLOAT,  # on a movement: critical gap [s]
    tail_who=_INT,
    conflict_at=_INT,
    conflict_end=_INT,
    foes=_INT,  # the bits of those it is in conflict with
    feed_at=_INT,  # in `net`: the movements that lead into this lane
    feed_end=_INT,  # and there, of a segment's lane: what follows on the way round in a ring; -1: nothing
    switched=_INT,  # the tick in which its light may have switched last
    order_end=_INT,  # where the next lane's begin in `order`
    next_past=_INT,  # somebody ran through it in this tick: the next such lane, -1 if none; else NOT_PAST
    zebra=_SHORT,  # the zebra that a movement passes, -1 if none
    changes=_SHORT,  # for `aim`: lane changes from here on to where the route leads
)

LIGHT = _record(
    lane=_INT,  # that obeys it
    switches=_INT,  # the tick before which it does not switch again
    cycle=_INT,  # [ticks]
    offset=_INT,
    green_from=_INT,  # within the cycle, after the offset
    green_to=_INT,
    amber_to=_INT,
    more_at=_INT,  # in `net`: further greens of the cycle, (from, to, amber to) each
    more_end=_INT,
)

SEGMENT = _record(
    first_lane=_INT,
    lanes=_INT,
    next_at=_INT,  # in `net`: its successors
    next_end=_INT,
    detector_at=_INT,
    detector_end=_INT,
    strip=_INT,  # lane for two-wheelers, -1: none
    watch=_INT,  # 1 approaches the gate, 2 approaches it from the other side
    opposite=_INT,  # the one lane of the other direction beside this one lane, -1: none, or out of reach
    over=_INT,  # a lane that lies on it, for those who pass; -1: none
    mirror=_FLOAT,  # x on this lane + x on the opposite one, at the same place [m]
    parked_from=_FLOAT,  # beside lane 0 cars are parked, from here [m]
    parked_to=_FLOAT,
)

LEG = _record(
    segment=_INT,
    aimed=_INT,  # the row of the vehicle of which `aim` found what follows, and 1 more; 0: of none yet
    choice=_SHORT,
    low=_BYTE,
    high=_BYTE,
)

CONFLICT = _record(
    foe=_INT,  # the movement in conflict
    yields=_BYTE,  # 1: this movement gives way
    bit=_BYTE,  # of the foe among the bits of its junction
    begin=_FLOAT,  # where the common area begins on this movement [m]
    end=_FLOAT,  # and where it ends
    foe_begin=_FLOAT,  # the same on the foe's [m]
    foe_end=_FLOAT,
)

DETECTOR = _record(x=_FLOAT, slot=_INT)

ENTRY = _record(
    first_lane=_INT,
    lanes=_INT,
    next=_INT,  # in `queue`: first one not yet admitted
    end=_INT,
    due=_INT,  # a tick before which nobody who is not yet admitted is due
    looked=_INT,  # up to here in `queue` everybody waits for one of the lanes `wanted`, all without room at the time
    wanted=_INT,  # as bits
)

ZEBRA = _record(
    gap=_FLOAT,  # critical gap of pedestrians [s]
    yield_share=_FLOAT,
    marked=_INT,  # 0: people cross where nothing is marked
    abreast=_INT,  # how many walk side by side
    until=_FLOAT,  # [ticks] until then somebody is on the lanes of its near half, or comes to them
    until_far=_FLOAT,  # the same of those with FAR_HALF
    in_row=_INT,  # how many have stepped off in the present row
    next_row=_INT,  # tick from which the next row may step off
    lane_at=_INT,  # in `queue`: the movements over it
    lane_end=_INT,
    next=_INT,  # first person not yet there, of those known beforehand
    end=_INT,
    waits=_INT,  # how many are at the curb
    comes=_INT,  # how many are on their way to a half whose drivers need not heed them yet
    asks=_INT,  # 1: somebody waits who has looked at the near half, and no vehicle stands on it
    asks_far=_INT,  # the same of the far half
)

PERSON = _record(
    due=_INT,
    duration=_FLOAT,  # [ticks]
    at_near=_FLOAT,  # [ticks] after stepping off, from when on drivers of the crossing's near half heed them
    at_far=_FLOAT,  # and those of its far half
    past_near=_FLOAT,  # [ticks] after stepping off, until past the lanes of the crossing's near half
    past_far=_FLOAT,  # and of its far half
    start=_INT,  # tick of stepping off, -1 before
    reported=_INT,  # 1: somebody in Python waits for it
)

FRAME = _record(
    tick=_INT,
    vehicle=_INT,
    lane=_INT,
    x=_INT,  # [0.1 m]
    v=_SHORT,  # [0.1 m/s]
    state=_SHORT,
)

SEEN = _record(lane=_INT, x=_INT, state=_INT, tick=_INT)  # what was last written down of a vehicle, and when seen

REMARK = _record(
    vehicle=_INT,
    time_s=_INT,  # [s after midnight]
    lane=_INT,
    x=_INT,  # [0.1 m]
    state=_INT,  # as the film has it
    off_lane=_INT,
)

DESK = _record(
    dt=_FLOAT,
    politeness=_FLOAT,
    threshold=_FLOAT,  # [m/s2]
    safe=_FLOAT,  # [m/s2]
    mandatory=_FLOAT,  # [m/s2]
    courtesy=_FLOAT,  # share of drivers
    bus_courtesy=_FLOAT,  # share of drivers
    bus_priority=_FLOAT,  # share of drivers
    keep_clear=_FLOAT,  # share of drivers
    turns=_FLOAT,  # share of drivers
    in_stages=_FLOAT,  # share of drivers
    least_gap=_FLOAT,  # [m] the smallest standstill gap of all vehicles
    seed=_LONG,
    updates=_LONG,  # vehicles on a lane moved by one tick
    clamps=_LONG,  # times that the last resort against overlap acted
    news=_INT,  # how many reports
    pulling=_INT,  # how many vehicles wait to pull out
    passing=_INT,  # 1: somebody passes over the opposite lane, or holds a lane that can be passed so
    looks_beyond=_INT,  # 1: in this tick those who wait at red look who leaves no room beyond
    entering=_INT,  # the first one who may enter a common area in this tick, -1 if none
    tails=_INT,  # the first lane on which a tail is noted, -1 if none
    past=_INT,  # the first lane that somebody who came onto it in this tick is past already, -1 if none
    stuck=_INT,  # how many vehicles are in a deadlock
    backs=_INT,  # who backs up, or has, and lets others by; -1: nobody
    backs_until=_INT,  # tick
    backs_to=_FLOAT,  # [m]
    backed=_INT,  # how often anybody has backed up
    filmed=_INT,  # how many frames
    switches=_INT,  # the tick before which no light switches again
    film_every=_INT,  # [ticks] between two pictures of the road, 0: none is taken
)


def rows(kind: np.dtype[np.void], count: int) -> Records:
    """Return `count` records of zeros, the first at the beginning of a pair of cache lines."""
    room = np.zeros(count * kind.itemsize + PAIR, dtype=np.uint8)
    begin = -room.ctypes.data % PAIR
    return room[begin : begin + count * kind.itemsize].view(kind).view(np.recarray)


def plain(records: Records) -> Any:
    """Return the same memory as a plain structured array, whose fields Python reads and writes ten times faster."""
    return records.view(np.dtype((np.void, records.dtype)), np.ndarray)


def columns(records: Records) -> Any:
    """Return an object with a view of each field of one number, whose items Python reads and writes fastest."""
    bare, kind = records.view(np.ndarray), records.dtype
    return SimpleNamespace(**{name: bare[name].data for name in kind.names if kind[name].shape == ()})


def joined(*parts: Records) -> Records:
    """Return records of one kind one after the other, in lines of their own; NumPy itself copies field by field."""
    found = rows(parts[0].dtype, sum(part.size for part in parts))
    np.concatenate([part.view(np.ndarray).view(np.uint8) for part in parts], out=found.view(np.ndarray).view(np.uint8))
    return found


def handed(array: Records) -> Any:
    """Return an array as a compiled function takes it quickest: plain; the interpreter wants records as they are."""
    interpreted = numba.config.DISABLE_JIT  # type: ignore[attr-defined]
    return array if interpreted or array.dtype.fields is None else plain(array)
