"""The store of finished replications: whole files, the same key for the same simulation, another for any other."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from sim.gate.exact import small
from sim.interventions import resolve
from sim.records import Record
from sim.scenario.faults import BadInput
from sim.scenario.files import clear_drafts, draft_of
from sim.scenario.read import load_scenario
from sim.scenario.scenario import Targets
from sim.study import run_study
from sim.study.folder import appearing
from sim.study.store import KEPT, Store
from sim.study.task import NOT_SIMULATED, PACKAGE, Task, from_plain, plain
from sim.tables import Packed, pack


def world(name="school/shapingba", **values):
    return resolve(load_scenario(name, overrides={k.replace("__", "."): v for k, v in values.items()}))


def test_a_key_names_the_simulation_and_nothing_else():
    one = Task(world(), 1, 3)
    renamed = replace(one.world, name="another", title="Another", targets=Targets(m1=0.5))
    assert Task(renamed, 1, 3).key == one.key
    others = [
        Task(one.world, 2, 3),
        Task(one.world, 1, 4),
        Task(world("school/baseline"), 1, 3),
        Task(world(site__demand__pupils__cars=419), 1, 3),
    ]
    assert len({one.key, *(o.key for o in others)}) == 5


def test_a_key_is_the_same_in_every_process():
    words = "from tests.unit.test_store import world, Task; print(Task(world(), 1, 3).key)"
    told = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == Task(world(), 1, 3).key


def test_a_world_comes_back_from_plain_words():
    for name in ("school/shapingba", "school/warden", "school/baseline"):
        assert from_plain(plain(world(name))) == world(name)


def test_whatever_the_simulation_imports_is_in_the_key():
    words = "import sys, sim.model, sim.interventions\n"
    words += "print(*(m.__file__ for n, m in sys.modules.items() if n[:4] == 'sim.'))"
    told = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    parts = {Path(file).relative_to(PACKAGE).parts[0] for file in told.stdout.split()}
    assert parts
    assert not parts & set(NOT_SIMULATED)


def packed(failure=None) -> bytes:
    return pack(Record(trips={}, series={}, failure=failure, facts={"a": 1.0}))


def test_what_is_put_is_got_and_a_damaged_file_counts_as_missing(tmp_path):
    store = Store.opened(tmp_path / "store")
    key = "ab" * 32
    assert store.get(key) is None
    store.put(key, packed("deadlock"))
    found = store.get(key)
    assert (found.failure, found.facts) == ("deadlock", {"a": 1.0})
    file = next((tmp_path / "store").glob("ab/*"))
    file.write_bytes(file.read_bytes()[:-40])
    assert store.get(key) is None


def test_a_study_simulates_again_what_is_damaged_in_its_store(tmp_path):
    pair = load_scenario("school/shapingba"), load_scenario("school/baseline")
    few = [small(each) for each in pair]
    first = run_study(*few, replications=1, workers=1, store=tmp_path)
    whole = {file: file.read_bytes() for file in tmp_path.glob("*/*.replication")}
    assert len(whole) == 2
    for file, content in whole.items():
        file.write_bytes(content[:-40])
    again = run_study(*few, replications=1, workers=1, store=tmp_path)
    assert again.verdict == first.verdict
    assert {file: file.read_bytes() for file in whole} == whole


def test_a_byte_that_has_changed_is_seen_or_harmless():
    content = packed("deadlock")
    for place in range(len(content)):
        for bit in (0, 3, 7):
            damaged = bytearray(content)
            damaged[place] ^= 1 << bit
            try:
                found = Packed(bytes(damaged))
            except ValueError:
                continue
            assert (found.failure, found.facts) == ("deadlock", {"a": 1.0})
            assert found.rows("trips", {}).num_rows == 0


def test_two_who_open_a_new_store_at_once_get_the_same_one(tmp_path, monkeypatch):
    folder = tmp_path / "store"
    looked = Path.is_file

    def is_file(self):
        """Let another process be quicker, once one has looked for the mark."""
        found = looked(self)
        if self == folder / "store.json" and not found:
            monkeypatch.undo()
            other.append(Store.opened(folder))
            other[0].put("ab" * 32, packed())
        return found

    other: list[Store] = []
    monkeypatch.setattr(Path, "is_file", is_file)
    mine = Store.opened(folder)
    assert mine.mark == other[0].mark
    assert mine.get("ab" * 32) is not None


def test_threads_may_share_a_store(tmp_path):
    store = Store.opened(tmp_path / "store")
    keys = [f"{n:064x}" for n in range(KEPT + 20)]
    for key in keys:
        store.put(key, packed())
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert None not in list(pool.map(store.get, 90 * keys))
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize("cut", [0, 1, 10, 100, 1000, 2000])
def test_half_a_record_is_none(cut):
    with pytest.raises(ValueError, match="no packed record"):
        Packed(packed()[:cut])


def test_another_folder_is_no_store(tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(BadInput, match=r"expected .* a store of replications"):
        Store.opened(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]
    (tmp_path / "letter.txt").unlink()
    (tmp_path / "store.json").write_text("[]")
    with pytest.raises(BadInput, match="the mark of a store"):
        Store.opened(tmp_path)


def test_a_store_is_known_by_its_mark(tmp_path):
    one, other = Store.opened(tmp_path / "one"), Store.opened(tmp_path / "other")
    assert one.is_here()
    assert not Store(other.folder, one.mark).is_here()
    assert not Store(tmp_path / "nowhere", one.mark).is_here()


def test_a_temporary_store_goes_with_its_owner():
    store = Store.temporary()
    folder = store.folder
    assert folder.is_dir()
    del store
    assert not folder.exists()


def test_drafts_of_the_dead_are_cleared_and_those_of_the_living_stay(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    mine = draft_of(tmp_path / "a")
    dead = Path(str(mine).replace(f"-{os.getpid()}", f"-{gone.pid}"))
    folder = dead.with_name(dead.name.replace(".a.", ".b."))
    other = tmp_path / f".a.new-elsewhere-{gone.pid}"
    for file in (mine, dead, other):
        file.touch()
    folder.mkdir()
    clear_drafts(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([mine, other])


def test_a_result_that_another_process_puts_there_meanwhile_is_replaced(tmp_path):
    out = tmp_path / "run"
    with appearing(out) as folder:
        (folder / "run.json").write_text('{"program": "dropoff", "by": "me"}')
        out.mkdir()
        (out / "run.json").write_text('{"program": "dropoff", "by": "another"}')
    assert (out / "run.json").read_text().endswith('"me"}')
    assert list(tmp_path.iterdir()) == [out]
