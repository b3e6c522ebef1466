"""Mesa's agent and model alone.

All of Mesa takes 0.4 s to load, most of it for spaces, batches and collectors, and none of these is used here. What of
its experiments Mesa 3.5 (Python 3.12 and later) needs itself it takes from single files; pandas it loads at once.
"""

import importlib.util
import sys
from typing import Any


def _without_the_rest(name: str) -> None:
    """Import a package so that it runs its own file no sooner than somebody asks for what stands in there."""
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    package, loader = importlib.util.module_from_spec(spec), spec.loader

    def rest(asked: str) -> Any:
        if vars(package).pop("__getattr__", None) is not None:
            loader.exec_module(package)
        return getattr(package, asked)

    vars(package)["__getattr__"] = rest
    sys.modules[name] = package
    if parent := sys.modules.get(name.rpartition(".")[0]):
        vars(parent)[name.rpartition(".")[2]] = package


for _package in ("mesa", "mesa.experimental"):
    _without_the_rest(_package)

from mesa.agent import Agent, AgentSet  # noqa: E402
from mesa.model import Model  # noqa: E402

__all__ = ["Agent", "AgentSet", "Model"]
