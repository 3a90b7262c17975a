"""Agency and publisher of each article beside it, and the run that brought each revision.

The columns are filled by the tables of agencies and publishers that the upgrading version has, on purpose: `verify`
compares them with these, and runs write by these.
"""

import sqlalchemy as sa
from alembic import op

from schemas.agencies import agency
from schemas.publishers import publisher

revision, down_revision = "0016", "0015"
ROWS = 5_000  # a statement


def upgrade() -> None:
    op.add_column("article", sa.Column("agency", sa.Text()))
    op.add_column("article", sa.Column("publisher", sa.Text()))
    op.add_column("revision", sa.Column("run_id", sa.BigInteger()))
    _name_origins(op.get_bind())
    # Of an article with one revision the run that added it; of several nobody wrote down which came when.
    op.execute(
        "UPDATE revision SET run_id = (SELECT min(c.run_id) FROM change AS c"
        " WHERE c.article_id = revision.article_id AND c.change = 'added')"
        " WHERE article_id IN (SELECT article_id FROM revision GROUP BY article_id HAVING count(*) = 1)"
    )
    if op.get_bind().dialect.name == "postgresql":  # no index is made while references wait to be checked
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")
        op.execute("SET CONSTRAINTS ALL DEFERRED")
    given = sa.text("agency IS NOT NULL")
    op.create_index(
        "ix_article_agency_partition_date", "article", ["agency", "partition_date"],
        postgresql_where=given, sqlite_where=given,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_article_agency_partition_date", "article")
    op.drop_column("revision", "run_id")
    op.drop_column("article", "publisher")
    op.drop_column("article", "agency")


def _name_origins(connection: sa.Connection) -> None:
    """Fill the columns from the lines of each article's current revision."""
    query = sa.text(
        "SELECT a.article_id, r.credit, r.dateline, r.byline, r.site, r.url FROM article AS a"
        " JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash"
        " WHERE a.article_id > :after ORDER BY a.article_id LIMIT :rows"
    )
    named = sa.text("UPDATE article SET agency = :agency, publisher = :publisher WHERE article_id = :article_id")
    after = ""
    while rows := connection.execute(query, {"after": after, "rows": ROWS}).all():
        after = rows[-1].article_id
        found = [
            {
                "article_id": r.article_id,
                "agency": agency(r.credit, r.dateline, r.byline, r.site),
                "publisher": publisher(r.url),
            }
            for r in rows
        ]
        if told := [row for row in found if row["agency"] or row["publisher"]]:
            connection.execute(named, told)
