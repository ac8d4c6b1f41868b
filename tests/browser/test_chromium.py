"""The browser itself: without it no other test here means anything."""

from __future__ import annotations

from playwright.async_api import async_playwright

from tests.browser.chromium import launch

WIDTH_OF = """text => {
    const span = document.createElement("span")
    span.style.cssText = "font: 16px monospace"
    span.textContent = text
    document.body.append(span)
    return span.getBoundingClientRect().width
}"""


async def test_a_browser_starts_and_has_letters_to_write_with() -> None:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        try:
            page = await browser.new_page()
            narrow, wide = [await page.evaluate(WIDTH_OF, text) for text in ("iiii", "WWWW")]
            assert narrow == wide > 0
        finally:
            await browser.close()
