"""Loops that numba compiles, and arrays that take long to make, both cached on disk where a cache can be written."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys
from numpy.typing import NDArray

Points = NDArray[np.uint32]
"""Code points of a text, or other 32-bit values."""
Hashes = NDArray[np.uint64]
Offsets = NDArray[np.int64]
Loop = TypeVar("Loop", bound=Callable[..., Any])
SPACE = np.uint32(32)
HASH_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, bits of the golden ratio: the base of the rolling hash of characters


class _Cache(FunctionCache):
    """numba's cache of a loop, from which one is loaded without what only compiling needs: 0.15 s less a process."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)  # the memory of arrays that loops make
        return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


def compiled(loop: Loop) -> Loop:
    """numba.njit, cached where a cache can be written; on a machine with no such place, compiled anew each time."""
    made: Any = numba.njit(nogil=True)(loop)
    with suppress(RuntimeError):  # "cannot cache function: no locator available"
        made._cache = _Cache(loop)  # type: ignore[no-untyped-call]
    return made  # type: ignore[no-any-return]  # called just as the loop is


def is_compiled(loop: Any) -> bool:
    """Whether a loop is compiled already, in this process or in numba's cache on disk."""
    cached = loop.stats.cache_path
    module = loop.py_func.__module__.rpartition(".")[2]
    return bool(loop.signatures) or (bool(cached) and any(Path(cached).glob(f"{module}.{loop.__name__}-*.nbi")))


def kept(name: str, of: Iterable[str], make: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The arrays that make() gives, read-only, mapped from numba's cache folder; the first process puts them there.

    of  all that they depend on (see stamp), beside the version of Unicode: what depends on others lies elsewhere

    Several processes may do so at once: a folder that is whole takes its place, and they are all the same.  Where
    nothing can be written, the arrays are made anew.
    """
    place: str | None = compiled(_nothing).stats.cache_path  # type: ignore[attr-defined]  # of numba's dispatcher
    key = hashlib.blake2b(repr((unicodedata.unidata_version, *of)).encode(), digest_size=8).hexdigest()
    folder = Path(place) / f"{name}-{key}" if place else None
    found: dict[str, NDArray[Any]] = {}
    if folder is not None:
        try:
            found = {path.stem: np.load(path, mmap_mode="r").view(np.ndarray) for path in folder.glob("*.npy")}
        except (OSError, ValueError):  # a power cut left half of one
            shutil.rmtree(folder, ignore_errors=True)
    if found:
        return found
    made = make()
    for each in made.values():
        each.flags.writeable = False
    if folder is not None:
        with suppress(OSError):
            _put(folder, made)
    return made


def stamp(module: str, file: str = "") -> str:
    """Which version of a module's source is installed, or of a file beside it; without importing it."""
    source = getattr(find_spec(module), "origin", None) or ""
    path = Path(source).parent / file if file else Path(source)
    state = path.stat()
    return f"{module} {file} {state.st_size} {state.st_mtime_ns}"


def _put(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays into a folder that is there when it is whole; into none where another process was first."""
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as room:
        new = Path(room) / "new"
        new.mkdir()
        for name, array in arrays.items():
            np.save(new / f"{name}.npy", array, allow_pickle=False)
        new.rename(folder)


def _nothing() -> None:
    """A loop without work, to ask numba where it keeps the others."""
