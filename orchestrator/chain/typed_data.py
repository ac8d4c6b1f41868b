"""What people sign: the EIP-712 form of ``Offer``, ``Mandate`` and a reporter's observation in ``contracts/``.

A message is a mapping of the struct's Solidity field names to integers, booleans and addresses. Enums are ``uint8``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.exceptions import EncodingError
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_typing import ChecksumAddress
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from orchestrator.credit.mandate import Mandate
from orchestrator.credit.offer import Offer
from orchestrator.errors import CovenantError

Message = Mapping[str, int | bool | str]

SIGNATURE_BYTES: Final = 65
_HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half of the order of secp256k1. A signature with a greater s is the twin of a lesser one; OpenZeppelin refuses it."""

_DOMAIN_FIELDS: Final = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)


class MalformedMessage(CovenantError, ValueError):
    """A message does not have the fields of its struct, or a value does not fit its field."""


class MalformedSignature(CovenantError, ValueError):
    """No contract would recover a signer from these bytes, whoever made them."""


@dataclass(frozen=True, slots=True)
class StructType:
    """A Solidity struct of elementary fields: (name, type) in the order of its declaration."""

    name: str
    fields: tuple[tuple[str, str], ...]


OFFER: Final = StructType(
    "Offer",
    (
        ("lender", "address"),
        ("borrower", "address"),
        ("loanToken", "address"),
        ("collateralToken", "address"),
        ("oracle", "address"),
        ("limit", "uint96"),
        ("minCollateral", "uint96"),
        ("aprBps", "uint16"),
        ("originationBps", "uint16"),
        ("commitmentBps", "uint16"),
        ("penaltyBps", "uint16"),
        ("initialLtvBps", "uint16"),
        ("liquidationLtvBps", "uint16"),
        ("bonusBps", "uint16"),
        ("inKindLtvBps", "uint16"),
        ("inKindDiscountBps", "uint16"),
        ("amortBps", "uint16"),
        ("periodHours", "uint16"),
        ("graceHours", "uint16"),
        ("drawWindowHours", "uint16"),
        ("termHours", "uint16"),
        ("expiry", "uint40"),
        ("group", "uint256"),
        ("groupCap", "uint96"),
        ("epoch", "uint32"),
    ),
)

MANDATE: Final = StructType(
    "Mandate",
    (
        ("lineId", "uint256"),
        ("kind", "uint8"),
        ("source", "uint8"),
        ("thresholdBps", "uint16"),
        ("shareBps", "uint16"),
        ("feeBps", "uint16"),
        ("periodHours", "uint16"),
        ("capPerPeriod", "uint96"),
        ("amount", "uint96"),
        ("feed", "address"),
        ("above", "bool"),
        ("level", "int256"),
        ("expiry", "uint40"),
        ("nonce", "uint256"),
    ),
)

OBSERVATION: Final = StructType("Observation", (("roundId", "uint80"), ("answer", "int256"), ("observedAt", "uint40")))


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature counts: one contract on one chain."""

    name: str
    chain_id: int
    verifying_contract: ChecksumAddress
    version: str = "1"

    def wire(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "version": self.version,
            "chainId": self.chain_id,
            "verifyingContract": self.verifying_contract,
        }


def offer_data(offer: Offer, chain_id: int, vault: ChecksumAddress) -> TypedData:
    """What the lender of ``offer`` signs for one vault."""
    return TypedData(vault_domain(chain_id, vault), OFFER, _message_of(OFFER, offer))


def mandate_data(mandate: Mandate, chain_id: int, trigger: ChecksumAddress) -> TypedData:
    """What the borrower signs for one trigger contract."""
    return TypedData(trigger_domain(chain_id, trigger), MANDATE, _message_of(MANDATE, mandate))


def observation_data(round_id: int, answer: int, observed_at: int, chain_id: int, feed: ChecksumAddress) -> TypedData:
    """What a reporter signs for one round of one feed (contract: ``AttestedFeed``)."""
    message = {"roundId": round_id, "answer": answer, "observedAt": observed_at}
    return TypedData(Domain("Covenant Attested Feed", chain_id, feed), OBSERVATION, message)


def vault_domain(chain_id: int, vault: ChecksumAddress) -> Domain:
    return Domain("Covenant Credit Vault", chain_id, vault)


def trigger_domain(chain_id: int, trigger: ChecksumAddress) -> Domain:
    return Domain("Covenant Repay Trigger", chain_id, trigger)


@dataclass(frozen=True, slots=True)
class TypedData:
    """A message together with all that its digest depends on.

    Raises:
        MalformedMessage: from every method that hashes, when the message does not fit the struct.
    """

    domain: Domain
    struct: StructType
    message: Message

    def payload(self) -> dict[str, Any]:
        """What a wallet's ``eth_signTypedData_v4`` takes. Integers are decimal strings: JSON numbers lose digits."""
        self._signable()
        return {
            "types": {"EIP712Domain": _wire_fields(_DOMAIN_FIELDS), self.struct.name: _wire_fields(self.struct.fields)},
            "primaryType": self.struct.name,
            "domain": self.domain.wire(),
            "message": wire_message(self.struct, self.message),
        }

    def struct_hash(self) -> str:
        """The identity of an offer or mandate, on whatever chain (contract: ``hashOffer``, ``hashMandate``)."""
        return "0x" + bytes(self._signable().body).hex()

    def digest(self) -> str:
        """What is signed (contract: ``offerDigest``, ``mandateDigest``)."""
        return "0x" + self._digest().hex()

    def sign(self, account: LocalAccount) -> bytes:
        """The 65 bytes r ‖ s ‖ v with v 27 or 28."""
        return bytes(account.sign_message(self._signable()).signature)

    def signer(self, signature: bytes) -> ChecksumAddress:
        """The externally owned account that made ``signature``.

        Raises:
            MalformedSignature: OpenZeppelin's ``ECDSA.tryRecover`` would give no signer either.
        """
        return signer_of(self._digest(), signature)

    def _digest(self) -> bytes:
        signable = self._signable()
        return keccak(b"\x19" + signable.version + signable.header + signable.body)

    def _signable(self) -> SignableMessage:
        _check_names(self.struct, self.message)
        try:
            return encode_typed_data(
                domain_data=self.domain.wire(),
                message_types={self.struct.name: _wire_fields(self.struct.fields)},
                message_data=dict(self.message),
            )
        except (EncodingError, ValueError) as error:
            raise MalformedMessage(
                f"{self.struct.name}: a value does not fit its field: {error}", "check the ranges of the Solidity types"
            ) from error


def _message_of(struct: StructType, value: Offer | Mandate) -> Message:
    """The credit rules name their fields as Solidity does, in snake case; their enums are integers."""
    return {name: getattr(value, re.sub(r"(?=[A-Z])", "_", name).lower()) for name, _ in struct.fields}


def wire_message(struct: StructType, message: Message) -> dict[str, str | bool]:
    """The message in JSON: integers as decimal strings."""
    return {name: _wire_value(message[name]) for name, _ in struct.fields}


def _wire_value(value: int | bool | str) -> str | bool:
    return value if isinstance(value, bool | str) else str(int(value))


def _wire_fields(fields: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "type": type_} for name, type_ in fields]


def _check_names(struct: StructType, message: Message) -> None:
    """A misspelt field would otherwise be left out of what is signed, silently."""
    expected = {name for name, _ in struct.fields}
    if message.keys() != expected:
        missing, unknown = sorted(expected - message.keys()), sorted(message.keys() - expected)
        raise MalformedMessage(
            f"{struct.name}: missing fields {missing}, unknown fields {unknown}",
            "give exactly the fields of the Solidity struct",
        )


def signer_of(digest: bytes, signature: bytes) -> ChecksumAddress:
    """The externally owned account that signed 32 bytes.

    Raises:
        MalformedSignature: OpenZeppelin's ``ECDSA.tryRecover`` would give no signer either.
    """
    _check_form(signature)
    canonical = signature[:64] + bytes([signature[64] - 27])
    try:
        return Signature(canonical).recover_public_key_from_msg_hash(digest).to_checksum_address()
    except (BadSignature, ValidationError) as error:
        raise MalformedSignature("the signature belongs to no key", "sign the payload again") from error


def _check_form(signature: bytes) -> None:
    if len(signature) != SIGNATURE_BYTES:
        raise MalformedSignature(
            f"the signature has {len(signature)} bytes", f"give the {SIGNATURE_BYTES} bytes r, s, v"
        )
    if signature[64] not in (27, 28):
        raise MalformedSignature(f"the signature's last byte is {signature[64]}", "it must be 27 or 28")
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        raise MalformedSignature(
            "the signature's s is in the upper half of the curve's order",
            "contracts refuse this form; sign with a wallet that normalises s",
        )
