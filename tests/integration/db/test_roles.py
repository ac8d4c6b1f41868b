"""Each process may do in the database what its work needs, and nothing else."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from orchestrator.db.models.registry import Model
from orchestrator.db.roles import PRIVATE, ROLES, Role, RolesRefused, apply_roles, role_of, url_as
from orchestrator.db.schema import SchemaOutdated
from scripts.cli.roles import app

TABLES = frozenset(Model.metadata.tables)


@pytest.fixture
def owner(database_url: str) -> Iterator[psycopg.Connection]:
    apply_roles(database_url, login=True)
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def connect_as(process: str, database_url: str) -> psycopg.Connection:
    role = role_of(process)
    assert role is not None
    return psycopg.connect(url_as(database_url, role).replace("+psycopg", ""), autocommit=True)


def granted(owner: psycopg.Connection, role: Role) -> dict[str, set[str]]:
    rows = owner.execute(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = %s", [role.name]
    ).fetchall()
    return {table: {right for name, right in rows if name == table} for table, _ in rows}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.process)
def test_a_role_has_the_rights_that_are_declared_and_no_other(owner: psycopg.Connection, role: Role) -> None:
    readable = TABLES - (PRIVATE - role.private)
    declared = {table: {"SELECT"} for table in readable | {"alembic_version"}}
    for table, rights in role.writes.items():
        declared[table] = declared.get(table, set()) | set(rights)
    assert granted(owner, role) == declared


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.process)
def test_what_is_declared_are_tables(role: Role) -> None:
    assert set(role.writes) | PRIVATE <= TABLES


def test_each_table_is_written_by_somebody() -> None:
    assert {table for role in ROLES for table in role.writes} == TABLES


@pytest.mark.parametrize("process", ["engine", "sender", "web", "worker"])
def test_only_the_indexer_writes_what_the_chain_said(
    owner: psycopg.Connection, database_url: str, process: str
) -> None:
    with connect_as(process, database_url) as connection:
        connection.execute("SELECT count(*) FROM lines")
        for table in ("blocks", "logs", "lines", "line_versions", "payments", "oracle_rounds"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


@pytest.mark.parametrize("process", ["indexer", "engine", "web", "worker"])
def test_only_the_sender_signs_attempts_and_moves_nonces(
    owner: psycopg.Connection, database_url: str, process: str
) -> None:
    with connect_as(process, database_url) as connection:
        for table in ("attempts", "lanes"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("INSERT INTO {} DEFAULT VALUES").format(sql.Identifier(table)))


@pytest.mark.parametrize("process", ["indexer", "engine", "sender", "worker"])
def test_what_people_sent_is_read_by_the_api_alone(owner: psycopg.Connection, database_url: str, process: str) -> None:
    role = role_of(process)
    assert role is not None
    assert role.private.isdisjoint({"accounts", "api_keys", "submissions"})
    with connect_as(process, database_url) as connection:
        for table in PRIVATE - role.private:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))


def test_the_engine_tells_the_planner_that_its_candidates_changed(owner: psycopg.Connection, database_url: str) -> None:
    said: list[str] = []
    with connect_as("engine", database_url) as connection:
        connection.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
        connection.execute("ANALYZE candidates")
        assert said == []
        connection.execute("ANALYZE lines")
    assert "permission denied" in said[0]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.process)
def test_no_role_makes_tables_or_rights(owner: psycopg.Connection, database_url: str, role: Role) -> None:
    with connect_as(role.process, database_url) as connection:
        for statement in ("CREATE TABLE mine (id int)", "CREATE ROLE friend", "TRUNCATE lines", "DROP TABLE lines"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_right_too_many_is_taken_back(owner: psycopg.Connection, database_url: str) -> None:
    owner.execute("GRANT DELETE ON lines TO covenant_web")
    apply_roles(database_url)
    web = role_of("web")
    assert web is not None
    assert granted(owner, web)["lines"] == {"SELECT"}


def test_several_at_once_wait_for_one_another(database_url: str) -> None:
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(apply_roles, [database_url] * 3))


def test_tables_of_another_version_are_left_alone(owner: psycopg.Connection, database_url: str) -> None:
    owner.execute("UPDATE alembic_version SET version_num = 'another'")
    with pytest.raises(SchemaOutdated) as refused:
        apply_roles(database_url)
    assert refused.value.hint == "run covenant migrate"


def test_who_may_not_make_roles_is_told_so(owner: psycopg.Connection, database_url: str) -> None:
    worker = role_of("worker")
    assert worker is not None
    with pytest.raises(RolesRefused, match=r"the server refused: (permission denied|must be)"):
        apply_roles(url_as(database_url, worker))


def test_the_command_says_what_each_role_may_write(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    said = CliRunner().invoke(app, ["--json"])
    assert said.exit_code == 0
    assert '"role": "covenant_sender"' in said.output
    monkeypatch.delenv("DATABASE_URL")
    assert "nothing was changed" in CliRunner().invoke(app, ["--dry-run"]).output
