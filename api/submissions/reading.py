"""What a signed transaction is: who signed it, for which chain, and which function of our contracts it calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import rlp
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from api.prepare.erc20 import ERC20
from api.problems import Problem
from api.submissions.problems import FOREIGN_TRANSACTION, MALFORMED_TRANSACTION
from api.wire import BIGINT_MAX, checksum
from orchestrator.chain.book import AddressBook
from orchestrator.chain.contracts import Contract, load_contract
from orchestrator.chain.quantities import integer
from orchestrator.chain.words import UndecodableData

_LEGACY_FIELDS: Final = ("nonce", "gasPrice", "gas", "to", "value", "data", "v", "r", "s")
_FIRST_LIST_BYTE: Final = 0xC0


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction whose sender is known. ``to`` is None where it would create a contract."""

    tx_hash: str
    sender: str
    chain_id: int | None
    nonce: int
    to: str | None
    value_wei: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Purpose:
    """What it calls. ``line_id`` where the function is of one line."""

    function: str
    line_id: int | None


def read_signed(raw: bytes) -> Signed:
    """Raises Problem for bytes that no node would take."""
    try:
        sender = Account.recover_transaction(raw)
        fields = _legacy(raw) if raw[0] >= _FIRST_LIST_BYTE else TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        to = bytes(fields["to"])
        return Signed(
            tx_hash="0x" + keccak(raw).hex(),
            sender=sender,
            chain_id=fields.get("chainId"),
            nonce=int(fields["nonce"]),
            to=checksum(to) if to else None,
            value_wei=int(fields["value"]),
            data=bytes(fields["data"]),
        )
    except Exception as error:  # the libraries raise whatever the malformed bytes lead them to
        raise Problem(MALFORMED_TRANSACTION, "no sender can be recovered from these bytes") from error


def read_sent(found: Mapping[str, Any]) -> Signed:
    """The same from a node's answer to ``eth_getTransactionByHash``."""
    return Signed(
        tx_hash=str(found["hash"]).lower(),
        sender=checksum(str(found["from"])),
        chain_id=integer(found["chainId"]) if found.get("chainId") else None,
        nonce=integer(found["nonce"]),
        to=checksum(str(found["to"])) if found.get("to") else None,
        value_wei=integer(found["value"]),
        data=bytes.fromhex(str(found["input"])[2:]),
    )


def purpose_of(signed: Signed, book: AddressBook) -> Purpose:
    """Raises Problem unless the transaction is a call of one of our contracts, or an approval for one, on our chain."""
    if signed.chain_id != book.chain_id:
        raise _foreign(f"it is for chain {signed.chain_id}, this is chain {book.chain_id}")
    if signed.value_wei:
        raise _foreign(f"it sends {signed.value_wei} wei, and none of our contracts takes ether")
    contracts: dict[str, Contract] = {
        book.vault: load_contract("CreditVault"),
        book.trigger: load_contract("RepayTrigger"),
    }
    tokens = {token for market in book.markets for token in (market.loan_token, market.collateral_token)}
    if signed.to is not None and signed.to in contracts:
        return _call_of(contracts[signed.to], signed)
    if signed.to in tokens:
        return _approval_of(signed, set(contracts))
    raise _foreign(f"it goes to {signed.to or 'no address'}, which is no contract of this deployment")


def _call_of(contract: Contract, signed: Signed) -> Purpose:
    function = contract.function_name(signed.data)
    if function is None:
        raise _foreign("it calls no function that the contract has")
    try:
        arguments = contract.decode_call(function, signed.data)
    except UndecodableData as error:
        raise _foreign("its calldata is malformed") from error
    line_id = arguments.get("id")
    return Purpose(function, line_id if isinstance(line_id, int) and line_id <= BIGINT_MAX else None)


def _approval_of(signed: Signed, spenders: set[Any]) -> Purpose:
    try:
        spender = ERC20.decode_call("approve", signed.data)["argument0"]
    except UndecodableData as error:
        raise _foreign("of tokens only approvals are passed on") from error
    if checksum(str(spender)) not in spenders:
        raise _foreign(f"it approves {spender}, which is no contract of this deployment")
    return Purpose("approve", None)


def _legacy(raw: bytes) -> dict[str, Any]:
    """EIP-155 puts the chain into v."""
    fields: dict[str, Any] = dict(zip(_LEGACY_FIELDS, rlp.decode(raw), strict=True))
    numbers = {name: int.from_bytes(fields[name], "big") for name in ("nonce", "value", "v")}
    protected = numbers["v"] >= 35
    return {**fields, **numbers, "chainId": (numbers["v"] - 35) // 2 if protected else None}


def _foreign(why: str) -> Problem:
    return Problem(FOREIGN_TRANSACTION, why)
