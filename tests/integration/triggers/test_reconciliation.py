"""The reconciliation job on a real chain: equal to the wei, and told when it is not."""

from sqlalchemy import func, select, update

from orchestrator.alerts import Alerts
from orchestrator.chain.reader import ChainReader
from orchestrator.db.models import Line, LineVersion, Reconciliation
from orchestrator.metrics import Metrics
from orchestrator.mirror.decode import load_codecs
from orchestrator.tasks.reconciliation import reconcile_vault
from tests.integration.triggers.ground import Service


async def test_a_mirror_that_differs_is_told_until_it_is_equal_again(service: Service) -> None:
    line = await service.drawn_line()
    await service.mirror.catch_up()
    vault, codecs = service.book.vault.lower(), load_codecs()
    alerts = Alerts(service.sessions, Metrics())

    async def reconcile() -> list[str]:
        reader = ChainReader(service.ground.rpc)
        await reconcile_vault(service.mirror.engine, reader, 31337, vault, codecs, alerts, Metrics())
        return await service.open_alerts()

    async def tamper(by: int) -> None:
        async with service.sessions.begin() as session:
            for model in (Line, LineVersion):
                await session.execute(update(model).where(model.line_id == line).values(principal=model.principal + by))

    assert await reconcile() == []
    await tamper(1)
    for _ in range(2):
        (alert,) = await reconcile()
        assert f"line {line}: " in alert
    await tamper(-1)
    assert await reconcile() == []
    async with service.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Reconciliation)) == 4
