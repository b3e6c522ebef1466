"""Where replications are simulated: processes here, a Dask cluster, or SLURM jobs; the results are the same."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sim.scenario.faults import BadInput, Fault, faults_of
from sim.study.executors.base import Executor, Failed
from sim.study.executors.local import Local, cores

__all__ = ["Executor", "Failed", "Local", "cores", "executor_of"]


def executor_of(told: Mapping[str, Any], workers: int) -> Executor:
    """Return the executor that a configuration (conf/executor/) names; raises BadInput with every fault in it."""
    values = dict(told)
    kind = values.pop("kind", None)
    package = {"dask": "distributed", "slurm": "submitit"}.get(str(kind))
    if package is not None and find_spec(package) is None:
        raise BadInput(Fault(f"executor={kind}", f"no package {package}", f"pip install 'dropoff[{kind}]'"))
    wanted: type[Any] = Local
    if kind == "dask":
        from sim.study.executors.dask import Dask

        wanted = Dask
    if kind == "slurm":
        from sim.study.executors.slurm import Slurm

        wanted = Slurm
    else:
        values["workers"] = workers
    try:
        executor: Executor = TypeAdapter(wanted).validate_python(values)
    except ValidationError as error:
        raise BadInput(*faults_of(error, "executor", wanted)) from None
    return executor
