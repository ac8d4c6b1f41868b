"""The schema's history: bring a database to the newest revision, or find out whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.db.session import DatabaseUnreachable
from orchestrator.errors import CovenantError

MIGRATIONS = Path(__file__).parent / "migrations"

# Any number will do, as long as nothing else of ours takes it: "covenant" in ASCII, cut to 63 bits.
_MIGRATION_LOCK = int.from_bytes(b"covenant", "big") >> 1


class SchemaOutdated(CovenantError):
    """The database is not at the revision that this code was written for."""


def upgrade(database_url: str) -> None:
    """Bring the schema to the newest revision, all of it or nothing. Safe to run from several processes at once.

    Raises:
        DatabaseUnreachable: no connection.
    """
    engine = create_engine(database_url, connect_args={"connect_timeout": 5})
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            command.upgrade(config_for(connection), "head")
    except OperationalError as error:
        raise unreachable(error) from None
    finally:
        engine.dispose()


async def require_current_schema(engine: AsyncEngine) -> None:
    """Raises SchemaOutdated unless the database is at the newest revision, and DatabaseUnreachable."""
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    except OperationalError as error:
        raise unreachable(error) from None
    _require_head(found)


def require_schema(connection: Connection) -> None:
    """The same on a connection that is open."""
    _require_head(MigrationContext.configure(connection).get_current_revision())


def _require_head(found: str | None) -> None:
    wanted = head()
    if found != wanted:
        raise SchemaOutdated(
            f"the database schema is at revision {found or '(none)'}, this version needs {wanted}",
            "run covenant migrate",
        )


def head() -> str:
    """The newest revision."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def config_for(connection: Connection) -> Config:
    """Alembic's configuration for a connection that the caller opened and will commit."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def unreachable(error: OperationalError) -> DatabaseUnreachable:
    """The error for people of a failed connection; the driver's first line names host and port, never the password."""
    reason = str(error.orig).splitlines()[0] if error.orig else "no connection"
    return DatabaseUnreachable(
        f"the database cannot be reached: {reason}", "check DATABASE_URL and that the server runs"
    )
