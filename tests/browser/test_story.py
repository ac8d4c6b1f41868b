"""What people do on the console's own pages with a wallet, and what the chain does to them meanwhile."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from api.identity.accounts import AccountRepository
from api.identity.scopes import Role
from orchestrator.alerts import Alerts, Severity
from orchestrator.db.session import sessions_of
from orchestrator.metrics import Metrics
from scripts.local.deals import give_usdc
from tests.browser.accessibility import violations
from tests.browser.desk import Desk, at_the_console
from tests.browser.market import BEFORE_IT_FIRES, WHERE_IT_FIRES, begin, price_moves_to
from tests.browser.stage import DEAL, FIRST_ANSWER, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_line_lives_on_the_pages_from_the_lenders_offer_to_its_claim(stage: Stage) -> None:
    await give_usdc(stage.cast.contracts, stage.cast.lender, DEAL.limit)
    await stage.provide_borrower()
    await price_moves_to(stage, FIRST_ANSWER)
    async with (
        at_the_console(stage, stage.cast.lender) as lender,
        at_the_console(stage, stage.cast.borrower) as borrower,
    ):
        for desk in (lender, borrower):
            await desk.page.evaluate("() => { window.isTheSameVisit = true }")
        await offer_credit(lender)
        await open_line(borrower)
        await draw_under_a_mandate(borrower)
        await watch_the_price_fall(stage, borrower)
        await close_line(borrower)
        await claim(lender, await heading(borrower.page))
        for desk in (lender, borrower):
            assert await desk.page.evaluate("window.isTheSameVisit")


async def offer_credit(lender: Desk) -> None:
    await go_to(lender.page, "Offers")
    await lender.click("Offer credit")
    await lender.page.get_by_label("Lend at most").fill("100,000")
    await lender.page.get_by_label("Collateral for all of it").fill("1,000")
    await lender.click("Offer credit: see what you sign")
    await lender.reads("Lend up to 100,000 USDC against 1,000 WETH, at 9.00 % a year")
    await lender.click("Sign with the wallet")
    await lender.reads("Your offer is in the order book. So that it can be taken:")
    await lender.send()


async def open_line(borrower: Desk) -> None:
    await go_to(borrower.page, "Offers")
    await borrower.page.get_by_role("table", name="Offers").get_by_role("row").nth(1).get_by_role("link").click()
    await borrower.wish("Open a line", The_most="100,000")
    await borrower.send()
    await borrower.page.get_by_role("link", name="See the line").click()
    await borrower.page.get_by_role("table", name="Lines").get_by_role("link").click()


async def draw_under_a_mandate(borrower: Desk) -> None:
    await borrower.wish("Add to the reserve", How_much="20,000")
    await borrower.send()
    await borrower.wish("Draw", How_much="90,000")
    await borrower.send()
    await expect(borrower.watched.fact("Debt")).to_contain_text("90,000")
    await borrower.wish("Sign a mandate", Debt_over_value_above="55", At_most="20,000", A_period="1")
    await borrower.click("Sign with the wallet")
    await borrower.send()
    await expect(borrower.page.get_by_role("table", name="Mandates")).to_contain_text("55.00 %")


async def watch_the_price_fall(stage: Stage, borrower: Desk) -> None:
    await expect(borrower.page.get_by_text("Nothing was paid yet.")).to_be_visible()
    await price_moves_to(stage, BEFORE_IT_FIRES)
    await expect(borrower.watched.fact("Price")).to_contain_text("190")
    await price_moves_to(stage, WHERE_IT_FIRES)
    await expect(borrower.page.get_by_role("table", name="Payments")).to_contain_text("Reserve", timeout=20_000)


async def close_line(borrower: Desk) -> None:
    await borrower.wish("Pay everything and close")
    await borrower.send()
    await expect(borrower.page.locator(".page-heading")).to_contain_text("Closed")


async def claim(lender: Desk, line: str) -> None:
    await go_to(lender.page, "Lines")
    await lender.page.get_by_role("link", name=line, exact=True).click()
    await lender.wish("Claim what was paid")
    await lender.send()
    await expect(lender.page.get_by_role("table", name="Events")).to_contain_text("Claimed")


async def test_an_action_is_done_by_the_keyboard_alone(stage: Stage) -> None:
    line = await begin(stage, group=1)
    async with at_the_console(stage, stage.cast.borrower, signed_in=False) as desk:
        await desk.press("Sign in")
        await desk.press("Sign in with Test Wallet")
        await desk.offers("Sign in", is_there=False)
        await desk.press("Lines")
        await expect(desk.page.get_by_role("heading", name="Lines")).to_be_focused()
        await desk.press(f"Line {line.line_id}")
        await expect(desk.page.get_by_role("heading", name=f"Line {line.line_id}")).to_be_focused()
        await desk.press("Repay")
        await expect(desk.page.get_by_label("How much to repay")).to_be_focused()
        await desk.page.keyboard.type("1000")
        await desk.page.keyboard.press("Enter")
        await expect(desk.page.get_by_role("heading", name="Read before you sign")).to_be_focused()
        assert await violations(desk.page) == []
        await desk.press("Send with the wallet")
        await desk.reads("Mined in block")
        await expect(desk.page.get_by_role("table", name="Payments")).to_contain_text("1,000.00 USDC")


async def test_an_offer_that_its_lender_cancels_can_no_longer_be_opened(stage: Stage) -> None:
    offer = await stage.post_offer(group=3)
    async with at_the_console(stage, stage.cast.lender) as desk:
        await desk.watched.open(f"/offers/{offer.offer_hash}")
        await desk.wish("Cancel the offers of its group")
        await desk.send()
        await expect(desk.watched.fact("Can be opened")).to_have_text("No its lender has cancelled its group")


async def test_what_a_reorganisation_takes_back_goes_from_the_page_too(stage: Stage) -> None:
    line = await begin(stage, group=2)
    borrower, vault = stage.cast.borrower, stage.cast.contracts.vault
    async with stage.visit() as watched:
        await watched.open(f"/lines/{line.line_id}")
        events, reserve = watched.page.get_by_role("table", name="Events"), watched.fact("Reserve")
        await borrower.call(
            "taking reserve back", vault, "withdrawReserve", line.line_id, DEAL.reserve, borrower.address
        )
        await expect(reserve).to_have_text("0 USDC")
        await expect(events).to_contain_text("Reserve withdrawn")
        await stage.cast.rpc.call("anvil_reorg", [1, []])
        await expect(reserve).to_have_text("20,000 USDC")
        await expect(events).to_contain_text("Reserve withdrawn (taken back)")
        assert watched.complaints == []


async def test_an_operator_finds_the_open_alerts_on_the_first_page_upon_signing_in(stage: Stage) -> None:
    operator, sessions = stage.cast.oracle, sessions_of(stage.cast.engine)
    async with sessions.begin() as session:
        await AccountRepository(session).of_wallet(operator.address.lower(), [Role.OPERATOR])
    await Alerts(sessions, Metrics()).raise_("odd:feed", Severity.WARNING, "The feed looks odd", "look at its provider")
    async with at_the_console(stage, operator) as desk:
        await expect(desk.page.get_by_role("table", name="Open alerts")).to_contain_text("The feed looks odd")


async def go_to(page: Page, section: str) -> None:
    await page.get_by_role("navigation", name="Sections").get_by_role("link", name=section).click()
    await expect(page.get_by_role("heading", name=section, level=1)).to_be_visible()


async def heading(page: Page) -> str:
    return await page.locator("#heading").inner_text()
