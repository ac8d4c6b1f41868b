"""Every fact of a vault that the mirror holds and the chain can be asked for, as a call with the answer to expect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from eth_hash.auto import keccak
from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.chain.contracts import Contract
from orchestrator.chain.feeds import ZERO_ADDRESS, feed_contract
from orchestrator.chain.tokens import ERC20
from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.state_hash import state_hash
from orchestrator.db.models import (
    Firing,
    LenderEpochVersion,
    Line,
    Mandate,
    MandateRevocation,
    Market,
    OfferGroupVersion,
    OracleRound,
)
from orchestrator.db.models.lines import LineTermsColumns, StateColumns
from orchestrator.db.models.registry import table_of
from orchestrator.mirror.decode import Codecs
from orchestrator.mirror.views import escrow_sums, holders_as_of
from orchestrator.mirror.watch import Role, Source

_TERMS = tuple(LineTermsColumns.__annotations__)
_STATE = tuple(StateColumns.__annotations__)


@dataclass(frozen=True, slots=True)
class Check:
    """A call to a contract, and what the mirror says that it returns.

    Attributes:
        read: brings the decoded result into the form of ``expected``.
        refused_as: what a reverting call means; by default a revert is a difference.
        at_least: the chain may also have more.
    """

    subject: str
    codec: Contract
    address: str
    function: str
    args: tuple[Any, ...]
    expected: Any
    read: Callable[[Any], Any] = lambda value: value
    refused_as: Any = "reverted"
    at_least: bool = False

    def calldata(self) -> bytes:
        return self.codec.encode_call(self.function, *self.args)

    def differing(self, actual: Any) -> Iterator[tuple[str, Any, Any]]:
        """(field, mirror, chain) of whatever differs."""
        if isinstance(self.expected, dict) and isinstance(actual, dict):
            for name, expected in self.expected.items():
                if actual[name] != expected:
                    yield name, expected, actual[name]
        elif not (actual == self.expected or (self.at_least and actual >= self.expected)):
            yield self.function, self.expected, actual


async def checks_of_vault(
    connection: AsyncConnection, codecs: Codecs, chain_id: int, sources: tuple[Source, ...], vault: str, block: int
) -> list[Check]:
    """All checks of one vault. ``sources``: the watched contracts; ``block``: the cursor's, which is asked for."""
    by_role = {source.role: source.address for source in sources if source.vault == vault}
    return [
        *await _markets(connection, codecs[Role.VAULT], chain_id, vault),
        *await _lines(connection, codecs[Role.VAULT], chain_id, vault),
        *await _notes(connection, codecs[Role.NFT], chain_id, by_role[Role.NFT], block),
        *await _offers(connection, codecs[Role.VAULT], chain_id, vault),
        *await _mandates(connection, codecs[Role.TRIGGER], chain_id, by_role[Role.TRIGGER]),
        *await _feeds(connection, chain_id),
        *[
            Check(f"escrow of {token}", ERC20, token, "balanceOf", (vault,), owed, at_least=True)
            for token, owed in (await escrow_sums(connection, chain_id, vault)).items()
        ],
    ]


def state_check(codec: Contract, vault: str, line: Row[Any]) -> Check:
    """The line's state field by field: asked for when the state hashes differ."""
    expected = {_solidity(name): getattr(line, name) for name in _STATE}
    return Check(f"line {line.line_id}", codec, vault, "stored", (line.line_id,), expected)


async def lines_of(connection: AsyncConnection, chain_id: int, vault: str) -> list[Row[Any]]:
    query = select(table_of(Line)).where(Line.chain_id == chain_id, Line.vault == vault).order_by(Line.line_id)
    return list((await connection.execute(query)).all())


async def _lines(connection: AsyncConnection, codec: Contract, chain_id: int, vault: str) -> list[Check]:
    lines = await lines_of(connection, chain_id, vault)
    checks = [Check("vault", codec, vault, "lineCount", (), len(lines))]
    for line in lines:
        subject, args = f"line {line.line_id}", (line.line_id,)
        terms = {_solidity(name): getattr(line, name) for name in _TERMS}
        state = {name: getattr(line, name) for name in _STATE} | {"flags": LineFlags(line.flags)}
        digest = "0x" + state_hash(line.line_id, LineState(**state), keccak).hex()
        checks += [
            Check(subject, codec, vault, "stateHash", args, digest),
            Check(subject, codec, vault, "terms", args, terms),
            Check(subject, codec, vault, "borrowerOf", args, line.borrower),
        ]
    return checks


async def _markets(connection: AsyncConnection, codec: Contract, chain_id: int, vault: str) -> list[Check]:
    query = select(table_of(Market)).where(Market.chain_id == chain_id, Market.vault == vault)
    return [
        Check(
            f"market {row.market_id}", codec, vault, "market", (row.market_id,),
            {
                "loanToken": row.loan_token, "collateralToken": row.collateral_token, "oracle": row.oracle,
                "minDebt": row.min_debt,
            },
        )
        for row in await connection.execute(query)
    ]  # fmt: skip


async def _notes(connection: AsyncConnection, codec: Contract, chain_id: int, nft: str, block: int) -> list[Check]:
    holders = await holders_as_of(connection, chain_id, nft, block)
    return [
        Check(f"note {line_id}", codec, nft, "ownerOf", (line_id,), holder, refused_as=ZERO_ADDRESS)
        for line_id, holder in holders.items()
    ]


async def _offers(connection: AsyncConnection, codec: Contract, chain_id: int, vault: str) -> list[Check]:
    group, epoch = OfferGroupVersion, LenderEpochVersion
    groups = (
        select(table_of(group))
        .ext(distinct_on(group.lender, group.loan_token, group.group))
        .where(group.chain_id == chain_id, group.vault == vault)
        .order_by(group.lender, group.loan_token, group.group, group.block_number.desc(), group.log_index.desc())
    )
    epochs = (
        select(table_of(epoch))
        .ext(distinct_on(epoch.lender))
        .where(epoch.chain_id == chain_id, epoch.vault == vault)
        .order_by(epoch.lender, epoch.block_number.desc(), epoch.log_index.desc())
    )
    checks = []
    for row in await connection.execute(groups):
        subject, args = f"offers of {row.lender} in group {row.group}", (row.lender, row.loan_token, row.group)
        checks.append(Check(subject, codec, vault, "consumed", args, row.consumed))
    checks += [
        Check(f"offers of {row.lender}", codec, vault, "epochOf", (row.lender,), row.epoch)
        for row in await connection.execute(epochs)
    ]
    return checks


async def _mandates(connection: AsyncConnection, codec: Contract, chain_id: int, trigger: str) -> list[Check]:
    mandates = select(table_of(Mandate)).where(Mandate.chain_id == chain_id, Mandate.trigger == trigger)
    firings = (
        select(table_of(Firing))
        .where(Firing.chain_id == chain_id, Firing.trigger == trigger)
        .order_by(Firing.block_number, Firing.log_index)
    )
    burned = select(table_of(MandateRevocation)).where(
        MandateRevocation.chain_id == chain_id, MandateRevocation.trigger == trigger
    )
    states: dict[str, dict[str, Any]] = {}
    for firing in await connection.execute(firings):
        before = states.get(firing.mandate_hash)
        earlier = before["spent"] if before and before["period"] == firing.period else 0
        states[firing.mandate_hash] = {
            "period": firing.period,
            "spent": earlier + firing.spent,
            "fires": firing.occurrence + 1,
            "closed": firing.closed,
        }
    revocations = list(await connection.execute(burned))
    revoked = {row.mandate_hash for row in revocations}
    never = {"period": 0, "spent": 0, "fires": 0, "closed": False}
    checks = []
    for row in await connection.execute(mandates):
        expected = {"registeredAt": row.registered_at, "revoked": row.mandate_hash in revoked}
        expected |= states.get(row.mandate_hash, never)
        checks.append(Check(f"mandate {row.mandate_hash}", codec, trigger, "stateOf", (row.mandate_hash,), expected))
    for row in revocations:
        subject = f"nonce {row.nonce} of {row.borrower}"
        checks.append(Check(subject, codec, trigger, "isBurned", (row.borrower, row.nonce), True))
    return checks


async def _feeds(connection: AsyncConnection, chain_id: int) -> list[Check]:
    """A feed that has not spoken since it is watched can't be compared: its last round is older than the mirror."""
    query = (
        select(table_of(OracleRound))
        .ext(distinct_on(OracleRound.feed))
        .where(OracleRound.chain_id == chain_id)
        .order_by(OracleRound.feed, OracleRound.block_number.desc(), OracleRound.log_index.desc())
    )
    codec = feed_contract()
    return [
        Check(
            f"feed {row.feed}", codec, row.feed, "latestRoundData", (),
            {"round_id": row.round_id, "answer": row.answer, "updated_at": row.updated_at},
            read=lambda told: {"round_id": told[0], "answer": told[1], "updated_at": told[3]},
        )
        for row in await connection.execute(query)
    ]  # fmt: skip


def _solidity(column: str) -> str:
    """accrued_at → accruedAt."""
    first, *others = column.split("_")
    return first + "".join(part.title() for part in others)
