"""Who may do what with a store on PostgreSQL: its owner everything, writers rows, readers the views.

Grants go with what they are on, and migrations make views and tables anew: what roles had before is given back to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from schemas import mirror, search
from schemas.tables import metadata
from schemas.views import VIEWS

SETTABLE = 160000  # the first server_version_num that knows the privilege SET of a role
MAINTAINABLE = 170000  # the first server_version_num that lets others than the owner VACUUM


class Roles(NamedTuple):
    """Names of roles, beside the owner."""

    writers: frozenset[str] = frozenset()
    readers: frozenset[str] = frozenset()


def owner(connection: sa.Connection) -> str | None:
    """Who owns the store; None for an empty database."""
    found = connection.scalar(
        sa.text("SELECT relowner::regrole::text FROM pg_class WHERE oid = to_regclass('alembic_version')")
    )
    return str(found) if found is not None else None


def become_owner(connection: sa.Connection) -> None:
    """For the rest of the transaction: what is made belongs to whom the store belongs to, whichever member makes it."""
    name = owner(connection)
    if name is not None and may_become(connection, _plain(name)):
        connection.exec_driver_sql(f"SET LOCAL ROLE {name}")


def may_become(connection: sa.Connection, role: str) -> bool:
    """Whether the user may SET ROLE to a role, named without quotes."""
    # Before PostgreSQL 16 every member may; since then membership alone may lack the option SET.
    privilege = "SET" if _version(connection) >= SETTABLE else "MEMBER"
    return bool(
        connection.scalar(sa.text("SELECT pg_has_role(:role, :privilege)"), {"role": role, "privilege": privilege})
    )


def granted(connection: sa.Connection) -> Roles:
    """Who may write rows, and who may read views."""
    query = sa.text(
        "SELECT c.relname, a.privilege_type, a.grantee::regrole::text FROM pg_class AS c, aclexplode(c.relacl) AS a"
        " WHERE c.oid IN (to_regclass('article'), to_regclass('corpus_article')) AND a.grantee NOT IN (0, c.relowner)"
    )
    found = {(relation, privilege, role) for relation, privilege, role in connection.execute(query)}
    writers = frozenset(role for relation, privilege, role in found if (relation, privilege) == ("article", "INSERT"))
    readers = frozenset(role for relation, _, role in found if relation == "corpus_article")
    return Roles(writers, readers - writers)


def grant(connection: sa.Connection, roles: Roles) -> None:
    """Let roles do what they are for, with every table and view there is."""
    tables = _listed(metadata.tables)
    views = _listed([*VIEWS, search.VIEW] if search.is_on(connection) else VIEWS)
    maintain = ", MAINTAIN" if _version(connection) >= MAINTAINABLE else ""
    for role in sorted(roles.writers):
        connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE{maintain} ON {tables} TO {role}")
        connection.exec_driver_sql(f"GRANT SELECT ON alembic_version, {views} TO {role}")
    for role in sorted(roles.readers):
        connection.exec_driver_sql(f"GRANT SELECT ON {views} TO {role}")
        if mirror.is_made(connection):
            mirror.grant(connection, role)


def _version(connection: sa.Connection) -> int:
    return int(connection.scalar(sa.text("SHOW server_version_num")) or 0)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _plain(role: str) -> str:
    """A role's name as SQL quotes it, without quotes."""
    return role[1:-1].replace('""', '"') if role.startswith('"') else role
