"""The chain under simulation: a real anvil that is told which blocks to mine, and a memory of all that ever were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from orchestrator.chain.quantities import quantity
from orchestrator.chain.rpc import JsonRpc
from tests.simulation.plan import BLOCK_TIME_S, PlannedBlock

Json = dict[str, Any]

OPERATION_GAS = 1_500_000
FIRST_GAS_PRICE = 10**12
FEW = 5


@dataclass
class Memory:
    """Blocks and receipts as anvil gave them, by hash, also those that a reorg took from it."""

    blocks: dict[str, Json] = field(default_factory=dict)
    receipts: dict[str, list[Json]] = field(default_factory=dict)
    canonical: list[str] = field(default_factory=list)
    """Hashes by number."""

    def orphans_at(self, number: int) -> list[Json]:
        """Blocks of a number that stand no more."""
        standing = self.canonical[number] if number < len(self.canonical) else None
        return [b for b in self.blocks.values() if int(b["number"], 16) == number and b["hash"] != standing]


class Chain:
    """Mines what it is told. Operations of a block are mined in their order."""

    def __init__(self, rpc: JsonRpc) -> None:
        self.rpc = rpc
        self.memory = Memory()

    @property
    def head_number(self) -> int:
        return len(self.memory.canonical) - 1

    async def mine(self, blocks: Sequence[PlannedBlock]) -> None:
        """Blocks on top of the head."""
        if len(blocks) > FEW and _is_silence(blocks):
            await self.rpc.call("evm_setNextBlockTimestamp", [blocks[0].at])
            await self.rpc.call("anvil_mine", [quantity(len(blocks)), quantity(BLOCK_TIME_S)])
        else:
            for block in blocks:
                await self._mine_one(block)
        await self.remember()

    async def roll_back(self, depth: int) -> None:
        """Takes the last blocks away; what was in them is not mined again by itself."""
        await self.rpc.call("anvil_rollback", [depth])
        await self.rpc.call("anvil_dropAllTransactions")
        del self.memory.canonical[-depth:]

    async def remember(self) -> None:
        """Reads what is new above the canonical blocks that are known."""
        head = int(await self.rpc.call("eth_blockNumber"), 16)
        numbers = [quantity(n) for n in range(len(self.memory.canonical), head + 1)]
        blocks = await self.rpc.batch([("eth_getBlockByNumber", (number, False)) for number in numbers])
        receipts = await self.rpc.batch([("eth_getBlockReceipts", (number,)) for number in numbers])
        for block, of_block in zip(blocks, receipts, strict=True):
            self.memory.blocks[block["hash"]] = block
            self.memory.receipts[block["hash"]] = of_block
            self.memory.canonical.append(block["hash"])

    async def _mine_one(self, block: PlannedBlock) -> None:
        for place, operation in enumerate(block.operations):
            await self.rpc.call(
                "eth_sendTransaction",
                [
                    {
                        "from": operation.sender,
                        "to": operation.to,
                        "data": "0x" + operation.data.hex(),
                        "gas": quantity(OPERATION_GAS),
                        "gasPrice": quantity(FIRST_GAS_PRICE - place),  # the dearer first
                    }
                ],
            )
        await self.rpc.call("evm_mine", [{"timestamp": block.at, "blocks": 1}])


def _is_silence(blocks: Sequence[PlannedBlock]) -> bool:
    """Whether one request can mine them: empty, in equal steps."""
    even = all(later.at - earlier.at == BLOCK_TIME_S for earlier, later in pairwise(blocks))
    return even and not any(block.operations for block in blocks)
