"""One history through the contracts and through the rules, compared to the byte after every step."""

from dataclasses import dataclass, replace

from orchestrator.chain.codec import UndecodableData
from tests.contracts.support.chain import Block, Call, Chain, Result
from tests.contracts.support.deal import STARTS_AT
from tests.contracts.support.expectation import Expectation
from tests.contracts.support.ground import ADAPTER, FEED, NFT, TRIGGER, VAULT, Ground, Role
from tests.contracts.support.questions import Question, answers, ask, questions_after
from tests.contracts.support.script import History
from tests.contracts.support.steps import call_of, market_calls


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where contracts and rules part: the first difference of a history."""

    history: History
    step: int
    about: str
    contracts: str
    rules: str

    def __str__(self) -> str:
        lines = [
            f"seed {self.history.seed}: contracts and rules differ after step {self.step}",
            f"  {self.history.deal}",
        ]
        lines += [f"  {number:>3} {step}" for number, step in enumerate(self.history.steps[: self.step + 1])]
        return "\n".join(
            [*lines, f"  {self.about}", f"    contracts: {self.contracts}", f"    rules:     {self.rules}"]
        )


def first_mismatch(history: History, chain: Chain, ground: Ground) -> Mismatch | None:
    """Plays the history on both sides; None when they agree on everything."""
    expected = _expected(history, ground)
    results = chain.play(_blocks(history, expected, ground))
    position = len(market_calls(history.deal, ground))
    assert all(result.ok for result in results[:position]), f"no market: {results[:position]}"
    for number, (step, outcome) in enumerate(zip(history.steps, expected, strict=True)):
        if outcome.call is not None:
            if results[position] != outcome.result:
                return _mismatch(history, number, step.action.value, results[position], outcome.result)
            position += 1
        found = answers(results[position].output) if results[position].ok else [results[position]]
        position += 1
        for question, answer in zip(outcome.questions, found, strict=True):
            if answer != question.answer:
                return _mismatch(history, number, question.about, answer, question.answer)
    return None


def shrunk(mismatch: Mismatch, chain: Chain, ground: Ground) -> Mismatch:
    """The same disagreement with every step left out that it does without."""
    best, at = mismatch, mismatch.step - 1
    while at >= 0:
        steps = best.history.steps[: best.step + 1]
        without = replace(best.history, steps=steps[:at] + steps[at + 1 :])
        found = first_mismatch(without, chain, ground)
        best = best if found is None else found
        at = min(at, best.step) - 1
    return best


@dataclass(frozen=True, slots=True)
class _Outcome:
    call: Call | None
    result: Result
    questions: list[Question]


def _expected(history: History, ground: Ground) -> list[_Outcome]:
    world = Expectation(history.deal, ground)
    outcomes = []
    for step in history.steps:
        result = world.expect(step)
        outcomes.append(_Outcome(call_of(step, history.deal, ground), result, questions_after(step, world)))
    return outcomes


def _blocks(history: History, expected: list[_Outcome], ground: Ground) -> list[Block]:
    """Steps of one second share a block."""
    calls: dict[int, list[Call]] = {STARTS_AT: market_calls(history.deal, ground)}
    for step, outcome in zip(history.steps, expected, strict=True):
        block = calls.setdefault(step.at, [])
        block += [outcome.call] if outcome.call else []
        block.append(Call(Role.STRANGER.address, ground.witness, ask(outcome.questions)))
    return [Block(at, tuple(block)) for at, block in calls.items()]


def _mismatch(history: History, step: int, about: str, contracts: Result, rules: Result) -> Mismatch:
    return Mismatch(history, step, about, _readable(about, contracts), _readable(about, rules))


def _readable(about: str, result: Result) -> str:
    if not result.ok:
        return f"refused: {VAULT.decode_error(result.output)}"
    for contract in (VAULT, TRIGGER, NFT, ADAPTER, FEED):
        try:
            return str(contract.decode_result(about.split()[0], result.output))
        except (KeyError, UndecodableData):
            continue
    return str([int.from_bytes(result.output[at : at + 32], "big") for at in range(0, len(result.output), 32)])
