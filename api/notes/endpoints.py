"""Notes over HTTP."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.lines.endpoints import LineId
from api.lines.problems import UNKNOWN_LINE, unknown_line
from api.lines.rows import Place, find_line
from api.nodes import Nodes
from api.notes.metadata import Metadata, read_metadata
from api.notes.problems import NOTE_BURNED
from api.notes.schemas import Attribute, Note
from api.parts import PartsDep
from api.problems import CHAIN_UNAVAILABLE, INVALID_REQUEST, Problem, documented
from api.snapshot import READ_PROBLEMS, SnapshotDep
from api.wire import checksum
from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import RpcRefused

router = APIRouter(prefix="/v1/lines", tags=["lines"])

_NFT: Final = "CreditLineNFT"


@router.get(
    "/{line_id}/note",
    summary="Show the NFT of a line",
    response_model=Note,
    responses=documented(UNKNOWN_LINE, NOTE_BURNED, INVALID_REQUEST, CHAIN_UNAVAILABLE, *READ_PROBLEMS),
)
async def get_note(line_id: LineId, snapshot: SnapshotDep, parts: PartsDep) -> Note:
    """Name, picture and attributes as the NFT's contract gives them at the snapshot's block, decoded."""
    row = await find_line(await snapshot.driver(), Place.of(snapshot.book), line_id)
    if row is None:
        raise unknown_line(line_id, snapshot)
    if row.holder is None:
        raise Problem(NOTE_BURNED, f"the NFT of line {line_id} is burned")
    await snapshot.release()
    found = await _ask(parts.nodes, snapshot.book.nft, line_id, snapshot.cursor.hash)
    return Note(
        as_of=snapshot.as_of,
        line_id=line_id,
        nft=checksum(snapshot.book.nft),
        holder=checksum(row.holder),
        name=found.name,
        description=found.description,
        image=found.image,
        attributes=[Attribute(trait=trait.trait_type, value=trait.value) for trait in found.attributes],
    )


async def _ask(nodes: Nodes, nft: str, line_id: int, block_hash: str) -> Metadata:
    """Raises RpcError or Problem when no node has the note as its contract writes it."""
    codec = load_contract(_NFT)
    call = (nft, codec.encode_call("tokenURI", line_id))
    (answer,) = await nodes.ask(lambda rpc: ChainReader(rpc).call_at(block_hash, [call]))
    if isinstance(answer, RpcRefused):
        raise answer
    try:
        return read_metadata(codec.decode_result("tokenURI", answer))
    except UndecodableData as error:
        raise Problem(CHAIN_UNAVAILABLE, f"the node's answer for note {line_id} cannot be read: {error}") from None
