"""Where replications are simulated: processes here, a Dask cluster, or SLURM jobs; the results are the same."""

from sim.study.executors.base import Executor, Failed
from sim.study.executors.local import Local, cores

__all__ = ["Executor", "Failed", "Local", "cores"]
