"""Refusals: what a database says when it does not do as it is told, in one line that says what to do.  I/O."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from etl.errors import Fatal, Retryable, Usage

LOCK_NOT_AVAILABLE = "55P03"
LOST = ("57P01", "57P02", "57P03", "53300")
"""SQLSTATEs that pass: a server that stops, crashed or starts, too many connections; with those that begin with 08."""
OPTIONS_OF_THE_DRIVER = ("context", "prepare_threshold", "autocommit", "cursor_factory", "row_factory")


def shown(url: str | sa.URL) -> str:
    """A store's URL as it may be printed and logged: without passwords, also where it is no URL that can be read."""
    try:
        masked = sa.make_url(url)
        secret = [name for name in masked.query if "password" in name.lower()]
        masked = masked.update_query_dict(dict.fromkeys(secret, "***"))
        return masked.render_as_string(hide_password=True)
    except (sa.exc.ArgumentError, ValueError):
        login, at, where = str(url).partition("?")[0].rpartition("@")
        scheme, slashes, user = login.rpartition("//")
        return f"{scheme}{slashes}{user.partition(':')[0]}:***@{where}" if at else where


@contextmanager
def named_errors(engine: sa.Engine) -> Iterator[None]:
    """Turn operational errors of the database into one line that says what to do; programming errors pass unchanged."""
    where = shown(engine.url)
    try:
        yield
    except UnicodeDecodeError as error:  # of a name in the schema; of a value SQLite says so itself
        raise Fatal(f"store {where} is damaged: {error}; restore it from a backup") from error
    except (sa.exc.DBAPIError, engine.dialect.loaded_dbapi.Error) as error:  # COPY raises the driver's own
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        if not _refuses(engine, cause):
            raise
        reason = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
        lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
        state = getattr(cause, "sqlstate", None) or ""
        if state == LOCK_NOT_AVAILABLE or "locked" in reason:
            raise Retryable(f"store {where} is being written by another run: {reason}; try again later") from error
        if engine.name == "postgresql" and (lost or not state or state in LOST or state.startswith("08")):
            if not lost and not state and _answers(engine):
                raise Fatal(
                    f"store {where} lets nobody in: {reason}; check user, password and database in it"
                ) from error
            raise Retryable(
                f"store {where} cannot be reached: {reason}; check that it runs and --store names it"
            ) from error
        advice = _ADVICE_BY_STATE.get(state) or next((advice for sign, advice in _ADVICE.items() if sign in reason), "")
        raise Fatal(f"store {where} refused: {reason}{advice}") from error


def _answers(engine: sa.Engine) -> bool:
    """Whether a PostgreSQL server is there and takes connections, whatever it then says to a user's.

    Before there is a connection, an error has no SQLSTATE, and its words are in the server's language.
    """
    from psycopg import pq

    return pq.PGconn.ping(conninfo(engine).encode()) == pq.Ping.OK


def conninfo(engine: sa.Engine) -> str:
    """What a store's URL says to libpq.  Raises Usage for an option that there is not, or not with that value."""
    import psycopg

    if wrong := next((name for name in OPTIONS_OF_THE_DRIVER if name in engine.url.query), None):
        raise Usage(f"{shown(engine.url)!r} is no store: {wrong} is no option of its URL")
    try:
        arguments, options = engine.dialect.create_connect_args(engine.url)
        if arguments:  # the URL is a connection string of libpq already
            options = {"dbname": arguments[0], **options}
        plain = {name: value for name, value in options.items() if name not in OPTIONS_OF_THE_DRIVER}
        psycopg.conninfo.timeout_from_conninfo(plain)
        return psycopg.conninfo.make_conninfo(**plain)
    except psycopg.Error as error:
        raise Usage(f"{shown(engine.url)!r} is no store: {str(error).strip()}") from None


_ADVICE_BY_STATE = {
    "42501": "; log in as a role that may (`wirecopy store roles`), or its owner has to run `wirecopy store upgrade`",
    "53100": "; nothing was changed, make room and run again",
    "57014": "; the server's statement_timeout ended it: ask again with a longer one",
    "25006": "; nothing was changed, let this user write it, or name the primary of this replica",
}
"""Advice by SQLSTATE."""
_ADVICE = {
    "not a database": "; --store names a file that something else has written",
    "read-only": "; nothing was changed, let this user write it",
    "readonly": "; nothing was changed, let this user write the file and its folder",
    "unable to open": "; let this user write the file and its folder",
    "full": "; nothing was changed, make room and run again",
    "disk I/O": "; nothing was changed, make room and run again",
    "No space left": "; nothing was changed, make room and run again",
}
"""Advice by a word of SQLite's message, which is always English."""


def _refuses(engine: sa.Engine, cause: object) -> bool:
    """Whether an error is operational, rather than a statement that is wrong."""
    driver = engine.dialect.loaded_dbapi
    if isinstance(cause, (driver.OperationalError, driver.InternalError, driver.InterfaceError)):
        return True
    return type(cause) is driver.DatabaseError or getattr(cause, "sqlstate", None) == "42501"  # insufficient_privilege
