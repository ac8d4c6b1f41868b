"""A design held against a chain: what stands already, what is to be done, and what makes it impossible."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from orchestrator.chain.contracts import Contract, load_contract
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc, RpcRefused
from orchestrator.errors import CovenantError
from scripts.deploy.create2 import PROXY, PROXY_CODE
from scripts.deploy.declaration import BadDeclaration, Market
from scripts.deploy.design import Design, Planned


class CannotDeploy(CovenantError):
    """Something on the chain is not as the deployment needs it; nothing was sent."""


@dataclass(frozen=True, slots=True)
class PlannedMarket:
    """`id` is what the vault gave it; None if the vault does not have it yet."""

    market: Market
    oracle: ChecksumAddress
    id: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left to do for a design to stand."""

    design: Design
    missing: tuple[Planned, ...]
    markets: tuple[PlannedMarket, ...]

    @property
    def vault_stands(self) -> bool:
        return all(contract.address != self.design.vault for contract in self.missing)

    @property
    def done(self) -> bool:
        return not self.missing and all(market.id is not None for market in self.markets)


async def make_plan(design: Design, rpc: JsonRpc) -> Plan:
    """Asks the chain; sends nothing.

    Raises:
        CannotDeploy: another chain, no deployment proxy, or foreign code at one of our addresses.
        BadDeclaration: a token or feed is not what the declaration says.
    """
    await _check_chain(design, rpc)
    await _check_proxy(rpc)
    await asyncio.gather(_check_tokens(design, rpc), _check_feeds(design, rpc))
    missing = await _missing(design, rpc)
    markets = await _markets(design, rpc, vault_stands=design.vault not in {one.address for one in missing})
    return Plan(design, missing, markets)


async def read(rpc: JsonRpc, contract: Contract, address: str, function: str, *args: Any) -> Any:
    """The result of a view function at the latest block. Raises RpcRefused when it reverts."""
    call = {"to": address, "data": "0x" + contract.encode_call(function, *args).hex()}
    return contract.decode_result(function, await rpc.call("eth_call", [call, "latest"]))


async def code_at(rpc: JsonRpc, addresses: Sequence[str]) -> list[bytes]:
    """Runtime code at the latest block; empty where there is none."""
    codes = await rpc.batch([("eth_getCode", [address, "latest"]) for address in addresses])
    return [bytes.fromhex(code.removeprefix("0x")) for code in codes]


async def _check_chain(design: Design, rpc: JsonRpc) -> None:
    wanted, found = design.declaration.chain_id, integer(await rpc.call("eth_chainId"))
    if found != wanted:
        raise CannotDeploy(
            f"the declaration is for chain {wanted}, and {rpc.provider} is chain {found}",
            "set RPC_URL to a node of the declared chain, or name another network",
        )


async def _check_proxy(rpc: JsonRpc) -> None:
    (code,) = await code_at(rpc, [PROXY])
    if not code:
        raise CannotDeploy(
            f"this chain has no deterministic deployment proxy at {PROXY}",
            "send its presigned transaction first: github.com/Arachnid/deterministic-deployment-proxy tells how",
        )
    if code != PROXY_CODE:
        raise CannotDeploy(
            f"what stands at {PROXY} is not the deterministic deployment proxy", "this chain cannot be deployed to"
        )


async def _check_tokens(design: Design, rpc: JsonRpc) -> None:
    erc20 = load_contract("LocalToken")
    for symbol, token in design.declaration.tokens.items():
        try:
            decimals = await read(rpc, erc20, token.address, "decimals")
        except (RpcRefused, ValueError):
            raise BadDeclaration(
                f"[tokens.{symbol}]: there is no ERC-20 with decimals at {token.address}", "correct the address"
            ) from None
        if decimals != token.decimals:
            raise BadDeclaration(
                f"[tokens.{symbol}] declares {token.decimals} decimals, the token says {decimals}",
                "correct one of both",
            )


async def _check_feeds(design: Design, rpc: JsonRpc) -> None:
    aggregator = load_contract("AggregatorV3")
    for pair, feed in design.declaration.feeds.items():
        try:
            decimals = await read(rpc, aggregator, feed.address, "decimals")
        except (RpcRefused, ValueError):
            raise BadDeclaration(
                f'[feeds."{pair}"]: there is no Chainlink-shaped feed at {feed.address}', "correct the address"
            ) from None
        if decimals != feed.decimals:
            raise BadDeclaration(
                f'[feeds."{pair}"] declares {feed.decimals} decimals, the feed says {decimals}', "correct one of both"
            )


async def _missing(design: Design, rpc: JsonRpc) -> tuple[Planned, ...]:
    planned = tuple(design.contracts.values())
    missing = []
    for one, code in zip(planned, await code_at(rpc, [one.address for one in planned]), strict=True):
        if not code:
            missing.append(one)
        elif not one.artifact.made(code):
            raise CannotDeploy(
                f"other code than {one.name}'s stands at {one.address}", "change `salt` in the declaration"
            )
    return tuple(missing)


async def _markets(design: Design, rpc: JsonRpc, *, vault_stands: bool) -> tuple[PlannedMarket, ...]:
    declaration, vault = design.declaration, load_contract("CreditVault")
    found = []
    for market in declaration.markets:
        oracle = design.oracle(market)
        tokens = (declaration.tokens[market.loan].address, declaration.tokens[market.collateral].address)
        market_id = await read(rpc, vault, design.vault, "marketIdOf", *tokens, oracle) if vault_stands else 0
        if market_id:
            stands = await read(rpc, vault, design.vault, "market", market_id)
            if stands["minDebt"] != declaration.min_debt(market):
                raise CannotDeploy(
                    f"market {market.name} stands with a minimum debt of {stands['minDebt']} base units, "
                    f"{declaration.min_debt(market)} is declared",
                    "markets never change: correct the declaration",
                )
            assert to_checksum_address(stands["oracle"]) == oracle
        found.append(PlannedMarket(market, oracle, market_id or None))
    return tuple(found)
