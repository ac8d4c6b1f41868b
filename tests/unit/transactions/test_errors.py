"""A node's refusal becomes one of five kinds."""

import pytest

from orchestrator.chain.contracts import Contract, load_abi
from orchestrator.chain.rpc import RpcRefused, RpcTimeout, RpcUnreachable
from orchestrator.transactions.errors import (
    ALREADY_DONE_ERRORS,
    ErrorKind,
    TransactionError,
    classify_broadcast,
    classify_simulation,
    is_poor,
    revert_data,
)

TRIGGER = Contract(
    "RepayTrigger",
    [
        {"type": "error", "name": "PeriodClosed", "inputs": [{"name": "period", "type": "uint256"}]},
        {"type": "error", "name": "NothingPaid", "inputs": []},
    ],
)


def refused(reason: str, code: int = -32000, data: object = None) -> RpcRefused:
    return RpcRefused("http://node", code, reason, data)


def encoded(name: str, *values: int) -> str:
    signature = next(item for item in TRIGGER._errors.values() if item.name == name)
    return "0x" + signature.selector.hex() + b"".join(value.to_bytes(32, "big") for value in values).hex()


@pytest.mark.parametrize(
    "reason",
    ["already known", "transaction already imported", "ALREADY_EXISTS: already known", "known transaction: 0xabc"],
)
def test_a_node_that_has_the_transaction_already_refused_nothing(reason: str) -> None:
    assert classify_broadcast(refused(reason)) is None


@pytest.mark.parametrize(
    "reason", ["nonce too low: next nonce 7, tx nonce 3", "nonce too low", "OldNonce", "Nonce is too low"]
)
def test_pitfall_32_a_used_nonce_is_a_kind_of_its_own_and_no_fault_of_the_provider(reason: str) -> None:
    error = classify_broadcast(refused(reason))
    assert error == TransactionError(ErrorKind.NONCE, reason)


@pytest.mark.parametrize("code", [-32000, -32602])
@pytest.mark.parametrize(
    "reason", ["replacement transaction underpriced", "transaction underpriced", "FeeTooLow, fee too low"]
)
def test_pitfall_31_underpriced_is_answered_with_patience_never_with_another_nonce(reason: str, code: int) -> None:
    """Also by a node that takes too small a fee for a wrong parameter."""
    error = classify_broadcast(refused(reason, code))
    assert error is not None
    assert error.kind is ErrorKind.RETRY


def test_a_signer_without_money_is_waited_for() -> None:
    error = refused("insufficient funds for gas * price + value: balance 0")
    assert is_poor(error)
    assert not is_poor(RpcUnreachable("http://node", "insufficient funds"))
    kind = classify_broadcast(error)
    assert kind is not None
    assert kind.kind is ErrorKind.RETRY


@pytest.mark.parametrize("error", [RpcTimeout("http://node", 10), RpcUnreachable("http://node", "ConnectError")])
def test_silence_says_nothing_against_a_transaction(error: RpcUnreachable) -> None:
    kind = classify_broadcast(error)
    assert kind is not None
    assert kind.kind is ErrorKind.RETRY
    assert classify_simulation(error, TRIGGER).kind is ErrorKind.RETRY


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("intrinsic gas too low", -32000),
        ("tx gas limit exceeds block gas limit", -32000),
        ("invalid chain id for signer", -32000),
        ("the method eth_sendRawTransaction does not exist", -32601),
        ("failed to decode signed transaction", -32602),
    ],
)
def test_what_no_repetition_helps_is_fatal(reason: str, code: int) -> None:
    error = classify_broadcast(refused(reason, code))
    assert error is not None
    assert error.kind is ErrorKind.FATAL


def test_a_revert_is_put_into_words_with_its_values() -> None:
    error = classify_simulation(refused("execution reverted", 3, encoded("NothingPaid")), TRIGGER)
    assert error == TransactionError(ErrorKind.REVERT, "NothingPaid()")


def test_a_refusal_of_what_is_done_already_is_told_apart() -> None:
    error = classify_simulation(refused("execution reverted", 3, encoded("PeriodClosed", 7)), TRIGGER)
    assert error == TransactionError(ErrorKind.ALREADY_DONE, "PeriodClosed(period=7)")


def test_every_error_that_means_done_is_one_of_our_contracts() -> None:
    known = {
        item["name"] for name in ("RepayTrigger", "CreditVault") for item in load_abi(name) if item["type"] == "error"
    }
    assert known >= ALREADY_DONE_ERRORS


def test_a_revert_without_data_and_an_unknown_one_are_reverts() -> None:
    assert classify_simulation(refused("execution reverted"), TRIGGER).kind is ErrorKind.REVERT
    unknown = classify_simulation(refused("execution reverted", 3, "0xdeadbeef"), TRIGGER)
    assert unknown == TransactionError(ErrorKind.REVERT, "unknown error 0xdeadbeef")


def test_a_node_that_lacks_the_block_is_asked_again_and_one_that_lacks_the_method_is_not() -> None:
    assert classify_simulation(refused("header not found"), TRIGGER).kind is ErrorKind.RETRY
    assert classify_simulation(refused("method not found", -32601), TRIGGER).kind is ErrorKind.FATAL


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("0xdeadbeef", b"\xde\xad\xbe\xef"),
        ("Reverted 0xdeadbeef", b"\xde\xad\xbe\xef"),
        ({"data": "0xdeadbeef"}, b"\xde\xad\xbe\xef"),
        ({"output": "0xdeadbeef"}, b"\xde\xad\xbe\xef"),
        (None, b""),
        ("no hex", b""),
        (17, b""),
    ],
)
def test_revert_data_is_found_wherever_nodes_put_it(data: object, found: bytes) -> None:
    assert revert_data(refused("execution reverted", 3, data)) == found
