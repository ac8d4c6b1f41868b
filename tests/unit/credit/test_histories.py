"""What holds for every line at every moment of every history."""

import pytest
from hypothesis import Phase, find, given, settings

from orchestrator.credit.accrual import advance, debt, due
from orchestrator.credit.errors import CreditError, NothingToClaim
from orchestrator.credit.health import exceeds_ltv, unhealthy, value_down
from orchestrator.credit.operations import Party, Token, Transition, claim, close
from orchestrator.credit.payment import Source
from orchestrator.credit.state import LineState
from orchestrator.credit.status import Status, status
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import MAX_LIMIT, UINT144_MAX, Timestamp
from tests.unit.credit.histories import Action, Call, History, Step, lives
from tests.unit.credit.naive import every_event

Life = tuple[History, list[Step]]
EVERY_ACTION = (*Action,)
a_few = settings(max_examples=settings().max_examples // 2)
QUICK = settings(max_examples=2_000, phases=[Phase.generate], database=None)


def events(life: Life) -> list[tuple[LineState, Call, Transition]]:
    """(the line accrued to the second of the call, the call, what it led to), refusals left out."""
    history, steps = life
    happened: list[tuple[LineState, Call, Transition]] = []
    for step in steps:
        before = history.state
        call, result = history.take(step)
        if isinstance(result, Transition):
            happened.append((advance(before, history.terms, call.now), call, result))
    return happened


@a_few
@given(lives(actions=EVERY_ACTION))
def test_no_history_creates_or_loses_money(life: Life) -> None:
    """Invariant 9: what the flows left in the vault is what the line accounts for, in each token, after each action."""
    history, steps = life
    for step in steps:
        history.take(step)
        assert history.vault[Token.LOAN] == history.state.loan_escrow
        assert history.vault[Token.COLLATERAL] == history.state.collateral_escrow


@a_few
@given(lives(actions=EVERY_ACTION))
def test_every_state_is_well_formed(life: Life) -> None:
    history, steps = life
    for step in steps:
        history.take(step)
        state, terms = history.state, history.terms
        assert 0 <= state.billed_principal <= state.principal <= MAX_LIMIT
        assert min(state.undrawn, state.collateral, state.reserve, state.claim_loan, state.claim_collateral) >= 0
        assert 0 <= state.unbilled <= UINT144_MAX
        assert 0 <= state.billed <= UINT144_MAX
        assert state.bill_unpaid == (due(state) > 0)
        if state.accrued_at >= terms.matures_at:
            assert due(state) == debt(state)
        if state.over:
            assert debt(state) == state.undrawn == state.reserve == 0
            assert state.collateral == 0


@a_few
@given(lives())
def test_a_history_equals_one_accrued_by_the_definition(life: Life) -> None:
    """Invariant 14, with draws and payments in between."""
    history, steps = life
    for step in steps:
        before = history.state
        call, _ = history.take(step)
        assert advance(before, history.terms, call.now) == every_event(before, history.terms, call.now)


@a_few
@given(lives(actions=EVERY_ACTION))
def test_debt_falls_only_by_payment_or_recorded_loss(life: Life) -> None:
    """Invariant 11."""
    for before, call, result in events(life):
        if call.action in (Action.DEPOSIT, Action.DEPOSIT_RESERVE, Action.CLAIM_LOAN, Action.CLAIM_COLLATERAL):
            assert result.state.principal == before.principal
            continue
        drawn = call.amount if call.action is Action.DRAW else 0
        paid = sum(payment.amount for payment in result.payments)
        lost = result.write_off.principal + result.write_off.charges if result.write_off else 0
        assert debt(before) + drawn - paid - lost == debt(result.state)


@a_few
@given(lives(actions=EVERY_ACTION))
def test_collateral_leaves_only_by_the_doors_there_are(life: Life) -> None:
    """Invariant 11: to its borrower without debt or within the initial LTV, by liquidation, in kind, by close."""
    terms = life[0].terms
    for before, call, result in events(life):
        if result.state.collateral >= before.collateral:
            continue
        if call.action is Action.WITHDRAW:
            value = value_down(result.state.collateral, call.oracle.to_add_risk())
            assert not exceeds_ltv(debt(result.state), value, terms.initial_ltv_bps)
        else:
            assert call.action in (Action.CLOSE, Action.LIQUIDATE, Action.REPAY_IN_KIND)


@a_few
@given(lives(actions=EVERY_ACTION))
def test_no_action_makes_a_healthy_line_unhealthy(life: Life) -> None:
    """Invariant 10: only price, interest or time do."""
    history, steps = life
    for step in steps:
        before = history.state
        call, _ = history.take(step)
        price, terms = call.oracle.to_measure(), history.terms
        if not unhealthy(advance(before, terms, call.now), terms, price):
            assert not unhealthy(advance(history.state, terms, call.now), terms, price)


@a_few
@given(lives())
def test_a_borrower_can_always_repay_and_leave_with_everything(life: Life) -> None:
    """Invariant 12 and pitfall 15: in one call, without a price, whatever the state."""
    history, steps = life
    for step in steps:
        history.take(step)
        if history.state.over:
            continue
        now = Timestamp(history.now + 1)
        owing = advance(history.state, history.terms, now)
        result = close(history.state, history.terms, now)
        paid = sum(flow.amount for flow in result.flows if flow.payee is Party.VAULT)
        returned = {flow.token: flow.amount for flow in result.flows if flow.payee is Party.RECIPIENT}
        assert returned.get(Token.COLLATERAL, 0) == owing.collateral
        assert paid - returned.get(Token.LOAN, 0) == debt(owing) - owing.reserve
        assert result.state.closed


@a_few
@given(lives(actions=EVERY_ACTION))
def test_a_holder_can_always_claim_what_was_paid(life: Life) -> None:
    """Invariant 12 and pitfall 18: at every status, to the last wei, and once."""
    history, steps = life
    for step in steps:
        history.take(step)
        for token, amount in (
            (Token.LOAN, history.state.claim_loan),
            (Token.COLLATERAL, history.state.claim_collateral),
        ):
            if amount:
                result = claim(history.state, token)
                assert [flow.amount for flow in result.flows] == [amount]
                with pytest.raises(NothingToClaim):
                    claim(result.state, token)
            else:
                with pytest.raises(NothingToClaim):
                    claim(history.state, token)


@a_few
@given(lives(actions=EVERY_ACTION))
def test_the_sequence_has_no_gaps(life: Life) -> None:
    """Pitfall 20: what is missing can be seen."""
    history, steps = life
    for step in steps:
        seq = history.state.seq
        _, result = history.take(step)
        assert history.state.seq == seq + isinstance(result, Transition)


@a_few
@given(lives(actions=EVERY_ACTION))
def test_a_refused_action_changes_nothing(life: Life) -> None:
    history, steps = life
    for step in steps:
        before, vault = history.state, dict(history.vault)
        _, result = history.take(step)
        if isinstance(result, CreditError):
            assert history.state is before
            assert history.vault == vault


@a_few
@given(lives(actions=EVERY_ACTION))
def test_an_ended_line_stays_ended(life: Life) -> None:
    """Pitfall 3, and its reverse."""
    history, steps = life
    for step in steps:
        before = history.state
        call, result = history.take(step)
        if before.over and isinstance(result, Transition):
            assert call.action in (Action.CLAIM_LOAN, Action.CLAIM_COLLATERAL)
        if before.terminated:
            assert history.state.undrawn == 0


@a_few
@given(lives(actions=EVERY_ACTION))
def test_the_lender_never_lends_more_than_the_limit(life: Life) -> None:
    history, steps = life
    for step in steps:
        history.take(step)
        assert history.state.principal + history.state.undrawn <= history.fill.limit


@a_few
@given(lives(actions=EVERY_ACTION))
def test_every_wei_paid_reaches_the_holder_or_can_be_drawn_again(life: Life) -> None:
    for before, _, result in events(life):
        cash = sum(payment.amount for payment in result.payments if payment.source is not Source.COLLATERAL)
        drawn_again = result.state.undrawn - before.undrawn
        claimed = result.state.claim_loan - before.claim_loan
        if result.payments:
            assert drawn_again + claimed == cash


def _settle(state: LineState, terms: Terms, now: Timestamp) -> LineState:
    return state if state.over else close(state, terms, now).state


@a_few
@given(lives(actions=EVERY_ACTION))
def test_a_line_can_always_be_wound_up_until_nothing_is_left(life: Life) -> None:
    """Invariant 12: close, then claim: the NFT burns and the vault holds nothing for the line."""
    history, steps = life
    for step in steps:
        history.take(step)
    state = _settle(history.state, history.terms, history.now)
    for token in Token:
        if state.claim_loan if token is Token.LOAN else state.claim_collateral:
            state = claim(state, token).state
    assert state.settled
    assert state.loan_escrow == 0
    assert state.collateral_escrow == 0


@pytest.mark.parametrize("action", Action)
def test_the_histories_above_reach_every_action(action: Action) -> None:
    """A strategy under which an action is only ever refused would prove nothing of it."""
    enabling = (Action.DRAW, Action.REPAY, Action.DEPOSIT_RESERVE, Action.REPAY_IN_KIND)
    find(
        lives(actions=(action, *enabling)),
        lambda life: any(call.action is action for _, call, _ in events(life)),
        settings=QUICK,
    )


@pytest.mark.parametrize("reached", Status)
def test_the_histories_above_reach_every_status(reached: Status) -> None:
    find(lives(actions=EVERY_ACTION), lambda life: reached in _statuses(life), settings=QUICK)


def _statuses(life: Life) -> set[Status]:
    return {status(line, life[0].terms) for before, _, result in events(life) for line in (before, result.state)}
