"""A log that cannot be decoded or applied is kept apart, is told of, and stops nothing else."""

import asyncio
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.blocks import ChainLog
from orchestrator.chain.contracts import Contract
from orchestrator.db.models import Alert, Line, OracleRound, OutboxEvent, Quarantine
from orchestrator.mirror.apply import apply_logs
from orchestrator.mirror.batch import CopyLine, ProjectedLog, Projector
from orchestrator.mirror.loop import MirrorLoop
from orchestrator.mirror.projections.rows import Row
from orchestrator.mirror.quarantine import retry_quarantined
from orchestrator.mirror.stored_logs import log_line
from orchestrator.mirror.watch import Role, Source, Watch
from tests.integration.mirror.ground import BORROWER, CHAIN_ID, PRICE, USDC, Ground, Mirror, codecs
from tests.integration.mirror.rows import all_rows, count, last_change, position, until

BEYOND_ANY_CLOCK = 2**200


async def test_a_round_with_an_absurd_time_stops_nothing_else(ground: Ground, mirror: Mirror) -> None:
    """Feeds are untrusted code."""
    await ground.push(PRICE, BEYOND_ANY_CLOCK)
    await ground.push(PRICE + 1)
    line_id = await ground.open_line()
    await mirror.catch_up()
    assert (await position(mirror.engine)).at.number == await ground.head()
    assert await count(mirror.engine, OracleRound) == 2
    [fault] = await all_rows(mirror.engine, "SELECT reason FROM quarantine")
    assert fault.reason == f"Unprojectable: updatedAt = {BEYOND_ANY_CLOCK} is beyond 63 bits"
    assert await count(mirror.engine, Alert, key=f"mirror_quarantine:{CHAIN_ID}") == 1
    [line] = await all_rows(mirror.engine, "SELECT line_id FROM lines")
    assert line.line_id == line_id


async def test_a_quarantined_log_makes_no_event(ground: Ground, mirror: Mirror) -> None:
    before = await count(mirror.engine, OutboxEvent)
    await ground.push(PRICE, BEYOND_ANY_CLOCK)
    await mirror.catch_up()
    assert await count(mirror.engine, OutboxEvent) == before


async def test_a_reorg_clears_the_quarantine_of_its_blocks(ground: Ground, mirror: Mirror) -> None:
    await ground.push(PRICE, BEYOND_ANY_CLOCK)
    await mirror.catch_up()
    await ground.reorg(1)
    await mirror.catch_up()
    assert await count(mirror.engine, Quarantine) == 0


async def test_what_the_database_refuses_is_quarantined_alone(engine: AsyncEngine) -> None:
    """One bad row of many: the others are written."""

    def round_at(log_index: int, updated_at: int) -> ProjectedLog:
        log = ChainLog(1, "0x" + "11" * 32, "0x" + "22" * 32, 0, log_index, "0x" + "33" * 20, (), b"")
        values = {
            "chain_id": CHAIN_ID, "block_number": 1, "log_index": log_index, "block_hash": log.block_hash,
            "tx_hash": log.tx_hash, "feed": log.address, "round_id": log_index, "answer": 1, "updated_at": updated_at,
        }  # fmt: skip
        return ProjectedLog(log, log_line(CHAIN_ID, log), (CopyLine.of(Row(OracleRound, values)),))

    async with engine.begin() as connection:
        faulty = await apply_logs(connection, CHAIN_ID, [round_at(0, 5), round_at(1, 2**70), round_at(2, 7)])
    assert [(item.log.log_index, (item.fault or "").split(":")[0]) for item in faulty] == [
        (1, "NumericValueOutOfRange")
    ]
    assert await count(engine, OracleRound) == 2


def forget_line_states(mirror: Mirror) -> None:
    forget(mirror, "LineState")


def forget(mirror: Mirror, event: str) -> None:
    """Makes the mirror that of an older version, which does not know an event of the vault."""
    committer = mirror.follower.committer
    known = codecs()[Role.VAULT]
    abi = [entry for entry in known.abi if entry.get("name") != event]
    older = replace(committer.projector, codecs={**codecs(), Role.VAULT: Contract("CreditVault", abi)})
    mirror.follower.committer = replace(committer, projector=older)


async def test_a_version_that_can_read_a_log_takes_it_out_of_quarantine(ground: Ground, mirror: Mirror) -> None:
    projector = mirror.follower.committer.projector
    forget_line_states(mirror)
    line_id = await ground.open_line()
    await mirror.catch_up()
    [line] = await all_rows(mirror.engine, "SELECT seq, undrawn FROM lines")
    assert (line.seq, line.undrawn) == (0, 0)
    changed_at = await last_change(mirror.engine)
    async with mirror.engine.begin() as connection:
        assert await retry_quarantined(connection, projector) == 1
        assert await retry_quarantined(connection, projector) == 0
    stored = await ground.view("vault", "CreditVault", "stored", line_id)
    [line] = await all_rows(mirror.engine, "SELECT seq, undrawn FROM lines")
    assert (line.seq, line.undrawn) == (1, stored["undrawn"])
    assert await count(mirror.engine, Quarantine, resolved_at=None) == 0
    assert await last_change(mirror.engine) > changed_at


async def test_a_line_whose_opening_comes_out_of_quarantine_stands_where_it_is_by_now(
    ground: Ground, mirror: Mirror
) -> None:
    """Its later states were there all along."""
    projector = mirror.follower.committer.projector
    forget(mirror, "Opened")
    line_id = await ground.open_line()
    for _ in range(2):
        await ground.vault(BORROWER, "draw", line_id, 100 * USDC, BORROWER.address)
    await mirror.catch_up()
    assert await count(mirror.engine, Line) == 0
    async with mirror.engine.begin() as connection:
        assert await retry_quarantined(connection, projector) == 1
    [line] = await all_rows(mirror.engine, "SELECT seq, principal FROM lines")
    assert (line.seq, line.principal) == (3, 200 * USDC)


async def test_the_next_start_tries_the_quarantine_and_resolves_its_alert(ground: Ground, mirror: Mirror) -> None:
    forget_line_states(mirror)
    await ground.open_line()
    await mirror.catch_up()
    assert await count(mirror.engine, Alert, key=f"mirror_quarantine:{CHAIN_ID}", resolved_at=None) == 1
    await mirror.lease.release(mirror.engine)
    newer = MirrorLoop(
        engine=mirror.engine,
        readers=[mirror.reader],
        book=ground.book(),
        codecs=codecs(),
        alerts=mirror.follower.alerts,
        poll_interval_s=0.02,
    )
    running = asyncio.create_task(newer.run(ready=lambda: None))
    await until(mirror.engine, "SELECT count(*) = count(resolved_at) FROM alerts")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await count(mirror.engine, Quarantine, resolved_at=None) == 0


async def test_an_unknown_event_of_our_own_contract_is_quarantined(ground: Ground, engine: AsyncEngine) -> None:
    """A vault that says what its ABI does not know is another vault than we think."""
    token = ground.addresses["USDC"]
    projector = Projector(CHAIN_ID, Watch([Source(token, Role.VAULT, token, "vault", 0)]), codecs())
    logs = await ground.rpc.call("eth_getLogs", [{"fromBlock": "0x0", "address": token}])
    log = ChainLog(1, "0x" + "11" * 32, "0x" + "22" * 32, 0, 0, token, tuple(logs[0]["topics"]), b"")
    [projected] = projector.project_logs([log], {1: 0}, {})
    assert projected.fault is not None
    assert projected.fault.startswith("UnknownEvent")
