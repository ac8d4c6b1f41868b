"""Settings: read once, never changed, and each error names the variable and keeps its secret."""

import pytest
from pydantic import ValidationError

from orchestrator.settings import Settings, SettingsError, load_settings, redact_url


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_defaults_listen_to_this_machine_alone() -> None:
    settings = load_settings()
    assert (settings.covenant_api_host, settings.covenant_api_port) == ("127.0.0.1", 8420)
    assert settings.covenant_evaluate_at == "latest"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_postgresql_url_is_one_for_psycopg(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://user:hush@host:5432/covenant")
    assert load_settings().require_database_url() == "postgresql+psycopg://user:hush@host:5432/covenant"


def test_several_providers_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RPC_URL", "https://one.example/key, http://127.0.0.1:8545")
    assert load_settings().require_rpc_urls() == ("https://one.example/key", "http://127.0.0.1:8545")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://user:hush@host/db"),
        ("DATABASE_URL", "hush"),
        ("REDIS_URL", "http://hush"),
        ("RPC_URL", "ws://hush.example"),
        ("RPC_URL", "https://fine.example,hush"),
        ("COVENANT_CHAIN_ID", "0"),
        ("COVENANT_API_PORT", "70000"),
        ("COVENANT_EVALUATE_AT", "hush"),
        ("COVENANT_POLL_INTERVAL_MS", "hush"),
        ("COVENANT_LOG_LEVEL", "hush"),
    ],
)
def test_a_wrong_value_is_told_by_its_variable_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.message.startswith(f"{variable}: must be ")
    assert "hush" not in str(caught.value)


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RPC_URL", "ws://somewhere")
    monkeypatch.setenv("COVENANT_CHAIN_ID", "mainnet")
    with pytest.raises(SettingsError, match=r"RPC_URL: .*; COVENANT_CHAIN_ID: "):
        load_settings()


def test_what_is_missing_is_told_by_whoever_needs_it() -> None:
    settings = load_settings()
    needs = {
        "DATABASE_URL": settings.require_database_url,
        "REDIS_URL": settings.require_redis_url,
        "RPC_URL": settings.require_rpc_urls,
        "COVENANT_CHAIN_ID": settings.require_chain_id,
        "COVENANT_BOOK": settings.require_book,
        "COVENANT_KEYSTORE": settings.require_keystore,
        "COVENANT_KEYSTORE_PASSWORD_FILE": settings.require_keystore_password_file,
    }
    for variable, need in needs.items():
        with pytest.raises(SettingsError, match=f"^{variable} is not set"):
            need()


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    with pytest.raises(SettingsError, match="DATABASE_URL is not set"):
        load_settings().require_database_url()


def test_settings_never_change_and_never_show_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RPC_URL", "https://node.example/hush")
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.covenant_api_port = 1  # type: ignore[misc]
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:hush@node.example:8443/v2/hush?key=hush", "https://node.example:8443"),
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert redact_url(url) == shown
