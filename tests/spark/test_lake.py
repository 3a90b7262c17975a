"""A lake that is built while others read it: readers have a whole build, or are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from etl.errors import Retryable
from etl.spark.lake import FORMAT, kept
from etl.spark.load import load
from etl.store import database


@pytest.mark.parametrize(("number", "forgets", "is_there"), [(1, True, True), (2, False, True), (2, True, False)])
def test_a_build_can_be_read_until_the_next_but_one_is_done_or_one_that_forgets(tmp_path, number, forgets, is_there):
    write_run(tmp_path, number, forgets)
    if is_there:
        with kept(str(tmp_path), {"number": 1}):
            pass
    else:
        with pytest.raises(Retryable, match="was replaced while it was read"), kept(str(tmp_path), {"number": 1}):
            raise FileNotFoundError


def test_a_load_of_a_build_that_was_replaced_meanwhile_leaves_nothing(tmp_path, store_url):
    """Files that are gone are not taken for tables without rows."""
    write_run(tmp_path, 3)
    run = {"number": 1, "recipe": "w3", "label": "test", "source": "a", "partition_date": None, "sources": []}
    run |= {"started_at": "2026-11-27T00:00:00+00:00", "finished_at": "2026-11-27T00:00:00+00:00", "counts": {}}
    with pytest.raises(Retryable, match="do the same again"):
        load(str(tmp_path), run, store_url, lambda part: None)
    with database.opened(store_url) as engine, database.reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM run").scalar() == 0


def write_run(lake: Path, number: int, forgets: bool = False) -> None:
    (lake / "run.json").write_text(json.dumps({"format": FORMAT, "number": number, "forgets": forgets}))
