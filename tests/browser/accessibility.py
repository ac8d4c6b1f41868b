"""Whether everybody can read a page: axe, against WCAG 2 at level AA."""

from __future__ import annotations

from typing import Any, Final

from playwright.async_api import Page

from tests.browser.chromium import ROOT

AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


async def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2, level AA. By the debugger's hand: the page's own policy lets no script in."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return [f"{finding['id']}: {node['html']}" for finding in found["violations"] for node in finding["nodes"]]
