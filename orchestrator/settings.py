"""The settings of every process, read once by its entry point from environment variables, and never changed after.

A process asks for what it needs through the ``require_…`` methods, which name the variable that is missing.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestrator.errors import CovenantError

GWEI = 10**9

T = TypeVar("T")


class SettingsError(CovenantError):
    """A variable is missing or wrong. The message names it and never repeats its value."""


class Settings(BaseSettings):
    """Each field is the variable of the same name in capitals (``database_url`` is DATABASE_URL)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    rpc_url: SecretStr | None = None
    rpc_ws_url: SecretStr | None = None
    covenant_chain_id: int | None = Field(default=None, ge=1)
    covenant_book: Path | None = None
    covenant_more_books: str | None = None
    covenant_feed_directory: Path | None = None
    covenant_keystore: Path | None = None
    covenant_keystore_password_file: Path | None = None
    covenant_more_keystores: str | None = None
    covenant_signer_url: SecretStr | None = None
    covenant_signer_address: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")
    covenant_more_signers: str | None = None
    covenant_reporter: Path | None = None
    covenant_api_host: str = "127.0.0.1"
    covenant_api_port: int = Field(default=8420, ge=0, le=65_535)
    covenant_public_origin: str | None = None
    covenant_api_key: SecretStr | None = None
    covenant_webhook_key_file: Path | None = None
    covenant_webhook_private_networks: str = ""
    covenant_requests_per_minute: int = Field(default=1_200, ge=1)
    covenant_state_dir: Path = Path(".covenant")
    covenant_evaluate_at: Literal["latest", "safe"] = "latest"
    covenant_batch_size: int = Field(default=20, ge=1, le=200)
    covenant_dry_run: bool = False
    covenant_only_profitable: bool = True
    covenant_liquidate_to: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")
    covenant_liquidation_slippage_bps: int = Field(default=100, ge=0, le=10_000)
    covenant_terminate: bool = False
    covenant_wrapped_native: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")
    covenant_max_price_jump_bps: int = Field(default=5_000, ge=1)
    covenant_max_failures: int = Field(default=20, ge=1)
    covenant_max_fee_per_gas_wei: int = Field(default=200 * GWEI, ge=1)
    covenant_max_gas: int = Field(default=1 << 24, ge=1_500_000)
    covenant_gas_budget_wei: int | None = Field(default=None, ge=1)
    covenant_gas_budget_hours: int = Field(default=24, ge=1, le=8_760)
    covenant_poll_interval_ms: int = Field(default=250, ge=10, le=60_000)
    covenant_rpc_timeout_ms: int = Field(default=10_000, ge=100, le=120_000)
    covenant_metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    covenant_log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("database_url")
    @classmethod
    def _use_psycopg(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        scheme, separator, rest = value.get_secret_value().partition("://")
        if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
            raise ValueError("must be a PostgreSQL URL: postgresql://user:password@host/database")
        return SecretStr(f"postgresql+psycopg://{rest}")

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and urlsplit(value.get_secret_value()).scheme not in (
            "redis",
            "rediss",
            "unix",
            "redis+socket",
        ):
            raise ValueError("must be a Redis URL: redis://host:6379/0, or unix:///path/to/socket")
        return value

    @field_validator("covenant_public_origin")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "http://none")
        if (
            parts.scheme not in ("http", "https")
            or not parts.netloc
            or parts.path
            or parts.query
            or "@" in parts.netloc
        ):
            raise ValueError("must be what browsers call an origin: https://covenant.example")
        return value

    @field_validator("covenant_webhook_private_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        try:
            _networks(value)
        except ValueError:
            raise ValueError("must be networks such as 10.0.0.0/8, with commas between them") from None
        return value

    @field_validator("covenant_more_keystores")
    @classmethod
    def _have_password_files(cls, value: str | None) -> str | None:
        if not all(all(part.partition("=")[::2]) for part in _parts(value)):
            raise ValueError("must be KEYSTORE=PASSWORD_FILE, or several with commas between them")
        return value

    @field_validator("covenant_more_signers")
    @classmethod
    def _are_addresses(cls, value: str | None) -> str | None:
        if not all(re.fullmatch(r"0x[0-9a-fA-F]{40}", part) for part in _parts(value)):
            raise ValueError("must be addresses with commas between them")
        return value

    @field_validator("rpc_url")
    @classmethod
    def _is_http(cls, value: SecretStr | None) -> SecretStr | None:
        for url in _split(value):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("must be one http(s) URL, or several with commas between them")
        return value

    @field_validator("rpc_ws_url")
    @classmethod
    def _is_websocket(cls, value: SecretStr | None) -> SecretStr | None:
        for url in _split(value):
            parts = urlsplit(url)
            if parts.scheme not in ("ws", "wss") or not parts.hostname:
                raise ValueError("must be one ws(s) URL, or several with commas between them")
        return value

    def require_database_url(self) -> str:
        """SQLAlchemy's URL for psycopg. Raises SettingsError."""
        return _required(
            "DATABASE_URL", self.database_url, "postgresql://user:password@host/database"
        ).get_secret_value()

    def require_redis_url(self) -> str:
        """Raises SettingsError."""
        return _required("REDIS_URL", self.redis_url, "redis://host:6379/0").get_secret_value()

    def require_rpc_urls(self) -> tuple[str, ...]:
        """At least one URL of a JSON-RPC provider, in order of preference. Raises SettingsError."""
        return _split(_required("RPC_URL", self.rpc_url, "http://127.0.0.1:8545"))

    def ws_urls(self) -> tuple[str, ...]:
        """URLs at which providers announce new blocks; none is needed."""
        return _split(self.rpc_ws_url)

    def require_chain_id(self) -> int:
        """Raises SettingsError."""
        return _required("COVENANT_CHAIN_ID", self.covenant_chain_id, "1, or 31337 for a local chain")

    def webhook_private_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks that webhooks may be sent to although they are not public."""
        return _networks(self.covenant_webhook_private_networks)

    def require_book(self) -> Path:
        """Path of the address book. Raises SettingsError."""
        return _required("COVENANT_BOOK", self.covenant_book, "deployments/<chain id>.book.json")

    def remote_signers(self) -> tuple[str, tuple[str, ...]] | None:
        """URL of a Web3Signer, and the addresses of its keys that sign; None: keystores do. Raises SettingsError."""
        if self.covenant_signer_url is None:
            return None
        first = _required("COVENANT_SIGNER_ADDRESS", self.covenant_signer_address, "the address that it signs for")
        return self.covenant_signer_url.get_secret_value(), (first, *_parts(self.covenant_more_signers))

    def more_books(self) -> tuple[Path, ...]:
        """Paths of the books of further vaults on the same chain, which the indexer mirrors along."""
        return tuple(Path(path) for path in _parts(self.covenant_more_books))

    def require_keystore(self) -> Path:
        """Raises SettingsError."""
        return _required("COVENANT_KEYSTORE", self.covenant_keystore, "the path of an encrypted keystore file")

    def require_keystore_password_file(self) -> Path:
        """Raises SettingsError."""
        return _required(
            "COVENANT_KEYSTORE_PASSWORD_FILE",
            self.covenant_keystore_password_file,
            "the path of a file holding the password",
        )

    def require_keystores(self) -> tuple[tuple[Path, Path], ...]:
        """Keystores with their password files, in the order in which the keys are to sign. Raises SettingsError."""
        more = (part.partition("=") for part in _parts(self.covenant_more_keystores))
        return (
            (self.require_keystore(), self.require_keystore_password_file()),
            *((Path(keystore), Path(password_file)) for keystore, _, password_file in more),
        )

    def require_reporter(self) -> Path:
        """Path of a reporter's declaration. Raises SettingsError."""
        return _required("COVENANT_REPORTER", self.covenant_reporter, "the path of a reporter's TOML file")


def load_settings(defaults: Path | None = None) -> Settings:
    """The settings of this process's environment; ``defaults`` is a file of NAME=value lines for what it does not name.

    Raises:
        SettingsError: variables are malformed; all of them are named.
    """
    try:
        return Settings(_env_file=defaults)
    except ValidationError as error:
        faults = error.errors(include_input=False)
        explained = [f"{str(fault['loc'][0]).upper()}: {_explain(fault['msg'])}" for fault in faults]
        raise SettingsError("; ".join(explained), "correct the environment and start again") from None


def redact_url(url: str) -> str:
    """The URL without what may be secret: user, password, path and query (providers put keys into the path)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"


def _required(variable: str, value: T | None, example: str) -> T:
    if value is None:
        raise SettingsError(f"{variable} is not set", f"set it to {example}")
    return value


def _split(urls: SecretStr | None) -> tuple[str, ...]:
    return _parts(urls.get_secret_value() if urls is not None else None)


def _parts(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Raises ValueError."""
    return tuple(ip_network(part) for part in _parts(text))


def _explain(message: str) -> str:
    """pydantic's message as the second half of a sentence."""
    return message.removeprefix("Value error, ").replace("Input should be", "must be")
