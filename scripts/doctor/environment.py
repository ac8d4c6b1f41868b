"""The settings: which are given, which are missing for what is given, and which are misspelled."""

import difflib
from collections.abc import Mapping

from pydantic import SecretStr

from orchestrator.settings import Settings, redact_url
from scripts.doctor.diagnosis import Area, Diagnosis

SETTINGS = Area("settings")

PREFIX = "COVENANT_"

# Without a chain of their own, these come from the local deployment.
OF_A_GIVEN_CHAIN = {
    "COVENANT_CHAIN_ID": "the indexer must know which chain it expects: set it",
    "COVENANT_BOOK": "set it to the address book that covenant deploy wrote for this chain",
    "COVENANT_KEYSTORE": "the sender cannot sign: set it, or make a key with covenant keys new",
    "COVENANT_KEYSTORE_PASSWORD_FILE": "the sender cannot open its keystore: set it",
}
SERVERS = {"DATABASE_URL": "PostgreSQL", "REDIS_URL": "Redis", "RPC_URL": "chain (anvil)"}


def check_servers(settings: Settings) -> list[Diagnosis]:
    """Where the three servers are, or that embedded ones would be used. Never more of a URL than scheme and host."""
    values = (settings.database_url, settings.redis_url, settings.rpc_url)
    return [
        SETTINGS.ok(variable, f"not set: covenant up starts an embedded {what}")
        if value is None
        else SETTINGS.ok(variable, shown(value))
        for (variable, what), value in zip(SERVERS.items(), values, strict=True)
    ]


def shown(urls: SecretStr) -> str:
    return ", ".join(redact_url(url.strip()) for url in urls.get_secret_value().split(",") if url.strip())


def check_chain_settings(settings: Settings) -> list[Diagnosis]:
    """What must be set once RPC_URL is; a chain of our own brings it along."""
    values = (
        settings.covenant_chain_id,
        settings.covenant_book,
        settings.covenant_keystore,
        settings.covenant_keystore_password_file,
    )
    diagnoses: list[Diagnosis] = []
    for (variable, remedy), value in zip(OF_A_GIVEN_CHAIN.items(), values, strict=True):
        if value is not None:
            diagnoses.append(SETTINGS.ok(variable, str(value)))
        elif settings.rpc_url is None:
            diagnoses.append(SETTINGS.ok(variable, "not set: covenant up makes it for the embedded chain"))
        else:
            diagnoses.append(SETTINGS.fail(variable, "not set, though RPC_URL is", remedy))
    return diagnoses


def check_spelling(environment: Mapping[str, str]) -> list[Diagnosis]:
    """Variables with our prefix that nothing reads: a typo would otherwise be a silent default."""
    known = {name.upper() for name in Settings.model_fields}
    strangers = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    return [
        SETTINGS.warn(name, "set, but nothing reads it", f"{_meant(name, known)}correct or unset it")
        for name in strangers
    ]


def _meant(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"perhaps {close[0]} was meant: " if close else ""
