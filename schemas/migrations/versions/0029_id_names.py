"""The name by which ids of a source's articles are computed, of sources that were renamed."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0029", "0028"


def upgrade() -> None:
    with op.batch_alter_table("source") as source:
        source.add_column(sa.Column("id_name", sa.Text()))
        source.create_unique_constraint("uq_source_id_name", ["id_name"])


def downgrade() -> None:
    with op.batch_alter_table("source") as source:
        source.drop_constraint("uq_source_id_name", type_="unique")
        source.drop_column("id_name")
