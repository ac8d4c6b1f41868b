"""What is signed is what the Solidity structs say, and a signature counts only where the contracts would count it."""

import re
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.chain.typed_data import (
    MANDATE,
    OFFER,
    MalformedMessage,
    MalformedSignature,
    StructType,
    TypedData,
    mandate_data,
    offer_data,
    trigger_domain,
    vault_domain,
)
from orchestrator.credit.mandate import From, Kind, Mandate
from orchestrator.credit.offer import Offer
from orchestrator.credit.units import Bps, CollateralWei, Timestamp, Wei

INTERFACES = Path(__file__).parents[3] / "contracts" / "interfaces"
VAULT = to_checksum_address("0x" + "00" * 19 + "a1")
OTHER_VAULT = to_checksum_address("0x" + "00" * 19 + "a2")
ENUMS = frozenset({"Kind", "From"})
SIGNER = Account.from_key(b"\x11" * 32)

OFFERED = Offer(
    lender=SIGNER.address, borrower="0x" + "00" * 20, loan_token="0x" + "01" * 20, collateral_token="0x" + "02" * 20,
    oracle="0x" + "03" * 20, limit=Wei(10**10), min_collateral=CollateralWei(10**20), apr_bps=Bps(900),
    origination_bps=Bps(50), commitment_bps=Bps(100), penalty_bps=Bps(500), initial_ltv_bps=Bps(6_500),
    liquidation_ltv_bps=Bps(8_000), bonus_bps=Bps(500), in_kind_ltv_bps=Bps(7_200), in_kind_discount_bps=Bps(200),
    amort_bps=Bps(1_000), period_hours=720, grace_hours=72, draw_window_hours=4_320, term_hours=8_760,
    expiry=Timestamp(1_600_000_000), group=2**255, group_cap=Wei(10**11), epoch=3,
)  # fmt: skip

MANDATED = Mandate(
    line_id=1, kind=Kind.LTV, source=From.COLLATERAL, threshold_bps=Bps(7_000), share_bps=Bps(0), fee_bps=Bps(50),
    period_hours=168, cap_per_period=10**18, amount=Wei(0), feed="0x" + "00" * 20, above=False, level=0,
    expiry=Timestamp(1_600_000_000), nonce=9,
)  # fmt: skip


def solidity_fields(file: str, struct: str) -> tuple[tuple[str, str], ...]:
    """(name, type) of a struct's fields as the interface declares them; enums are uint8 in EIP-712."""
    source = (INTERFACES / file).read_text(encoding="utf-8")
    body = re.search(rf"struct {struct} \{{(.*?)\}}", source, re.DOTALL)
    assert body is not None
    declared = re.findall(r"(\w+) (\w+);", body.group(1))
    return tuple((name, "uint8" if type_ in ENUMS else type_) for type_, name in declared)


@pytest.mark.parametrize(("struct", "file"), [(OFFER, "ICreditVault.sol"), (MANDATE, "IRepayTrigger.sol")])
def test_the_fields_are_those_of_the_solidity_struct_in_its_order(struct: StructType, file: str) -> None:
    assert struct.fields == solidity_fields(file, struct.name)


@pytest.mark.parametrize(("struct", "rules"), [(OFFER, Offer), (MANDATE, Mandate)])
def test_the_credit_rules_have_the_same_fields_in_the_same_order(struct: StructType, rules: type) -> None:
    assert [re.sub(r"(?=[A-Z])", "_", name).lower() for name, _ in struct.fields] == [f.name for f in fields(rules)]


def test_enums_are_signed_as_their_numbers() -> None:
    message = mandate_data(MANDATED, 31337, VAULT).payload()["message"]
    assert (message["kind"], message["source"]) == ("1", "1")


def test_integers_are_strings_and_truth_values_are_not() -> None:
    message = mandate_data(MANDATED, 31337, VAULT).payload()["message"]
    assert message["capPerPeriod"] == str(10**18)
    assert message["above"] is False


def test_the_domain_is_part_of_what_is_signed() -> None:
    here = offer_data(OFFERED, 31337, VAULT)
    elsewhere = offer_data(OFFERED, 1, VAULT)
    other_vault = offer_data(OFFERED, 31337, OTHER_VAULT)
    assert len({here.digest(), elsewhere.digest(), other_vault.digest()}) == 3
    assert here.struct_hash() == elsewhere.struct_hash() == other_vault.struct_hash()
    assert vault_domain(1, VAULT).name != trigger_domain(1, VAULT).name


def test_a_wallet_that_gets_the_payload_makes_the_same_signature() -> None:
    data = offer_data(OFFERED, 31337, VAULT)
    by_wallet = SIGNER.sign_typed_data(full_message=data.payload())
    assert bytes(by_wallet.signature) == data.sign(SIGNER)
    assert data.signer(data.sign(SIGNER)) == SIGNER.address


@given(st.sampled_from([name for name, type_ in OFFER.fields if type_.startswith("uint")]))
def test_every_field_counts(name: str) -> None:
    data = offer_data(OFFERED, 31337, VAULT)
    message = dict(data.message)
    message[name] = int(message[name]) + 1
    changed = TypedData(data.domain, OFFER, message)
    assert changed.digest() != data.digest()
    assert changed.signer(data.sign(SIGNER)) != SIGNER.address


@given(st.integers(0, 64), st.integers(1, 255))
def test_a_signature_with_any_byte_changed_is_not_the_signer_s(position: int, change: int) -> None:
    data = offer_data(OFFERED, 31337, VAULT)
    forged = bytearray(data.sign(SIGNER))
    forged[position] ^= change
    with suppress(MalformedSignature):
        assert data.signer(bytes(forged)) != SIGNER.address


@pytest.mark.parametrize("change", [{"limit": 2**96}, {"limit": -1}, {"lender": "0x12"}, {"limit": "many"}])
def test_a_value_that_does_not_fit_its_field_is_refused(change: dict[str, int | str]) -> None:
    data = offer_data(OFFERED, 31337, VAULT)
    with pytest.raises(MalformedMessage, match="does not fit its field"):
        TypedData(data.domain, OFFER, {**data.message, **change}).digest()


def test_a_misspelt_field_is_refused_instead_of_left_out() -> None:
    data = offer_data(OFFERED, 31337, VAULT)
    message = dict(data.message)
    message["limits"] = message.pop("limit")
    with pytest.raises(MalformedMessage, match=r"missing fields \['limit'\], unknown fields \['limits'\]"):
        TypedData(data.domain, OFFER, message).payload()
