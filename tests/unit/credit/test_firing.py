"""When mandates fire, what they pay, and why they do not."""

from dataclasses import replace

import pytest

from orchestrator.credit.firing import Firing, Moment, WhyNot, evaluate
from orchestrator.credit.health import (
    highest_price_above_ltv,
)
from orchestrator.credit.keeper import keeper_fee_down
from orchestrator.credit.mandate import From
from orchestrator.credit.operations import Flow, Party, Token, repay_from_reserve
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.repayment import of_amount
from orchestrator.credit.share import FeedReading
from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.status import Status, status
from orchestrator.credit.units import (
    Bps,
    PriceE36,
    Timestamp,
    Wei,
)
from tests.unit.credit.lines import (
    DAY,
    NO_CASH,
    NO_COLLATERAL,
    NO_ORACLE,
    OPENED_AT,
    TERMS,
    dollars,
    line,
    oracle,
    usdc,
    weth,
)
from tests.unit.credit.mandates import (
    BILL,
    BILLED_AT,
    DUE,
    LEVEL,
    LINE,
    LTV,
    REGISTERED,
    in_kind,
    moment,
)


class TestDue:
    def test_it_pays_the_bill_in_the_second_it_appears(self) -> None:
        firing = evaluate(DUE, REGISTERED, moment(now=BILLED_AT))
        assert firing.fires
        assert firing.pays == firing.need == BILL
        assert firing.transition is not None
        assert status(firing.transition.state, TERMS) is Status.CURRENT

    def test_before_there_is_no_bill_it_waits(self) -> None:
        """Pitfall 16."""
        firing = evaluate(DUE, REGISTERED, moment(now=Timestamp(BILLED_AT - 1)))
        assert firing.why_not is WhyNot.NOTHING_DUE
        assert (firing.pays, firing.transition, firing.mandate_state) == (0, None, REGISTERED)

    def test_the_same_bill_is_not_paid_twice(self) -> None:
        """Invariant 8 and pitfall 16."""
        first = evaluate(DUE, REGISTERED, moment(now=BILLED_AT))
        assert first.transition is not None
        again = moment(first.transition.state, now=BILLED_AT)
        assert evaluate(DUE, first.mandate_state, again).why_not is WhyNot.PERIOD_CLOSED
        assert evaluate(DUE, REGISTERED, again).why_not is WhyNot.NOTHING_DUE

    def test_it_does_what_the_vault_does(self) -> None:
        firing = evaluate(DUE, REGISTERED, moment(now=BILLED_AT))
        assert firing.transition == repay_from_reserve(
            LINE, TERMS, of_amount(BILL, usdc(500), DUE.fee_bps), oracle(2_000), BILLED_AT
        )

    def test_the_fee_comes_on_top_of_the_payment(self) -> None:
        firing = evaluate(DUE, REGISTERED, moment(now=BILLED_AT))
        assert firing.fee == keeper_fee_down(BILL, Bps(50)) > 0
        assert firing.spent == BILL + firing.fee
        assert firing.transition is not None
        assert firing.transition.flows == (Flow(Token.LOAN, Party.VAULT, Party.KEEPER, firing.fee),)

    def test_in_kind_it_pays_the_bill_with_collateral(self) -> None:
        firing = evaluate(in_kind(DUE), REGISTERED, moment(now=BILLED_AT))
        assert firing.pays == BILL
        assert firing.transition is not None
        assert firing.seized == firing.transition.state.claim_collateral > 0
        assert firing.spent == LINE.collateral - firing.transition.state.collateral == firing.seized + firing.fee


class TestPeriod:
    def test_one_wei_does_not_use_a_period_up(self) -> None:
        """The gate is by amount: nobody can burn a period with a wei."""
        poor = replace(LINE, reserve=Wei(1))
        first = evaluate(DUE, REGISTERED, moment(poor, now=BILLED_AT))
        assert first.pays == 1
        assert not first.mandate_state.closed
        assert first.transition is not None
        refilled = replace(first.transition.state, reserve=usdc(400))
        second = evaluate(DUE, first.mandate_state, moment(refilled, now=BILLED_AT))
        assert second.pays == BILL - 1
        assert second.mandate_state.closed
        assert second.mandate_state.fires == 2

    def test_a_spent_cap_closes_the_period_and_the_next_one_goes_on(self) -> None:
        small = replace(DUE, cap_per_period=usdc(5))
        first = evaluate(small, REGISTERED, moment(now=BILLED_AT))
        assert first.spent == usdc(5)
        assert first.mandate_state.closed
        assert first.transition is not None
        owing = moment(first.transition.state, now=Timestamp(BILLED_AT + 30 * DAY))
        assert evaluate(small, first.mandate_state, replace(owing, now=Timestamp(owing.now - 1))).why_not
        second = evaluate(small, first.mandate_state, owing)
        assert second.spent == usdc(5)
        assert second.mandate_state.period == first.mandate_state.period + 1

    def test_a_failed_firing_stores_nothing(self) -> None:
        empty = replace(LINE, reserve=NO_CASH)
        assert evaluate(DUE, REGISTERED, moment(empty, now=BILLED_AT)).mandate_state is REGISTERED


class TestLtv:
    def test_it_fires_above_its_threshold_and_not_at_it(self) -> None:
        price = highest_price_above_ltv(usdc(1_000), weth(1), Bps(7_000))
        above = OracleReading(price, PriceE36(price + 1))
        assert evaluate(LTV, REGISTERED, moment(reading=above)).why_not is WhyNot.BELOW_THRESHOLD
        assert evaluate(LTV, REGISTERED, moment(reading=OracleReading(price, price))).fires

    def test_from_the_reserve_it_restores_the_initial_ltv(self) -> None:
        firing = evaluate(LTV, REGISTERED, moment(reading=oracle(1_400)))
        assert firing.pays == usdc(160)
        assert firing.mandate_state.closed

    def test_in_kind_it_restores_the_initial_ltv(self) -> None:
        firing = evaluate(in_kind(LTV), REGISTERED, moment(reading=oracle(1_400)))
        assert firing.pays == firing.need == -(-usdc(160) * 98 // 38)

    def test_in_kind_waits_for_the_ltv_that_the_lender_signed(self) -> None:
        early = replace(in_kind(LTV), threshold_bps=Bps(6_500))
        assert evaluate(early, REGISTERED, moment(reading=oracle(1_500))).why_not is WhyNot.IN_KIND_NOT_ALLOWED

    def test_from_the_reserve_it_needs_no_risk_price(self) -> None:
        """Pitfall 19: a check that may stop draws must not stop repayments."""
        measured = OracleReading(None, dollars(1_400))
        assert evaluate(LTV, REGISTERED, moment(reading=measured)).fires
        assert evaluate(in_kind(LTV), REGISTERED, moment(reading=measured)).why_not is WhyNot.PRICE_UNAVAILABLE

    def test_without_a_measuring_price_it_waits(self) -> None:
        """Pitfall 1."""
        for mandate in (LTV, in_kind(LTV)):
            firing = evaluate(mandate, REGISTERED, moment(reading=NO_ORACLE))
            assert firing.why_not is WhyNot.PRICE_UNAVAILABLE

    def test_a_threshold_below_the_initial_ltv_fires_only_when_there_is_something_to_restore(self) -> None:
        early = replace(LTV, threshold_bps=Bps(1_000))
        assert evaluate(early, REGISTERED, moment(reading=oracle(2_000))).why_not is WhyNot.BELOW_THRESHOLD
        assert evaluate(early, REGISTERED, moment(reading=oracle(1_600))).fires


class TestLevel:
    @pytest.mark.parametrize(
        ("above", "answer", "fires"),
        [(False, 1_999, True), (False, 2_000, False), (True, 2_001, True), (True, 2_000, False)],
    )
    def test_it_fires_strictly_beyond_its_level(self, above: bool, answer: int, fires: bool) -> None:
        mandate = replace(LEVEL, above=above)
        firing = evaluate(mandate, REGISTERED, moment(feed=FeedReading(answer * 10**8, 8)))
        assert firing.why_not is (None if fires else WhyNot.LEVEL_NOT_CROSSED)

    def test_it_pays_its_amount_at_most_the_debt(self) -> None:
        crossed = FeedReading(0, 8)
        assert evaluate(LEVEL, REGISTERED, moment(feed=crossed)).pays == usdc(100)
        small = replace(LINE, principal=usdc(30))
        assert evaluate(LEVEL, REGISTERED, moment(small, feed=crossed)).pays == usdc(30)

    def test_in_kind_it_needs_a_bill_or_the_in_kind_ltv(self) -> None:
        crossed = FeedReading(0, 8)
        healthy = evaluate(in_kind(LEVEL), REGISTERED, moment(feed=crossed))
        assert healthy.why_not is WhyNot.IN_KIND_NOT_ALLOWED
        billed = evaluate(in_kind(LEVEL), REGISTERED, moment(now=BILLED_AT, feed=crossed))
        assert billed.pays == BILL
        assert not billed.mandate_state.closed

    def test_a_feed_without_an_answer_is_waited_for(self) -> None:
        assert evaluate(LEVEL, REGISTERED, moment()).why_not is WhyNot.FEED_UNAVAILABLE


class TestTopUp:
    """The reserve pays, after the borrower's wallet has filled it up: ``wallet`` is what balance and allowance give."""

    TOP_UP = replace(DUE, source=From.TOP_UP)
    FEE = keeper_fee_down(BILL, Bps(50))

    def given(self, reserve: Wei, wallet: Wei) -> Firing:
        billed = moment(replace(LINE, reserve=reserve), now=BILLED_AT)
        return evaluate(self.TOP_UP, REGISTERED, replace(billed, wallet=wallet))

    def test_the_wallet_gives_what_the_reserve_lacks_for_payment_and_fee(self) -> None:
        firing = self.given(usdc(3), usdc(1_000))
        assert firing.pays == firing.need == BILL
        assert firing.transition is not None
        assert firing.transition.flows == (
            Flow(Token.LOAN, Party.BORROWER, Party.VAULT, BILL + self.FEE - usdc(3)),
            Flow(Token.LOAN, Party.VAULT, Party.KEEPER, self.FEE),
        )
        assert firing.transition.state.reserve == 0
        assert firing.transition.state.seq == LINE.seq + 2
        assert firing.mandate_state.closed

    def test_a_reserve_that_suffices_takes_nothing_from_the_wallet(self) -> None:
        firing = self.given(usdc(400), usdc(1_000))
        assert firing.transition == evaluate(DUE, REGISTERED, moment(now=BILLED_AT)).transition

    def test_a_short_wallet_pays_what_it_gives_and_leaves_the_period_open(self) -> None:
        firing = self.given(NO_CASH, usdc(2.01))
        assert (firing.pays, firing.spent) == (usdc(2), usdc(2.01))
        assert not firing.mandate_state.closed

    def test_with_nothing_to_give_the_reserve_pays_what_it_has(self) -> None:
        assert self.given(usdc(2.01), NO_CASH).pays == usdc(2)

    def test_an_empty_reserve_and_an_empty_wallet_pay_nothing(self) -> None:
        assert self.given(NO_CASH, NO_CASH).why_not is WhyNot.SOURCE_EMPTY

    def test_the_cap_bounds_what_is_taken_too(self) -> None:
        """Invariant 8."""
        capped = replace(self.TOP_UP, cap_per_period=usdc(1))
        at = replace(moment(replace(LINE, reserve=NO_CASH), now=BILLED_AT), wallet=usdc(1_000))
        firing = evaluate(capped, REGISTERED, at)
        assert firing.transition is not None
        assert firing.transition.flows[0].amount == firing.spent == usdc(1)
        assert firing.mandate_state.closed


class TestGate:
    @pytest.mark.parametrize(
        ("state", "at", "why_not"),
        [
            (LINE, moment(replace(LINE, flags=LineFlags.CLOSED), now=BILLED_AT), WhyNot.LINE_OVER),
            (LINE, moment(now=Timestamp(DUE.expiry + 1)), WhyNot.EXPIRED),
            (LINE, moment(line(reserve=usdc(1)), now=BILLED_AT), WhyNot.NO_DEBT),
            (LINE, moment(replace(LINE, reserve=NO_CASH), now=BILLED_AT), WhyNot.SOURCE_EMPTY),
        ],
    )
    def test_a_reason_is_given(self, state: LineState, at: Moment, why_not: WhyNot) -> None:
        assert evaluate(DUE, REGISTERED, at).why_not is why_not

    def test_it_fires_in_the_last_second_before_it_expires(self) -> None:
        """Pitfall 5."""
        last = replace(DUE, expiry=BILLED_AT)
        assert evaluate(last, REGISTERED, moment(now=BILLED_AT)).fires
        assert not evaluate(last, REGISTERED, moment(now=Timestamp(BILLED_AT + 1))).fires

    def test_a_revoked_mandate_never_fires(self) -> None:
        """Pitfall 5."""
        revoked = replace(REGISTERED, revoked=True)
        assert evaluate(DUE, revoked, moment(now=BILLED_AT)).why_not is WhyNot.REVOKED

    def test_collateral_that_is_gone_pays_nothing(self) -> None:
        bare = moment(replace(LINE, collateral=NO_COLLATERAL), now=BILLED_AT)
        assert evaluate(in_kind(DUE), REGISTERED, bare).why_not is WhyNot.SOURCE_EMPTY

    def test_a_cap_that_buys_no_wei_pays_nothing(self) -> None:
        tiny = replace(in_kind(DUE), cap_per_period=1)
        assert evaluate(tiny, REGISTERED, moment(now=BILLED_AT)).why_not is WhyNot.NOTHING_PAID

    def test_a_lender_who_gave_no_discount_takes_nothing_in_kind(self) -> None:
        off = replace(TERMS, in_kind_discount_bps=Bps(0))
        firing = evaluate(in_kind(DUE), REGISTERED, moment(now=BILLED_AT, terms=off))
        assert firing.why_not is WhyNot.IN_KIND_REFUSED

    def test_feeds_too_far_apart_for_the_health_of_the_line_pay_nothing_in_kind(self) -> None:
        """Invariant 10."""
        terms = replace(
            TERMS, apr_bps=Bps(0), bonus_bps=Bps(100), liquidation_ltv_bps=Bps(7_900), in_kind_discount_bps=Bps(2_000)
        )
        tight = line(principal=usdc(780), collateral=weth(1))
        apart = OracleReading(dollars(800), dollars(1_000), deviation_bps=Bps(2_000))
        mandate = replace(in_kind(DUE), expiry=Timestamp(OPENED_AT + 999 * DAY))
        at = moment(tight, now=Timestamp(OPENED_AT + 210 * DAY), reading=apart, terms=terms)
        assert evaluate(mandate, REGISTERED, at).why_not is WhyNot.WOULD_BE_UNHEALTHY
