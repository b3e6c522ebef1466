"""How every figure looks and how it is saved: colours, sizes, titles, and the same bytes for the same content."""

import re
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from scipy import stats

from sim.scenario.files import appearing_file

BEFORE, AFTER = ARMS = ("before", "after")
COLOURS = {BEFORE: "#0072B2", AFTER: "#E69F00"}
"""Blue and orange of Okabe and Ito: apart for the colour-blind, dark and light in grey."""
INK = "#333333"
WIDTH_IN = 4.8
"""[in] wide, with letters of 9 pt: legible when set in a column of 3.4 in"""
DPI = 200
BOUNDARY = (
    "Times count from the scheduled arrival at the study boundary, the site's entries, to leaving it (M1) "
    "or to the end of the section past the gate (M2)."
)
Verdict = dict[str, Any]
_UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}


@contextmanager
def look() -> Iterator[None]:
    """Set the style within the block; the user's own settings come back after it."""
    theme: dict[Any, Any] = {
        **sns.axes_style("whitegrid", {"grid.color": "#E2E2E2", "axes.edgecolor": INK, "text.color": INK}),
        **sns.plotting_context("paper", rc={"font.size": 9, "axes.labelsize": 9, "legend.fontsize": 8.5}),
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "axes.titlesize": 9,
        "axes.titlelocation": "left",
        "pdf.fonttype": 42,
        "savefig.dpi": DPI,
        "figure.dpi": 100,
    }
    with mpl.rc_context(theme):
        yield


def canvas(height_in: float, title: str, read: str) -> Figure:
    """Return an empty figure with a title that says what is seen, and beneath it `read`, which says how to read it."""
    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    figure.suptitle(minus(textwrap.fill(title, 54)), x=0.012, ha="left", fontsize=10.5, fontweight="bold")
    words = {"fontsize": 7, "color": "#555555", "parse_math": False}
    figure.supxlabel(textwrap.fill(read, 96), x=0.012, ha="left", **words)
    return figure


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and PDF, each whole or not at all and without a date; return their paths."""
    paths = [folder / f"{name}.{kind}" for kind in ("png", "pdf")]
    for path in paths:
        save_as(figure, path)
    return paths


def save_as(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, PDF or SVG, by the path's suffix, whole or not at all and without a date."""
    kind = path.suffix[1:].lower()
    with appearing_file(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a scenario's name in Chinese
        _saved(figure, temporary, kind, _UNDATED[kind])


def _saved(figure: Figure, path: Path, kind: str, undated: dict[str, None]) -> None:
    """Save a figure; where the disk is full, say that and not what the writer stumbled over afterwards."""
    try:
        figure.savefig(path, format=kind, metadata=undated)
    except AttributeError as error:
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def half_width(values: ArrayLike) -> float:
    """Return half of the 95 % interval of a mean over replications (Student's t); NaN for fewer than two."""
    x = np.asarray(values, dtype=np.float64)
    x = x[np.isfinite(x)]
    if x.size < 2:
        return float("nan")
    return float(stats.t.ppf(0.975, x.size - 1) * x.std(ddof=1) / np.sqrt(x.size))


def minus(text: str) -> str:
    """Return words about numbers with the minus sign that the axes have."""
    return re.sub(r"-(?=\d)", "−", text)


def say(axes: Axes, text: str) -> None:
    """Say in an empty panel why nothing is drawn there."""
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
    axes.grid(False)
    sns.despine(ax=axes, left=True, bottom=True)
    axes.text(0.5, 0.5, textwrap.fill(text, 30), transform=axes.transAxes, ha="center", va="center", color="#555555")


def note(verdict: Verdict, how: str) -> str:
    """Return how to read a figure, and what is missing from it."""
    pairs = verdict["replications"]
    read = f"Before: {verdict['baseline']}; after: {verdict['scenario']}; {pairs} pair{'s' * (pairs != 1)}. {how}"
    if verdict["failed"]:
        read += f" {verdict['failed']} of {2 * pairs} replications failed; their pairs are not shown."
    if verdict["unfinished"]:
        read += f" {verdict['unfinished']} travellers never finished."
    return read


def missing(entry: dict[str, Any] | None, verdict: Verdict) -> str:
    """Return why there is no number to draw, or an empty string."""
    if entry is not None and entry["why"]:
        return f"not applicable: {entry['why']}"
    if entry is not None and entry["before"] is not None and entry["after"] is not None:
        return ""
    if verdict["failed"]:
        return "no mean is given: replications failed"
    return "no mean is given: travellers never finished"
