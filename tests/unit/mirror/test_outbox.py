"""What is told: every event of our contracts, but for those named here."""

from typing import Any

import orjson

from orchestrator.chain.blocks import ChainLog
from orchestrator.chain.contracts import load_contract
from orchestrator.mirror.decode import Event, load_codecs
from orchestrator.mirror.outbox import KINDS, TOLD_FORM, told_line
from orchestrator.mirror.watch import Role, Source

NOT_TOLD = {
    # Permissions on a note are the holder's business; refreshed metadata only says that a state changed, which is told.
    (Role.NFT, "Approval"), (Role.NFT, "ApprovalForAll"),
    (Role.NFT, "MetadataUpdate"), (Role.NFT, "BatchMetadataUpdate"),
    # OpenZeppelin's; the domain of our contracts never changes.
    (Role.VAULT, "EIP712DomainChanged"), (Role.TRIGGER, "EIP712DomainChanged"),
}  # fmt: skip

CONTRACTS = {Role.VAULT: "CreditVault", Role.NFT: "CreditLineNFT", Role.TRIGGER: "RepayTrigger"}


def test_every_event_of_our_contracts_is_told_or_left_out_on_purpose() -> None:
    events = {
        (role, entry["name"])
        for role, contract in CONTRACTS.items()
        for entry in load_contract(contract).abi
        if entry["type"] == "event"
    }
    assert events - NOT_TOLD == KINDS.keys() - {(Role.FEED, "AnswerUpdated")}


def test_kinds_are_unique_and_none_looks_like_its_own_reversal() -> None:
    assert len(set(KINDS.values())) == len(KINDS)
    assert not any(kind.endswith(".reverted") for kind in KINDS.values())


def test_an_event_is_told_with_its_line_and_its_arguments() -> None:
    row = told()
    assert row is not None
    assert (row["kind"], row["line_id"], orjson.loads(row["payload"])["reason"]) == ("mandate.firing_failed", "5", "0x")


def test_a_line_id_that_no_line_can_have_is_left_out() -> None:
    """Anyone can make the trigger tell of a failed firing on whatever line they like."""
    row = told({"mandateHash": "0x" + "11" * 32, "lineId": 2**255, "reason": b""})
    assert row is not None
    assert row["line_id"] == r"\N"
    assert orjson.loads(row["payload"])["lineId"] == str(2**255)


def told(args: dict[str, Any] | None = None) -> dict[str, str] | None:
    """What goes to the database, column by column, as COPY's text has it."""
    args = args or {"mandateHash": "0x" + "11" * 32, "lineId": 5, "reason": b""}
    log = ChainLog(1, "0x" + "01" * 32, "0x" + "02" * 32, 0, 0, "0x" + "33" * 20, (), b"")
    source = Source(log.address, Role.TRIGGER, "0x" + "44" * 20, "trigger", 0)
    line = told_line(Event(1, source, "FiringFailed", args, log, 0, {}), load_codecs()[Role.TRIGGER])
    return dict(zip(TOLD_FORM.columns, line.rstrip("\n").split("\t"), strict=True)) if line else None
