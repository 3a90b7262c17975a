"""Columns: a batch of prepared articles (schemas.staging.ARTICLES) as Python values, one sequence a column.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from etl.decide.revisions import READER, Revision


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of equal length; what each means, schemas.article.Article and schemas.tables say.

    authors, rights, evidence  JSON, as the store keeps them
    signature          bytes of the minima
    """

    article_id: Sequence[str]
    content_hash: Sequence[str]
    source: Sequence[str]
    source_key: Sequence[str]
    own_key: Sequence[str | None]
    withdrawn: Sequence[str | None]
    path: Sequence[str]
    record: Sequence[int | None]
    partition_date: Sequence[date | None]
    fetched_at: Sequence[datetime | None]
    url: Sequence[str | None]
    title: Sequence[str]
    kicker: Sequence[str | None]
    byline: Sequence[str | None]
    authors: Sequence[str]
    credit: Sequence[str | None]
    dateline: Sequence[str | None]
    trailer: Sequence[str | None]
    published_at: Sequence[datetime | None]
    modified_at: Sequence[datetime | None]
    section: Sequence[str | None]
    site: Sequence[str | None]
    language: Sequence[str]
    licence: Sequence[str | None]
    rights: Sequence[str | None]
    tdm_reserved: Sequence[bool | None]
    free_to_read: Sequence[bool | None]
    evidence: Sequence[str]
    words: Sequence[int]
    mean_word_length: Sequence[float | None]
    letter_share: Sequence[float | None]
    repeated_line_share: Sequence[float | None]
    stop_word_share: Sequence[float | None]
    agency: Sequence[str | None]
    publisher: Sequence[str | None]
    origin: Sequence[str | None]
    origin_by: Sequence[str | None]
    body: Sequence[str]
    text_id: Sequence[int]
    digest: Sequence[bytes]
    shingles: Sequence[int]
    signature: Sequence[bytes]

    @classmethod
    def of(cls, batch: pa.Table) -> Columns:
        """The columns of a table of the schema ARTICLES."""
        return cls(**{each.name: _values(batch.column(each.name)) for each in fields(cls)})

    def __len__(self) -> int:
        return len(self.article_id)

    def without(self, positions: Collection[int]) -> Columns:
        """The columns without the rows at these positions."""
        if not positions:
            return self
        kept = [i for i in range(len(self)) if i not in positions]
        return Columns(**{each.name: [getattr(self, each.name)[i] for i in kept] for each in fields(self)})

    def revision(self, i: int) -> Revision:
        """The revision that row i is a sighting of."""
        day = self.partition_date[i]
        return Revision(self.content_hash[i], day, day, self.fetched_at[i], READER, self.path[i], self.record[i])


def _values(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column.  Arrow makes a time in 10 µs, of which numpy needs one; all of ours are in UTC."""
    if not pa.types.is_timestamp(column.type):
        return column.to_pylist()  # type: ignore[no-any-return]
    times = column.to_numpy().astype("datetime64[us]").tolist()
    return [time and time.replace(tzinfo=UTC) for time in times]
