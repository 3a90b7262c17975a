"""Figures of a text's quality, for consumers to filter by."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0007", "0006"
FIGURES = ("mean_word_length", "letter_share", "repeated_line_share", "stop_word_share")


def upgrade() -> None:
    with op.batch_alter_table("revision") as table:
        for name in FIGURES:
            table.add_column(sa.Column(name, sa.Float()))


def downgrade() -> None:
    with op.batch_alter_table("revision") as table:
        for name in reversed(FIGURES):
            table.drop_column(name)
