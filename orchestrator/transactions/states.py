"""The life of an intent: which status may follow which.

::

    queued ───► signed ───► broadcast ───► mined ───► finalized
       │                        ▲            ├───► failed: it reverted
       ├───► failed             │            ├───► cancelled: the attempt that was mined only used up the nonce
       └───► cancelled          └────────────┘ a reorg took the block

    signed ───► mined: a node had the bytes before we knew
    signed, broadcast ───► failed: a stranger's transaction used the nonce, for good

Once bytes are signed, an intent ends only when its nonce is used for good: no nonce is ever left behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class IntentStatus(StrEnum):
    """Column ``intents.status``."""

    QUEUED = "queued"
    SIGNED = "signed"
    BROADCAST = "broadcast"
    MINED = "mined"
    FINALIZED = "finalized"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNMINED: Final = frozenset({IntentStatus.SIGNED, IntentStatus.BROADCAST})
"""A nonce and signed bytes are stored; no block that we know holds them."""

IN_FLIGHT: Final = UNMINED | {IntentStatus.MINED}
"""A nonce is taken and what became of it is not final."""

FINAL: Final = frozenset({IntentStatus.FINALIZED, IntentStatus.FAILED, IntentStatus.CANCELLED})

NEXT: Final[Mapping[IntentStatus, frozenset[IntentStatus]]] = {
    IntentStatus.QUEUED: frozenset({IntentStatus.SIGNED, IntentStatus.FAILED, IntentStatus.CANCELLED}),
    IntentStatus.SIGNED: frozenset({IntentStatus.BROADCAST, IntentStatus.MINED, IntentStatus.FAILED}),
    IntentStatus.BROADCAST: frozenset({IntentStatus.MINED, IntentStatus.FAILED}),
    IntentStatus.MINED: frozenset(
        {IntentStatus.BROADCAST, IntentStatus.FINALIZED, IntentStatus.FAILED, IntentStatus.CANCELLED}
    ),
    IntentStatus.FINALIZED: frozenset(),
    IntentStatus.FAILED: frozenset(),
    IntentStatus.CANCELLED: frozenset(),
}


class IllegalTransition(Exception):
    """A defect of ours: an intent was to move to a status that can't follow the one it has."""


def moved(status: str, to: IntentStatus) -> str:
    """``to``, if it may follow ``status``.

    Raises:
        IllegalTransition: it may not.
    """
    if to not in NEXT[IntentStatus(status)]:
        raise IllegalTransition(f"an intent that is {status} can't become {to}")
    return to.value
