"""A hole among the states of a line: people are told until it is closed."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts, Severity
from orchestrator.db.session import sessions_of
from orchestrator.metrics import Metrics
from orchestrator.mirror.gaps import gap_alert, resolve_closed_gap
from tests.integration.mirror.ground import BORROWER, CHAIN_ID, ETHER, Ground, Mirror


async def shift_newest_state(engine: AsyncEngine, by: int) -> None:
    newest = "(SELECT max(seq) FROM line_versions)"
    async with engine.begin() as connection:
        await connection.execute(text(f"UPDATE line_versions SET seq = seq + :by WHERE seq = {newest}"), {"by": by})


async def test_the_alert_of_a_gap_lasts_until_the_states_follow_one_another(ground: Ground, mirror: Mirror) -> None:
    line = await ground.open_line()
    await ground.vault(BORROWER, "deposit", line, ETHER)
    await mirror.catch_up()
    alerts, key = Alerts(sessions_of(mirror.engine), Metrics()), gap_alert(CHAIN_ID)
    await shift_newest_state(mirror.engine, by=1)
    await alerts.raise_(key, Severity.CRITICAL, "a state is missing", "look")
    await resolve_closed_gap(mirror.engine, alerts, CHAIN_ID)
    assert await alerts.open_keys(key) == {key}
    await shift_newest_state(mirror.engine, by=-1)
    await resolve_closed_gap(mirror.engine, alerts, CHAIN_ID)
    assert not await alerts.open_keys(key)
