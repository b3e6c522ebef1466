"""What a process loads before its first run, and how a run's calls reach the kernel."""

import gc
import os
import subprocess
import sys
from importlib.metadata import version

import numba
import numpy as np
import pytest

from sim import kernel
from sim.kernel import Straight, tell_of_compiling
from sim.kernel.order import aim
from sim.memory import YOUNG, collect_seldom
from sim.study import progress
from tests.streets import Departure, street, traffic_on


def said(code: str) -> str:
    """Return what a new process prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("runs", ["import sim.trips", "from sim.cli import main; main(['drive', 'nowhere'])"])
def test_who_runs_given_trips_loads_neither_tables_nor_graphs_nor_all_of_mesa(runs):
    spared = {"networkx", "scipy.sparse", "mesa.space", "mesa.experimental.continuous_space"}
    if version("mesa") < "3.4":  # later ones load it for their agents
        spared.add("pandas")
    assert said(f"{runs}; import sys; print(*({spared} & set(sys.modules)))") == ""


def test_the_rest_of_mesa_is_there_for_whoever_asks():
    code = "import sim.agents.core as c, mesa; print(mesa.Agent is c.Agent, mesa.space.__name__, hasattr(mesa, 'none'))"
    assert said(code) == "True mesa.space False"


def test_the_experiments_of_mesa_are_there_for_whoever_asks():
    for asks in (
        "import mesa.experimental as e",
        "import mesa; e = mesa.experimental",
        "from mesa import experimental as e",
    ):
        code = f"import sim.agents.core; {asks}; print(e.devs.__name__, hasattr(e, 'none'))"
        assert said(code) == "mesa.experimental.devs False"


def test_garbage_is_looked_for_seldom():
    before = gc.get_threshold()
    try:
        collect_seldom()
        assert gc.get_threshold() == (YOUNG, *before[1:])
    finally:
        gc.set_threshold(*before)


def test_who_must_wait_for_the_compiler_is_told_so_and_nobody_else(monkeypatch, capsys, tmp_path):
    traffic_on(street(), [Departure(0, 0, ("ab",))]).run(10)
    tell_of_compiling()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    tell_of_compiling()
    told = "" if numba.config.DISABLE_JIT else "compiling the kernel, once after it is installed: about half a minute\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("calls", [1, 3])
def test_straight_into_a_kernel_does_what_its_call_does(calls):
    traffic = traffic_on(street(lanes=3), [Departure(0, 0, ("ab",))])
    vehicles, lanes, _, segments, net = traffic.scene.arrays
    straight = Straight(aim)
    for _ in range(calls):
        traffic.vehicles["high"] = -1
        straight.call(vehicles, lanes, segments, net, traffic.ways.route, 0)
        assert traffic.vehicles["high"].tolist() == [2]


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_arrays_unlike_the_first_are_not_handed_straight_to_a_kernel():
    traffic = traffic_on(street(), [Departure(0, 0, ("ab",))])
    vehicles, lanes, _, segments, net = traffic.scene.arrays
    route, straight = traffic.ways.route, Straight(aim)
    straight.call(vehicles, lanes, segments, net, route, 0)
    straight.check(vehicles, lanes, segments, net, route)
    for other in (net.astype(np.float32), np.zeros(8, dtype=np.int32)[::2], net.reshape(1, -1)):
        with pytest.raises(TypeError, match="argument 3 of aim"):
            straight.check(vehicles, lanes, segments, other, route)


def test_ticks_in_which_nobody_is_on_the_road_take_no_time():
    traffic = traffic_on(street(), [Departure(0, 2_000_000_000, ("ab",))], horizon_s=10.0)
    traffic.run(1_999_999_999)
    assert not np.isfinite(traffic.vehicles["entered"]).any()
    traffic.run(2_000_000_000)
    assert traffic.vehicles["entered"].tolist() == [2_000_000_000.0]


def test_who_comes_onto_an_empty_road_comes_when_due():
    due = [3, 400, 401, 5000]
    departures = [Departure(n, tick, ("ab",)) for n, tick in enumerate(due)]
    quick, slow = traffic_on(street(), departures), traffic_on(street(), departures)
    quick.run(6000)
    while slow.tick < 6000:
        slow.run(slow.tick + 1)
    for name in ("entered", "left"):
        assert np.isfinite(quick.vehicles[name]).all()
        assert (quick.vehicles[name] == slow.vehicles[name]).all()
    assert (quick.samples == slow.samples).all()
    assert quick.facts() == slow.facts()


def test_copies_of_the_kernel_have_their_compiled_code_in_folders_of_their_own(tmp_path, monkeypatch):
    """Numba takes a source of another time for another source: in one folder two copies would compile in turns."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)

    def folder_of(text, time_s):
        source = tmp_path / "kernel.py"
        source.write_text(text, encoding="utf-8")
        os.utime(source, (time_s, time_s))
        monkeypatch.setattr(kernel, "SOURCES", [source])
        return kernel.cache_folder()

    first = folder_of("x = 1", 1000.0)
    assert folder_of("x = 1", 1000.0) == first
    assert len({first, folder_of("x = 1", 1001.0), folder_of("x = 2", 1000.0)}) == 3


def test_what_is_to_go_is_told_from_those_that_waited_for_no_compiler(monkeypatch, capsys):
    moments = iter([0.0, 1.0, 40.0, 51.0, 62.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(moments))
    with progress.shown() as tell:
        for done in (4, 5, 16, 24):
            tell(done, 24)
    assert capsys.readouterr().err.splitlines() == [
        "5 of 24 replications, 40 s, 40 s each",
        "16 of 24 replications, 51 s, 4 s each, about 8 s to go",
        "24 of 24 replications, 62 s, 3 s each",
    ]
