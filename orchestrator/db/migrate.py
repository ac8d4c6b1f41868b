"""The schema's history: bring a database to the newest revision."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from orchestrator.db.schema import MIGRATIONS
from orchestrator.db.session import unreachable

# Any number will do, as long as nothing else of ours takes it: "covenant" in ASCII, cut to 63 bits.
_MIGRATION_LOCK = int.from_bytes(b"covenant", "big") >> 1


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


def config_for(connection: Connection) -> Config:
    """Alembic's configuration for a connection that the caller opened and will commit."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
