"""Where the planner's links and offsets are found on the road: links are cut at crossings into pieces."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import ceil, inf

from sim.kernel.state import Ints, Records


@dataclass(frozen=True)
class Detector:
    """A line across a link that notes in `Traffic.passed[:, slot]` when each vehicle passes it."""

    link: str
    at_m: float
    slot: int


@dataclass(frozen=True)
class Piece:
    """One segment: the part of a link between two offsets [m]."""

    segment: int
    link: str
    from_m: float
    to_m: float


@dataclass(frozen=True)
class Road:
    """The kernel's arrays of what does not move."""

    dt: float
    lanes: Records
    lights: Records
    segments: Records
    conflicts: Records
    detectors: Records
    net: Ints

    def ticks(self, seconds: float) -> int:
        """Return a duration [s] in ticks, rounded up."""
        return max(0, ceil(seconds / self.dt - 1e-9))


@dataclass(frozen=True)
class Layout:
    """The road, and where the planner's links and offsets are found on it."""

    road: Road
    pieces: dict[str, tuple[Piece, ...]]
    zebras: dict[str, int]
    movement_rows: tuple[int, ...]
    lane_names: tuple[str, ...]
    piece_of_segment: tuple[Piece, ...]
    strip_width_m: dict[str, float]
    """Width of the strip for two-wheelers, by link."""

    @cached_property
    def link_of_segment(self) -> tuple[str, ...]:
        """The link of each segment."""
        return tuple(piece.link for piece in self.piece_of_segment)

    def place(self, link: str, at_m: float) -> tuple[int, float]:
        """Return the segment and the position on it [m] of an offset, moved to the nearest point of a segment."""
        best, least = self.pieces[link][0], inf
        for piece in self.pieces[link]:
            off = max(piece.from_m - at_m, at_m - piece.to_m, 0.0)
            if off < least:
                best, least = piece, off
            if off == 0.0:
                break
        x = min(max(at_m, best.from_m), best.to_m) - best.from_m
        return best.segment, round(x, 6)

    def offset(self, segment: int, x: float) -> tuple[str, float]:
        """Return the link and the offset on it [m] of a position on a segment."""
        piece = self.piece_of_segment[segment]
        return piece.link, piece.from_m + x

    def segments(self, path: Iterable[str]) -> list[int]:
        """Return a path of links as a path of segments."""
        return [p.segment for link in path for p in self.pieces[link]]
