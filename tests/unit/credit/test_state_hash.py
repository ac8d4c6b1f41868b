"""The fingerprint of a stored state."""

from dataclasses import fields, replace
from hashlib import sha3_256

import pytest

from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.state_hash import state_hash
from orchestrator.credit.units import CollateralWei, Numerator, Timestamp, Wei

STATE = LineState(
    seq=2,
    principal=Wei(3),
    undrawn=Wei(4),
    accrued_at=Timestamp(5),
    unbilled=Numerator(6),
    billed=Numerator(7),
    billed_principal=Wei(8),
    unpaid_since=Timestamp(9),
    collateral=CollateralWei(10),
    reserve=Wei(11),
    claim_loan=Wei(12),
    claim_collateral=CollateralWei(13),
    flags=LineFlags.TERMINATED | LineFlags.CLOSED | LineFlags.WRITTEN_OFF,
)


def _digest(message: bytes) -> bytes:
    return sha3_256(message).digest()


def test_the_hash_is_of_fourteen_words_in_the_order_of_the_contract() -> None:
    words = b"".join(word.to_bytes(32, "big") for word in [1, *range(2, 14), 7])
    assert state_hash(1, STATE, lambda message: message) == words


@pytest.mark.parametrize("name", [field.name for field in fields(LineState)])
def test_every_field_is_covered(name: str) -> None:
    changed = replace(STATE, **{name: getattr(STATE, name) ^ 1})
    assert state_hash(1, changed, _digest) != state_hash(1, STATE, _digest)


def test_two_lines_in_the_same_state_differ() -> None:
    assert state_hash(1, STATE, _digest) != state_hash(2, STATE, _digest)
