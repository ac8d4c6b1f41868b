"""Each action, what it does and what it refuses."""

from dataclasses import replace

import pytest

from orchestrator.credit.accrual import debt, due
from orchestrator.credit.errors import (
    BelowMinDebt,
    BeyondCollateral,
    BeyondInitialLtv,
    BeyondReserve,
    BeyondUndrawn,
    BillUnpaid,
    CreditError,
    FeeTooHigh,
    LeaveThroughClose,
    LineClosed,
    LineTerminated,
    NothingDue,
    NothingToClaim,
    NotTerminable,
    PriceUnavailable,
    Unhealthy,
    WindowOver,
    ZeroAmount,
)
from orchestrator.credit.offer import Fill
from orchestrator.credit.operations import (
    Flow,
    Party,
    Token,
    Transition,
    claim,
    close,
    deposit,
    deposit_reserve,
    draw,
    open_line,
    repay,
    repay_from_reserve,
    terminate,
    withdraw,
    withdraw_reserve,
)
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.payment import Payment, Source
from orchestrator.credit.repayment import Need, Repayment, of_amount
from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.status import Status, status
from orchestrator.credit.units import UINT96_MAX, Bps, CollateralWei, PriceE36, Timestamp, Wei
from tests.unit.credit.lines import (
    DAY,
    NO_CASH,
    NO_COLLATERAL,
    NO_ORACLE,
    OPENED_AT,
    TERMS,
    after,
    dollars,
    line,
    oracle,
    usdc,
    weth,
)

EVERYTHING = Wei(UINT96_MAX)
FILL = Fill(limit=usdc(10_000), collateral=weth(5), origination_fee=usdc(50))
OPENED = open_line(FILL, TERMS).state
DRAWN = line(principal=usdc(1_000), undrawn=usdc(9_000), collateral=weth(5), reserve=usdc(300))


def at(elapsed_s: int) -> Timestamp:
    return Timestamp(OPENED_AT + elapsed_s)


class TestOpen:
    def test_lender_and_borrower_bring_what_the_fill_says(self) -> None:
        result = open_line(FILL, TERMS)
        assert result.flows == (
            Flow(Token.LOAN, Party.LENDER, Party.VAULT, usdc(10_000)),
            Flow(Token.COLLATERAL, Party.CALLER, Party.VAULT, weth(5)),
            Flow(Token.LOAN, Party.CALLER, Party.LENDER, usdc(50)),
        )
        assert result.state == replace(line(undrawn=usdc(10_000), collateral=weth(5)), seq=1)

    def test_a_new_line_is_current_and_owes_nothing(self) -> None:
        assert status(OPENED, TERMS) is Status.CURRENT
        assert debt(OPENED) == 0


class TestDraw:
    def test_undrawn_money_goes_to_the_recipient(self) -> None:
        result = draw(OPENED, TERMS, usdc(4_000), oracle(2_000), at(DAY))
        assert result.flows == (Flow(Token.LOAN, Party.VAULT, Party.RECIPIENT, usdc(4_000)),)
        assert (result.state.principal, result.state.undrawn) == (usdc(4_000), usdc(6_000))
        assert result.state.accrued_at == at(DAY)

    def test_the_lower_price_counts(self) -> None:
        apart = OracleReading(dollars(1_333), dollars(2_000))
        with pytest.raises(BeyondInitialLtv):
            draw(OPENED, TERMS, usdc(4_000), apart, at(0))

    def test_the_charges_so_far_count(self) -> None:
        exact = oracle(4_000 / 0.6 / 5 + 0.0001)
        assert draw(OPENED, TERMS, usdc(4_000), exact, at(0)).flows
        with pytest.raises(BeyondInitialLtv) as refusal:
            draw(OPENED, TERMS, usdc(4_000), exact, at(20 * DAY))
        assert refusal.value.debt > usdc(4_000)

    @pytest.mark.parametrize(
        ("state", "amount", "elapsed_s", "refusal"),
        [
            (OPENED, 0, 0, ZeroAmount),
            (OPENED, usdc(10_001), 0, BeyondUndrawn),
            (OPENED, usdc(99.999999), 0, BelowMinDebt),
            (OPENED, usdc(500), 180 * DAY, WindowOver),
            (DRAWN, usdc(500), 30 * DAY, BillUnpaid),
            (replace(OPENED, flags=LineFlags.TERMINATED, undrawn=NO_CASH), usdc(500), 0, LineTerminated),
            (replace(OPENED, flags=LineFlags.CLOSED), usdc(500), 0, LineClosed),
        ],
    )
    def test_it_is_refused(self, state: LineState, amount: Wei, elapsed_s: int, refusal: type[CreditError]) -> None:
        with pytest.raises(refusal):
            draw(state, TERMS, amount, oracle(10_000), at(elapsed_s))

    def test_it_is_allowed_up_to_the_last_second_of_the_window(self) -> None:
        no_fee = replace(TERMS, commitment_bps=Bps(0))
        assert draw(OPENED, no_fee, usdc(500), oracle(2_000), at(180 * DAY - 1)).flows

    def test_the_minimum_debt_can_be_drawn_and_then_any_amount(self) -> None:
        """Pitfall 12: the minimum binds what is owed, not what is drawn."""
        first = draw(OPENED, TERMS, TERMS.min_debt, oracle(2_000), at(0)).state
        assert draw(first, TERMS, Wei(1), oracle(2_000), at(0)).state.principal == TERMS.min_debt + 1

    def test_without_a_price_nothing_is_drawn(self) -> None:
        """Pitfalls 1 and 19: what adds risk waits for every check of the oracle."""
        for reading in (NO_ORACLE, OracleReading(None, dollars(2_000))):
            with pytest.raises(PriceUnavailable):
                draw(OPENED, TERMS, usdc(500), reading, at(0))

    def test_a_price_of_zero_cannot_be_told(self) -> None:
        """Pitfall 1: never a sentinel price."""
        with pytest.raises(ValueError, match="never a sentinel"):
            OracleReading(PriceE36(0), dollars(2_000))


class TestCollateral:
    def test_anyone_adds_it_at_any_time_and_nothing_accrues(self) -> None:
        result = deposit(DRAWN, weth(1))
        assert result.flows == (Flow(Token.COLLATERAL, Party.CALLER, Party.VAULT, weth(1)),)
        assert result.state == replace(DRAWN, seq=2, collateral=weth(6))

    def test_it_is_returned_down_to_the_initial_ltv(self) -> None:
        """1,000 of debt at 60 % of 2,000 dollars: 0.8333 WETH stay."""
        with pytest.raises(BeyondInitialLtv):
            withdraw(DRAWN, TERMS, weth(4.17), oracle(2_000), at(0))
        result = withdraw(DRAWN, TERMS, weth(4.16), oracle(2_000), at(0))
        assert result.flows == (Flow(Token.COLLATERAL, Party.VAULT, Party.RECIPIENT, weth(4.16)),)

    def test_with_debt_the_risk_price_is_needed(self) -> None:
        """Pitfall 1."""
        with pytest.raises(PriceUnavailable):
            withdraw(DRAWN, TERMS, weth(0.1), OracleReading(None, dollars(2_000)), at(0))

    def test_without_principal_and_with_the_window_open_it_leaves_through_close(self) -> None:
        for elapsed_s in (0, 180 * DAY - 1):
            with pytest.raises(LeaveThroughClose):
                withdraw(OPENED, TERMS, weth(1), oracle(2_000), at(elapsed_s))

    def test_without_debt_and_with_the_window_over_it_needs_no_price(self) -> None:
        no_fee = replace(TERMS, commitment_bps=Bps(0))
        assert withdraw(OPENED, no_fee, weth(5), NO_ORACLE, at(180 * DAY)).state.collateral == 0

    def test_a_terminated_line_has_no_window(self) -> None:
        ended = replace(OPENED, undrawn=NO_CASH, flags=LineFlags.TERMINATED)
        assert withdraw(ended, TERMS, weth(5), NO_ORACLE, at(DAY)).state.collateral == 0

    def test_more_than_there_is_or_nothing_is_refused(self) -> None:
        with pytest.raises(BeyondCollateral):
            withdraw(DRAWN, TERMS, CollateralWei(weth(5) + 1), oracle(2_000), at(0))
        with pytest.raises(ZeroAmount):
            withdraw(DRAWN, TERMS, NO_COLLATERAL, oracle(2_000), at(0))
        with pytest.raises(ZeroAmount):
            deposit(DRAWN, NO_COLLATERAL)


class TestReserve:
    def test_anyone_adds_to_it_at_any_time_and_nothing_accrues(self) -> None:
        result = deposit_reserve(DRAWN, usdc(1))
        assert result.flows == (Flow(Token.LOAN, Party.CALLER, Party.VAULT, usdc(1)),)
        assert result.state == replace(DRAWN, seq=2, reserve=usdc(301))

    def test_it_is_returned_from_a_healthy_line(self) -> None:
        result = withdraw_reserve(DRAWN, TERMS, usdc(300), oracle(2_000), at(DAY))
        assert result.flows == (Flow(Token.LOAN, Party.VAULT, Party.RECIPIENT, usdc(300)),)
        assert result.state.reserve == 0

    def test_it_waits_for_an_unpaid_bill(self) -> None:
        with pytest.raises(BillUnpaid):
            withdraw_reserve(DRAWN, TERMS, usdc(1), oracle(2_000), at(30 * DAY))

    def test_it_stays_in_an_unhealthy_line(self) -> None:
        with pytest.raises(Unhealthy):
            withdraw_reserve(DRAWN, TERMS, usdc(1), oracle(249), at(DAY))
        with pytest.raises(Unhealthy):
            withdraw_reserve(line(principal=Wei(1), reserve=usdc(1)), TERMS, usdc(1), NO_ORACLE, at(0))

    def test_without_debt_no_price_is_needed_and_with_debt_one_is(self) -> None:
        idle = line(reserve=usdc(1), collateral=weth(1))
        assert withdraw_reserve(idle, TERMS, usdc(1), NO_ORACLE, at(0)).state.reserve == 0
        with pytest.raises(PriceUnavailable):
            withdraw_reserve(DRAWN, TERMS, usdc(1), NO_ORACLE, at(0))

    def test_more_than_there_is_or_nothing_is_refused(self) -> None:
        with pytest.raises(BeyondReserve):
            withdraw_reserve(DRAWN, TERMS, usdc(301), oracle(2_000), at(0))
        with pytest.raises(ZeroAmount):
            withdraw_reserve(DRAWN, TERMS, NO_CASH, oracle(2_000), at(0))
        with pytest.raises(ZeroAmount):
            deposit_reserve(DRAWN, NO_CASH)


class TestRepay:
    def test_everything_is_clamped_to_the_debt(self) -> None:
        """Pitfall 11."""
        result = repay(DRAWN, TERMS, EVERYTHING, at(DAY))
        owed = debt(after(DRAWN, DAY))
        assert result.flows == (Flow(Token.LOAN, Party.CALLER, Party.VAULT, owed),)
        assert debt(result.state) == 0
        assert result.state.undrawn == usdc(10_000)

    def test_a_debt_below_the_minimum_may_be_left(self) -> None:
        """The minimum binds draws and partial liquidations, never a repayment."""
        result = repay(DRAWN, TERMS, usdc(999.999999), at(0))
        assert debt(result.state) == 1

    def test_one_wei_can_be_repaid(self) -> None:
        assert debt(repay(DRAWN, TERMS, Wei(1), at(0)).state) == usdc(1_000) - 1

    def test_nothing_and_nothing_owed_are_refused(self) -> None:
        with pytest.raises(ZeroAmount):
            repay(DRAWN, TERMS, NO_CASH, at(0))
        with pytest.raises(NothingDue):
            repay(OPENED, TERMS, usdc(1), at(0))

    def test_a_closed_line_takes_no_money(self) -> None:
        """Pitfall 6: nothing gets locked."""
        closed = close(DRAWN, TERMS, at(DAY)).state
        with pytest.raises(LineClosed):
            repay(closed, TERMS, usdc(1), at(DAY))
        with pytest.raises(LineClosed):
            deposit(closed, weth(1))
        with pytest.raises(LineClosed):
            deposit_reserve(closed, usdc(1))


def from_reserve(state: LineState, repayment: Repayment, now: Timestamp) -> Transition:
    """At a price that a repayment of an amount does not look at."""
    return repay_from_reserve(state, TERMS, repayment, NO_ORACLE, now)


class TestRepayFromReserve:
    def test_the_fee_comes_on_top_from_the_same_source(self) -> None:
        result = from_reserve(DRAWN, of_amount(usdc(100), EVERYTHING, Bps(100)), at(0))
        assert result.payments == (Payment(Source.RESERVE, NO_CASH, usdc(100)),)
        assert result.flows == (Flow(Token.LOAN, Party.VAULT, Party.KEEPER, usdc(1)),)
        assert result.state.reserve == usdc(199)

    def test_payment_and_fee_stay_within_reserve_and_budget(self) -> None:
        """Invariant 8."""
        short = from_reserve(DRAWN, of_amount(EVERYTHING, EVERYTHING, Bps(100)), at(0))
        assert short.state.reserve == 0
        assert short.payments[0].amount + short.flows[0].amount == usdc(300)
        capped = from_reserve(DRAWN, of_amount(EVERYTHING, usdc(50.5), Bps(100)), at(0))
        assert capped.payments[0].amount == usdc(50)
        assert capped.state.reserve == usdc(249.5)

    def test_what_it_repays_within_the_window_can_be_drawn_again(self) -> None:
        """The reserve is cash."""
        result = from_reserve(DRAWN, of_amount(usdc(100), EVERYTHING, Bps(0)), at(0))
        assert result.state.undrawn == usdc(9_100)

    def test_it_pays_no_more_than_the_debt(self) -> None:
        rich = replace(DRAWN, reserve=usdc(5_000))
        result = from_reserve(rich, of_amount(EVERYTHING, EVERYTHING, Bps(0)), at(DAY))
        assert debt(result.state) == 0
        assert result.payments[0].amount == debt(after(DRAWN, DAY))

    def test_a_keeper_is_not_paid_for_nothing(self) -> None:
        """Pitfall 16."""
        for state, refusal in ((replace(DRAWN, reserve=NO_CASH), ZeroAmount), (OPENED, NothingDue)):
            with pytest.raises(refusal):
                from_reserve(state, of_amount(EVERYTHING, EVERYTHING, Bps(100)), at(0))
        with pytest.raises(ZeroAmount):
            from_reserve(DRAWN, of_amount(EVERYTHING, NO_CASH, Bps(100)), at(0))

    def test_a_bill_is_paid_as_it_stands_and_nothing_without_one(self) -> None:
        bill = Repayment(Need.BILL, Bps(0), EVERYTHING, EVERYTHING, Bps(0))
        billed = after(DRAWN, 30 * DAY)
        result = from_reserve(DRAWN, bill, at(30 * DAY))
        assert result.payments[0].amount == due(billed) > 0
        with pytest.raises(NothingDue):
            from_reserve(DRAWN, bill, at(DAY))

    def test_an_excess_is_what_restores_the_initial_ltv_once_it_is_above_the_threshold(self) -> None:
        """1,000 dollars against one ether; the initial LTV is 60 %."""
        excess = Repayment(Need.EXCESS, Bps(7_000), NO_CASH, EVERYTHING, Bps(0))
        state = replace(DRAWN, principal=usdc(1_000), collateral=weth(1), reserve=usdc(1_000))
        result = repay_from_reserve(state, TERMS, excess, oracle(1_400), at(0))
        assert result.payments[0].amount == usdc(1_000 - 840)
        with pytest.raises(NothingDue):
            repay_from_reserve(state, TERMS, excess, oracle(1_430), at(0))
        with pytest.raises(PriceUnavailable):
            repay_from_reserve(state, TERMS, excess, NO_ORACLE, at(0))

    def test_a_fee_above_the_cap_is_refused(self) -> None:
        """Pitfall 16."""
        with pytest.raises(FeeTooHigh):
            from_reserve(DRAWN, of_amount(usdc(100), EVERYTHING, Bps(101)), at(0))


class TestClose:
    def test_the_reserve_pays_first_then_the_caller_and_all_is_returned(self) -> None:
        result = close(DRAWN, TERMS, at(DAY))
        owed = debt(after(DRAWN, DAY))
        assert result.flows == (
            Flow(Token.LOAN, Party.CALLER, Party.VAULT, owed - usdc(300)),
            Flow(Token.COLLATERAL, Party.VAULT, Party.RECIPIENT, weth(5)),
        )
        assert [payment.source for payment in result.payments] == [Source.RESERVE, Source.CASH]
        assert result.state.claim_loan == owed + usdc(9_000)
        assert status(result.state, TERMS) is Status.CLOSED

    def test_a_reserve_that_covers_the_debt_is_returned_for_the_rest(self) -> None:
        rich = replace(DRAWN, reserve=usdc(1_500))
        assert Flow(Token.LOAN, Party.VAULT, Party.RECIPIENT, usdc(500)) in close(rich, TERMS, at(0)).flows

    def test_a_line_in_default_can_be_left_too(self) -> None:
        """Invariant 12."""
        assert close(DRAWN, TERMS, at(100 * DAY)).state.closed

    def test_the_nft_burns_with_the_last_claim_or_at_once_when_there_is_none(self) -> None:
        closed = close(DRAWN, TERMS, at(DAY)).state
        assert not closed.settled
        assert claim(closed, Token.LOAN).state.settled
        assert close(line(collateral=weth(1)), TERMS, at(0)).state.settled

    def test_a_line_is_closed_once(self) -> None:
        """Pitfall 3."""
        with pytest.raises(LineClosed):
            close(close(DRAWN, TERMS, at(DAY)).state, TERMS, at(DAY))


class TestTerminate:
    @pytest.mark.parametrize(
        ("elapsed_s", "allowed"), [(33 * DAY, False), (33 * DAY + 1, True)], ids=["grace", "default"]
    )
    def test_a_line_in_default_releases_what_was_not_drawn(self, elapsed_s: int, allowed: bool) -> None:
        if not allowed:
            with pytest.raises(NotTerminable):
                terminate(DRAWN, TERMS, at(elapsed_s))
            return
        result = terminate(DRAWN, TERMS, at(elapsed_s))
        assert (result.state.undrawn, result.state.claim_loan) == (0, usdc(9_000))
        assert debt(result.state) == debt(after(DRAWN, elapsed_s))

    def test_it_is_allowed_from_the_end_of_the_window_on_whatever_the_debt(self) -> None:
        paid_up = replace(TERMS, commitment_bps=Bps(0), apr_bps=Bps(0))
        with pytest.raises(NotTerminable):
            terminate(DRAWN, paid_up, at(180 * DAY - 1))
        assert terminate(DRAWN, paid_up, at(180 * DAY)).state.terminated

    def test_it_stops_the_commitment_fee(self) -> None:
        ended = terminate(OPENED, replace(TERMS, draw_window_s=TERMS.term_s), at(100 * DAY)).state
        assert debt(after(ended, 300 * DAY)) == debt(ended)

    def test_a_line_is_terminated_once(self) -> None:
        with pytest.raises(LineTerminated):
            terminate(terminate(DRAWN, TERMS, at(180 * DAY)).state, TERMS, at(181 * DAY))


class TestClaim:
    OWED = replace(DRAWN, claim_loan=usdc(7), claim_collateral=weth(0.1))

    def test_one_token_a_call_all_of_it(self) -> None:
        result = claim(self.OWED, Token.COLLATERAL)
        assert result.flows == (Flow(Token.COLLATERAL, Party.VAULT, Party.RECIPIENT, weth(0.1)),)
        assert result.state == replace(self.OWED, seq=2, claim_collateral=NO_COLLATERAL)
        assert claim(self.OWED, Token.LOAN).state == replace(self.OWED, seq=2, claim_loan=NO_CASH)

    def test_it_does_not_depend_on_status(self) -> None:
        """Pitfall 18."""
        for flags in (LineFlags.NONE, LineFlags.TERMINATED, LineFlags.CLOSED, LineFlags.WRITTEN_OFF):
            assert claim(replace(self.OWED, flags=flags), Token.LOAN).flows[0].amount == usdc(7)

    def test_nothing_to_claim_is_refused(self) -> None:
        for token in Token:
            with pytest.raises(NothingToClaim):
                claim(DRAWN, token)


def test_a_refusal_says_what_broke() -> None:
    with pytest.raises(BeyondUndrawn) as refusal:
        draw(OPENED, TERMS, usdc(10_001), oracle(2_000), at(0))
    assert str(refusal.value) == "BeyondUndrawn(amount=10001000000, undrawn=10000000000)"
    assert str(PriceUnavailable("risk")) == "no risk price: the action waits for the oracle"


def test_a_bill_paid_in_part_stays_a_bill() -> None:
    billed = after(DRAWN, 31 * DAY)
    result = repay(billed, TERMS, Wei(due(billed) - 1), billed.accrued_at)
    assert due(result.state) == 1
    assert status(result.state, TERMS) is Status.PAST_DUE
