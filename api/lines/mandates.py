"""The mandates on a line: what they are, what they have done, and when they would fire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from api.lines.repository import LineRepository
from api.lines.rows import mandate_of, mandate_state_of, state_of
from api.lines.schemas import Mandate, MandateOutlook, MandateState
from api.lines.service import Standing
from api.lines.units import Units
from api.snapshot import Snapshot
from api.wire import ZERO_ADDRESS, Instant, TokenAmount, checksum
from orchestrator.credit.firing import Moment
from orchestrator.credit.mandate import From, Kind, cap_left, in_period
from orchestrator.credit.mandate import Mandate as CreditMandate
from orchestrator.credit.mandate import MandateState as CreditMandateState
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.outlook import outlook
from orchestrator.credit.share import FeedReading
from orchestrator.db.models import Mandate as MandateRow

_DECIMALS_WITHOUT_SHARE: Final = 0
"""Only SHARE mandates, which get no outlook here, depend on the loan token's decimals."""


async def mandates_of(
    standing: Standing, snapshot: Snapshot, repository: LineRepository, oracle: OracleReading
) -> list[Mandate]:
    rows = await repository.mandates(standing.held.line.line_id)
    revoked = await repository.revoked(rows)
    firings = await repository.firings_of_newest_period(rows)
    feeds = await _feed_readings(rows, snapshot, repository)
    shown = []
    for row in rows:
        state = mandate_state_of(row, firings.get(row.mandate_hash, []), revoked=row.mandate_hash in revoked)
        moment = Moment(
            line=state_of(standing.held.line),
            terms=standing.terms,
            oracle=oracle,
            feed=feeds.get(row.feed),
            loan_decimals=_DECIMALS_WITHOUT_SHARE,
            now=standing.now,
        )
        shown.append(_mandate(row, state, moment, snapshot, Units(snapshot.book, standing.held.market)))
    return shown


async def _feed_readings(
    rows: Sequence[MandateRow], snapshot: Snapshot, repository: LineRepository
) -> dict[str, FeedReading]:
    """The newest round of each feed that a LEVEL mandate names, as far as we follow the feed."""
    known = {feed.address.lower(): feed for feed in snapshot.book.feeds.values()}
    readings = {}
    for address in {row.feed for row in rows if row.kind == "level"} & known.keys():
        newest = await repository.newest_round(address)
        if newest is not None:
            readings[address] = FeedReading(newest.answer, known[address].decimals)
    return readings


def _mandate(row: MandateRow, state: CreditMandateState, moment: Moment, snapshot: Snapshot, units: Units) -> Mandate:
    mandate = mandate_of(row)
    amount = units.collateral if mandate.source is From.COLLATERAL else units.loan
    current = in_period(mandate, state, moment.now)
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
        cap_per_period=amount(row.cap_per_period),
        amount=units.loan(row.amount),
        feed=None if row.feed == ZERO_ADDRESS else checksum(row.feed),
        above=row.above,
        level=row.level,
        expires_at=Instant.of_block_time(row.expires_at),
        nonce=row.nonce,
        registered_at=Instant.of_block_time(row.registered_at),
        state=MandateState(
            revoked=state.revoked,
            expired=moment.now > mandate.expiry,
            fires=state.fires,
            period=current.period,
            period_closed=current.closed,
            spent_in_period=amount(current.spent),
            cap_left=amount(cap_left(mandate, state, moment.now)),
        ),
        outlook=None if mandate.kind is Kind.SHARE else _outlook(mandate, state, moment, units),
        log=snapshot.provenance(row),
    )


def _outlook(mandate: CreditMandate, state: CreditMandateState, moment: Moment, units: Units) -> MandateOutlook:
    seen = outlook(mandate, state, moment)
    firing = seen.firing
    return MandateOutlook(
        fires_now=firing.fires,
        why_not=None if firing.why_not is None else firing.why_not.value,
        need=units.loan(firing.need),
        pays=units.loan(firing.pays),
        keeper_fee=_from_source(mandate, firing.fee, units),
        seized=units.collateral(firing.seized),
        open_from=Instant.of_optional_block_time(seen.open_from),
        due_at=Instant.of_optional_block_time(seen.due_at),
        at_or_below_price=None if seen.at_or_below_price is None else units.price(seen.at_or_below_price),
    )


def _from_source(mandate: CreditMandate, base_units: int, units: Units) -> TokenAmount:
    return units.collateral(base_units) if mandate.source is From.COLLATERAL else units.loan(base_units)
