"""Somebody with a wallet at the console, and what such a person does there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from playwright.async_api import Page, expect

from scripts.local.people import Person
from tests.browser.stage import Stage, Watched
from tests.browser.wallet import BrowserWallet

MOST_TABS: Final = 80
"""More than any of our pages has places to stop at."""

FOCUSED: Final = """() => {
  const { labels, textContent } = document.activeElement
  return (labels?.[0] ?? { textContent }).textContent
}"""


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody at a page that has the wallet's parts."""

    watched: Watched
    wallet: BrowserWallet

    @property
    def page(self) -> Page:
        return self.watched.page

    async def sign_in(self) -> None:
        await self.click("Sign in")
        await self.click("Sign in with Test Wallet")

    async def click(self, label: str) -> None:
        await self.page.get_by_role("button", name=label, exact=True).click()

    async def wish(self, action: str, **fields: str) -> None:
        """Chooses an action, fills in its fields by the beginning of their labels, and asks what it does."""
        await self.click(action)
        for label, text in fields.items():
            await self.page.get_by_label(label.replace("_", " ")).fill(text)
        await self.click(f"{action}: see what it does")

    async def send(self) -> None:
        """Agrees to what was wished for, with all the approvals that it needs, until it is mined."""
        send = self.page.get_by_role("button", name="Send with the wallet")
        mined = self.page.get_by_text("Mined in block")
        await expect(send.or_(mined)).to_be_visible()
        while not await mined.is_visible():
            await send.click()
            await expect(send.or_(mined)).to_be_visible()

    async def reads(self, text: str) -> None:
        await expect(self.page.locator("body")).to_contain_text(text)

    async def offers(self, action: str, *, is_there: bool = True) -> None:
        await expect(self.page.get_by_role("button", name=action, exact=True)).to_have_count(int(is_there))

    async def tab_to(self, label: str) -> None:
        """Goes on with the keyboard until a button, a link or a field with this label has the focus."""
        for _ in range(MOST_TABS):
            await self.page.keyboard.press("Tab")
            if (await self.page.evaluate(FOCUSED)).startswith(label):
                return
        raise AssertionError(f"the keyboard does not come to {label!r}")

    async def press(self, label: str) -> None:
        """The same, and Enter."""
        await self.tab_to(label)
        await self.page.keyboard.press("Enter")


@asynccontextmanager
async def at_the_console(stage: Stage, person: Person, *, signed_in: bool = True) -> AsyncIterator[Desk]:
    """At the first page. Whatever went wrong in the page fails the test when the visit ends."""
    wallet = stage.wallet_of(person)
    async with stage.visit(wallet) as watched:
        desk = Desk(watched, wallet)
        await watched.open("/")
        if signed_in:
            await desk.sign_in()
            await desk.offers("Sign in", is_there=False)
        yield desk
        assert watched.complaints == []
