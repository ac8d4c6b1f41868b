"""The database finds lines by the second of their bill and of their default, and means the same as the credit rules."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from hypothesis import given, settings
from psycopg import sql

from orchestrator.credit.accrual import unpaid_from
from orchestrator.credit.schedule import defaults_at
from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import HOUR
from scripts.local.part import Part
from scripts.local.postgres import conninfo
from tests.conftest import LocalParts
from tests.unit.credit.histories import History as Life
from tests.unit.credit.histories import Step, lives
from tests.unit.credit.lines import terms_and_line

Connection = psycopg.Connection[tuple[int | None, ...]]


@pytest.fixture(scope="module")
def connection(local_parts: LocalParts, postgres: Part) -> Iterator[Connection]:
    with psycopg.connect(conninfo(local_parts.socket_dir, local_parts.database())) as connection:
        connection.execute("CREATE TEMPORARY TABLE line (LIKE lines INCLUDING GENERATED)")
        nullable = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'line'::regclass AND attnum > 0 AND attnotnull"
        ).fetchall()
        for (column,) in nullable:
            connection.execute(sql.SQL("ALTER TABLE line ALTER {} DROP NOT NULL").format(sql.Identifier(str(column))))
        yield connection


def computed(connection: Connection, terms: Terms, state: LineState) -> tuple[int | None, ...]:
    values = {
        "opened_at": terms.opened_at,
        "apr_bps": terms.apr_bps,
        "commitment_bps": terms.commitment_bps,
        "amort_bps": terms.amort_bps,
        "period_hours": terms.period_s // HOUR,
        "grace_hours": terms.grace_s // HOUR,
        "draw_window_hours": terms.draw_window_s // HOUR,
        "term_hours": terms.term_s // HOUR,
        "principal": state.principal,
        "undrawn": state.undrawn,
        "accrued_at": state.accrued_at,
        "unbilled": state.unbilled,
        "unpaid_since": state.unpaid_since,
        "flags": int(state.flags),
    }
    insert = sql.SQL("INSERT INTO line ({}) VALUES ({}) RETURNING unpaid_from, default_from").format(
        sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join([sql.Placeholder()] * len(values))
    )
    row = connection.execute(insert, list(values.values())).fetchone()
    assert row is not None
    return row


def expected(terms: Terms, state: LineState) -> tuple[int | None, ...]:
    return (None, None) if state.over else (unpaid_from(state, terms), defaults_at(state, terms))


@settings(deadline=None)
@given(terms_and_line())
def test_the_columns_are_the_rules_for_any_state(connection: Connection, drawn: tuple[Terms, LineState]) -> None:
    terms, state = drawn
    assert computed(connection, terms, state) == expected(terms, state)


@settings(deadline=None)
@given(lives())
def test_they_are_the_rules_at_each_step_of_a_life(connection: Connection, life: tuple[Life, list[Step]]) -> None:
    history, steps = life
    for step in steps:
        history.take(step)
        assert computed(connection, history.terms, history.state) == expected(history.terms, history.state)


@settings(deadline=None)
@given(terms_and_line())
def test_a_line_that_is_over_has_no_bill_to_come(connection: Connection, drawn: tuple[Terms, LineState]) -> None:
    terms, state = drawn
    for ended in (LineFlags.CLOSED, LineFlags.WRITTEN_OFF | LineFlags.TERMINATED):
        assert computed(connection, terms, replace(state, flags=ended)) == (None, None)
