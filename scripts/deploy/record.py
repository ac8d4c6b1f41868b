"""What is written down of a deployment that stands: its address book."""

from __future__ import annotations

from eth_typing import ChecksumAddress
from eth_utils.crypto import keccak

from orchestrator.chain.book import AddressBook, BookMarket
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc, RpcRefused
from scripts.deploy.declaration import Declaration
from scripts.deploy.plan import CannotDeploy, Plan, PlannedMarket, code_at


async def make_book(plan: Plan, rpc: JsonRpc, deployed_block: int) -> AddressBook:
    """The book of a plan whose contracts all stand. Markets that still wait for the owner are left out."""
    declaration, contracts = plan.design.declaration, plan.design.contracts
    codes = await code_at(rpc, [contract.address for contract in contracts.values()])
    return AddressBook(
        chain_id=declaration.chain_id,
        deployed_block=deployed_block,
        contracts={name: contract.address for name, contract in contracts.items()},
        markets=tuple(sorted((_market(declaration, one) for one in plan.markets if one.id), key=lambda one: one.id)),
        tokens={symbol: token.address for symbol, token in declaration.tokens.items()},
        feeds=declaration.feeds,
        code_hashes={name: "0x" + keccak(code).hex() for name, code in zip(contracts, codes, strict=True)},
    )


async def first_block_of(address: ChecksumAddress, rpc: JsonRpc, since: int = 0) -> int:
    """The block, from `since` on, in which `address` got its code.

    Raises:
        CannotDeploy: the node has forgotten the state of old blocks.
    """
    low, high = since, integer(await rpc.call("eth_blockNumber"))
    while low < high:
        middle = (low + high) // 2
        try:
            code = await rpc.call("eth_getCode", [address, quantity(middle)])
        except RpcRefused:
            raise CannotDeploy(
                f"{rpc.provider} has forgotten the state of block {middle} and cannot tell when {address} was deployed",
                "use an archive node for this run, or give the block with --deployed-block",
            ) from None
        low, high = (low, middle) if len(code) > len("0x") else (middle + 1, high)
    return low


def _market(declaration: Declaration, planned: PlannedMarket) -> BookMarket:
    assert planned.id is not None
    market = planned.market
    loan, collateral = declaration.tokens[market.loan], declaration.tokens[market.collateral]
    return BookMarket(
        id=planned.id,
        loan_token=loan.address,
        collateral_token=collateral.address,
        oracle=planned.oracle,
        min_debt=declaration.min_debt(market),
        feeds=tuple(declaration.feeds[pair].address for pair in market.oracle.pairs()),
        loan_symbol=market.loan,
        collateral_symbol=market.collateral,
        loan_decimals=loan.decimals,
        collateral_decimals=collateral.decimals,
    )
