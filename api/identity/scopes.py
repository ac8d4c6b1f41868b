"""What can be allowed, and which roles allow it. What the chain says is public and needs none of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

log = logging.getLogger(__name__)


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

Name = TypeVar("Name", Role, Scope)

OF_A_WALLET: Final = (Role.BORROWER, Role.LENDER)
"""The roles of an account that signed in for the first time."""


def scopes_of(roles: Iterable[str]) -> frozenset[Scope]:
    """All that an account with ``roles`` may do."""
    return frozenset().union(*(_OF_ROLE[role] for role in roles_named(roles)))


def roles_named(stored: Iterable[str]) -> list[Role]:
    """Those that this version knows, in their order. What a newer one has stored allows nothing here."""
    return [found for name in stored if (found := _known(Role, name)) is not None]


def scopes_named(stored: Iterable[str]) -> list[Scope]:
    """As ``roles_named``."""
    return [found for name in stored if (found := _known(Scope, name)) is not None]


@lru_cache(maxsize=256)
def _known(kind: type[Name], name: str) -> Name | None:
    """Remembered, so that a name that is not known is logged once."""
    try:
        return kind(name)
    except ValueError:
        log.warning("a stored %s is not known to this version and allows nothing: %r", kind.__name__.lower(), name)
        return None
