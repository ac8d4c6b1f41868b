"""What can be allowed, and which roles allow it. What the chain says is public and needs none of it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What an account is to the service. Every wallet may borrow and lend; the others are granted by hand."""

    BORROWER = "borrower"
    LENDER = "lender"
    OPERATOR = "operator"
    AUDITOR = "auditor"


class Scope(StrEnum):
    """One thing that may be allowed. A key has some of those of its account, a session has all."""

    ALERTS_READ = "alerts:read"
    KEYS_WRITE = "keys:write"
    OFFERS_WRITE = "offers:write"
    TRANSACTIONS_WRITE = "transactions:write"
    WEBHOOKS_WRITE = "webhooks:write"


_OF_ROLE: Final = {
    Role.BORROWER: {Scope.KEYS_WRITE, Scope.TRANSACTIONS_WRITE, Scope.WEBHOOKS_WRITE},
    Role.LENDER: {Scope.KEYS_WRITE, Scope.OFFERS_WRITE, Scope.TRANSACTIONS_WRITE, Scope.WEBHOOKS_WRITE},
    Role.OPERATOR: {Scope.KEYS_WRITE, Scope.ALERTS_READ, Scope.WEBHOOKS_WRITE},
    Role.AUDITOR: {Scope.KEYS_WRITE, Scope.ALERTS_READ},
}

OF_A_WALLET: Final = (Role.BORROWER, Role.LENDER)
"""The roles of an account that signed in for the first time."""


def scopes_of(roles: Iterable[str]) -> frozenset[Scope]:
    """All that an account with ``roles`` may do."""
    return frozenset().union(*(_OF_ROLE[Role(role)] for role in roles))
