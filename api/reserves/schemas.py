"""JSON forms of the proof of reserves."""

from __future__ import annotations

from pydantic import Field

from api.lines.schemas import Token
from api.wire import Address, Snapshotted, TokenAmount, WireModel


class TokenReserves(WireModel):
    """What the lines have in the vault in one token, and what the token says that the vault has."""

    token: Token
    undrawn: TokenAmount
    reserve: TokenAmount
    collateral: TokenAmount
    claims: TokenAmount
    owed: TokenAmount = Field(description="The four together: what the vault must be able to pay out.")
    balance: TokenAmount | None = Field(description="The token's `balanceOf` the vault at the snapshot's block.")
    surplus: TokenAmount | None = Field(description="`balance` less `owed`: what no line brought to the vault.")
    covered: bool | None = Field(description="Whether `balance` is at least `owed`; null when no node tells.")


class Reserves(Snapshotted):
    """Proof of reserves: sums of the mirror against balances of the chain, both at one block."""

    vault: Address
    covered: bool | None = Field(description="Whether every token is; null when that cannot be said of one.")
    balance_unavailable: str | None = Field(description="Why there are no balances; null when there are.")
    tokens: list[TokenReserves]
