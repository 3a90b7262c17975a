"""The folder of an export: one writer at a time, and only complete files.  I/O.

    DIR/README.md, manifest.json        what is in it, for people and for programs
    DIR/train/SOURCE-DAY-NNN.parquet    articles of a partition
    DIR/.wirecopy/parts/….json          the state of each file, written after the file itself
    DIR/.wirecopy/partial               the file that is being written

Hugging Face `datasets` takes a folder "train" for the split of that name, and ignores hidden folders.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from etl.errors import Fatal, Retryable, Usage

HIDDEN, SPLIT, PARTIAL = ".wirecopy", "train", "partial"


@dataclass(frozen=True, slots=True)
class Part:
    """A file of an export.

    path    relative to the folder
    state   hash of all that determines its bytes
    run_id  the last run of the store when it was written
    licences, reserved  its articles by licence, and by whether they reserve mining ("true", "false"); "": not said
    """

    path: str
    source: str
    partition_date: str | None
    rows: int
    bytes: int
    sha256: str
    run_id: int | None
    state: str
    licences: Mapping[str, int] = field(default_factory=dict)
    reserved: Mapping[str, int] = field(default_factory=dict)

    @property
    def day(self) -> date | None:
        return date.fromisoformat(self.partition_date) if self.partition_date else None


class Folder:
    """The folder of an export, held by one writer (see holding)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.partial = root / HIDDEN / PARTIAL
        self.parts = {part.path: part for part in map(_read, sorted((root / HIDDEN / "parts").glob("*.json")))}

    def shows(self, path: str, state: str) -> bool:
        """Whether a file exists, is complete, and has this state."""
        part = self.parts.get(path)
        target = self.root / path
        return part is not None and part.state == state and target.exists() and target.stat().st_size == part.bytes

    def keep(self, part: Part) -> None:
        """Give the written file its name, then record its state."""
        target = self.root / part.path
        target.parent.mkdir(exist_ok=True)
        self._rename(target)
        self._write(self._told(part.path), json.dumps(asdict(part)))
        self.parts[part.path] = part

    def remove(self, path: str) -> None:
        (self.root / path).unlink(missing_ok=True)
        self._told(path).unlink()
        del self.parts[path]

    def describe(self, name: str, text: str) -> None:
        """Write README.md or the manifest, unless it is unchanged."""
        target = self.root / name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            self._write(target, text)

    def digest(self) -> tuple[int, str]:
        """(bytes, SHA-256) of the file that was written."""
        with self.partial.open("rb") as stream:
            return self.partial.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest()

    def _told(self, path: str) -> Path:
        return self.root / HIDDEN / "parts" / f"{Path(path).name}.json"

    def _write(self, target: Path, text: str) -> None:
        self.partial.write_text(text, encoding="utf-8")
        self._rename(target)

    def _rename(self, target: Path) -> None:
        with self.partial.open("rb") as stream:
            os.fsync(stream.fileno())  # else a power cut may leave the name without the content
        os.replace(self.partial, target)


def _read(path: Path) -> Part:
    return Part(**json.loads(path.read_text(encoding="utf-8")))


@contextmanager
def holding(root: Path, kind: dict[str, object]) -> Iterator[Folder]:
    """The folder, created if missing, locked against other exports.

    kind   properties of all its files: an export of another kind needs another folder

    Raises Usage for a folder that holds something else, Retryable while another export is writing there, Fatal when
    it cannot be written.
    """
    try:
        _take(root, kind)
        with (root / HIDDEN / "kind.json").open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # released by the system, however this process ends
            except BlockingIOError:
                raise Retryable(f"another export is writing into {root}; try again when it is done") from None
            (root / HIDDEN / PARTIAL).unlink(missing_ok=True)  # a killed export may leave what is erased by now
            yield Folder(root)
    except OSError as error:
        raise Fatal(f"{root} cannot be written: {error.strerror or error}; the files in it are whole") from error


def _take(root: Path, kind: dict[str, object]) -> None:
    """Make it a folder of exports.  Raises Usage where it holds something else, or an export of another kind."""
    told = root / HIDDEN / "kind.json"
    if root.exists() and not root.is_dir():
        raise Usage(f"{root} is a file; name a folder")
    if not told.exists():
        if root.exists() and any(path.name != HIDDEN for path in root.iterdir()):
            raise Usage(f"{root} holds something that is no export; name a new folder, or an empty one")
        (root / HIDDEN / "parts").mkdir(parents=True, exist_ok=True)
        partial = told.with_name(f"{PARTIAL}-{os.getpid()}")
        partial.write_text(json.dumps(kind), encoding="utf-8")
        os.replace(partial, told)
    found = json.loads(told.read_text(encoding="utf-8"))
    if found != kind:
        held = ", ".join(f"{name} {value}" for name, value in found.items())
        raise Usage(f"{root} holds an export of another kind ({held}); name another folder")
