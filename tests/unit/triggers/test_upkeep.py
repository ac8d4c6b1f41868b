"""Calldata of performUpkeep, as the contract would read it."""

from eth_abi.abi import decode
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.chain.contracts import load_contract
from orchestrator.credit.mandate import Mandate
from orchestrator.triggers.upkeep import Upkeep, struct_of
from tests.unit.credit.mandates import DUE, mandates

TRIGGER = load_contract("RepayTrigger")
MANDATE = "(uint256,uint8,uint8,uint16,uint16,uint16,uint16,uint96,uint96,address,bool,int256,uint40,uint256)"


@given(st.lists(mandates(), min_size=1, max_size=5))
def test_the_mandates_are_in_the_calldata_field_by_field_in_their_order(found: list[Mandate]) -> None:
    call = TRIGGER.decode_call("performUpkeep", Upkeep(TRIGGER).encode(found))
    (structs,) = decode([MANDATE + "[]"], call["performData"])
    assert [list(struct) for struct in structs] == [list(struct_of(mandate).values()) for mandate in found]


def test_one_mandate_alone_names_who_is_paid() -> None:
    keeper = "0x" + "c0" * 20
    call = TRIGGER.decode_call("fire", Upkeep(TRIGGER).encode_one(DUE, keeper))
    assert call == {"mandate": struct_of(DUE), "keeper": keeper}
