"""Whether what stands on the chain is what was declared, asked of the contracts themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from orchestrator.chain.contracts import load_contract
from orchestrator.chain.rpc import JsonRpc
from orchestrator.errors import CovenantError
from scripts.deploy.adapter import oracle_config
from scripts.deploy.design import BUNDLER, DESCRIPTOR, READER, Design
from scripts.deploy.plan import code_at, read


class NotAsDeclared(CovenantError):
    """A contract that stands answers something else than what was declared."""


async def verify(design: Design, rpc: JsonRpc) -> None:
    """Compares the code and the answers of every contract of the design.

    Raises:
        NotAsDeclared: with the first difference.
    """
    contracts = list(design.contracts.values())
    for contract, code in zip(contracts, await code_at(rpc, [one.address for one in contracts]), strict=True):
        if not contract.artifact.made(code):
            raise NotAsDeclared(
                f"the code at {contract.address} is not {contract.name}'s", "run `covenant deploy` again"
            )
    async for what, wanted, found in _answers(design, rpc):
        if _comparable(wanted) != _comparable(found):
            raise NotAsDeclared(
                f"{what} answers {found}, and {wanted} was declared",
                "correct the declaration, or deploy with another `salt`",
            )


async def _answers(design: Design, rpc: JsonRpc) -> AsyncIterator[tuple[str, Any, Any]]:
    vault, nft, trigger = (load_contract(name) for name in ("CreditVault", "CreditLineNFT", "RepayTrigger"))
    adapter, reader, bundler = (load_contract(name) for name in ("OracleAdapter", READER, BUNDLER))
    declaration = design.declaration
    yield "the vault's owner", declaration.owner, await read(rpc, vault, design.vault, "owner")
    yield "the vault's guardian", declaration.guardian, await read(rpc, vault, design.vault, "guardian")
    yield "the vault's nft", design.nft, await read(rpc, vault, design.vault, "nft")
    yield "the nft's vault", design.vault, await read(rpc, nft, design.nft, "vault")
    yield (
        "the nft's descriptor",
        design.contracts[DESCRIPTOR].address,
        await read(rpc, nft, design.nft, "descriptor"),
    )
    yield "the trigger's vault", design.vault, await read(rpc, trigger, design.trigger, "vault")
    yield "the reader's vault", design.vault, await read(rpc, reader, design.contracts[READER].address, "vault")
    yield "the bundler's vault", design.vault, await read(rpc, bundler, design.contracts[BUNDLER].address, "vault")
    yield (
        "the bundler's Permit2",
        declaration.permit2,
        await read(rpc, bundler, design.contracts[BUNDLER].address, "permit2"),
    )
    for market in declaration.markets:
        found = await read(rpc, adapter, design.oracle(market), "config")
        yield f"the oracle of {market.name}", oracle_config(declaration, market), found


def _comparable(value: Any) -> Any:
    """Addresses are written in more than one case."""
    if isinstance(value, Mapping):
        return {key: _comparable(item) for key, item in value.items()}
    return value.lower() if isinstance(value, str) else value
