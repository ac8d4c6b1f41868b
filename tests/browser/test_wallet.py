"""What the console's wallet parts do, on a page with nothing else: signing in, and a transaction from wish to block."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from scripts.local.deals import OpenedLine, get_ready, open_line
from scripts.local.people import Person
from tests.browser.desk import Desk
from tests.browser.stage import DEAL, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

BARE: Final = Path(__file__).with_name("bare.html")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(stage: Stage) -> OpenedLine:
    """A line with some of its credit undrawn."""
    contracts, borrower = stage.cast.contracts, stage.cast.borrower
    await stage.provide_borrower()
    offer = await stage.post_offer(group=1)
    await get_ready(contracts, stage.cast.lender, borrower)
    opened = await open_line(contracts, borrower, offer, DEAL.limit)
    await stage.cast.service.get("/v1/lines", min_block=opened.receipt.block_number)
    return opened


@asynccontextmanager
async def desk_of(stage: Stage, person: Person) -> AsyncIterator[Desk]:
    wallet = stage.wallet_of(person)
    async with stage.visit(wallet) as watched:
        await watched.page.route("**/console/bare", _serve_bare)
        await watched.page.goto(f"{stage.stack.api_url}/console/bare")
        yield Desk(watched, wallet)


async def _serve_bare(route: Route) -> None:
    await route.fulfill(path=BARE, content_type="text/html")


async def show_line(desk: Desk, line: OpenedLine) -> None:
    await desk.page.evaluate("path => show('mountActions', path)", f"/v1/lines/{line.line_id}")


async def test_a_visit_after_signing_in_is_signed_in_until_one_signs_out(stage: Stage) -> None:
    async with desk_of(stage, stage.cast.lender) as desk:
        await desk.sign_in()
        address = stage.cast.lender.address
        await desk.reads(f"{address[:6]}…{address[-4:]}")
        await desk.page.reload()
        await desk.click(f"{address[:6]}…{address[-4:]}")
        await desk.reads("borrower, lender")
        await desk.click("Sign out")
        await desk.offers("Sign in")


async def test_who_declines_to_sign_is_not_signed_in_and_reads_why(stage: Stage) -> None:
    async with desk_of(stage, stage.cast.lender) as desk:
        desk.wallet.declines.add("personal_sign")
        await desk.sign_in()
        await desk.reads("You declined it in the wallet.")
        await desk.offers("Sign in")


async def test_a_line_is_opened_from_an_offer_after_the_approvals_that_it_needs(stage: Stage) -> None:
    await stage.provide_borrower()
    offer = await stage.post_offer(group=2)
    async with desk_of(stage, stage.cast.borrower) as desk:
        await desk.sign_in()
        await desk.page.evaluate("path => show('mountOfferActions', path)", f"/v1/offers/{offer.offer_hash}")
        await desk.wish("Open a line", The_most="100,000")
        await desk.send()
        await desk.reads("There is nothing for your account to do here.")


async def test_a_drawing_is_explained_sent_and_followed_until_it_is_final(stage: Stage, line: OpenedLine) -> None:
    async with desk_of(stage, stage.cast.borrower) as desk:
        await desk.sign_in()
        await show_line(desk, line)
        await desk.wish("Draw", How_much="1,000.5")
        await desk.reads(f"Draw 1,000.5 USDC on line {line.line_id}")
        await desk.click("Send with the wallet")
        await desk.reads("Mined in block")
        for _ in range(3):
            await stage.cast.rpc.call("evm_mine", [])
        await desk.reads("(finalized)")


async def test_a_mandate_is_signed_registered_and_may_act(stage: Stage, line: OpenedLine) -> None:
    async with desk_of(stage, stage.cast.borrower) as desk:
        await desk.sign_in()
        await show_line(desk, line)
        await desk.wish("Sign a mandate", Debt_over_value="55", At_most="20000")
        await desk.reads("You sign this text only; it costs nothing.")
        await desk.click("Sign with the wallet")
        await desk.reads(f"Register a mandate on line {line.line_id}")
        await desk.click("Send with the wallet")
        await desk.reads("Mined in block")
        mandates = await stage.cast.service.get(f"/v1/lines/{line.line_id}/mandates")
        assert [(one["kind"], one["threshold_bps"]) for one in mandates["items"]] == [("ltv", 5_500)]


async def test_a_question_gives_way_to_what_is_wished_for_next(stage: Stage, line: OpenedLine) -> None:
    async with desk_of(stage, stage.cast.borrower) as desk:
        await desk.sign_in()
        await show_line(desk, line)
        await desk.wish("Draw", How_much="5")
        await desk.reads("Draw 5 USDC")
        await desk.page.get_by_label("How much").fill("6")
        await desk.click("Draw: see what it does")
        await desk.reads("Draw 6 USDC")
        await desk.click("Add to the reserve")
        await expect(desk.page.get_by_role("heading", name="Read before you sign")).to_have_count(0)
        await expect(desk.page.get_by_label("How much")).to_have_value("")
        assert "eth_sendTransaction" not in desk.wallet.asked


async def test_what_the_contract_would_refuse_is_not_sent_and_says_what_to_do(stage: Stage, line: OpenedLine) -> None:
    async with desk_of(stage, stage.cast.borrower) as desk:
        await desk.sign_in()
        await show_line(desk, line)
        await desk.wish("Draw", How_much="999,999,999")
        await desk.reads("The contract would refuse: BeyondUndrawn. Draw no more than what is undrawn.")
        assert "eth_sendTransaction" not in desk.wallet.asked


async def test_a_number_that_is_none_is_pointed_at(stage: Stage, line: OpenedLine) -> None:
    async with desk_of(stage, stage.cast.borrower) as desk:
        await desk.sign_in()
        await show_line(desk, line)
        await desk.wish("Draw", How_much="a lot")
        await desk.reads("How much to draw: write a number such as 1250.5")
        await expect(desk.page.get_by_label("How much")).to_be_focused()


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"declines": {"eth_sendTransaction"}}, "You declined it in the wallet. Nothing was sent"),
        ({"chain_id": 1, "knows_chains": {1}}, "The wallet is on another chain; this is chain 31337. Add the chain"),
        ({"is_locked": True}, "The wallet shows no account. Unlock the wallet"),
    ],
    ids=["declined", "another chain", "locked"],
)
async def test_what_the_wallet_does_not_do_is_said_with_what_helps(
    stage: Stage, line: OpenedLine, trouble: dict[str, object], words: str
) -> None:
    async with desk_of(stage, stage.cast.borrower) as desk:
        await desk.sign_in()
        await show_line(desk, line)
        await desk.wish("Draw", How_much="1")
        for name, value in trouble.items():
            setattr(desk.wallet, name, value)
        await desk.click("Send with the wallet")
        await desk.reads(words)


async def test_a_wallet_on_another_chain_is_asked_to_come_over(stage: Stage, line: OpenedLine) -> None:
    async with desk_of(stage, stage.cast.borrower) as desk:
        await desk.sign_in()
        await show_line(desk, line)
        desk.wallet.chain_id = 1
        await desk.wish("Draw", How_much="2")
        await desk.click("Send with the wallet")
        await desk.reads("Mined in block")
        assert "wallet_switchEthereumChain" in desk.wallet.asked


async def test_whoever_lost_the_session_while_sending_signs_in_again_and_sees_the_rest(
    stage: Stage, line: OpenedLine
) -> None:
    async with desk_of(stage, stage.cast.borrower) as desk:
        await desk.sign_in()
        await show_line(desk, line)
        await desk.wish("Draw", How_much="3")
        await desk.page.context.clear_cookies()
        await desk.click("Send with the wallet")
        await desk.reads("It was sent, but your session has ended")
        await desk.click("Sign in again")
        await desk.reads("Mined in block")


async def test_a_transaction_that_another_replaced_is_told_so(stage: Stage, line: OpenedLine) -> None:
    rpc = stage.cast.rpc
    async with desk_of(stage, stage.cast.borrower) as desk:
        await desk.sign_in()
        await show_line(desk, line)
        await desk.wish("Draw", How_much="4")
        await rpc.call("evm_setAutomine", [False])
        try:
            await desk.click("Send with the wallet")
            await desk.reads("Sent. Waiting for a block")
            await expect(desk.page.locator(".flow-status code")).to_be_visible()
            await rpc.call("anvil_dropAllTransactions", [])
            await desk.wallet.send_nothing()
        finally:
            await rpc.call("evm_setAutomine", [True])
        await rpc.call("evm_mine", [])
        await desk.reads("Another transaction took its place")


async def test_only_what_an_account_may_do_is_offered(stage: Stage, line: OpenedLine) -> None:
    async with desk_of(stage, stage.cast.borrower) as desk:
        await show_line(desk, line)
        await desk.offers("Draw", is_there=False)
        await desk.sign_in()
        await desk.offers("Draw")
        await desk.offers("Claim what was paid", is_there=False)
    async with desk_of(stage, stage.cast.lender) as desk:
        await desk.sign_in()
        await show_line(desk, line)
        await desk.offers("Draw", is_there=False)
