"""Wrong states are impossible: who stands for a text stands itself, and articles, revisions and standings fit together.

The references run in circles, so they are checked when a transaction ends.
"""

from typing import Any

from alembic import op

revision, down_revision = "0011", "0010"
AT_THE_END: dict[str, Any] = {"deferrable": True, "initially": "DEFERRED"}
JUDGED = "ck_cluster_member_nobody_judges_a_canonical"
CHECKS = {
    "ck_change_who_stands_has_a_canonical": "(change = 'retracted') = (canonical_id IS NULL)",
    "ck_change_a_canonical_is_its_own": "change <> 'became_canonical' OR canonical_id = article_id",
    "ck_change_a_duplicate_is_not": "change <> 'became_duplicate' OR canonical_id <> article_id",
}


def upgrade() -> None:
    with op.batch_alter_table("article") as article:
        article.drop_index("ix_article_text_id")
        article.drop_constraint("fk_article_text_id", type_="foreignkey")
        article.create_unique_constraint("uq_article_text_id_article_id", ["text_id", "article_id"])
    with op.batch_alter_table("cluster_member") as member:
        member.drop_constraint("fk_cluster_member_canonical_id", type_="foreignkey")
        member.drop_constraint("fk_cluster_member_article_id", type_="foreignkey")
        member.create_check_constraint(op.f(JUDGED), "text_id <> canonical_id OR NOT judged")
        member.create_unique_constraint("uq_cluster_member_text_id_canonical_id", ["text_id", "canonical_id"])
        member.create_foreign_key(
            "fk_cluster_member_has_the_text",
            "article",
            ["text_id", "article_id"],
            ["text_id", "article_id"],
            **AT_THE_END,
        )
        member.create_foreign_key(
            "fk_cluster_member_canonical_stands",
            "cluster_member",
            ["canonical_id", "canonical_id"],
            ["text_id", "canonical_id"],
            **AT_THE_END,
        )
    with op.batch_alter_table("article") as article:
        article.create_foreign_key(
            "fk_article_current_revision",
            "revision",
            ["article_id", "content_hash"],
            ["article_id", "content_hash"],
            **AT_THE_END,
        )
        article.create_foreign_key("fk_article_stands", "cluster_member", ["text_id"], ["text_id"], **AT_THE_END)
    with op.batch_alter_table("change") as change:
        for name, condition in CHECKS.items():
            change.create_check_constraint(op.f(name), condition)


def downgrade() -> None:
    with op.batch_alter_table("change") as change:
        for name in CHECKS:
            change.drop_constraint(op.f(name), type_="check")
    with op.batch_alter_table("article") as article:
        article.drop_constraint("fk_article_stands", type_="foreignkey")
        article.drop_constraint("fk_article_current_revision", type_="foreignkey")
    with op.batch_alter_table("cluster_member") as member:
        member.drop_constraint("fk_cluster_member_canonical_stands", type_="foreignkey")
        member.drop_constraint("fk_cluster_member_has_the_text", type_="foreignkey")
        member.drop_constraint("uq_cluster_member_text_id_canonical_id", type_="unique")
        member.drop_constraint(op.f(JUDGED), type_="check")
        member.create_foreign_key("fk_cluster_member_canonical_id", "text", ["canonical_id"], ["text_id"])
        member.create_foreign_key("fk_cluster_member_article_id", "article", ["article_id"], ["article_id"])
    with op.batch_alter_table("article") as article:
        article.drop_constraint("uq_article_text_id_article_id", type_="unique")
        article.create_foreign_key("fk_article_text_id", "text", ["text_id"], ["text_id"])
        article.create_index("ix_article_text_id", ["text_id"])
