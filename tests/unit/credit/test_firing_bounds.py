"""What no firing of any mandate ever does."""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.credit.accrual import debt
from orchestrator.credit.firing import Firing, Moment, WhyNot, evaluate
from orchestrator.credit.health import (
    exceeds_ltv,
    excess_over_initial_ltv_up,
    unhealthy,
    value_down,
)
from orchestrator.credit.in_kind import need_in_kind_up
from orchestrator.credit.mandate import From, Mandate, MandateState, period_at
from orchestrator.credit.operations import Party
from orchestrator.credit.share import FeedReading
from orchestrator.credit.terms import MAX_KEEPER_FEE_BPS
from orchestrator.credit.units import (
    BPS,
    HOUR,
    Bps,
    CollateralWei,
    Timestamp,
    Wei,
)
from tests.unit.credit.lines import (
    OPENED_AT,
    bps,
    usdc,
)
from tests.unit.credit.mandates import (
    LEVEL,
    LINE,
    LTV,
    in_kind,
    mandates,
    moment,
    moments,
)

FAR_MORE = usdc(10**6)
CAP = usdc(100)


def _later(before: Moment, firing: Firing, wait_s: int) -> Moment:
    state = before.line if firing.transition is None else firing.transition.state
    grown = FeedReading(before.feed.answer + 10**9, 8) if before.feed else None
    return replace(before, line=state, now=Timestamp(before.now + wait_s), feed=grown)


@given(mandates(), moments(), st.lists(st.integers(0, 20 * HOUR), max_size=12))
def test_no_period_ever_spends_more_than_its_cap(mandate: Mandate, at: Moment, waits: list[int]) -> None:
    """Invariant 8, whatever fires how often."""
    state, spent = MandateState(OPENED_AT), dict[int, int]()
    for wait_s in [0, *waits]:
        firing = evaluate(mandate, state, at)
        if firing.fires:
            period = period_at(mandate, state, at.now)
            spent[period] = spent.get(period, 0) + firing.spent
            assert firing.mandate_state.spent == spent[period]
            assert firing.mandate_state.fires == state.fires + 1
        state = firing.mandate_state
        at = _later(at, firing, wait_s)
    assert all(total <= mandate.cap_per_period for total in spent.values())


@given(st.integers(1, CAP - 1), st.integers(0, MAX_KEEPER_FEE_BPS))
def test_a_second_firing_in_a_period_has_what_the_first_left_of_the_cap(reserve: int, fee_bps: int) -> None:
    """Invariant 8: the first empties the reserve, which is filled again. A unit may be left with which none can pay."""
    mandate = replace(LEVEL, fee_bps=Bps(fee_bps), amount=FAR_MORE, cap_per_period=CAP)
    owing = replace(LINE, principal=FAR_MORE, reserve=Wei(reserve))
    at = moment(owing, feed=FeedReading(mandate.level - 1, 8))
    first = evaluate(mandate, MandateState(OPENED_AT), at)
    assert 0 <= reserve - first.spent <= 1
    refilled = replace(first.transition.state if first.transition else owing, reserve=FAR_MORE)
    second = evaluate(mandate, first.mandate_state, replace(at, line=refilled))
    assert 0 <= CAP - first.spent - second.spent <= 1


@given(mandates(), moments())
def test_a_firing_pays_something_at_most_the_need_and_at_most_the_debt(mandate: Mandate, at: Moment) -> None:
    """Pitfall 16. The fee is within its share and comes from the same source."""
    firing = evaluate(mandate, MandateState(OPENED_AT), at)
    if firing.transition is None:
        assert firing.why_not is not None
        assert firing.spent == 0
        return
    after_it = firing.transition.state
    assert 0 < firing.pays <= min(firing.need, debt(at.line))
    assert debt(at.line) - debt(after_it) == firing.pays
    taken = sum(flow.amount for flow in firing.transition.flows if flow.payer is Party.BORROWER)
    if mandate.source is not From.COLLATERAL:
        assert at.line.reserve + taken - after_it.reserve == firing.spent == firing.pays + firing.fee
        assert taken <= (min(at.wallet, firing.spent) if mandate.source is From.TOP_UP else 0)
        assert firing.fee * BPS <= firing.pays * mandate.fee_bps
    else:
        assert at.line.collateral - after_it.collateral == firing.spent == firing.seized + firing.fee
        assert value_down(CollateralWei(firing.fee), at.oracle.to_add_risk()) * BPS <= firing.pays * mandate.fee_bps


@st.composite
def budgets_without_a_payment(draw: st.DrawFn) -> tuple[Wei, Wei, Bps]:
    """What reserve and wallet hold, and a fee with which no payment costs just both together: one unit less of it costs
    one unit less, one more costs one more."""
    fee_bps = draw(bps(1, MAX_KEEPER_FEE_BPS))
    fee = draw(st.integers(1, 10**6))
    payment = Wei(-(-fee * BPS // fee_bps))
    held = payment + fee - 1
    reserve = draw(st.integers(0, held - 1))
    return Wei(reserve), Wei(held - reserve), fee_bps


@given(budgets_without_a_payment())
@example((Wei(0), Wei(166_710_990), Bps(81)))
def test_the_wallet_keeps_the_unit_with_which_nothing_can_be_paid(held: tuple[Wei, Wei, Bps]) -> None:
    """Invariant 8. The example was found by the fuzzer of the contracts, at its 32,512th run."""
    reserve, wallet, fee_bps = held
    mandate = replace(LEVEL, source=From.TOP_UP, fee_bps=fee_bps, amount=FAR_MORE, cap_per_period=FAR_MORE)
    owing = replace(LINE, principal=FAR_MORE, reserve=reserve)
    crossed = FeedReading(mandate.level - 1, 8)
    firing = evaluate(mandate, MandateState(OPENED_AT), replace(moment(owing, feed=crossed), wallet=wallet))
    assert firing.transition is not None
    taken = sum(flow.amount for flow in firing.transition.flows if flow.payer is Party.BORROWER)
    assert taken == wallet - 1
    assert firing.spent == reserve + taken
    assert firing.transition.state.reserve == 0


@given(mandates(), moments())
def test_no_firing_makes_a_healthy_line_unhealthy(mandate: Mandate, at: Moment) -> None:
    """Invariant 10."""
    firing = evaluate(mandate, MandateState(OPENED_AT), at)
    price = at.oracle.to_measure()
    if firing.transition and not unhealthy(at.line, at.terms, price):
        assert not unhealthy(firing.transition.state, at.terms, price)


@given(moments(), bps(1, 12_000))
def test_the_need_of_an_ltv_mandate_is_the_rule_of_its_source(at: Moment, threshold_bps: Bps) -> None:
    mandate = replace(LTV, threshold_bps=threshold_bps, expiry=Timestamp(2**40 - 1))
    value = value_down(at.line.collateral, at.oracle.to_measure())
    from_reserve = evaluate(mandate, MandateState(OPENED_AT), at)
    from_collateral = evaluate(in_kind(mandate), MandateState(OPENED_AT), at)
    if exceeds_ltv(debt(at.line), value, Bps(max(threshold_bps, at.terms.initial_ltv_bps))):
        assert from_reserve.need == excess_over_initial_ltv_up(at.line, at.terms, value)
        assert from_collateral.need == need_in_kind_up(at.line, at.terms, value)
    else:
        assert from_reserve.why_not in (WhyNot.BELOW_THRESHOLD, WhyNot.NO_DEBT)
        assert from_collateral.why_not in (WhyNot.BELOW_THRESHOLD, WhyNot.NO_DEBT)
