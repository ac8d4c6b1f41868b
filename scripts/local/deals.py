"""What a lender and a borrower of a local chain do with each other: offer, line, mandates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.chain.typed_data import OFFER, Message, mandate_data, offer_data, wire_message
from orchestrator.credit.mandate import Mandate
from orchestrator.credit.offer import Offer
from scripts.deploy.wallet import Receipt
from scripts.local.people import Contracts, Person
from scripts.local.service import Service

UNLIMITED: Final = 2**256 - 1


@dataclass(frozen=True, slots=True)
class SignedOffer:
    """An offer with its lender's signature: whoever has both can open a line."""

    message: Message
    signature: bytes
    offer_hash: str


@dataclass(frozen=True, slots=True)
class OpenedLine:
    """A line that was opened, and the transaction that did it."""

    line_id: int
    collateral: int
    origination_fee: int
    receipt: Receipt


async def get_ready(contracts: Contracts, lender: Person, borrower: Person) -> None:
    """The permissions that both give once: tokens to the vault, and the borrower's payments to the trigger."""
    vault, trigger = contracts.vault.address, contracts.trigger.address
    await lender.call("approving USDC", contracts.usdc, "approve", vault, UNLIMITED)
    await borrower.call("approving USDC", contracts.usdc, "approve", vault, UNLIMITED)
    await borrower.call("approving WETH", contracts.weth, "approve", vault, UNLIMITED)
    await borrower.call("letting the trigger pay", contracts.vault, "setOperator", trigger, True)


async def give_usdc(contracts: Contracts, person: Person, amount: int) -> None:
    """Local USDC costs nothing."""
    await person.call("minting USDC", contracts.usdc, "mint", person.address, amount)


async def give_weth(contracts: Contracts, person: Person, amount: int) -> None:
    """Local ether costs nothing; it is wrapped as anywhere."""
    await person.call("wrapping ether", contracts.weth, "deposit", value_wei=amount)


def sign_offer(contracts: Contracts, lender: Person, offer: Offer) -> SignedOffer:
    typed = offer_data(offer, lender.wallet.chain_id, contracts.vault.address)
    return SignedOffer(typed.message, lender.sign(typed), typed.struct_hash())


async def post_offer(service: Service, contracts: Contracts, chain_id: int, offer: SignedOffer) -> None:
    """Puts the offer into the API's order book. Raises ServiceRefused."""
    posted = await service.post(
        "/v1/offers",
        {
            "chain_id": chain_id,
            "vault": contracts.vault.address,
            "offer": wire_message(OFFER, offer.message),
            "signature": "0x" + offer.signature.hex(),
        },
    )
    assert posted["offer_hash"] == offer.offer_hash


async def open_line(contracts: Contracts, borrower: Person, offer: SignedOffer, amount: int) -> OpenedLine:
    """Opens a line of `amount` under the offer. Raises TransactionFailed."""
    arguments = (offer.message, offer.signature, amount, borrower.wallet.address)
    receipt = await borrower.call("opening the line", contracts.vault, "open", *arguments)
    (opened,) = contracts.vault.events(receipt, "Opened")
    return OpenedLine(int(opened["id"]), int(opened["collateral"]), int(opened["originationFee"]), receipt)


async def register(contracts: Contracts, borrower: Person, mandate: Mandate) -> str:
    """Signs and registers a mandate; returns its hash. Raises TransactionFailed."""
    typed = mandate_data(mandate, borrower.wallet.chain_id, contracts.trigger.address)
    signature = borrower.sign(typed)
    await borrower.call("registering a mandate", contracts.trigger, "register", typed.message, signature)
    return typed.struct_hash()
