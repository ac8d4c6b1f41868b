"""Connections to PostgreSQL: one engine a process, made and disposed of by its entry point."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from orchestrator.errors import CovenantError


class DatabaseUnreachable(CovenantError):
    """No connection to the database."""


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


def sessions_of(engine: AsyncEngine) -> Sessions:
    """A factory of sessions whose objects stay readable after commit."""
    return async_sessionmaker(engine, expire_on_commit=False)
