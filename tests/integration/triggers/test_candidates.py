"""What comes up at a block is found by index, whatever else is stored."""

from typing import Any

from sqlalchemy import event, text

from orchestrator.credit.units import Timestamp
from orchestrator.triggers.candidates import Candidates
from orchestrator.triggers.reached import Reached, find_reached
from orchestrator.triggers.states import Action
from orchestrator.triggers.store import RetryPolicy
from tests.integration.triggers.ground import Service

LINES = 20_000
LONG_PAST_THEIR_WINDOW = text(
    """
    INSERT INTO candidates (chain_id, vault, line_id, action, mandate_hash, occurrence, market_id, next_due_at,
                            state_block_number, state_log_index)
    SELECT 31337, :vault, line_id, action, decode(repeat('00', 32), 'hex'), 0, 1, due_at, 1, 0
    FROM generate_series(1, :lines) AS line_id,
         (VALUES ('liquidate', 2000000000), ('terminate', 1)) AS of (action, due_at)
    """
)


async def test_lines_that_could_be_terminated_cost_nothing_while_policy_leaves_them_alone(service: Service) -> None:
    """And what a price or a second reaches is each found by its own index."""
    vault = service.book.vault.lower()
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    async with service.sessions.begin() as session:
        await session.execute(LONG_PAST_THEIR_WINDOW, {"vault": bytes.fromhex(vault[2:]), "lines": LINES})
        await session.execute(text("ANALYZE candidates"))

        async def reached(candidates: Candidates) -> Reached:
            now = Timestamp(1_800_000_000)
            return await find_reached(session, candidates, prices={1: None}, answers={}, now=now, retries=RetryPolicy())

        assert len((await reached(Candidates(31337, vault, frozenset(Action)))).lines) == LINES
        connection = await session.connection()
        event.listen(connection.sync_connection, "before_cursor_execute", note)
        assert (await reached(Candidates(31337, vault))).lines == {}
        ((statement, parameters),) = asked
        plan = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE) {statement}", parameters)
        steps = "\n".join(plan.scalars())
    for index in ("due", "price"):
        assert f"ix_candidates_{index}" in steps, steps
    assert "Rows Removed by Filter" not in steps, steps
