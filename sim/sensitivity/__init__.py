"""Which assumptions matter: the targets' reductions and levels as functions of the numbers that a site only assumes."""

from sim.sensitivity.assumptions import Number, Parameter, bounded, chosen, given_bounds, numbers
from sim.sensitivity.design import Design, designed, indices
from sim.sensitivity.run import FailedPoint, Sensitivity, run_sensitivity
from sim.sensitivity.writing import sensitivity_lines, write_sensitivity

__all__ = [
    "Design",
    "FailedPoint",
    "Number",
    "Parameter",
    "Sensitivity",
    "bounded",
    "chosen",
    "designed",
    "given_bounds",
    "indices",
    "numbers",
    "run_sensitivity",
    "sensitivity_lines",
    "write_sensitivity",
]
