"""The vocabulary of fields: a number's unit and range travel with its type, for checking and for listing."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


@dataclass(frozen=True)
class Unit:
    """The unit of a number, as the planner reads it ("s", "m", "veh/h")."""

    name: str


def clock(value: Any) -> Any:
    """Return seconds after midnight for "07:40" or "07:40:30"; leave numbers of seconds alone.

    YAML 1.1 reads an unquoted 7:40 as the base-60 integer 460, which can only mean minutes: a number below
    1,440 counts as such, because no site opens in the first 24 minutes of the day.

    Raises ValueError for anything else.
    """
    if isinstance(value, str):
        parts = value.split(":")
        if len(parts) not in (2, 3) or not all(p.isdecimal() and len(p) <= 2 for p in parts):
            raise ValueError('expected a time of day such as "07:40"')
        hours, minutes, seconds = (*map(int, parts), 0)[:3]
        if hours > 23 or minutes > 59 or seconds > 59:
            raise ValueError('expected a time of day such as "07:40"')
        return float(hours * 3600 + minutes * 60 + seconds)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1440:
        return float(value * 60)
    return value


CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
"""What does something to a terminal, or stands in no XML file; not line breaks and tabs."""


def plain(text: str) -> str:
    """Return a text that can be shown and written anywhere; raises ValueError for one with control characters."""
    if CONTROL.search(text):
        raise ValueError("expected a text without control characters")
    return text


def _word(text: str) -> str:
    if re.search(r"[\s/\\]", text):
        raise ValueError("expected a name without spaces, / and \\")
    return plain(text)


Text = Annotated[str, AfterValidator(plain)]
Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_word)]
Clock = Annotated[float, BeforeValidator(clock), Field(ge=0, lt=86_400), Unit("hh:mm")]
Seconds = Annotated[float, Field(ge=0, le=86_400), Unit("s")]
Metres = Annotated[float, Field(ge=0, le=100_000), Unit("m")]
Coordinate = Annotated[float, Field(ge=-1e7, le=1e7), Unit("m")]
SquareMetres = Annotated[float, Field(ge=0, le=1e6), Unit("m2")]
Speed = Annotated[float, Field(gt=0, le=50), Unit("m/s")]
SpeedKmH = Annotated[float, Field(ge=5, le=130), Unit("km/h")]
Acceleration = Annotated[float, Field(gt=0, le=12), Unit("m/s2")]
Flow = Annotated[float, Field(ge=0, le=10_000), Unit("veh/h")]
Share = Annotated[float, Field(ge=0, le=1), Unit("1")]
Factor = Annotated[float, Field(gt=0, le=10), Unit("1")]
Count = Annotated[int, Field(ge=0, le=100_000), Unit("1")]
Money = Annotated[float, Field(ge=0), Unit("yuan")]
