"""Which points are simulated and what follows from them: SALib's Morris screening and Sobol indices, on plain numbers.

Morris (1991, Technometrics 33, 161) and Campolongo et al. (2007, Environ. Model. Softw. 22, 1509): mu* is the mean size
of the change of the output when one parameter goes through its range, sigma its spread: large where the effect is
curved or hangs on the others. Sobol (2001, Math. Comput. Simul. 55, 271), Saltelli et al. (2010, Comput. Phys. Commun.
181, 259): S1 is the share of the output's variance due to a parameter alone, ST with all that it shares with others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Method = Literal["morris", "sobol"]
LEVELS = 4
STEP = LEVELS / (2.0 * (LEVELS - 1.0))
"""Of a parameter in a trajectory, as a share of its range."""
CONFIDENCE = 0.95
COLUMNS = {"morris": ("mu_star", "mu_star_conf", "sigma", "mu"), "sobol": ("S1", "S1_conf", "ST", "ST_conf")}


@dataclass(frozen=True)
class Design:
    """A design: `points` has the shape (blocks x block, parameters). A block stands or falls as a whole.

    A block is a trajectory (Morris: parameters + 1 points) or a base sample (Sobol: parameters + 2 points).
    """

    method: Method
    names: tuple[str, ...]
    bounds: tuple[tuple[float, float], ...]
    points: Floats
    seed: int

    @property
    def block(self) -> int:
        """Return how many points a block has."""
        return len(self.names) + (1 if self.method == "morris" else 2)

    @property
    def problem(self) -> dict[str, Any]:
        """Return the parameters as SALib wants them."""
        return {
            "num_vars": len(self.names),
            "names": list(self.names),
            "bounds": [list(ends) for ends in self.bounds],
        }


def designed(
    method: Method, names: Sequence[str], bounds: Sequence[tuple[float, float]], blocks: int, seed: int
) -> Design:
    """Return a design of so many trajectories (Morris) or base samples (Sobol: a power of two)."""
    empty = Design(method, tuple(names), tuple(bounds), np.empty((0, len(names))), seed)
    if method == "morris":
        from SALib.sample import morris

        points = morris.sample(empty.problem, blocks, num_levels=LEVELS, seed=seed)
    else:
        from SALib.sample import sobol

        points = sobol.sample(empty.problem, blocks, calc_second_order=False, seed=seed)
    return Design(method, empty.names, empty.bounds, np.asarray(points, dtype=np.float64), seed)


def indices(design: Design, output: Floats) -> pd.DataFrame:
    """Return the indices of one output, shape (points,): a row per parameter, with 95 % half-widths (`_conf`).

    NaN marks a point that gave no value. Its whole block is left out, and `blocks` of `blocks_of` tell how many stand
    behind the indices; with fewer than two of them, or an output that never changes (Sobol), they are NaN.
    """
    blocks = output.reshape(-1, design.block)
    sound = np.isfinite(blocks).all(axis=1)
    kept = np.repeat(sound, design.block)
    found = _analysed(design, design.points[kept], output[kept]) if sound.sum() >= 2 else {}
    columns = {name: found.get(name, np.full(len(design.names), np.nan)) for name in COLUMNS[design.method]}
    table = pd.DataFrame({"parameter": design.names, **columns})
    return table.assign(blocks=int(sound.sum()), blocks_of=len(blocks))


def chance(design: Design, output: Floats, errors: Floats) -> float:
    """Return the mu* (Morris) or ST (Sobol) that chance alone gives, on average, to a parameter of no effect.

    `errors` are the standard errors of the output at each point, shape (points,), NaN where there is none. It is no
    bound: about every second parameter of no effect has more, were there other people at each point; the same people
    at all points take part of it away. From |effect| = |difference of two outputs| / step, whose
    mean is 2 / sqrt(pi) x error / step for a normal error; from a variance of the error beside that of the output.
    """
    sound = errors[np.isfinite(errors)]
    if not sound.size:
        return float("nan")
    variance = float(np.mean(sound * sound))
    if design.method == "morris":
        return 2.0 * float(np.sqrt(variance / np.pi)) / STEP
    spread = float(np.nanvar(output))
    return variance / spread if spread > 0.0 else float("nan")


def _analysed(design: Design, points: Floats, output: Floats) -> dict[str, Floats]:
    """Return what SALib makes of sound blocks."""
    if np.ptp(output) == 0.0:
        nothing = np.zeros(len(design.names))
        return dict.fromkeys(COLUMNS["morris"], nothing) if design.method == "morris" else {}
    how: dict[str, Any] = {"conf_level": CONFIDENCE, "print_to_console": False, "seed": design.seed}
    if design.method == "morris":
        from SALib.analyze import morris

        found = morris.analyze(design.problem, points, output, num_levels=LEVELS, **how)
    else:
        from SALib.analyze import sobol

        found = sobol.analyze(design.problem, output, calc_second_order=False, **how)
    return {name: np.asarray(found[name], dtype=np.float64) for name in COLUMNS[design.method]}
