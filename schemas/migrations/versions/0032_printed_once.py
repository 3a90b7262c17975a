"""The view corpus_story looks up where a story was printed first only where it was printed more than once."""

revision, down_revision = "0032", "0031"


def upgrade() -> None:
    """No table changes: views are made anew by every migration."""


def downgrade() -> None:
    """Nor back."""
