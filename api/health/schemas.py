"""JSON forms of health."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.wire import WireModel


class Live(WireModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Check(WireModel):
    """One thing that the service needs."""

    name: Literal["database", "redis", "mirror", "node", "signers"]
    ok: bool
    detail: str
    hint: str | None = Field(description="What to do about it; null when it is well.")


class Ready(WireModel):
    """Whether everything that moves money is in place. `ready` exactly when each check is `ok`."""

    ready: bool
    checks: list[Check]
