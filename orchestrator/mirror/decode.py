"""From a raw log to an event with names and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from orchestrator.chain.blocks import ChainLog
from orchestrator.chain.contracts import Contract, load_contract
from orchestrator.chain.feeds import feed_contract
from orchestrator.mirror.watch import Role, Source

Codecs = Mapping[Role, Contract]


class Event(NamedTuple):
    """A decoded log of a watched contract. ``args`` are as ``orchestrator.chain.codec`` decodes them.

    ``loan_tokens`` is what earlier logs said that this one refers to: the loan token of each (vault, market id).
    """

    chain_id: int
    source: Source
    name: str
    args: Mapping[str, Any]
    log: ChainLog
    block_timestamp: int
    loan_tokens: Mapping[tuple[str, int], str]


def load_codecs() -> Codecs:
    """The codecs of all roles, from the committed ABIs."""
    return {
        Role.VAULT: load_contract("CreditVault"),
        Role.NFT: load_contract("CreditLineNFT"),
        Role.TRIGGER: load_contract("RepayTrigger"),
        Role.FEED: feed_contract(),
    }
