"""The assumptions of a site: the numbers that its file marks [A], and between which bounds they are varied."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from sim.scenario.faults import BadInput, Fault, near_miss
from sim.scenario.read import mapping

SHARES = (0.2, 0.1, 0.05)
"""By how much of itself an assumption is varied each way: the first share that the checks accept."""
DIGITS = 9
SCOPE = "demand."
"""What is varied unless told otherwise; streets and curbs one can measure on a map."""
_MARK = re.compile(r"#.*?\[(A|F|R)\b")
Value = int | float
Path_ = tuple[str | int, ...]
Check = Callable[[Mapping[Path_, Value]], Sequence[Fault]]


@dataclass(frozen=True)
class Number:
    """A number in a site's file: where it stands, and whether the line is marked as an assumption, [A]."""

    path: Path_
    value: Value
    assumed: bool

    @property
    def key(self) -> str:
        """Return the path as it is written on a command line, such as demand.choices.wait_share."""
        return ".".join(map(str, self.path))


@dataclass(frozen=True)
class Parameter:
    """A number to be varied between two bounds; `whole`: it takes whole values alone."""

    number: Number
    low: float
    high: float
    whole: bool = False

    def value(self, x: float) -> Value:
        """Return the value to be simulated for a point of the design."""
        return round(x) if self.whole else round(x, DIGITS)


def numbers(file: Path) -> list[Number]:
    """Return all numbers of a YAML file in their order; raises BadInput for a missing or broken file.

    A number is an assumption, if the first mark in the comment on its line is [A]; on a line without a mark, that of
    the key above it counts.
    """
    mapping(file)  # tells what is wrong, if anything is
    text = file.read_text(encoding="utf-8")
    return list(_numbers(yaml.compose(text, Loader=yaml.SafeLoader), (), _marks(text)))


def _marks(text: str) -> dict[int, str]:
    """Return the first mark in the comment of each line that has one, by the line's number from 0."""
    ends: dict[int, int] = {}
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        ends[token.end_mark.line] = max(token.end_mark.column, ends.get(token.end_mark.line, 0))
    comments = ((n, _MARK.search(line, ends.get(n, 0))) for n, line in enumerate(text.split("\n")))
    return {n: mark[1] for n, mark in comments if mark is not None}


def _numbers(node: yaml.Node | None, path: Path_, marks: Mapping[int, str], above: str = "") -> Iterator[Number]:
    """Yield the numbers below a node; `above` is the mark of the key that it stands under."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            mark = marks.get(key.start_mark.line, above)
            yield from _numbers(value, (*path, str(key.value)), marks, mark)
    elif isinstance(node, yaml.SequenceNode):
        for n, value in enumerate(node.value):
            yield from _numbers(value, (*path, n), marks, above)
    elif isinstance(node, yaml.ScalarNode) and node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"):
        yield Number(path, yaml.safe_load(node.value), marks.get(node.end_mark.line, above) == "A")


def chosen(found: Sequence[Number], only: Sequence[str]) -> list[Number]:
    """Return the assumptions that `only` names: keys, their ends, or patterns; without any, those of the demand.

    Raises BadInput for a name that fits none.
    """
    assumed = [n for n in found if n.assumed]
    if not only:
        return [n for n in assumed if n.key.startswith(SCOPE)]
    faults = []
    for name in only:
        if not any(_fits(n.key, name) for n in assumed):
            known = sorted({n.key for n in assumed} | {n.key.rpartition(".")[2] for n in assumed})
            faults.append(Fault("only", name, "a number that the site's file marks [A]", near_miss(name, known)))
    if faults:
        raise BadInput(*faults)
    return [n for n in assumed if any(_fits(n.key, name) for name in only)]


def _fits(key: str, name: str) -> bool:
    name = name.removeprefix("site.")
    return fnmatchcase(key, name) or fnmatchcase(key, f"*.{name}")


def given_bounds(file: Path, found: Sequence[Number]) -> dict[Path_, tuple[float, float]]:
    """Return the bounds in a YAML file, {KEY: [low, high]}, for any number of the site; raises BadInput."""
    known = {n.key: n for n in found}
    bounds: dict[Path_, tuple[float, float]] = {}
    faults = []
    for name, ends in mapping(file).items():
        number = known.get(name.removeprefix("site."))
        if number is None:
            faults.append(Fault(f"{file}: {name}", "no number of the site", "a key", near_miss(name, list(known))))
        elif not _is_range(ends):
            faults.append(Fault(f"{file}: {name}", repr(ends)[:60], "two numbers, [low, high], the lower one first"))
        else:
            bounds[number.path] = (float(ends[0]), float(ends[1]))
    if faults:
        raise BadInput(*faults)
    return bounds


def _is_range(ends: Any) -> bool:
    if not isinstance(ends, list) or len(ends) != 2:
        return False
    plain = all(isinstance(end, int | float) and not isinstance(end, bool) and abs(end) < 1e12 for end in ends)
    return plain and ends[0] < ends[1]


def bounded(
    candidates: Sequence[Number], given: Mapping[Path_, tuple[float, float]], check: Check
) -> tuple[list[Parameter], dict[str, str]]:
    """Return what is varied and between what, and why each other candidate is left out, by its key.

    `check` returns what is wrong with a site in which these numbers stand. Raises BadInput for given bounds that it
    refuses; others are drawn in, each end by itself, until it accepts them.
    """
    parameters, left_out, faults = [], {}, []
    for number in candidates:
        whole = isinstance(number.value, int) and bool(check({number.path: number.value * 0.951}))
        if number.path in given:
            parameter = Parameter(number, *given[number.path], whole)
            faults += [f for end in given[number.path] for f in check({number.path: parameter.value(end)})]
        else:
            ends = [_end(number, sign, whole, check) for sign in (-1.0, 1.0)]
            parameter = Parameter(number, min(ends), max(ends), whole)
        if parameter.value(parameter.low) == parameter.value(parameter.high):
            left_out[number.key] = _reason(number, whole, check)
        else:
            parameters.append(parameter)
    if faults:
        raise BadInput(*dict.fromkeys(faults))
    return parameters, left_out


def _moved(number: Number, share: float, whole: bool) -> Value:
    moved = number.value * (1.0 + share)
    return round(moved) if whole else round(moved, DIGITS)


def _end(number: Number, sign: float, whole: bool, check: Check) -> Value:
    """Return the end of the range on one side, the number itself if nothing else is accepted."""
    ends = (_moved(number, sign * share, whole) for share in SHARES)
    return next((end for end in ends if end != number.value and not check({number.path: end})), number.value)


def _reason(number: Number, whole: bool, check: Check) -> str:
    """Return why a number cannot be varied by itself."""
    if number.value == 0:
        return "it is nought"
    end = _moved(number, SHARES[0], whole)
    faults = check({number.path: end})
    return str(faults[0]).rpartition(".yaml: ")[2] if faults else f"{number.value} is too small a whole number"


def changed(site: Mapping[str, Any], values: Mapping[Path_, Value]) -> dict[str, Any]:
    """Return a site's mapping in which these numbers stand."""
    copy = deepcopy(dict(site))
    for path, value in values.items():
        target: Any = copy
        for part in path[:-1]:
            target = target[part]
        target[path[-1]] = value
    return copy
