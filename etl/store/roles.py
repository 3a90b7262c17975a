"""Roles: the permissions on a PostgreSQL store.  I/O.

owner    changes the schema (`wirecopy store upgrade`), and grants
writer   runs the pipeline: reads and writes rows, cannot drop or make anything
reader   reads the views, and by wirecopy's own commands what those need (schemas.mirror)
"""

from __future__ import annotations

import sqlalchemy as sa

from etl.errors import Usage
from schemas import grants, mirror, search
from schemas.tables import metadata
from schemas.views import VIEWS

LARGE_OBJECT_FUNCTIONS = """
    SELECT oid::regprocedure::text FROM pg_proc
     WHERE pronamespace = 'pg_catalog'::regnamespace AND (proname ~ '^lo_' OR proname = 'lowrite')"""
MAX_ROLE_BYTES = 63  # of a name; PostgreSQL would cut a longer one
ROLE_KINDS = ("owner", "writer", "reader")


def set_up(connection: sa.Connection, owner: str, writer: str, reader: str) -> list[str]:
    """Create missing roles, give the store to its owner, and grant the others what they need.

    Returns the roles that were created; they cannot log in by themselves: grant them to users, or set a password.
    The caller has to be a superuser, or the database's owner with CREATEROLE; only a superuser can also forbid large
    objects.  Raises Usage for SQLite.
    """
    if connection.dialect.name != "postgresql":
        raise Usage("SQLite has no roles: who may read its file may read everything; use a store on PostgreSQL")
    if len({owner, writer, reader}) < len(ROLE_KINDS):
        raise Usage("owner, writer and reader are three roles; give three names")
    for name in (owner, writer, reader):
        if name.startswith("pg_") or name in ("public", "none", "") or len(name.encode()) > MAX_ROLE_BYTES:
            raise Usage(f"{name!r} cannot be the name of a role; PostgreSQL keeps names such as pg_… to itself")
    quote = connection.dialect.identifier_preparer.quote_identifier
    made = [role for role in (owner, writer, reader) if not _exists(connection, role)]
    for role in made:
        connection.exec_driver_sql(f"CREATE ROLE {quote(role)} NOLOGIN")
    roles = grants.Roles(frozenset({quote(writer)}), frozenset({quote(reader)}))
    _open_database(connection, quote(owner), quote(writer), quote(reader))
    _hand_over(connection, owner)
    mirrored = mirror.is_made(connection)
    if not mirrored:
        connection.exec_driver_sql(f"CREATE SCHEMA {mirror.SCHEMA} AUTHORIZATION {quote(owner)}")
    grants.become_owner(connection)
    if not mirrored:
        mirror.make(connection)
    grants.grant(connection, roles)
    return made


def _open_database(connection: sa.Connection, owner: str, writer: str, reader: str) -> None:
    quote = connection.dialect.identifier_preparer.quote_identifier
    database = quote(str(connection.scalar(sa.text("SELECT current_database()"))))
    schema = quote(str(connection.scalar(sa.text("SELECT current_schema()"))))
    for statement in (
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {owner}, {writer}, {reader}",
        f"GRANT TEMPORARY ON DATABASE {database} TO {owner}, {writer}",
        f"GRANT USAGE ON SCHEMA {schema} TO {owner}, {writer}, {reader}",
        f"GRANT CREATE ON SCHEMA {schema} TO {owner}",
    ):
        connection.exec_driver_sql(statement)
    if connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
        # Large objects belong to no table: anybody who may connect could fill the disk with them.
        for signature in connection.scalars(sa.text(LARGE_OBJECT_FUNCTIONS)).all():
            connection.exec_driver_sql(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")


def _hand_over(connection: sa.Connection, owner: str) -> None:
    """Make the owner own every table and view."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    me = connection.scalar(sa.text("SELECT current_user"))
    if owner != me and not grants.may_become(connection, owner):
        connection.exec_driver_sql(f"GRANT {quote(owner)} TO CURRENT_USER")
    views = [*VIEWS, search.VIEW] if search.is_on(connection) else VIEWS
    for kind, names in (("TABLE", [*metadata.tables, "alembic_version"]), ("VIEW", views)):
        for name in names:
            connection.exec_driver_sql(f'ALTER {kind} "{name}" OWNER TO {quote(owner)}')


def _exists(connection: sa.Connection, role: str) -> bool:
    return bool(connection.scalar(sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role}))
