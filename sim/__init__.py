"""What will this road change do to the drop-off jam, and does it keep its promise?

From Python: `load_scenario` reads a scenario, `run_study` compares two of them, `simulate` runs one replication.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.model import simulate
    from sim.scenario.read import load_scenario
    from sim.study import run_study

__version__ = "0.1.0"
__all__ = ["load_scenario", "run_study", "simulate"]

_HOME = {"load_scenario": "sim.scenario.read", "run_study": "sim.study", "simulate": "sim.model"}
"""Where the public functions live; they are imported when first asked for, because start-up matters."""


def __getattr__(name: str) -> Any:
    """Import a public function when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """Name what there is, loaded or not."""
    return sorted({*globals(), *__all__})
