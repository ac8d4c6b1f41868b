"""Pictures of the console for its guide (`make screenshots`): each page of the running stack, on a desk and a phone."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import FloatRect, expect

from scripts.local.deals import OpenedLine
from tests.browser.chromium import ROOT
from tests.browser.market import WHERE_IT_FIRES, begin, price_moves_to
from tests.browser.stage import DESK, PHONE, Stage, open_stage

FOLDER: Final = ROOT / "docs" / "screenshots"
PAGES: Final = {
    "portfolio": "/",
    "lines": "/lines",
    "line": "/lines/{line}",
    "offers": "/offers",
    "offer": "/offers/{offer}",
    "feeds": "/feeds",
    "feed": "/feeds/{feed}",
    "triggers": "/triggers",
    "transactions": "/transactions",
    "reconciliation": "/reconciliation",
    "alerts": "/alerts",
    "health": "/health",
}
TALLEST: Final = 4_000
"""Pixels; below, a phone shows more rows of the same."""

BETWEEN_S: Final = 20 * 60
DRIFT: Final = (198, 203, 207, 201, 196, 199, 192, 188, 190, 183, 179, 181, 176, 171, 174)
"""In dollars, before the price falls to where a mandate fires."""


async def main() -> None:
    with tempfile.TemporaryDirectory() as logs:
        async with open_stage(Path(logs)) as stage:
            line = await begin(stage)
            await _live_a_while(stage, line)
            await _take(stage, line, "desk", DESK, "light")
            await _take(stage, line, "phone", PHONE, "dark")


async def _live_a_while(stage: Stage, line: OpenedLine) -> None:
    """Another offer stands in the book, the price drifts and falls, and a mandate repays."""
    await stage.post_offer(group=1)
    for dollars in DRIFT:
        await price_moves_to(stage, dollars * 10**8, after_s=BETWEEN_S)
    await price_moves_to(stage, WHERE_IT_FIRES, after_s=BETWEEN_S)
    async with stage.visit() as watched:
        await watched.open(f"/lines/{line.line_id}")
        await expect(watched.page.get_by_role("table", name="Payments")).to_contain_text("Reserve", timeout=60_000)


async def _take(
    stage: Stage, line: OpenedLine, name: str, size: tuple[int, int], colours: Literal["light", "dark"]
) -> None:
    feed = (await stage.cast.service.get("/v1/feeds"))["items"][0]["address"]
    offer = (await stage.cast.service.get("/v1/offers"))["items"][0]["offer_hash"]
    FOLDER.mkdir(exist_ok=True)
    async with stage.visit(size=size, colours=colours) as watched:
        for page, route in PAGES.items():
            await watched.open(route.format(line=line.line_id, feed=feed, offer=offer))
            await expect(watched.page.locator("main h1")).to_be_visible()
            await expect(watched.page.locator("main .loading")).to_have_count(0)
            height = await watched.page.evaluate("document.documentElement.scrollHeight")
            seen: FloatRect = {"x": 0, "y": 0, "width": size[0], "height": min(height, TALLEST)}
            await watched.page.screenshot(path=FOLDER / f"{page}-{name}.png", full_page=True, clip=seen)
            print(f"{page}-{name}.png")


if __name__ == "__main__":
    asyncio.run(main())
