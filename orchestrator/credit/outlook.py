"""When a mandate would fire, for people: the answer to "at which price, when, at which reading of its feed?"."""

from dataclasses import dataclass

from orchestrator.credit.accrual import advance
from orchestrator.credit.firing import Firing, Moment, evaluate, fire_price, next_due_at
from orchestrator.credit.health import NO_PRICE
from orchestrator.credit.mandate import Kind, Mandate, MandateState, open_from
from orchestrator.credit.share import FeedReading, answer_that_owes
from orchestrator.credit.units import PriceE36, Timestamp


@dataclass(frozen=True, slots=True)
class Outlook:
    """Each field is None where it does not apply; a LEVEL mandate's own ``level`` and ``above`` say the rest.

    Attributes:
        firing: what firing now does, or why it does not.
        open_from: first second in which the mandate's period lets it fire.
        due_at: DUE: first second in which it may fire if nobody draws or pays.
        at_or_below_price: LTV: greatest measuring price at which it may fire, for the debt as it is now.
        at_or_above_answer: SHARE: least answer of the revenue feed at which something is owed.
    """

    firing: Firing
    open_from: Timestamp | None
    due_at: Timestamp | None
    at_or_below_price: PriceE36 | None
    at_or_above_answer: int | None


def outlook(mandate: Mandate, state: MandateState, moment: Moment) -> Outlook:
    """What must happen, as the line stands at ``moment``, for ``mandate`` to fire."""
    line = advance(moment.line, moment.terms, moment.now)
    price = fire_price(mandate, line, moment.terms, moment.now)
    return Outlook(
        firing=evaluate(mandate, state, moment),
        open_from=None if line.over else open_from(mandate, state, moment.now),
        due_at=next_due_at(mandate, state, line, moment.terms, moment.now),
        at_or_below_price=None if price == NO_PRICE else price,
        at_or_above_answer=_least_answer(mandate, state, moment.feed, moment.loan_decimals),
    )


def _least_answer(mandate: Mandate, state: MandateState, feed: FeedReading | None, loan_decimals: int) -> int | None:
    if mandate.kind is not Kind.SHARE or feed is None:
        return None
    owing = answer_that_owes(mandate, state, feed.decimals, loan_decimals)
    return state.mark if owing is None else owing
