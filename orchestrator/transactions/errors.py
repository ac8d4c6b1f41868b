"""What a node's refusal means for a transaction: six kinds, each answered with what helps (pitfalls 31, 32).

- ``retry``: nothing is known against the transaction; the same again, later.
- ``already_done``: what it wants was done by somebody else, or is no longer wanted.
- ``nonce``: its nonce is used on the chain, by one of its own attempts or by a stranger. No fault of the provider.
- ``revert``: the contract refuses.
- ``fatal``: no repetition helps; a person must look.

- ``too_large``: it needs more gas than fits into one transaction; in parts it may go.

Two more kinds are our own decisions: ``unprofitable`` (the fee would not pay for the gas) and ``cancelled``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orchestrator.chain.contracts import Contract
from orchestrator.chain.rpc import RpcError, RpcRefused


class ErrorKind(StrEnum):
    """Column ``intents.error_kind``."""

    RETRY = "retry"
    ALREADY_DONE = "already_done"
    NONCE = "nonce"
    REVERT = "revert"
    FATAL = "fatal"
    TOO_LARGE = "too_large"
    UNPROFITABLE = "unprofitable"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TransactionError:
    """Why a transaction was not sent or mined as wanted. ``words`` are for people."""

    kind: ErrorKind
    words: str


ALREADY_DONE_ERRORS: Final = frozenset(
    {
        "PeriodClosed",
        "NotTriggered",
        "NothingDue",
        "LineClosed",
        "MandateIsRevoked",
        "MandateOver",
        "NotLiquidatable",
        "LineTerminated",
        "NotTerminable",
    }
)
"""Custom errors of our contracts that say that what was to be done to a line is no longer wanted."""

TOO_LARGE_ERRORS: Final = frozenset({"TooLittleGas"})
"""Custom errors of our contracts that say that a batch does not get through with the gas that a block has."""

# JSON-RPC itself: the request was malformed, or the node does not know the method.
_PROTOCOL_CODES: Final = frozenset({-32700, -32600, -32601, -32602})
_REVERTED: Final = 3

# Nodes have no common error codes for these, only words: geth, reth and erigon, nethermind, besu, anvil.
_KNOWN: Final = ("already known", "already imported", "alreadyknown", "known transaction", "already in mempool")
_NONCE_USED: Final = ("nonce too low", "oldnonce", "nonce is too low", "nonce has already been used")
_UNDERPRICED: Final = ("underpriced", "fee too low", "feetoolow", "max fee per gas less than block base fee")
_POOR: Final = ("insufficient funds", "insufficientfunds", "upfront cost exceeds", "exceeds transaction sender account")
_TOO_LARGE: Final = ("gas required exceeds allowance", "exceeds block gas limit", "gas limit too high", "out of gas")
_NEVER: Final = (
    "intrinsic gas too low",
    "intrinsic gas too high",
    "exceeds block gas limit",
    "invalid sender",
    "invalid chain id",
    "oversized data",
    "transaction type not supported",
    "gas limit too high",
)


def is_poor(error: RpcError) -> bool:
    """Whether the signer can't pay: the transaction stays wanted, and a person must send money."""
    return isinstance(error, RpcRefused) and _says(error, _POOR)


def classify_broadcast(error: RpcError) -> TransactionError | None:
    """What the answer to ``eth_sendRawTransaction`` means; None when the node has the transaction already.

    A transaction that is underpriced is replaced at the same nonce, never sent with another (pitfall 31).
    """
    if not isinstance(error, RpcRefused):
        return TransactionError(ErrorKind.RETRY, error.message)
    if _says(error, _KNOWN):
        return None
    if _says(error, _NONCE_USED):
        return TransactionError(ErrorKind.NONCE, error.reason)
    if error.code in _PROTOCOL_CODES and not _says(error, _UNDERPRICED + _POOR):
        return TransactionError(ErrorKind.FATAL, error.message)
    if _says(error, _NEVER):
        return TransactionError(ErrorKind.FATAL, error.reason)
    return TransactionError(ErrorKind.RETRY, error.reason)


def classify_simulation(error: RpcError, contract: Contract) -> TransactionError:
    """What the answer to a call or a gas estimate means. ``contract`` puts revert data into words."""
    if not isinstance(error, RpcRefused):
        return TransactionError(ErrorKind.RETRY, error.message)
    data = revert_data(error)
    if data:
        return classify_revert(data, contract)
    if _says(error, _TOO_LARGE):
        return TransactionError(ErrorKind.TOO_LARGE, error.reason)
    if error.code == _REVERTED or _says(error, ("revert", "invalid opcode")):
        return TransactionError(ErrorKind.REVERT, error.reason)
    if error.code in _PROTOCOL_CODES and not _says(error, _POOR):
        return TransactionError(ErrorKind.FATAL, error.message)
    return TransactionError(ErrorKind.RETRY, error.reason)


def classify_revert(data: bytes, contract: Contract) -> TransactionError:
    """What revert data means: our contracts refuse what is done already with errors of their own."""
    name, kind = contract.error_name(data), ErrorKind.REVERT
    if name in ALREADY_DONE_ERRORS:
        kind = ErrorKind.ALREADY_DONE
    elif name in TOO_LARGE_ERRORS:
        kind = ErrorKind.TOO_LARGE
    return TransactionError(kind, contract.decode_error(data))


def revert_data(error: RpcRefused) -> bytes:
    """The revert data in a node's error, in any of the places where nodes put it; empty when there is none."""
    data = error.data
    if isinstance(data, dict):
        data = data.get("data") or data.get("output")
    if not isinstance(data, str):
        return b""
    text = data.strip().removeprefix("Reverted ").removeprefix("0x")
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _says(error: RpcRefused, phrases: tuple[str, ...]) -> bool:
    reason = error.reason.lower()
    return any(phrase in reason for phrase in phrases)
