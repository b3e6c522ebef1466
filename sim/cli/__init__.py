"""The command line, one function a command (`dropoff --help` lists them).

`composing` is the only file that knows Hydra.
"""

import argparse
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from sim import __version__
from sim.cli import check, drive, look, results, run, sensitivity, sites, sweep
from sim.cli.words import BAD_INPUT, DONE, INTERRUPTED, TROUBLE
from sim.memory import collect_seldom


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 bad input, 4 a replication failed, 130 interrupted."""
    collect_seldom()
    _end_as_by_ctrl_c()
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without the letters for it
    try:
        code = _main(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("dropoff: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone: that is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        return _explain(error)


def _end_as_by_ctrl_c() -> None:
    """Let whoever tells this process to end (a time limit, a cluster, a closed terminal) find it as tidy as Ctrl-C."""
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):  # one system has no SIGHUP
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores it
                signal.signal(number, signal.default_int_handler)


def _explain(error: Exception) -> int:
    """Say what went wrong in the user's words; a traceback is for faults of this program alone."""
    from sim.scenario.faults import BadInput
    from sim.scenario.files import place_of

    if isinstance(error, BadInput):
        for line in error.lines():
            print(f"dropoff: {line}", file=sys.stderr)
        return BAD_INPUT
    if isinstance(error, OSError) and error.strerror:
        where = f" ({place_of(os.fsdecode(error.filename))})" if isinstance(error.filename, (str, bytes)) else ""
        print(f"dropoff: cannot read or write{where}: {error.strerror}; no half result is left", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # it may be standard output that is full
        return TROUBLE
    import traceback

    traceback.print_exception(error)
    print("dropoff: this is a bug in dropoff, not in your input: please report the lines above", file=sys.stderr)
    return TROUBLE


def _main(words: Sequence[str] | None) -> int:
    arguments = _parser().parse_args(words)
    command: Callable[[argparse.Namespace], int] = arguments.command
    return command(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dropoff",
        description="What will this road change do to the drop-off jam at the gate, and does it keep its promise?",
        epilog="exit codes: 0 done, 1 trouble, 2 bad input, 3 undecided, 4 a replication failed, 130 interrupted",
    )
    parser.add_argument("--version", action="version", version=f"dropoff {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for module in (run, sweep, results, check, sensitivity, sites, drive, look):
        module.add(commands)
    return parser
