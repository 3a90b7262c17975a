"""The agency that each article is from, and how that is known; which sources are an agency's own.

The columns are filled by the tables of agencies and publishers that the upgrading version has, on purpose: `verify`
compares them with these, and runs write by these.
"""

import sqlalchemy as sa
from alembic import op

from schemas.agencies import MARK_WITHIN, agency_of, origin

revision, down_revision = "0025", "0024"
ROWS = 5_000  # a statement


def upgrade() -> None:
    op.add_column("source", sa.Column("agency", sa.Text()))
    op.add_column("article", sa.Column("origin", sa.Text()))
    op.add_column("article", sa.Column("origin_by", sa.String(8)))
    connection = op.get_bind()
    _name_origins(connection)
    named = sa.text("UPDATE source SET agency = :agency WHERE name = :name")
    for name, publisher in connection.execute(sa.text("SELECT name, publisher FROM source")).all():
        if publisher and (agency := agency_of(publisher)):
            connection.execute(named, {"agency": agency, "name": name})


def downgrade() -> None:
    op.drop_column("article", "origin_by")
    op.drop_column("article", "origin")
    op.drop_column("source", "agency")


def _name_origins(connection: sa.Connection) -> None:
    """Fill the columns from each article's current revision."""
    last = f"substr(r.body, length(r.body) - {MARK_WITHIN - 1})"
    foot = f"CASE WHEN length(r.body) > {MARK_WITHIN} THEN {last} ELSE r.body END"
    query = sa.text(
        "SELECT a.article_id, r.credit, r.dateline, r.byline, r.site, a.publisher, r.trailer,"  # noqa: S608  our own
        f" substr(r.body, 1, {MARK_WITHIN}) AS head, {foot} AS foot FROM article AS a"
        " JOIN revision AS r ON r.article_id = a.article_id AND r.content_hash = a.content_hash"
        " WHERE a.article_id > :after ORDER BY a.article_id LIMIT :rows"
    )
    named = sa.text("UPDATE article SET origin = :agency, origin_by = :by WHERE article_id = :article_id")
    after = ""
    while rows := connection.execute(query, {"after": after, "rows": ROWS}).all():
        after = rows[-1].article_id
        found = [(row.article_id, origin(*row[1:])) for row in rows]
        if told := [{"article_id": a, "agency": each.agency, "by": each.by} for a, each in found if each]:
            connection.execute(named, told)
