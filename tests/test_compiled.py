"""What is compiled or takes long to make is kept in a cache: made once, whole or not at all, and never in the way."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

import numpy as np
import pytest

from etl import compiled
from etl.compiled import kept, stamp
from etl.fingerprint import passages


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "compiled", lambda loop: _Loop(str(tmp_path)))
    return tmp_path


class _Loop:
    """What numba makes of a loop, as far as it is asked where it lies."""

    def __init__(self, cache_path):
        self.stats = self
        self.cache_path = cache_path


def numbers(size=1000):
    return {"one": np.arange(size), "two": np.ones(3, dtype=np.float32)}


def not_again():
    raise AssertionError("it was kept")


def assert_numbers(found):
    assert found.keys() == numbers().keys()
    for name, array in numbers().items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert not found[name].flags.writeable


def test_arrays_are_made_once_and_are_read_only_from_the_first_time_on(cache):
    assert_numbers(kept("n", ["v1"], numbers))
    assert_numbers(kept("n", ["v1"], not_again))
    assert [path.name for path in cache.iterdir()] == [next(cache.glob("n-*")).name], "nothing half done is left"


def test_what_depends_on_something_else_is_made_anew(cache):
    kept("n", ["v1"], numbers)
    assert len(kept("n", ["v2"], lambda: numbers(7))["one"]) == 7
    assert_numbers(kept("n", ["v1"], not_again))


def test_half_an_array_is_made_anew(cache):
    kept("n", ["v1"], numbers)
    (path,) = cache.glob("*/one.npy")
    path.write_bytes(path.read_bytes()[:50])
    assert_numbers(kept("n", ["v1"], numbers))
    assert_numbers(kept("n", ["v1"], not_again))


@pytest.mark.parametrize("place", [None, "/proc/no/such/place"])
def test_where_nothing_can_be_written_arrays_are_made_each_time(monkeypatch, place):
    monkeypatch.setattr(compiled, "compiled", lambda loop: _Loop(place))
    for _ in range(2):
        assert_numbers(kept("n", ["v1"], numbers))


def test_processes_that_start_at_once_all_get_whole_arrays(cache):
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(4), context.Queue()

    def start():
        def make():
            barrier.wait()  # all make it, and all put it there
            return numbers()

        results.put({name: array.sum() for name, array in kept("n", ["v1"], make).items()})

    processes = [context.Process(target=start) for _ in range(4)]
    for process in processes:
        process.start()
    assert [results.get(timeout=60) for _ in processes] == [{"one": 499500, "two": 3.0}] * 4
    for process in processes:
        process.join()
    assert_numbers(kept("n", ["v1"], not_again))
    assert len(os.listdir(cache)) == 1


def test_a_stamp_is_another_when_a_source_changes(tmp_path, monkeypatch):
    source = tmp_path / "invented_module.py"
    source.write_text("A = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = stamp("invented_module")
    source.write_text("A = 10\n")
    assert stamp("invented_module") != before


def test_a_loop_is_loaded_from_the_cache_without_what_only_compiling_needs():
    passages.warm()  # in the cache from now on
    code = "import sys; from etl.fingerprint import passages; passages.warm(); print('numba.np.linalg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
