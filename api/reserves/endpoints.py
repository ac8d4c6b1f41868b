"""The proof of reserves over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.kept import Kept
from api.lines.units import token_form
from api.parts import PartsDep
from api.problems import INVALID_REQUEST, documented
from api.reserves.balances import read_balances
from api.reserves.repository import Held, read_held
from api.reserves.schemas import Reserves, TokenReserves
from api.snapshot import READ_PROBLEMS, SnapshotDep
from api.tokens import Tokens
from api.wire import checksum

router = APIRouter(prefix="/v1/reserves", tags=["reserves"])


async def kept_held(request: Request) -> Kept[dict[str, Held]]:
    found: Kept[dict[str, Held]] = request.app.state.held
    return found


HeldDep = Annotated[Kept[dict[str, Held]], Depends(kept_held)]


@router.get(
    "", summary="Prove the reserves", response_model=Reserves, responses=documented(INVALID_REQUEST, *READ_PROBLEMS)
)
async def prove_reserves(snapshot: SnapshotDep, parts: PartsDep, kept: HeldDep) -> Reserves:
    """For each token, what all lines together have in the vault, and what the vault has, both at the snapshot's block.

    A vault can have more, since anybody can send it tokens; less would be a fault in the contracts or in the token.
    """
    held = await kept.get(snapshot.version, None, lambda: read_held(snapshot))
    await snapshot.release()
    balances = await read_balances(parts.nodes, snapshot.book.vault, list(held), snapshot.cursor.hash)
    tokens = [
        _token(token, owned, None if balances is None else balances[token], parts.tokens)
        for token, owned in held.items()
    ]
    return Reserves(
        as_of=snapshot.as_of,
        vault=checksum(snapshot.book.vault),
        covered=None if balances is None else all(token.covered for token in tokens),
        balance_unavailable=None if balances is not None else "no node can say what the vault has at this block",
        tokens=tokens,
    )


def _token(address: str, held: Held, balance: int | None, tokens: Tokens) -> TokenReserves:
    return TokenReserves(
        token=token_form(tokens.find(address)),
        **{name: tokens.amount(address, amount) for name, amount in held._asdict().items()},
        owed=tokens.amount(address, held.owed),
        balance=None if balance is None else tokens.amount(address, balance),
        surplus=None if balance is None else tokens.amount(address, balance - held.owed),
        covered=None if balance is None else balance >= held.owed,
    )
