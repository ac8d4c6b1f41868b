"""Transactions that are mined one a block, twelve seconds apart, and what each of them used."""

from typing import Final

from tests.contracts.support.anvil_chain import AnvilChain, Mined
from tests.contracts.support.chain import Call
from tests.contracts.support.deal import STARTS_AT

BLOCK_S: Final = 12


class Meter:
    """The chain and its clock. Senders need neither keys nor ether."""

    def __init__(self, chain: AnvilChain) -> None:
        self._chain = chain
        self._now = STARTS_AT

    @property
    def now(self) -> int:
        """The second of the newest block."""
        return self._now

    def wait(self, seconds: int) -> None:
        self._now += seconds

    def wait_until(self, at: int) -> None:
        """So that the next transaction is mined at ``at`` or a block later."""
        self._now = max(self._now, at - BLOCK_S)

    def mine(self, sender: str, to: str, data: bytes) -> Mined:
        """Raises AssertionError when it reverts."""
        self._now += BLOCK_S
        return self._chain.mine(Call(sender, to, data), self._now)
