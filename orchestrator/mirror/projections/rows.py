"""Rows that a projection makes: values for a table, not yet written anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from orchestrator.db.models import Model
from orchestrator.mirror.decode import Event
from orchestrator.mirror.watch import Role

BIGINT_MAX = 2**63 - 1


class Unprojectable(ValueError):
    """An event decodes, but its values have no place in our tables: its contract does not keep to its own rules."""


class Row(NamedTuple):
    """One row to append to a table. ``values`` has the same keys in the same order for all rows of a model."""

    model: type[Model]
    values: dict[str, Any]


Projection = Callable[[Event], list[Row]]
Projections = Mapping[tuple[Role, str], Projection]


def provenance(event: Event) -> dict[str, Any]:
    """The chain, and the columns of ``FromLog``."""
    return {
        "chain_id": event.chain_id,
        "block_number": event.log.block_number,
        "log_index": event.log.log_index,
        "block_hash": event.log.block_hash,
        "tx_hash": event.log.tx_hash,
    }


def vault_of(event: Event) -> str:
    """The vault that the event's contract belongs to."""
    assert event.source.vault is not None, f"{event.source.role} without a vault"
    return event.source.vault


def bigint(value: int, name: str) -> int:
    """``value``, if a bigint column can hold it. Raises Unprojectable."""
    if value > BIGINT_MAX:
        raise Unprojectable(f"{name} = {value} is beyond 63 bits")
    return value


def columns_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A Solidity struct's fields under the names of our columns: accruedAt → accrued_at."""
    return dict(zip(_snake_case(tuple(fields)), fields.values(), strict=True))


@cache
def _snake_case(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(re.sub(r"([A-Z])", r"_\1", name).lower() for name in names)
