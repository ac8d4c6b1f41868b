"""One sender for each key that the process has: each sees its own transactions through, and one signs what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from orchestrator.db.session import Sessions
from orchestrator.transactions.rotation import active_signer, load_signers
from orchestrator.transactions.sender import Sender


class Senders:
    """``senders``: in the order in which their keys are to sign. Any number of processes may run the same ones."""

    def __init__(self, chain_id: int, sessions: Sessions, senders: Sequence[Sender]) -> None:
        self._chain_id = chain_id
        self._sessions = sessions
        self._senders = tuple(senders)

    async def recover(self) -> None:
        """At the start of a run: says which keys are here, and sends what is signed again."""
        async with self._sessions.begin() as session:
            await load_signers(session, self._chain_id, [sender.address for sender in self._senders])
        for sender in self._senders:
            await sender.recover()

    async def tick(self) -> None:
        """One tick of each. A key that can't be used holds up none of the others.

        Raises: as ``Sender.tick``, the first failure, once all have had their turn.
        """
        async with self._sessions() as session:
            active = await active_signer(session, self._chain_id)
        ticks = (sender.tick(signs_new=sender.address == active) for sender in self._senders)
        for failure in await asyncio.gather(*ticks, return_exceptions=True):
            if failure is not None:
                raise failure
