"""What is declared in `deployments/<name>.toml`: which chain, who owns, which tokens, feeds and markets."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

from eth_utils.address import to_checksum_address
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, with_config

from orchestrator.chain.book import Address, BookFeed
from orchestrator.credit.units import BPS, PRICE_SCALE
from orchestrator.errors import CovenantError
from scripts.deploy.artifacts import ROOT, shown

DECLARATIONS = ROOT / "deployments"
ZERO_ADDRESS = "0x" + "00" * 20
PERMIT2 = to_checksum_address("0x000000000022d473030f116ddee9f6b43ac78ba3")
"""Uniswap's Permit2: the same address on every chain where it was deployed as its authors did."""


class BadDeclaration(CovenantError):
    """The declaration is missing, malformed, or contradicts itself or its chain."""


def _positive(value: Decimal) -> Decimal:
    if not value.is_finite() or value <= 0:
        raise ValueError("must be a positive decimal in quotes")
    return value


Amount = Annotated[Decimal, Field(strict=False), AfterValidator(_positive)]
"""Whole tokens, as a decimal in quotes: a TOML float would have lost digits."""

_STRICT = ConfigDict(extra="forbid", strict=True)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Token:
    """`decimals` is compared with what the token itself says."""

    address: Address
    decimals: Annotated[int, Field(ge=0, le=18)]


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Oracle:
    """What an adapter reads, and its bounds, which never change.

    Attributes:
        price: pair of the feed that prices the collateral.
        quote: pair of the feed that prices the loan token in the same currency; none if `price` is in loan tokens.
        cross_check: pair of a second feed of the same price as `price`.
        max_deviation_bps: how far `price` and `cross_check` may be apart for actions that add risk.
        min_price, max_price: bounds for the same actions; whole loan tokens for one whole collateral token.
        sequencer: an L2's sequencer uptime feed.
        sequencer_grace_s: how long after a restart of the sequencer those actions wait.
    """

    price: str
    min_price: Amount
    max_price: Amount
    quote: str | None = None
    cross_check: str | None = None
    max_deviation_bps: Annotated[int, Field(ge=0, le=BPS)] = 0
    sequencer: Address | None = None
    sequencer_grace_s: Annotated[int, Field(ge=0, lt=2**32)] = 0

    def pairs(self) -> Iterator[str]:
        """The feeds that it names."""
        yield from (pair for pair in (self.price, self.quote, self.cross_check) if pair is not None)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Market:
    """`loan` and `collateral` are symbols of declared tokens; `min_debt` in whole loan tokens."""

    loan: str
    collateral: str
    min_debt: Amount
    oracle: Oracle

    @property
    def name(self) -> str:
        return f"{self.collateral}/{self.loan}"


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Declaration:
    """A deployment as wanted. The same `salt` and code give the same addresses on every chain.

    `guardian` may be the zero address: then nobody can stop anything. `permit2` is where the chain has Permit2; where
    nothing stands there, the bundler works with the tokens' own allowances.
    """

    chain_id: Annotated[int, Field(gt=0)]
    owner: Address
    guardian: Address
    tokens: Mapping[str, Token]
    feeds: Mapping[str, BookFeed]
    markets: Annotated[tuple[Market, ...], Field(min_length=1)]
    salt: Annotated[str, Field(min_length=1)] = "covenant"
    permit2: Address = PERMIT2

    def __post_init__(self) -> None:
        if self.owner == ZERO_ADDRESS:
            raise ValueError("owner is the zero address: nobody could ever create a market")
        names = [market.name for market in self.markets]
        for market in self.markets:
            self._check(market)
            if names.count(market.name) > 1:
                raise ValueError(f"there are two markets {market.name}")

    def min_debt(self, market: Market) -> int:
        """In loan base units."""
        return _exactly(market.min_debt * 10 ** self.tokens[market.loan].decimals)

    def price_e36(self, market: Market, price: Decimal) -> int:
        """Whole loan tokens for one whole collateral token, as the contracts write a price."""
        scale = Decimal(10) ** (self.tokens[market.loan].decimals - self.tokens[market.collateral].decimals)
        return _exactly(price * scale * PRICE_SCALE)

    def _check(self, market: Market) -> None:
        for symbol in (market.loan, market.collateral):
            if symbol not in self.tokens:
                raise ValueError(f"market {market.name}: there is no [tokens.{symbol}]")
        if market.loan == market.collateral:
            raise ValueError(f"market {market.name}: loan and collateral are the same token")
        for pair in market.oracle.pairs():
            if pair not in self.feeds:
                raise ValueError(f'market {market.name}: there is no [feeds."{pair}"]')
        if (market.oracle.cross_check is None) != (market.oracle.max_deviation_bps == 0):
            raise ValueError(f"market {market.name}: cross_check and a positive max_deviation_bps need each other")
        if market.oracle.min_price >= market.oracle.max_price:
            raise ValueError(f"market {market.name}: min_price must be below max_price")
        self.min_debt(market)
        for price in (market.oracle.min_price, market.oracle.max_price):
            self.price_e36(market, price)

    @classmethod
    def load(cls, network: str, directory: Path = DECLARATIONS) -> Self:
        """Reads `directory/<network>.toml`, or the file `network` if that ends with `.toml`.

        Raises:
            BadDeclaration: it is missing, no TOML, or says something impossible.
        """
        path = Path(network) if network.endswith(".toml") else directory / f"{network}.toml"
        try:
            fields = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            known = ", ".join(sorted(other.stem for other in directory.glob("*.toml"))) or "none"
            raise BadDeclaration(
                f"nothing is declared for the network {network!r}", f"write {shown(path)}; declared so far: {known}"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadDeclaration(f"{shown(path)} is not TOML: {error}", "correct the file") from None
        try:
            declaration: Self = TypeAdapter(cls).validate_json(json.dumps(fields, default=str))
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            where = "".join(f"{part}: " for part in [".".join(map(str, fault["loc"]))] if part)
            raise BadDeclaration(
                f"{shown(path)}: {where}{fault['msg'].removeprefix('Value error, ')}",
                "correct the file; deployments/example.toml shows every field",
            ) from None
        return declaration


def _exactly(value: Decimal) -> int:
    if value != value.to_integral_value():
        raise ValueError(f"{value.normalize():f} is finer than one base unit")
    return int(value)
