"""Who holds how much: nothing may appear or vanish while a line lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from eth_typing import ChecksumAddress

from orchestrator.chain.rpc import JsonRpc
from scripts.local.accounts import LocalAccounts, Role
from scripts.local.people import Contracts, Deployed


@dataclass(frozen=True, slots=True)
class Holdings:
    """Balances of one token by holder, and its total supply. Base units."""

    symbol: str
    balances: Mapping[str, int]
    supply: int

    @property
    def unaccounted(self) -> int:
        """What exists and none of the known holders has: not zero if somebody was paid who should not have been."""
        return self.supply - sum(self.balances.values())


@dataclass(frozen=True, slots=True)
class Holders:
    """Everybody who may hold a token of the demo, by name."""

    contracts: Contracts
    addresses: Mapping[str, ChecksumAddress]

    @classmethod
    def of(cls, contracts: Contracts, accounts: LocalAccounts) -> Self:
        people = {str(role): accounts.address(role) for role in Role}
        return cls(contracts, {**people, "vault": contracts.vault.address, "trigger": contracts.trigger.address})

    async def holdings(self, rpc: JsonRpc) -> dict[str, Holdings]:
        """By symbol, at the latest block."""
        tokens = {"USDC": self.contracts.usdc, "WETH": self.contracts.weth}
        return {symbol: await self._of_token(rpc, symbol, token) for symbol, token in tokens.items()}

    async def _of_token(self, rpc: JsonRpc, symbol: str, token: Deployed) -> Holdings:
        balances = {name: await token.read(rpc, "balanceOf", address) for name, address in self.addresses.items()}
        return Holdings(symbol, balances, await token.read(rpc, "totalSupply"))
