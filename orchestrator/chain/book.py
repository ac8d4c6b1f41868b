"""The address book: what `covenant deploy` put on one chain, and where. Everybody else reads it and writes nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from eth_typing import ChecksumAddress
from eth_utils.address import is_address, is_checksum_address, is_checksum_formatted_address, to_checksum_address
from pydantic import AfterValidator, ConfigDict, Field, PlainSerializer, TypeAdapter, ValidationError, with_config

from orchestrator.errors import CovenantError

VAULT = "CreditVault"
NFT = "CreditLineNFT"
TRIGGER = "RepayTrigger"


class BadBook(CovenantError):
    """There is no address book at that path, or it is not one."""


def _checksummed(value: str) -> ChecksumAddress:
    if not is_address(value) or (is_checksum_formatted_address(value) and not is_checksum_address(value)):
        raise ValueError(f"{value!r} is not an address (0x and 40 hex digits, with a right checksum if in mixed case)")
    return to_checksum_address(value)


Address = Annotated[ChecksumAddress, AfterValidator(_checksummed)]
"""EIP-55 checksummed; lower case is accepted on reading, a wrong checksum is not."""

CodeHash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
"""keccak256 of a contract's runtime code, immutables included."""

Amount = Annotated[int, Field(ge=0), PlainSerializer(str)]
"""Base units of a token; a decimal string in JSON, where numbers lose digits."""

_STRICT_KEYS = ConfigDict(extra="forbid")


@with_config(_STRICT_KEYS)
@dataclass(frozen=True, slots=True)
class BookFeed:
    """A feed that adapters read. An answer is stale once it is older than `heartbeat_s + margin_s`."""

    address: Address
    decimals: Annotated[int, Field(ge=0, le=18)]
    heartbeat_s: Annotated[int, Field(gt=0, lt=2**32)]
    margin_s: Annotated[int, Field(ge=0, lt=2**32)]


@with_config(_STRICT_KEYS)
@dataclass(frozen=True, slots=True)
class BookMarket:
    """A market of the vault. `feeds` are the addresses that its oracle adapter reads; `min_debt` in loan base units."""

    id: Annotated[int, Field(gt=0, lt=2**16)]
    loan_token: Address
    collateral_token: Address
    oracle: Address
    min_debt: Amount
    feeds: tuple[Address, ...]
    loan_symbol: str
    collateral_symbol: str
    loan_decimals: Annotated[int, Field(ge=0, le=18)]
    collateral_decimals: Annotated[int, Field(ge=0, le=18)]

    @property
    def name(self) -> str:
        """Collateral over loan: WETH/USDC."""
        return f"{self.collateral_symbol}/{self.loan_symbol}"


@with_config(_STRICT_KEYS)
@dataclass(frozen=True, slots=True)
class AddressBook:
    """What is deployed on chain `chain_id`.

    Attributes:
        deployed_block: no event of ours is older than this block.
        contracts: our own contracts by name (an adapter's name ends with its market's, in brackets).
        markets: in the order of their ids.
        tokens: by symbol.
        feeds: by pair.
        code_hashes: of every entry of `contracts`, under the same name.
    """

    chain_id: Annotated[int, Field(gt=0)]
    deployed_block: Annotated[int, Field(ge=0)]
    contracts: Mapping[str, Address]
    markets: tuple[BookMarket, ...]
    tokens: Mapping[str, Address]
    feeds: Mapping[str, BookFeed]
    code_hashes: Mapping[str, CodeHash]

    @property
    def vault(self) -> ChecksumAddress:
        return self.contracts[VAULT]

    @property
    def nft(self) -> ChecksumAddress:
        return self.contracts[NFT]

    @property
    def trigger(self) -> ChecksumAddress:
        return self.contracts[TRIGGER]

    def market(self, market_id: int) -> BookMarket:
        """Raises KeyError when the book has no such market."""
        for market in self.markets:
            if market.id == market_id:
                return market
        raise KeyError(market_id)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads and checks the book at `path`.

        Raises:
            BadBook: there is none, or it is not well-formed.
        """
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            raise BadBook(
                f"there is no address book at {path}",
                "run `covenant deploy --network NAME` first, or set COVENANT_BOOK to the book that it wrote",
            ) from None
        except OSError as error:
            raise BadBook(f"the address book {path} cannot be read: {error.strerror}", "check the path") from error
        try:
            book: Self = TypeAdapter(cls).validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            raise BadBook(
                f"the address book {path} is not well-formed: {where}: {first['msg']}",
                "restore it, or let `covenant deploy` write it again",
            ) from None
        missing = sorted({VAULT, NFT, TRIGGER} - book.contracts.keys())
        if missing or book.contracts.keys() != book.code_hashes.keys():
            what = f"has no {missing[0]}" if missing else "names other contracts in `code_hashes` than in `contracts`"
            raise BadBook(f"the address book {path} {what}", "let `covenant deploy` write it again")
        return book

    def dump(self, path: Path) -> None:
        """Writes the book so that a reader, or a crash, never sees half of it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        json = TypeAdapter(type(self)).dump_json(self, indent=2) + b"\n"
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(json)
                file.flush()
                os.fsync(file.fileno())
                os.chmod(file.name, 0o644)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
