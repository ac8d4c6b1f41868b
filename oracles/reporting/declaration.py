"""What a reporter's TOML file declares: its feed, its peers, when to report, and the fact with its sources."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from oracles.reporting.schedule import ReportPolicy
from orchestrator.chain.book import Address
from orchestrator.errors import CovenantError

Url = Annotated[str, Field(pattern=r"^https?://[^/?#]+[^?#]*$")]


class BadDeclaration(CovenantError):
    """The file is missing, or does not declare a reporter."""


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExchangeSource(_Declared):
    """A known exchange. ``base_url`` only to ask a mirror of it."""

    exchange: Literal["coinbase", "kraken", "binance", "bitstamp"]
    symbol: str | None = None
    base_url: Url | None = None


class JsonSource(_Declared):
    """Any JSON over HTTP; paths as in ``oracles/sources/json_path``."""

    name: str
    base_url: Url
    path: str
    value: str
    time: str | None = None
    volume: str | None = None


SourceDeclared = ExchangeSource | JsonSource


class PriceDeclared(_Declared):
    """``kind = "price"``, or ``"fx"``: the same with quotes that stand for days, as over a weekend."""

    kind: Literal["price", "fx"]
    pair: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+/[A-Za-z0-9]+$")]
    quorum: Annotated[int, Field(ge=1)] = 3
    max_age_s: Annotated[int, Field(ge=1)] | None = None
    max_spread_bps: Annotated[int, Field(ge=1, lt=10_000)] = 50
    sources: Annotated[tuple[SourceDeclared, ...], Field(min_length=1)]


class RateDeclared(_Declared):
    """``kind = "rate"``: a benchmark in per cent a year."""

    kind: Literal["rate"]
    name: str
    quorum: Annotated[int, Field(ge=1)] = 1
    max_spread: Decimal = Decimal("0.05")
    sources: Annotated[tuple[JsonSource, ...], Field(min_length=1)]


class RevenueDeclared(_Declared):
    """``kind = "revenue"``: receipts by signed webhooks. Secrets stand in a file of their own, one a line."""

    kind: Literal["revenue"]
    merchant: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    secrets_file: Path
    receipts_file: Path


class ReporterDeclared(_Declared):
    """The whole file."""

    chain_id: Annotated[int, Field(ge=1)]
    feed: Address
    heartbeat_s: Annotated[int, Field(ge=1)]
    deviation_bps: Annotated[int, Field(ge=0, lt=10_000)]
    interval_s: Annotated[int, Field(ge=1)] = 30
    poll_s: Annotated[float, Field(gt=0)] = 5.0
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)]
    peers: dict[Address, Url]
    fact: Annotated[PriceDeclared | RateDeclared | RevenueDeclared, Field(discriminator="kind")]

    @property
    def policy(self) -> ReportPolicy:
        return ReportPolicy(self.heartbeat_s, self.deviation_bps, self.interval_s)


def read_declaration(path: Path) -> ReporterDeclared:
    """Raises BadDeclaration, which names every field that is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadDeclaration(f"there is no file {path}", "set COVENANT_REPORTER to a reporter's TOML file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadDeclaration(f"{path} is not TOML: {error}", "correct the file") from None
    try:
        return ReporterDeclared.model_validate(content)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_url=False)]
        raise BadDeclaration(f"{path}: {'; '.join(faults)}", "correct the file") from None
