"""What the doctor's tests share."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from scripts.local.part import Part
from scripts.local.postgres import conninfo, url_of
from tests.conftest import LocalParts


@pytest.fixture
def empty_database_url(local_parts: LocalParts, postgres: Part) -> Iterator[str]:
    """A database without a schema."""
    name = "empty_for_doctor"
    with psycopg.connect(conninfo(local_parts.socket_dir, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield url_of(local_parts.socket_dir, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
