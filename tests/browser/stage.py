"""What the tests of the console look at: the whole stack on a market, its people, and a browser before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, async_playwright

from orchestrator.chain.quantities import quantity
from orchestrator.credit.units import Bps, CollateralWei, PriceE36, Timestamp, Wei
from scripts.demo.cast import Cast, open_cast
from scripts.demo.stack import Stack, open_stack
from scripts.local.deals import SignedOffer, give_usdc, give_weth, post_offer, sign_offer
from scripts.local.people import Person
from scripts.local.rounds import chain_now
from scripts.local.terms import USDC, WETH, Deal, Parties
from tests.browser.chromium import launch
from tests.browser.wallet import BrowserWallet

FIRST_ANSWER: Final = 200 * 10**8
DESK: Final = (1280, 900)
PHONE: Final = (390, 844)

ETHER: Final = 10**18
UNLIMITED: Final = 2**256 - 1

DEAL: Final = Deal(
    limit=Wei(100_000 * USDC),
    drawn=Wei(90_000 * USDC),
    ltv_at_draw_bps=Bps(4_500),
    reserve=Wei(20_000 * USDC),
    reserve_cap=Wei(20_000 * USDC),
    in_kind_cap=CollateralWei(100 * WETH),
    bill_cap=Wei(5_000 * USDC),
)
"""At 200 dollars, 1,000 WETH secure a line of 100,000 USDC."""


@dataclass
class Watched:
    """A page, and what went wrong in it: errors in its console, requests that failed or that left its origin."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._check_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._check_origin(request.url))
        self.page.on("response", lambda response: self._check_status(response.status, response.url))

    async def open(self, route: str) -> None:
        await self.page.goto(f"{self.origin}/console#{route}")

    def fact(self, term: str) -> Locator:
        """What stands beside a term of a list of facts."""
        return self.page.locator(".facts div").filter(has=self.page.get_by_text(term, exact=True)).locator("dd").first

    def _check_console(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def _check_origin(self, url: str) -> None:
        if not url.startswith((f"{self.origin}/", "data:")):
            self.complaints.append(f"asks another host: {url}")

    def _check_status(self, status: int, url: str) -> None:
        if status >= 400:
            self.complaints.append(f"{status} of {url}")


@dataclass(frozen=True, slots=True)
class Stage:
    """The running stack with its people, and the browser."""

    stack: Stack
    cast: Cast
    browser: Browser

    @asynccontextmanager
    async def visit(
        self,
        wallet: BrowserWallet | None = None,
        *,
        size: tuple[int, int] = DESK,
        colours: Literal["light", "dark"] = "light",
    ) -> AsyncIterator[Watched]:
        """A visitor with a browser profile of its own, and a wallet if it has one."""
        width, height = size
        context: BrowserContext = await self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=colours, reduced_motion="reduce", locale="en-GB"
        )
        try:
            if wallet is not None:
                await wallet.install(context)
            yield Watched(await context.new_page(), self.stack.api_url)
        finally:
            await context.close()

    def wallet_of(self, person: Person) -> BrowserWallet:
        chain_id = self.cast.book.chain_id
        return BrowserWallet(person, self.cast.rpc, chain_id, knows_chains={chain_id})

    async def post_offer(self, *, group: int = 0) -> SignedOffer:
        """The lender has the money, lets the vault take it, and offers it to the borrower through the API."""
        cast, contracts = self.cast, self.cast.contracts
        await give_usdc(contracts, cast.lender, DEAL.limit)
        await cast.lender.call("approving USDC", contracts.usdc, "approve", contracts.vault.address, UNLIMITED)
        price = PriceE36(await contracts.oracle.read(cast.rpc, "measuringPrice"))
        parties = Parties(
            cast.lender.address,
            cast.borrower.address,
            contracts.usdc.address,
            contracts.weth.address,
            contracts.oracle.address,
        )
        offer = DEAL.offer(parties, price, Timestamp(await chain_now(cast.rpc)), group)
        signed = sign_offer(contracts, cast.lender, offer)
        await post_offer(cast.service, contracts, cast.book.chain_id, signed)
        return signed

    async def provide_borrower(self) -> None:
        """What a borrower brings: collateral, dollars for the fee and the reserve, and ether for gas. No approvals."""
        cast, contracts = self.cast, self.cast.contracts
        collateral = DEAL.collateral_at(PriceE36(await contracts.oracle.read(cast.rpc, "measuringPrice")))
        wei = 2 * collateral + 1_000 * ETHER
        await cast.rpc.call("anvil_setBalance", [cast.borrower.address, quantity(wei)])
        await give_weth(contracts, cast.borrower, collateral)
        await give_usdc(contracts, cast.borrower, DEAL.limit)


@asynccontextmanager
async def open_stage(logs: Path) -> AsyncIterator[Stage]:
    async with (
        open_stack(logs=logs, first_answer=FIRST_ANSWER) as stack,
        open_cast(stack) as cast,
        async_playwright() as playwright,
    ):
        browser = await launch(playwright)
        try:
            yield Stage(stack, cast, browser)
        finally:
            await browser.close()
