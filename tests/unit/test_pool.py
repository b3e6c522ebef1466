"""Tasks over processes: nothing is lost, whatever happens to a worker."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

import pytest

from sim.study.executors.base import KILLED, Failed
from sim.study.executors.local import Local, _interrupts_held


def outcomes(function, tasks, workers):
    return Local(workers).outcomes(function, deque(enumerate(tasks)))


def square(x: int) -> int:
    return x * x


def square_unless_three(x: int) -> int:
    if x == 3:
        raise ValueError("three")
    return x * x


def die_on_two(x: int, caller: int) -> int:
    if x == 2 and os.getpid() != caller:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return x * x


def die_once(x: int, caller: int, marks: str) -> int:
    mark = Path(marks, str(x))
    if x == 2 and os.getpid() != caller and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return x * x


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_answered_once_whatever_the_number_of_workers(workers):
    answers = list(outcomes(square, [(x,) for x in range(7)], workers))
    assert sorted(answers) == [(x, x * x) for x in range(7)]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_that_raises_is_reported_and_the_others_go_on(workers):
    answers = dict(outcomes(square_unless_three, [(x,) for x in range(5)], workers))
    assert answers.pop(3).reason == "ValueError: three"
    assert answers == {0: 0, 1: 1, 2: 4, 4: 16}


def test_a_task_that_kills_its_worker_twice_is_failed_and_no_other_task_is_lost():
    answers = dict(outcomes(die_on_two, [(x, os.getpid()) for x in range(6)], 2))
    assert answers.pop(2) == KILLED
    assert answers == {0: 0, 1: 1, 3: 9, 4: 16, 5: 25}


def test_a_task_whose_worker_is_killed_once_is_tried_again(tmp_path):
    answers = dict(outcomes(die_once, [(x, os.getpid(), str(tmp_path)) for x in range(6)], 2))
    assert answers == {x: x * x for x in range(6)}
    assert (tmp_path / "2").exists()


def test_a_result_that_cannot_be_sent_back_is_a_failure():
    answers = dict(outcomes(open, [(os.devnull,), (os.devnull,), (os.devnull,)], 2))
    answers[0].close()
    assert isinstance(answers[1], Failed)
    assert "pickle" in answers[1].reason


ORPHANS = """
import sys, time
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from test_pool import outcomes, tell_and_sleep
if __name__ == "__main__":
    for _ in outcomes(tell_and_sleep, [(sys.argv[3], x) for x in range(3)], 2):
        pass
"""


def tell_and_sleep(folder: str, x: int) -> None:
    if x:
        Path(folder, str(os.getpid())).touch()
        time.sleep(60)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_process_that_started_it(tmp_path, end):
    script, pids = tmp_path / "script.py", tmp_path / "pids"
    script.write_text(ORPHANS)
    pids.mkdir()
    here = Path(__file__).resolve().parent
    child = subprocess.Popen(
        [sys.executable, str(script), str(here), str(here.parents[1]), str(pids)], stderr=subprocess.DEVNULL
    )
    wait_until(lambda: len(list(pids.iterdir())) == 2)
    child.send_signal(end)
    assert child.wait(timeout=10) != 0
    wait_until(lambda: not any(alive(int(p.name)) for p in pids.iterdir()))


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_waits_until_a_worker_is_up_though_another_thread_takes_it(end):
    idle, done, before = threading.Event(), [], signal.signal(end, signal.default_int_handler)
    threading.Thread(target=idle.wait, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt), _interrupts_held():
            os.kill(os.getpid(), end)
            time.sleep(0.05)
            done.append("up")
        assert done == ["up"]
        assert signal.getsignal(end) is signal.default_int_handler
    finally:
        idle.set()
        signal.signal(end, before)


def alive(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def wait_until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
