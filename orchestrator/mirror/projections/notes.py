"""Who holds the NFT of a line, from its `Transfer`s."""

from __future__ import annotations

from orchestrator.db.models import NoteTransfer
from orchestrator.mirror.decode import Event
from orchestrator.mirror.projections.rows import Projections, Row, bigint, provenance
from orchestrator.mirror.watch import Role


def transferred(event: Event) -> list[Row]:
    values = {
        **provenance(event),
        "nft": event.log.address,
        "line_id": bigint(event.args["tokenId"], "tokenId"),
        "from_address": event.args["from"],
        "to_address": event.args["to"],
    }
    return [Row(NoteTransfer, values)]


PROJECTIONS: Projections = {(Role.NFT, "Transfer"): transferred}
