"""A look at a source: which day is the newest, and whether the pattern fits what lies there."""

from __future__ import annotations

from datetime import date

import pytest

from etl.sources.look import look
from etl.sources.source import Source

FITTING = {
    "{date:%Y/%m/%d}": ("2025/12/31", "2026/03/14", "2026/03/14.bad", "old"),
    "{date}": ("2026-03-13", "2026-03-14", "README", ".hidden"),
    "{date:%Y/%j}": ("2026/073", "2026/072"),
    "{date:%d.%m.%Y}": ("31.12.2025", "14.03.2026"),
    "{date:%-d-%b-%y}": ("14-Mar-26", "2-Mar-26"),
    "day-{date:%Y%m%d}/in": ("day-20260313/in", "day-20260314/in", "day-20260315/out"),
    "{date:%Y}/{date:%Y-%m-%d}/{date:%H}": ("2026/2026-03-14/05", "2026/2026-03-13/23"),
    "100%/{date}": ("100%/2026-03-14",),
    "{date:%Y/%m/%d}/a": ("2026/13/40/a", "2026/03/14/a"),
}


@pytest.mark.parametrize("pattern", FITTING)
def test_the_newest_day_is_found_by_any_pattern(pattern, tmp_path):
    for name in FITTING[pattern]:
        (tmp_path / name).mkdir(parents=True)
    (found,) = look(Source("test", (f"{tmp_path}/{pattern}",)))
    assert (found.newest, found.problem) == (date(2026, 3, 14), "")


def test_names_that_do_not_fit_are_examples_and_an_empty_folder_is_no_problem(tmp_path):
    (found,) = look(Source("test", (f"{tmp_path}/{{date:%Y/%m/%d}}",)))
    assert (found.newest, found.problem) == (None, "")
    for day in range(10, 15):
        (tmp_path / f"2026-03-{day}").mkdir()
    (found,) = look(Source("test", (f"{tmp_path}/{{date:%Y/%m/%d}}",)))
    assert found.strays == ("2026-03-12", "2026-03-13", "2026-03-14")


def test_a_place_elsewhere_is_looked_at_as_well():
    fsspec = pytest.importorskip("fsspec")
    files = fsspec.filesystem("memory")
    files.makedirs("/wire/2026-03-14")
    try:
        near, far, gone = look(
            Source("test", ("memory://wire/{date}", "memory://wire/{date:%Y}", "memory://no/{date}"))
        )
        assert (near.newest, near.problem) == (date(2026, 3, 14), "")
        assert far.strays == ("2026-03-14",)
        assert gone.problem == "memory://no/{date}: no such file or folder"
    finally:
        files.rm("/wire", recursive=True)
