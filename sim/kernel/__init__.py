"""Numba: where is everybody after dt? Numbers in, numbers out.

Numba's disk cache looks only at the file that a function stands in, and goes stale when a callee in another file
changes. The cache folder is therefore named by a hash of all kernel sources. It also takes files of another time for
others: two copies of the same sources in one folder would compile anew in turns, and so the hash is of the times, too.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
SOURCES = sorted(Path(__file__).parent.glob("*.py"))


def cache_folder() -> Path:
    """Return the folder of compiled kernels that belongs to these sources and this version of Numba."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in SOURCES:
        digest.update(source.name.encode() + source.read_bytes() + f"{source.stat().st_mtime}".encode())
    name = Path("dropoff", f"kernel-{digest.hexdigest()[:16]}")
    told = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    for base in (Path(told or Path(os.path.expanduser("~"), ".cache")), Path(tempfile.gettempdir())):
        try:
            (base / name).mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(base / name, os.W_OK):
            return base / name
    return Path(tempfile.mkdtemp(prefix="dropoff-"))


def tell_of_compiling() -> None:
    """Say on standard error, before a run, that it has to compile the kernel first, unless one before it has."""
    switched_off = numba.config.DISABLE_JIT  # type: ignore[attr-defined]
    if not switched_off and not any(Path(numba.config.CACHE_DIR).rglob("step.advance-*.nbi")):  # type: ignore[attr-defined]
        print("compiling the kernel, once after it is installed: about half a minute", file=sys.stderr, flush=True)


def compiled(*, inline: bool = False) -> Callable[[F], F]:
    """Return a decorator that compiles a function which allocates nothing, without counting references.

    Counting them at each call of one function by another took half of the kernel's time. The switch is Numba's own,
    though undocumented (numba.core.options); a function that allocates does not compile with it. What is divided by is
    not looked at before: by zero gives infinity there, and ZeroDivisionError in the interpreter.

    An `inline` function is written into each of its callers by LLVM. Numba could do so itself, before it looks at types
    (`inline="always"`), which takes it three times as long to compile the kernel and makes nothing faster.
    """
    options: dict[str, Any] = {"cache": True, "_nrt": False, "error_model": "numpy", "forceinline": inline}

    def decorate(function: F) -> F:
        dispatcher: Any = numba.njit(function, **options)
        if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
            asked = dispatcher.get_call_template
            dispatcher.get_call_template = lambda args, kws: asked(
                [_wide(kind) for kind in args], {name: _wide(kind) for name, kind in kws.items()}
            )
        return cast("F", dispatcher)

    return decorate


def _wide(kind: Any) -> Any:
    """Return the type as which a compiled function takes an argument of another: any whole number as 64 bits.

    Numba would compile it once more for 32 bits, and for each number that stands in a call.
    """
    kind = numba.types.unliteral(kind)  # type: ignore[no-untyped-call]
    return numba.types.int64 if isinstance(kind, numba.types.Integer) else kind


class Straight(Generic[F]):
    """A compiled function for one caller whose arguments always have the same types: looked at in its first call alone.

    Numba's look at the road's arrays takes 4 us a call, more than a tick; what lies behind it is entered in 0.2 us, and
    reads an array of other numbers, or with gaps, as if it were one of the first call's: `check` those that are new.
    """

    def __init__(self, function: F) -> None:
        """Stand for a function that was made by `compiled`."""
        self._function: Any = function
        self._first_are: tuple[tuple[Any, ...], ...] = ()
        self.call = cast("F", self._first)

    def check(self, *arrays: Any) -> None:
        """Raise TypeError if the first arguments are to be arrays unlike those of the first call.

        How many bytes an item takes is all that is still looked at in each call.
        """
        for n, (array, first) in enumerate(zip(arrays, self._first_are, strict=False)):
            if _likeness(array) != first:
                raise TypeError(f"argument {n} of {self._function.__name__} is {_likeness(array)}, not {first}")

    def _first(self, *arguments: Any) -> Any:
        answer = self._function(*arguments)
        if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
            self._first_are = tuple(map(_likeness, arguments))
            self.call = self._function.compile(tuple(map(numba.typeof, arguments)))
        return answer


def _likeness(argument: Any) -> tuple[Any, ...]:
    """Return an array's kind of number, its dimensions and whether it has no gaps; of others the type."""
    if isinstance(argument, np.ndarray):
        return argument.dtype.kind, argument.ndim, argument.flags.c_contiguous
    return (type(argument),)


numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]
# Loops are over the few vehicles of a lane, or the few conflicts of a way: readied for many at once they got slower.
numba.config.LOOP_VECTORIZE = 0  # type: ignore[attr-defined]
