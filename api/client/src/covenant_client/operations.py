"""A function for each operation of the API: it builds the request, and a client sends it.

Written by `make client` from the OpenAPI document: change that, not this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from covenant_client import models
from covenant_client.request import Request, new_key, segment


def show_portfolio(
    *,
    borrower: str | None = None,
    lender: str | None = None,
    market_id: int | None = None,
    min_block: int | None = None,
) -> Request[models.Portfolio]:
    """Show the portfolio: GET /v1/portfolio

    All lines, or those of a borrower, a lender or a market, as they stand at the snapshot's time.

    Totals for each token, health at the oracles' measuring prices, lines by status, and which bills come next.

    Args:
        lender: Who lent when the line was opened.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        "/v1/portfolio",
        models.Portfolio,
        statuses=(200,),
        query={"borrower": borrower, "lender": lender, "market_id": market_id, "min_block": min_block},
    )


def list_lines(
    *,
    borrower: str | None = None,
    lender: str | None = None,
    holder: str | None = None,
    market_id: int | None = None,
    status: models.StatusName | None = None,
    due_by: int | None = None,
    q: str | None = None,
    sort: models.Sort | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    min_block: int | None = None,
) -> Request[models.LinePage]:
    """List lines: GET /v1/lines

    Each as it stands at the snapshot's time. A cursor belongs to its `sort`.

    Args:
        lender: Who lent when the line was opened.
        holder: Who owns the NFT, and with it the claim.
        status: At the snapshot's time.
        due_by: A bill is unpaid, or comes at this second at the latest.
        q: A line's id; the beginning of its borrower's or lender's address (0x and 4 digits at least); or the hash of its offer or of the transaction that opened it.
        sort: `next_due` leaves out lines that are to have no bill.
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        "/v1/lines",
        models.LinePage,
        statuses=(200,),
        query={
            "borrower": borrower,
            "lender": lender,
            "holder": holder,
            "market_id": market_id,
            "status": status,
            "due_by": due_by,
            "q": q,
            "sort": sort,
            "limit": limit,
            "cursor": cursor,
            "min_block": min_block,
        },
    )


def get_line(
    line_id: int,
    *,
    at: int | None = None,
    price_e36: int | None = None,
    as_of_block: int | None = None,
    min_block: int | None = None,
) -> Request[models.LineDetail]:
    """Show one line: GET /v1/lines/{line_id}

    Terms, stored state, and what follows from them at `at`: what is owed, and how healthy the line is.

    Health is judged at the oracle's measuring price at the snapshot's block, or at `price_e36`. With `as_of_block` all
    of it is as it was after that block.

    Args:
        line_id: The line's id, which is its NFT's too.
        at: Seconds since 1970 to look at the line at; if left out, the snapshot's.
        price_e36: Judge the health at this price: loan base units for a collateral base unit, times 10^36.
        as_of_block: Show the line as it was after this block; a block that the mirror has passed.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        f"/v1/lines/{line_id}",
        models.LineDetail,
        statuses=(200,),
        query={"at": at, "price_e36": price_e36, "as_of_block": as_of_block, "min_block": min_block},
    )


def get_schedule(
    line_id: int,
    *,
    assume: Literal["paid_when_due", "nothing_is_paid"] | None = None,
    limit: int | None = None,
    min_block: int | None = None,
) -> Request[models.Schedule]:
    """Show the bills to come: GET /v1/lines/{line_id}/schedule

    The next bills if nobody draws, each paid in the second it appears, or with none of them paid.

    Args:
        line_id: The line's id, which is its NFT's too.
        limit: Bills, at most 120.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        f"/v1/lines/{line_id}/schedule",
        models.Schedule,
        statuses=(200,),
        query={"assume": assume, "limit": limit, "min_block": min_block},
    )


def list_history(
    line_id: int, *, limit: int | None = None, cursor: str | None = None, min_block: int | None = None
) -> Request[models.History]:
    """List the states of a line: GET /v1/lines/{line_id}/history

    One for each action on the line, the newest first, each with the log it was read from.

    Args:
        line_id: The line's id, which is its NFT's too.
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        f"/v1/lines/{line_id}/history",
        models.History,
        statuses=(200,),
        query={"limit": limit, "cursor": cursor, "min_block": min_block},
    )


def show_ltv_over_time(
    line_id: int, *, limit: int | None = None, min_block: int | None = None
) -> Request[models.LtvOverTime]:
    """Show debt over value through time: GET /v1/lines/{line_id}/ltv

    By the mirrored states and the answers of the feed that prices the line, of each the `limit` newest.

    Args:
        line_id: The line's id, which is its NFT's too.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        f"/v1/lines/{line_id}/ltv",
        models.LtvOverTime,
        statuses=(200,),
        query={"limit": limit, "min_block": min_block},
    )


def list_payments(
    line_id: int, *, limit: int | None = None, cursor: str | None = None, min_block: int | None = None
) -> Request[models.Payments]:
    """List the payments on a line: GET /v1/lines/{line_id}/payments

    Whatever its debt fell by, the newest first.

    Args:
        line_id: The line's id, which is its NFT's too.
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        f"/v1/lines/{line_id}/payments",
        models.Payments,
        statuses=(200,),
        query={"limit": limit, "cursor": cursor, "min_block": min_block},
    )


def list_mandates(line_id: int, *, min_block: int | None = None) -> Request[models.Mandates]:
    """List the mandates on a line: GET /v1/lines/{line_id}/mandates

    What each mandate has done, whether it would fire now and why not, and at which second or price it would.

    Args:
        line_id: The line's id, which is its NFT's too.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET", f"/v1/lines/{line_id}/mandates", models.Mandates, statuses=(200,), query={"min_block": min_block}
    )


def get_note(line_id: int, *, min_block: int | None = None) -> Request[models.Note]:
    """Show the NFT of a line: GET /v1/lines/{line_id}/note

    Name, picture and attributes as the NFT's contract gives them at the snapshot's block, decoded.

    Args:
        line_id: The line's id, which is its NFT's too.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request("GET", f"/v1/lines/{line_id}/note", models.Note, statuses=(200,), query={"min_block": min_block})


def list_markets(*, min_block: int | None = None) -> Request[models.MarketList]:
    """List markets: GET /v1/markets

    What can be borrowed against what, from which amount, and what the oracles say. There are few: all at once.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request("GET", "/v1/markets", models.MarketList, statuses=(200,), query={"min_block": min_block})


def prove_reserves(*, min_block: int | None = None) -> Request[models.Reserves]:
    """Prove the reserves: GET /v1/reserves

    For each token, what all lines together have in the vault, and what the vault has, both at the snapshot's block.

    A vault can have more, since anybody can send it tokens; less would be a fault in the contracts or in the token.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request("GET", "/v1/reserves", models.Reserves, statuses=(200,), query={"min_block": min_block})


def build_typed_data(
    body: models.OfferToSign, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.TypedDataPayload]:
    """Build what a lender signs: POST /v1/offers/typed-data

    Returns the EIP-712 payload of an offer for this chain and vault, after the checks that need no signature.

    Nothing is stored. Sign `typed_data` with `eth_signTypedData_v4` and send the offer with POST /v1/offers.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/offers/typed-data",
        models.TypedDataPayload,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def post_signed_offer(body: models.SignedOffer, *, idempotency_key: str | None = None) -> Request[models.PostedOffer]:
    """Post a signed offer: POST /v1/offers

    Checks an offer as the vault would when a line is opened under it, and puts it into the order book.

    The lender's signature is enough. A key or session that comes with it needs the scope `offers:write`.
    Posting the same offer again changes nothing and returns it with 200.
    """
    return Request(
        "POST",
        "/v1/offers",
        models.PostedOffer,
        statuses=(
            200,
            201,
        ),
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def list_offers(
    *,
    lender: str | None = None,
    borrower: str | None = None,
    loan_token: str | None = None,
    collateral_token: str | None = None,
    fillable: bool | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    min_block: int | None = None,
) -> Request[models.OfferPage]:
    """List offers: GET /v1/offers

    The newest first. Each says how much can still be opened under it, or why nothing can.

    Args:
        lender: Offers of this lender.
        borrower: Offers that this account may take.
        fillable: Only offers under which a line can be opened now.
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        "/v1/offers",
        models.OfferPage,
        statuses=(200,),
        query={
            "lender": lender,
            "borrower": borrower,
            "loan_token": loan_token,
            "collateral_token": collateral_token,
            "fillable": fillable,
            "limit": limit,
            "cursor": cursor,
            "min_block": min_block,
        },
    )


def get_offer(offer_hash: str, *, min_block: int | None = None) -> Request[models.OfferDetail]:
    """Show one offer: GET /v1/offers/{offer_hash}

    The offer as it was signed, and how much can still be opened under it, or why nothing can.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET", f"/v1/offers/{segment(offer_hash)}", models.OfferDetail, statuses=(200,), query={"min_block": min_block}
    )


def build_mandate_typed_data(
    body: models.MandateToSign, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.MandatePayload]:
    """Build what a borrower signs: POST /v1/mandates/typed-data

    Returns the EIP-712 payload of a mandate for this chain and trigger, after the checks that need no signature.

    Nothing is stored. Sign `typed_data`, then prepare `register_mandate` with the signature.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/mandates/typed-data",
        models.MandatePayload,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_approve(
    body: models.Approve, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: let the vault take a token: POST /v1/prepare/approve

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/approve",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_open(
    body: models.Open, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: open a line under an offer: POST /v1/prepare/open

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/open",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_deposit(
    body: models.Deposit, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: add collateral: POST /v1/prepare/deposit

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/deposit",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_deposit_reserve(
    body: models.DepositReserve, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: add to the reserve: POST /v1/prepare/deposit_reserve

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/deposit_reserve",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_withdraw(
    body: models.Withdraw, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: take collateral back: POST /v1/prepare/withdraw

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/withdraw",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_withdraw_reserve(
    body: models.WithdrawReserve, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: take reserve back: POST /v1/prepare/withdraw_reserve

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/withdraw_reserve",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_draw(
    body: models.Draw, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: draw: POST /v1/prepare/draw

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/draw",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_repay(
    body: models.Repay, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: repay: POST /v1/prepare/repay

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/repay",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_close(
    body: models.Close, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: pay everything and leave: POST /v1/prepare/close

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/close",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_claim(
    body: models.Claim, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: claim what a line paid: POST /v1/prepare/claim

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/claim",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_terminate(
    body: models.Terminate, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: end drawing on a line: POST /v1/prepare/terminate

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/terminate",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_liquidate(
    body: models.Liquidate, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: liquidate: POST /v1/prepare/liquidate

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/liquidate",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_set_operator(
    body: models.SetOperator, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: let an operator act, or no longer: POST /v1/prepare/set_operator

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/set_operator",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_cancel_group(
    body: models.CancelGroup, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: cancel a group of offers: POST /v1/prepare/cancel_group

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/cancel_group",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_bump_epoch(
    body: models.BumpEpoch, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: cancel all your offers: POST /v1/prepare/bump_epoch

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/bump_epoch",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_register_mandate(
    body: models.RegisterMandate, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: register a signed mandate: POST /v1/prepare/register_mandate

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/register_mandate",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def prepare_revoke_mandate(
    body: models.RevokeMandate, *, min_block: int | None = None, idempotency_key: str | None = None
) -> Request[models.PreparedTransaction]:
    """Prepare: revoke a mandate: POST /v1/prepare/revoke_mandate

    Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

    What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
    POST /v1/submissions.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "POST",
        "/v1/prepare/revoke_mandate",
        models.PreparedTransaction,
        statuses=(200,),
        body=body,
        query={"min_block": min_block},
        idempotency_key=idempotency_key or new_key(),
    )


def submit_transaction(
    body: models.NewSubmission, *, idempotency_key: str | None = None
) -> Request[models.SubmissionDetail]:
    """Submit a signed transaction: POST /v1/submissions

    Passes a transaction to the chain, or follows one that the wallet has sent, if it is for our contracts.

    A transaction is submitted once, however often it is sent here. An `Idempotency-Key` under which one was handed to a
    node stays with it, also when the node refused it: another transaction takes a new key.
    """
    return Request(
        "POST",
        "/v1/submissions",
        models.SubmissionDetail,
        statuses=(
            200,
            202,
        ),
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def list_submissions(
    *, limit: int | None = None, cursor: str | None = None, min_block: int | None = None
) -> Request[models.SubmissionPage]:
    """List your submissions: GET /v1/submissions

    The newest first, each with what became of it, as the node says now.

    Args:
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        "/v1/submissions",
        models.SubmissionPage,
        statuses=(200,),
        query={"limit": limit, "cursor": cursor, "min_block": min_block},
    )


def get_submission(submission_id: UUID | str, *, min_block: int | None = None) -> Request[models.SubmissionDetail]:
    """Follow a submission: GET /v1/submissions/{submission_id}

    What became of it, as the node says now. Bytes that the node has lost are handed to it again.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        f"/v1/submissions/{segment(submission_id)}",
        models.SubmissionDetail,
        statuses=(200,),
        query={"min_block": min_block},
    )


def list_triggers(
    *,
    line_id: int | None = None,
    mandate_hash: str | None = None,
    action: models.Action | None = None,
    status: models.TriggerStatus | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    min_block: int | None = None,
) -> Request[models.TriggerPage]:
    """List triggers: GET /v1/triggers

    The newest first: the round or bill that caused each, the transaction that carries it, and how long it took.

    Args:
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        "/v1/triggers",
        models.TriggerPage,
        statuses=(200,),
        query={
            "line_id": line_id,
            "mandate_hash": mandate_hash,
            "action": action,
            "status": status,
            "limit": limit,
            "cursor": cursor,
            "min_block": min_block,
        },
    )


def get_trigger(trigger_id: UUID | str, *, min_block: int | None = None) -> Request[models.TriggerDetail]:
    """Show one trigger: GET /v1/triggers/{trigger_id}

    Why it fired, at which block and price, and what became of it.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        f"/v1/triggers/{segment(trigger_id)}",
        models.TriggerDetail,
        statuses=(200,),
        query={"min_block": min_block},
    )


def list_transactions(
    *,
    status: models.IntentStatus | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    min_block: int | None = None,
) -> Request[models.TransactionPage]:
    """List transactions: GET /v1/transactions

    What the service sent or is about to send, the newest first, with every attempt.

    Args:
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        "/v1/transactions",
        models.TransactionPage,
        statuses=(200,),
        query={"status": status, "limit": limit, "cursor": cursor, "min_block": min_block},
    )


def get_transaction(transaction_id: UUID | str, *, min_block: int | None = None) -> Request[models.TransactionDetail]:
    """Show one transaction: GET /v1/transactions/{transaction_id}

    By our id, which stays while attempts and their hashes change.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        f"/v1/transactions/{segment(transaction_id)}",
        models.TransactionDetail,
        statuses=(200,),
        query={"min_block": min_block},
    )


def show_sending() -> Request[models.Sending]:
    """Is anything new sent?: GET /v1/sending

    Whether an operator or the circuit breaker keeps new transactions from being signed, and why.
    """
    return Request("GET", "/v1/sending", models.Sending, statuses=(200,))


def list_events(
    *,
    after: int | None = None,
    before: int | None = None,
    sort: models.EventOrder | None = None,
    line_id: int | None = None,
    kind: Sequence[str] | None = None,
    limit: int | None = None,
    min_block: int | None = None,
) -> Request[models.EventLog]:
    """Read the log of events: GET /v1/events

    What happened on the chain, in the order in which it was learnt, without gaps; with `sort=newest`, backwards.

    An event of a block that a reorganisation replaced stays, and is followed by one that takes it back.

    Args:
        after: Events after this position; 0 for all.
        before: Events before this position.
        sort: Which end of them comes first.
        kind: One or several kinds.
        limit: Rows on a page, at most 200.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        "/v1/events",
        models.EventLog,
        statuses=(200,),
        query={
            "after": after,
            "before": before,
            "sort": sort,
            "line_id": line_id,
            "kind": kind,
            "limit": limit,
            "min_block": min_block,
        },
    )


def list_feeds(*, min_block: int | None = None) -> Request[models.FeedList]:
    """List feeds: GET /v1/feeds

    Every feed that is followed, with its newest answer and the last judgement on its health.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request("GET", "/v1/feeds", models.FeedList, statuses=(200,), query={"min_block": min_block})


def get_feed(address: str, *, min_block: int | None = None) -> Request[models.FeedDetail]:
    """Show one feed: GET /v1/feeds/{address}

    With its newest answer and the last judgement on its health.

    Args:
        address: The address of the feed's proxy.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET", f"/v1/feeds/{segment(address)}", models.FeedDetail, statuses=(200,), query={"min_block": min_block}
    )


def list_rounds(
    address: str, *, limit: int | None = None, cursor: str | None = None, min_block: int | None = None
) -> Request[models.RoundPage]:
    """List the rounds of a feed: GET /v1/feeds/{address}/rounds

    The newest first, each with the log it was read from.

    Args:
        address: The address of the feed's proxy.
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        f"/v1/feeds/{segment(address)}/rounds",
        models.RoundPage,
        statuses=(200,),
        query={"limit": limit, "cursor": cursor, "min_block": min_block},
    )


def list_reconciliations(
    *, equal: bool | None = None, limit: int | None = None, cursor: str | None = None, min_block: int | None = None
) -> Request[models.ReconciliationPage]:
    """List reconciliations: GET /v1/reconciliations

    The newest first. Each compares every mirrored fact of the vault with the chain, to the base unit.

    Args:
        equal: Only those without, or only those with differences.
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        "/v1/reconciliations",
        models.ReconciliationPage,
        statuses=(200,),
        query={"equal": equal, "limit": limit, "cursor": cursor, "min_block": min_block},
    )


def get_reconciliation(
    reconciliation_id: UUID | str, *, min_block: int | None = None
) -> Request[models.ReconciliationDetail]:
    """Show one reconciliation: GET /v1/reconciliations/{reconciliation_id}

    With every difference that it found.

    Args:
        min_block: Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`.
    """
    return Request(
        "GET",
        f"/v1/reconciliations/{segment(reconciliation_id)}",
        models.ReconciliationDetail,
        statuses=(200,),
        query={"min_block": min_block},
    )


def list_alerts(
    *,
    state: Literal["open", "resolved", "all"] | None = None,
    severity: models.Severity | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Request[models.AlertPage]:
    """List alerts: GET /v1/alerts

    The newest first, for operators and auditors. Told also before the first block is mirrored: they may say why.

    Args:
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
    """
    return Request(
        "GET",
        "/v1/alerts",
        models.AlertPage,
        statuses=(200,),
        query={"state": state, "severity": severity, "limit": limit, "cursor": cursor},
    )


def start_sign_in(body: models.SignInRequest, *, idempotency_key: str | None = None) -> Request[models.SignInChallenge]:
    """Ask for a message to sign in with: POST /v1/sessions/nonce

    Returns a message (EIP-4361) for this site and chain. It can be used once, within ten minutes.

    Asking twice gives two messages, and both are good; with the same `Idempotency-Key` it is the same message.
    """
    return Request(
        "POST",
        "/v1/sessions/nonce",
        models.SignInChallenge,
        statuses=(200,),
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def create_session(body: models.SignIn, *, idempotency_key: str | None = None) -> Request[models.CurrentSession]:
    """Sign in: POST /v1/sessions

    Opens a session for the account that signed the message, and sets its cookie. A wallet's first sign-in makes its
    account.

    A message works once, so a repeat is refused and opens nothing. With the same `Idempotency-Key` it gets the same
    answer, but no cookie: whoever lost that signs in with a new message.
    """
    return Request(
        "POST",
        "/v1/sessions",
        models.CurrentSession,
        statuses=(201,),
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def get_current_session() -> Request[models.CurrentSession]:
    """Show who is signed in: GET /v1/sessions/current

    The account behind the session or key of this request, and what it may do by it.
    """
    return Request("GET", "/v1/sessions/current", models.CurrentSession, statuses=(200,))


def end_current_session() -> Request[None]:
    """Sign out: DELETE /v1/sessions/current

    Ends the session of this request, for good. A key is not touched: revoke it with DELETE /v1/api-keys.
    """
    return Request("DELETE", "/v1/sessions/current", None, statuses=(204,))


def list_api_keys() -> Request[models.ApiKeys]:
    """List your keys: GET /v1/api-keys

    The keys of your account, the newest first, without their secrets.
    """
    return Request("GET", "/v1/api-keys", models.ApiKeys, statuses=(200,))


def create_api_key(body: models.NewApiKey, *, idempotency_key: str | None = None) -> Request[models.CreatedApiKey]:
    """Make a key: POST /v1/api-keys

    Makes a key with some of your own scopes. The key is in this answer and nowhere else.

    A repeat with the same `Idempotency-Key` makes no second key, and does not show the first one again: its `key` is
    empty.
    """
    return Request(
        "POST",
        "/v1/api-keys",
        models.CreatedApiKey,
        statuses=(201,),
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def revoke_api_key(key_id: UUID | str) -> Request[None]:
    """Revoke a key: DELETE /v1/api-keys/{key_id}

    From now on the key opens nothing. Revoking it again changes nothing.
    """
    return Request("DELETE", f"/v1/api-keys/{segment(key_id)}", None, statuses=(204,))


def list_webhooks() -> Request[models.Webhooks]:
    """List your webhooks: GET /v1/webhooks

    The oldest first, each with how far it has got.
    """
    return Request("GET", "/v1/webhooks", models.Webhooks, statuses=(200,))


def create_webhook(body: models.NewWebhook, *, idempotency_key: str | None = None) -> Request[models.WebhookWithSecret]:
    """Make a webhook: POST /v1/webhooks

    From now on events are sent there, one after the other, signed by the rules of Standard Webhooks.

    A repeat with the same `Idempotency-Key` makes no second one and does not show the secret again: it is empty then.
    """
    return Request(
        "POST",
        "/v1/webhooks",
        models.WebhookWithSecret,
        statuses=(201,),
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def get_webhook(webhook_id: UUID | str) -> Request[models.Webhook]:
    """Show a webhook: GET /v1/webhooks/{webhook_id}

    How far it has got, and whether it is in trouble.
    """
    return Request("GET", f"/v1/webhooks/{segment(webhook_id)}", models.Webhook, statuses=(200,))


def change_webhook(webhook_id: UUID | str, body: models.WebhookChanges) -> Request[models.Webhook]:
    """Change a webhook: PATCH /v1/webhooks/{webhook_id}

    Another URL or other kinds, from the next event on. Paused, it keeps its place; enabled, it is tried at once.
    """
    return Request("PATCH", f"/v1/webhooks/{segment(webhook_id)}", models.Webhook, statuses=(200,), body=body)


def delete_webhook(webhook_id: UUID | str) -> Request[None]:
    """Delete a webhook: DELETE /v1/webhooks/{webhook_id}

    With its log of deliveries. What is being sent now may still arrive.
    """
    return Request("DELETE", f"/v1/webhooks/{segment(webhook_id)}", None, statuses=(204,))


def rotate_webhook_secret(
    webhook_id: UUID | str, *, idempotency_key: str | None = None
) -> Request[models.WebhookWithSecret]:
    """Change the secret of a webhook: POST /v1/webhooks/{webhook_id}/rotate

    Returns a new secret. For a day each message carries signatures of both, so that no moment is missed.

    A repeat with the same `Idempotency-Key` makes no further one and does not show the secret again: it is empty then.
    """
    return Request(
        "POST",
        f"/v1/webhooks/{segment(webhook_id)}/rotate",
        models.WebhookWithSecret,
        statuses=(200,),
        idempotency_key=idempotency_key or new_key(),
    )


def send_test(webhook_id: UUID | str, *, idempotency_key: str | None = None) -> Request[models.Delivery]:
    """Send a test: POST /v1/webhooks/{webhook_id}/test

    A message of kind `webhook.test` is sent once, ahead of the events. The log tells what came of it.
    """
    return Request(
        "POST",
        f"/v1/webhooks/{segment(webhook_id)}/test",
        models.Delivery,
        statuses=(202,),
        idempotency_key=idempotency_key or new_key(),
    )


def replay_webhook(
    webhook_id: UUID | str, body: models.Replay, *, idempotency_key: str | None = None
) -> Request[models.Webhook]:
    """Send everything again: POST /v1/webhooks/{webhook_id}/replay

    Goes on after another position, also an earlier one: events come again with the ids that they had.
    """
    return Request(
        "POST",
        f"/v1/webhooks/{segment(webhook_id)}/replay",
        models.Webhook,
        statuses=(200,),
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def redeliver_event(
    webhook_id: UUID | str, body: models.Redelivery, *, idempotency_key: str | None = None
) -> Request[models.Delivery]:
    """Send one event again: POST /v1/webhooks/{webhook_id}/redeliver

    The event is sent once more, with the id that it had, ahead of those that wait.
    """
    return Request(
        "POST",
        f"/v1/webhooks/{segment(webhook_id)}/redeliver",
        models.Delivery,
        statuses=(202,),
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def list_deliveries(
    webhook_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
) -> Request[models.DeliveryPage]:
    """List the deliveries of a webhook: GET /v1/webhooks/{webhook_id}/deliveries

    Every attempt with what came of it, the newest first.

    Args:
        limit: Rows on a page, at most 200.
        cursor: `next_cursor` of the page before; none for the first page.
    """
    return Request(
        "GET",
        f"/v1/webhooks/{segment(webhook_id)}/deliveries",
        models.DeliveryPage,
        statuses=(200,),
        query={"limit": limit, "cursor": cursor},
    )


def live() -> Request[models.Live]:
    """Does the process answer?: GET /health/live

    Always 200. Restart the process when this fails.
    """
    return Request("GET", "/health/live", models.Live, statuses=(200,))


def ready() -> Request[models.Ready]:
    """Is everything there that the service needs?: GET /health/ready

    Database, Redis, the chain's node, how far the mirror is behind it, and what the signers can spend.
    """
    return Request(
        "GET",
        "/health/ready",
        models.Ready,
        statuses=(
            200,
            503,
        ),
    )
