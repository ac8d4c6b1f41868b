"""Calls, events and errors by the committed ABIs."""

import pytest
from eth_hash.auto import keccak

from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.contracts import Contract, UnknownEvent, load_contract

VAULT = load_contract("CreditVault")
TRIGGER = load_contract("RepayTrigger")
OWNER = "0x" + "ab" * 20


def word(value: int) -> str:
    return f"0x{value:064x}"


def test_a_topic_is_the_hash_of_the_events_signature() -> None:
    assert VAULT.topic("Drawn") == "0x" + keccak(b"Drawn(uint256,address,uint96)").hex()


def test_an_event_has_its_arguments_by_name_indexed_or_not() -> None:
    topics = [VAULT.topic("Drawn"), word(7), word(int(OWNER, 16))]
    assert VAULT.decode_event(topics, word(5)) == ("Drawn", {"id": 7, "to": OWNER, "amount": 5})


def test_an_event_that_the_contract_does_not_have_is_refused() -> None:
    with pytest.raises(UnknownEvent, match="CreditVault has no event"):
        VAULT.decode_event([word(1)], b"")
    with pytest.raises(UnknownEvent, match="anonymous"):
        VAULT.decode_event([], b"")


def test_an_event_with_too_few_topics_is_refused() -> None:
    with pytest.raises(UndecodableData, match="Drawn has 2 indexed arguments, the log 1"):
        VAULT.decode_event([VAULT.topic("Drawn"), word(7)], word(5))


def test_a_call_can_be_read_back() -> None:
    calldata = VAULT.encode_call("draw", 7, 5, OWNER)
    assert calldata[:4] == keccak(b"draw(uint256,uint96,address)")[:4]
    assert VAULT.decode_call("draw", calldata) == {"id": 7, "amount": 5, "to": OWNER}
    with pytest.raises(UndecodableData, match="not a call of repay"):
        VAULT.decode_call("repay", calldata)


def test_several_results_are_a_tuple_and_one_is_itself() -> None:
    assert VAULT.decode_result("lineCount", word(3)) == 3
    assert VAULT.decode_result("owed", word(3) + word(4)[2:]) == (3, 4)


def test_an_error_is_shown_with_its_values() -> None:
    data = keccak(b"BeyondUndrawn(uint256,uint256)")[:4] + bytes(31) + b"\x05" + bytes(31) + b"\x03"
    assert VAULT.decode_error(data) == "BeyondUndrawn(amount=5, undrawn=3)"
    assert VAULT.error_name(data) == "BeyondUndrawn"


def test_errors_of_the_other_contracts_are_known_too() -> None:
    """A trigger's call can fail in the vault, and the other way round."""
    data = "0x" + (keccak(b"NoneFired()")[:4]).hex()
    assert VAULT.decode_error(data) == TRIGGER.decode_error(data) == "NoneFired()"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (None, "reverted without a reason"),
        (b"", "reverted without a reason"),
        (b"\x01\x02\x03\x04", "unknown error 0x01020304"),
        (bytes.fromhex("4e487b71") + bytes(31) + b"\x11", "arithmetic overflow"),
        (bytes.fromhex("4e487b71") + bytes(31) + b"\x99", "panic 0x99"),
        (bytes.fromhex("08c379a0") + bytes(31) + b"\x20" + bytes(31) + b"\x02" + b"no" + bytes(30), "no"),
        (bytes.fromhex("08c379a0") + b"\xff", "Error with malformed values 0xff"),
    ],
)
def test_whatever_comes_back_is_shown_and_never_raises(data: bytes | None, shown: str) -> None:
    assert VAULT.decode_error(data) == shown


def test_a_contract_without_the_function_says_so() -> None:
    with pytest.raises(KeyError):
        Contract("nothing", []).encode_call("draw")
