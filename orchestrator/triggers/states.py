"""The words in `triggers.status` and `triggers.action`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """What is to be done to a line. Policy may want the last two; of liquidations people are told else."""

    REPAY = "repay"
    LIQUIDATE = "liquidate"
    TERMINATE = "terminate"


class TriggerStatus(StrEnum):
    """`pending`: its intent is queued. `mined`: in a block that is not final. The last five are final.

    `skipped`: the keeper's fee would not have paid for the gas. `cancelled`: an operator did not want it.
    """

    PENDING = "pending"
    SENDING = "sending"
    MINED = "mined"
    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


LIVE: Final = frozenset({TriggerStatus.PENDING, TriggerStatus.SENDING, TriggerStatus.MINED})
"""At most one trigger of a key has one of these (invariant 6)."""
