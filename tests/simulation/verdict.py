"""What must be so when all faults are over: the rows of a mirror that never saw any, and nothing told wrongly."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts
from orchestrator.chain.reader import ChainReader
from orchestrator.db.lease import acquire_lease
from orchestrator.db.session import sessions_of
from orchestrator.metrics import Metrics
from orchestrator.mirror.commit import Committer
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.digest import digest, table_digests
from orchestrator.mirror.follow import Follower, Step
from orchestrator.mirror.reconcile import reconcile
from orchestrator.mirror.reindex import reindex
from orchestrator.mirror.start import open_mirror
from orchestrator.mirror.views import escrow_sums
from orchestrator.mirror.watch import sources_of_book, sources_of_feeds
from tests.simulation.ground import CHAIN_ID, TOKEN, Ground
from tests.simulation.witness import Untrue

FROM_BLOCK = 1


async def mirror_cleanly(engine: AsyncEngine, reader: ChainReader, ground: Ground) -> None:
    """Mirrors the chain into an empty database, from a provider without faults."""
    lease = await acquire_lease(engine, f"mirror:{CHAIN_ID}", f"reference {uuid.uuid4()}", timedelta(minutes=10))
    assert lease is not None
    head = (await reader.heads()).latest
    wanted = sources_of_book(ground.book()) + await sources_of_feeds(reader, ground.book(), head.hash)
    projector = await open_mirror(engine, lease, reader, CHAIN_ID, wanted, load_codecs())
    follower = Follower(engine, Committer(engine, lease, projector), Alerts(sessions_of(engine), Metrics()))
    while await follower.step(reader) is Step.MOVED:
        pass


async def same_rows(engine: AsyncEngine, reference: AsyncEngine) -> str:
    """The digest that both have. Raises Untrue."""
    async with engine.connect() as ours, reference.connect() as theirs:
        found = await table_digests(ours, CHAIN_ID, FROM_BLOCK)
        expected = await table_digests(theirs, CHAIN_ID, FROM_BLOCK)
        differing = [table for table, value in found.items() if value != expected[table]]
        if differing:
            raise Untrue(f"rows differ from those of a mirror that saw no fault: {', '.join(differing)}")
        return await digest(ours, CHAIN_ID, FROM_BLOCK)


async def same_by_reindex(engine: AsyncEngine, database_url: str, reader: ChainReader, expected: str) -> None:
    """Invariant 5: from nothing, aside, the same; and nothing is sent. Raises Untrue."""
    told = await _count(engine, "SELECT count(*) FROM outbox_events")
    alerts = Alerts(sessions_of(engine), Metrics())
    done = await reindex(engine, database_url, reader, alerts, CHAIN_ID, load_codecs())
    if done.replaced or done.digest != expected:
        raise Untrue(f"invariant 5: a reindex differs in {', '.join(done.replaced) or 'its digest'}")
    if await _count(engine, "SELECT count(*) FROM outbox_events") != told:
        raise Untrue("invariant 5: a reindex told somebody something")


async def agrees_with_the_chain(engine: AsyncEngine, reader: ChainReader, ground: Ground) -> int:
    """Invariant 9, to the wei, and every other fact that can be asked for; how many facts. Raises Untrue."""
    vault = ground.vault.lower()
    report = await reconcile(engine, reader, CHAIN_ID, vault, load_codecs())
    if not report.equal:
        raise Untrue(f"the reconciliation finds: {report.differences}")
    async with engine.connect() as connection:
        sums = await escrow_sums(connection, CHAIN_ID, vault)
    balance = TOKEN.encode_call("balanceOf", ground.vault)
    held = await reader.call_at(report.block.hash, [(token, balance) for token in sums])
    for (token, owed), amount in zip(sums.items(), held, strict=True):
        if not isinstance(amount, bytes) or int.from_bytes(amount, "big") != owed:
            raise Untrue(f"invariant 9: {owed} of {token} are owed, the vault holds {amount!r}")
    return report.facts_compared


async def told_rightly(engine: AsyncEngine, reference: AsyncEngine) -> int:
    """Invariant 13: whoever applies the events in their order knows what is so; how many there were. Raises Untrue."""
    events = await _events(engine)
    if [event.position for event in events] != list(range(1, len(events) + 1)):
        raise Untrue("invariant 13: positions have a gap")
    known: dict[uuid.UUID, Any] = {}
    for event in events:
        if event.reverts is None:
            known[event.id] = event
        elif event.kind != f"{known[event.reverts].kind}.reverted" if event.reverts in known else True:
            raise Untrue(f"invariant 13: event {event.position} takes back what does not stand")
        else:
            del known[event.reverts]
    expected = [_fact(event) for event in await _events(reference)]
    standing = sorted((_fact(event) for event in known.values()), key=_place)
    if standing != sorted(expected, key=_place):
        raise Untrue("invariant 13: what stands of the events is not what a mirror without faults told")
    return len(events)


async def _events(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(text("SELECT * FROM outbox_events ORDER BY position"))).all())


def _fact(event: Any) -> Mapping[str, Any]:
    names = ("chain_id", "vault", "line_id", "kind", "block_number", "block_hash", "log_index", "tx_hash", "payload")
    return {name: getattr(event, name) for name in names}


def _place(fact: Mapping[str, Any]) -> tuple[int, int]:
    return fact["block_number"], fact["log_index"]


async def _count(engine: AsyncEngine, query: str) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text(query)) or 0)
