"""The console's pages before the running stack: everybody can read them, and they ask no other host."""

from __future__ import annotations

from typing import Final, Literal

import pytest
import pytest_asyncio
from playwright.async_api import expect

from scripts.local.deals import OpenedLine
from tests.browser.accessibility import violations
from tests.browser.market import begin
from tests.browser.stage import DESK, PHONE, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES: Final = (
    "/", "/lines", "/lines/{line}", "/lines/{line}?price=95.5", "/offers", "/offers/{offer}", "/feeds", "/feeds/{feed}",
    "/triggers", "/transactions", "/reconciliation", "/alerts", "/health",
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(stage: Stage) -> OpenedLine:
    return await begin(stage)


@pytest.mark.parametrize(("size", "colours"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
async def test_every_page_can_be_read_by_everybody_and_asks_no_other_host(
    stage: Stage, line: OpenedLine, size: tuple[int, int], colours: Literal["light", "dark"]
) -> None:
    found: dict[str, list[str]] = {}
    async with stage.visit(size=size, colours=colours) as watched:
        for place in PAGES:
            await watched.open(await address(stage, place, line))
            await expect(watched.page.locator("main h1")).to_be_visible()
            await expect(watched.page.locator("main .loading")).to_have_count(0)
            found[place] = await violations(watched.page)
            wider = await watched.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wider <= 0, f"{place} is wider than its window"
        assert {place: what for place, what in found.items() if what} == {}
        assert watched.complaints == []


async def test_the_past_of_a_line_is_shown_as_such_with_a_way_back(stage: Stage, line: OpenedLine) -> None:
    async with stage.visit() as watched:
        await watched.open(f"/lines/{line.line_id}?block={line.receipt.block_number}")
        await expect(watched.page.get_by_text("This is the past")).to_be_visible()
        await expect(watched.fact("Debt")).to_have_text("0 USDC")
        await watched.page.get_by_role("link", name="Back to the present").click()
        await expect(watched.fact("Debt")).to_contain_text("90,000")
        await expect(watched.page.get_by_text("This is the past")).to_have_count(0)


async def test_an_offer_is_shown_with_all_that_its_lender_signed(stage: Stage, line: OpenedLine) -> None:
    async with stage.visit() as watched:
        await watched.open(await address(stage, "/offers/{offer}", line))
        await expect(watched.fact("Lends at most")).to_have_text("100,000 USDC")
        await expect(watched.fact("Against, for all of it")).to_contain_text("WETH")
        await expect(watched.fact("Liquidated above")).to_contain_text("with a bonus of")
        assert watched.complaints == []


async def test_what_happened_on_a_line_is_told_with_its_amounts_the_newest_first(
    stage: Stage, line: OpenedLine
) -> None:
    async with stage.visit() as watched:
        await watched.open(f"/lines/{line.line_id}")
        rows = watched.page.get_by_role("table", name="Events").get_by_role("row")
        await expect(rows.filter(has_text="Drawn")).to_contain_text("90,000 USDC")
        await expect(rows.nth(1)).to_contain_text("Mandate registered")
        await expect(rows.last).to_contain_text("Opened")


async def test_on_a_phone_the_section_that_is_open_can_be_seen_in_the_bar(stage: Stage) -> None:
    async with stage.visit(size=PHONE) as watched:
        await watched.open("/health")
        here = watched.page.get_by_role("navigation", name="Sections").get_by_role("link", name="Health")
        await expect(here).to_be_in_viewport(ratio=1)


async def test_a_line_is_shown_as_it_would_be_at_another_price(stage: Stage, line: OpenedLine) -> None:
    async with stage.visit() as watched:
        await watched.open(f"/lines/{line.line_id}")
        await expect(watched.page.get_by_role("img", name="Debt over value: 45.")).to_be_visible()
        await expect(watched.fact("Health")).to_have_text("Healthy")
        price = watched.page.get_by_label("As it would be at a price, USDC")
        await price.fill("100.5")
        await price.press("Enter")
        await expect(watched.fact("Health")).to_have_text("Can be liquidated")
        await expect(watched.page.get_by_text("This has not happened: The line as it would be at")).to_be_visible()
        assert "price=100.5" in watched.page.url
        await price.fill("a lot")
        await price.press("Enter")
        await expect(watched.page.get_by_text("Write a number such as 1250.5.")).to_be_visible()
        assert watched.complaints == []


async def address(stage: Stage, place: str, line: OpenedLine) -> str:
    offers = await stage.cast.service.get("/v1/offers")
    feeds = await stage.cast.service.get("/v1/feeds")
    return place.format(line=line.line_id, offer=offers["items"][0]["offer_hash"], feed=feeds["items"][0]["address"])
