"""JSON forms of prepared transactions."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from api.wire import Address, DecimalString, Hash, Snapshotted, TokenAmount, WireModel


class Revert(WireModel):
    """Why the contract would refuse."""

    error: str = Field(description="The name of the contract's error, such as `BillUnpaid`; or what the node said.")
    detail: str = Field(description="The error with its values.")
    hint: str


class Simulation(WireModel):
    """What the transaction would do if it were mined now."""

    ok: bool
    result: Any = Field(description="What the function returns; integers as decimal strings.")
    revert: Revert | None
    block_number: int
    block_hash: Hash


class Allowance(WireModel):
    """What the transaction takes from its sender; it reverts where `approved` or `balance` is below `needed`."""

    spender: Address
    token: Address
    needed: TokenAmount
    approved: TokenAmount
    balance: TokenAmount


class PreparedTransaction(Snapshotted):
    """An unsigned transaction. Hand `from`, `to`, `data`, `value` and `gas` to the wallet; the service needs no key."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    action: str
    sender: Address = Field(alias="from")
    to: Address
    data: str
    value_wei: DecimalString
    gas_limit: int | None = Field(description="A fifth above the node's estimate; null for what would revert.")
    chain_id: int
    words: str = Field(description="What it does, for people to read before they sign.")
    simulation: Simulation
    allowances: list[Allowance]
