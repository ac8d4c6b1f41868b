"""Is the database at the revision that this code needs? Each process asks as it starts, and loads no Alembic for it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.db.session import unreachable
from orchestrator.errors import CovenantError

MIGRATIONS: Final = Path(__file__).parent / "migrations"


class SchemaOutdated(CovenantError):
    """The database is not at the revision that this code was written for."""


async def require_current_schema(engine: AsyncEngine) -> None:
    """Raises SchemaOutdated unless the database is at the newest revision, and DatabaseUnreachable."""
    try:
        async with engine.connect() as connection:
            await connection.run_sync(require_schema)
    except OperationalError as error:
        raise unreachable(error) from None


def require_schema(connection: Connection) -> None:
    """The same on a connection that is open. Raises SchemaOutdated."""
    found, wanted = revision_of(connection), head()
    if found != wanted:
        raise SchemaOutdated(
            f"the database schema is at revision {found or '(none)'}, this version needs {wanted}",
            "run covenant migrate",
        )


def revision_of(connection: Connection) -> str | None:
    """Where Alembic left the database; None where it has never been."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def head() -> str:
    """The newest revision: a revision's number is that of its file."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
