"""The named steps of the sender, between its commits and what it sends."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """In the order in which an intent passes them."""

    SIMULATED = "simulated"
    SIGNED_UNCOMMITTED = "signed, before the commit"
    SIGNED = "signed and committed, before the broadcast"
    BROADCAST_UNRECORDED = "broadcast, before that is recorded"
    BROADCAST = "broadcast and recorded"
    MINED_UNCOMMITTED = "mined, before the commit"
    MINED = "mined and committed"
    SETTLED_UNCOMMITTED = "final, before the commit"
    SETTLED = "final and committed"
