"""When SUMO's vehicles depart: one by itself, those of a flow at even or at drawn distances.

A flow says how many there are, or how they follow: `period` [s], `vehsPerHour`, a `probability` for each second, or
`period="exp(rate)"`, headways drawn from the exponential distribution of so many a second.
"""

import itertools
from collections.abc import Callable, Iterator
from math import ceil, inf, isfinite, log1p

from sim.formats.sumo_mix import drawn
from sim.formats.sumo_reader import Reader
from sim.formats.sumo_xml import Element
from sim.scenario.trips import LATEST_S

WAIT_FOR_PEOPLE = ("triggered", "containerTriggered")
NO_TIME = (*WAIT_FOR_PEOPLE, "now", "begin", "split")
"""What SUMO knows of departures that is no time."""
RATES = ("period", "vehsPerHour", "perHour", "probability")
NEVER_S = 1e12
"""[s] further off than any moment of ours"""
DAY_S = 86_400.0
"""[s] how long a flow without an end goes on, as in SUMO"""


def departures(reader: Reader, e: Element, note: Callable[[str], None]) -> Iterator[float]:
    """Yield when a vehicle, or each one of a flow, departs [s], in order; of a flow perhaps more than are wanted."""
    for at_s in _of_flow(reader, e) if e.tag == "flow" else _of_one(reader, e, note):
        if at_s > LATEST_S:
            found = f'depart="{e.given["depart"]}"' if "depart" in e.given else f"a departure at {at_s:g} s"
            reader.fault(e, found, f"one within a week, {LATEST_S:g} s")
            return
        yield at_s


def _of_one(reader: Reader, e: Element, note: Callable[[str], None]) -> Iterator[float]:
    told = e.given.get("depart")
    if told in WAIT_FOR_PEOPLE:
        note("vehicles that wait for a person left out")
    elif told == "now":
        note('vehicles with depart="now", which SUMO never lets in, left out')
    else:
        yield reader.seconds(e, "depart")


def _of_flow(reader: Reader, e: Element) -> Iterator[float]:
    rates = [key for key in RATES if key in e.given]
    counted = "number" in e.given
    begin = reader.seconds(e, "begin", 0.0)
    end = inf if rates and counted else reader.seconds(e, "end", begin + DAY_S)
    count = reader.whole(e, "number") if counted else None
    if not rates and not counted:
        reader.fault(e, "no flow", "number, period, vehsPerHour or probability")
    elif len(rates) > 1:
        reader.fault(e, " and ".join(rates), "one of them")
    elif rates and counted and "end" in e.given:
        reader.fault(e, f"{rates[0]}, number and end", "a number or an end")
    elif end < begin:
        reader.fault(e, f"an end at {end:g} s", f"one after its begin at {begin:g} s")
    else:
        times = _at_rate(reader, e, rates[0], begin) if rates else _even(begin, (end - begin) / (count or 1))
        before_end = itertools.takewhile(lambda t: t < end, times) if rates else times
        yield from itertools.islice(before_end, count)


def _at_rate(reader: Reader, e: Element, key: str, begin: float) -> Iterator[float]:
    """Return the moments of a flow with a rate, without an end; none, with a fault, if the rate is none."""
    told, id = e.given[key], e.given.get("id", "")
    if key == "period" and told.startswith("exp(") and told.endswith(")"):
        rate = _rate(told[4:-1])
        if rate > 0.0:
            return _random(begin, id, rate)
        reader.fault(e, f'period="{told[:40]}"', "exp(rate), so many a second")
        return iter(())
    value = reader.seconds(e, key) if key == "period" else reader.number(e, key, least=0.0)
    if value <= 0.0 or (key == "probability" and value > 1.0):
        reader.fault(e, f'{key}="{told[:40]}"', "more than 0" + (", at most 1" if key == "probability" else ""))
        return iter(())
    match key:
        case "period":
            return _even(begin, value)
        case "probability":
            return _each_second(begin, id, value)
        case _:
            return _even(begin, 3600.0 / value)


def _rate(told: str) -> float:
    """Return a rate [1/s]; 0 for what is none."""
    try:
        value = float(told)
    except ValueError:
        return 0.0
    return value if isfinite(value) else 0.0


def _even(begin: float, period: float) -> Iterator[float]:
    return (begin + n * period for n in itertools.count())


def _random(begin: float, id: str, rate: float) -> Iterator[float]:
    """Yield moments at exponential distances, the first one after such a distance, too, as in SUMO."""
    for n in itertools.count():
        begin -= log1p(-drawn("headway", f"{id} {n}")) / rate
        yield round(begin, 3)


def _each_second(begin: float, id: str, probability: float) -> Iterator[float]:
    """Yield those seconds in which somebody departs: the distances are geometric."""
    at = begin - 1.0
    for n in itertools.count():
        wait = 0.0 if probability == 1.0 else log1p(-drawn("second", f"{id} {n}")) / log1p(-probability)
        at += max(ceil(min(wait, NEVER_S)), 1)
        yield at
