"""The JSON forms that all domains share: integers, addresses, hashes, amounts, times, places on the chain.

Integers that may exceed 2^53 travel as decimal strings. Addresses are EIP-55 checksummed on the way out; on the way in
lower case is accepted too, a wrong checksum is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, Self

from eth_utils.address import to_checksum_address
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

ZERO_ADDRESS: Final = "0x" + "00" * 20

BIGINT_MAX: Final = 2**63 - 1
"""The greatest block number, line id or position that a table can hold."""

_LAST_RFC3339_S: Final = 253_402_300_799
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - of UTC; without a zone it is written in a third of the time
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,77})", re.ASCII)
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)

Finality = Literal["latest", "safe", "finalized"]
"""Of a fact that the mirror holds: its block is canonical now, and a reorganisation may replace it until finalized."""

BlockStatus = Literal["latest", "safe", "finalized", "orphaned"]
"""Of a fact that stays when its block goes: the same, or that a reorganisation did replace the block."""


class WireModel(BaseModel):
    """A JSON object of ours: unknown members are refused, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ---------------------------------------------------------------- scalars


def _decimal(value: Any) -> int:
    """Exact integers only: no floats, no signs or zeros in front, no separators."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value) and value != "-0":
        return int(value)
    raise ValueError("must be an integer, as a decimal string such as '1000000'")


@lru_cache(maxsize=65_536)
def checksum(address: str | bytes) -> str:
    """EIP-55. The hash behind it is what makes a page of addresses expensive."""
    return to_checksum_address(address)


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("must be an address: 0x and 40 hex digits")
    checksummed, digits = checksum(value.lower()), value[2:]
    if value != checksummed and digits not in (digits.lower(), digits.upper()):
        raise ValueError("has a wrong checksum: copy the address again, or write it in lower case")
    return checksummed


def _hash(value: str) -> str:
    if not HASH.fullmatch(value):
        raise ValueError("must be a hash: 0x and 64 hex digits")
    return value.lower()


@dataclass(frozen=True, slots=True)
class Uint:
    """Annotation: a Solidity unsigned integer. Out as a decimal string, in as that or as a JSON integer."""

    bits: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            _decimal,
            core_schema.int_schema(ge=0, lt=2**self.bits),
            serialization=core_schema.to_string_ser_schema(),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        digits = len(str(2**self.bits - 1))
        text = {"type": "string", "pattern": f"^(0|[1-9][0-9]{{0,{digits - 1}}})$"}
        if handler.mode == "serialization":
            return {**text, "title": f"uint{self.bits}"}
        return {"anyOf": [text, {"type": "integer", "minimum": 0}], "title": f"uint{self.bits}"}


Uint8 = Annotated[int, Uint(8)]
Uint16 = Annotated[int, Uint(16)]
Uint32 = Annotated[int, Uint(32)]
Uint40 = Annotated[int, Uint(40)]
Uint96 = Annotated[int, Uint(96)]
Uint256 = Annotated[int, Uint(256)]


def _int256(value: Any) -> int:
    number = _decimal(value)
    if not -(2**255) <= number < 2**255:
        raise ValueError("must fit 256 bits, signed")
    return number


Int256 = Annotated[
    int,
    BeforeValidator(_int256),
    PlainSerializer(str),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": "^(0|-?[1-9][0-9]{0,77})$"}, {"type": "integer"}], "title": "int256"}
    ),
]
"""A Solidity signed integer, as ``Uint``."""

DecimalString = Annotated[
    int,
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"}),
]
"""An integer of any size on its way out."""

Address = Annotated[
    str,
    AfterValidator(_address),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}),
]

Hash = Annotated[
    str,
    AfterValidator(_hash),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{64}$"}),
]

Int64 = Annotated[int, Field(ge=0, le=BIGINT_MAX)]
"""A block number, line id or position."""


# ---------------------------------------------------------------- amounts and times


class TokenAmount(WireModel):
    """An amount in base units of a token, which is named by its symbol, or by its address if nothing knows it.

    `base_units` / 10^`decimals` is the amount in whole tokens.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"example": {"base_units": "2000000000", "token": "USDC", "decimals": 6}},
    )

    base_units: DecimalString
    token: str
    decimals: int | None


class Instant(WireModel):
    """A second, or for our own clock a fraction of it, in both common forms."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"example": {"epoch_s": 1584046800, "rfc3339": "2020-03-12T21:00:00Z"}},
    )

    epoch_s: int
    rfc3339: Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})] | None = Field(
        description="Null after the year 9999, which the form cannot write."
    )

    @classmethod
    def of_block_time(cls, epoch_s: int) -> Self:
        """Chain time: the timestamp of a block, or a second computed from one."""
        return cls(**block_time_document(epoch_s))

    @classmethod
    def of_clock(cls, moment: datetime) -> Self:
        """Wall-clock time, to the millisecond."""
        return cls(**clock_document(moment))

    @classmethod
    def of_optional_block_time(cls, epoch_s: int | None) -> Self | None:
        return None if epoch_s is None else cls.of_block_time(epoch_s)

    @classmethod
    def of_optional_clock(cls, moment: datetime | None) -> Self | None:
        return None if moment is None else cls.of_clock(moment)


def block_time_document(epoch_s: int) -> dict[str, Any]:
    """The members of ``Instant.of_block_time``."""
    if epoch_s > _LAST_RFC3339_S:
        return {"epoch_s": epoch_s, "rfc3339": None}
    return {"epoch_s": epoch_s, "rfc3339": f"{(_EPOCH + timedelta(seconds=epoch_s)).isoformat()}Z"}


def clock_document(moment: datetime) -> dict[str, Any]:
    """The members of ``Instant.of_clock``."""
    return {
        "epoch_s": int(moment.timestamp()),
        "rfc3339": moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def decimal_text(value: int, places: int) -> str:
    """value / 10^places, exactly: all digits, no exponent."""
    whole, fraction = divmod(abs(value), int(10**places))
    text = f"{whole}.{fraction:0{places}d}" if places else str(whole)
    return f"-{text}" if value < 0 else text


# ---------------------------------------------------------------- where a fact is from


class AsOf(WireModel):
    """The block whose state a whole response shows."""

    chain_id: int
    block_number: int
    block_hash: str
    timestamp: Instant


class Snapshotted(WireModel):
    """Everything in one response was read in one snapshot, as of one block."""

    as_of: AsOf


class Provenance(WireModel):
    """The log that a fact was read from. `finality` says whether a reorganisation can still replace its block."""

    block_number: int
    block_hash: str
    log_index: int
    tx_hash: str
    finality: Finality


class ChainPosition(WireModel):
    """A block that something refers to, and whether a reorganisation replaced it, or still can."""

    block_number: int
    block_hash: str
    finality: BlockStatus
