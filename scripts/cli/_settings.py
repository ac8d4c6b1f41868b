"""Which service the commands look at: the one that the environment names, or the `covenant up` that runs here."""

from __future__ import annotations

from orchestrator.settings import Settings, load_settings
from scripts.doctor.local_stack import supervisor_of
from scripts.local.state import SETTINGS_FILE


def settings_of_service() -> Settings:
    """The environment's settings. Where it names no service, those of the stack on COVENANT_STATE_DIR, if one runs.

    An environment that names a database, a chain or a book is believed alone: two services are never mixed.

    Raises:
        SettingsError: as `load_settings`.
    """
    settings = load_settings()
    named = (settings.database_url, settings.rpc_url, settings.covenant_chain_id, settings.covenant_book)
    if any(value is not None for value in named):
        return settings
    state_dir = settings.covenant_state_dir
    if supervisor_of(state_dir / "lock") is None:
        return settings
    return load_settings(defaults=state_dir / SETTINGS_FILE)
