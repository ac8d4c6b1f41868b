"""Doing what a plan says is left, in an order in which every stop leaves something that the next run goes on from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from orchestrator.chain.contracts import load_contract
from orchestrator.chain.rpc import JsonRpc
from scripts.deploy.create2 import PROXY
from scripts.deploy.declaration import Market
from scripts.deploy.design import Design
from scripts.deploy.plan import CannotDeploy, Plan, code_at
from scripts.deploy.wallet import Wallet

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class OwnerCall:
    """A transaction that only the vault's owner can send."""

    to: ChecksumAddress
    data: bytes
    words: str


def owner_calls(plan: Plan) -> tuple[OwnerCall, ...]:
    """What creates the markets that the vault does not have yet."""
    return tuple(_create_market(plan.design, market.market) for market in plan.markets if market.id is None)


async def apply(plan: Plan, wallet: Wallet, announce: Announce) -> None:
    """Deploys what is missing and, if the wallet is the owner's, creates the missing markets.

    Raises:
        TransactionFailed, CannotDeploy: what was done until then stays and is kept by the next run.
    """
    for contract in plan.missing:
        if contract.creation is None:
            continue
        receipt = await wallet.send(f"deploying {contract.name}", PROXY, plan.design.salt + contract.creation)
        if not await _stands(wallet.rpc, contract.address):
            raise CannotDeploy(
                f"{contract.name} is not at {contract.address} after {receipt.tx_hash}: its constructor refused",
                "check the declaration's addresses and bounds",
            )
        announce(f"{contract.name} deployed at {contract.address}")
    if wallet.address == plan.design.declaration.owner:
        for call in owner_calls(plan):
            await wallet.send(call.words, call.to, call.data)
            announce(call.words)


def _create_market(design: Design, market: Market) -> OwnerCall:
    declaration = design.declaration
    arguments = (
        declaration.tokens[market.loan].address,
        declaration.tokens[market.collateral].address,
        design.oracle(market),
        declaration.min_debt(market),
    )
    data = load_contract("CreditVault").encode_call("createMarket", *arguments)
    return OwnerCall(design.vault, data, f"create market {market.name} with a minimum debt of {market.min_debt:f}")


async def _stands(rpc: JsonRpc, address: ChecksumAddress) -> bool:
    (code,) = await code_at(rpc, [address])
    return bool(code)
