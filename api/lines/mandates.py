"""The mandates on a line: what they are, what they have done, and when they would fire."""

from __future__ import annotations

from dataclasses import replace

from api.lines.prices import OraclePrices
from api.lines.repository import LineRepository
from api.lines.schemas import Mandate, MandateOutlook, MandateState
from api.lines.service import AccruedLine
from api.lines.units import Units
from api.snapshot import Snapshot
from api.wire import ZERO_ADDRESS, Instant, checksum
from orchestrator.credit.firing import Moment
from orchestrator.credit.mandate import MandateState as CreditMandateState
from orchestrator.credit.mandate import cap_left, in_period
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.outlook import outlook
from orchestrator.credit.units import Timestamp, Wei
from orchestrator.db.models import Mandate as MandateRow
from orchestrator.db.values import mandate_of, mandate_state_of
from orchestrator.triggers.readings import Readings


async def mandates_of(
    accrued: AccruedLine, snapshot: Snapshot, repository: LineRepository, prices: OraclePrices
) -> list[Mandate]:
    """In the order of their registration."""
    rows = await repository.mandates(accrued.row.line_id)
    revoked = await repository.revoked(rows)
    firings = await repository.firings_of_newest_period(rows)
    await snapshot.release()
    oracle = (await prices.at(checksum(accrued.row.oracle), snapshot.cursor.hash)).reading
    readings = await prices.of_mandates(rows, snapshot.cursor.hash)
    wallets = await prices.wallets(rows, checksum(accrued.row.loan_token), snapshot.cursor.hash)
    units = Units(snapshot.tokens, accrued.row)
    shown = []
    for row in rows:
        state = mandate_state_of(row, firings.get(row.mandate_hash, []), revoked=row.mandate_hash in revoked)
        wallet = wallets.get(row.mandate_hash, Wei(0))
        seen = _outlook(row, state, accrued, oracle, readings, wallet, units)
        shown.append(_mandate(row, state, accrued.now, seen, snapshot, units))
    return shown


def _outlook(
    row: MandateRow,
    state: CreditMandateState,
    accrued: AccruedLine,
    oracle: OracleReading,
    readings: Readings,
    wallet: Wei,
    units: Units,
) -> MandateOutlook | None:
    """None when what the contract counted for a SHARE mandate, or the decimals that it counts in, are not known."""
    if row.kind == "share":
        account = readings.accounts.get((row.trigger, row.mandate_hash))
        if account is None or units.loan_decimals is None:
            return None
        state = replace(state, mark=account.mark, carry=account.carry)
    moment = Moment(
        line=accrued.row.state,
        terms=accrued.terms,
        oracle=oracle,
        feed=readings.feeds.get(row.feed),
        loan_decimals=units.loan_decimals or 0,
        now=accrued.now,
        wallet=wallet,
    )
    mandate = mandate_of(row)
    seen = outlook(mandate, state, moment)
    firing = seen.firing
    return MandateOutlook(
        fires_now=firing.fires,
        why_not=None if firing.why_not is None else firing.why_not.value,
        need=units.loan(firing.need),
        pays=units.loan(firing.pays),
        keeper_fee=units.of_source(mandate, firing.fee),
        seized=units.collateral(firing.seized),
        open_from=Instant.of_optional_block_time(seen.open_from),
        due_at=Instant.of_optional_block_time(seen.due_at),
        at_or_below_price=None if seen.at_or_below_price is None else units.price(seen.at_or_below_price),
        at_or_above_answer=seen.at_or_above_answer,
    )


def _mandate(
    row: MandateRow,
    state: CreditMandateState,
    now: Timestamp,
    seen: MandateOutlook | None,
    snapshot: Snapshot,
    units: Units,
) -> Mandate:
    mandate = mandate_of(row)
    current = in_period(mandate, state, now)
    return Mandate(
        mandate_hash=row.mandate_hash,
        trigger=checksum(row.trigger),
        borrower=checksum(row.borrower),
        kind=row.kind,
        paid_from=row.source,
        threshold_bps=row.threshold_bps,
        share_bps=row.share_bps,
        fee_bps=row.fee_bps,
        period_hours=row.period_hours,
        cap_per_period=units.of_source(mandate, row.cap_per_period),
        amount=units.loan(row.amount),
        feed=None if row.feed == ZERO_ADDRESS else checksum(row.feed),
        above=row.above,
        level=row.level,
        expires_at=Instant.of_block_time(row.expires_at),
        nonce=row.nonce,
        registered_at=Instant.of_block_time(row.registered_at),
        state=MandateState(
            revoked=state.revoked,
            expired=now > mandate.expiry,
            fires=state.fires,
            period=current.period,
            period_closed=current.closed,
            spent_in_period=units.of_source(mandate, current.spent),
            cap_left=units.of_source(mandate, cap_left(mandate, state, now)),
        ),
        outlook=seen,
        log=snapshot.provenance(row),
    )
