"""The contract: every column of every view that consumers see, and what they may rely on.

This is the one place where it is written.  The views (schemas.views), the comments in PostgreSQL,
docs/data-dictionary.md, docs/dbt/models/sources.yml, docs/wirecopy.odcs.yaml and the recorded contract.json follow;
`make contract` writes the files.

A change that could break a query is not made to a view that is there: the next VERSION gets views of its own beside the
old ones (corpus_article → corpus_v2_article), both are recorded, and a later version may withdraw the old ones.
"""

from __future__ import annotations

from schemas.contract import articles, relations, runs
from schemas.contract.columns import About, Columns

VERSION = 1
CONTRACT: Columns = {**articles.COLUMNS, **runs.COLUMNS, **relations.COLUMNS}
ABOUT: About = {**articles.ABOUT, **runs.ABOUT, **relations.ABOUT}
