"""Tells on standard error how far a study is: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[int, int], object]
"""Called with (replications simulated, all of them) whenever one more is done."""

EVERY_S = 10.0
"""[s] between two lines where there is no terminal"""


def silent(done: int, total: int) -> None:
    """Tell nothing."""


@contextmanager
def shown() -> Iterator[Tell]:
    """Yield a function that shows the progress on standard error."""
    from sim.kernel import tell_of_compiling

    tell_of_compiling()
    if not sys.stderr.isatty():
        yield _lines()
        return
    from tqdm import tqdm

    with tqdm(unit=" replications", file=sys.stderr, leave=False, dynamic_ncols=True) as bar:

        def tell(done: int, total: int) -> None:
            if bar.total is None:  # what was there before counts for no rate
                bar.initial = bar.n = done
            bar.total = total
            bar.update(done - bar.n)

        yield tell


def _lines() -> Tell:
    started = last = time.monotonic()
    before: int | None = None
    first: tuple[float, int] | None = None  # when the first was done, which waited for the compiler, and how many then

    def tell(done: int, total: int) -> None:
        nonlocal last, before, first
        before = done if before is None else before
        now = time.monotonic()
        if done > before and first is None:
            first = now, done
        if first is not None and (now - last >= EVERY_S or done == total):
            last = now
            since_s, since = now - first[0], done - first[1]
            left = f", about {(total - done) * since_s / since:.0f} s to go" if since and done < total else ""
            rate = (done - before) / (now - started)
            pace = f"{rate:.1f} a second" if rate >= 1.0 else f"{1.0 / rate:.0f} s each"
            words = f"{done} of {total} replications, {now - started:.0f} s, {pace}{left}"
            print(words, file=sys.stderr, flush=True)

    return tell
