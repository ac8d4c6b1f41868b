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
    "/", "/lines", "/lines/{line}", "/offers", "/offers/{offer}", "/feeds", "/feeds/{feed}", "/triggers",
    "/transactions", "/reconciliation", "/alerts", "/health",
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


async def address(stage: Stage, place: str, line: OpenedLine) -> str:
    offers = await stage.cast.service.get("/v1/offers")
    feeds = await stage.cast.service.get("/v1/feeds")
    return place.format(line=line.line_id, offer=offers["items"][0]["offer_hash"], feed=feeds["items"][0]["address"])
