"""What the trigger contract has counted for SHARE mandates: in no event, so read when a mandate's line changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from orchestrator.credit.mandate import Kind
from orchestrator.triggers.lines import StandingMandate


@dataclass(frozen=True, slots=True)
class ShareAccount:
    """The answer up to which revenue was counted, and what of it is not paid yet. Only a firing changes either."""

    mark: int
    carry: int


Accounts = Mapping[tuple[str, str], ShareAccount]
"""By (trigger contract, mandate hash)."""


def with_account(standing: StandingMandate, accounts: Accounts) -> StandingMandate | None:
    """A mandate with what is counted for it; None when it needs that and nobody knows."""
    if standing.mandate.kind is not Kind.SHARE:
        return standing
    account = accounts.get((standing.trigger_contract, standing.mandate_hash))
    if account is None:
        return None
    return replace(standing, state=replace(standing.state, mark=account.mark, carry=account.carry))
