"""Connections to PostgreSQL: one engine a process, made and disposed of by its entry point."""

from __future__ import annotations

from typing import Final

from psycopg_pool import AsyncConnectionPool
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from orchestrator.errors import CovenantError


class DatabaseUnreachable(CovenantError):
    """No connection to the database."""


def unreachable(error: OperationalError) -> DatabaseUnreachable:
    """The error for people of a failed connection; the driver's first line names host and port, never the password."""
    reason = str(error.orig).splitlines()[0] if error.orig else "no connection"
    return DatabaseUnreachable(
        f"the database cannot be reached: {reason}", "check DATABASE_URL and that the server runs"
    )


_WAIT_FOR_CONNECTION_S: Final = 2.0

Sessions = async_sessionmaker[AsyncSession]


def open_engine(database_url: str, *, process: str, pool_size: int = 5, schema: str | None = None) -> AsyncEngine:
    """An engine for ``database_url`` (scheme ``postgresql+psycopg``). ``process`` shows in `pg_stat_activity`.

    With ``schema``, unqualified names mean that schema alone.
    """
    options = "-c timezone=UTC" + (f" -c search_path={schema}" if schema else "")
    return create_async_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"application_name": f"covenant {process}", "options": options, "connect_timeout": 5},
    )


def pool_of_reads(database_url: str, *, process: str, size: int) -> AsyncConnectionPool:
    """The driver's own connections, for single statements that only read; not opened yet.

    A single statement sees one moment of the database by itself, so it needs no transaction around it.
    """
    return AsyncConnectionPool(
        driver_url(database_url),
        min_size=1,
        max_size=size,
        timeout=_WAIT_FOR_CONNECTION_S,
        open=False,
        kwargs={
            "autocommit": True,
            "application_name": f"covenant {process} reads",
            "options": "-c timezone=UTC -c default_transaction_read_only=on",
            "connect_timeout": 5,
        },
    )


def driver_url(database_url: str) -> str:
    """psycopg's form of SQLAlchemy's URL."""
    return database_url.replace("postgresql+psycopg://", "postgresql://", 1)


def sessions_of(engine: AsyncEngine) -> Sessions:
    """A factory of sessions whose objects stay readable after commit."""
    return async_sessionmaker(engine, expire_on_commit=False)
