"""Lines: what was agreed, from `Opened`, and each state since, from `LineState`."""

from __future__ import annotations

from orchestrator.db.models import Line, LineVersion
from orchestrator.mirror.decode import Event
from orchestrator.mirror.projections.rows import Projections, Row, bigint, columns_of, provenance, vault_of
from orchestrator.mirror.watch import Role

_BEFORE_THE_FIRST_STATE = dict.fromkeys(
    (
        "seq",
        "principal",
        "undrawn",
        "accrued_at",
        "unbilled",
        "billed",
        "billed_principal",
        "unpaid_since",
        "collateral",
        "reserve",
        "claim_loan",
        "claim_collateral",
        "flags",
    ),
    0,
)


def opened(event: Event) -> list[Row]:
    """The line before its first state: the `LineState` that follows in the same transaction brings it up to date."""
    values = {
        "chain_id": event.chain_id,
        "vault": vault_of(event),
        "line_id": bigint(event.args["id"], "id"),
        "lender": event.args["lender"],
        "borrower": event.args["borrower"],
        "offer_hash": event.args["offerHash"],
        "amount": event.args["amount"],
        "origination_fee": event.args["originationFee"],
        "opened_block_number": event.log.block_number,
        "opened_tx_hash": event.log.tx_hash,
        "state_block_number": event.log.block_number,
        "state_log_index": event.log.log_index,
        **columns_of(event.args["terms"]),
        **_BEFORE_THE_FIRST_STATE,
    }
    return [Row(Line, values)]


def changed(event: Event) -> list[Row]:
    values = {
        **provenance(event),
        "vault": vault_of(event),
        "line_id": bigint(event.args["id"], "id"),
        **columns_of(event.args["state"]),
    }
    return [Row(LineVersion, values)]


PROJECTIONS: Projections = {(Role.VAULT, "Opened"): opened, (Role.VAULT, "LineState"): changed}
