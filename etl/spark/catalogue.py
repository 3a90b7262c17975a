"""Catalogue: what a lake's views are, for readers who have the folder alone: LAKE/catalogue.json.

    {"contract": 1, "wirecopy": "…", "folder": "1/views", "views": {"corpus_article": {
        "about": "…", "rows": 12, "columns": [{"name": "article_id", "type": "text", "stored": "string", "meaning": …}],
        "partitioned_by": ["in_source", "on_day"],
        "partitions": [{"in_source": "gazette", "on_day": "2026-03-14", "rows": 12}]}}}

The columns are those of the contract, in its order.  A partitioned view has a folder for each value of two more, which
are of the folders' names and not of the files: columns of the contract that are moved there lose their types, and
readers do not agree on what a folder of rows without a day is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from etl.spark.views import PARTED
from schemas.contract.views import ABOUT, CONTRACT, VERSION

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def described(written: Mapping[str, DataFrame], folder: str) -> dict[str, Any]:
    """The catalogue of views, given as they were written into a folder of the lake."""
    counted = _counted(written)
    views = {name: _view(name, frame, counted[name]) for name, frame in written.items()}
    return {"contract": VERSION, "wirecopy": version("wirecopy"), "folder": folder, "views": views}


def _counted(written: Mapping[str, DataFrame]) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of each view: for each of its partitions what tells it apart, and how many they are.  One job counts all."""
    from pyspark.sql import functions as F

    none = F.expr("cast(array() AS array<string>)")
    frames = [
        frame.select(F.lit(name).alias("view"), (F.array(*PARTED[name]) if name in PARTED else none).alias("part"))
        for name, frame in written.items()
    ]
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in written}
    for view, part, rows in reduce(lambda all, one: all.union(one), frames).groupBy("view", "part").count().collect():
        found[view].append((*part, rows))
    return found


def _view(name: str, frame: DataFrame, counted: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    stored = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
    columns = [
        {"name": column, "stored": stored[column]} | {key: value for key, value in said._asdict().items() if value}
        for column, said in CONTRACT[name].items()
    ]
    by = tuple(PARTED.get(name, ()))
    about, key = ABOUT[name]
    return {
        "about": about,
        "key": list(key),
        "rows": sum(row[-1] for row in counted),
        "columns": columns,
        "partitioned_by": list(by),
        "partitions": [dict(zip((*by, "rows"), row, strict=True)) for row in sorted(counted) if by],
    }
