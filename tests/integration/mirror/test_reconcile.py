"""The mirror against the chain: equal to the wei, and if it is not, what differs is said."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.db.models import Reconciliation
from orchestrator.mirror.cursor import NotMirrored
from orchestrator.mirror.reconcile import Report, reconcile, vaults_of
from orchestrator.mirror.views import escrow_sums, holders_as_of, line_as_of, lines_as_of
from tests.integration.mirror.ground import BORROWER, CHAIN_ID, ETHER, HOUR, KEEPER, USDC, Ground, Mirror, codecs
from tests.integration.mirror.rows import all_rows, count, position


async def compare(mirror: Mirror, ground: Ground) -> Report:
    return await reconcile(mirror.engine, mirror.reader, CHAIN_ID, ground.addresses["vault"], codecs())


async def test_after_a_full_history_nothing_differs(ground: Ground, mirror: Mirror) -> None:
    await ground.some_history()
    await mirror.catch_up()
    report = await compare(mirror, ground)
    assert report.differences == ()
    assert report.facts_compared > 15
    assert report.block == (await position(mirror.engine)).at
    assert await count(mirror.engine, Reconciliation, equal=True) == 1


async def test_sums_equal_what_the_vault_holds_to_the_wei(ground: Ground, mirror: Mirror) -> None:
    """Invariant 9: with something undrawn, reserved, as collateral and in claims of each token."""
    await ground.some_history()
    line_id = await ground.open_line(epoch=1)
    await ground.vault(BORROWER, "depositReserve", line_id, 30 * USDC)
    await ground.vault(BORROWER, "draw", line_id, 400 * USDC, BORROWER.address)
    await ground.wait(25 * HOUR)
    in_kind = {
        "need": 0, "thresholdBps": 0, "amount": USDC // 100, "maxSpent": ETHER, "feeBps": 0, "keeper": KEEPER.address,
    }  # fmt: skip
    await ground.vault(BORROWER, "repayInKind", line_id, in_kind)
    await ground.vault(BORROWER, "repay", line_id, 100 * USDC)
    await mirror.catch_up()
    [line] = await all_rows(mirror.engine, f"SELECT * FROM lines WHERE line_id = {line_id}")
    assert all((line.undrawn, line.reserve, line.collateral, line.claim_loan, line.claim_collateral))
    vault = ground.addresses["vault"]
    async with mirror.engine.connect() as connection:
        sums = await escrow_sums(connection, CHAIN_ID, vault)
    for name in ("USDC", "WETH"):
        assert sums[ground.addresses[name]] == await ground.view(name, "LocalToken", "balanceOf", vault)


async def test_tokens_that_nobody_booked_are_no_difference(ground: Ground, mirror: Mirror) -> None:
    """Invariant 9: the vault may hold more than it owes, never less."""
    await ground.open_line()
    await ground.send(BORROWER, "USDC", "LocalToken", "transfer", ground.addresses["vault"], 5)
    await mirror.catch_up()
    assert (await compare(mirror, ground)).equal


PLANTED = {
    "UPDATE lines SET principal = principal + 1 WHERE line_id = 2": ("line 2", "principal"),
    "UPDATE lines SET reserve = 7 WHERE line_id = 2": ("line 2", "reserve"),
    "UPDATE lines SET collateral = collateral + 1 WHERE line_id = 2": ("escrow of", "balanceOf"),
    "UPDATE lines SET apr_bps = 1 WHERE line_id = 2": ("line 2", "aprBps"),
    "UPDATE lines SET borrower = lender WHERE line_id = 2": ("line 2", "borrowerOf"),
    "DELETE FROM lines WHERE line_id = 1": ("vault", "lineCount"),
    "UPDATE note_transfers SET to_address = from_address WHERE line_id = 2": ("note 2", "ownerOf"),
    "UPDATE markets SET min_debt = 1": ("market 1", "minDebt"),
    "UPDATE firings SET spent = 0": ("mandate", "spent"),
    "UPDATE mandate_revocations SET nonce = nonce + 1": ("nonce", "isBurned"),
    "UPDATE offer_group_versions SET consumed = 1": ("offers of", "consumed"),
    "UPDATE lender_epoch_versions SET epoch = 9": ("offers of", "epochOf"),
    "UPDATE oracle_rounds SET answer = 1": ("feed", "answer"),
}


async def test_every_planted_difference_is_found_and_named(ground: Ground, mirror: Mirror) -> None:
    await ground.some_history()
    await mirror.catch_up()
    async with mirror.engine.begin() as connection:
        for statement in PLANTED:
            await connection.execute(text(statement))
    report = await compare(mirror, ground)
    for statement, (subject, field) in PLANTED.items():
        found = [d for d in report.differences if d.subject.startswith(subject) and d.field == field]
        assert found, f"{statement}: {report.differences}"
    [stored] = await all_rows(mirror.engine, "SELECT equal, differences FROM reconciliations")
    assert not stored.equal
    assert len(stored.differences) == len(report.differences)


async def test_it_compares_at_the_block_of_the_cursor_however_far_the_chain_is(ground: Ground, mirror: Mirror) -> None:
    line_id = await ground.open_line()
    await mirror.catch_up()
    await ground.vault(BORROWER, "draw", line_id, 100 * USDC, BORROWER.address)
    assert (await compare(mirror, ground)).equal


async def test_a_mirror_that_never_was_is_told(mirror: Mirror, other_engine: AsyncEngine) -> None:
    with pytest.raises(NotMirrored):
        await reconcile(other_engine, mirror.reader, CHAIN_ID, "0x" + "11" * 20, codecs())


async def test_vaults_are_listed(ground: Ground, mirror: Mirror) -> None:
    assert await vaults_of(mirror.engine, CHAIN_ID) == [ground.addresses["vault"]]


async def test_the_state_as_of_any_block(ground: Ground, mirror: Mirror) -> None:
    """ "As of block N" is a query: each answer is what the chain said at that block."""
    first = await ground.open_line()
    second = await ground.open_line()
    seen: dict[int, int] = {}
    for amount in (100, 200, 50):
        await ground.vault(BORROWER, "draw", first, amount * USDC, BORROWER.address)
        seen[await ground.head()] = (await ground.view("vault", "CreditVault", "stored", first))["principal"]
        await ground.mine(2)
    await mirror.catch_up()
    vault = ground.addresses["vault"]
    async with mirror.engine.connect() as connection:
        for block, principal in seen.items():
            for later in (0, 1):
                line = await line_as_of(connection, CHAIN_ID, vault, first, block + later)
                assert line is not None
                assert line.principal == principal
        assert await line_as_of(connection, CHAIN_ID, vault, first, 1) is None
        at_the_end = await lines_as_of(connection, CHAIN_ID, vault, await ground.head())
        assert [(line.line_id, line.principal) for line in at_the_end] == [(first, 350 * USDC), (second, 0)]


async def test_who_held_a_note_as_of_any_block(ground: Ground, mirror: Mirror) -> None:
    line_id = await ground.open_line()
    before = await ground.head()
    lender = await ground.view("nft", "CreditLineNFT", "ownerOf", line_id)
    await ground.move_note(line_id)
    await mirror.catch_up()
    async with mirror.engine.connect() as connection:
        nft = ground.addresses["nft"]
        assert (await holders_as_of(connection, CHAIN_ID, nft, before))[line_id] == lender
        assert (await holders_as_of(connection, CHAIN_ID, nft, before + 5))[line_id] == KEEPER.address.lower()
