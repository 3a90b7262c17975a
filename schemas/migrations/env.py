"""How Alembic reaches a store: on the connection that etl.store.database hands over, else on $WIRECOPY_STORE."""

import os
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from schemas import grants, mirror, search, views
from schemas.tables import metadata


def migrate(connection: sa.Connection) -> None:
    """Views go first and come back last, to the newest schema: they hold nothing, and tables cannot change beneath."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        include_name=_is_table,
        on_version_apply=_between_steps,
    )
    with context.begin_transaction():
        roles = _roles(connection)
        searched = search.is_on(connection)
        if searched:
            search.switch_off(connection)
        mirrored = connection.dialect.name == "postgresql" and mirror.is_made(connection)
        if mirrored:
            mirror.drop(connection)
        views.drop(connection)
        context.run_migrations()
        if context.get_context().get_current_revision() == context.script.get_current_head():
            views.create(connection)
            if mirrored:
                mirror.make(connection)
            if searched:
                search.switch_on(connection)
            if roles is not None:
                grants.grant(connection, roles)


def _between_steps(ctx: MigrationContext, step: MigrationInfo, *_: Any, **__: Any) -> None:
    """Tell who waits.  Check references to what has changed: PostgreSQL alters no table while they wait for it."""
    say = context.config.attributes.get("say", lambda doing: None)
    say(f"schema {step.up_revision_id} of {context.script.get_current_head()} is there")
    connection = ctx.connection
    if connection is not None and connection.dialect.name == "postgresql":
        for when in ("IMMEDIATE", "DEFERRED"):
            connection.execute(sa.text(f"SET CONSTRAINTS ALL {when}"))


def _roles(connection: sa.Connection) -> grants.Roles | None:
    """Who may do what, on PostgreSQL; from here on the owner of the store does what is done."""
    if connection.dialect.name != "postgresql":
        return None
    grants.become_owner(connection)
    return grants.granted(connection)


def _is_table(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or name in metadata.tables


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    migrate(handed_over)
else:
    engine = sa.create_engine(os.environ.get("WIRECOPY_STORE", "sqlite:///var/corpus.db"))
    with engine.begin() as connection:
        migrate(connection)
