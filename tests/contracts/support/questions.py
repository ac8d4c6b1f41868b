"""What is asked of the contracts after every step, and the answers that the rules give."""

from dataclasses import astuple, dataclass
from functools import cache
from itertools import accumulate

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from orchestrator.credit.accrual import advance, debt, due
from orchestrator.credit.health import value_down
from orchestrator.credit.mandate import Kind, Mandate
from orchestrator.credit.operations import Token
from orchestrator.credit.state import LineState
from orchestrator.credit.state_hash import state_hash
from orchestrator.credit.status import status
from orchestrator.credit.units import Timestamp
from tests.contracts.support.chain import Result
from tests.contracts.support.expectation import Expectation, Line
from tests.contracts.support.ground import ADAPTER, NFT, TRIGGER, VAULT, Role
from tests.contracts.support.refusals import revert_data
from tests.contracts.support.steps import Step
from tests.contracts.support.words import call, words

_ASK = keccak(text="ask((address,bytes)[])")[:4]
_BALANCES = keccak(text="balances(address,address[])")[:4]
LOOKS_AHEAD_S = 100 * 3_600 + 1


@dataclass(frozen=True, slots=True)
class Question:
    """``about`` names it for people; ``answer`` is what must come back."""

    about: str
    to: str
    data: bytes
    answer: Result


def ask(questions: list[Question]) -> bytes:
    """One call of the witness for all of them: the ABI's form of (address,bytes)[]."""
    tails = [words(int(question.to, 16), 64, len(question.data)) + _padded(question.data) for question in questions]
    places = accumulate(map(len, tails[:-1]), initial=32 * len(tails))
    return _ASK + words(32, len(tails), *places) + b"".join(tails)


def answers(output: bytes) -> list[Result]:
    """What the witness was told: the ABI's form of (bool,bytes)[]."""

    def number(at: int) -> int:
        return int.from_bytes(output[at : at + 32], "big")

    items = [64 + number(64 + 32 * index) for index in range(number(32))]
    return [Result(number(at) == 1, output[at + 96 : at + 96 + number(at + 64)]) for at in items]


def _padded(data: bytes) -> bytes:
    return data.ljust(-(-len(data) // 32) * 32, b"\0")


def questions_after(step: Step, world: Expectation) -> list[Question]:
    asked = [*_prices(world), *(_balances(world, token) for token in Token)]
    line = world.lines.get(step.line)
    if line is not None:
        asked += _line(step.line, line, world)
    if step.mandate is not None:
        asked += _mandate(step.mandate, world)
    return asked


def _line(line_id: int, line: Line, world: Expectation) -> list[Question]:
    state, now = line.state, world.accrued(line)
    ahead = Timestamp(world.now + LOOKS_AHEAD_S)
    vault = world.ground.vault
    hash_ = state_hash(line_id, state, keccak)
    owner = Result(True, _address(Role.LENDER.address))
    if state.settled:
        owner = Result(False, revert_data("ERC721NonexistentToken", line_id))
    return [
        Question("stored", vault, call(VAULT, "stored", line_id), _words(*_fields(state))),
        Question(
            "projected",
            vault,
            call(VAULT, "projected", line_id, ahead),
            _words(*_fields(advance(state, line.terms, ahead))),
        ),
        Question("owed", vault, call(VAULT, "owed", line_id), _words(due(now), debt(now))),
        Question("health", vault, call(VAULT, "health", line_id), _health(now, world)),
        Question("status", vault, call(VAULT, "status", line_id), _words(status(now, line.terms))),
        Question("stateHash", vault, call(VAULT, "stateHash", line_id), Result(True, hash_)),
        Question("ownerOf", world.ground.nft, call(NFT, "ownerOf", line_id), owner),
    ]


def _health(now: LineState, world: Expectation) -> Result:
    found = world.readings()
    if now.collateral == 0:
        return _words(debt(now), 0)
    if found.no_measuring_price is not None:
        return Result(False, world.objection(found.no_measuring_price))
    return _words(debt(now), value_down(now.collateral, found.oracle.to_measure()))


def _prices(world: Expectation) -> list[Question]:
    found, adapter = world.readings(), world.deal.offer.oracle
    oracle = found.oracle
    if found.no_risk_price is None:
        risk = _words(oracle.to_add_risk(), oracle.deviation_bps)
    else:
        risk = Result(False, world.objection(found.no_risk_price))
    if found.no_measuring_price is None:
        measuring = _words(oracle.to_measure())
    else:
        measuring = Result(False, world.objection(found.no_measuring_price))
    return [
        Question("riskPrice", adapter, call(ADAPTER, "riskPrice"), risk),
        Question("measuringPrice", adapter, call(ADAPTER, "measuringPrice"), measuring),
    ]


def _balances(world: Expectation, token: Token) -> Question:
    address = world.deal.loan_token if token is Token.LOAN else world.deal.collateral_token
    held = tuple(account for kind, account in world.balances if kind is token)
    packed = words(*(world.balances[token, account] for account in held))
    answer = Result(True, words(32, len(packed)) + packed)
    return Question(f"{token.value} balances", world.ground.witness, _balances_call(address, held), answer)


def _mandate(mandate: Mandate, world: Expectation) -> list[Question]:
    trigger, hash_ = world.ground.trigger, world.hash_of(mandate)
    registered = world.mandates.get(hash_)
    if registered is None:
        return [Question("stateOf", trigger, call(TRIGGER, "stateOf", hash_), _words(0, 0, 0, 0, 0, 0))]
    state = registered.state
    remembered = (state.registered_at, state.period, state.spent, state.fires, state.closed, state.revoked)
    asked = [Question("stateOf", trigger, call(TRIGGER, "stateOf", hash_), _words(*remembered))]
    if registered.mandate.kind is Kind.SHARE:
        share = _words(state.mark, state.carry)
        asked.append(Question("shareOf", trigger, call(TRIGGER, "shareOf", hash_), share))
    return asked


def _fields(state: LineState) -> tuple[int, ...]:
    return astuple(state)


def _words(*values: int) -> Result:
    return Result(True, words(*values))


def _address(address: str) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


@cache
def _balances_call(token: str, accounts: tuple[str, ...]) -> bytes:
    return _BALANCES + encode(["address", "address[]"], [token, accounts])
