"""Finished replications, each in a file of its own under the hash of what made it; across crashes and studies."""

import json
import os
import shutil
import tempfile
import threading
import uuid
import weakref
from pathlib import Path

from sim.scenario.faults import BadInput, Fault
from sim.scenario.files import clear_drafts, draft_of
from sim.tables import Packed

MARK = "store.json"
PROGRAM = "dropoff"
SUFFIX = ".replication"
DRAFTS = "drafts"
KEPT = 60
"""Records that stay in memory: a comparison of 30 pairs is unpacked once, though it is gone through three times, and
the baseline of a sweep once for all its scenarios."""


class Store:
    """A folder of packed records. Any number of processes may read and write it at once.

    A file appears whole, by being renamed, and is never changed: two who finish the same task write the same bytes.
    The mark tells the store from others, so that a worker elsewhere knows whether it sees the same folder.
    """

    def __init__(self, folder: Path, mark: str) -> None:
        """Take a store that is there: see `opened` and `temporary`."""
        self.folder = folder
        self.mark = mark
        self._kept: dict[str, tuple[tuple[int, ...], Packed]] = {}
        self._keeping = threading.Lock()

    @classmethod
    def opened(cls, folder: Path) -> "Store":
        """Return the store in a folder, made if need be. Raises BadInput for a folder of other things, and OSError."""
        folder = folder.absolute()
        store, file = cls(folder, ""), folder / MARK
        if not file.is_file():
            other = folder.exists() and (not folder.is_dir() or any(p.name != DRAFTS for p in folder.iterdir()))
            another_was_quicker = file.is_file()
            if other and not another_was_quicker:
                expected = "a folder that is new, empty, or a store of replications"
                raise BadInput(Fault(f"store={folder}", "something else", expected))
            folder.mkdir(parents=True, exist_ok=True)
            if not another_was_quicker:
                store._write(file, json.dumps({"program": PROGRAM, "store": uuid.uuid4().hex}).encode() + b"\n")
        store.mark = store._read_mark()
        if not store.mark:
            raise BadInput(Fault(str(file), "something else", "the mark of a store of replications"))
        clear_drafts(folder / DRAFTS)
        return store

    @classmethod
    def temporary(cls) -> "Store":
        """Return a store that is gone when nobody holds it any more."""
        folder = Path(tempfile.mkdtemp(prefix=f"{PROGRAM}-"))
        store = cls.opened(folder)
        weakref.finalize(store, shutil.rmtree, folder, ignore_errors=True)
        return store

    def __reduce__(self) -> tuple[type["Store"], tuple[Path, str]]:
        """Travel to a worker as a folder and a mark; what ends with the owner stays with the owner."""
        return Store, (self.folder, self.mark)

    def is_here(self) -> bool:
        """Return whether this machine sees the very folder that the mark was read from."""
        return bool(self.mark) and self._read_mark() == self.mark

    def _read_mark(self) -> str:
        try:
            return str(json.loads((self.folder / MARK).read_text(encoding="utf-8"))["store"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def get(self, key: str) -> Packed | None:
        """Return what a task left, or None if it is not finished; a damaged file is removed, as if it never was."""
        file = self._file(key)
        with self._keeping:
            kept = self._kept.pop(key, None)
        try:
            told = file.stat()
            as_it_is = (told.st_ino, told.st_size, told.st_mtime_ns)
            found = kept[1] if kept and kept[0] == as_it_is else Packed(file.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            file.unlink(missing_ok=True)
            return None
        with self._keeping:
            self._kept[key] = as_it_is, found  # the last one asked for comes last
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        return found

    def put(self, key: str, packed: bytes) -> None:
        """Keep what a task left; raises OSError, and then nothing of it stays."""
        self._file(key).parent.mkdir(exist_ok=True)
        self._write(self._file(key), packed)

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}{SUFFIX}"

    def _write(self, file: Path, content: bytes) -> None:
        """Write a file whole or not at all: it is on the disk before it has its name."""
        drafts = self.folder / DRAFTS
        drafts.mkdir(exist_ok=True)
        draft = draft_of(drafts / file.name)
        try:
            with draft.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(draft, file)
        finally:
            draft.unlink(missing_ok=True)
