"""The schema's history leads to what the models say."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text

from orchestrator.db.migrate import config_for, upgrade
from orchestrator.db.schema import SchemaOutdated, head, require_current_schema
from orchestrator.db.session import DatabaseUnreachable, open_engine


def test_models_and_migrations_agree(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        command.check(config_for(connection))
    engine.dispose()


def test_the_way_back_leads_to_nothing(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        command.downgrade(config_for(connection), "base")
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_events_that_waited_for_a_position_come_after_those_that_were_told(database_url: str) -> None:
    """And in the order in which they were written."""
    tell = text(
        "INSERT INTO outbox_events (id, position, chain_id, kind, block_number, block_hash, log_index, tx_hash, "
        "payload) VALUES (gen_random_uuid(), :position, :chain, :kind, 1, '', 0, '', '{}')"
    )
    told = [("first", 1, 1), ("second", 1, 2), ("of another chain", 2, 3), ("third", 1, None), ("fourth", 1, None)]
    engine = create_engine(database_url)
    with engine.begin() as connection:
        command.downgrade(config_for(connection), "0009")
        for kind, chain, position in told:
            connection.execute(tell, {"kind": kind, "chain": chain, "position": position})
        command.upgrade(config_for(connection), "0010")
        found = connection.execute(text("SELECT kind, position FROM outbox_events ORDER BY position")).all()
        command.downgrade(config_for(connection), "0009")
        back = connection.execute(text("SELECT kind FROM outbox_events ORDER BY sequence")).scalars().all()
    engine.dispose()
    assert found == [("first", 1), ("second", 2), ("of another chain", 3), ("third", 4), ("fourth", 5)]
    assert back == [kind for kind, _, _ in told]


def test_upgrades_at_once_wait_for_one_another(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(upgrade, [database_url] * 3))
    upgrade(database_url)


async def test_a_current_schema_is_accepted_and_an_older_one_is_not(database_url: str) -> None:
    engine = open_engine(database_url, process="test")
    await require_current_schema(engine)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(SchemaOutdated, match=f"at revision 0000, this version needs {head()}"):
        await require_current_schema(engine)
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(SchemaOutdated, match="at revision \\(none\\)"):
        await require_current_schema(engine)
    await engine.dispose()


async def test_an_unreachable_database_is_told_without_its_password() -> None:
    url = "postgresql+psycopg://user:hush@127.0.0.1:1/covenant"
    engine = open_engine(url, process="test")
    with pytest.raises(DatabaseUnreachable) as caught:
        await require_current_schema(engine)
    assert "hush" not in str(caught.value)
    with pytest.raises(DatabaseUnreachable) as caught:
        upgrade(url)
    assert "hush" not in str(caught.value)
    await engine.dispose()
