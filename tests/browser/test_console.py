"""The console's pages before the running stack: they move with the chain, and everybody can read them."""

from __future__ import annotations

from typing import Any, Final, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from scripts.local.deals import OpenedLine
from tests.browser.chromium import ROOT
from tests.browser.market import BEFORE_IT_FIRES, WHERE_IT_FIRES, begin, price_moves_to
from tests.browser.stage import DESK, PHONE, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

PAGES: Final = (
    "/", "/lines", "/lines/{line}", "/offers", "/offers/{offer}", "/feeds", "/feeds/{feed}", "/triggers",
    "/transactions", "/reconciliation", "/alerts", "/health",
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(stage: Stage) -> OpenedLine:
    return await begin(stage)


async def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2, level AA. By the debugger's hand: the page's own policy lets no script in."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return [f"{finding['id']}: {node['html']}" for finding in found["violations"] for node in finding["nodes"]]


async def test_a_price_falls_and_the_repayment_arrives_without_a_reload(stage: Stage, line: OpenedLine) -> None:
    async with stage.visit() as watched:
        await watched.open(f"/lines/{line.line_id}")
        await expect(watched.page.get_by_text("Nothing was paid yet.")).to_be_visible()
        await watched.page.evaluate("() => { window.isTheSameVisit = true }")
        await price_moves_to(stage, BEFORE_IT_FIRES)
        await expect(watched.page.locator("main")).to_contain_text("190")
        await price_moves_to(stage, WHERE_IT_FIRES)
        payments = watched.page.get_by_role("table", name="Payments")
        await expect(payments).to_contain_text("Reserve", timeout=20_000)
        assert await watched.page.evaluate("window.isTheSameVisit")
        assert watched.complaints == []


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


async def address(stage: Stage, place: str, line: OpenedLine) -> str:
    offers = await stage.cast.service.get("/v1/offers")
    feeds = await stage.cast.service.get("/v1/feeds")
    return place.format(line=line.line_id, offer=offers["items"][0]["offer_hash"], feed=feeds["items"][0]["address"])
