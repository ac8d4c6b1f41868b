"""The embedded chain."""

from pathlib import Path

from orchestrator.chain.quantities import quantity
from orchestrator.chain.rpc import JsonRpc
from scripts.local.anvil import start_anvil
from scripts.local.runtime import open_runtime

BLOCKS = 1_000
"""More than the states that anvil keeps in memory."""


async def test_the_states_of_a_chain_go_with_its_runtime_also_when_it_is_killed(tmp_path: Path) -> None:
    async with open_runtime() as runtime:
        anvil = await start_anvil(runtime, tmp_path / "anvil.log")
        rpc = JsonRpc(anvil.url)
        await rpc.call("anvil_mine", [quantity(BLOCKS)])
        await rpc.aclose()
        anvil.child.kill()
        await anvil.child.wait()
        assert any(path.is_file() for path in (runtime.directory / "states").rglob("*"))
    assert not runtime.directory.exists()
