"""The embedded chain."""

from pathlib import Path

from orchestrator.chain.quantities import quantity
from orchestrator.chain.rpc import JsonRpc
from scripts.local.anvil import RECENT_STATES, start_anvil
from scripts.local.runtime import open_runtime

BLOCKS = 2 * RECENT_STATES
DEPTH = 60
ACCOUNT = "0x" + "c0" * 20
CODE = "0x5f5f3560205500"


async def test_a_long_chain_fills_no_disk_and_a_reorg_finds_the_contracts_with_their_code(
    tmp_path: Path,
) -> None:
    async with open_runtime() as runtime:
        anvil = await start_anvil(runtime, tmp_path / "anvil.log", long=True)
        rpc = JsonRpc(anvil.url, timeout_s=60.0)
        try:
            await rpc.call("anvil_setCode", [ACCOUNT, CODE])
            await rpc.call("anvil_mine", [quantity(BLOCKS)])
            await rpc.call("anvil_reorg", [DEPTH, []])
            assert await rpc.call("eth_getCode", [ACCOUNT, "latest"]) == CODE
            states = runtime.directory / "states"
            assert states.is_dir()
            assert not [path for path in states.rglob("*") if path.is_file()]
        finally:
            await rpc.aclose()
            await anvil.stop()


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
