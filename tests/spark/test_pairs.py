"""Pairs: the loops of executors, on batches as Spark cuts them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from etl.spark import pairs


@pytest.mark.parametrize("distinct", [3, 40, 400])
def test_keys_that_several_texts_have_are_found_wherever_batches_are_cut(distinct):
    draw = np.random.RandomState(distinct)
    for length in (0, 1, *draw.randint(2, 300, 20)):
        key = np.sort(draw.randint(-distinct, distinct, length))
        rows = pa.table({"key": key, "rank": np.arange(length), "band": draw.randint(0, 32, length).astype(np.int16)})
        sizes, met, expected = Counter(key.tolist()), Counter[int](), []
        for row in rows.to_pylist():
            if sizes[row["key"]] > 1:
                expected.append({**row, "size": sizes[row["key"]], "place": met[row["key"]]})
            met[row["key"]] += 1
        batches = rows.to_batches(max_chunksize=int(draw.randint(1, 50)))
        assert [row for batch in pairs.shared(batches) for row in batch.to_pylist()] == expected


def test_a_guess_names_the_earliest_text_that_stays_of_those_a_text_has_an_edge_to():
    edges = [(1, 2), (2, 3), (1, 4), (3, 4), (3, 5), (3, 5), (4, 5)]
    batch = pa.RecordBatch.from_pylist([{"u": u, "v": v} for u, v in reversed(edges)])
    (found,) = pairs.first_set([batch])
    assert found.to_pylist() == [{"v": 2, "u": 1}, {"v": 4, "u": 1}, {"v": 5, "u": 3}]
